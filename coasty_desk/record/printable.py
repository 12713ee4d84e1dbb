"""What a model, a service or a window says, made fit to be read in a file: nothing invisible, nothing endless."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d\ufe0f"
"""Format characters that writing needs (and emoji are made of), and that hide and turn nothing."""


def legible(text: str, longest: int) -> str:
    r"""The text with control characters as their escapes (`\x1b`), other unseen ones as �, and cut at `longest` characters.

    Newlines and tabs stay.
    """
    left_out = len(text) - longest
    shown = "".join(map(_shown, text[:longest]))
    return shown if left_out <= 0 else f"{shown}… [{left_out:,} more characters are in the journal]"


def _shown(char: str) -> str:
    if char in "\n\t" or char in _JOINERS:
        return char
    if unicodedata.category(char) not in _UNSEEN:
        return char
    return f"\\x{ord(char):02x}" if char <= "\x9f" else "\N{REPLACEMENT CHARACTER}"
