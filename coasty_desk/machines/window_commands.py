"""The commands of a machine for its windows (API.md §13.3): listed, brought up, put away, moved, as a person does by their title bars.

What a window calls itself is foreign: it is matched as text, told on one line, and cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from coasty_desk.core.actions import Move, Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.policy import of_windows
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, NamedWindow
from coasty_desk.core.printable import printable
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.windows import ManagedWindow, WindowManager
from coasty_desk.desktop.imaging.visible_area import area, common, uncovered
from coasty_desk.machines.command import Command, CommandError, CommandResult
from coasty_desk.machines.driver import Driver

_TITLE = 300
"""Characters of a title that are told."""

_MOST = 200
"""Windows that are told of."""

_SOMEWHERE = Move(Point(0, 0))

Id = (
    Annotated[int, Meta(ge=0, le=2**32)]
    | Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^(0[xX])?[0-9a-fA-F]+$")]
)
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE)]
Place = Annotated[int, Meta(ge=-100_000, le=100_000)]
Extent = Annotated[int, Meta(ge=1, le=100_000)]


class ListWindowsParameters(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is to be said."""


class WindowParameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window by its `window_id` of `list_windows`, or by a part of its title that no other window's has."""

    window_id: Id | None = None
    id: Id | None = None
    title: Title | None = None
    window_title: Title | None = None
    name: Title | None = None

    def __post_init__(self) -> None:
        if all(one is None for one in (self.window_id, self.id, *self.titles)):
            message = "window_id is missing, or title"
            raise ValueError(message)

    @property
    def titles(self) -> tuple[str | None, ...]:
        """The title under each of its names."""
        return (self.title, self.window_title, self.name)

    def matches(self, window: ManagedWindow) -> bool:
        """Whether it is the one that is meant, or may be."""
        said = self.window_id if self.window_id is not None else self.id
        if said is not None:
            return window.id == _number(said)
        return _title(self).casefold() in window.title.casefold()


class MoveWindowParameters(WindowParameters, frozen=True, kw_only=True):
    """A window, where its frame is to be (real pixels), and its size where that is to change."""

    x: Place
    y: Place
    width: Extent | None = None
    height: Extent | None = None


class ArrangeWindowsParameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How: `tile` in a grid, `horizontal` side by side, `vertical` one above the other, `cascade`; of all windows in sight, or of these ids."""

    layout: Literal["tile", "grid", "horizontal", "side_by_side", "vertical", "stack", "cascade"] = "tile"
    arrangement: Literal["tile", "grid", "horizontal", "side_by_side", "vertical", "stack", "cascade"] | None = None
    window_ids: Annotated[list[Id], Meta(max_length=50)] | None = None


def _list(driver: Driver, parameters: ListWindowsParameters, seconds: float) -> CommandResult:
    del parameters, seconds
    found = _managed()
    masked = _masked(driver)
    return CommandResult({"windows": [_told(window, masked) for window in found[:_MOST]], "count": len(found)})


def _one(
    what: str, do: Callable[[WindowManager, int], bool], *, closes: bool = False
) -> Callable[[Driver, WindowParameters, float], CommandResult]:
    def run(driver: Driver, parameters: WindowParameters, seconds: float) -> CommandResult:
        del seconds
        window = _meant(driver, parameters, closes=closes)
        return _outcome(driver, window, what, came_true=do(_manager(), window.id))

    return run


def _move(driver: Driver, parameters: MoveWindowParameters, seconds: float) -> CommandResult:
    del seconds
    window = _meant(driver, parameters)
    size = (parameters.width, parameters.height)
    return _outcome(driver, window, "moved", came_true=_manager().move(window.id, parameters.x, parameters.y, *size))


def _arrange(driver: Driver, parameters: ArrangeWindowsParameters, seconds: float) -> CommandResult:
    del seconds
    manager, masked = _manager(), _masked(driver)
    wanted = None if parameters.window_ids is None else {_number(one) for one in parameters.window_ids}
    every = [window for window in _managed() if not window.minimized and (wanted is None or window.id in wanted)]
    meant = [window for window in every if not _refusal(driver, window, masked)]
    if not meant:
        message = "There is no window to be arranged."
        raise CommandError(message)
    places = _places(parameters.arrangement or parameters.layout, manager.work_area(), len(meant))
    moved = [
        manager.move(window.id, at.left, at.top, at.width, at.height)
        for window, at in zip(reversed(meant), reversed(places), strict=True)  # the topmost last: it stays so
    ]
    return CommandResult(
        {"arranged": sum(moved), "left_alone": len(every) - len(meant), "windows": [one.id for one in meant]}
    )


def _meant(driver: Driver, parameters: WindowParameters, *, closes: bool = False) -> ManagedWindow:
    """The window that is meant, where it may be touched. Raises CommandError."""
    found = [window for window in _managed() if parameters.matches(window)]
    if not found:
        message = "There is no such window; list_windows tells which there are."
        raise CommandError(message)
    if len(found) > 1:
        exact = [window for window in found if window.title == next(filter(None, parameters.titles), None)]
        if len(exact) != 1:
            message = f"{len(found)} windows have that in their title; say which by its window_id."
            raise CommandError(message)
        found = exact
    why = _refusal(driver, found[0], _masked(driver), closes=closes)
    if why:
        message = f"It was refused, and not done: {why}."
        raise CommandError(message)
    return found[0]


def _refusal(driver: Driver, window: ManagedWindow, masked: Sequence[Rect], *, closes: bool = False) -> str:
    """Why the window must not be touched, in words; empty where it may be."""
    if masked and 2 * area(uncovered(window.frame, masked)) <= area([window.frame]):
        return "that window is masked: it stays as it is"
    named = (NamedWindow(window.title, window.kind, frame=window.frame),)
    for policy in driver.rules.policies:
        if policy.allowed_actions is not None:
            return "the policy allows only the actions that it names, and no window is among them"
        if closes and policy.block_window_close:
            return "the policy blocks what closes a window"
        why = of_windows(policy, _SOMEWHERE, named)
        if why:
            return why
    if driver.rules.confirm == "always":
        return "every action here waits for a person's yes, and nobody is there to give it"
    return ""


def _outcome(driver: Driver, window: ManagedWindow, what: str, *, came_true: bool) -> CommandResult:
    """What became of it. Raises CommandError where the wish did not come true."""
    now = next((one for one in _managed() if one.id == window.id), None)
    if not came_true:
        message = f"The window was not {what}: it does not let itself be, or asks something first. Look at the screen."
        raise CommandError(message)
    return CommandResult(
        {"message": f"the window was {what}", **({} if now is None else {"window": _told(now, _masked(driver))})}
    )


def _told(window: ManagedWindow, masked: Sequence[Rect]) -> dict[str, Any]:
    """A window as JSON; without the title of one in a mask."""
    hidden = any(area([common(window.frame, rect)]) for rect in masked)
    at = window.frame
    return {
        "window_id": window.id,
        "title": "" if hidden else printable(window.title[:_TITLE], strictly=True),
        "application": printable(window.kind[:_TITLE], strictly=True),
        "x": at.left,
        "y": at.top,
        "width": at.width,
        "height": at.height,
        "active": window.active,
        "minimized": window.minimized,
        "maximized": window.maximized,
    }


def _places(layout: str, within: Rect, many: int) -> list[Rect]:
    """Where each of so many windows goes."""
    if layout == "cascade":
        step = 32
        width, height = max(within.width * 2 // 3, 1), max(within.height * 2 // 3, 1)
        room = max(min(within.width - width, within.height - height) // step, 1)
        return [
            Rect(within.left + step * (turn % room), within.top + step * (turn % room), width, height)
            for turn in reversed(range(many))
        ]
    columns = {"horizontal": many, "side_by_side": many, "vertical": 1, "stack": 1}.get(
        layout, math.ceil(math.sqrt(many))
    )
    rows = math.ceil(many / columns)
    width, height = within.width // columns, within.height // rows
    return [
        Rect(within.left + turn % columns * width, within.top + turn // columns * height, width, height)
        for turn in range(many)
    ]


def _masked(driver: Driver) -> tuple[Rect, ...]:
    return driver.masked()


def _managed() -> tuple[ManagedWindow, ...]:
    return _manager().managed()


def _manager() -> WindowManager:
    manager = platform.window_manager
    if manager is None:
        message = "Windows can only be arranged on X11 for now."
        raise DesktopError(message, "Use the mouse.")
    return manager


def _number(said: int | str) -> int:
    if isinstance(said, int):
        return said
    return int(said, 16) if said[:2].lower() == "0x" or not said.isdecimal() else int(said)


def _title(parameters: WindowParameters) -> str:
    return next((title for title in parameters.titles if title), "")


def _row(name: str, parameters: type, run: Callable[[Driver, Any, float], CommandResult]) -> Command:
    return Command(name, "actions:exec", parameters, run)


WINDOW_COMMANDS = (
    _row("list_windows", ListWindowsParameters, _list),
    _row("switch_to_window", WindowParameters, _one("brought up", lambda manager, number: manager.activate(number))),
    _row("close_window", WindowParameters, _one("closed", lambda manager, number: manager.close(number), closes=True)),
    _row("minimize_window", WindowParameters, _one("put away", lambda manager, number: manager.minimize(number))),
    _row("maximize_window", WindowParameters, _one("maximized", lambda manager, number: manager.maximize(number))),
    _row("restore_window", WindowParameters, _one("restored", lambda manager, number: manager.restore(number))),
    _row("arrange_windows", ArrangeWindowsParameters, _arrange),
    _row("move_window", MoveWindowParameters, _move),
)
