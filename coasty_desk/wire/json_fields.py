"""Reading the fields of foreign JSON: every reader gives a value of the right kind, or says in a few safe words why not."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.printable import printable

MAX_COORDINATE = 1_000_000
"""A coordinate off the screen is clamped to it (API.md §4.1); one further out than this is no coordinate."""


class UnreadableError(ValueError):
    """A value is not what it must be; the text says which and why, short and without control characters."""


def parse_json(body: bytes) -> object:
    """The JSON document in `body`. Raises UnreadableError, and nothing else, for whatever is not one."""
    try:
        document: object = json.loads(body)
    except RecursionError:
        msg = "it is nested too deeply"
        raise UnreadableError(msg) from None
    except ValueError as error:
        msg = f"it is not JSON ({short(str(error), 80)})"
        raise UnreadableError(msg) from None
    return document


class Fields(Struct, frozen=True):
    """A JSON object's fields. A field that is null counts as absent; of several names the first present one is taken."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, value: object, what: str) -> Fields:
        """The fields of `value`, none where it is null. Raises UnreadableError where it is not an object."""
        if value is None:
            return cls({})
        if not isinstance(value, dict):
            msg = f"{what} is {kind(value)}, not an object"
            raise UnreadableError(msg)
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
        return None if value is None else _finite(name, value, at_most)

    def whole(self, *names: str, at_most: int) -> int | None:
        """A whole number of at most this magnitude (1000.0 is one), or None where it is absent."""
        value = self.number(*names, at_most=at_most)
        if value is None:
            return None
        if value != int(value):
            msg = f"{self.find(*names)[0]} is {value:g}, not a whole number"
            raise UnreadableError(msg)
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
            msg = f"{name} has {len(items)} entries, more than {at_most}"
            raise UnreadableError(msg)
        strings = tuple(_string(f"an entry of {name}" if items is value else name, item, each) for item in items)
        if not all(strings):
            msg = f"{name} has an empty entry"
            raise UnreadableError(msg)
        return strings

    def point(self, x: tuple[str, ...], y: tuple[str, ...]) -> Point | None:
        """A place from the first present names of each axis; None where both are absent, unreadable where one is."""
        across, down = (self.number(*names, at_most=MAX_COORDINATE) for names in (x, y))
        if across is None and down is None:
            return None
        if across is None or down is None:
            msg = f"{x[0] if across is None else y[0]} is missing"
            raise UnreadableError(msg)
        return Point(across, down)


def number_in(text: str) -> int | None:
    """A whole number of at most twelve digits, as headers have them; None for whatever is not one."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


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
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = 40
        self.maxdict = 8

    def repr_int(self, x: int, level: int) -> str:
        del level
        return str(x) if abs(x) < 10**18 else "a huge number"


_SHORT = _Glimpse()


def _finite(name: str, value: object, at_most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{name} is {kind(value)}, not a number"
        raise UnreadableError(msg)
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{name} is not a finite number"
        raise UnreadableError(msg)
    if abs(value) > at_most:
        msg = f"{name} is beyond ±{at_most:g}"
        raise UnreadableError(msg)
    return value


def _string(name: str, value: object, at_most: int) -> str:
    if not isinstance(value, str):
        msg = f"{name} is {kind(value)}, not a string"
        raise UnreadableError(msg)
    if len(value) > at_most:
        msg = f"{name} has {len(value)} characters, more than {at_most}"
        raise UnreadableError(msg)
    if sound(value) != value:
        msg = f"{name} is not valid Unicode"
        raise UnreadableError(msg)
    return value
