"""What an instruction says, as values: the language that grammar.py reads and interpreter.py carries out."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from coasty_desk.core.keys import chords
from coasty_desk.core.keys.chords import Stroke

Kind: TypeAlias = Literal[
    "", "button", "link", "field", "checkbox", "radio", "tab", "menu", "icon", "text", "row", "list", "window"
]
"""What kind of thing a target is; empty where the instruction does not say."""

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
