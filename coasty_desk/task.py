"""What a person tells the model, checked before anything starts: it is text, and the service takes its length. Pure."""

from __future__ import annotations

from coasty_desk.core.errors import UsageError

LONGEST = 31_000
"""Characters: the service takes 32 000 (API.md §1.3), and a note of ours must still fit."""


def checked(text: str, what: str = "task") -> str:
    """The text without white space around it. Raises UsageError where it is empty, no text (DESIGN.md A3), or too long."""
    try:
        sound = "\0" not in text and bool(text.encode("utf-8"))
    except UnicodeEncodeError:  # bytes of a command line that are no UTF-8 come as halves of characters
        sound = False
    if not text.strip():
        message = f"There is no {what}."
        raise UsageError(message, 'Say what to do: coasty-desk run "Open the settings".')
    if not sound:
        message = f"The {what} is no text: it has bytes in it that are not UTF-8."
        raise UsageError(message, "Write it in UTF-8, on a terminal that is set to it or in a file.")
    if len(text) > LONGEST:
        message = f"The {what} has {len(text)} characters; the service takes {LONGEST}."
        raise UsageError(message, "Shorten it, or split it into several runs.")
    return text.strip()
