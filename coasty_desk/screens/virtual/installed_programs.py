"""The programs of this computer that a virtual machine needs or offers, and how to get those that are missing."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec import Struct

PLACES = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/usr/local/sbin:/usr/sbin:/sbin"
"""Where a machine's own programs look for others: what is installed for all."""


class Offer(Struct, frozen=True):
    """A kind of program that a machine's menu offers: its names in the order of preference, and the key that starts it with the Windows key held."""

    what: str
    names: tuple[str, ...]
    key: str


OFFERS = (
    Offer("Terminal", ("xfce4-terminal", "lxterminal", "mate-terminal", "konsole", "xterm", "urxvt"), "t"),
    Offer(
        "Web browser",
        ("chromium", "google-chrome-stable", "google-chrome", "brave-browser", "firefox-esr", "firefox"),
        "b",
    ),
    Offer(
        "Text editor", ("mousepad", "gedit", "gnome-text-editor", "featherpad", "kate", "pluma", "xed", "leafpad"), "e"
    ),
    Offer("Files", ("thunar", "pcmanfm", "pcmanfm-qt", "caja", "nemo", "nautilus", "dolphin"), "f"),
)

NEEDED = {"Xvfb": "xvfb", "openbox": "openbox"}
"""Without these there is no virtual machine: programs, and the Debian packages that have them."""

WALLS = {"bwrap": "bubblewrap"}
"""Without this its programs are not kept from the rest of this computer."""


def found(name: str) -> str | None:
    """The path of a program as a machine would start it; None where it is not installed, or is a snap, which starts behind no wall."""
    path = shutil.which(name, path=PLACES)
    if path is None:
        return None
    real = Path(path).resolve()
    if real.name == "snap" or real.parts[:2] == ("/", "snap") or _is_snap_wrapper(real):
        return None
    return path


def offered() -> dict[Offer, str]:
    """What of the offers is installed, with its path."""
    first = {offer: next(filter(None, map(found, offer.names)), None) for offer in OFFERS}
    return {offer: path for offer, path in first.items() if path is not None}


def missing() -> dict[str, str]:
    """Those of the needed that are not there, with their packages."""
    return {name: package for name, package in NEEDED.items() if found(name) is None}


def how_to_get(packages: list[str]) -> str:
    """A sentence."""
    return f"Install what is missing, on Debian and Ubuntu with: sudo apt-get install {' '.join(packages)}"


def _is_snap_wrapper(path: Path) -> bool:
    """Whether it is a script in the place of a program, which starts the snap."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return start.startswith(b"#!") and b"/snap/bin/" in start
