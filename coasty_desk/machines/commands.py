"""All that a machine obeys: each command with the tool that it belongs to, which a worker makes once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from msgspec import Struct

from coasty_desk.machines.command import Command
from coasty_desk.machines.world import MachineWorld

ToolName = str


class Toolkit(Struct, frozen=True):
    """The commands of one tool, by the module and the name of their table, and the class of the tool, which is made of a MachineWorld.

    `drives`: they are input to the machine, one at a time; without a `tool` they get the worker's own.
    """

    commands: str
    tool: str = ""
    drives: bool = False


TOOLKITS: Mapping[ToolName, Toolkit] = {
    "screen": Toolkit("machine_screen:SCREEN_COMMANDS"),
    "pointer": Toolkit("pointer_commands:POINTER_COMMANDS", drives=True),
    "windows": Toolkit("window_commands:WINDOW_COMMANDS", drives=True),
    "terminal": Toolkit("terminal_commands:TERMINAL_COMMANDS", "terminal_commands:MachineTerminal"),
    "files": Toolkit("file_commands:FILE_COMMANDS", "file_commands:MachineFiles"),
    "browser": Toolkit("browser_commands:BROWSER_COMMANDS", "machine_browser:MachineBrowser", drives=True),
}

REPEATABLE = frozenset(
    {
        *("screenshot", "list_windows", "wait", "terminal_read"),
        *("file_read", "file_exists", "directory_list", "file_download", "file_list_downloads"),
        *("browser_get_dom", "browser_get_clickables", "browser_state", "browser_info", "browser_screenshot"),
        *("browser_list_tabs", "browser_wait"),
    }
)
"""What does nothing to the machine: asked for again, it is done again."""

LOOKS = frozenset(
    {
        *("list_windows", "browser_get_dom", "browser_get_clickables", "browser_state", "browser_info"),
        *("browser_screenshot", "browser_list_tabs", "browser_wait"),
    }
)
"""What belongs to a tool that drives, and does not drive."""


class KnownCommand(Struct, frozen=True):
    """A command and its tool. `drives`: nothing else drives the machine meanwhile."""

    command: Command
    tool: ToolName
    drives: bool


@cache
def known() -> Mapping[str, KnownCommand]:
    """Every command by its name, loaded when it is first asked for: all of them or none, whoever asks at the same time."""
    found: dict[str, KnownCommand] = {}
    for tool, kit in TOOLKITS.items():
        rows: Sequence[Command] = _named(kit.commands)
        found |= {row.name: KnownCommand(row, tool, kit.drives and row.name not in LOOKS) for row in rows}
    return found


def made(tool: ToolName, world: MachineWorld) -> Any:
    """The tool for that world."""
    return _named(TOOLKITS[tool].tool)(world)


def _named(what: str) -> Any:
    module, _, name = what.partition(":")
    return getattr(import_module(f"coasty_desk.machines.{module}"), name)
