"""`{{inputs.x}}`, `{{step.field}}`: references in the texts of a definition, filled in from what is known by then. Nothing is evaluated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

OPEN, CLOSE = "{{", "}}"

LONGEST = 300
"""Characters between the braces; what is longer is text."""

DEEPEST = 32
"""How deep a value may be nested."""

_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")

Scope = Mapping[str, Any]


class TooLongError(Exception):
    """What was filled in is longer than may be."""


def filled(value: Any, scope: Scope, most: int) -> Any:
    """The value with every reference in it filled in, its texts of at most so many characters together.

    A text that is one reference and nothing else becomes what that is, of its own type; within other text it becomes text. What is not
    known is null, or nothing. Raises TooLongError.
    """
    return _Filling(scope, most).value(value)


def text(value: Any) -> str:
    """A JSON value as it stands within a text: a text as it is, null as nothing, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def looked_up(path: str, scope: Scope) -> Any:
    """What is at a dotted path, of a list by number; None where there is nothing."""
    found: Any = scope
    for part in path.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif (
            isinstance(found, list) and part.isdecimal() and part.isascii() and len(part) < 9 and int(part) < len(found)
        ):
            found = found[int(part)]
        else:
            return None
    return found


def names_in(value: Any) -> frozenset[str]:
    """The dotted paths that a value refers to, in all its texts."""
    if isinstance(value, str):
        return frozenset(piece for is_reference, piece in _pieces(value) if is_reference)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return frozenset().union(*map(names_in, inner))


def unread_in(value: Any) -> list[str]:
    """What begins as a reference in a value's texts and is none, each cut short; a secret's place is the run's to fill in."""
    if isinstance(value, str):
        plain = "\0".join(piece for is_reference, piece in _pieces(value) if not is_reference)
        starts = (part.partition("\0")[0] for part in plain.split(OPEN)[1:])
        return [
            OPEN + part.partition(CLOSE)[0][:40] + CLOSE * (CLOSE in part)
            for part in starts
            if not part.startswith("secret:")
        ]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [piece for one in inner for piece in unread_in(one)]


def is_shallow(value: Any, left: int = DEEPEST) -> bool:
    """Whether it is nested no deeper than may be."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return left > 0 and all(is_shallow(one, left - 1) for one in inner)


class _Filling:
    def __init__(self, scope: Scope, most: int) -> None:
        self._scope = scope
        self._left = most

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._counted(name): self.value(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        return value

    def _text(self, value: str) -> Any:
        pieces = list(_pieces(value))
        alone = [piece for is_reference, piece in pieces if is_reference or piece.strip()]
        if len(alone) == 1 and any(is_reference for is_reference, _ in pieces):
            found = looked_up(alone[0], self._scope)
            self._counted(text(found))
            return found
        return "".join(
            self._counted(text(looked_up(piece, self._scope)) if is_reference else piece)
            for is_reference, piece in pieces
        )

    def _counted(self, said: str) -> str:
        self._left -= len(said)
        if self._left < 0:
            raise TooLongError
        return said


def _pieces(value: str) -> list[tuple[bool, str]]:
    """The text in pieces, in order: what is plain, and the paths of references."""
    found: list[tuple[bool, str]] = []
    plain = at = 0
    while (start := value.find(OPEN, at)) >= 0:
        end = value.find(CLOSE, start + len(OPEN), start + len(OPEN) + LONGEST)
        path = value[start + len(OPEN) : end].strip() if end >= 0 else ""
        if not path or not _NAME.issuperset(path) or path[0] in ".-":
            at = start + 1
            continue
        if start > plain:
            found.append((False, value[plain:start]))
        found.append((True, path))
        plain = at = end + len(CLOSE)
    if plain < len(value):
        found.append((False, value[plain:]))
    return found
