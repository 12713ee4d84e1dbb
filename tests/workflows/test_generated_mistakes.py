"""Two hundred definitions that something is wrong with: each is refused, with the place where that is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from coasty_desk.workflows.definition_reader import DefinitionError, read
from tests.workflows.test_workflow_interpreter import _Dice, generated

Step = dict[str, Any]
Place = tuple[str | int, ...]


def _misspelled(step: Step) -> Place:
    step["taks"] = "x"
    return ("taks",)


def _of_no_kind(step: Step) -> Place:
    step["type"] = "tsak"
    return ("type",)


def _of_a_number(step: Step) -> Place:
    step["id"] = 7
    return ("id",)


def _lacking(step: Step) -> Place:
    """What a step of its kind must have."""
    name = next(name for name in ("task", "condition", "body", "branches", "message", "id") if name in step)
    del step[name]
    return (name,)


def _evaluated(step: Step) -> Place:
    """An operator that is none: what it is about would have to be carried out as code."""
    step |= {"type": "assert", "condition": {"op": "eval", "value": "__import__('os').system('true')"}}
    for name in set(step) - {"id", "type", "condition"}:
        del step[name]
    return ("condition", "op")


def _endless(step: Step) -> Place:
    for name in set(step) - {"id"}:
        del step[name]
    step |= {"type": "loop", "count": 10**30, "body": [{"id": "within", "type": "task", "task": "x"}]}
    return ("count",)


MISTAKES: list[Callable[[Step], Place]] = [_misspelled, _of_no_kind, _of_a_number, _lacking, _evaluated, _endless]


def _steps(steps: list[Step], at: Place = ("steps",)) -> list[tuple[Place, Step]]:
    """All of them, each with its place."""
    found: list[tuple[Place, Step]] = []
    for number, step in enumerate(steps):
        place = (*at, number)
        found.append((place, step))
        for name in ("then", "else", "body"):
            found += _steps(step.get(name, []), (*place, name))
        for branch, within in enumerate(step.get("branches", [])):
            found += _steps(within, (*place, "branches", branch))
    return found


@pytest.mark.parametrize("seed", range(200))
def test_a_mistake_anywhere_is_refused_with_its_place(seed: int) -> None:
    """One in a definition that was right: told where it is, by words that can be printed, and nothing else is found wrong around it."""
    pick = random.Random(seed)  # noqa: S311 - cases, and no secrets
    right = {"steps": generated(_Dice(seed))}
    read(right)
    wrong = deepcopy(right)
    at, step = pick.choice(_steps(wrong["steps"]))
    place = (*at, *MISTAKES[seed % len(MISTAKES)](step))
    with pytest.raises(DefinitionError) as refused:
        read(json.loads(json.dumps(wrong)))
    told = [mistake.place for mistake in refused.value.mistakes]
    assert place in told, (place, refused.value.mistakes)
    assert all(one[: len(at)] == at for one in told), refused.value.mistakes
    assert all(mistake.what.isprintable() for mistake in refused.value.mistakes)
