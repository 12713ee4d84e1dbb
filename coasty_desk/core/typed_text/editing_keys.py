"""What each key and chord does to a text that is being typed, in shells and in the toolkits' own fields. Pure.

The table of `core.typed_text.typed_line` is `editing_keys.txt`: what is held, keys, and what they do, in the words of
`Does` and of what a shell does. Keys are canonical names; a chord that is not in it moves the caret to where nobody knows.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import EITHER_SIDE, PAD
from coasty_desk.core.word_file import entries


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
_LOST = Does(moves=True, loses=True)
_BRINGS = Does(moves=True, loses=True, brings=True)
_PASTES = Does(moves=True, loses=True, brings=True, pastes=True)
_NOTHING = Does()

_CONTROL_CODES = {"8": "h", "?": "h", "num8": "h", "7": "_", "/": "_", "num7": "_", "divide": "_"}
"""Chords that terminals take for another one, by an old keyboard's codes: Ctrl+8 takes a character away. Others of them lose the line."""


@cache
def _table() -> dict[tuple[str, str], Does]:
    """What the keys of `editing_keys.txt` do, by what is held and by the key."""
    table = {("alone", key): Does(writes=written, moves=True) for key, written in PAD.items()}
    for keys, said in entries(Path(__file__).with_suffix(".txt")):
        held, *named = keys.split()
        does = _NOTHING
        for word in said.split():
            match word:
                case "nothing":
                    pass
                case "erases" | "erases-one":
                    does = replace(does, erases=2 if word == "erases" else 1)
                case _ if word in Does.__struct_fields__:
                    does = replace(does, **{word: True})
                case _:
                    does = replace(does, follow=word.replace("-", " "))
        table |= dict.fromkeys([(held, key) for key in named], does)
    return table


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
    table = _table()
    if not held:
        return table.get(("alone", key), _NOTHING)
    if held == {"shift"}:
        return table.get(("shift", key), _BRINGS if len(key) == 1 or key in PAD else _NOTHING)
    if "win" in held:
        return Does(moves=True, leaves=True, brings=key == "v", pastes=key == "v")
    if "altright" in held:
        return _BRINGS  # AltGr and a key write what the layout says
    if "ctrl" in held and key in ("v", "insert") and held != {"ctrl"}:
        return _PASTES
    ctrl = table.get(("ctrl", _CONTROL_CODES.get(key, key)), _LOST)
    if held == {"ctrl"}:
        return ctrl
    if held == {"ctrl", "shift"}:
        return table.get(("ctrl+shift", key), ctrl)
    if held >= {"ctrl", "alt"} and key in ("j", "m"):
        return _ENTER
    return table.get(("alt", key), _LOST)
