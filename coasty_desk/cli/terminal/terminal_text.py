"""What a model, a service or a window says, made safe to print on a terminal."""

from __future__ import annotations

import io
from typing import Literal, TextIO

from coasty_desk.core.counting import counted
from coasty_desk.core.printable import printable

ALL = 100_000
"""Characters of what was cut already by whoever knows what may be left out of it."""

LONGEST = 2000
"""Characters of a foreign text that are shown; the journal has the rest."""


def safe(text: str, longest: int = LONGEST) -> str:
    """The text with nothing in it that a terminal would obey: every control and format character is made visible.

    Newlines stay; tabs become a space. `longest` caps what is shown.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}… ({counted(len(text) - longest, 'character')} more)"
    return printable(cut, keep="\n")


def line(text: str, longest: int = 400) -> str:
    """The same on one line."""
    return " ".join(safe(text, longest).split())


def tolerate(out: TextIO | None, how: Literal["backslashreplace", "replace"] = "backslashreplace") -> None:
    """Let a letter that the terminal's encoding lacks be an escape (or a question mark) there, and not the end of the program."""
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors=how)
