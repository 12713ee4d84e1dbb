"""The keys that there are, and every name that models give them.

A canonical name is pyautogui's where it has one (`enter`, `pagedown`, `altright`), or the one
character that the key writes. Spellings are compared in lower case without `_`, `-` and spaces.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from coasty_desk.core.word_file import entries

MODIFIERS: tuple[str, ...] = ("ctrl", "ctrlright", "shift", "shiftright", "alt", "altright", "win", "winright")
"""Keys that are held while others are pressed. `altright` is AltGr, `win` the Super or Command key."""

EITHER_SIDE: dict[str, str] = {"ctrlright": "ctrl", "shiftright": "shift", "altright": "alt", "winright": "win"}
"""The modifiers of the right side, as what they are on either."""

PAD: dict[str, str] = {
    **{f"num{n}": str(n) for n in range(10)},
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "decimal": ".",
    "separator": ",",
}
"""The number pad's keys, by what they write. Without Num Lock they move the caret: that too is expected of them."""

PORTABLE = ("cmdorctrl", "commandorcontrol", "ctrlorcmd", "controlormeta", "controlorcommand", "mod", "primary")
"""Names for the platform's own shortcut key: Ctrl, unless `chords.shortcut_key` says otherwise."""

CONTROL = {"\n": "enter", "\r": "enter", "\t": "tab", "\x1b": "esc", "\b": "backspace", "\x7f": "delete"}
"""The keys that control characters in a text are."""


@cache
def spellings() -> dict[str, str]:
    """Every spelling of a key to its canonical name, from `key_names.txt`: read when the first key is."""
    listed = entries(Path(__file__).with_suffix(".txt"))
    return {word: key for key, words in listed for word in words.split()} | dict.fromkeys(PORTABLE, "ctrl")
