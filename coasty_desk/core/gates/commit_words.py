"""Finds words that commit in what stands under the pointer and in what the model says. Pure, and linear in the text.

The words stand in `risky_words/`, a file a language: add to it. A line is a kind and its words, with commas between.
`word*` is a word with any ending; several words stand for themselves in that order; `=word` counts only where it is
all of a label (`Post` is a button, a post is not). What is `harmless` is taken out first, places to go to and ways to
look at things: `Format menu`, `Reset zoom`, `Sent items`. Case, accents and width do not matter; where a script has no
spaces, or grows words together, words are found in the middle of others. Chinese stands in both scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from coasty_desk.core.typed_text.folding import folded
from coasty_desk.core.word_file import entries

WORDS = Path(__file__).with_name("risky_words")
KINDS = ("delete", "send", "pay", "format", "shut down", "lock out")

LONGEST = 20_000
"""Characters of a text: one of so many, or cut to so many, counts as one that commits. It is not judged in part."""

_WORD = re.compile(r"\w+")
_APART = re.compile(r"[a-z0-9\u0370-\u052f]")
"""Letters of scripts that put spaces between words."""

_Phrase: TypeAlias = tuple[str, ...]


class CommitWord(Struct, frozen=True):
    """A word that commits: of which `kind`, and as it stands in the text, or in the table."""

    kind: str
    word: str


class _Table(Struct):
    """The words by how they are looked for."""

    words: dict[str, str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, list[tuple[_Phrase, str]]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)

    def add(self, words: str, kind: str) -> None:
        for entry in filter(None, (word.strip() for word in words.split(","))):
            word = folded(entry.lstrip("="))
            parts = tuple(word.split(" "))
            if entry.startswith("="):
                self.labels[word] = kind
            elif not _APART.search(word):
                self.within[word] = kind
            elif len(parts) > 1:
                self.phrases.setdefault(parts[0], []).append((parts, kind))
            elif word.endswith("*"):
                self.stems[word[:-1]] = kind
            else:
                self.words[word] = kind

    def at(self, tokens: list[str], place: int) -> tuple[int, str]:
        """How many tokens from here on are words of the table, and of which kind; (0, "") where this is none."""
        token = tokens[place]
        for parts, kind in self.phrases.get(token, ()):
            if place + len(parts) <= len(tokens) and all(map(_fits, parts, tokens[place : place + len(parts)])):
                return len(parts), kind
        if token in self.words:
            return 1, self.words[token]
        for end in range(2, min(len(token), 24) + 1):
            if token[:end] in self.stems:
                return 1, self.stems[token[:end]]
        return 0, ""


@lru_cache(64)
def committing(text: str) -> CommitWord | None:
    """The first kind of word that the text holds, in the order of KINDS; None where it commits to nothing as far as can be told."""
    if len(text) >= LONGEST:
        return CommitWord(KINDS[0], "more than anybody reads")
    risky, harmless = _tables()
    plain = folded(text)
    for word in harmless.within:
        plain = plain.replace(word, " ")
    tokens = _WORD.findall(plain.replace("_", " "))
    label = " ".join(tokens)
    if label in harmless.labels:
        return None
    shown = _WORD.findall(text.replace("_", " "))
    shown = shown if len(shown) == len(tokens) else tokens
    found = [CommitWord(kind, " ".join(shown[at : at + many])) for at, many, kind in _in(risky, harmless, tokens)]
    found += [CommitWord(kind, word) for word, kind in risky.within.items() if word in plain]
    if label in risky.labels:
        found.append(CommitWord(risky.labels[label], label))
    return min(found, key=lambda one: KINDS.index(one.kind), default=None)


def _in(risky: _Table, harmless: _Table, tokens: list[str]) -> Iterator[tuple[int, int, str]]:
    place = 0
    while place < len(tokens):
        skipped, _ = harmless.at(tokens, place)
        many, kind = (skipped, "") if skipped else risky.at(tokens, place)
        if kind:
            yield place, many, kind
        place += many or 1


def _fits(part: str, token: str) -> bool:
    return token.startswith(part[:-1]) if part.endswith("*") else token == part


@cache
def _tables() -> tuple[_Table, _Table]:
    """The words that commit, and those that merely look like one of them."""
    risky, harmless = _Table(), _Table()
    for path in sorted(WORDS.iterdir()):
        for kind, words in entries(path):
            (harmless if kind == "harmless" else risky).add(words, kind)
    return risky, harmless
