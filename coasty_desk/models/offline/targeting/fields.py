"""Which field, list or tick box a label belongs to, by how they lie to each other."""

from __future__ import annotations

from collections.abc import Iterator

from coasty_desk.models.offline.language.instructions import Way
from coasty_desk.models.offline.vision.shapes import Canvas
from coasty_desk.models.offline.vision.texts import Box

ACROSS = 520
"""A field lies no farther right of its label than so many pixels."""

LOW, HIGH = 16, 420
WIDEST = 2400
CLEARLY = 0.5
"""A label is the field's above it where that is nearer than so much of the way to the one below."""

RIGHT_AT, NEXT, REACH = 1.0, 1.2, 3.0
"""In heights of a label: its field is right below it, right of it, or anywhere below it within so much."""

ALIGNED = 2.5
"""A field below its label begins at most so many of its heights left or right of it."""

AROUND, FLOATED, FLOATED_HIGH = 1.6, 3.2, 4.2
"""In heights of a text: so far up is the top of what it stands in; and where it floats at a field's top; so high is that field."""

BUTTON = 3.4
"""A button is at most so many times as high as its text."""

OFF_CENTRE, ROOMY = 0.25, 24.0
"""The text of a button is off its middle by at most so much of its width, or so many pixels."""

HINT_ROOM, LEAST_ROOM = 2.5, 8.0
"""Right of the hint in a field there is so many times the room that is left of it, taken as so many pixels at least."""

LINES = 2.6
"""A field higher than so many times its label has several lines."""

ADJACENT = 6
"""Cells of a table lie no farther apart, in pixels."""

INSETS = (2, 6, 14)
"""So far inside of its edge, in pixels, a field is looked for."""

NARROW = 28
"""A field is at most and at least so wide, and so low and so high, in pixels."""


def field_of(label: Box, canvas: Canvas) -> Box | None:
    """The inside of the field that the label names: the one that it stands in, right below it, or right of it.

    A label that is clearly nearer to the field above it than to the one below it is that one's.
    """
    whole, canvas = canvas, canvas.without(label)
    inside = canvas.around(label, most_up=AROUND, widest=WIDEST)
    right = _right(label, canvas)
    right = None if right is None else _innermost(right, label.centre.y, canvas)
    below = _below(label, whole, RIGHT_AT)
    if inside is not None and (_is_card(inside, label, canvas) or (below and _is_gap_above(inside, below))):
        inside = None
    if inside is not None and _is_field(inside) and _has_room(inside, label):
        return right if right and (_lies_in(right, inside) or _is_in_a_row_with(right, inside)) else inside
    if right is not None and right.left - label.right <= NEXT * label.height:
        return right
    if inside is not None:
        # the label has a cell of its own: what is below it is another's
        return right or (inside if _is_filled(inside, label) else None)
    floated = _floated(label, canvas)
    if floated is not None:
        return floated
    above = None if right is not None else _above(label, whole)
    if above is not None and (below is None or label.top - above.bottom < CLEARLY * (below.top - label.bottom)):
        return above
    if below is not None and (right is None or abs(below.left - label.left) <= 16):
        return below
    return right or canvas.line_of(label) or _below(label, whole, REACH)


def next_field(way: Way, label: Box, canvas: Canvas) -> Box | None:
    """The field that is next to the text on that side, whether or not it names it."""
    match way:
        case "below":
            return _below(label, canvas, REACH)
        case "above":
            return _above(label, canvas)
        case "right of" | "in the row of":
            return _right(label, canvas)
    return None


def _is_gap_above(gap: Box, field: Box) -> bool:
    """Whether what looks like a shape is only the room between two fields, of which this is the lower."""
    return abs(field.top - gap.bottom) <= 4 and gap.left < field.left and field.right < gap.right


def _is_filled(box: Box, hint: Box) -> bool:
    """Whether a hint fills its field from its left edge to its end; on a button there is more room, on both sides."""
    ends = hint.left - box.left <= hint.height and box.right - hint.right <= hint.height
    return ends and box.width >= 6 * hint.height and box.height <= LINES * hint.height


def _floated(label: Box, canvas: Canvas) -> Box | None:
    """The field at the top of which the label stands, small, with one line under it: what it holds."""
    box = canvas.around(label, most_up=FLOATED, widest=WIDEST)
    if box is None or not _is_field(box) or box.height > FLOATED_HIGH * label.height or label.centre.y > box.centre.y:
        return None
    lines = canvas.texts_in(box)
    under = [line for line in lines if line.top >= label.centre.y and abs(line.left - label.left) <= label.height]
    rows = all(line.same_row(under[0]) for line in lines) if under else False
    return box if rows and _has_room(box, label) else None


def _above(label: Box, canvas: Canvas) -> Box | None:
    """The field right above the label, that begins about where it does."""
    for x in (label.left + 6, label.left + 40, label.right + 12):
        for y in range(int(label.top) - 4, int(label.top - label.height), -4):
            found = canvas.at(x, y)
            if found is None or not _is_field(found) or found.bottom > label.centre.y:
                continue
            if abs(found.left - label.left) <= 1.5 * label.height:
                return None if _is_a_button(found, canvas) else found
    return None


def _innermost(cell: Box, row: float, canvas: Canvas) -> Box:
    """The field in a cell of a table; the shape itself, where there is none in it."""
    for x in canvas.edges_right_of(cell.left + 1, row, cell.width - 2):
        for inset in (2, 6):
            found = canvas.at(x + inset, row)
            if found is None or not (cell.top < found.top and found.bottom < cell.bottom and _is_field(found)):
                continue
            if cell.left < found.left < cell.right:
                return found
    return cell


def is_field(text: Box, canvas: Canvas) -> bool:
    """Whether the text stands in a field, as a hint or as what it holds."""
    box = canvas.around(text, most_up=AROUND, widest=WIDEST)
    return box is not None and _is_field(box) and _has_room(box, text) and not _is_card(box, text, canvas)


def is_button(text: Box, canvas: Canvas) -> bool:
    """Whether the text stands in the middle of a shape that is hardly larger."""
    box = canvas.around(text, most_up=AROUND)
    if box is None or box.height > BUTTON * text.height:
        return False
    left, right = text.left - box.left, box.right - text.right
    return abs(left - right) <= max(OFF_CENTRE * box.width, ROOMY) and not _has_room(box, text)


def _lies_in(inner: Box, outer: Box) -> bool:
    return outer.centres(inner) and inner.width < outer.width


def _is_in_a_row_with(field: Box, cell: Box) -> bool:
    """Whether the field is in the next cell to the one that the label stands in, or is that cell."""
    within = cell.top - 2 <= field.top and field.bottom <= cell.bottom + 2
    return within and (field.height <= cell.height - 4 or field.left - cell.right <= ADJACENT)


def _is_field(box: Box) -> bool:
    return box.width >= NARROW and LOW <= box.height <= HIGH


def _has_room(box: Box, text: Box) -> bool:
    """Whether the text stands at the left of the box, as a hint in a field does, and not in its middle, as on a button."""
    left, right = text.left - box.left, box.right - text.right
    return right > HINT_ROOM * max(left, LEAST_ROOM) and right > 2 * text.height


def _right(label: Box, canvas: Canvas) -> Box | None:
    """The first shape on the label's row, with no text between."""
    row = label.centre.y
    others = [t.box.left for t in canvas.texts if t.box.same_row(label) and t.box.left > label.right]
    reach = min([ACROSS, *(left - label.right + 40 for left in others)]) + label.width / 4
    tried = 0.0
    for x in canvas.edges_right_of(label.right - max(6, label.width / 4), row, reach):
        tries = [x + inset for inset in INSETS if x + inset > tried + 1]
        tried = max([tried, *tries])
        shapes = filter(None, (canvas.at(at, row) for at in tries))
        fields = [shape for shape in shapes if _is_field(shape) and shape.left >= label.centre.x]
        if fields:
            return min(fields, key=lambda field: field.height)  # right beside a round corner it is as high as its row
    return None


def _below(label: Box, canvas: Canvas, lines: float) -> Box | None:
    """The first shape under the label that begins about where it does."""
    for x, y in _down(label, lines, canvas):
        found = canvas.at(x, y)
        if found is None or not _is_field(found) or found.top < label.centre.y or _is_a_button(found, canvas):
            continue
        if _has_text_between(label, found, canvas):
            return None
        if found.top - label.bottom <= lines * label.height and abs(found.left - label.left) <= ALIGNED * label.height:
            return found
    return None


def _is_card(box: Box, label: Box, canvas: Canvas) -> bool:
    """Whether the shape holds other lines than the label's: it is what fields stand on, and none itself."""
    return any(not text.same_row(label) for text in canvas.texts_in(box))


def _is_a_button(box: Box, canvas: Canvas) -> bool:
    """Whether one text stands in the middle of the shape: nothing is typed into that."""
    texts = canvas.texts_in(box)
    if len(texts) != 1 or box.height > BUTTON * texts[0].height:
        return False
    left, right = texts[0].left - box.left, box.right - texts[0].right
    return left > 4 and abs(left - right) <= max(6.0, 0.1 * box.width)


def _has_text_between(label: Box, found: Box, canvas: Canvas) -> bool:
    """Whether another text stands between the two: the shape is that one's."""
    gap = Box(label.left, label.bottom, max(label.right, label.left + 60), found.top)
    return any(t.box.same_column(gap) and gap.top < t.box.centre.y < gap.bottom for t in canvas.texts)


def _down(label: Box, lines: float, canvas: Canvas) -> Iterator[tuple[float, float]]:
    """Places under a label where its field may be: behind what stands there already, and where nothing does."""
    start, end = int(label.bottom) + 3, int(label.bottom + lines * label.height) + 14
    for text in (t.box for t in canvas.texts):
        if start <= text.centre.y < end and abs(text.left - label.left) <= ALIGNED * label.height:
            yield text.right + 8, text.centre.y
    for y in range(start, end, 4):
        for x in (label.left + 6, label.left + 40, label.right + 12):
            yield x, y
