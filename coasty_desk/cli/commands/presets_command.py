"""`coasty-desk presets list` and `show`."""

from __future__ import annotations

from coasty_desk import presets
from coasty_desk.cli.terminal.terminal_text import safe


def list_all() -> int:
    """A line for each preset: name, title, which actions it confirms."""
    for name in presets.names():
        preset = presets.load(name)
        confirms = "" if preset.confirm == "never" else f"  (confirm: {preset.confirm})"
        print(f"{name:<10} {preset.title}{confirms}")
    return 0


def show(name: str) -> int:
    """The text as it is sent."""
    print(safe(presets.load(name).text))
    return 0
