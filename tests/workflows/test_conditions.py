"""Conditions and references: typed, bounded, never evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from coasty_desk.workflows.conditions import holds
from coasty_desk.workflows.definition import CheckValue, Combine, Compare, Negate
from coasty_desk.workflows.references import TooLongError, filled, names_in

SCOPE: dict[str, Any] = {
    "inputs": {"n": 3, "s": "10", "list": [1, "1", {"a": [True]}], "none": None, "t": True},
    "a": {"passed": True, "result": "Saved 3 files", "error": None},
    "vars": {"iteration": 2},
}

NOTHINGS: list[object] = [None, False, 0, 0.0, "", [], {}, "{{inputs.none}}", "{{nope}}"]


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        ("eq", "{{inputs.n}}", 3, True),
        ("eq", "{{inputs.n}}", 3.0, True),
        ("eq", "{{inputs.n}}", "3", False),
        ("eq", "{{inputs.t}}", 1, False),
        ("eq", True, True, True),
        ("eq", None, "{{nobody.knows}}", True),
        ("eq", {"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}, True),
        ("eq", {"a": [1]}, {"a": [True]}, False),
        ("ne", "x", "y", True),
        ("lt", "{{inputs.n}}", "{{inputs.s}}", True),
        ("lt", "abc", "b", False),
        ("gte", "10", 10, True),
        ("gt", True, False, False),
        ("lte", " 1e2 ", 100, True),
        ("lt", "nan", 1, False),
        ("gt", "infinity", 1, False),
        ("lt", None, 1, False),
        ("contains", "{{a.result}}", "3 files", True),
        ("contains", "{{a.result}}", 3, True),
        ("contains", "{{a.result}}", None, False),
        ("contains", "{{inputs.list}}", 1, True),
        ("contains", "{{inputs.list}}", True, False),
        ("contains", "{{inputs.list}}", {"a": [True]}, True),
        ("contains", {"k": 1}, "k", True),
        ("contains", 5, 5, False),
    ],
)
def test_comparisons(op: Any, left: object, right: object, *, expected: bool) -> None:
    """Seven operators of two values: by type, numbers in texts too, and false where there is nothing to compare."""
    assert holds(Compare(op, left, right), SCOPE) is expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        *(("truthy", nothing, False) for nothing in NOTHINGS),
        *(("truthy", something, True) for something in (True, 1, "0", "false", [0], {"a": None}, "{{inputs.n}}")),
        ("falsy", "{{nope}}", True),
        ("falsy", "{{inputs.n}}", False),
        ("exists", "{{inputs.none}}", False),
        ("exists", "{{inputs.n}}", True),
        ("exists", False, True),
    ],
)
def test_tests_of_one_value(op: Any, value: object, *, expected: bool) -> None:
    """What is truthy is what Python takes for it; only null does not exist."""
    assert holds(CheckValue(op, value), SCOPE) is expected


def test_joints() -> None:
    """Three operators of conditions."""
    yes, no = CheckValue("exists", 1), CheckValue("exists", None)
    assert holds(Combine("and", (yes, yes)), SCOPE)
    assert not holds(Combine("and", (yes, no)), SCOPE)
    assert holds(Combine("or", (no, yes)), SCOPE)
    assert holds(Negate(no), SCOPE)


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("{{inputs.n}}", 3),
        ("  {{ inputs.n }} ", 3),
        ("{{inputs.list.2.a.0}}", True),
        ("{{inputs.list}}", [1, "1", {"a": [True]}]),
        ("n={{inputs.n}}, t={{inputs.t}}, o={{inputs.list}}", 'n=3, t=true, o=[1, "1", {"a": [true]}]'),
        ("[{{nope}}]", "[]"),
        ("{{nope}}", None),
        ("{{inputs.n}}{{inputs.n}}", "33"),
        ("{{ not a name }} {{}} {{{{ }}", "{{ not a name }} {{}} {{{{ }}"),
        ("{{{inputs.n}}}", "{3}"),
        ("{{__class__}} {{inputs.__class__}} {{a.result.__len__}}", "  "),
        ("{{inputs.n + 1}}", "{{inputs.n + 1}}"),
        ({"{{inputs.n}}": ["{{inputs.n}}"]}, {"{{inputs.n}}": [3]}),
    ],
)
def test_references(said: object, becomes: object) -> None:
    """A lone reference keeps its type, one within text becomes text; what is none stays as it is."""
    assert filled(said, SCOPE, 1000) == becomes


def test_what_references_grow_to_is_bounded() -> None:
    """A small definition cannot become gigabytes."""
    with pytest.raises(TooLongError):
        filled("{{x}}" * 1000, {"x": "y" * 1000}, 10_000)
    with pytest.raises(TooLongError):
        filled(["{{x}}"] * 1000, {"x": ["y" * 1000]}, 10_000)


def test_hostile_braces_take_time_that_grows_with_their_length() -> None:
    """Quadratic time would not come to an end here."""
    assert filled("{" * 200_000, {}, 10**6) == "{" * 200_000
    assert filled("{{a" * 100_000, {}, 10**6) == "{{a" * 100_000
    assert filled("{{" + " " * 200_000, {}, 10**6) == "{{" + " " * 200_000


def test_the_names_that_a_value_refers_to() -> None:
    """In texts at any depth."""
    assert names_in({"x": ["{{a.b}} {{c}}", 1], "y": "{{ d }}"}) == {"a.b", "c", "d"}
