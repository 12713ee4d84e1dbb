"""What `check` tells of words that mean nothing: the right one, wherever they stand."""

from __future__ import annotations

import json

import pytest

from coasty_desk.workflows.definition_reader import DefinitionError
from coasty_desk.workflows.nearest import OPERATORS, STEPS, near
from coasty_desk.workflows.workflow_document import parsed

TASK = {"id": "a", "type": "task", "task": "x"}


def _said(document: object) -> list[str]:
    """All mistakes, or all warnings where there are none."""
    text = document if isinstance(document, str) else json.dumps(document)
    try:
        return list(parsed(text).warnings)
    except DefinitionError as error:
        return [f"{one.where}: {one.what}" for one in error.mistakes]


@pytest.mark.parametrize("said", ["Equals", "==", "greater-than", "includes", "is not"])
def test_what_an_operator_is_called_elsewhere_is_known(said: str) -> None:
    """Also with capitals and other joints."""
    condition = {"op": said, "left": 1, "right": 2}
    (told,) = _said({"steps": [{"id": "a", "type": "assert", "condition": condition}]})
    right = OPERATORS[said.lower().replace("-", "_").replace(" ", "_")]
    assert told.endswith(f"; did you mean {right}?")


@pytest.mark.parametrize("said", ["for_each", "Approval", "try", "lop", "tsk"])
def test_what_a_step_is_called_elsewhere_is_known(said: str) -> None:
    """And one letter more or less."""
    (told,) = _said({"steps": [{"id": "a", "type": said}]})
    assert told.endswith(f"; did you mean {STEPS.get(said.lower(), {'lop': 'loop', 'tsk': 'task'}.get(said))}?")


def test_where_nothing_is_near_all_are_told() -> None:
    """Of steps and operators, which are few."""
    assert near("zzz", ("a", "b"), all_of="words") == "; words are a, b"
    assert near("zzz", ("a", "b")) == ""
    assert near(7, ("a", "b"), all_of="words") == "; words are a, b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"steps": [], "steps": [1]}', "steps stands twice"),
        ('{"steps": [{"id": "a", "type": "task", "task": "x", "id": "b"}]}', "id stands twice"),
        ('{"steps": [NaN]}', "NaN is no number"),
        ('{"steps": [' + "9" * 5000 + "]}", "more digits"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_says_something_twice_or_without_end_is_refused(text: str, told: str) -> None:
    """The last would count, and the first be lost without a word."""
    assert told in _said(text)[0]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {"properties": {"n": {"type": "str"}}},
            "inputs_schema.properties.n.type: there is no such type; did you mean string?",
        ),
        ({"properties": {"n": {}}, "required": ["m"]}, "inputs_schema.required[0]: there is no such property"),
        ({"properties": []}, "inputs_schema.properties: it must be an object"),
        ({"properties": {"n": "string"}}, "inputs_schema.properties.n: it must be an object"),
        (
            {"properties": {"n": {"type": "integer", "default": "7"}}},
            "inputs_schema.properties.n.default: it must be of the type integer",
        ),
        ({"required": "n"}, "inputs_schema.required: it must be a list"),
    ],
)
def test_a_schema_that_means_nothing_is_told(schema: object, told: str) -> None:
    """As a warning: what it leaves open is taken."""
    assert any(told in one for one in _said({"definition": {"steps": [TASK]}, "inputs_schema": schema}))


def test_braces_that_are_no_reference_are_told_and_a_secrets_place_is_not() -> None:
    """They stay as they are: nothing is evaluated."""
    task = "{{ inputs.n | upper }} {{1+1}} {{open {{secret:PASSWORD}} {{inputs.n}}"
    told = _said({"definition": {"steps": [TASK | {"task": task}]}, "inputs_schema": {"properties": {"n": {}}}})
    assert [one.partition(" stays")[0].rpartition(": ")[2] for one in told] == [
        "{{ inputs.n | upper }}",
        "{{1+1}}",
        "{{open ",
    ]
