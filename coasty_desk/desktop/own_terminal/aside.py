"""Puts the windows that this program was started from out of the way, and back as they were.

Lowered, so that they go on to be seen beside the others; minimised where they would still cover
most of the screen. A window manager that stacks nothing (a tiling one) does neither: then they
are only painted over. What was changed stands in a property of the root window too, so that
`coasty-desk release` can put back what a killed run left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from msgspec import DecodeError, Struct, json

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.visible_area import area, common
from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import window_stack
from coasty_desk.desktop.x11.clients import Clients, gone
from coasty_desk.desktop.x11.xlib import Display, X

MUCH = 0.6
"""The part of the screen from which on a terminal hides too much of it: half of it is one beside an editor."""

PATIENCE = 0.4
"""Seconds that a window manager is given to do what it was asked."""

LAST_PATIENCE = 1.0
"""Seconds after which a display that does not answer is left as it is at the end."""

_LOOK = 0.01
_NOTE = "_COASTY_DESK_ASIDE"
_ICONIC = 3
_INPUT_HINT = 1


class Place(Struct):
    """A window as it was: what was stacked `above` it, the topmost first, and whether we have minimised it since."""

    id: int
    above: tuple[int, ...] = ()
    minimised: bool = False


class Arrangement(Struct):
    """How the windows were, and which of them had the keys; 0 for none."""

    places: tuple[Place, ...] = ()
    focus: int = 0


class Monitor(Protocol):
    """The part of the display that they are hidden from."""

    def geometry(self) -> tuple[Rect, Size]:
        """Its real rectangle, and the size that its screenshot is sent at."""
        ...

    def rested(self, change: Callable[[], bool]) -> None:
        """Make a change that is no input; where it says that it is one, wait until the screen shows it."""
        ...


class Aside:
    """Hides `own` and shows it again. `stop` ends every wait."""

    def __init__(self, own: OwnTerminal, stop: Stop) -> None:
        self._own = own
        self._stop = stop
        self._monitor: Monitor | None = None
        self._before: Arrangement | None = None

    def hide_from(self, monitor: Monitor) -> None:
        """Put them out of the way, and give the keys to the window beneath. Raises Aborted, DesktopError."""
        self._monitor = monitor
        monitor.rested(lambda: self._hide(monitor.geometry()[0]))

    def hide(self) -> None:
        """The same again, where it was done before. Raises Aborted, DesktopError."""
        if self._monitor is not None:
            self.hide_from(self._monitor)

    def hide_again(self) -> None:
        """The same where they were put back since: a run that was suspended goes on. Raises Aborted, DesktopError."""
        if self._before is None:
            self.hide()

    def _hide(self, monitor: Rect) -> bool:
        """Whether anything else can be seen now."""
        before = self._own()
        with _connection() as display:
            if self._before is None:
                _put_back_leftovers(display)
                self._before = _arrangement(display, self._own)
                _note(display, self._before)
            if any(area([common(rect, monitor)]) for rect in before):
                self._lower(display)
                if self._is_in_the_way(monitor):
                    self._minimise(display)
            if not _roams(display):
                self._give_focus_away(display)
        self.let_go()
        return self._own() != before

    def show(self) -> None:
        """Bring them back for a question, with the focus. Raises DesktopError."""
        with _connection() as display:
            for one in self._own.windows:
                _raise(display, one.id)
                window_stack.activate(display, one.id)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Within the block they are there and have the keys; after it they are out of the way again, and whoever had the keys has them."""
        with _connection() as display:
            had, roamed = _focused_client(display), _roams(display)
        self.show()
        yield
        self.hide()
        with _connection() as display:
            if roamed:
                _let_roam(display)
            elif had not in (0, *(one.id for one in self._own.windows)):
                window_stack.activate(display, had)

    def restore(self) -> None:
        """Put everything back as it was before the first `hide`. Never raises, and takes no longer than a moment."""
        before, self._before = self._before, None
        if before is None:
            return

        def put_back() -> None:
            with suppress(DesktopError), _connection() as display:
                _put_back(display, before)

        # in a thread: another program may have grabbed the server, and the one that runs may be stuck in a request
        restoring = threading.Thread(target=put_back, name="coasty-desk windows", daemon=True)
        restoring.start()
        restoring.join(LAST_PATIENCE)

    @contextmanager
    def keys_elsewhere(self) -> Iterator[bool]:
        """Within the block keys go to the window beneath; whether they do, or would go to ours. Raises Aborted, DesktopError."""
        if not self._own.has_focus():
            yield True
            return
        with _connection() as display:
            roams = _roams(display)
            elsewhere = self._give_focus_away(display)
            try:
                yield elsewhere
            finally:
                if roams:
                    _let_roam(display)

    def let_go(self) -> bool:
        """Have a menu of theirs closed, as toolkits do when another window gets the keys, or theirs is minimised.

        Whether none takes all input now. Raises Aborted, DesktopError.
        """
        if not self._own.has_menu():
            return True
        with self.keys_elsewhere():
            self._wait(lambda: not self._own.has_menu())
        if self._own.has_menu():
            with _connection() as display:
                self._minimise(display)
        return not self._own.has_menu()

    def keys_let_go(self) -> bool:
        """Whether no key goes to them whatever has the focus: a keyboard that they may have taken is had back by minimising them.

        Raises Aborted, DesktopError.
        """
        if self._own.may_take_keys():
            self._wait(lambda: not self._own.may_take_keys())  # window managers take it for a moment
        if self._own.may_take_keys():
            with _connection() as display:
                self._minimise(display)
            self._wait(lambda: not self._own.may_take_keys())
        return not self._own.may_take_keys()

    def _give_focus_away(self, display: Display) -> bool:
        for number in self._own.others():
            if not self._own.has_focus():
                break
            if _takes_keys(display, number):
                window_stack.activate(display, number)
                self._wait(lambda: not self._own.has_focus())
        return not self._own.has_focus()

    def _lower(self, display: Display) -> None:
        for one in self._own.windows:
            display.create_resource_object("window", one.id).configure(stack_mode=X.Below)
        display.sync()
        self._wait(lambda: not self._own.covers_others())

    def _is_in_the_way(self, monitor: Rect) -> bool:
        """Whether they still hide too much: by their size, because they stay above, or through windows that may be glass."""
        if area(common(rect, monitor) for rect in self._own()) > MUCH * area([monitor]):
            return True
        covering = self._own.covering()
        glass = covering.composited and not covering.by_manager and bool(self._own.others())
        return glass or self._own.covers_others()

    def _minimise(self, display: Display) -> None:
        if self._before is None or not Clients(display).managed:
            return
        for place in self._before.places:
            place.minimised = True
        _note(display, self._before)
        for place in self._before.places:
            window_stack.tell_manager(display, place.id, "WM_CHANGE_STATE", _ICONIC)
        self._wait(lambda: not self._own())

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not until() and time.monotonic() < deadline:
            self._stop.pause(_LOOK)


def bring_back() -> bool:
    """Put back what a killed run has left out of the way; whether there was any. Raises DesktopError."""
    with _connection() as display:
        return _put_back_leftovers(display)


@contextmanager
def _connection() -> Iterator[Display]:
    """A connection of its own, on which windows that are gone are no error."""
    try:
        with x11.opened(()) as display:
            display.set_error_handler(lambda *_: None)
            yield display
            display.sync()
    except x11.failures() as error:
        message = "The windows of this desktop cannot be moved."
        raise DesktopError(message, "Is the display still there?") from error


def _arrangement(display: Display, own: OwnTerminal) -> Arrangement:
    order = [
        number for number, outer in window_stack.applications(display, window_stack.stacked(display)).items() if outer
    ]
    numbers = [one.id for one in own.windows]
    places = (
        Place(number, tuple(one for one in order[: order.index(number)] if one not in numbers))
        for number in numbers
        if number in order
    )
    return Arrangement(tuple(places), _focused_client(display))


def _focused_client(display: Display) -> int:
    """The application's window that has the keys; 0 for none, and where they go where the pointer is."""
    if _roams(display):
        return 0
    in_use = window_stack.keys_go_to(display)
    found = window_stack.applications(display, window_stack.stacked(display))
    return next((number for number, outer in found.items() if outer == in_use != 0), 0)


def _put_back(display: Display, before: Arrangement) -> None:
    there = [place for place in before.places if window_stack.outermost(display, place.id)]
    for place in there:
        if place.minimised:
            display.create_resource_object("window", place.id).map()
    if before.focus and window_stack.outermost(display, before.focus):
        window_stack.activate(display, before.focus)
    for place in reversed(there):
        for number in (place.id, *reversed(place.above)):
            _raise(display, number)
    display.screen().root.delete_property(display.intern_atom(_NOTE))
    display.sync()


def _put_back_leftovers(display: Display) -> bool:
    root, atom = display.screen().root, display.intern_atom(_NOTE)
    said = root.get_full_property(atom, 0)
    if said is None:
        return False
    value = said.value
    with suppress(DecodeError):  # whoever wrote it
        _put_back(display, json.decode(value if isinstance(value, str) else bytes(value), type=Arrangement))
    root.delete_property(atom)
    display.sync()
    return True


def _note(display: Display, before: Arrangement) -> None:
    root, atom = display.screen().root, display.intern_atom(_NOTE)
    root.change_property(atom, display.intern_atom("UTF8_STRING"), 8, json.encode(before))
    display.sync()


def _raise(display: Display, number: int) -> None:
    display.create_resource_object("window", number).configure(stack_mode=X.Above)


def _takes_keys(display: Display, number: int) -> bool:
    """Whether a window wants keys at all: a clock or a meter that lies on top may not (ICCCM 4.1.7)."""
    with suppress(*gone()):
        window = display.create_resource_object("window", number)
        said = window.get_wm_hints()
        if said is None or not said.flags & _INPUT_HINT or said.input:
            return True
        return display.intern_atom("WM_TAKE_FOCUS") in (window.get_wm_protocols() or ())
    return False


def _roams(display: Display) -> bool:
    """Whether keys go where the pointer is."""
    focus = display.get_input_focus().focus
    return not Clients(display).managed and (isinstance(focus, int) or focus == display.screen().root)


def _let_roam(display: Display) -> None:
    display.set_input_focus(X.PointerRoot, X.RevertToPointerRoot, X.CurrentTime)
    display.sync()
