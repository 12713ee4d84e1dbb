"""What each key and chord does to a text that is being typed, in shells and in the toolkits' own fields. Pure.

The table of `core.typed_text.typed_line`. Keys are canonical names; a chord that is not in it moves the caret
to where nobody knows.
"""

from __future__ import annotations

from msgspec import Struct

from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import EITHER_SIDE, PAD


class Does(Struct, frozen=True):
    """What one stroke does to a text.

    `follow`: what a shell does with it; `writes`: text that it puts in. `moves`: it may take the
    caret elsewhere than that, `leaves`: to another window. `erases`: how much it may take away
    (1: a character, 2: no telling), `selects` what is then taken away, `shuffles`: brings back or
    puts elsewhere what was typed. `loses`: a terminal may put in what nobody typed (history,
    completion); `brings`: it puts in, anywhere, what cannot be known (a paste, a composed
    character); `pastes`: in a terminal at least, somebody else's text. `quotes`: a terminal may take what is pressed next as text, also Ctrl+C.
    `commits`: it may send the line; `abandons`: a terminal throws it away.
    """

    follow: str = ""
    writes: str = ""
    moves: bool = False
    leaves: bool = False
    erases: int = 0
    selects: bool = False
    shuffles: bool = False
    loses: bool = False
    brings: bool = False
    pastes: bool = False
    quotes: bool = False
    commits: bool = False
    abandons: bool = False


_SIDES = {right: key for right, key in EITHER_SIDE.items() if key != "alt"}
"""AltGr is another key than Alt: what it writes is the layout's."""

_ENTER = Does("enter", commits=True)
_MOVES = Does(moves=True)
_LOST = Does(moves=True, loses=True)
_SELECTS = Does(moves=True, selects=True)
_ERASES = Does(moves=True, erases=2, loses=True)
_BRINGS = Does(moves=True, loses=True, brings=True)
_PASTES = Does(moves=True, loses=True, brings=True, pastes=True)
_PASTES_OR_QUOTES = Does(moves=True, loses=True, brings=True, pastes=True, quotes=True)
_QUOTES = Does(moves=True, loses=True, quotes=True)
_SENDS = Does(moves=True, loses=True, commits=True)
_AGAIN = Does(moves=True, erases=2, shuffles=True, loses=True)
_NOTHING = Does()

_ALONE: dict[str, Does] = {
    "enter": _ENTER,
    "tab": Does("tab", moves=True, loses=True),
    "backspace": Does("backspace", erases=1),
    "delete": Does("delete", erases=1),
    "left": Does("left"),
    "right": Does("right"),
    "home": Does("home", moves=True),
    "end": Does("end", moves=True),
    **dict.fromkeys(("up", "down", "pageup", "pagedown", "esc", "select", "execute", "help", "clear", "apps"), _LOST),
    "insert": _PASTES_OR_QUOTES,  # Tk pastes; elsewhere what is typed takes the place of what stands there
    **{f"f{n}": _LOST for n in range(1, 25)},  # Windows' shells have their history there
    # as they are called on a Sun keyboard, and by Tk and Qt on every other one
    "f14": _AGAIN,
    "f18": _PASTES,
    "f20": _ERASES,
    **{key: Does(writes=written, moves=True) for key, written in PAD.items()},
}
"""Without anything held. What is not here and no character does nothing to a text: Caps Lock, volume."""

_SHIFT: dict[str, Does] = {
    "enter": _ENTER,
    "insert": _PASTES,
    "delete": Does(moves=True, erases=2),
    "backspace": Does("backspace", erases=1),
    "tab": Does(moves=True, loses=True),
    **dict.fromkeys(("left", "right", "up", "down", "home", "end", "pageup", "pagedown"), _SELECTS),
}

_CTRL: dict[str, Does] = {
    "j": _ENTER,
    "m": _ENTER,
    "enter": _ENTER,
    "a": Does("home", moves=True),
    "e": Does("end", moves=True),
    "b": Does("left", moves=True),
    "f": Does("right", moves=True),
    "h": Does("backspace", erases=1, moves=True),
    "d": Does("delete", erases=1, moves=True),
    "w": Does("kill word", erases=2, moves=True),
    "backspace": Does("kill word", erases=2, moves=True),
    "u": Does("kill before", moves=True),
    "k": Does("kill after", moves=True),
    "t": Does("swap", moves=True, shuffles=True),
    "c": Does(abandons=True),
    "insert": _NOTHING,
    "v": _PASTES_OR_QUOTES,
    "s": _MOVES,
    "x": _ERASES,
    "q": _QUOTES,
    "o": _SENDS,
    "delete": _ERASES,
    "y": Does(
        moves=True, erases=2, shuffles=True, loses=True, brings=True, pastes=True
    ),  # Tk pastes, Emacs and shells put back
    **dict.fromkeys(("z", "_", "-", "/"), _AGAIN),
    **dict.fromkeys(("r", "p", "n", "g", "i", "tab", "l"), _LOST),
    **dict.fromkeys(("left", "right", "up", "down", "home", "end", "pageup", "pagedown"), _LOST),
}

_CONTROL_CODES = (
    {"8": "h", "?": "h", "7": "_", "/": "_"} | {f"num{n}": key for n, key in ((7, "_"), (8, "h"))} | {"divide": "_"}
)
"""Chords that terminals take for another one, by an old keyboard's codes: Ctrl+8 takes a character away. Others of them lose the line."""

_CTRL_SHIFT: dict[str, Does] = {
    "v": _PASTES,
    "u": _BRINGS,
    "insert": _PASTES,
    # in kitty, and in st
    **dict.fromkeys("sy", Does(moves=True, erases=2, shuffles=True, loses=True, pastes=True)),
    "c": _NOTHING,
    "z": _AGAIN,
    **dict.fromkeys(("left", "right", "up", "down", "home", "end", "pageup", "pagedown"), _SELECTS),
}

_ALT: dict[str, Does] = {
    "enter": _ENTER,
    **dict.fromkeys(("d", "backspace", "delete"), _ERASES),
    **dict.fromkeys(("y", "t", "h"), _AGAIN),
    "q": _QUOTES,  # zsh keeps the line for later
    "a": _SENDS,
    **{f"num{n}": _BRINGS for n in range(10)},
    "tab": Does(moves=True, leaves=True),
    **{f"f{n}": Does(moves=True, leaves=True) for n in range(1, 13)},
}


def writes(stroke: Stroke) -> str:
    """The text that a stroke writes, on every layout alike; empty for one that does something else, or may."""
    held, key = {_SIDES.get(one, one) for one in stroke[:-1]}, stroke[-1]
    if key == "space" and held <= {"shift"}:
        return " "
    if len(key) != 1:
        return ""
    if not held:
        return key
    return key.upper() if held == {"shift"} and key.isalpha() else ""


def of_stroke(stroke: Stroke) -> Does:
    """What the stroke (one key, with what is held) does."""
    written = writes(stroke)
    if written:
        return Does(writes=written)
    held, key = frozenset(_SIDES.get(one, one) for one in stroke[:-1]), stroke[-1].lower()
    if not held:
        return _ALONE.get(key, _NOTHING)
    if held == {"shift"}:
        return _SHIFT.get(key, _BRINGS if len(key) == 1 or key in PAD else _NOTHING)
    if "win" in held:
        return Does(moves=True, leaves=True, brings=key == "v", pastes=key == "v")
    if "altright" in held:
        return _BRINGS  # AltGr and a key write what the layout says
    if "ctrl" in held and key in ("v", "insert") and held != {"ctrl"}:
        return _PASTES
    if held == {"ctrl"}:
        return _CTRL.get(_CONTROL_CODES.get(key, key), _LOST)
    if held == {"ctrl", "shift"}:
        return _CTRL_SHIFT.get(key, _CTRL.get(_CONTROL_CODES.get(key, key), _LOST))
    if held >= {"ctrl", "alt"} and key in ("j", "m"):
        return _ENTER
    return _ALT.get(key, _LOST)
