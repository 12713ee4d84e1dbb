"""The shape of workflows in the vendor's articles, as a definition (API.md §17, row 45): what is named otherwise there, and said to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_INNER = ("then", "else", "body")
_DEEPEST = 40
"""Levels that are looked at; the reader refuses what is deeper long before."""


def normalised(said: Any) -> tuple[Any, list[str]]:
    """The definition that is meant, and a sentence for each kind of thing that was named otherwise; anything else as it is."""
    warnings: dict[str, None] = {}
    if not isinstance(said, Mapping):
        return said, []
    found = dict(said)
    if "version" in found:
        del found["version"]
        warnings["`version` beside the steps is not heeded: a saved workflow has a version of its own."] = None
    found = {name: _steps(value, warnings, _DEEPEST) if name == "steps" else value for name, value in found.items()}
    return found, list(warnings)


def _steps(said: Any, warnings: dict[str, None], left: int) -> Any:
    return [_step(one, warnings, left) for one in said] if isinstance(said, list) and left else said


def _step(said: Any, warnings: dict[str, None], left: int) -> Any:
    if not isinstance(said, dict):
        return said
    step = dict(said)
    kind = step.get("type")
    if kind == "human_approval" and "instruction" in step and "message" not in step:
        step["message"] = step.pop("instruction")
        warnings["`instruction` of human_approval is taken for `message`."] = None
    if kind == "succeed" and "message" in step and "output" not in step:
        step["output"] = {"message": step.pop("message")}
        warnings["`message` of succeed is taken for `output.message`."] = None
    for name in ("condition", "while"):
        if name in step:
            step[name] = _condition(step[name], warnings, left)
    for name in _INNER:
        if name in step:
            step[name] = _steps(step[name], warnings, left - 1)
    branches = step.get("branches")
    if isinstance(branches, list):
        step["branches"] = [_steps(branch, warnings, left - 1) for branch in branches]
    return step


def _condition(said: Any, warnings: dict[str, None], left: int) -> Any:
    if not isinstance(said, dict) or not left:
        return said
    if said.get("type") == "field_equals" and "op" not in said and isinstance(said.get("field"), str):
        warnings["the condition `field_equals` is taken for `eq`."] = None
        field = said["field"]
        left_side = field if "{{" in field else f"{{{{{field}}}}}"
        return {"op": "eq", "left": left_side, "right": said.get("value")}
    found = dict(said)
    if "condition" in found:
        found["condition"] = _condition(found["condition"], warnings, left - 1)
    if isinstance(found.get("conditions"), list):
        found["conditions"] = [_condition(one, warnings, left - 1) for one in found["conditions"]]
    return found
