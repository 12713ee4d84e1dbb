"""Whether a window is a terminal's: by names that are known, else by what its menu entry says that it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from coasty_desk.desktop.linux import process_ancestry

KNOWN = frozenset(
    [
        "alacritty",
        "aterm",
        "blackbox",
        "contour",
        "cool-retro-term",
        "cosmic-term",
        "deepin-terminal",
        "eterm",
        "evilvte",
        "foot",
        "ghostty",
        "gnome-terminal",
        "gnome-terminal-server",
        "guake",
        "hyper",
        "io.elementary.terminal",
        "kgx",
        "kitty",
        "konsole",
        "lilyterm",
        "lxterm",
        "lxterminal",
        "mate-terminal",
        "mlterm",
        "org.gnome.console",
        "org.gnome.terminal",
        "org.wezfurlong.wezterm",
        "pantheon-terminal",
        "pterm",
        "ptyxis",
        "qterminal",
        "rio",
        "roxterm",
        "rxvt",
        "sakura",
        "st",
        "st-256color",
        "stterm",
        "tabby",
        "terminator",
        "terminology",
        "termit",
        "termite",
        "tilda",
        "tilix",
        "urxvt",
        "urxvtd",
        "uxterm",
        "wezterm",
        "wezterm-gui",
        "x-terminal-emulator",
        "xfce4-terminal",
        "xiterm",
        "xterm",
        "xvt",
        "yakuake",
        "zutty",
    ]
)
"""Classes and programs, in small letters."""

_CATEGORY = "TerminalEmulator"
_INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|gjs|bash|sh)[\d.]*")
_STARTERS = frozenset(["env", "flatpak", "snap", "pkexec"])
"""What a menu entry's command may begin with, and that says nothing of the application."""


def is_terminal(kind: Sequence[str], pid: int) -> bool:
    """`kind` is the window's class and instance, `pid` the process that it is of."""
    names = {word.lower() for word in (*kind, *_programs(pid))}
    return bool(names & KNOWN) or any(names & called for called in _called_terminals(os.environ))


def _programs(pid: int) -> Iterator[str]:
    with suppress(OSError):
        yield Path(os.readlink(f"/proc/{pid}/exe")).name  # noqa: PTH115 - what it names may be deleted
    words = [Path(word).name for word in process_ancestry.arguments(pid)[:2]]
    yield from words[:1]
    if words and _INTERPRETERS.fullmatch(words[0]):
        yield from words[1:]


def _called_terminals(environment: Mapping[str, str]) -> Iterator[set[str]]:
    """The names of each application whose menu entry is among the terminals."""
    home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    system = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for folder in (home, *filter(None, system.split(":"))):
        for file in Path(folder, "applications").glob("**/*.desktop"):
            with suppress(OSError, UnicodeDecodeError):
                text = file.read_text("utf-8")
                if _CATEGORY in text:
                    yield _names(file.stem, text)


def _names(stem: str, text: str) -> set[str]:
    main = text.partition("[Desktop Entry]")[2].partition("\n[")[0]
    said = dict(re.findall(r"^(Categories|Exec|StartupWMClass) *= *(.*?) *$", main, re.MULTILINE))
    if _CATEGORY not in said.get("Categories", "").split(";"):
        return set()
    program = Path(said.get("Exec", "").partition(" ")[0].strip('"')).name
    names = {stem, stem.rpartition(".")[2], said.get("StartupWMClass", "")}
    if program not in _STARTERS and not _INTERPRETERS.fullmatch(program):
        names.add(program)
    return {name.lower() for name in names if name}
