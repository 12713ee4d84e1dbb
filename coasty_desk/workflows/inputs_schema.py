"""A workflow's inputs against its `inputs_schema`: which must be there, of which type, one of which. Of JSON Schema that much alone is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coasty_desk.workflows.conditions import same
from coasty_desk.workflows.definition_reader import DefinitionError, Mistake
from coasty_desk.workflows.nearest import near

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}

_CALLED = {
    **dict.fromkeys(("str", "text"), "string"),
    **dict.fromkeys(("int", "whole"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("list", "tuple"), "array"),
    **dict.fromkeys(("dict", "map"), "object"),
    **dict.fromkeys(("none",), "null"),
}
"""What types are called elsewhere."""

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
            hint = near(name, properties, all_of="inputs")
            mistakes.append(Mistake((name[:_SHOWN],), f"there is no such input{hint}", "extra_forbidden"))
    if mistakes:
        raise InputsError(mistakes)
    return found


def advice(schema: object) -> list[Mistake]:
    """What in a schema means nothing: it is no mistake by its standard, and nobody's intention."""
    if schema is None:
        return []
    if not isinstance(schema, dict):
        return [Mistake((), "it must be an object with `properties`")]
    said = schema.get("properties")
    found = [] if said is None or isinstance(said, dict) else [Mistake(("properties",), "it must be an object")]
    properties = _object(said)
    for name, rule in properties.items():
        place = ("properties", name)
        if not isinstance(rule, dict):
            found.append(Mistake(place, 'it must be an object, such as {"type": "string"}'))
            continue
        kind = rule.get("type")
        for one in kind if isinstance(kind, list) else [] if kind is None else [kind]:
            if not isinstance(one, str) or one not in _TYPES:
                hint = near(one, _TYPES, _CALLED, all_of="types")
                found.append(Mistake((*place, "type"), f"there is no such type{hint}"))
        if "default" in rule:
            found += [Mistake((*place, "default"), one.what) for one in _mistakes(name, rule["default"], rule)]
    required = schema.get("required")
    if required is not None and not isinstance(required, list):
        found.append(Mistake(("required",), "it must be a list of names"))
    for number, one in enumerate(required if isinstance(required, list) else []):
        if one not in properties:
            found.append(Mistake(("required", number), f"there is no such property{near(one, properties)}"))
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
