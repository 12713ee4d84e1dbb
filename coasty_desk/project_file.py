"""A project's `coasty-desk.toml`: a stranger's file until the person trusts its very content. What it may do is in settings.py."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import platformdirs
from msgspec import Struct

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home

NAME = "coasty-desk.toml"

LARGEST = 64_000
"""Bytes of a project's file: a few hundred lines."""

LARGEST_NAMED = 1_000_000
"""Bytes of a file that it names."""

TRUSTED = "trusted.json"
"""In the folder of the person's own configuration: the digest of each file that they trust, by its path."""


class ProjectFile(Struct, frozen=True):
    """A project's file as it was read once: what is judged is what is used. `path` has no links in it."""

    path: Path
    content: bytes

    @classmethod
    def read(cls, path: Path) -> ProjectFile | None:
        """The file, None where there is none. Raises UsageError where it cannot be read, or lies outside of its folder."""
        try:
            real = inside(path.parent, path.name)
            if real is None:
                message = f"The project's file {path} is a link that leads out of its folder."
                raise UsageError(message, "Put the file itself there, or take the link away.")
            return cls(real, plain_files.read(real, LARGEST, links=False))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            message = f"The project's file {path} cannot be read: {plain_files.why(error)}."
            raise UsageError(message, "Mend it, or take it away.") from error

    def digest(self, named: Iterable[Path]) -> str:
        """Of its content and that of the files it names, so that none can change unnoticed. Raises OSError."""
        import hashlib  # noqa: PLC0415 - few have such a file, and every start would wait for it

        said = hashlib.sha256(b"%d:" % len(self.content) + self.content)
        for path in named:
            content = plain_files.read(path, LARGEST_NAMED, links=False)
            said.update(b"%d:" % len(content) + content)
        return said.hexdigest()


def here() -> Path | None:
    """Where the file of the folder that the person works in would be; None where that folder is gone."""
    try:
        return Path.cwd() / NAME
    except OSError:
        return None


def inside(folder: Path, name: str) -> Path | None:
    """Where a path that a project's file has leads; None where that is outside of the folder. Raises OSError where nothing is there."""
    home = folder.resolve(strict=True)
    if name.startswith("~"):
        return None
    try:
        real = (home / name).resolve(strict=True)
    except (RuntimeError, ValueError):  # links in a circle; a character that no path has
        return None
    return real if real.is_relative_to(home) and real != home else None


def was_trusted(path: Path) -> bool:
    """Whether the person trusts the file, or has trusted it with another content."""
    return str(path) in _trusted()


def is_trusted(path: Path, digest: Callable[[], str]) -> bool:
    """Whether the person trusts the file with this content."""
    known = _trusted().get(str(path))
    return known is not None and known == digest()


def trust(path: Path, digest: str | None) -> None:
    """Trust the file with this content; None: not any more. Raises UsageError where that cannot be kept."""
    known = _trusted()
    if digest is None:
        known.pop(str(path), None)
    else:
        known[str(path)] = digest
    store = _store()
    try:
        plain_files.folder(store.parent)
        plain_files.write(store, json.dumps(known, indent=2).encode("ascii") + b"\n")
    except OSError as error:
        message = f"What you trust cannot be kept in {store}: {error.strerror or error}."
        raise UsageError(message, "Give write permission to your user configuration folder.") from error


def _store() -> Path:
    return at_home(lambda: platformdirs.user_config_path("coasty-desk")) / TRUSTED


def _trusted() -> dict[str, str]:
    """What is kept; nothing where others may have written it."""
    try:
        store = _store()
        if _is_others(store):
            return {}
        return msgspec.json.decode(plain_files.read(store, LARGEST_NAMED), type=dict[str, str])
    except (UsageError, OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return {}


def _is_others(path: Path) -> bool:
    """Whether somebody else than this user could have written the file."""
    if not hasattr(os, "geteuid"):  # Windows, where a folder of the user's is nobody else's
        return False
    found = path.stat()
    return found.st_uid not in (os.geteuid(), 0) or bool(found.st_mode & 0o022)
