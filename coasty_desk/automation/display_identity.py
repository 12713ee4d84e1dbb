"""Which display a run has looked at last: what was answered to a look is carried out on no other one.

A machine that is started again, and a computer, have a new one, whatever it is called.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk.machines.worker_protocol import DisplayLoan

FILE = "display.id"
"""In the run's folder."""

NOTE = (
    "The run was cut off, and since then the screen was started anew: files are as they were, programs that were open have ended. "
    "Look at the screenshot to see how things are."
)
"""What the model is told on another display."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_LONGEST = 200
_LOOK = 0.05


def identity(loan: DisplayLoan | None) -> str:
    """That of a display that is lent, which has a cookie of its own each time it is brought up; else this computer's since it was booted."""
    found = b""
    path = _BOOT if loan is None else Path(loan.display.get("XAUTHORITY", ""))
    with suppress(OSError):
        found = path.read_bytes()
    return hashlib.sha256(found).hexdigest()[:32]


def keep(folder: Path, display: str) -> None:
    """The run of that folder has looked at it last. Raises OSError."""
    plain_files.write(folder / FILE, display.encode())


def kept(folder: Path) -> str:
    """The one that it has looked at last; nothing where that is not known."""
    try:
        return plain_files.read(folder / FILE, _LONGEST, links=False).decode("ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def is_gone(loan: DisplayLoan, display: str, seconds: float = 2.0) -> bool:
    """Whether the display of that identity, which was lent, has ended, or does within so many seconds."""
    from coasty_desk.desktop.x11 import access  # noqa: PLC0415 - few runs end so

    until = time.monotonic() + seconds
    number = int(loan.display["DISPLAY"].removeprefix(":"))
    while identity(loan) == display:
        try:
            access.connect("unix", "", number).close()
        except OSError:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK)
    return True
