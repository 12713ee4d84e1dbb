"""How a command ends: the exit codes (DESIGN.md A3), and an error as two sentences on stderr."""

from __future__ import annotations

import sys

from coasty_desk.core.errors import CoastyDeskError, DesktopError, ServiceError, UsageError

EXIT_USAGE = 2
EXIT_SERVICE = 4
EXIT_DESKTOP = 5
EXIT_STOPPED = 130

IS_IT_FULL = "Is the disk full that stdout goes to?"


def exit_code(error: CoastyDeskError) -> int:
    """Whose fault it is, as DESIGN.md A3 numbers it."""
    match error:
        case ServiceError():
            return EXIT_SERVICE
        case DesktopError():
            return EXIT_DESKTOP
        case UsageError() | _:
            return EXIT_USAGE


def complain(message: str, remedy: str) -> None:
    """One sentence that says what is wrong and one that says what to do, on stderr."""
    from coasty_desk.cli.terminal.terminal_text import line

    print(f"coasty-desk: {line(message, 1000)}", file=sys.stderr)
    if remedy:
        print(f"  {line(remedy, 1000)}", file=sys.stderr)
