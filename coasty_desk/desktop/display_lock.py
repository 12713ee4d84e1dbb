"""One run a display: who drives it, and how another process asks that run to stop.

On X11 the lock is a selection on the display itself: the server takes it back when its owner's
connection ends, however that ends, so nothing stale is left, and it holds between users, homes
and machines. Elsewhere it is a locked file (locked_file.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from coasty_desk.core.errors import TakenError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.linux import stop_listener, stop_socket


@contextmanager
def display_held(stop: Stop, *, run_id: str, task: str) -> Iterator[None]:
    """Within the block no other run can drive this display, and `coasty-desk stop` trips `stop`; so does the loss of the lock.

    Raises TakenError with the other run's pid and task where there is one (nothing was started,
    so exit 2), DesktopError without a display.
    """
    ours = Owner.of(run_id, task)
    with platform.lock().held(ours, stop) as other:
        if other is not None:
            message = f"Another run drives this display: {other.said()}."
            raise TakenError(message, "Wait for it, or end it with: coasty-desk stop")
        with stop_listener.listening(os.environ.get("DISPLAY", ""), ours.to_json(), lambda: stop.trip("stop")):
            yield


def running() -> Owner | None:
    """Who drives this display now. Raises DesktopError without a display."""
    return platform.lock().owner()


def stop_running(seconds: float) -> tuple[Owner, bool] | None:
    """Ask the run that drives this display to stop; whether it has ended within so many seconds, None where there is none.

    Raises DesktopError without a display.
    """
    lock = platform.lock()
    owner = lock.owner()
    if owner is None:
        return None
    stop_socket.wake(owner.pid)
    return owner, lock.ask_to_stop(seconds) == "ended"
