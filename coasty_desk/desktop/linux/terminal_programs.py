"""Whether a window is a terminal's: by names that are known, else by what its menu entry says that it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from coasty_desk.desktop.linux import desktop_entries, proc

_CATEGORY = "TerminalEmulator"
_INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|gjs|bash|sh)[\d.]*")
_STARTERS = frozenset(["env", "flatpak", "snap", "pkexec"])
"""What a menu entry's command may begin with, and that says nothing of the application."""


def is_terminal(kind: Sequence[str], pid: int) -> bool:
    """`kind` is the window's class and instance, `pid` the process that it is of."""
    names = {word.lower() for word in (*kind, *_programs(pid))}
    return not names.isdisjoint(_known()) or any(names & called for called in _called_terminals(os.environ))


@cache
def _known() -> frozenset[str]:
    """The classes and programs of terminals.txt, in small letters."""
    return frozenset(Path(__file__).with_name("terminals.txt").read_text("ascii").split())


def _programs(pid: int) -> Iterator[str]:
    with suppress(OSError):
        yield Path(os.readlink(f"/proc/{pid}/exe")).name  # noqa: PTH115 - what it names may be deleted
    words = [Path(word).name for word in proc.arguments(pid)[:2]]
    yield from words[:1]
    if words and _INTERPRETERS.fullmatch(words[0]):
        yield from words[1:]


def _called_terminals(environment: Mapping[str, str]) -> Iterator[set[str]]:
    """The names of each application whose menu entry is among the terminals."""
    for file, said in desktop_entries.read(environment, having=_CATEGORY):
        if _CATEGORY in said.get("Categories", "").split(";"):
            program = Path(said.get("Exec", "").partition(" ")[0].strip('"')).name
            names = {file.stem, file.stem.rpartition(".")[2], said.get("StartupWMClass", "")}
            if program not in _STARTERS and not _INTERPRETERS.fullmatch(program):
                names.add(program)
            yield {name.lower() for name in names if name}
