"""The stop: one flag that everything which waits is waiting on.

Whoever sees the person's wish (a hotkey, the corner, a signal, another process, the deadline)
trips it once with a reason; whoever is about to act or is waiting finds out at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from coasty_desk.core.errors import Aborted

Reason = Literal["hotkey", "corner", "interrupt", "stop", "deadline", "desktop"]
"""Why a run was stopped: the words of DESIGN.md A3, and two that no person says: the deadline, and a display that is gone."""

T = TypeVar("T")


class Stop:
    """A `threading.Event` with a reason, that can also be raced against a piece of work."""

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = threading.Lock()
        self._racing: set[threading.Event] = set()
        self._reason: Reason = "stop"
        self._why = ""
        self._parts: list[Stop] = []
        self._then: list[threading.Thread] = []
        self._awaited: list[threading.Thread] = []

    @property
    def reason(self) -> Reason:
        """Why it was tripped; meaningful once `is_set()`."""
        return self._reason

    @property
    def why(self) -> str:
        """What there is to say besides the reason, in words; often nothing."""
        return self._why

    def trip(self, reason: Reason, why: str = "") -> None:
        """Stop the run. The first reason stands. Never call this from a signal handler: it locks."""
        with self._lock:
            if self._set.is_set():
                return
            self._reason, self._why = reason, why
            self._set.set()
            racing, parts, then = tuple(self._racing), tuple(self._parts), tuple(self._then)
        for part in parts:
            part.trip(reason, why)
        for event in racing:
            event.set()
        for thread in then:
            thread.start()

    def then(self, work: Callable[[], object], *, awaited: bool = False) -> None:
        """As soon as the run is told to stop, do `work` in a thread of its own, whatever hangs then. To be said before that.

        `awaited`: whoever ends the process by force gives it a moment.
        """
        thread = threading.Thread(target=work, name="coasty-desk after the stop", daemon=True)
        with self._lock:
            self._then.append(thread)
            if awaited:
                self._awaited.append(thread)

    def await_awaited(self, seconds: float) -> None:
        """Wait, at most so long, for the work that is `awaited` after the stop."""
        until = time.monotonic() + seconds
        for thread in self._awaited:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def part(self) -> Stop:
        """A stop for a part of the run: tripped with this one, or alone, and then to be armed again by `rearm`."""
        part = Stop()
        self._add(part)
        return part

    def _add(self, part: Stop) -> None:
        with self._lock:
            self._parts.append(part)
        if self._set.is_set():
            part.trip(self._reason, self._why)

    def rearm(self, part: Stop) -> None:
        """Take a part's own stop back; the run's stands."""
        with self._lock:
            if not self._set.is_set():
                part._set.clear()

    def is_set(self) -> bool:
        """Whether the run has been told to stop."""
        return self._set.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait `seconds` unless stopped before; says whether it was stopped."""
        return self._set.wait(seconds)

    def check(self) -> None:
        """Raise `Aborted` if the run has been told to stop."""
        if self._set.is_set():
            raise Aborted(self._reason)

    def pause(self, seconds: float) -> None:
        """Wait `seconds`; raise `Aborted` as soon as the run is told to stop."""
        self._set.wait(seconds)
        self.check()

    @contextmanager
    def after(self, seconds: float | None, reason: Reason) -> Iterator[None]:
        """Within the block, trip by itself after `seconds` (`None`: never)."""
        if seconds is None:
            yield
            return
        timer = threading.Timer(max(seconds, 0.0), self.trip, (reason,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def race(self, work: Callable[[], T], within: float | None = None) -> T:
        """Do blocking `work` where it can be left: its result, its exception, or `Aborted` if the stop comes first.

        Work that is left goes on in its daemon thread; what it then returns is dropped. Raises
        TimeoutError where it takes longer than `within` seconds.
        """
        self.check()
        done = threading.Event()
        result: list[T] = []
        failure: list[BaseException] = []

        def carry_out() -> None:
            try:
                result.append(work())
            except BaseException as error:  # noqa: BLE001 - handed over whole to the waiting thread
                failure.append(error)
            finally:
                done.set()

        with self._lock:
            self._racing.add(done)
        try:
            threading.Thread(target=carry_out, name="coasty-desk work", daemon=True).start()
            in_time = self._set.is_set() or done.wait(within)
        finally:
            with self._lock:
                self._racing.discard(done)
        self.check()
        if not in_time:
            msg = f"it took longer than {within} s"
            raise TimeoutError(msg)
        if failure:
            raise failure[0]
        return result[0]
