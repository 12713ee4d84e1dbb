"""The applications of this desktop's menu, and starting one: no shell, no program that has no entry.

The entries are the `.desktop` files of the freedesktop.org Desktop Entry Specification. A `base.app_starter.Applications`.
"""

from __future__ import annotations

import configparser
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from coasty_desk.core.actions import Launch
from coasty_desk.core.applications import Application
from coasty_desk.desktop.base.app_starter import started

_CODES = {"%f", "%F", "%u", "%U", "%i", "%c", "%k", "%d", "%D", "%n", "%N", "%v", "%m"}
"""Placeholders of a command for what is to be opened with it: nothing is."""


def menu(environment: Mapping[str, str]) -> tuple[Application, ...] | None:
    """The applications that can be started."""
    return tuple(_applications(environment))


def read(environment: Mapping[str, str], only: str = "", having: str = "") -> Iterator[tuple[Path, dict[str, str]]]:
    """The entries that can be read, each with its file: of two with one file name the person's own; where it is given, that of the name `only`, or those with `having` in them."""
    system = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    seen = set()
    for folder in [*_own(environment), *map(Path, system)]:
        if not folder.is_absolute():
            continue  # as the specification has it: it would be one of the working directory
        for file in sorted((folder / "applications").rglob("*.desktop")):
            if file.name in seen or only not in ("", file.name):
                continue
            seen.add(file.name)
            parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
            parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys differ in case
            with suppress(configparser.Error, KeyError, ValueError, OSError):
                text = file.read_text("utf-8")
                if having in text:
                    parser.read_string(text)
                    yield file, dict(parser["Desktop Entry"])


def _own(environment: Mapping[str, str]) -> list[Path]:
    try:
        return [Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share")]
    except RuntimeError:
        return []  # no home, nothing of one's own


def lacking(launch: Launch, environment: Mapping[str, str]) -> str:
    """Why it cannot be started at all, as a clause; empty where it can."""
    if len(_meant(launch, environment)) == 1:
        return ""
    return f"this desktop's menu has no application, or several, with the name {launch.name!r}"


def start(
    launch: Launch, environment: Mapping[str, str], starting: Callable[[Sequence[str]], Sequence[str]] = tuple
) -> None:
    """Start it in a session of its own, with this environment, by the command that `starting` makes of its own. Raises OSError where it cannot be started."""
    meant = _meant(launch, environment)
    if len(meant) != 1:
        raise FileNotFoundError(lacking(launch, environment))
    started(starting(meant[0].command), environment)


def _meant(launch: Launch, environment: Mapping[str, str]) -> list[Application]:
    found = [one for one in _applications(environment, launch.entry) if launch.entry or one.name == launch.name]
    return [one for one in found if not one.in_terminal]


def _applications(environment: Mapping[str, str], only: str = "") -> Iterator[Application]:
    for file, said in read(environment, only):
        try:
            command = tuple(part for part in shlex.split(said.get("Exec", "")) if part not in _CODES)
        except ValueError:
            continue  # an entry that cannot be read is in no menu either
        hidden = any(said.get(key, "").lower() == "true" for key in ("Hidden", "NoDisplay"))
        if hidden or said.get("Type") != "Application" or not command or shutil.which(command[0]) is None:
            continue
        translated = (value for key, value in said.items() if key.startswith("Name["))
        shown = [said["Name"], *translated] if "Name" in said else []
        stem = file.stem.rsplit(".", 1)[-1]
        names = (*shown[:1], said.get("GenericName", ""), stem, Path(command[0]).name)
        in_terminal = said.get("Terminal", "").lower() == "true"
        yield Application(shown[0] if shown else stem, names, command, file.name, in_terminal)
