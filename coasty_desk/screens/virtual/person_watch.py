"""The abort key and Esc three times, heard on the desktop of a person while this process is on a machine's display.

X11 binds a process to one display, so that a process of its own listens there; it ends with this one. A `desktop.base.watch.Watch`.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import coasty_desk
from coasty_desk.core.abort import abort_key
from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop

PROOF = 5.0
"""Seconds within which the other process must have said that it listens."""


class PersonWatch:
    """Trips `stop` on the abort key and on Esc three times, pressed on the display of that environment. It begins at once."""

    def __init__(self, stop: Stop, key: AbortKey, environment: Mapping[str, str]) -> None:
        root = str(Path(coasty_desk.__file__).parent.parent)
        code = f"import sys; sys.path.insert(0, {root!r}); from coasty_desk.screens.virtual import person_watch; person_watch.listen(sys.argv[1])"
        self._stop = stop
        self._absent = ("", "")
        self._over = self._hearing = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code, key.text],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def arm(self) -> tuple[str, str]:
        """Why the keyboard cannot be watched, or nothing; the pointer is not, which is no fault."""
        said = self._line(PROOF)
        if said is None:
            return "nobody can listen on your desktop", ""
        self._absent = (str(said.get("chord", "")), str(said.get("escape", "")))
        self._hearing = True
        threading.Thread(target=self._hear, name="coasty-desk abort keys", daemon=True).start()
        return str(said.get("fault", "")), ""

    def absent(self) -> tuple[str, str]:
        """Why the abort key and why Esc cannot be pressed on that keyboard."""
        return self._absent

    def silent(self) -> float:
        """Of the machine's own display nothing is known here."""
        return 0.0

    def abandon(self, names: Iterable[str]) -> None:
        """Nothing waits for that display."""
        del names

    def disarm(self) -> None:
        """Stop listening."""
        self._over = True
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._hearing and self._process.stdout is not None:
            self._process.stdout.close()

    def _line(self, seconds: float) -> dict[str, object] | None:
        out = self._process.stdout
        assert out is not None  # noqa: S101 - for the type checker
        if not select.select([out], [], [], seconds)[0]:
            return None
        try:
            said = json.loads(out.readline())
        except (OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def _hear(self) -> None:
        out = self._process.stdout
        assert out is not None  # noqa: S101 - for the type checker
        with suppress(OSError, ValueError), out:
            for line in out:
                if json.loads(line).get("tripped") == "hotkey" and not self._over:
                    self._stop.trip("hotkey")


def listen(text: str) -> None:
    """All that the other process does: until somebody has pressed the keys, or its standard input is closed."""
    from coasty_desk.desktop.base.own_events import OWN_EVENTS
    from coasty_desk.desktop.x11 import wayland
    from coasty_desk.desktop.x11.record_watch import X11Watch

    stop = Stop()
    heard, waker = os.pipe()
    stop.then(lambda: os.write(waker, b"."))
    watch = X11Watch(stop, abort_key.parse(text), OWN_EVENTS, corners_stop=False)
    try:
        wayland.require_x11(os.environ)
        fault = watch.arm()[0]
    except DesktopError as error:
        fault = error.message
    chord, escape = ("", "") if fault else watch.absent()
    _say(fault=fault, chord=chord, escape=escape)
    if not fault:
        select.select([0, heard], [], [])
    if stop.is_set():
        _say(tripped=stop.reason)
    os._exit(0)


def _say(**said: str) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201 - to the one that started it
