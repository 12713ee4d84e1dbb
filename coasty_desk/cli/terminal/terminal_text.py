"""What a model, a service or a window says, made safe to print on a terminal."""

from __future__ import annotations

import io
import unicodedata
from typing import Literal, TextIO

from coasty_desk.core.counting import counted

ALL = 100_000
"""Characters of what was cut already by whoever knows what may be left out of it."""

LONGEST = 2000
"""Characters of a foreign text that are shown; the journal has the rest."""


def safe(text: str, longest: int = LONGEST) -> str:
    """The text with nothing in it that a terminal would obey: every control and format character is made visible.

    Newlines stay; tabs become a space. `longest` caps what is shown.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}… ({counted(len(text) - longest, 'character')} more)"
    return "".join(_shown(char) for char in cut)


def line(text: str, longest: int = 400) -> str:
    """The same on one line."""
    return " ".join(safe(text, longest).split())


def tolerate(out: TextIO | None, how: Literal["backslashreplace", "replace"] = "backslashreplace") -> None:
    """Let a letter that the terminal's encoding lacks be an escape (or a question mark) there, and not the end of the program."""
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors=how)


def _shown(char: str) -> str:
    if char == "\n":
        return char
    if char in "\t\r":
        return " "
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and char not in "\u200d\ufe0f":
        return "\N{REPLACEMENT CHARACTER}"
    return char
