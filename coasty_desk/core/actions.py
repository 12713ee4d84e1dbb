"""What can be done on a desktop: a closed union of frozen values.

Coordinates are in whatever space the owner says: **sent** pixels in a `Prediction`, **real**
pixels inside a `scaling.Placed`. `done` and `fail` are a prediction's verdict, not actions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from typing import Literal, TypeAlias, get_args

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from coasty_desk.core.keys import chords
from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import CONTROL, MODIFIERS
from coasty_desk.core.money import Money

Button: TypeAlias = Literal["left", "right", "middle"]
BUTTONS: tuple[Button, ...] = get_args(Button)


QUESTION = 2000
"""Characters of an action that are shown to whoever is asked about it."""


class Point(Struct, frozen=True):
    """A place in pixels; fractions are allowed until it is placed on the screen."""

    x: float
    y: float


class Click(Struct, frozen=True):
    """Press and release `button` `count` times; `None` means where the pointer is.

    Its `modifiers`, as those of a drag and a scroll, may be named in any spelling and are canonical keys once it is made.
    Raises UnknownKey, a ValueError, for what is none.
    """

    point: Point | None
    button: Button = "left"
    count: int = 1
    modifiers: Stroke = ()

    def __post_init__(self) -> None:
        _hold(self)


class Move(Struct, frozen=True):
    """Move the pointer."""

    point: Point


class Drag(Struct, frozen=True):
    """Press at `start` (`None`: where the pointer is), move over the points of `via` to `end`, release."""

    start: Point | None
    end: Point
    button: Button = "left"
    modifiers: Stroke = ()
    via: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        _hold(self)


class Scroll(Struct, frozen=True):
    """Turn the wheel: `notches` are + up or right, - down or left, at `point` (`None`: at the pointer)."""

    notches: int
    axis: Literal["vertical", "horizontal"] = "vertical"
    point: Point | None = None
    modifiers: Stroke = ()

    def __post_init__(self) -> None:
        _hold(self)


class TypeText(Struct, frozen=True):
    """Type the text as it stands; newline and tab are the Enter and Tab keys."""

    text: str


class PressKeys(Struct, frozen=True):
    """Press and release each key, one after the other.

    `keys` are the words for it, in whatever spelling; `strokes` what they are, read from them once, as the action is
    made: gates and executors look at nothing else. Raises UnknownKey, a ValueError, where one of them is none.
    """

    keys: tuple[str, ...]
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "strokes", chords.in_turn(self.keys))


class KeyCombo(Struct, frozen=True):
    """Hold all keys in order, release them in reverse; `strokes` as those of `PressKeys`, nearly always one."""

    keys: tuple[str, ...]
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "strokes", chords.together(self.keys))


class HoldKeys(KeyCombo, frozen=True, kw_only=True):
    """Hold all keys for so many `seconds`: what holds for a chord holds for it too. Those that write repeat meanwhile."""

    seconds: float

    def __post_init__(self) -> None:
        KeyCombo.__post_init__(self)
        if len(self.strokes) > 1:
            raise chords.UnknownKey("+".join(self.keys))

    @property
    def repeats(self) -> bool:
        """Whether there is a key among them that does something, and does it again and again."""
        return not set(self.strokes[0]) <= set(MODIFIERS)


class Wait(Struct, frozen=True):
    """Do nothing for `seconds`."""

    seconds: float


class Look(Struct, frozen=True):
    """Look again, and do nothing: the batch ends here, and what comes after it waits for another answer."""


class Launch(Struct, frozen=True):
    """Start the application that has this name in the desktop's menu; `entry` is its entry's file name, where it has one.

    Only a predictor of this process says so: no answer of a service is read as one.
    """

    name: str
    entry: str = ""


Action: TypeAlias = Click | Move | Drag | Scroll | TypeText | PressKeys | KeyCombo | HoldKeys | Wait | Look | Launch


def points(action: Action) -> tuple[Point | None, ...]:
    """Every point that the action names or means, in its order; None is where the pointer is."""
    match action:
        case Click(point) | Move(point) | Scroll(point=point):
            return (point,)
        case Drag(start, end, via=via):
            return (start, *via, end)
        case _:
            return ()


def strokes_of(action: Action) -> tuple[Stroke, ...]:
    """Every stroke of keys that the action makes; of a typed text the keys that are no characters."""
    match action:
        case PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
            return strokes
        case Click(modifiers=held) | Drag(modifiers=held) | Scroll(modifiers=held):
            return (held,) if held else ()
        case TypeText(text):
            return tuple((CONTROL[character],) for character in text if character in CONTROL)
        case _:
            return ()


def moved(action: Action, to: Callable[[Point], Point]) -> Action:
    """The same with every point that it names put where `to` says."""
    match action:
        case Click(Point() as point) | Move(point) | Scroll(point=Point() as point):
            return replace(action, point=to(point))
        case Drag(start, end, via=via):
            start = None if start is None else to(start)
            return replace(action, start=start, via=tuple(map(to, via)), end=to(end))
        case _:
            return action


class Refusal(Struct, frozen=True, omit_defaults=True):
    """An action that was not done: what it was (in words), who refused it, and why.

    `partly`: its input had begun to go out, and the rest of it was not done.

    `by` is `wire` (it could not be understood), `keys` (no such key), `policy`, `mask`,
    `secret` (there is none of that name), `person`, `abort` (it would have stopped the run),
    `focus` (another window has the keyboard), `pointer` (it cannot get there) or `desktop` (there
    is no such application).
    """

    action: str
    by: str
    why: str
    partly: bool = False


class LookAgain(Struct, frozen=True):
    """Not now: the screen is not what the model saw. The rest of the batch is dropped; `why` is told to it."""

    why: str


class Done(Struct, frozen=True):
    """An action that was carried out whole."""


class NotDone(Struct, frozen=True):
    """An action that was neither tried nor refused, and `why`: the screen is to be seen first, or one before it was refused."""

    why: str


Outcome: TypeAlias = Done | Refusal | NotDone


class Evidence(Struct, frozen=True):
    """Why what the last steps did is taken for done: of which `kind`, `what` it is in words, `where` if anywhere.

    `where` is left, top, width and height in sent pixels.
    """

    kind: str
    what: str
    where: tuple[int, int, int, int] | None = None


class Verdict(Enum):
    """What a prediction says of the task."""

    CONTINUE = "continue"
    DONE = "done"
    FAIL = "fail"
    ASK = "ask"


class Usage(Struct, frozen=True):
    """What a prediction cost. `cost` is what was really charged, 0 where nothing was."""

    cost: Money = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Prediction(Struct, frozen=True):
    """A model's answer to one screenshot.

    `actions` are in sent pixels, in order; one that could not be understood stands as its
    `Refusal`. `space` is the (width, height) in pixels that the answer says its coordinates
    are in, where it says so (API.md §4.2). `attempts` counts the requests that it took.
    `descriptions` are the model's own words for each action, empty where it has none. `evidence` is what
    the screenshot shows of what was done before, where the predictor says so. `clamps`: it is agreed that a point
    outside the space is one at its edge (API.md §4.1); otherwise it is a fault, and refused.
    `question` is what the verdict `ask` asks the person, `answer` what the model says as the task's own. `position` is where in its
    instructions a predictor is that carries them out one by one, in numbers of its own.
    """

    verdict: Verdict
    actions: tuple[Action | Refusal, ...] = ()
    reasoning: str = ""
    request_id: str | None = None
    usage: Usage = field(default_factory=Usage)
    space: tuple[int, int] | None = None
    attempts: int = 1
    descriptions: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    clamps: bool = False
    question: str = ""
    answer: str = ""
    position: tuple[int, ...] = ()

    def description(self, action: Action) -> str:
        """The model's words for this very action of `actions`; empty where there are none."""
        found = (said for one, said in zip(self.actions, self.descriptions, strict=False) if one is action)
        return next(found, "")


def _hold(action: Click | Drag | Scroll) -> None:
    if action.modifiers:
        force_setattr(action, "modifiers", chords.held(action.modifiers))


def in_words(action: Action) -> str:
    """The action as a person would say it, on one line; text is quoted, so control characters are visible."""
    held = "".join(f"{key}+" for key in getattr(action, "modifiers", ()))
    match action:
        case Click(point, button, count):
            times = {1: "click", 2: "double-click", 3: "triple-click"}.get(count, f"{count} clicks")
            return f"{held}{times}{'' if button == 'left' else f' ({button})'} at {_at(point)}"
        case Move(point):
            return f"move to {_at(point)}"
        case Drag(start, end, button, via=via):
            way = f" over {', '.join(map(_at, via))}" if len(via) < 4 else f" over {len(via)} points"
            over = way if via else ""
            return f"{held}drag{'' if button == 'left' else f' ({button})'} from {_at(start)}{over} to {_at(end)}"
        case Scroll(notches, axis, point):
            ways = ("up", "down") if axis == "vertical" else ("right", "left")
            return f"{held}scroll {ways[notches < 0]} {abs(notches)} at {_at(point)}"
        case TypeText(text):
            return f"type {text!r}"
        case PressKeys(keys):
            return f"press {', '.join(map(repr, keys))}"
        case HoldKeys(keys, seconds=seconds):
            return f"hold {'+'.join(keys)} for {seconds:g} s"
        case KeyCombo(keys):
            return f"press {'+'.join(keys)}"
        case Wait(seconds):
            return f"wait {seconds:g} s"
        case Look():
            return "look again"
        case Launch(name):
            return f"open {json.dumps(name, ensure_ascii=False)}"


def both_ends(text: str, longest: int = QUESTION) -> str:
    """The text, or where it is longer its beginning and its end, with how much is left out between them."""
    left_out = len(text) - longest
    if left_out <= 0:
        return text
    half = longest // 2
    return f"{text[:half]} […{left_out:,} characters left out…] {text[len(text) - longest + half :]}"


def _at(point: Point | None) -> str:
    return "the pointer" if point is None else f"({point.x:g}, {point.y:g})"
