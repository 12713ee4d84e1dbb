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


def whole(low: int, high: int | None = None) -> Reader:
    """A whole number, both ends included."""

    def read(value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 10)
        if number < low or (high is not None and number > high):
            message = f"must be {f'{low} to {high}' if high is not None else f'at least {low}'}"
            raise ValueError(message)
        return number

    return saying(f"a whole number{f' from {low} to {high}' if high is not None else ''}", read)


def seconds(value: Any) -> float:
    """A finite time, not negative."""
    number = float(value) if not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ValueError
    return number


def deadline(value: Any) -> float:
    """A finite time above nothing."""
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

    read.choices = words  # type: ignore[attr-defined]  # as with `expected`
    return saying("one of " + ", ".join(words), read)


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


def texts(value: Any) -> tuple[str, ...]:
    """One text, or a list of them."""
    return tuple(text(item) for item in _entries(value))


def _entries(value: Any) -> Any:
    entries = [value] if isinstance(value, str) else value
    if len(entries) > MOST_ENTRIES:
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


def rects(value: Any) -> tuple[Rect, ...]:
    """Rectangles as `X,Y,WIDTH,HEIGHT` or lists of four numbers, in real pixels."""

    def rect(item: Any) -> Rect:
        numbers = [int(part, 10) for part in item.split(",")] if isinstance(item, str) else list(item)
        left, top, width, height = numbers
        if min(width, height) <= 0 or max(map(abs, numbers)) > FURTHEST:
            raise ValueError
        return Rect(left, top, width, height)

    return tuple(rect(item) for item in _entries(value))


def settle(value: Any) -> float | None:
    """A fixed pause in seconds; None for `adaptive`."""
    return None if value == "adaptive" else seconds(value)


def saying(expected: str, read: Reader) -> Reader:
    """The reader, with the sentence for the person."""
    read.expected = expected  # type: ignore[attr-defined]  # the sentence for the person travels with the reader
    return read


SWITCH = saying("true or false", switch)
CONFIRM = one_of("never", "risky", "always")
MAX_SIZE = saying(f"WIDTHxHEIGHT from {SENT_MIN} to {SENT_MAX}, or full", size)
