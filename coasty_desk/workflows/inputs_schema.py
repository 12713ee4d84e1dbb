"""A workflow's inputs against its `inputs_schema`: which must be there, of which type, one of which. Of JSON Schema that much alone is read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from coasty_desk.workflows.conditions import same
from coasty_desk.workflows.definition_reader import DefinitionError, Mistake

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}

_SHOWN = 60


class InputsError(DefinitionError):
    """Inputs that a workflow does not take; `mistakes` are at their names."""


def checked(inputs: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The inputs, with the defaults of those that are not there. Raises InputsError."""
    if schema is None:
        return inputs
    properties = _object(schema.get("properties"))
    found = {
        name: said["default"] for name, said in properties.items() if isinstance(said, dict) and "default" in said
    } | dict(inputs)
    required = schema.get("required")
    mistakes = [
        Mistake((name,), "it is required", "missing")
        for name in (required if isinstance(required, list) else [])
        if isinstance(name, str) and name not in found
    ]
    for name, value in found.items():
        if name in properties:
            mistakes += _mistakes(name, value, _object(properties[name]))
        elif properties and schema.get("additionalProperties") is False:
            near = difflib.get_close_matches(name[:_SHOWN], list(properties), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            mistakes.append(Mistake((name[:_SHOWN],), f"there is no such input{hint}", "extra_forbidden"))
    if mistakes:
        raise InputsError(mistakes)
    return found


def _mistakes(name: str, value: Any, schema: Mapping[str, Any]) -> list[Mistake]:
    said = schema.get("type")
    kinds = [kind for kind in (said if isinstance(said, list) else [said]) if isinstance(kind, str) and kind in _TYPES]
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return [Mistake((name,), f"it must be of the type {' or '.join(kinds)}", "type_error")]
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(same(value, one) for one in choices):
        return [Mistake((name,), f"it must be one of {', '.join(map(str, choices))[:200]}")]
    return []


def _object(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}
