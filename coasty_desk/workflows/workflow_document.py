"""A workflow as a file has it, in any of its forms, to what is meant: JSON of a definition, or of a whole workflow with its name around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from coasty_desk.workflows import inputs_schema
from coasty_desk.workflows.advice import advice
from coasty_desk.workflows.article_shape import normalised
from coasty_desk.workflows.definition import Definition
from coasty_desk.workflows.definition_reader import DefinitionError, Mistake, Place, read

AROUND = ("name", "slug", "description", "inputs_schema", "metadata")
"""What may stand around a definition."""


class WorkflowDocument(Struct, frozen=True):
    """What a file says. `document` is the definition as it is sent, `around` what stands around it."""

    definition: Definition
    document: Mapping[str, Any]
    around: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def inputs_schema(self) -> Mapping[str, Any] | None:
        """Which inputs it takes, where that is said."""
        found = self.around.get("inputs_schema")
        return found if isinstance(found, dict) else None


def parsed(text: str) -> WorkflowDocument:
    """Raises DefinitionError, whose places are those of the file."""
    try:
        said = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        why = f"it is no JSON: {error.msg}, in line {error.lineno}, column {error.colno}"
        raise DefinitionError([Mistake((), why)]) from error
    except ValueError as error:
        raise DefinitionError([Mistake((), "a number in it has more digits than are taken")]) from error
    except RecursionError as error:
        raise DefinitionError([Mistake((), "it is nested too deeply")]) from error
    if not isinstance(said, dict):
        raise DefinitionError([Mistake((), "it must be an object with `steps`")])
    within: Place = ("definition",) if "definition" in said else ()
    inner = said["definition"] if within else {name: value for name, value in said.items() if name not in AROUND}
    around = {name: said[name] for name in AROUND if said.get(name) is not None}
    wrong = [
        Mistake((name,), "there is no such field", "extra_forbidden")
        for name in said
        if within and name not in (*AROUND, "definition")
    ]
    document, warnings = normalised(inner)
    try:
        definition = read(document)
    except DefinitionError as error:
        found = [Mistake((*within, *one.place), one.what, one.kind) for one in error.mistakes]
        raise DefinitionError([*wrong, *found]) from error
    if wrong:
        raise DefinitionError(wrong)
    schema = around.get("inputs_schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    names = list(properties) if isinstance(properties, dict) else None
    found = [Mistake((*within, *one.place), one.what) for one in advice(definition, names)]
    found += [Mistake(("inputs_schema", *one.place), one.what) for one in inputs_schema.advice(schema)]
    told = [f"{one.where}: {one.what}" for one in found]
    return WorkflowDocument(definition, document, around, (*warnings, *told))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two fields of one name the last would count, and the first be lost without a word."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = name[:60] if name.isprintable() else "one name"
            raise DefinitionError([Mistake((), f"{shown} stands twice in the same object")])
        found[name] = value
    return found


def _no_number(word: str) -> float:
    raise DefinitionError([Mistake((), f"it is no JSON: {word} is no number there")])
