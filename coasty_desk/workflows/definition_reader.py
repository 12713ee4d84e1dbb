"""From the JSON of a definition to its closed values, or every mistake in it: where it is, what is wrong, which word was near."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args

from msgspec import Struct

from coasty_desk.workflows import references
from coasty_desk.workflows.definition import (
    DEEPEST,
    LONGEST_TASK,
    MOST_ATTEMPTS,
    MOST_BRANCHES,
    MOST_STEPS,
    ApprovalStep,
    AssertStep,
    CheckOf,
    CheckValue,
    Combine,
    Compare,
    Comparison,
    Condition,
    Definition,
    FailStep,
    IfStep,
    Joint,
    LoopStep,
    Negate,
    ParallelStep,
    RetryStep,
    Step,
    SucceedStep,
    TaskStep,
)
from coasty_desk.workflows.nearest import OPERATORS, STEPS, near

MOST_TOLD = 50
"""Mistakes of one definition that are told."""

DEEPEST_CONDITION = 16
"""Conditions in conditions."""

MOST_CONDITIONS = 100
"""Of one `and` or `or`."""

RESERVED = ("inputs", "vars")
CUA_VERSIONS = ("v1", "v3", "v4", "v5")
WHEN_AWAITING = ("pause", "fail", "cancel")

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHOWN = 60

Place: TypeAlias = tuple[str | int, ...]
T = TypeVar("T")


class Mistake(Struct, frozen=True):
    """What is wrong at a place within the definition (`steps`, 2, `then`, 0, `task`); `kind` as an API names it."""

    place: Place
    what: str
    kind: Literal["value_error", "missing", "type_error", "extra_forbidden"] = "value_error"

    @property
    def where(self) -> str:
        """The place as people write it: `steps[2].then[0].task`."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place).lstrip(".")


class DefinitionError(Exception):
    """A definition that cannot be run. `mistakes` are all that are wrong with it, in the order in which it is written."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes[:MOST_TOLD])
        first = self.mistakes[0]
        super().__init__(f"{first.where or 'definition'}: {first.what}")


def read(said: object) -> Definition:
    """The definition in decoded JSON. Raises DefinitionError."""
    reader = _Reader()
    found = reader.definition(said)
    if reader.mistakes:
        raise DefinitionError(reader.mistakes)
    return found


FIELDS: Mapping[str, tuple[str, ...]] = {
    "task": (
        *("task", "machine_id", "cua_version", "instructions", "system_prompt", "max_steps", "save_as"),
        "on_awaiting_human",
    ),
    "assert": ("condition", "message"),
    "if": ("condition", "then", "else"),
    "loop": ("count", "while", "body", "max_iterations"),
    "parallel": ("branches",),
    "retry": ("body", "max_attempts"),
    "human_approval": ("message", "timeout_seconds"),
    "succeed": ("output",),
    "fail": ("message",),
}
"""The nine steps, and the fields of each beside `id` and `type`."""

_NOT_IN_PARALLEL = ("human_approval", "succeed", "fail")
_COMPARE, _CHECK, _JOINT = get_args(Comparison), get_args(CheckOf), get_args(Joint)
_OPERATORS = (*_COMPARE, *_CHECK, *_JOINT, "not")
_NOWHERE = FailStep("")
_NEVER = CheckValue("exists", None)


class _Reader:
    """Collects what is wrong; what it gives then is not used."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._ids: dict[str, Place] = {}
        self._count = 0

    def definition(self, said: object) -> Definition:
        fields = self._object(said, (), ("steps", "output"), required=("steps",))
        steps = self._steps(fields.get("steps"), ("steps",), 1) if "steps" in fields else ()
        if isinstance(fields.get("steps"), list) and not fields["steps"]:
            self._wrong(("steps",), "there must be at least one step")
        if self._count > MOST_STEPS:
            self._wrong(
                ("steps",), f"there are {self._count} steps, with those that are nested; at most {MOST_STEPS} are taken"
            )
        return Definition(steps, self._output(fields, ()))

    # Steps

    def _steps(self, said: object, at: Place, depth: int, *, parallel: bool = False) -> tuple[Step, ...]:
        if not isinstance(said, list):
            self._wrong(at, f"it must be a list of steps, not {_kind(said)}", "type_error")
            return ()
        if depth > DEEPEST:
            self._wrong(at, f"steps are nested deeper than {DEEPEST} levels")
            return ()
        self._count += len(said)
        if self._count > 10 * MOST_STEPS:
            return ()
        return tuple(self._step(one, (*at, index), depth, parallel=parallel) for index, one in enumerate(said))

    def _step(self, said: object, at: Place, depth: int, *, parallel: bool) -> Step:
        if not isinstance(said, dict):
            self._wrong(at, f"a step must be an object, not {_kind(said)}", "type_error")
            return _NOWHERE
        kind = said.get("type")
        if kind not in FIELDS:
            missing = "type" not in said
            why = (
                f"it is required: one of {', '.join(FIELDS)}"
                if missing
                else f"there is no step {_shown(kind)}{near(kind, FIELDS, STEPS, all_of='steps')}"
            )
            self._wrong((*at, "type"), why, "missing" if missing else "value_error")
            self._id(said, at)
            return _NOWHERE
        if parallel and kind in _NOT_IN_PARALLEL:
            self._wrong(
                (*at, "type"), f"{kind} cannot be within a parallel step: its branches neither ask nor end the workflow"
            )
        fields = self._object(said, at, ("id", "type", *FIELDS[cast("str", kind)]))
        name = self._id(fields, at)
        match kind:
            case "task":
                return self._task(name, fields, at)
            case "assert":
                return AssertStep(name, self._condition_of(fields, "condition", at), self._text(fields, "message", at))
            case "if":
                then = self._inner(fields, "then", at, depth, parallel=parallel)
                otherwise = self._inner(fields, "else", at, depth, parallel=parallel, needed=False)
                return IfStep(name, self._condition_of(fields, "condition", at), then, otherwise)
            case "loop":
                return self._loop(name, fields, at, depth, parallel=parallel)
            case "parallel":
                return ParallelStep(name, self._branches(fields, at, depth))
            case "retry":
                body = self._inner(fields, "body", at, depth, parallel=parallel)
                return RetryStep(
                    name, body, self._whole(fields, "max_attempts", at, 1, MOST_ATTEMPTS, needed=True) or 1
                )
            case "human_approval":
                seconds = self._whole(fields, "timeout_seconds", at, 1, 86_400)
                return ApprovalStep(name, self._text(fields, "message", at), seconds)
            case "succeed":
                return SucceedStep(name, self._output(fields, at))
            case _:
                return FailStep(name, self._text(fields, "message", at))

    def _task(self, name: str, fields: Mapping[str, Any], at: Place) -> TaskStep:
        saved = self._text(fields, "save_as", at, 64)
        if saved is not None and not _ID.fullmatch(saved):
            self._wrong((*at, "save_as"), "it must be 1 to 64 letters, digits, _ or -")
        elif saved in RESERVED:
            self._wrong((*at, "save_as"), f"{saved} is taken: it is what {{{{{saved}.…}}}} stands for")
        return TaskStep(
            id=name,
            task=self._text(fields, "task", at, LONGEST_TASK, 1, needed=True) or "",
            machine_id=self._text(fields, "machine_id", at, 128, 1),
            cua_version=self._one_of(fields, "cua_version", at, CUA_VERSIONS),
            instructions=self._text(fields, "instructions", at, 16_000),
            system_prompt=self._text(fields, "system_prompt", at, 32_000),
            max_steps=self._whole(fields, "max_steps", at, 1, 1000),
            save_as=saved,
            on_awaiting_human=cast("Any", self._one_of(fields, "on_awaiting_human", at, WHEN_AWAITING)),
        )

    def _loop(self, name: str, fields: Mapping[str, Any], at: Place, depth: int, *, parallel: bool) -> LoopStep:
        if ("count" in fields) == ("while" in fields):
            both = "both are there" if "count" in fields else "neither is there"
            self._wrong(
                at, f"a loop has either count or while; {both}", "value_error" if "count" in fields else "missing"
            )
        return LoopStep(
            name,
            self._inner(fields, "body", at, depth, parallel=parallel),
            self._whole(fields, "count", at, 0, 2**31),
            self._condition_of(fields, "while", at) if "while" in fields else None,
            self._whole(fields, "max_iterations", at, 1, 100_000),
        )

    def _branches(self, fields: Mapping[str, Any], at: Place, depth: int) -> tuple[tuple[Step, ...], ...]:
        said, at = fields.get("branches"), (*at, "branches")
        if not isinstance(said, list) or not said:
            self._wrong(
                at,
                "it must be a list of branches, each a list of steps",
                "value_error" if "branches" in fields else "missing",
            )
            return ()
        if len(said) > MOST_BRANCHES:
            self._wrong(at, f"there are {len(said)} branches; at most {MOST_BRANCHES} are taken")
            return ()
        return tuple(self._steps(one, (*at, index), depth + 1, parallel=True) for index, one in enumerate(said))

    def _inner(
        self, fields: Mapping[str, Any], name: str, at: Place, depth: int, *, parallel: bool, needed: bool = True
    ) -> tuple[Step, ...]:
        if name not in fields:
            if needed:
                self._wrong((*at, name), "it is required: a list of steps", "missing")
            return ()
        return self._steps(fields[name], (*at, name), depth + 1, parallel=parallel)

    def _id(self, fields: Mapping[str, Any], at: Place) -> str:
        said = fields.get("id")
        if not isinstance(said, str) or not _ID.fullmatch(said):
            missing = "id" not in fields
            why = "it is required" if missing else f"{_shown(said)} is none"
            self._wrong(
                (*at, "id"), f"{why}: an id is 1 to 64 letters, digits, _ or -", "missing" if missing else "value_error"
            )
            return ""
        if said in self._ids:
            first = Mistake(self._ids[said], "").where
            self._wrong((*at, "id"), f"{said} is the id of {first} too")
        self._ids.setdefault(said, at)
        return said

    # Conditions

    def _condition_of(self, fields: Mapping[str, Any], name: str, at: Place) -> Condition:
        if name not in fields:
            self._wrong((*at, name), 'it is required, such as {"op": "truthy", "value": "{{inputs.x}}"}', "missing")
            return _NEVER
        return self._condition(fields[name], (*at, name), DEEPEST_CONDITION)

    def _condition(self, said: object, at: Place, left: int) -> Condition:
        if not isinstance(said, dict):
            self._wrong(at, f"a condition must be an object, not {_kind(said)}", "type_error")
            return _NEVER
        if not left:
            self._wrong(at, f"conditions are nested deeper than {DEEPEST_CONDITION}")
            return _NEVER
        op = said.get("op")
        if op not in _OPERATORS:
            missing = "op" not in said
            why = (
                f"it is required: one of {', '.join(_OPERATORS)}"
                if missing
                else f"there is no operator {_shown(op)}{near(op, _OPERATORS, OPERATORS, all_of='operators')}"
            )
            self._wrong((*at, "op"), why, "missing" if missing else "value_error")
            return _NEVER
        if op in _COMPARE:
            fields = self._object(said, at, ("op", "left", "right"), required=("left", "right"))
            return Compare(cast("Comparison", op), self._value(fields, "left", at), self._value(fields, "right", at))
        if op in _CHECK:
            fields = self._object(said, at, ("op", "value"), required=("value",))
            return CheckValue(cast("CheckOf", op), self._value(fields, "value", at))
        if op == "not":
            fields = self._object(said, at, ("op", "condition"), required=("condition",))
            if "condition" not in fields:
                return _NEVER
            return Negate(self._condition(fields["condition"], (*at, "condition"), left - 1))
        fields = self._object(said, at, ("op", "conditions"))
        every, place = fields.get("conditions"), (*at, "conditions")
        if not isinstance(every, list) or not 0 < len(every) <= MOST_CONDITIONS:
            self._wrong(
                place,
                f"it must be a list of 1 to {MOST_CONDITIONS} conditions",
                "value_error" if "conditions" in fields else "missing",
            )
            return _NEVER
        return Combine(
            cast("Joint", op), tuple(self._condition(one, (*place, index), left - 1) for index, one in enumerate(every))
        )

    # Fields

    def _object(
        self, said: object, at: Place, known: Collection[str], required: Collection[str] = ()
    ) -> Mapping[str, Any]:
        """Its fields. One that is null counts as absent, but where null is a value."""
        if not isinstance(said, dict):
            self._wrong(at, f"it must be an object, not {_kind(said)}", "type_error")
            return {}
        for name in said:
            if name not in known:
                self._wrong((*at, str(name)[:_SHOWN]), f"there is no such field{near(name, known)}", "extra_forbidden")
        fields = {
            name: value for name, value in said.items() if value is not None or name in ("left", "right", "value")
        }
        for name in required:
            if name not in fields:
                self._wrong((*at, name), "it is required", "missing")
        return fields

    def _value(self, fields: Mapping[str, Any], name: str, at: Place) -> Any:
        value = fields.get(name)
        if not references.is_shallow(value):
            self._wrong((*at, name), "it is nested too deeply")
            return None
        return value

    def _output(self, fields: Mapping[str, Any], at: Place) -> Mapping[str, Any] | None:
        said = self._value(fields, "output", at)
        if said is not None and not isinstance(said, dict):
            self._wrong((*at, "output"), f"it must be an object, not {_kind(said)}", "type_error")
            return None
        return said

    def _text(
        self, fields: Mapping[str, Any], name: str, at: Place, most: int = 2000, least: int = 0, *, needed: bool = False
    ) -> str | None:
        found: str | None = self._checked(
            fields,
            name,
            at,
            lambda value: isinstance(value, str) and least <= len(value) <= most,
            f"it must be a text of {f'{least} to' if least else 'up to'} {most} characters",
            needed=needed,
        )
        return found

    def _whole(
        self, fields: Mapping[str, Any], name: str, at: Place, least: int, most: int, *, needed: bool = False
    ) -> int | None:
        def fits(value: object) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

        found: int | None = self._checked(
            fields, name, at, fits, f"it must be a whole number from {least} to {most}", needed=needed
        )
        return found

    def _one_of(self, fields: Mapping[str, Any], name: str, at: Place, known: Sequence[str]) -> str | None:
        hint = near(fields.get(name), known)
        found: str | None = self._checked(
            fields, name, at, lambda value: value in known, f"it must be one of {', '.join(known)}{hint}"
        )
        return found

    def _checked(
        self,
        fields: Mapping[str, Any],
        name: str,
        at: Place,
        fits: Callable[[Any], bool],
        why: str,
        *,
        needed: bool = False,
    ) -> Any:
        if name not in fields:
            if needed:
                self._wrong((*at, name), f"it is required: {why}", "missing")
            return None
        if not fits(fields[name]):
            self._wrong((*at, name), f"{why}, not {_shown(fields[name])}")
            return None
        return fields[name]

    def _wrong(
        self,
        at: Place,
        what: str,
        kind: Literal["value_error", "missing", "type_error", "extra_forbidden"] = "value_error",
    ) -> None:
        self.mistakes.append(Mistake(at, what, kind))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")


def _shown(value: object) -> str:
    """A few characters of it, where it is a plain value; else which kind it is."""
    if isinstance(value, str):
        text = "".join(character if character.isprintable() else "?" for character in value[:_SHOWN])
        return f'"{text}{"…" if len(value) > _SHOWN else ""}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) and abs(value) < 10**12 else _kind(value)
