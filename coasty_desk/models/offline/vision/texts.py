"""What stands on the screen: texts with their boxes in frame pixels. Values and geometry, no image. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.scaling import Rect


class Box(Struct, frozen=True):
    """A rectangle in frame pixels; `right` and `bottom` lie just outside it."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, rect: Rect) -> Box:
        """The same rectangle, in the pixels that it has."""
        return cls(rect.left, rect.top, rect.left + rect.width, rect.top + rect.height)

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point(round((self.left + self.right) / 2), round((self.top + self.bottom) / 2))

    @property
    def area(self) -> float:
        """Its pixels; none where it is turned inside out, as what is cut by another may be."""
        return max(self.width, 0) * max(self.height, 0)

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in whole pixels, as a picture is cropped by; of what is turned inside out, nothing."""
        left, top = int(self.left), int(self.top)
        return left, top, max(left, int(self.right)), max(top, int(self.bottom))

    def holds(self, x: float, y: float) -> bool:
        """Whether the pixel is inside."""
        return self.left <= x < self.right and self.top <= y < self.bottom

    def centres(self, other: Box) -> bool:
        """Whether the middle of the other is inside."""
        return self.holds(other.centre.x, other.centre.y)

    def meets(self, other: Box) -> bool:
        """Whether the two have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def grown(self, by: float, down: float | None = None) -> Box:
        """Larger by so much on the left and right, and `down` (else as much) above and below."""
        vertical = by if down is None else down
        return Box(self.left - by, self.top - vertical, self.right + by, self.bottom + vertical)

    def moved(self, right: float, down: float) -> Box:
        """The same elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def with_(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def within(self, other: Box) -> Box:
        """The part of it that lies in the other."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def same_row(self, other: Box) -> bool:
        """Whether the middle of the one lies between the top and the bottom of the other."""
        mine, theirs = (self.top + self.bottom) / 2, (other.top + other.bottom) / 2
        return other.top <= mine < other.bottom or self.top <= theirs < self.bottom

    def same_column(self, other: Box) -> bool:
        """Whether they lie one above the other, at least in part."""
        return self.left < other.right and other.left < self.right


class Text(Struct, frozen=True):
    """A text on the screen with its box; `confidence` (0-1) is the engine's. `marks` are the left edge of each character."""

    text: str
    box: Box
    confidence: float = 1.0
    marks: tuple[float, ...] = ()

    @property
    def edges(self) -> tuple[float, ...]:
        """The left edge of each character, as it is known or can be reckoned."""
        return self.marks or tuple(spread(self.text, self.box.left, self.box.right))

    def placed(self, by: float, left: float, top: float) -> Text:
        """The same on the whole picture, of which an engine has read the part at `left` and `top`, so many times as large."""
        box = Box(self.box.left / by, self.box.top / by, self.box.right / by, self.box.bottom / by)
        return Text(self.text, box.moved(left, top), self.confidence)

    def inside(self, box: Box) -> Text | None:
        """The characters that stand in the box; None where none do."""
        middle = (self.box.top + self.box.bottom) / 2
        if not box.top <= middle < box.bottom or not box.same_column(self.box):
            return None
        marks = [*self.edges, self.box.right]
        there = [i for i in range(len(self.text)) if box.left <= (marks[i] + marks[i + 1]) / 2 < box.right]
        if not there:
            return None
        found = self.part(there[0], there[-1] + 1)
        return found if found.text.strip() else None

    def part(self, start: int, end: int) -> Text:
        """The characters from `start` to `end` with the part of the box that they take."""
        if start <= 0 and end >= len(self.text):
            return self
        marks = self.edges
        right = marks[end] if end < len(marks) else self.box.right
        box = Box(marks[start], self.box.top, right, self.box.bottom)
        return Text(self.text[start:end], box, self.confidence, marks[start:end])


_NARROW = frozenset("iljIftr|!.,:;'`()[]{}/\\- 1")
_WIDE = frozenset("mwMW@%&#…—")


def weight(character: str) -> float:
    """How wide a character is in most typefaces, to a lower-case letter."""
    if character in _NARROW:
        return 0.55
    if character in _WIDE:
        return 1.5
    return 1.25 if character.isupper() or ord(character) > 0x2E7F else 1.0


def spread(text: str, left: float, right: float) -> list[float]:
    """Where each character begins, if the text fills the space from `left` to `right`."""
    total = sum(map(weight, text)) or 1.0
    begins = list(accumulate(map(weight, text), initial=0.0))[:-1]
    return [left + (right - left) * at / total for at in begins]


def joined(parts: Sequence[Text]) -> Text:
    """Texts of one line as one, with a space between them."""
    said, marks, whole = "", [], parts[0].box
    for part in parts:
        if said:
            marks.append(whole.right)
            said += " "
        marks += part.edges
        said += part.text
        whole = whole.with_(part.box)
    return Text(said, whole, min(part.confidence for part in parts), tuple(marks))
