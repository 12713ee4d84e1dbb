"""Calls as UI-TARS, Seed, GLM and plain models write them into their text: `click(start_box='(197,525)')`.

A text that is typed may hold quotes and parentheses, and models do not escape them: a value ends at a
quote that the next argument or the end of the call's line follows. No value is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from coasty_desk.wire.json_fields import UnreadableError, short


class WrittenCall(Struct, frozen=True):
    """A function's name, and its arguments by name; those without one are under their number, `0` for the first."""

    name: str
    arguments: dict[str, object]


MOST_PLACES = 60
"""Of an answer in which the calls may begin; each is read to the end."""

_THINKING = re.compile(r"</?(?:gui_think|think|thought)\w*>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</(?:gui_think|think|thought)\w*>", re.IGNORECASE)
_ACTION = re.compile(r"\bAction\s*(?:\*\*)?[:\uff1a](?:\*\*)?")
_LINE = re.compile(r"^", re.MULTILINE)
_AROUND = r"(?:\s|</?[\w|:]{1,40}>|<\|\w{1,30}\|>|```(?:\w+\n)?|[-*;`]|\d+\.\s)*"
_NAME = re.compile(rf"{_AROUND}([A-Za-z_]\w*)\s*\(")
_REST = re.compile(rf"{_AROUND}(?:Memory:.*)?", re.DOTALL)
_KEY = re.compile(r"\s*(?:,\s*)?([A-Za-z_]\w*)\s*=\s*")
_OPENED = re.compile(r"\s*(?:,\s*)?(['\"])")
_BARE = re.compile(r"\s*(?:,\s*)?([(\[][^()\[\]]*[)\]]|[^\s,()'\"=]+)")
_CLOSED = re.compile(r"\s*(?:,\s*)?\)")
_LAST = re.compile(r"\s*(?:,\s*)?\)(?:[`;.]*)(?=\s*\n|\s*\Z|\s*<|\s*Memory:)")
_NEXT = re.compile(r"\s*,\s*[A-Za-z_]\w*\s*=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "t": "\t", "r": "\n", "'": "'", '"': '"', "\\": "\\"}


def thought_of(text: str) -> str:
    """What the model thought before its action, in its own words."""
    thinking, bare = parted(text)
    anchors = [found.start() for found in _ACTION.finditer(bare)]
    said = bare[: anchors[-1]] if anchors else ""
    said = said.replace("Action_Summary:", "").strip().removeprefix("Thought:").strip()
    return said or _THINKING.sub("", thinking).strip()


def written_calls(text: str) -> list[WrittenCall]:
    """The calls of an answer, in order: behind the first `Action:` that nothing but calls follows, else from a line's start.

    Raises UnreadableError where there is none.
    """
    named = [found.end() for found in _ACTION.finditer(text)][-MOST_PLACES:]
    why = "there is no action in the answer"
    for at in named or [line.start() for line in _LINE.finditer(text)][-MOST_PLACES:]:
        try:
            return list(_calls(text, at))
        except UnreadableError as error:
            why = str(error) if named else why
    raise UnreadableError(why)


def parted(text: str) -> tuple[str, str]:
    """What was thought in tags, and what stands behind the last of them."""
    ends = [found.end() for found in _THOUGHT_ENDS.finditer(text)]
    return (text[: ends[-1]], text[ends[-1] :]) if ends else ("", text)


def _calls(text: str, at: int) -> Iterator[WrittenCall]:
    """The calls from here to the end, at least one. Raises UnreadableError for anything else that is there."""
    begun = _NAME.match(text, at)
    if begun is None:
        msg = "there is no action in the answer"
        raise UnreadableError(msg)
    while begun is not None:
        arguments, at = _arguments(text, begun.end())
        yield WrittenCall(begun[1], arguments)
        begun = _NAME.match(text, at)
    if _REST.fullmatch(text, at) is None:
        msg = f"{short(text[at : at + 40].strip(), 40)!r} is no action"
        raise UnreadableError(msg)


def _arguments(text: str, at: int) -> tuple[dict[str, object], int]:
    given: dict[str, object] = {}
    while True:
        closed = _CLOSED.match(text, at)
        if closed is not None:
            return given, closed.end()
        key = _KEY.match(text, at)
        name = str(len(given)) if key is None else key[1]
        value, at = _value(text, at if key is None else key.end())
        if name in given:
            msg = f"{short(name, 30)} is given twice"
            raise UnreadableError(msg)
        given[name] = value


def _value(text: str, at: int) -> tuple[str, int]:
    opened = _OPENED.match(text, at)
    if opened is None:
        bare = _BARE.match(text, at)
        if bare is None:
            msg = "a call is not closed"
            raise UnreadableError(msg)
        return bare[1], bare.end()
    start, escaped = opened.end(), -1
    end = text.find(opened[1], start)
    while end >= 0:
        if _LAST.match(text, end + 1) or _NEXT.match(text, end + 1):
            if not _is_escaped(text, start, end):
                return _unescaped(text[start:end]), end + 1
            escaped = end if escaped < 0 else escaped
        end = text.find(opened[1], end + 1)
    if escaped < 0:
        msg = "a quoted value is not closed"
        raise UnreadableError(msg)
    return _unescaped(text[start:escaped]), escaped + 1


def _is_escaped(text: str, start: int, at: int) -> bool:
    first = at
    while first > start and text[first - 1] == "\\":
        first -= 1
    return (at - first) % 2 == 1


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[0]), text)
