"""Reading the fields of foreign JSON: every reader gives a value of the right kind, or says in a few safe words why not."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from typing import NoReturn, TypeVar

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.printable import printable

MAX_COORDINATE = 1_000_000
"""A coordinate off the screen is clamped to it (API.md §4.1); one further out than this is no coordinate."""

MOST = 10**12
"""Cents, seconds, tokens: a larger number is none."""

T = TypeVar("T")


class UnreadableError(ValueError):
    """A value is not what it must be; the text says which and why, short and without control characters."""


def unreadable(why: str) -> NoReturn:
    """Raise UnreadableError."""
    raise UnreadableError(why)


def given(value: T | None, otherwise: str) -> T:
    """The value. Raises UnreadableError, with what is said `otherwise`, where there is none."""
    return unreadable(otherwise) if value is None else value


def parse_json(body: bytes) -> object:
    """The JSON document in `body`. Raises UnreadableError, and nothing else, for whatever is not one."""
    try:
        return json.loads(body)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = f"it is not JSON ({short(str(error), 80)})"
    raise UnreadableError(why)


class Fields(Struct, frozen=True):
    """A JSON object's fields. A field that is null counts as absent; of several names the first present one is taken."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, value: object, what: str) -> Fields:
        """The fields of `value`, none where it is null. Raises UnreadableError where it is not an object."""
        if value is None:
            return cls({})
        if not isinstance(value, dict):
            unreadable(f"{what} is {kind(value)}, not an object")
        return cls(value)

    def find(self, *names: str) -> tuple[str, object]:
        """The first of `names` that is there and its value; (the first name, None) where none is."""
        for name in names:
            value = self.values.get(name)
            if value is not None:
                return name, value
        return names[0], None

    def number(self, *names: str, at_most: float) -> float | None:
        """A finite number of at most this magnitude, or None where it is absent."""
        name, value = self.find(*names)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            unreadable(f"{name} is {kind(value)}, not a number")
        if isinstance(value, float) and not math.isfinite(value):
            unreadable(f"{name} is not a finite number")
        if abs(value) > at_most:
            unreadable(f"{name} is beyond ±{at_most:g}")
        return value

    def whole(self, *names: str, at_most: int) -> int | None:
        """A whole number of at most this magnitude (1000.0 is one), or None where it is absent."""
        value = self.number(*names, at_most=at_most)
        if value is None:
            return None
        if value != int(value):
            unreadable(f"{self.find(*names)[0]} is {value:g}, not a whole number")
        return int(value)

    def text(self, *names: str, at_most: int) -> str | None:
        """A string of at most this many characters that is valid Unicode, or None where it is absent."""
        name, value = self.find(*names)
        return None if value is None else _string(name, value, at_most)

    def texts(self, *names: str, at_most: int, each: int) -> tuple[str, ...] | None:
        """A list of at most so many non-empty strings (one string is a list of one), or None where it is absent."""
        name, value = self.find(*names)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        if len(items) > at_most:
            unreadable(f"{name} has {len(items)} entries, more than {at_most}")
        strings = tuple(_string(f"an entry of {name}" if items is value else name, item, each) for item in items)
        if not all(strings):
            unreadable(f"{name} has an empty entry")
        return strings

    def point(self, x: tuple[str, ...] = ("x",), y: tuple[str, ...] = ("y",)) -> Point | None:
        """A place from the first present names of each axis; None where both are absent, unreadable where one is."""
        across, down = (self.number(*names, at_most=MAX_COORDINATE) for names in (x, y))
        if across is None and down is None:
            return None
        if across is None or down is None:
            unreadable(f"{x[0] if across is None else y[0]} is missing")
        return Point(across, down)


def number_in(text: str) -> int | None:
    """A whole number of at most twelve digits, as headers have them; None for whatever is not one."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


def amount(value: object) -> float | None:
    """A number from 0 to MOST; None for whatever is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= MOST else None


def count_of(value: object) -> int | None:
    """An amount, rounded up to a whole one; None for whatever is none."""
    found = amount(value)
    return None if found is None else math.ceil(found)


def line_of(value: object, at_most: int) -> str:
    """A text as `short` has it; empty for whatever is none."""
    return short(value, at_most).strip() if isinstance(value, str) else ""


def text_of(value: object, at_most: int) -> str:
    """A text of so many characters, its lines as they are, that can be written down; empty for whatever is none."""
    return sound(value[:at_most]) if isinstance(value, str) else ""


def kind(value: object) -> str:
    """What JSON calls a value of this type, with its article."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")


def short(text: str, at_most: int) -> str:
    """The text on one line, at most so long, with every character that could steer a terminal made harmless."""
    if len(text) > at_most:
        text = text[: at_most - 1] + "…"
    return printable(text, strictly=True)


def sound(text: str) -> str:
    """The text with halves of surrogate pairs, which no encoding can write, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def glimpse(value: object, at_most: int = 100) -> str:
    """A few characters that show a person what `value` is, however large or deep it is."""
    return short(_SHORT.repr(value), at_most)


class _Glimpse(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        del level
        return str(x) if abs(x) < 10**18 else "a huge number"


_SHORT = _Glimpse()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxdict = 3, 40, 8


def _string(name: str, value: object, at_most: int) -> str:
    if not isinstance(value, str):
        unreadable(f"{name} is {kind(value)}, not a string")
    if len(value) > at_most:
        unreadable(f"{name} has {len(value)} characters, more than {at_most}")
    if sound(value) != value:
        unreadable(f"{name} is not valid Unicode")
    return value
