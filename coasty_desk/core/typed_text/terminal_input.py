"""Whether input goes to a terminal, where a key may put in a line that nobody typed. Pure."""

from __future__ import annotations

import re

from coasty_desk.core.actions import Action
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.typed_text.editing_keys import of_stroke
from coasty_desk.core.typed_text.typed_line import brings, steps

_TERMINALS = re.compile(
    r"(?im)term(?:inal|inator)?\b|xterm|konsole|alacritty|kitty|wezterm|tilix|guake|yakuake|foot\b|rxvt|ptyxis|ghostty"
    r"|powershell|command prompt|cmd\.exe|console|^st\b|\w@[\w.-]+:\s*[~/]"
)
"""What the titles and kinds of terminal windows look like."""


def is_terminal(window: NamedWindow) -> bool:
    """Whether it looks like one."""
    return _TERMINALS.search(f"{window.title}\n{window.kind}") is not None


def in_terminal(windows: tuple[NamedWindow, ...] | None) -> bool | None:
    """Whether input to these windows goes to a terminal; None where that cannot be told."""
    if not windows:
        return None
    if any(map(is_terminal, windows)):
        return True
    return False if all(window.title.strip() or window.kind.strip() for window in windows) else None


def matters(action: Action) -> bool:
    """Whether the action does something else to a line in a terminal than elsewhere."""
    done = (of_stroke(step) for step in steps(action) if isinstance(step, tuple))
    return bool(brings(action)) or any(
        does.loses or does.commits or does.abandons or does.follow in ("right", "end") for does in done
    )
