"""The keyboard and the pointer watched on X11, each event as the server sees it.

Two threads with a connection each. One listens through the RECORD extension, which tells every
key and every motion in order, also those that another motion overwrites a moment later. The
other looks at the pointer every few milliseconds: it sees what RECORD does not (a warp by a
driver), and its asking makes a quiet server hand out what it has recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.abort.gestures import ChordDetector, CornerDetector, corners
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.abort_keycodes import chord_codes, escape_codes, silent_codes
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import X, record, rq

POLL = 0.02
"""Seconds between two looks at the pointer."""

HELD = 30.0
"""Seconds after which a modifier is no longer taken for held: its release was not heard."""

GEOMETRY = 2.0
"""Seconds between two looks at where the monitors are."""

PROOF = 2.0
"""Seconds within which a listener must have said that it listens."""


class X11Watch:
    """Trips `stop` on the abort key, on Esc three times, and on the pointer in a corner."""

    def __init__(self, stop: Stop, key: AbortKey, sent: OwnEvents, *, corners_stop: bool = True) -> None:
        """Unless `corners_stop`, the pointer may be anywhere."""
        self._stop = stop
        self._corners_stop = corners_stop
        self._key = key
        self._sent = sent
        self._over = threading.Event()
        self._looked_enough = threading.Event()
        self._proofs = {"keyboard": threading.Event(), "pointer": threading.Event()}
        """Each set once it is watched."""
        self._faults: dict[str, str] = {}
        self._lock = threading.Lock()
        self._keys = ChordDetector((), frozenset())
        self._ours: set[int] = set()
        self._theirs: dict[int, float] = {}
        self._silent: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()
        self._corners = CornerDetector(frozenset())
        self._context: int | None = None
        self._asked_at: float | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=(what, work), name=f"coasty-desk {what}", daemon=True)
            for what, work in (("keyboard", self._listen), ("pointer", self._look))
        ]

    def arm(self) -> tuple[str, str]:
        """Start watching; why the keyboard and why the pointer cannot be watched, or nothing each."""
        x11.give_up_display(given_up=False)
        for thread in self._threads:
            thread.start()
        deadline = time.monotonic() + PROOF
        for proof, thread in zip(self._proofs.values(), self._threads, strict=True):
            while not proof.is_set() and thread.is_alive() and time.monotonic() < deadline:
                proof.wait(0.05)
        return self._fault_of("keyboard"), self._fault_of("pointer")

    def _fault_of(self, what: str) -> str:
        return "" if self._proofs[what].is_set() else self._faults.get(what) or "the X server did not answer in time"

    def disarm(self) -> None:
        """Stop watching: the pointer last, because who looks at it finds out where the display does not answer any more."""
        self._over.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(1.0)
            self._looked_enough.set()

    def silent(self) -> float:
        """Seconds for which the display has not answered; 0.0 where it does."""
        asked = self._asked_at
        return 0.0 if asked is None else time.monotonic() - asked

    def abandon(self, names: Iterable[str]) -> None:
        """Cut all connections, and leave a process behind that lets go later."""
        from coasty_desk.desktop.x11 import silent_server  # seldom

        silent_server.leave_behind(names)
        silent_server.cut_off()

    # The keyboard, and every motion

    def _listen(self) -> None:
        with x11.opened(x11.FEW) as display:
            if not display.has_extension("RECORD"):
                self._faults["keyboard"] = "the X server has no RECORD extension"
                return
            self._resolve(display)
            self._context = display.record_create_context(0, [record.AllClients], [what_to_record()])
            threading.Thread(target=self._end_recording, daemon=True).start()
            try:
                display.record_enable_context(self._context, self._recorded(display))
            finally:
                self._context = None

    def _end_recording(self) -> None:
        """RECORD only ends when another connection says so."""
        self._over.wait()
        if self._context is None:
            return  # it has ended already, and maybe the server with it
        with suppress(Exception), shared_connection() as other:  # the server may have gone
            other.record_disable_context(self._context)
            other.sync()

    def _recorded(self, display: Any) -> Callable[[Any], None]:
        parser = rq.EventField(None)

        def take(reply: Any) -> None:
            if reply.category == record.StartOfData:
                self._proofs["keyboard"].set()
            if reply.category != record.FromServer:
                return
            data = reply.data
            while data:
                event, data = parser.parse_binary_value(data, display.display, None, None)
                if event.type == X.MotionNotify:
                    self._at(event.root_x, event.root_y)
                elif event.type in (X.KeyPress, X.KeyRelease):
                    self._key_seen(event.detail, down=event.type == X.KeyPress)

        return take

    def _key_seen(self, code: int, *, down: bool) -> None:
        ours = self._sent.ours(code, down=down)
        self._tell(code, down=down, ours=ours)
        with self._lock:
            said_stop = self._keys.seen(code, down=down, ours=ours, at=time.monotonic())
        if said_stop:
            self._stop.trip("hotkey")

    def _tell(self, code: int, *, down: bool, ours: bool) -> None:
        """Tell whoever types what a person's keys mean for theirs."""
        modifiers, locks = self._silent
        if ours:
            (self._ours.add if down else self._ours.discard)(code)
            if (
                down
                and code not in modifiers
                and time.monotonic() - max(self._theirs.values(), default=float("-inf")) < HELD
            ):
                self._sent.struck_by_another()
        elif code in modifiers:
            self._theirs.pop(code, None)
            if down:
                self._theirs[code] = time.monotonic()
        elif down and code in locks:
            self._sent.lock_by_another()
        elif down and code not in self._ours:  # one that we hold repeats
            self._sent.another()

    def _resolve(self, display: Any) -> None:
        """Find the keys in the keymap as it is now. One that has none is no reason to watch for the other no more."""
        chord = chord_codes(display, self._key)
        escapes = escape_codes(display)
        self._silent = silent_codes(display)
        with self._lock:
            self._keys.chord, self._keys.escapes = chord, escapes

    def absent(self) -> tuple[str, str]:
        """Why this keyboard cannot press the abort key, and why not Esc; nothing each where it can. Once it listens."""
        return self._keys.absent(self._key)

    # The pointer

    def _look(self) -> None:
        with x11.opened(x11.FEW) as display:
            self._look_anew(display)
            self._proofs["pointer"].set()
            looked = time.monotonic()
            while not self._looked_enough.wait(POLL):
                self._asked_at = time.monotonic()
                at = display.screen().root.query_pointer()
                self._at(at.root_x, at.root_y)
                if time.monotonic() - looked >= GEOMETRY:
                    looked = time.monotonic()
                    self._look_anew(display)
                self._asked_at = None

    def _look_anew(self, display: Any) -> None:
        """Follow a change of resolution or of keyboard layout; the first time, where the corners are.

        A screen that shrinks takes the pointer along into its new corner: that is nobody's wish.
        """
        points = where_corners_are(display)
        if points != self._corners.points:
            at = display.screen().root.query_pointer()
            with self._lock:
                self._corners = CornerDetector(points, resting=(at.root_x, at.root_y) in points)
        changed = False
        while display.pending_events():
            changed |= display.next_event().type == X.MappingNotify
        if changed:
            self._resolve(display)

    def _at(self, x: int, y: int) -> None:
        with self._lock:
            said_stop = self._corners.seen(x, y)
        if said_stop and self._corners_stop:
            self._stop.trip("corner")

    # Both

    def _guarded(self, what: str, work: Callable[[], None]) -> None:
        """A watcher that dies while it is needed stops the run: nobody could stop it any more."""
        why = ""
        try:
            work()
        except DesktopError as error:
            why = error.message
        except Exception as error:  # noqa: BLE001 - Xlib raises anything on a lost connection, and all of it means the same
            why = f"{type(error).__name__}: {error}".rstrip(": ")
        if self._over.is_set() or self._stop.is_set():
            return
        if not self._proofs[what].is_set():
            self._faults.setdefault(what, why)
        elif x11.answers():
            reason = why or "the X server ended it"
            self._stop.trip("stop", f"the {what} can no longer be watched for a stop ({reason})")
        else:
            self._stop.trip("desktop", "the display is gone")


def what_to_record() -> dict[str, object]:
    """A RECORD range: every key, button and motion of a device, nothing else."""
    nothing, nothing_of_extensions = (0, 0), (0, 0, 0, 0)
    return {
        "core_requests": nothing,
        "core_replies": nothing,
        "ext_requests": nothing_of_extensions,
        "ext_replies": nothing_of_extensions,
        "delivered_events": nothing,
        "device_events": (X.KeyPress, X.MotionNotify),
        "errors": nothing,
        "client_started": False,
        "client_died": False,
    }


def where_corners_are(display: Any) -> frozenset[tuple[int, int]]:
    """Those of the monitors, and of all of them together: a virtual display lets the pointer beside its monitors."""
    geometry = display.screen().root.get_geometry()
    return corners(monitors(display)) | corners([Rect(0, 0, geometry.width, geometry.height)])


def monitors(display: Any) -> Iterator[Rect]:
    """The monitors in real pixels; the whole root where RandR tells none."""
    root = display.screen().root
    found = False
    if display.has_extension("RANDR"):
        for monitor in root.xrandr_get_monitors().monitors:
            found = True
            yield Rect(monitor.x, monitor.y, monitor.width_in_pixels, monitor.height_in_pixels)
    if not found:
        geometry = root.get_geometry()
        yield Rect(0, 0, geometry.width, geometry.height)
