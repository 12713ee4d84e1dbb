"""The lock where there is no X11: a file that the system keeps locked while its owner lives, and a file beside it that says stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from coasty_desk import file_lock, plain_files
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.lock import LOST, Heard, Owner

POLL = 0.1
"""Seconds between two looks for the file that says stop."""


def user_lock() -> FileLock:
    """That of this user."""
    import platformdirs

    return FileLock(platformdirs.user_runtime_path("coasty-desk"))


class FileLock:
    """`lock`, `owner.json` and `stop` in `folder`, which is the user's own and the same for all their runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = folder / "owner.json"
        self._stop = folder / "stop"

    @contextmanager
    def held(self, owner: Owner, stop: Stop) -> Iterator[Owner | None]:
        """Within the block the file is locked; gives its owner where it is locked already."""
        with self._opened() as file:
            if not file_lock.take(file.fileno()):
                yield self._said()
                return
            plain_files.write(self._owner, owner.to_json())
            self._stop.unlink(missing_ok=True)
            over = threading.Event()
            thread = threading.Thread(
                target=self._listen, args=(stop, over, file.fileno()), name="coasty-desk stop command", daemon=True
            )
            thread.start()
            try:
                yield None
            finally:
                over.set()
                thread.join(1.0)
                self._owner.unlink(missing_ok=True)
                self._stop.unlink(missing_ok=True)

    def owner(self) -> Owner | None:
        """Who has the file locked."""
        with self._opened() as file:
            return None if file_lock.take(file.fileno()) else self._said()

    def ask_to_stop(self, seconds: float) -> Heard:
        """Write the file that says stop, and watch it: the owner empties it when it has seen it."""
        plain_files.write(self._stop, b"stop")
        deadline = time.monotonic() + seconds
        heard: Heard = "silent"
        while time.monotonic() < deadline:
            if self.owner() is None:
                return "ended"
            with suppress(OSError):
                heard = "stopping" if self._stop.stat().st_size == 0 else heard
            time.sleep(POLL / 2)
        return heard

    def _listen(self, stop: Stop, over: threading.Event, descriptor: int) -> None:
        while not over.wait(POLL):
            if not file_lock.is_at(descriptor, self._folder / "lock"):
                stop.trip("desktop", LOST)
                return
            if self._stop.exists():
                stop.trip("stop")
                with suppress(OSError):
                    plain_files.write(self._stop, b"")
                return

    def _opened(self) -> BinaryIO:
        plain_files.folder(self._folder)
        return os.fdopen(plain_files.made(self._folder / "lock", os.O_RDWR), "r+b", buffering=0)

    def _said(self) -> Owner:
        try:
            return Owner.from_json(plain_files.read(self._owner, 1_000_000, links=False))
        except OSError:
            return Owner.from_json(b"")
