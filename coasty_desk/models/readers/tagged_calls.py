"""Calls in tags, as Seed, UI-TARS 2 and Qwen 3.5 write them: `<function=click><parameter=point>17 58</parameter></function>`."""

from __future__ import annotations

import re

from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.wire.json_fields import UnreadableError

MOST_CALLS = 100

_BLOCK = re.compile(r"<(?:seed:)?tool_call\w*>(.*?)(?:</(?:seed:)?tool_call\w*>|\Z)", re.DOTALL)
_FUNCTION = re.compile(
    r"<function(?:_\w+)?\s*(?:=\s*|\s+name\s*=\s*)['\"]?([\w.]+)['\"]?\s*>(.*?)(?:</function\w*>|(?=<function)|\Z)",
    re.DOTALL,
)
_PARAMETER = re.compile(
    r"<parameter(?:_\w+)?\s*(?:=\s*|\s+name\s*=\s*)['\"]?(\w+)['\"]?[^<>]*>(.*?)(?:</parameter\w*>|(?=<parameter)|\Z)",
    re.DOTALL,
)


def is_tagged(text: str) -> bool:
    """Whether there are calls of this form in the text."""
    return "<function" in text or "<seed:tool_call" in text


def tagged_calls(text: str) -> list[WrittenCall]:
    """The calls of the last block that has any, in order. Raises UnreadableError where there is none."""
    blocks = [found[1] for found in _BLOCK.finditer(text)] or [text]
    for block in reversed(blocks):
        functions = list(_FUNCTION.finditer(block))[: MOST_CALLS + 1]
        if len(functions) > MOST_CALLS:
            msg = f"there are more than {MOST_CALLS} calls"
            raise UnreadableError(msg)
        if functions:
            return [WrittenCall(found[1], _parameters(found[2])) for found in functions]
    msg = "there is no action in the answer"
    raise UnreadableError(msg)


def _parameters(body: str) -> dict[str, object]:
    given: dict[str, object] = {}
    for name, value in _PARAMETER.findall(body):
        if name in given:
            msg = f"{name} is given twice"
            raise UnreadableError(msg)
        given[name] = _bare(value)
    return given


def _bare(value: str) -> str:
    """The value without the line breaks that the template puts around it."""
    return value.removeprefix("\n").removesuffix("\n")
