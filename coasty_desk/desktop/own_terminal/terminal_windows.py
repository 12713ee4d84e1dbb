"""The windows that this program was started from, as the screen shows them: what of them can be seen, and whether they get the keys.

With them goes what they have opened: dialogs, menus, hints. Where other windows cover them they
are not to be seen, so there the picture stays as it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.base.own_window import OwnWindow
from coasty_desk.desktop.imaging.visible_area import area, common, uncovered
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import grabs, properties, window_stack
from coasty_desk.desktop.x11.clients import Clients, gone
from coasty_desk.desktop.x11.window_stack import Outer
from coasty_desk.desktop.x11.xlib import X

KNOWN_FOR = 0.5
"""Seconds for which what was told holds while the server says of no window that it has changed."""

UNFINISHED = 1.0
"""Seconds after a change in which that holds no longer than `UNTOLD`: a manager takes in what was opened step by step, and not every step is told."""

UNTOLD = 0.05
"""Seconds; looking each time made a run of seven steps a second longer, and more on a busy machine."""

OPAQUE = 0xFFFFFFFF
ALPHA_DEPTH = 32


class Covering(Struct, frozen=True):
    """What can be believed of windows that lie above: on a composited screen they may be glass.

    `by_manager`: it is the window manager itself that composites, and windows say what is glass; of others nobody knows.
    """

    composited: bool
    by_manager: bool


class _Seen(Struct, frozen=True):
    """`applications` are their windows, each with the root's child that it is in; `family` are those of these that are ours."""

    outers: tuple[Outer, ...]
    applications: Mapping[int, int]
    family: frozenset[int]
    visible: tuple[Rect, ...]


class OwnTerminal:
    """Follows `windows` on the display that DISPLAY names. A `core.gates.masked.Mask`. Raises DesktopError where the display is gone."""

    def __init__(self, windows: Sequence[OwnWindow]) -> None:
        self.windows = tuple(windows)
        self._lock = threading.Lock()
        self._display: Any = None
        self._told: _Seen | None = None
        self._told_at = 0.0
        self._changed_at = 0.0

    @property
    def processes(self) -> frozenset[int]:
        """Whose they are."""
        return frozenset(one.pid for one in self.windows)

    def __call__(self) -> tuple[Rect, ...]:
        """The real rectangles in which they can be seen now."""
        with self._asked() as display:
            return self._seen(display).visible

    def afresh(self) -> tuple[Rect, ...]:
        """The same, for a picture that was just taken: of something that has just been opened no step is missed."""
        with self._asked() as display:
            return self._seen(display, untold=0).visible

    def holds(self, point: Point) -> bool:
        """Whether a real pixel is one of theirs."""
        return any(rect.contains(point.x, point.y) for rect in self())

    def has_focus(self) -> bool:
        """Whether they would get a key that is pressed now."""
        with self._asked() as display:
            return window_stack.keys_go_to(display) in self._seen(display).family

    def has_menu(self) -> bool:
        """Whether they have a menu open to which all input goes, whatever it is aimed at."""
        with self._asked() as display:
            seen = self._seen(display)
            frames = set(seen.applications.values())
            has_one = any(number not in frames for number in seen.family)
            return has_one and (grabs.keyboard_is_taken(display) or grabs.pointer_is_taken(display))

    def may_take_keys(self) -> bool:
        """Whether keys go past the window that has the focus, and may go to them, who are on the screen: X does not tell to whom."""
        with self._asked() as display:
            seen = self._seen(display)
            if seen.family.isdisjoint(outer.id for outer in seen.outers):
                return False  # what is out of sight has nothing taken: the server gives it back
            in_use = window_stack.keys_go_to(display)
            client = next((number for number, outer in seen.applications.items() if outer == in_use), in_use)
            return grabs.keys_are_astray(display, client)

    def others(self) -> tuple[int, ...]:
        """The applications' windows on the screen that are none of them, the topmost first."""
        with self._asked() as display:
            return tuple(_others(display, self._seen(display)))

    def covers_others(self) -> bool:
        """Whether another window that can be seen lies partly below them."""
        with self._asked() as display:
            seen = self._seen(display)
            frames = {seen.applications[number] for number in _others(display, seen)}
            ours: list[Rect] = []
            for outer in seen.outers:
                if outer.id in seen.family:
                    ours.append(outer.rect)
                elif outer.id in frames and any(area([common(outer.rect, rect)]) for rect in ours):
                    return True
            return False

    def covering(self) -> Covering:
        """What is known of windows above them."""
        with self._asked() as display:
            return _covering(display)

    def close(self) -> None:
        """Give the connection back."""
        with self._lock, suppress(*x11.failures()):
            if self._display is not None:
                self._display.close()
            self._display = None

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        with self._lock:
            try:
                if self._display is None:
                    self._display = _connected()
                yield self._display
            except x11.failures() as error:
                message = "Where this program's own terminal is on the screen cannot be told."
                raise DesktopError(message, "Is the display still there?") from error

    def _seen(self, display: Any, untold: float = UNTOLD) -> _Seen:
        """As it is now. Events that were sent before an answer arrive before it: none means that nothing that is told of has changed."""
        display.sync()
        now = time.monotonic()
        changed = False
        while display.pending_events():
            display.next_event()
            self._changed_at, changed = now, True
        holds = untold if now - self._changed_at < UNFINISHED else KNOWN_FOR
        if self._told is None or changed or now - self._told_at > holds:
            self._told, self._told_at = _look(display, self.windows), now
        return self._told


def _connected() -> Any:
    display = x11.display(("SHAPE",))
    display.screen().root.change_attributes(event_mask=X.SubstructureNotifyMask | X.PropertyChangeMask)
    return display


def _look(display: Any, windows: Sequence[OwnWindow]) -> _Seen:
    outers = window_stack.stacked(display)
    applications = window_stack.applications(display, outers)
    family = _family(display, windows, outers, applications)
    covering = _covering(display)
    covers: list[Rect] = []
    visible: list[Rect] = []
    for at, outer in enumerate(outers):
        if outer.id in family:
            visible += uncovered(outer.rect, covers)
        elif any(below.id in family for below in outers[at + 1 :]):
            covers += _opaque(display, outer, covering)
    return _Seen(outers, applications, family, tuple(visible))


def _family(
    display: Any, windows: Sequence[OwnWindow], outers: Sequence[Outer], applications: Mapping[int, int]
) -> frozenset[int]:
    """The root's children that are ours: the windows' frames, their dialogs', and menus and hints of theirs."""
    frames = set(applications.values())
    loose = [one.id for one in outers if one.id not in frames]
    opener = window_stack.first_numbers(display, [*applications, *loose], "WM_TRANSIENT_FOR")
    dialogs = window_stack.of_type(display, applications, "DIALOG")
    makers = {window_stack.maker(display, one.id) for one in windows}
    root = display.screen().root.id
    kin = [number for number in applications if window_stack.maker(display, number) in makers]
    own = {one.id for one in windows}
    own |= {number for number in kin if number in dialogs and opener.get(number, root) in (root, 0)}
    grown = True
    while grown:  # a dialog's dialog is ours as well
        more = {number for number, above in opener.items() if above in own} - own
        own |= more
        grown = bool(more)
    found = {applications.get(number, number) for number in own}
    # what says of itself no more than that the same program made it is ours, unless another window of it is in use
    menus = {one for one in loose if one not in opener and window_stack.maker(display, one) in makers}
    siblings = {applications[number] for number in kin if number not in own}
    if menus and not (siblings and window_stack.keys_go_to(display) in siblings):
        found |= menus
    return frozenset(found)


def _covering(display: Any) -> Covering:
    owner = window_stack.compositor(display)
    if not owner:
        return Covering(composited=False, by_manager=False)
    root = display.screen().root.id
    manager = window_stack.first_numbers(display, [root], "_NET_SUPPORTING_WM_CHECK").get(root, 0)
    same = window_stack.maker(display, owner) == window_stack.maker(display, manager)
    return Covering(composited=True, by_manager=same)


def _opaque(display: Any, outer: Outer, covering: Covering) -> list[Rect]:
    """The real rectangles in which nothing can be seen through the window."""
    if covering.composited and not covering.by_manager:
        return []
    with suppress(*gone()):
        shape = _shape(display, outer)
        return shape if not covering.composited else _solid(display, outer, shape)
    return []


def _shape(display: Any, outer: Outer) -> list[Rect]:
    from Xlib.ext.shape import SK

    if not display.has_extension("SHAPE"):
        return [outer.rect]
    window = display.create_resource_object("window", outer.id)
    left, top = outer.rect.left + outer.border, outer.rect.top + outer.border
    return [
        Rect(left + one.x, top + one.y, one.width, one.height)
        for one in window.shape_get_rectangles(SK.Bounding).rectangles
    ]


def _solid(display: Any, outer: Outer, shape: list[Rect]) -> list[Rect]:
    """Of a window on a composited screen, what it says is no glass."""
    clients = Clients(display)
    frame = display.create_resource_object("window", outer.id)
    client = next(iter(clients.within(frame)), frame)
    opacity = window_stack.first_numbers(display, [outer.id, client.id], "_NET_WM_WINDOW_OPACITY")
    if any(value < OPAQUE for value in opacity.values()):
        return []
    if outer.depth < ALPHA_DEPTH:
        return shape
    said = properties.numbers(client, "_NET_WM_OPAQUE_REGION") or []
    at = display.screen().root.translate_coords(client, 0, 0)
    return [
        Rect(at.x + x, at.y + y, width, height)
        for x, y, width, height in zip(said[::4], said[1::4], said[2::4], said[3::4], strict=False)
    ]


def _others(display: Any, seen: _Seen) -> Iterator[int]:
    no_windows = window_stack.of_type(display, seen.applications, "DESKTOP", "DOCK")
    on_screen = {one.id for one in seen.outers}
    for number, outer in seen.applications.items():
        if outer in on_screen and outer not in seen.family and number not in no_windows:
            yield number
