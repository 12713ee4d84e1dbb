"""Ctrl-Z and its like: what a run gives back while its process is stopped or at its end, and takes again when it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from coasty_desk.core.actions import LookAgain, Prediction
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.ports import Judging
from coasty_desk.core.scaling import Placed

PATIENCE = 0.5
"""Seconds that giving everything back may take: what hangs is left, and keeps nothing else from its turn."""


class JobControl:
    """What is lent to this process. `give_back` and `take_again` never raise, and never wait longer than a moment."""

    def __init__(self) -> None:
        self._lent: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._last: dict[str, Callable[[], bool]] = {}
        self.resumed_at = 0.0
        """When the process went on after it had been stopped (seconds of the monotonic clock); 0.0: it never was."""

    def around(self, give_back: Callable[[], None], take_again: Callable[[], None]) -> Callable[[], None]:
        """Do `give_back` before the process stops and before it is ended by force, `take_again` when it goes on. Neither raises.

        What is returned takes this back.
        """
        lent = (give_back, take_again)
        self._lent.append(lent)
        return partial(self._lent.remove, lent)

    def give_back(self) -> None:
        """Give everything back."""
        _at_once(give_back for give_back, _ in reversed(self._lent))

    def lastly(self, undone: str, work: Callable[[], bool]) -> Callable[[], object]:
        """Try `work` once more before the process is ended by force. It says whether it is done; `undone` says what it means if not.

        What is returned takes this back.
        """
        self._last[undone] = work
        return partial(self._last.pop, undone, None)

    def last_try(self, seconds: float) -> tuple[str, ...]:
        """Try each, all within so many seconds; what could not be done, in words."""
        left = dict(self._last)

        def carry_out(undone: str, work: Callable[[], bool]) -> None:
            if work():
                left.pop(undone)

        _at_once([partial(carry_out, *one) for one in self._last.items()], seconds)
        return tuple(left)

    def take_again(self) -> None:
        """The process goes on: what the model saw last is not what there is now."""
        self.resumed_at = time.monotonic()
        _at_once(take_again for _, take_again in self._lent)


class Uninterrupted:
    """A gate that lets nothing pass that was decided on before the process was stopped. A `core.ports.Gate`."""

    def __init__(self, control: JobControl, seen: LastFrame) -> None:
        self._control = control
        self._seen = seen

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """LookAgain where the process was stopped since the last look."""
        del placed, prediction
        yield from ()
        if self._control.resumed_at <= self._seen.looked_at:
            return None
        return LookAgain("The run was suspended meanwhile, so the action was not done; look at the screen again.")


def _at_once(works: Iterable[Callable[[], None]], seconds: float = PATIENCE) -> None:
    """Each in a thread of its own, and all within so many seconds."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=work, name="coasty-desk job control", daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
