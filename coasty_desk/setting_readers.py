"""What a setting may be: each reader takes a value from an option, a file or a record, and gives it in its own type. Pure.

A reader raises ValueError, TypeError or OverflowError; `expected` on it says to the person what it takes, `choices` which words.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast

from coasty_desk.core.scaling import SENT_MAX, SENT_MIN, Rect, Size

Reader: TypeAlias = Callable[[Any], Any]

FURTHEST = 1_000_000
"""Pixels from the origin within which a mask lies."""

MOST_ENTRIES = 256
"""Masks, patterns or secrets: each is looked at for every picture, or for every key."""

OFTEN = f", up to {MOST_ENTRIES} times"

MOST_FILES = 16
"""Policies: each may have hundreds of patterns."""

MOST = 1_000_000
"""Steps, cents, days: what is more is a slip, and some of it is counted up to, one by one."""

LONGEST = 1_000_000
"""Seconds: eleven days. Clocks and timers have an end."""


def saying(expected: str, read: Reader) -> Reader:
    """The reader, with the sentence for the person; several settings may be read alike."""

    def reader(value: Any) -> Any:
        return read(value)

    reader.expected = expected  # type: ignore[attr-defined]  # the sentence for the person travels with the reader
    return reader


def whole(low: int, high: int = MOST) -> Reader:
    """A whole number, both ends included."""

    def read(value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 10)
        if not low <= number <= high:
            raise ValueError
        return number

    return saying(f"a whole number from {low} to {high}", read)


def seconds(value: Any) -> float:
    """A time that is not negative."""
    number = float(value) if not isinstance(value, bool) else math.nan
    if not 0 <= number <= LONGEST:
        raise ValueError
    return number


def deadline(value: Any) -> float:
    """A time above nothing."""
    number = seconds(value)
    if number == 0:
        raise ValueError
    return number


def one_of(*words: str) -> Reader:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError
        return cast("str", value)

    reader = saying("one of " + ", ".join(words), read)
    reader.choices = words  # type: ignore[attr-defined]  # as with `expected`
    return reader


def switch(value: Any) -> bool:
    """True or false, and nothing that is merely like it."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def text(value: Any) -> str:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def version(value: Any) -> str:
    """A name as the service has it."""
    name = text(value)
    if len(name) > 40 or not (name.isascii() and name.replace(".", "").replace("-", "").isalnum()):
        raise ValueError
    return name


def texts(value: Any) -> tuple[str, ...]:
    """One text, or a list of them."""
    return tuple(text(item) for item in _entries(value))


def files(value: Any) -> tuple[str, ...]:
    """One path, or a list of them."""
    return tuple(text(item) for item in _entries(value, MOST_FILES))


def _entries(value: Any, most: int = MOST_ENTRIES) -> Any:
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or len(entries) > most:
        raise ValueError
    return entries


def size(value: Any) -> Size:
    """A size in pixels that may be sent, or `full`."""
    if value == "full":
        return SENT_MAX
    size = Size.parse(value)
    if not (size.holds(SENT_MIN) and SENT_MAX.holds(size)):
        raise ValueError
    return size


def monitor(value: Any) -> Literal["primary"] | int:
    """`primary`, or a number from 1."""
    return "primary" if value == "primary" else cast("int", whole(1)(value))


_PIXELS = whole(-FURTHEST, FURTHEST)


def rects(value: Any) -> tuple[Rect, ...]:
    """Rectangles as `X,Y,WIDTH,HEIGHT` or lists of four numbers, in real pixels."""

    def rect(item: Any) -> Rect:
        left, top, width, height = [
            _PIXELS(part) for part in (item.split(",") if isinstance(item, str) else _entries(item))
        ]
        if min(width, height) <= 0:
            raise ValueError
        return Rect(left, top, width, height)

    return tuple(rect(item) for item in _entries(value))


def settle(value: Any) -> float | None:
    """A fixed pause in seconds; None for `adaptive`."""
    return None if value == "adaptive" else seconds(value)


SWITCH = saying("true or false", switch)
CONFIRM = one_of("never", "risky", "always")
MAX_SIZE = saying(f"WIDTHxHEIGHT from {SENT_MIN} to {SENT_MAX}, or full", size)
