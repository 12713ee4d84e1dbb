"""Which field, list or tick box a label belongs to, by how they lie to each other."""

from __future__ import annotations

from collections.abc import Iterator

from coasty_desk.offline.shapes import Canvas
from coasty_desk.offline.texts import Box

ACROSS = 520
"""A field lies no farther right of its label than so many pixels."""

LOW, HIGH = 16, 420
WIDEST = 2400
ADJACENT = 6
"""Cells of a table lie no farther apart, in pixels."""

NARROW = 28
"""A field is at most and at least so wide, and so low and so high, in pixels."""


def field_of(label: Box, canvas: Canvas) -> Box | None:
    """The inside of the field that the label names: the one that it stands in, right below it, or right of it."""
    whole, canvas = canvas, canvas.without(label)
    inside = canvas.around(label, most_up=1.6, widest=WIDEST)
    inside = None if inside is not None and _is_card(inside, label, canvas) else inside
    right = _right(label, canvas)
    right = None if right is None else _innermost(right, label.centre.y, canvas)
    if inside is not None and _is_field(inside) and _has_room(inside, label):
        names_right = right is not None and (_lies_in(right, inside) or _is_in_a_row_with(right, inside))
        return right if names_right else inside
    if right is not None and right.left - label.right <= 1.2 * label.height:
        return right
    if inside is not None and right is not None:
        return right  # the label has a cell of its own: what is below it is another's
    below = _below(label, whole, 1.0)
    if below is not None and (right is None or abs(below.left - label.left) <= 16):
        return below
    return right or canvas.line_right_of(label, ACROSS) or _below(label, whole, 3.0)


def _innermost(cell: Box, row: float, canvas: Canvas) -> Box:
    """The field in a cell of a table; the shape itself, where there is none in it."""
    for x in canvas.edges_right_of(cell.left + 1, row, cell.width - 2):
        for inset in (2, 6):
            found = canvas.at(x + inset, row, tallest=HIGH)
            nested = found is not None and cell.top < found.top and found.bottom < cell.bottom
            if found is not None and nested and _is_field(found) and cell.left < found.left < cell.right:
                return found
    return cell


def is_field(text: Box, canvas: Canvas) -> bool:
    """Whether the text stands in a field, as a hint or as what it holds."""
    box = canvas.around(text, most_up=1.6, widest=WIDEST)
    return box is not None and _is_field(box) and _has_room(box, text) and not _is_card(box, text, canvas)


def is_button(text: Box, canvas: Canvas) -> bool:
    """Whether the text stands in the middle of a shape that is hardly larger."""
    box = canvas.around(text, most_up=1.6)
    if box is None or box.height > 3.4 * text.height:
        return False
    left, right = text.left - box.left, box.right - text.right
    return abs(left - right) <= max(0.25 * box.width, 24.0) and not _has_room(box, text)


def _lies_in(inner: Box, outer: Box) -> bool:
    return outer.holds(inner.centre.x, inner.centre.y) and inner.width < outer.width


def _is_in_a_row_with(field: Box, cell: Box) -> bool:
    """Whether the field is in the next cell to the one that the label stands in, or is that cell."""
    within = cell.top - 2 <= field.top and field.bottom <= cell.bottom + 2
    return within and (field.height <= cell.height - 4 or field.left - cell.right <= ADJACENT)


def _is_field(box: Box) -> bool:
    return box.width >= NARROW and LOW <= box.height <= HIGH


def _has_room(box: Box, text: Box) -> bool:
    """Whether the text stands at the left of the box, as a hint in a field does, and not in its middle, as on a button."""
    left, right = text.left - box.left, box.right - text.right
    return right > 2.5 * max(left, 8.0) and right > 2 * text.height


def _right(label: Box, canvas: Canvas) -> Box | None:
    """The first shape on the label's row, with no text between."""
    row = label.centre.y
    others = [t.box.left for t in canvas.texts if t.box.same_row(label) and t.box.left > label.right]
    reach = min([ACROSS, *(left - label.right + 40 for left in others)]) + label.width / 4
    tried = 0.0
    for x in canvas.edges_right_of(label.right - max(6, label.width / 4), row, reach):
        for inset in (2, 6):
            if x + inset <= tried + 1:
                continue
            tried = x + inset
            found = canvas.at(tried, row, tallest=HIGH)
            if found is not None and _is_field(found) and found.left >= label.centre.x:
                return found
    return None


def _below(label: Box, canvas: Canvas, lines: float) -> Box | None:
    """The first shape under the label that begins about where it does."""
    for x, y in _down(label, lines):
        found = canvas.at(x, y, tallest=HIGH)
        if found is None or not _is_field(found) or found.top < label.centre.y or _is_a_button(found, canvas):
            continue
        if _has_text_between(label, found, canvas):
            return None
        if found.top - label.bottom <= lines * label.height and abs(found.left - label.left) <= 2.5 * label.height:
            return found
    return None


def _is_card(box: Box, label: Box, canvas: Canvas) -> bool:
    """Whether the shape holds other lines than the label's: it is what fields stand on, and none itself."""
    texts = (t.box for t in canvas.texts if box.holds(t.box.centre.x, t.box.centre.y))
    return any(not text.same_row(label) for text in texts)


def _is_a_button(box: Box, canvas: Canvas) -> bool:
    """Whether one text stands in the middle of the shape: nothing is typed into that."""
    texts = [t.box for t in canvas.texts if box.holds(t.box.centre.x, t.box.centre.y)]
    if len(texts) != 1 or box.height > 3.4 * texts[0].height:
        return False
    left, right = texts[0].left - box.left, box.right - texts[0].right
    return left > 4 and abs(left - right) <= max(6.0, 0.1 * box.width)


def _has_text_between(label: Box, found: Box, canvas: Canvas) -> bool:
    """Whether another text stands between the two: the shape is that one's."""
    gap = Box(label.left, label.bottom, max(label.right, label.left + 60), found.top)
    return any(t.box.same_column(gap) and gap.top < t.box.centre.y < gap.bottom for t in canvas.texts)


def _down(label: Box, lines: float) -> Iterator[tuple[float, float]]:
    start, end = int(label.bottom) + 3, int(label.bottom + lines * label.height) + 14
    for y in range(start, end, 4):
        for x in (label.left + 6, label.left + 40, label.right + 12):
            yield x, y
