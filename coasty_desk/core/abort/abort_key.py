"""The abort key: pynput's syntax read into a value, and the question whether a chord would be it. Pure.

`<ctrl>+<shift>+<f12>`: parts joined by `+`, each a single character or a pynput key name in
angle brackets (`<ctrl>`, `<alt_gr>`, `<page_up>`), or a number, the platform's own key code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from coasty_desk.core.errors import UsageError
from coasty_desk.core.keys import key_names
from coasty_desk.core.keys.chords import Stroke, UnknownKey, canonical

DEFAULT = "<ctrl>+<shift>+<f12>"
"""No letter (letters move with the layout), no AltGr, free on the usual desktops."""

SIDES: dict[str, tuple[str, ...]] = {
    "ctrl": ("ctrl", "ctrl_l", "ctrl_r"),
    "shift": ("shift", "shift_l", "shift_r"),
    "alt": ("alt", "alt_l", "alt_r", "alt_gr"),
    "cmd": ("cmd", "cmd_l", "cmd_r"),
}
"""A modifier without a side is either of its keys."""

MODIFIERS = frozenset(name for names in SIDES.values() for name in names)

_HIGHEST = re.compile(r"f(2[5-9]|3[0-5])")
"""Function keys that we never press, and a keyboard may have."""


class AbortKey(Struct, frozen=True):
    """`text` as the person wrote it; `parts` are its keys: a name as it was given, a character, or a key code in digits after `#`.

    `keys` are the same as the rest of the package calls them, either side of a modifier alike.
    """

    text: str
    parts: tuple[str, ...]
    keys: frozenset[str]

    def within(self, stroke: Stroke) -> bool:
        """Whether pressing all of `stroke` together would be the abort key, or more than it."""
        return self.keys <= {_either_side(key) for key in stroke}

    @property
    def warning(self) -> str:
        """One sentence of what may go wrong with it; empty where nothing is known."""
        letters = [part for part in self.parts if len(part) == 1]
        if letters:
            return (
                f"The abort key {self.text} has {letters[0]!r} in it, which moves with the keyboard layout and may "
                "not be found on another one; a function key stays where it is."
            )
        if not {"alt_gr", "alt_r"}.isdisjoint(self.parts):
            return f"The abort key {self.text} has AltGr in it, which many layouts do not have."
        if set(self.parts) <= MODIFIERS:
            return f"The abort key {self.text} is made of modifiers alone, which other shortcuts press as well."
        return ""


def parse(text: str) -> AbortKey:
    """Read pynput's syntax. Raises UsageError that names the part that is no key."""
    parts = tuple(_part(part, text) for part in _split(text.strip()))
    if len(set(parts)) != len(parts):
        raise _wrong(text, "it names a key twice")
    return AbortKey(text.strip(), parts, frozenset(map(own_name, parts)))


def _is_key(name: str) -> bool:
    if name in MODIFIERS or _HIGHEST.fullmatch(name):
        return True
    try:
        key = canonical(name)
    except UnknownKey:
        return False
    return len(key) > 1 and key not in key_names.MODIFIERS


def own_name(part: str) -> str:
    """What the rest of the package calls a part, either side of a modifier alike."""
    try:
        return _either_side(canonical(part))
    except UnknownKey:
        return part  # a key code, or a key that no keyboard of ours can press


def _either_side(key: str) -> str:
    return key_names.EITHER_SIDE.get(key, key.casefold())


def _split(text: str) -> Iterator[str]:
    """At each `+` that is not itself a key: `<ctrl>++` is Control and plus."""
    start = 0
    for index, character in enumerate(text):
        if character == "+" and index != start:
            yield text[start:index]
            start = index + 1
    if start == len(text):
        raise _wrong(text, "a key is missing" if text else "it is empty")
    yield text[start:]


def _part(part: str, whole: str) -> str:
    if len(part) == 1:
        return part.casefold()
    name = part[1:-1].lower() if part[0] == "<" and part[-1] == ">" else ""
    if _is_key(name):
        return name
    if name.isascii() and name.isdigit():
        return f"#{int(name)}"
    hint = f" (did you mean <{part.lower()}>?)" if _is_key(part.lower()) else ""
    raise _wrong(whole, f"{part!r} is no key{hint}")


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(
        f"The abort key {text!r} cannot be read: {why}.", f"Write it like {DEFAULT}: keys joined by +, names in <>."
    )
