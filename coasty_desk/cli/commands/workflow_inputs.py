"""What a workflow is given on the command line: `--input name=value`, read and held against its schema."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from coasty_desk import plain_files
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.workflows.definition_reader import Mistake
from coasty_desk.workflows.inputs_schema import InputsError, checked

LARGEST = 2_000_000
"""Bytes of a definition's file, and of what an input is read from."""

Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input", "-i", metavar="K=V", help="An input; V is text or JSON, @FILE a CSV, JSON or text. Repeatable."
    ),
]


def checked_inputs(said: Iterable[str] | None, schema: object) -> Mapping[str, Any]:
    """Raises UsageError for what is no input, and for what the workflow, of which that is the `inputs_schema`, does not take."""
    rules: Mapping[str, Any] = schema if isinstance(schema, dict) else {}
    properties = rules.get("properties")
    types = properties if isinstance(properties, dict) else {}
    found: dict[str, Any] = {}
    for one in said or ():
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            message = f"--input takes a name and a value, and not {line(one, 60)}."
            raise UsageError(message, "Give it as --input name=value.")
        kind = types.get(name.strip())
        found[name.strip()] = _value(value, kind.get("type") if isinstance(kind, dict) else None)
    try:
        return checked(found, rules or None)
    except InputsError as error:
        wrong = "; ".join(told(one) for one in error.mistakes)
        message = f"The workflow does not take these inputs: {wrong}."
        raise UsageError(message, "Give them with --input name=value.") from error


def told(mistake: Mistake) -> str:
    """Where something is wrong in a definition or in inputs, and what."""
    return f"{mistake.where or 'the file'}: {mistake.what}"


def _value(said: str, kind: object) -> Any:
    """As the schema has it, else JSON where it is that and no plain word; `@FILE`: what is in it."""
    if said.startswith("@"):
        return _read(said[1:])
    if kind == "string":
        return said
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said


def _read(name: str) -> Any:
    path = given(name)
    try:
        text = plain_files.read(path, LARGEST, pipes=True).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"The input {line(name, 60)} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give a file of text in UTF-8: a CSV with a header, JSON, or plain text.") from error
    try:
        match path.suffix.lower():
            case ".csv":
                return list(csv.DictReader(io.StringIO(text)))
            case ".json":
                return json.loads(text)
            case _:
                return text
    except (ValueError, RecursionError, csv.Error) as error:
        message = f"The input {line(name, 60)} is no {path.suffix[1:].upper()} as its name says."
        raise UsageError(message, "Mend it, or give it another name to have it taken as text.") from error
