"""Where this computer's own service is, for our own command line: a file beside the runs, while it runs, for its owner alone.

On the ground floor, for the service that writes it and the client that reads it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import DecodeError, Struct, json

from coasty_desk import plain_files

NAME = "serve.json"

LARGEST = 10_000


class ServeFile(Struct, frozen=True):
    """`url` is `http://127.0.0.1:PORT/v1`, `key` one with every scope that this service takes from whoever can read the file."""

    url: str
    key: str
    pid: int = 0

    def __repr__(self) -> str:
        return f"ServeFile({self.url!r})"


def write(folder: Path, told: ServeFile) -> None:
    """Have it there in place of an older one. Raises OSError."""
    plain_files.folder(folder)
    plain_files.write(folder / NAME, json.encode(told))


def read(folder: Path) -> ServeFile | None:
    """What the service has written that runs, or that was killed; None where none has, or it makes no sense."""
    try:
        told = json.decode(plain_files.read(folder / NAME, LARGEST, links=False), type=ServeFile)
        parts = urlsplit(told.url)
        here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1") and parts.port
    except (OSError, DecodeError, ValueError):
        return None
    return told if here and told.key.isascii() and told.key.isprintable() else None


def remove(folder: Path, told: ServeFile) -> None:
    """Take it away, unless another service has written its own since. Never raises."""
    if read(folder) == told:
        with suppress(OSError):
            (folder / NAME).unlink()
