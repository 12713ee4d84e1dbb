"""Starts an application by the name that its menu entry has: no shell, no program that has no entry.

On Linux the entries are the `.desktop` files of the freedesktop.org Desktop Entry
Specification; on macOS `open -a` knows them.
"""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from coasty_desk.core.confirm import Person
from coasty_desk.offline.matching import folded
from coasty_desk.offline.sight import CannotError

_CODES = {"%f", "%F", "%u", "%U", "%i", "%c", "%k", "%d", "%D", "%n", "%N", "%v", "%m"}
"""Placeholders of a command for what is to be opened with it: nothing is."""


class Entry(Struct, frozen=True):
    """An application: the name it is shown under, the names it is known by (the best first), and its command."""

    name: str
    known_as: tuple[str, ...]
    command: tuple[str, ...]
    in_terminal: bool = False


class Launcher(Struct, frozen=True, kw_only=True):
    """Starts what `open NAME` names: nothing in a dry run, after a question where every action is asked about."""

    person: Person
    dry_run: bool
    asks: bool

    def __call__(self, name: str) -> str:
        """Start it; says what was done. Raises CannotError."""
        return named_only(name) if self.dry_run else launch(name, self._agreed)

    def _agreed(self, shown: str) -> bool:
        if not self.asks:
            return True
        self.person.attend()
        return self.person.ask(f"start {shown}?", "every action is asked about", None) in ("yes", "always")


def launch(name: str, agreed: Callable[[str], bool] = lambda _: True) -> str:
    """Start the application of that name, if that is `agreed` to; says that it was started. Raises CannotError."""
    darwin = sys.platform == "darwin"
    entry = Entry(name, (name,), ("open", "-a", name)) if darwin else chosen(name, list(entries(os.environ)))
    if not agreed(entry.name):
        message = f"a person did not agree to start {entry.name}"
        raise CannotError(message)
    _run(entry.name, entry.command)
    return f"started {entry.name}"


def named_only(name: str) -> str:
    """What a dry run does instead: says which application it would be. Raises CannotError."""
    shown = name if sys.platform == "darwin" else chosen(name, list(entries(os.environ))).name
    return f"would start {shown}"


def chosen(name: str, known: Sequence[Entry]) -> Entry:
    """The one application that the name means. Raises CannotError where there is none, or where several are meant."""
    for fits in (_is_named, _has_word):
        for rank in range(4):
            found = [entry for entry in known if len(entry.known_as) > rank and fits(name, entry.known_as[rank])]
            found = [entry for entry in found if not entry.in_terminal] or found
            if len({entry.command for entry in found}) == 1:
                return _not_in_terminal(found[0])
            if found:
                names = ", ".join(sorted({f"“{entry.name}”" for entry in found}))
                message = f"several applications are called “{name}”: {names}"
                raise CannotError(message)
    names = ", ".join(f"“{entry.name}”" for entry in known[:12])
    message = f"no application is called “{name}”" + (
        f"; there are {names}" if names else "; no menu entries were found"
    )
    raise CannotError(message)


def entries(environment: Mapping[str, str]) -> Iterator[Entry]:
    """The applications of this desktop's menu; of two with one file name, the person's own."""
    home = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    system = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    seen = set()
    for folder in [home, *map(Path, filter(None, system))]:
        for file in sorted((folder / "applications").rglob("*.desktop")):
            if file.name not in seen:
                seen.add(file.name)
                yield from _entry(file)


def _entry(file: Path) -> Iterator[Entry]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys differ in case
    try:
        parser.read(file, "utf-8")
        said = dict(parser["Desktop Entry"])
        command = tuple(part for part in shlex.split(said.get("Exec", "")) if part not in _CODES)
    except (configparser.Error, KeyError, ValueError, OSError):
        return  # an entry that cannot be read is in no menu either
    hidden = any(said.get(key, "").lower() == "true" for key in ("Hidden", "NoDisplay"))
    if hidden or said.get("Type") != "Application" or not command or shutil.which(command[0]) is None:
        return
    shown = [said["Name"], *(value for key, value in said.items() if key.startswith("Name["))] if "Name" in said else []
    stem = file.stem.rsplit(".", 1)[-1]
    names = (*shown[:1], said.get("GenericName", ""), stem, Path(command[0]).name)
    yield Entry(shown[0] if shown else stem, names, command, said.get("Terminal", "").lower() == "true")


def _is_named(name: str, known: str) -> bool:
    return bool(known) and folded(name) == folded(known)


def _has_word(name: str, known: str) -> bool:
    words = [folded(word) for word in known.replace("-", " ").split()]
    return all(folded(word) in words for word in name.split())


def _not_in_terminal(entry: Entry) -> Entry:
    if entry.in_terminal:
        message = f"“{entry.name}” runs in a terminal: open a terminal and type {shlex.join(entry.command)}"
        raise CannotError(message)
    return entry


def _run(name: str, command: Sequence[str]) -> None:
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        message = f"“{name}” could not be started: {error.strerror or error}"
        raise CannotError(message) from error
