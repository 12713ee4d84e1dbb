"""What an instruction says, as values: the language that grammar.py reads and interpreter.py carries out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from coasty_desk.core.keys import chords
from coasty_desk.core.keys.chords import Stroke

Kind: TypeAlias = Literal[
    "", "button", "link", "field", "checkbox", "radio", "switch", "tab", "menu", "icon", "text", "row", "list", "window"
]
"""What kind of thing a target is; empty where the instruction does not say."""

BOXES: frozenset[Kind] = frozenset({"checkbox", "radio", "switch"})
"""What has a state and is brought into one."""

Way: TypeAlias = Literal["next to", "right of", "left of", "above", "below", "in the row of", "in"]
"""How a target lies to the thing that it is told apart by."""

LAST = -1
"""The ordinal of `the last`."""


class NotUnderstoodError(Exception):
    """An instruction that is not in the language; the message points at the word."""


class Relation(Struct, frozen=True):
    """`way` the `target`."""

    way: Way
    target: Target


class Target(Struct, frozen=True):
    """Something on the screen: by its `label` (empty: by its relations alone), the `ordinal`-th of several (0: the only one).

    `part`: the label may be a part of a longer one.
    """

    label: str
    kind: Kind = ""
    ordinal: int = 0
    relations: tuple[Relation, ...] = ()
    part: bool = False

    def __str__(self) -> str:
        nth = {0: "", LAST: "the last ", 1: "the 1st ", 2: "the 2nd ", 3: "the 3rd "}.get(
            self.ordinal, f"the {self.ordinal}th "
        )
        name = f"“{self.label}”" if self.label else ""
        said = " ".join(filter(None, [self.kind if not self.label else "", name]))
        return nth + said + "".join(f" {relation.way} {relation.target}" for relation in self.relations)


class Condition(Struct, frozen=True):
    """Whether the target is on the screen (`there`), or is not; `newly`: it must not have been there before.

    `of` is `box` where it is about the box of the target being checked.
    """

    target: Target
    there: bool = True
    newly: bool = False
    of: Literal["screen", "box"] = "screen"

    def __str__(self) -> str:
        if self.of == "box":
            return f"{self.target} is {'' if self.there else 'not '}checked"
        return f"{self.target} {'appears' if self.newly else 'is there' if self.there else 'is gone'}"


class ClickOn(Struct, frozen=True):
    """Click it; without a target, where the pointer is."""

    target: Target | None
    button: Literal["left", "right", "middle"] = "left"
    count: int = 1
    modifiers: tuple[str, ...] = ()


class Hover(Struct, frozen=True):
    """Move the pointer there."""

    target: Target


class TypeIn(Struct, frozen=True):
    """Type the text, into the field where one is named; `replace`: in the place of what stands there."""

    text: str
    field: Target | None = None
    replace: bool = False


class Press(Struct, frozen=True):
    """Press keys: each of `strokes` is one key or a chord of several, as it was named; `pressed` is what they are."""

    strokes: tuple[tuple[str, ...], ...]
    times: int = 1

    @property
    def pressed(self) -> tuple[Stroke, ...]:
        """In canonical keys. Raises UnknownKey."""
        return tuple(map(chords.stroke, self.strokes))


class Turn(Struct, frozen=True):
    """Scroll by `notches` (+ up or right), at the target where one is named; until the condition holds."""

    notches: int
    axis: Literal["vertical", "horizontal"] = "vertical"
    at: Target | None = None
    until: Condition | None = None


class DragTo(Struct, frozen=True):
    """Drag the one to the other."""

    start: Target
    end: Target


class Pause(Struct, frozen=True):
    """Wait so many seconds."""

    seconds: float


class WaitFor(Struct, frozen=True):
    """Wait until the condition holds, at most `seconds` (None: the usual patience)."""

    condition: Condition
    seconds: float | None = None


class Verify(Struct, frozen=True):
    """The condition must hold."""

    condition: Condition


class Tick(Struct, frozen=True):
    """Bring a box into the state `on`."""

    target: Target
    on: bool


class Choose(Struct, frozen=True):
    """Choose the option, in the list, menu or box where one is named."""

    option: str
    source: Target | None = None


class Read(Struct, frozen=True):
    """Say the text that is found there."""

    target: Target


class Open(Struct, frozen=True):
    """Open an application by its name."""

    name: str


class If(Struct, frozen=True):
    """Do `then` where the condition holds, else `otherwise`."""

    condition: Condition
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


class Repeat(Struct, frozen=True):
    """Do the body `times` times, or until the condition holds (then `times` is the most)."""

    body: tuple[Step, ...]
    times: int
    until: Condition | None = None


Instruction: TypeAlias = (
    ClickOn
    | Hover
    | TypeIn
    | Press
    | Turn
    | DragTo
    | Pause
    | WaitFor
    | Verify
    | Tick
    | Choose
    | Read
    | Open
    | If
    | Repeat
)


class Step(Struct, frozen=True):
    """An instruction and the words that it was said in."""

    does: Instruction
    words: str


def shown(steps: Iterable[Step]) -> list[str]:
    """Each step as it was understood, a line of its own; what belongs to an `if` or a `repeat` stands below it, further in."""
    lines = []
    for step in steps:
        lines.append(_said(step.does))
        match step.does:
            case If(_, body, otherwise):
                lines += [f"  {line}" for line in shown(body)]
                if otherwise:
                    lines += ["otherwise:", *(f"  {line}" for line in shown(otherwise))]
            case Repeat(body):
                lines += [f"  {line}" for line in shown(body)]
    return lines


def _said(does: Instruction) -> str:
    match does:
        case If(condition):
            return f"if {condition}:"
        case Repeat(_, times, None):
            return f"repeat {times} times:"
        case Repeat(_, times, until):
            return f"until {until}, {times} times at most:"
        case ClickOn():
            return _click(does)
        case Hover(target):
            return f"point at {_thing(target)}"
        case TypeIn("", Target() as target, True):
            return f"clear {_thing(target)}"
        case TypeIn(text, target):
            return f"type “{text}”" + ("" if target is None else f" into {_thing(target)}")
        case Press(strokes, times):
            return f"press {', '.join('+'.join(s) for s in strokes)}" + (f" {times} times" if times > 1 else "")
        case Turn():
            return _turn(does)
        case DragTo(start, end):
            return f"drag {_thing(start)} to {_thing(end)}"
        case Pause(seconds):
            return f"wait {seconds:g} s"
        case WaitFor(condition, seconds):
            return f"wait until {condition}" + ("" if seconds is None else f", {seconds:g} s at most")
        case Verify(condition):
            return f"make sure that {condition}"
        case Tick(target, on):
            return f"{'check' if on else 'uncheck'} {_thing(target)}"
        case Choose(option, source):
            return f"choose “{option}”" + ("" if source is None else f" in {_thing(source)}")
        case Read(target):
            return f"read {_thing(target)}"
        case Open(name):
            return f"open the application “{name}”"


def _click(does: ClickOn) -> str:
    held = "".join(f"{key}+" for key in does.modifiers)
    button = "" if does.button == "left" else f"{does.button}-"
    count = {1: "", 2: "double-", 3: "triple-"}[does.count]
    return f"{held}{button}{count}click {'where the pointer is' if does.target is None else _thing(does.target)}"


def _turn(does: Turn) -> str:
    ways = ("up", "down") if does.axis == "vertical" else ("right", "left")
    where = "" if does.at is None else f" at {_thing(does.at)}"
    return f"scroll {ways[does.notches < 0]} {abs(does.notches)}{where}" + (
        f" until {does.until}" if does.until else ""
    )


def _thing(target: Target) -> str:
    """The target with its kind, also where it has a name."""
    name = f"“{target.label}”"
    return str(target).replace(name, f"{target.kind} {name}", 1) if target.kind and target.label else str(target)
