"""A definition is read whole, or every mistake in it is told with its place and the nearest word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coasty_desk.workflows import definition as dsl
from coasty_desk.workflows.definition_reader import DefinitionError, read

TASK = {"id": "a", "type": "task", "task": "Open the settings"}
HOLDS = {"op": "truthy", "value": "{{a.passed}}"}


def mistakes(*steps: object, **rest: object) -> list[str]:
    """What is told of a definition with these steps."""
    with pytest.raises(DefinitionError) as caught:
        read({"steps": list(steps), **rest})
    return [f"{one.where}: {one.what}" for one in caught.value.mistakes]


def test_all_nine_steps_and_thirteen_operators_are_read() -> None:
    """Each becomes a value of its own."""
    every_operator = {
        "op": "and",
        "conditions": [
            *(
                {"op": op, "left": "{{a.steps}}", "right": 1}
                for op in ("eq", "ne", "lt", "gt", "lte", "gte", "contains")
            ),
            *({"op": op, "value": None} for op in ("truthy", "falsy", "exists")),
            {"op": "or", "conditions": [{"op": "not", "condition": HOLDS}]},
        ],
    }
    found = read(
        {
            "steps": [
                TASK,
                {"id": "b", "type": "assert", "condition": every_operator},
                {"id": "c", "type": "if", "condition": HOLDS, "then": [], "else": [{"id": "d", "type": "fail"}]},
                {"id": "e", "type": "loop", "count": 0, "body": []},
                {"id": "f", "type": "loop", "while": HOLDS, "max_iterations": 3, "body": []},
                {"id": "g", "type": "parallel", "branches": [[], [{**TASK, "id": "h"}]]},
                {"id": "i", "type": "retry", "max_attempts": 2, "body": []},
                {"id": "j", "type": "human_approval", "timeout_seconds": 60},
                {"id": "k", "type": "succeed", "output": {"x": "{{inputs.x}}"}},
            ],
            "output": {"y": 1},
        }
    )
    kinds = [type(step) for step in dsl.every(found.steps)]
    assert kinds == [
        *(
            dsl.TaskStep,
            dsl.AssertStep,
            dsl.IfStep,
            dsl.FailStep,
            dsl.LoopStep,
            dsl.LoopStep,
            dsl.ParallelStep,
            dsl.TaskStep,
            dsl.RetryStep,
            dsl.ApprovalStep,
        ),
        dsl.SucceedStep,
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"id": "a", "type": "taks", "task": "x"}, 'steps[0].type: there is no step "taks"; did you mean task?'),
        ({"id": "a", "task": "x"}, "steps[0].type: it is required: one of task, assert"),
        ({"type": "task", "task": "x"}, "steps[0].id: it is required: an id is 1 to 64"),
        ({"id": "a b", "type": "task", "task": "x"}, 'steps[0].id: "a b" is none'),
        ({"id": "a", "type": "task"}, "steps[0].task: it is required"),
        ({**TASK, "task": ""}, 'steps[0].task: it must be a text of 1 to 16000 characters, not ""'),
        ({**TASK, "task": 7}, "steps[0].task: it must be a text of 1 to 16000 characters, not 7"),
        ({**TASK, "max_step": 7}, "steps[0].max_step: there is no such field; did you mean max_steps?"),
        ({**TASK, "max_steps": 0}, "steps[0].max_steps: it must be a whole number from 1 to 1000, not 0"),
        ({**TASK, "max_steps": True}, "steps[0].max_steps: it must be a whole number from 1 to 1000, not true"),
        ({**TASK, "save_as": "vars"}, "steps[0].save_as: vars is taken"),
        ({**TASK, "save_as": "a.b"}, "steps[0].save_as: it must be 1 to 64 letters"),
        ({**TASK, "cua_version": "v2"}, "steps[0].cua_version: it must be one of v1, v3, v4, v5"),
        ({**TASK, "on_awaiting_human": "pasue"}, "did you mean pause?"),
        ({"id": "a", "type": "assert"}, "steps[0].condition: it is required, such as"),
        (
            {"id": "a", "type": "assert", "condition": "x"},
            "steps[0].condition: a condition must be an object, not a text",
        ),
        (
            {"id": "a", "type": "assert", "condition": {"op": "equals", "left": 1, "right": 1}},
            'steps[0].condition.op: there is no operator "equals"',
        ),
        (
            {"id": "a", "type": "assert", "condition": {"op": "eq", "left": 1}},
            "steps[0].condition.right: it is required",
        ),
        (
            {"id": "a", "type": "assert", "condition": {"op": "and", "conditions": []}},
            "steps[0].condition.conditions: it must be a list of 1 to 100 conditions",
        ),
        (
            {"id": "a", "type": "assert", "condition": {"op": "or", "conditions": [{"op": "not"}]}},
            "steps[0].condition.conditions[0].condition: it is required",
        ),
        ({"id": "a", "type": "if", "condition": HOLDS}, "steps[0].then: it is required: a list of steps"),
        ({"id": "a", "type": "loop", "body": []}, "steps[0]: a loop has either count or while; neither is there"),
        (
            {"id": "a", "type": "loop", "body": [], "count": 1, "while": HOLDS},
            "steps[0]: a loop has either count or while; both are there",
        ),
        ({"id": "a", "type": "loop", "count": -1, "body": []}, "steps[0].count: it must be a whole number from 0"),
        ({"id": "a", "type": "loop", "count": 1}, "steps[0].body: it is required"),
        ({"id": "a", "type": "parallel"}, "steps[0].branches: it must be a list of branches"),
        (
            {"id": "a", "type": "parallel", "branches": [[]] * 17},
            "steps[0].branches: there are 17 branches; at most 16",
        ),
        ({"id": "a", "type": "retry", "body": []}, "steps[0].max_attempts: it is required"),
        ({"id": "a", "type": "retry", "max_attempts": 21, "body": []}, "steps[0].max_attempts: it must be a whole"),
        ({"id": "a", "type": "human_approval", "timeout_seconds": 0}, "steps[0].timeout_seconds: it must be a whole"),
        ({"id": "a", "type": "succeed", "output": "done"}, "steps[0].output: it must be an object, not a text"),
        ({"id": "a", "type": "wait", "seconds": 1}, 'steps[0].type: there is no step "wait"'),
        ("x", "steps[0]: a step must be an object, not a text"),
    ],
)
def test_a_mistake_is_told_with_its_place(said: object, told: str) -> None:
    """Where it is, what is wrong, and the nearest right word."""
    assert any(told in one for one in mistakes(said)), mistakes(said)


@pytest.mark.parametrize("kind", ["human_approval", "succeed", "fail"])
def test_no_branch_asks_or_ends_the_workflow_at_any_depth(kind: str) -> None:
    """However deep within the branch."""
    deep = {"id": "r", "type": "retry", "max_attempts": 1, "body": [{"id": "x", "type": kind}]}
    assert mistakes({"id": "p", "type": "parallel", "branches": [[], [deep]]}) == [
        f"steps[0].branches[1][0].body[0].type: {kind} cannot be within a parallel step: its branches neither ask nor end the workflow"
    ]


def test_limits() -> None:
    """Steps, levels, ids: those of API.md §12.2."""
    many = [{**TASK, "id": f"t{number}"} for number in range(201)]
    assert "201 steps" in mistakes(*many)[0]
    read({"steps": many[:200]})

    def nested(levels: int) -> dict[str, Any]:
        step: dict[str, Any] = {**TASK, "id": "deepest"}
        for level in range(levels - 1):
            step = {"id": f"l{level}", "type": "loop", "count": 1, "body": [step]}
        return step

    read({"steps": [nested(8)]})
    assert "deeper than 8 levels" in mistakes(nested(9))[0]
    assert "a is the id of steps[0] too" in mistakes(TASK, TASK)[0]
    assert mistakes() == ["steps: there must be at least one step"]


@pytest.mark.parametrize("said", [None, 1, "x", [], {"step": []}, {"steps": None}, {"steps": {}}, {"steps": [None]}])
def test_what_is_no_definition_is_refused(said: object) -> None:
    """With a word, and never with another exception."""
    with pytest.raises(DefinitionError):
        read(said)


def test_all_mistakes_are_told_at_once_and_not_without_end() -> None:
    """Whoever wrote them mends them in one go."""
    assert len(mistakes({"id": "a", "type": "task"}, {"id": "b", "type": "retry"}, outptu={})) == 4
    assert len(mistakes(*({"id": f"x{number}", "type": "?"} for number in range(150)))) == 50


def test_what_is_told_of_foreign_text_is_short_and_printable() -> None:
    """A definition may come from anywhere."""
    told = mistakes({"id": "a", "type": "task\x1b[31m" + "x" * 10_000, "\x1b]0;x": 1})
    assert all(len(one) < 300 for one in told)
    assert "\x1b" not in json.dumps([one.split(": ", 1)[1] for one in told])


def test_depth_of_values_and_conditions_is_bounded() -> None:
    """What is nested without end is refused as a mistake."""
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    assert "nested too deeply" in mistakes({"id": "a", "type": "succeed", "output": {"x": deep}})[0]
    condition: Any = HOLDS
    for _ in range(500):
        condition = {"op": "not", "condition": condition}
    assert "deeper than 16" in mistakes({"id": "a", "type": "assert", "condition": condition})[0]
