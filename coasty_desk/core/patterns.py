"""Patterns that people write for window titles and typed text. Pure."""

from __future__ import annotations

import fnmatch
import re

from msgspec import Struct


class Pattern(Struct, frozen=True):
    """Matches, case ignored, where the text contains it as it stands or as a regular expression, or all of the text fits it as a glob.

    So `Terminal`, `*Terminal*` and `Term.*nal` all do what they look like.
    """

    text: str

    def __post_init__(self) -> None:
        """Raise ValueError for what is empty, or neither a regular expression nor a glob."""
        if not self.text.strip():
            msg = "it is empty"
            raise ValueError(msg)
        if _expression(self.text) is None and not set(self.text) & set("*?"):
            msg = f"{self.text!r} is no regular expression"
            raise ValueError(msg)

    def found_in(self, text: str) -> bool:
        """Whether it matches."""
        if self.text.casefold() in text.casefold():
            return True
        expression = _expression(self.text)
        if expression is not None and expression.search(text):
            return True
        return fnmatch.fnmatchcase(text.casefold(), self.text.casefold())


def first(patterns: tuple[Pattern, ...], text: str) -> Pattern | None:
    """The first pattern that matches."""
    return next((pattern for pattern in patterns if pattern.found_in(text)), None)


def _expression(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text, re.IGNORECASE | re.MULTILINE)
    except re.error:
        return None
