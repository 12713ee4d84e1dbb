"""How much the home of a virtual machine takes, looked at every few seconds: no quota of the system is there without rights for it."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

from coasty_desk.screens.virtual.installed_programs import PLACES

PAUSE = 5.0
"""Seconds between two looks, and more where one takes long: not more than a fiftieth of a processor is spent on it."""

ROOM_TO_CLEAR = 100_000_000
"""Bytes that a home that is too large already may grow by: in its programs somebody has to be able to remove something."""


class StorageWatch:
    """`fault` says, as a sentence, that the home takes more than `limit` bytes, from when it was seen on."""

    def __init__(self, home: Path, limit: int) -> None:
        self._home, self._limit = home, limit
        self._over = threading.Event()
        self.fault = ""
        threading.Thread(target=self._watch, name="coasty-desk storage", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        most, pause = 0, 0.0
        while not self._over.wait(pause):
            began = time.monotonic()
            size = taken(self._home)
            most = most or max(self._limit, size + ROOM_TO_CLEAR if size > self._limit else 0)
            if size > most:
                self.fault = (
                    f"Its files took {size / 1e9:.1f} GB, and it has {self._limit / 1e9:.1f}: its programs were ended, and nothing "
                    "was removed. Start it and remove some, or make a machine with more."
                )
                return
            pause = max(PAUSE, 50 * (time.monotonic() - began))


def taken(home: Path) -> int:
    """Bytes of the disk that the files take, each once; 0 where it cannot be told."""
    command = ["du", "--summarize", "--one-file-system", "--block-size=1", str(home)]
    done = subprocess.run(command, capture_output=True, env={"PATH": PLACES, "LC_ALL": "C"}, check=False)
    size = done.stdout.partition(b"\t")[0]  # there is one even where some were gone, or closed to us, as it looked
    return int(size) if size.isdigit() else 0
