"""Properties of X windows, read no further than they are of use: anybody may hang 50 MB on a window of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coasty_desk.core.gates.reached_windows import LONGEST_TITLE
from coasty_desk.desktop.x11.xlib import Display, X, Xatom

_MANY = 16_384
"""Numbers of a property: more windows than any display shows."""

_LONGEST_KIND = 512
"""Bytes of a window's class."""


def numbers(window: Any, name: str) -> Any:
    """A property of numbers, or None."""
    said = window.get_property(window.display.get_atom(name), X.AnyPropertyType, 0, _MANY)
    return None if said is None else said.value


def left(display: Display, name: str) -> tuple[int, ...]:
    """The numbers that a run which was killed has left of itself on the root window."""
    return tuple(numbers(display.screen().root, name) or ())


def leave(display: Display, name: str, what: Sequence[int]) -> None:
    """Leave numbers on the root window for the next run, should this one be killed; none: take them back."""
    root, atom = display.screen().root, display.intern_atom(name)
    if what:
        root.change_property(atom, Xatom.CARDINAL, 32, list(what), X.PropModeReplace)
    else:
        root.delete_property(atom)
    display.sync()


def title(window: Any) -> str:
    """Its title; where that is longer than LONGEST_TITLE, its beginning, one character longer than that."""
    return _text(window, "_NET_WM_NAME") or _text(window, "WM_NAME")


def kind(window: Any) -> tuple[str, ...]:
    """The instance and the class that its application gives it (`xterm`, `XTerm`); none where it gives none."""
    said = window.get_property(Xatom.WM_CLASS, Xatom.STRING, 0, _LONGEST_KIND // 4)
    parts = [] if said is None or not said.value else bytes(said.value).decode("latin-1").split("\0")
    return tuple(parts[:2]) if len(parts) >= 2 else ()


def _text(window: Any, name: str) -> str:
    longest = LONGEST_TITLE + 1  # four bytes each: a character's most
    said = window.get_property(window.display.get_atom(name), X.AnyPropertyType, 0, longest)
    if said is None or not said.value:
        return ""
    value = said.value
    latin = said.property_type == Xatom.STRING
    read = value if isinstance(value, str) else bytes(value).decode("latin-1" if latin else "utf-8", "replace")
    return read[: LONGEST_TITLE + 1]
