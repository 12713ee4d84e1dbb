"""Calls as JSON, with the slips that models and servers make: a brace too many or too few, a comma at the end, no tags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.wire.json_fields import UnreadableError

MOST_OBJECTS = 20
MOST_LENGTH = 200_000

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_TRAILING = re.compile(r",(\s*[}\]])")
_DECODER = json.JSONDecoder(strict=False)


def json_calls(text: str) -> list[WrittenCall]:
    """The calls: of the tags where there are any, else of the last object in the text. Raises UnreadableError where there is none."""
    if len(text) > MOST_LENGTH:
        msg = "the answer is too long"
        raise UnreadableError(msg)
    blocks = [found[1] for found in _CALL.finditer(text)][:MOST_OBJECTS]
    calls = [_call(_object(block)) for block in blocks if "{" in block]
    if calls:
        return calls
    found = list(_objects(text))
    for value in reversed(found):
        if _names_something(value):
            return [_call(value)]
    if "{" in text and not found:
        return [_call(_object(text))]
    msg = "there is no action in the answer"
    raise UnreadableError(msg)


def _names_something(value: dict[str, object]) -> bool:
    return bool(value.keys() & {"action", "name", "arguments", "action_type", "type", "x", "point_2d", "bbox_2d"})


def _objects(text: str) -> Iterator[dict[str, object]]:
    """The outermost objects that stand whole in the text."""
    at = text.find("{")
    for _ in range(MOST_OBJECTS):
        if at < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value
        at = text.find("{", end)


def _object(block: str) -> dict[str, object]:
    """The object that a block begins, mended where it is plainly cut or overdone. Raises UnreadableError."""
    text = block[block.index("{") :].strip()
    bare = _TRAILING.sub(r"\1", text)
    for tried in (text, *(form + "}" * more for form in (text, bare) for more in range(3))):
        try:
            value, _ = _DECODER.raw_decode(tried)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    msg = "its JSON cannot be read"
    raise UnreadableError(msg)


def _call(value: dict[str, object]) -> WrittenCall:
    """`{"name", "arguments"}`, `{"action", …}` or a bare place."""
    inner = value.get("arguments", value.get("parameters", value.get("function")))
    if isinstance(inner, str):
        inner = _object(inner) if "{" in inner else inner
    if isinstance(inner, dict):
        name = value.get("name")
        if "action" not in inner and "arguments" in inner:
            return _call(inner)
        return _named({**inner, "action": inner.get("action", name)})
    return _named(value)


def _named(value: dict[str, object]) -> WrittenCall:
    name = value.get("action", value.get("action_type", value.get("type", value.get("name"))))
    if isinstance(name, dict):
        return _named(name)
    rest = {key: item for key, item in value.items() if key not in ("action", "action_type")}
    if name is None and ({"x", "y"} <= rest.keys() or rest.keys() & {"point_2d", "point", "coordinate", "bbox_2d"}):
        name = "click"
    if not isinstance(name, str):
        msg = "there is no action in the answer"
        raise UnreadableError(msg)
    return WrittenCall(name, rest)
