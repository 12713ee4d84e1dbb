"""`error.details` (API.md §7): which fields of a request the service finds fault with, in each of the shapes that it has."""

from __future__ import annotations

import re

from msgspec import Struct

from coasty_desk.wire.json_fields import short

MOST = 4
"""So many of them are passed on: one or two say what is wrong."""

LONGEST_PATH = 80
LONGEST_SAID = 200
"""Characters of a field's name and of what is said of it."""

_PATHS = ("loc", "path", "field", "param", "name")
_WORDS = ("msg", "message", "reason", "error", "detail")


class Detail(Struct, frozen=True):
    """A field at fault: its `path` (`screen_width`, `tools.0`) and what is `said` of it; either may be empty."""

    path: str
    said: str = ""

    @property
    def field(self) -> str:
        """The request's own field, whatever inside of it is meant."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.path, self.said)))


def read(value: object) -> tuple[Detail, ...]:
    """A path; words; a list of these or of objects; an object of fields to words. Never raises.

    Of an object only the name and the words are taken: an `input` in it would repeat the picture.
    """
    if isinstance(value, dict) and not value.keys() & {*_PATHS, *_WORDS}:
        value = [{"field": field, "msg": said} for field, said in list(value.items())[:MOST]]
    entries = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(detail for detail in map(_detail, entries[:MOST]) if detail != Detail("")))


def _detail(entry: object) -> Detail:
    path: object = ""
    said: object = ""
    if isinstance(entry, str):
        path, _, said = entry.partition(":")
        if " " in path.strip():
            path, said = "", entry
    elif isinstance(entry, dict):
        path = next((entry[name] for name in _PATHS if entry.get(name)), "")
        said = next((entry[name] for name in _WORDS if entry.get(name)), "")
    # `["body", "tools", 0]` and `$.body.tools[0]` without where in the request it stood, which nobody need know
    path = re.sub(r"^[/$.\s]*(?:(?:body|query|path|request)(?:[./]|$))?", "", _joined(path, "."))
    return Detail(short(path, LONGEST_PATH).strip(), short(_joined(said, "; "), LONGEST_SAID).strip(" ."))


def _joined(value: object, between: str) -> str:
    parts = value[:8] if isinstance(value, list) else [value]
    return between.join(str(part) for part in parts if isinstance(part, str | int) and not isinstance(part, bool))
