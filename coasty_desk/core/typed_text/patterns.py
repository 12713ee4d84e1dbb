"""Patterns that people write for window titles and typed text. Pure: whoever reads them hands in the engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from coasty_desk.core.typed_text.folding import disguised

Search: TypeAlias = Callable[[str], bool]
"""Whether a text contains what an expression says; in time that is linear in the text."""

MEANS_MORE = frozenset("\\^$.|?*+()[]{}")
"""Characters that make an expression or a glob of a text."""


def _go_on() -> None:
    """For those who stop nothing."""


class Pattern(Struct, frozen=True):
    """Matches where a text contains the words of `text`, however they are spelled; or where `search` finds it.

    `wire.regular_expressions.pattern` makes one of whatever a person writes; by itself it takes plain words, and `*words*`.
    `needs`: of one of these, every word stands in whatever it matches; where one is empty, nobody knows what does.
    """

    text: str
    search: Search | None = None
    needs: tuple[tuple[str, ...], ...] = ()
    check: Callable[[], None] = _go_on
    """Is called before each search, and may raise: there may be many, and each takes a moment."""

    def __post_init__(self) -> None:
        """Raise ValueError for nothing, and for an expression without an engine."""
        if not self.text.strip():
            msg = "it is empty"
            raise ValueError(msg)
        if self.search is None and not self.words:
            msg = "it is an expression, and there is nothing to search by it"
            raise ValueError(msg)

    @property
    def words(self) -> str:
        """The plain words that it looks for; empty where it is an expression or a glob."""
        glob = self.text.startswith("*") and self.text.endswith("*")
        words = self.text.strip("*") if glob else self.text
        return "" if set(words) & MEANS_MORE else words

    def found_in(self, text: str) -> bool:
        """Whether it matches."""
        return self._found(text, disguised(text))

    def _found(self, text: str, plain: str) -> bool:
        self.check()
        if _sought(self.words or self.text) in plain:
            return True
        return self.search is not None and (self.search(text) or (plain != text and self.search(plain)))


@lru_cache(512)
def _sought(words: str) -> str:
    return disguised(words)


def first(patterns: tuple[Pattern, ...], text: str) -> Pattern | None:
    """The first pattern that matches."""
    plain = disguised(text) if patterns else ""
    return next((pattern for pattern in patterns if pattern._found(text, plain)), None)  # noqa: SLF001 - the text is read once for all
