"""The shapes that texts stand in or beside: buttons, fields and tick boxes, found by their edges.

A shape is a stretch of one colour (its ground) with walls around it: lines of pixels of
another colour. Texts in it are looked through, where the engine has found them.
"""

from __future__ import annotations

import copy
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from coasty_desk.models.offline.vision.boxes import BoxLook, Colour, look
from coasty_desk.models.offline.vision.pixels import Picture, Run, most, runs, unlike
from coasty_desk.models.offline.vision.texts import Box, Text

CONTRAST = 10
"""A pixel that differs so much (of 255) from the ground is not ground: fields' outlines are faint."""

WALL = 0.8
"""A line that is looked for is a wall if at least this part of it is not ground."""

HIGH = 0.85
"""The same at a shape's sides: letters in it are not so high as it is."""

HIGHEST = 0.95
"""The same where there is a text: no letter reaches from the top of its shape to the bottom."""

WALLED = 0.93
"""A shape has such walls on all four sides, but for its corners."""

STRAIGHT, HALF_CIRCLE = 0.1, 0.38
"""So much of a shape's height, at its top and bottom, is no part of its sides: they may be round."""

APART = 3
"""A tick box has at least so many pixels of ground on either side; letters stand closer."""

SMALL, LARGE = 10, 34
"""The sides of a tick box, in pixels."""

_SAID = re.compile(r"[\W\d_OoQCcGDeIlXxVv|]*+")
"""What engines read a switch as, a few above each other."""

_STATES = frozenset({"on", "off", "an", "aus", "yes", "no", "ja", "nein"})
"""What stands after a switch, and is no label of it."""

SHORT = 4
"""A word in a switch, such as `OFF`, has no more letters."""

LINE, ACROSS = 3, 0.9
"""A line between two rows is no thicker, in pixels; a row that is inked in so much of its width is of no box."""

KNOB = 2
"""A knob may be read as so many characters."""

NOTCH = 6
"""A label that lies on a field's upper side has so many pixels of ground on either side."""

LONG, LONGEST = 80, 720
"""A line to write on is so long, in pixels."""

BARE, THICK = 12, 5
"""Beside the ends of such a line nothing is for so many pixels, and it is less than so thick."""

BESIDE = (-9, -7, -5, 5, 7, 9)
"""In these rows above and below it, beside its ends."""

ACROSS_LINE = 320
"""It begins no farther right of its label."""

BESIDE_LABEL, LEAST_LINE = 2.2, 14.0
"""A tick box lies no farther from its label than so many of its heights, which count as so many pixels at least."""

STRIPS = ((0.62, 11.0), (0.4, 8.0), (0.85, 15.0))
"""Half the height of the strips in which it is looked for: in heights of the label, and in pixels at least."""

SLACK = 8
"""A switch that was read with its label ends where that does, but for so many pixels."""

WIDEST = 72
"""A switch is no wider, in pixels."""

TALLEST, BROADEST = 420, 1600
"""A shape that is looked for from a pixel of its ground ends so many pixels above and below it at most, and left and right of it."""


class Canvas:
    """The grey picture of a screen, and the texts on it."""

    def __init__(self, picture: Picture, texts: Sequence[Text] = ()) -> None:
        self.texts = texts
        self._picture = picture
        self._width, self._height = picture.size
        self._pixels = picture.convert("L").tobytes()
        self.lines = _by_height(texts)

    def without(self, label: Box) -> Canvas:
        """The same where the text of the label is not looked through: its end may lie in the field that it names."""
        other = copy.copy(self)
        other.texts = [text for text in self.texts if not text.box.meets(label)]
        other.lines = _by_height(other.texts)
        return other

    def around(self, text: Box, *, most_up: float = 2.2, widest: float = 900) -> Box | None:
        """The shape that the text stands in; None where there is none near it (`most_up` in line heights)."""
        ground = self._commonest(*text.grown(3, 2).corners)
        return self._shape(text, ground, max(14.0, most_up * text.height), widest)

    def at(self, x: float, y: float) -> Box | None:
        """The shape that has this pixel of its ground in it; None where there is none."""
        if not (4 <= x < self._width - 4 and 4 <= y < self._height - 4):
            return None
        ground = self._pixels[int(y) * self._width + int(x)]
        return self._shape(Box(int(x), int(y), int(x) + 1, int(y) + 1), ground, TALLEST, BROADEST)

    def texts_in(self, box: Box) -> list[Box]:
        """The boxes of the texts that have their middle in the box."""
        return [text.box for text in self.texts if box.centres(text.box)]

    def line_of(self, label: Box) -> Box | None:
        """The field that is only a line to write on: at the label's foot and right of it, or under it; with the room above the line."""
        high = label.height
        left, right = max(0, int(label.left - 1.5 * high)), int(label.right + ACROSS_LINE + LONGEST)
        for y in range(int(label.centre.y) + 3, int(label.bottom + 2.6 * high)):
            row = self._row(y, left, right)
            inked = row.translate(unlike(most(self._row(int(label.top), left, right)), CONTRAST))
            for start, end in runs([value == 1 for value in inked]):
                line = Box(left + start, y, left + end, y + 1)
                if not LONG <= end - start <= LONGEST or end == len(row) or not self._is_bare(line):
                    continue
                if label.right <= line.left <= label.right + ACROSS_LINE and y < label.bottom + 14:
                    return None if self.texts_in(Box(label.right, label.top, line.left, y)) else _above(line, high)
                if abs(line.left - label.left) <= high and line.right > label.right + high:
                    return _above(line, high)
        return None

    def _is_bare(self, line: Box) -> bool:
        """Whether nothing goes up or down from the ends of a line, or is thick below it: it is no edge of a shape."""
        start, end = int(line.left), int(line.right)
        around = ((start - BARE, start + 1), (end - 1, end + BARE))
        sides = [self._row(int(line.top) + by, *part) for part in around for by in BESIDE]
        under = self._row(int(line.top) + THICK, start, end)
        inks = unlike(most(under), CONTRAST)
        return not any(1 in side.translate(inks) for side in sides) and not _is_wall(under, inks, 0.3)

    def edges_right_of(self, x: float, y: float, reach: float) -> Iterator[int]:
        """Where on this row, going right, the colour changes."""
        left = int(x)
        line = self._row(int(y), left, int(x + reach))
        for at, (one, other) in enumerate(pairwise(line), left + 1):
            if abs(one - other) > CONTRAST // 2:
                yield at

    def tick_box(self, label: Box) -> Box | None:
        """The small square or circle that the label's line begins with, or before it, after it, or far right of it."""
        halves = [max(part * label.height, least) for part, least in STRIPS]
        near = near_to(label)
        tries = [(half, reach) for reach in (near, WIDEST) for half in halves]
        two_lines = 1.3 * label.height  # the label may be one of them
        tries += [(two_lines, near), (two_lines, WIDEST)]
        box = next(filter(None, (self._beside(label, half, reach) for half, reach in tries)), None)
        if box is None:
            return self._far_right(label) or self._below(label)
        if is_square(box) and (state := self.look(box).state) is not False:
            far = self._far_right(label)  # what stands before the label may be an icon; a tick may be one too
            return box if far is None or far.meets(box) else (None if state else far)
        return box

    def own_box(self, label: Box) -> Box | None:
        """The tick box right before the label, on its line: it can be no other's."""
        part, least = STRIPS[0]
        box = self._beside(label, max(part * label.height, least), near_to(label))
        close = box is not None and label.left - label.height <= box.right <= label.left + label.height
        return box if close and box is not None and is_square(box) else None

    def look(self, box: Box, ground: Colour | None = None) -> BoxLook:
        """What the box looks like; `ground` is what it stands on, where that is known from before."""
        if not (is_square(box) or _is_pill(box)):
            return BoxLook((0, 0, 0), (0, 0, 0), switch=True)
        return look(self._picture, box, ground)

    def _beside(self, label: Box, half: float, reach: float) -> Box | None:
        """The square, circle or switch in a strip of twice `half` around the label's middle: at its beginning, before it, after it."""
        high = max(label.height, LEAST_LINE)
        row = Box(label.left - reach, label.centre.y - half, label.right + reach, label.centre.y + half)
        squares = list(self._squares(row, label))
        begins = [b for b in squares if -3 <= b.left - label.left <= 3 and b.right < label.right - high]
        before = [b for b in squares if b.right <= label.left + 4 or b.centre.x < label.left]
        after = [b for b in squares if b.left >= label.right - 1.6 * high or _ends(b, label)]
        return next(iter([*begins, *reversed(before), *after]), None)

    def dots(self, field: Box) -> tuple[int, bool]:
        """How many dots of a password stand in the field, alike and evenly apart, and whether they reach its end."""
        inset = round(min(field.height * 0.2, 6))
        left, top, right, bottom = field.corners
        inked = self._inked(left + 3, top + inset, right - 3, bottom - inset, 3 * CONTRAST)
        inks = runs([any(column) for column in zip(*inked, strict=False)])
        row: list[Run] = []
        for run in [run for run in inks if run[1] - run[0] > 2]:
            if not row or (_is_alike(row[-1], run) and _is_in_step(row, run)):
                row.append(run)
        pitch = row[1][0] - row[0][0] if len(row) > 1 else 0
        return len(row), pitch > 0 and row[-1][1] >= field.width - max(field.height, 2 * pitch)

    def _below(self, label: Box) -> Box | None:
        """The box right below the label, at its left, that has no label of its own."""
        left, top, high = int(label.left) - NOTCH, int(label.bottom), max(label.height, LEAST_LINE)
        inked = self._inked(left, top, left + SMALL, top + int(2.5 * high) + LARGE)
        for start, end in runs([1 in row for row in inked]):
            line = Box(label.left, top + start, label.right, top + end)
            for box in self._squares(Box(left - APART, line.top - 2, left + WIDEST + NOTCH, line.bottom + 2), line):
                if start < 1.3 * high and abs(box.left - label.left) <= NOTCH and not self._is_named(box, 4 * high):
                    return box
        return None

    def _is_named(self, box: Box, reach: float) -> bool:
        """Whether a text stands beside the box: it is that one's, then."""
        beside = Box(box.left, box.top, box.right + reach, box.bottom)
        near = [t for t in self.texts if t.box.meets(beside) and not t.box.meets(box) and t.box.same_row(box)]
        return any(text.text.casefold() not in _STATES and not _SAID.fullmatch(text.text) for text in near)

    def _far_right(self, label: Box) -> Box | None:
        """The first square on the label's row with no text before it: a settings row has its box at its end."""
        texts = [t for t in self.texts if t.box.same_row(label) and t.box.left > label.right and len(t.text) > KNOB]
        end = min([self._width, label.right + 900, *(t.box.left for t in texts)])
        for x in self.edges_right_of(label.right + 2, label.centre.y, end - label.right):
            start = max(label.right, x - WIDEST / 2)  # of a switch at two lines only the knob is at the label's height
            window = Box(start, label.centre.y - label.height, x + WIDEST, label.centre.y + label.height)
            found = next(iter(self._squares(window, label)), None)
            if found is not None and not self._is_named(found, 2.5 * label.height):
                return found
        return None

    def _is_switch(self, box: Box) -> bool:
        parts = [t.inside(box) for t in self.texts if t.box.meets(box) and t.box.height < 1.6 * box.height]
        within = [part.text.strip() for part in parts if part is not None]
        said = any(len(text) > SHORT and not _SAID.fullmatch(text) for text in within)
        return _is_pill(box) and not said and self.look(box).knob != 0

    def _whole(self, box: Box) -> Box:
        """All of what is seen in a strip that may have cut it off above and below."""
        left, top, right, bottom = box.corners
        ground = most(self._row(top, left - APART, left) + self._row(bottom - 1, right, right + APART))

        def goes_on(y: int) -> bool:
            return 1 in self._row(y, left, right).translate(unlike(ground, CONTRAST))

        while top > box.bottom - LARGE and goes_on(top - 1):
            top -= 1
        while bottom < box.top + LARGE and goes_on(bottom):
            bottom += 1
        return Box(box.left, top, box.right, bottom)

    def boxes_in_row(self, label: Box, left: float, right: float) -> list[Box]:
        """The tick boxes and switches at the height of the label, between the two, however far from it: letters and icons are none."""
        for part, least in STRIPS:
            half = max(part * label.height, least)
            found = list(self._squares(Box(left, label.centre.y - half, right, label.centre.y + half), label))
            known = [box for box in found if not self._is_written(box) and self.look(box).state is not None]
            if known:
                return known
        return []

    def _is_written(self, box: Box) -> bool:
        """Whether a text was read there that no box is read as."""
        return any(t.box.meets(box) and not _SAID.fullmatch(t.text.strip()) for t in self.texts)

    def _squares(self, window: Box, label: Box) -> Iterator[Box]:
        """The squarish blobs of another colour in the window, and switches, at the height of the label, from left to right."""
        left, top, right, bottom = window.within(Box(0, 0, self._width, self._height)).corners
        if right - left < SMALL or bottom - top < SMALL:
            return
        inks = unlike(self._commonest(left, top, right, bottom), CONTRAST)
        inked = _without_lines([self._row(y, left, right).translate(inks) for y in range(top, bottom)])
        columns = [any(column) for column in zip(*inked, strict=True)]
        blobs = [(-APART, -APART), *runs(columns), (len(columns) + APART, 0)]
        for (_, before), (start, end), (after, _) in zip(blobs, blobs[1:], blobs[2:], strict=False):
            has = [y for y, row in enumerate(inked) if 1 in row[start:end]]
            box = self._whole(Box(left + start, top + has[0], left + end, top + has[-1] + 1))
            sides = (int(box.left) - 1, int(box.right))
            joined = any(1 in self._column(x, int(box.top), int(box.bottom)).translate(inks) for x in sides)
            whole = not joined and start > 0 and end < len(columns) and start - before >= APART and after - end >= APART
            level = abs(box.centre.y - label.centre.y) <= 0.65 * label.height
            if whole and level and (is_square(box) or self._is_switch(box)):
                yield box

    def _shape(self, seed: Box, ground: int, tallest: float, widest: float) -> Box | None:
        """With straight sides, or half circles for sides."""
        shapes = (self._sided(seed, ground, tallest, widest, inset) for inset in (STRAIGHT, HALF_CIRCLE))
        return next(filter(None, shapes), None)

    def _sided(self, seed: Box, ground: int, tallest: float, widest: float, inset: float) -> Box | None:
        inks = unlike(ground, CONTRAST)
        middle, half = (seed.left + seed.right) / 2, min(max(seed.width / 2, 3.0), 60.0)
        span = int(max(0, middle - half)), int(min(self._width, middle + half))
        up = range(int(seed.top), int(max(0, seed.top - tallest)) - 1, -1)
        down = range(int(seed.bottom), int(min(self._height, seed.bottom + tallest)))
        top = next((y + 1 for y in up if _is_wall(self._row(y, *span), inks)), None)
        bottom = next((y for y in down if _is_wall(self._row(y, *span), inks)), None)
        if top is None or bottom is None or bottom - top < 8:
            return None
        round_by = round((bottom - top) * inset)
        left = self._side(int(seed.left), (top, bottom), round_by, inks, -1, widest)
        right = self._side(int(seed.right), (top, bottom), round_by, inks, 1, widest)
        if left is None or right is None or right - left < 8:
            return None
        box = Box(left, top, right, bottom)
        round_ = inset == HALF_CIRCLE
        if round_ and box.width < 3 * box.height:
            return None
        return box if self._is_walled(box, inks, round_=round_) else None

    def _side(self, x: int, rows: Run, round_by: int, inks: bytes, way: int, widest: float) -> int | None:
        """Going left or right, where the shape that has these rows ends: with a wall in all of them but those at its round corners."""
        top, bottom = rows
        end = x + way * widest
        inside = self.lines[bisect_left(self.lines, (top,)) : bisect_left(self.lines, (bottom,))]
        while 0 <= x < self._width and (end - x) * way > 0:
            by, share = (1, HIGHEST) if any(first <= x < last for _, first, last in inside) else (round_by, HIGH)
            if _is_wall(self._column(x, top + by, bottom - by), inks, share):
                return x + 1 if way < 0 else x
            x += way
        return None

    def _is_walled(self, box: Box, inks: bytes, *, round_: bool) -> bool:
        """Whether there is something of another colour along all of its four sides, but for its corners."""
        left, top, right, bottom = box.corners
        x, y = int(min(box.width * 0.25, box.height * 0.5, 18)), int(min(box.height * 0.25, 14))
        x, y = (int(box.height * 0.5), int(box.height * HALF_CIRCLE)) if round_ else (x, y)
        sides = (
            self._row(top - 1, left + x, right - x),
            self._row(bottom, left + x, right - x),
            self._column(left - 1, top + y, bottom - y),
            self._column(right, top + y, bottom - y),
        )
        marked = [side.translate(inks) for side in sides]
        if not all(m[:1] == m[-1:] == b"\x01" and m.count(1) >= WALLED * len(m) for m in marked[1:]):
            return False
        for text in self.texts:  # a label on the upper side interrupts it
            if not text.box.top < top <= text.box.bottom:
                continue
            first, last = max(0, int(text.box.left) - NOTCH - left - x), int(text.box.right) + NOTCH - left - x
            if first < last and first < len(marked[0]):
                marked[0] = marked[0][:first] + b"\x01" * (min(last, len(marked[0])) - first) + marked[0][last:]
        return marked[0][:1] == marked[0][-1:] == b"\x01" and marked[0].count(1) >= WALLED * len(marked[0])

    def _inked(self, left: int, top: int, right: int, bottom: int, by: int = CONTRAST) -> list[bytes]:
        """The rows there with 1 for each pixel that differs by so much from the commonest."""
        inks = unlike(self._commonest(left, top, right, bottom), by)
        return [self._row(y, left, right).translate(inks) for y in range(top, bottom)]

    def _commonest(self, left: int, top: int, right: int, bottom: int) -> int:
        return most(b"".join(self._row(y, left, right) for y in range(top, bottom)))

    def _row(self, y: int, left: int, right: int) -> bytes:
        if not 0 <= y < self._height:
            return b""
        start = y * self._width
        return self._pixels[start + max(0, left) : start + max(0, min(self._width, right))]

    def _column(self, x: int, top: int, bottom: int) -> bytes:
        if not 0 <= x < self._width:
            return b""
        return self._pixels[
            max(0, top) * self._width + x : max(0, min(self._height, bottom)) * self._width : self._width
        ]


def _by_height(texts: Sequence[Text]) -> list[tuple[float, float, float]]:
    """Where the middle of each text is, from top to bottom, and its left and right: asked for every side of a shape."""
    return sorted((text.box.centre.y, text.box.left, text.box.right) for text in texts)


def near_to(label: Box) -> float:
    """So many pixels from its label lies a tick box that stands beside it."""
    return BESIDE_LABEL * max(label.height, LEAST_LINE)


def _is_wall(line: bytes, inks: bytes, share: float = WALL) -> bool:
    return len(line) > 0 and line.translate(inks).count(1) >= share * len(line)


def _above(line: Box, high: float) -> Box:
    return Box(line.left, line.top - 1.5 * high, line.right, line.top)


def _is_alike(one: Run, other: Run) -> bool:
    return abs((one[1] - one[0]) - (other[1] - other[0])) <= 1


def _is_in_step(row: Sequence[Run], run: Run) -> bool:
    """Whether the next one is as far from the last as the second is from the first."""
    pitch = row[1][0] - row[0][0] if len(row) > 1 else run[0] - row[0][0]
    return abs((run[0] - row[-1][0]) - pitch) <= 1 and pitch <= 3 * (row[0][1] - row[0][0])


def _without_lines(inked: Sequence[bytes]) -> list[bytes]:
    """The rows without the lines that go on beyond them."""
    bare = []
    for y, row in enumerate(inked):
        near = [inked[at] for at in (y - LINE, y + LINE) if 0 <= at < len(inked)]
        start, end = len(row) - len(row.lstrip(b"\x01")), len(row.rstrip(b"\x01"))
        first = start if not any(other[0] for other in near) else 0
        last = end if not any(other[-1] for other in near) else len(row)
        kept = row[first:last] if row.count(1) < ACROSS * len(row) else b""
        bare.append(bytes(first) + kept + bytes(len(row) - first - len(kept)))
    return bare


def _is_pill(box: Box) -> bool:
    """Whether it has the shape of a switch: about twice as wide as high."""
    return 12 <= box.height <= LARGE and box.width <= WIDEST and 1.5 <= box.width / box.height <= 2.5


def _ends(box: Box, label: Box) -> bool:
    """Whether it is the end of the label: a switch that was read as a sign behind it."""
    return abs(label.right - box.right) <= SLACK and box.left > label.centre.x


def is_square(box: Box) -> bool:
    """Whether it has the size and shape of a tick box."""
    sides = SMALL <= box.width <= LARGE and SMALL <= box.height <= LARGE
    return sides and 0.8 <= box.width / box.height <= 1.25
