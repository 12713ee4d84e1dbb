"""What a model, a service or a window says, with nothing in it that a terminal would obey, or that hides or turns what is read. Pure."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d\ufe0f"
"""Format characters that writing needs (and emoji are made of), and that hide and turn nothing."""


def printable(text: str, *, keep: str = "", strictly: bool = False, escapes: bool = False) -> str:
    r"""The text with whatever cannot be seen as �: control and format characters, halves of pairs, what is no character.

    Tabs and line ends become spaces, but for those in `keep`. `strictly`: other blanks than a space and what joins letters
    go too, so that `str.isprintable` holds. `escapes`: control characters stand as theirs, `\x1b`.
    """
    return text if text.isprintable() else "".join(_seen(char, keep, strictly, escapes) for char in text)


def legible(text: str, longest: int) -> str:
    r"""The text fit to be read in a file: control characters as their escapes, newlines and tabs as they are, cut at `longest` characters."""
    left_out = len(text) - longest
    shown = printable(text[:longest], keep="\n\t", escapes=True)
    return shown if left_out <= 0 else f"{shown}… [{left_out:,} more characters are in the journal]"


def _seen(char: str, keep: str, strictly: bool, escapes: bool) -> str:  # noqa: FBT001 - `printable` names them
    if char in keep or char.isprintable():
        return char
    if not strictly and (char in _JOINERS or unicodedata.category(char) == "Zs"):
        return char
    if escapes and char <= "\x9f":
        return f"\\x{ord(char):02x}"
    return " " if char in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
