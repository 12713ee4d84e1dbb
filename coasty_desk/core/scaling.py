"""Real pixels, sent pixels, and the only road between them.

*Real* pixels are the desktop's, as the pointer counts them, offset by the monitor's origin.
*Sent* pixels are the image's that the model saw. `Frame.place` turns the one into the other;
an executor takes nothing but its result, so scaling can be neither forgotten nor done twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Point, TypeText, moved, points


class Size(Struct, frozen=True):
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """`1280x720` -> Size. Raises ValueError for anything else."""
        match = re.fullmatch(r"\s*(\d{1,5})\s*[xX]\s*(\d{1,5})\s*", text, re.ASCII)
        if match is None:
            msg = f"{text!r} is not WIDTHxHEIGHT"
            raise ValueError(msg)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def holds(self, other: Size) -> bool:
        """Whether `other` fits inside."""
        return other.width <= self.width and other.height <= self.height


class Rect(Struct, frozen=True):
    """A rectangle of real pixels; left and top may be negative (a monitor left of the primary)."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)

    @property
    def corners(self) -> tuple[tuple[int, int], ...]:
        """Its four corner pixels."""
        right, bottom = self.left + self.width - 1, self.top + self.height - 1
        return ((self.left, self.top), (right, self.top), (self.left, bottom), (right, bottom))

    def around(self, places: Sequence[Point], width: int, height: int) -> Rect:
        """What lies around the places in it, half of a width and a height to each side, but at least a pixel."""
        xs, ys = [int(place.x) for place in places], [int(place.y) for place in places]
        left, top = max(self.left, min(xs) - width // 2), max(self.top, min(ys) - height // 2)
        right = min(self.left + self.width, max(xs) + width // 2)
        bottom = min(self.top + self.height, max(ys) + height // 2)
        return Rect(left, top, max(right - left, 1), max(bottom - top, 1))

    def contains(self, x: float, y: float) -> bool:
        """Whether a real pixel lies inside."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height


SENT_MIN = Size(320, 240)
SENT_MAX = Size(3840, 2160)
"""What the service takes as `screen_width` and `screen_height` (API.md §4.3)."""

CORNER_INSET = 2
"""How far inside a corner a click lands on a person's desktop (DESIGN.md A5): the corner itself is theirs, to stop us."""

ASTRAY = 0.01
"""A point farther outside the space that its model was told, as a part of that space, is meant in another one."""


def fit(real: Size, box: Size) -> Size:
    """The largest size of `real`'s shape inside `box`; never larger than `real` itself."""
    scale = min(1.0, box.width / real.width, box.height / real.height)
    return Size(max(1, round(real.width * scale)), max(1, round(real.height * scale)))


def padded(content: Size) -> Size:
    """The image that is sent: `content`, with black added right and below where it is under the service's least size."""
    return Size(max(content.width, SENT_MIN.width), max(content.height, SENT_MIN.height))


class ImageFit(Struct, frozen=True):
    """A picture that a model's server leaves as it is: content within `box`, its sides filled up to multiples of `factor`.

    Vision models cut a picture into squares; their servers resize it to whole squares, and to a number of them (`most`
    pixels), before the model sees it, do not say so, and the model answers in the pixels of *that* picture.
    """

    box: Size = Size(16_384, 16_384)
    factor: int = 1
    most: int = 16_384 * 16_384

    def within(self, box: Size) -> ImageFit:
        """The same, and no larger than that either."""
        return replace(self, box=Size(min(self.box.width, box.width), min(self.box.height, box.height)))

    def sizes(self, real: Size) -> tuple[Size, Size]:
        """The content's size and that of the picture, of a screen of that size; black is added right and below."""
        box, factor = self.box, self.factor
        while True:
            content = fit(real, box)
            sent = Size(-(-content.width // factor) * factor, -(-content.height // factor) * factor)
            if sent.width * sent.height <= self.most:
                return content, sent
            shrink = min(0.995, math.sqrt(self.most / (sent.width * sent.height)))
            box = Size(max(1, int(content.width * shrink)), max(1, int(content.height * shrink)))


def sizes_sent(real: Size, within: Size | ImageFit) -> tuple[Size, Size]:
    """The content's size and that of the picture that is sent, of a screen of that size, as the model wants it."""
    if isinstance(within, ImageFit):
        return within.sizes(real)
    content = fit(real, within)
    return content, padded(content)


class Placed:
    """An action in real pixels. Only `Frame.place` makes one.

    `real` is what to do, on the desktop; `sent` is the same action as the model said it.
    """

    __slots__ = ("real", "sent")
    real: Action
    sent: Action

    def __init__(self, sent: Action, real: Action, *, _by: object = None) -> None:
        if _by is not _PLACING:
            msg = "only Frame.place makes a Placed"
            raise TypeError(msg)
        object.__setattr__(self, "sent", sent)
        object.__setattr__(self, "real", real)

    def typing(self, text: str) -> Placed:
        """The same with another text to type; no coordinate is touched. Raises TypeError for what types nothing."""
        if not isinstance(self.real, TypeText):
            msg = "only a TypeText types"
            raise TypeError(msg)
        return Placed(self.sent, TypeText(text), _by=_PLACING)

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"Placed is frozen: {name} cannot be set"
        raise AttributeError(msg)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Placed) and (self.sent, self.real) == (other.sent, other.real)

    def __hash__(self) -> int:
        return hash((self.sent, self.real))

    def __repr__(self) -> str:
        return f"Placed(sent={self.sent!r}, real={self.real!r})"


_PLACING = object()


class Frame(Struct, frozen=True):
    """A screenshot as it is sent.

    `image` is the encoded bytes (`media_type` says how), `sent` its size in pixels, `content`
    the part from its upper left corner that shows the screen (smaller than `sent` only where
    black was added, see `padded`), `shows` the real rectangle that it shows, `hidden` the real
    rectangles that are black in it because nobody is to see them. A point in a corner is moved `inset`
    pixels inside: as many as the target leaves to the person, none where no person's pointer is.
    """

    image: bytes
    media_type: str
    sent: Size
    content: Size
    shows: Rect
    hidden: tuple[Rect, ...] = ()
    inset: int = CORNER_INSET

    def __repr__(self) -> str:
        """Its size and length: a picture's bytes are of no use to a reader."""
        return f"Frame({self.sent} {self.media_type}, {len(self.image)} bytes, shows={self.shows!r})"

    def place(self, action: Action, space: tuple[int, int] | None = None) -> Placed:
        """Map an action from sent pixels (or from `space`, a (width, height) the answer named) to real ones.

        `real = round(model * real_size / sent_size)` per axis, clamped to the monitor, plus its
        origin (API.md §4.1); a point in a corner is moved `inset` pixels inside.
        """
        width, height = space or (self.sent.width, self.sent.height)

        def onto(point: Point) -> Point:
            x = _scaled(point.x, self.sent.width * self.shows.width, width * self.content.width, self.shows.width)
            y = _scaled(point.y, self.sent.height * self.shows.height, height * self.content.height, self.shows.height)
            return _out_of_corner(x, y, self.shows, self.inset)

        return Placed(action, moved(action, onto), _by=_PLACING)

    def strays(self, action: Action, space: tuple[int, int] | None = None) -> str:
        """Why a point of the action cannot be meant in the space, in words; empty where each lies in it, or hardly outside."""
        width, height = space or (self.sent.width, self.sent.height)
        for point in points(action):
            if point is not None and width > 1 and _is_fraction(point):
                where = f"and was to be in {width}x{height}; the model seems to answer in fractions of 1"
                return f"({point.x:g}, {point.y:g}) is a part of the picture, {where}"
            if point is None or (_is_about(point.x, width) and _is_about(point.y, height)):
                continue
            pixels = space is not None and _is_about(point.x, self.sent.width) and _is_about(point.y, self.sent.height)
            guess = "; the model seems to answer in pixels" if pixels else ""
            return f"({point.x:g}, {point.y:g}) lies outside {width}x{height}, which it was to answer in{guess}"
        return ""

    def unplace(self, real: Point) -> Point:
        """A real pixel in sent ones: the only road back. A fraction of one, and outside the picture for what it does not show."""
        return Point(
            (real.x - self.shows.left) * self.content.width / max(self.shows.width, 1),
            (real.y - self.shows.top) * self.content.height / max(self.shows.height, 1),
        )


def _is_about(value: float, length: int) -> bool:
    return -ASTRAY * length <= value <= (1 + ASTRAY) * length


def _is_fraction(point: Point) -> bool:
    """Whether it is one of the picture, rather than its first pixel."""
    return max(point.x, point.y) <= 1 and any(0 < one < 1 for one in (point.x, point.y))


def _scaled(value: float, numerator: int, denominator: int, limit: int) -> int:
    scaled = value * numerator / denominator
    return min(max(math.floor(min(max(scaled, -1.0), limit + 1.0) + 0.5), 0), limit - 1)


def _out_of_corner(x: int, y: int, shows: Rect, inset: int) -> Point:
    at_side = x in (0, shows.width - 1)
    at_end = y in (0, shows.height - 1)
    if at_side and at_end:
        x = min(inset, shows.width - 1) if x == 0 else max(x - inset, 0)
        y = min(inset, shows.height - 1) if y == 0 else max(y - inset, 0)
    return Point(shows.left + x, shows.top + y)
