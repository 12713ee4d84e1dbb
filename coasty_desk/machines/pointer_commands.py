"""The commands of a machine for its pointer, its keyboard and its screen (API.md §13.3), in every spelling that programs send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins

from coasty_desk.core.actions import Action, Drag, Move, Point, Refusal, TypeText, Wait, in_words
from coasty_desk.machines.command import Command, CommandResult
from coasty_desk.machines.driver import Driver
from coasty_desk.wire import action_json
from coasty_desk.wire.canonical_actions import MAX_CLICKS, MAX_HELD, MAX_KEY_NAME, MAX_KEYS, MAX_NOTCHES, MAX_TEXT

LONGEST_WAIT = 120.0
"""Seconds: a command may take no longer."""

Pixel = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_KEY_NAME)]
Names = Annotated[list[Name], Meta(min_length=1, max_length=MAX_KEYS)]
Held = Annotated[list[Name], Meta(max_length=MAX_HELD)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_WAIT)]
Milliseconds = Annotated[float, Meta(ge=0, le=LONGEST_WAIT * 1000)]
Clicks = Annotated[int, Meta(ge=-MAX_NOTCHES, le=MAX_NOTCHES)]


class _Spelled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters that are read as one action, and refused where they are none."""

    def __post_init__(self) -> None:
        self.action()

    def kind(self) -> str:
        """The type of action that they are of."""
        raise NotImplementedError

    def more(self) -> Mapping[str, object]:
        """What stands for itself in the command's name."""
        return {}

    def action(self) -> Action:
        """Raises ValueError where they cannot be read."""
        said = {name: value for name, value in to_builtins(self).items() if value is not None}
        found = action_json.decode({"action_type": self.kind(), "params": said | dict(self.more())}).actions[0]
        if isinstance(found, Refusal):
            raise ValueError(found.why)  # noqa: TRY004 - a value is what msgspec has to be told of
        return found


class ClickParameters(_Spelled, frozen=True, kw_only=True):
    """A click at a pixel of the machine's screenshot."""

    x: Pixel
    y: Pixel
    button: Name | None = None
    clicks: Annotated[int, Meta(ge=1, le=MAX_CLICKS)] | None = None
    modifiers: Held | Name | None = None

    def kind(self) -> str:
        """A click."""
        return "click"


class DoubleClickParameters(_Spelled, frozen=True, kw_only=True):
    """A double click at a pixel of the machine's screenshot."""

    x: Pixel
    y: Pixel
    button: Name | None = None
    modifiers: Held | Name | None = None

    def kind(self) -> str:
        """A click."""
        return "click"

    def more(self) -> Mapping[str, object]:
        """Two of them."""
        return {"clicks": 2}


class ModifiedClickParameters(_Spelled, frozen=True, kw_only=True):
    """A click at a pixel while keys are held: `modifiers`, or `keys`."""

    x: Pixel
    y: Pixel
    modifiers: Held | Name | None = None
    keys: Held | Name | None = None
    button: Name | None = None
    clicks: Annotated[int, Meta(ge=1, le=MAX_CLICKS)] | None = None

    def kind(self) -> str:
        """A click."""
        return "click"

    def more(self) -> Mapping[str, object]:
        """The keys under the one name."""
        held = self.modifiers if self.modifiers is not None else self.keys
        if not held:
            message = "modifiers is missing"
            raise ValueError(message)
        names = [held] if isinstance(held, str) else held
        return {"modifiers": [key for name in names for key in (name.split("+") if len(name) > 1 else [name])]}


class TypeParameters(_Spelled, frozen=True, kw_only=True):
    """A text, typed as it stands. How fast is this program's affair: `interval` and `delay` are taken, and change nothing."""

    text: Text
    interval: Seconds | None = None
    delay: Milliseconds | None = None

    def kind(self) -> str:
        """A text."""
        return "type_text"


class KeyPressParameters(_Spelled, frozen=True, kw_only=True):
    """Keys pressed one after the other: `keys`, or `key`."""

    keys: Names | Name | None = None
    key: Names | Name | None = None

    def kind(self) -> str:
        """Keys in turn."""
        return "key_press"


class KeyComboParameters(_Spelled, frozen=True, kw_only=True):
    """Keys held together: a list, or `ctrl+c`."""

    keys: Held | Name | None = None
    key: Held | Name | None = None

    def kind(self) -> str:
        """Keys at once."""
        return "key_combo"


class ScrollParameters(_Spelled, frozen=True, kw_only=True):
    """Turns of the wheel: signed `clicks` (up and right are +) with `direction` vertical or horizontal, or a direction word with `amount`."""

    x: Pixel | None = None
    y: Pixel | None = None
    clicks: Clicks | None = None
    direction: Literal["vertical", "horizontal", "up", "down", "left", "right"] | None = None
    amount: Clicks | None = None
    modifiers: Held | Name | None = None

    def kind(self) -> str:
        """The wheel."""
        return "scroll"


class DragParameters(_Spelled, frozen=True, kw_only=True):
    """From `x1`, `y1` (or `from_x`, `from_y`; none: where the pointer is) to `x2`, `y2` (or `to_x`, `to_y`). `duration` is taken, and changes nothing."""

    x1: Pixel | None = None
    y1: Pixel | None = None
    x2: Pixel | None = None
    y2: Pixel | None = None
    from_x: Pixel | None = None
    from_y: Pixel | None = None
    to_x: Pixel | None = None
    to_y: Pixel | None = None
    button: Name | None = None
    modifiers: Held | Name | None = None
    duration: Seconds | None = None

    def kind(self) -> str:
        """A drag."""
        return "drag"


class MoveParameters(_Spelled, frozen=True, kw_only=True):
    """The pointer at a pixel of the machine's screenshot. `duration` is taken, and changes nothing."""

    x: Pixel
    y: Pixel
    duration: Seconds | None = None

    def kind(self) -> str:
        """A move."""
        return "move"


class WaitParameters(_Spelled, frozen=True, kw_only=True):
    """`seconds`, or `ms`; neither is one second."""

    seconds: Seconds | None = None
    ms: Milliseconds | None = None

    def kind(self) -> str:
        """A wait."""
        return "wait"


class ScreenshotParameters(Struct, frozen=True, forbid_unknown_fields=True):
    """How the picture is encoded."""

    format: Literal["jpeg", "png", "jpg"] = "jpeg"


def _act(driver: Driver, parameters: _Spelled, seconds: float) -> CommandResult:
    action = parameters.action()
    if isinstance(action, Wait):
        driver.wait(min(action.seconds, seconds))
    else:
        driver.act(action, seconds)
    return CommandResult({"message": _told(action), **_at(action)})


def _told(action: Action) -> str:
    """What was done; how much of a text, and not which."""
    return f"typed {len(action.text)} characters" if isinstance(action, TypeText) else in_words(action)


def _at(action: Action) -> dict[str, Any]:
    """Where the pointer has been put."""
    match action:
        case Move(Point(x, y)) | Drag(end=Point(x, y)):
            return {"x": x, "y": y}
        case _:
            return {}


def _row(name: str, parameters: type) -> Command:
    return Command(name, "actions:exec", parameters, _act)


POINTER_COMMANDS = (
    _row("click", ClickParameters),
    _row("double_click", DoubleClickParameters),
    _row("click_with_modifiers", ModifiedClickParameters),
    _row("type", TypeParameters),
    _row("type_text", TypeParameters),
    _row("key_press", KeyPressParameters),
    _row("key_combo", KeyComboParameters),
    _row("scroll", ScrollParameters),
    _row("drag", DragParameters),
    _row("move", MoveParameters),
    _row("wait", WaitParameters),
)
"""What they do is in the machine's own pixels: those of its screenshot."""
