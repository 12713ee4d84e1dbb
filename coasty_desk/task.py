"""What a person tells the model, checked before anything starts: it is text, and the service takes its length. Pure."""

from __future__ import annotations

from typing import Literal

from coasty_desk.core.errors import UsageError

LONGEST = 31_000
"""Characters: the service takes 32 000 (API.md §1.3), and a note of ours must still fit."""


_EMPTY = {
    "task": ("There is no task.", 'Say what to do: coasty-desk run "Open the settings".'),
    "note": ("The note is empty.", 'Leave it out, or say something: coasty-desk resume last "Use the other printer".'),
}


def checked(text: object, what: Literal["task", "note"] = "task") -> str:
    """The text without white space around it. Raises UsageError where it is empty, no text (DESIGN.md A3), or too long."""
    if not isinstance(text, str):
        message = f"The {what} is no text, but {type(text).__name__}."
        raise UsageError(message, "Give it as a string.")
    if not text.strip():
        raise UsageError(*_EMPTY[what])
    if "\0" in text:
        message = f"The {what} has the character NUL in it, which no text has."
        raise UsageError(message, "Take it out; or is this a file of another kind?")
    try:
        text = text.encode("utf-8", "surrogateescape").decode("utf-8")  # bytes that Python took for no text
    except UnicodeError as error:
        message = f"The {what} is no text: it has bytes in it that are not UTF-8."
        raise UsageError(message, "Write it in UTF-8, on a terminal that is set to it or in a file.") from error
    if len(text) > LONGEST:
        message = f"The {what} has {len(text)} characters; the service takes {LONGEST}."
        raise UsageError(message, "Shorten it, or split it into several runs.")
    return text.strip()
