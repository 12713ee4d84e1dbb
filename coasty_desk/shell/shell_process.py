"""The lifetime of the program itself: its signals, its end by force, its terminal. A shell alone has one, and hands it to a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coasty_desk.core.job_control import JobControl
from coasty_desk.core.stop import Stop
from coasty_desk.shell.signals import Signals, leave_now

LAST_RESORT = 1.6
"""Seconds after a stop at which the process begins to end itself, whatever it is stuck in."""

_CODES = {"deadline": 3, "desktop": 5}
"""DESIGN.md A3, for a stop that no person has asked for."""


class ShellProcess:
    """Made by whoever is the program (a command line, a server's worker), and by nobody else.

    A run that is given none touches no signal, never ends the process, and takes nobody to be at a terminal.
    `attended`: somebody may be at the terminal, to be asked. `control` is what is given back while it is suspended. `on_signal` is called in
    place of a stop where nobody stops the run by a signal: whoever ends the process then ends no more than that.
    """

    def __init__(self, *, attended: bool = False, on_signal: Callable[[], object] | None = None) -> None:
        self.attended = attended
        self._on_signal = on_signal
        self.control = JobControl()

    @contextmanager
    def ends_with(self, stop: Stop) -> Iterator[str | None]:
        """Within the block signals trip `stop`, and where the run does not end by itself after a stop, the process does.

        From the main thread; gives why signals are not heard, or nothing; None where they are no way to stop.
        """
        signals = Signals(stop, self.control, self._on_signal)
        over = threading.Event()
        try:
            fault = signals.arm()
            stop.then(lambda: self._last_resort(stop, over))
            yield fault if self._on_signal is None else None
        finally:
            over.set()
            signals.disarm()

    def _last_resort(self, stop: Stop, over: threading.Event) -> None:
        """If a stop has not ended the run after a while, end the process: a library may hang for ever."""
        if not over.wait(LAST_RESORT):
            why = "The run did not end by itself after the stop; the process ends now."
            leave_now(stop, self.control, _CODES.get(stop.reason, 130), why)
