"""Which view of a run this terminal gets."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from coasty_desk.cli.terminal.borrowed_terminal import console
from coasty_desk.cli.terminal.terminal_text import tolerate
from coasty_desk.cli.view.run_view import View


def for_person(*, dry_run: bool, environment: Mapping[str, str], out: TextIO | None = None) -> View:
    """The live view on a terminal that can show one, plain lines everywhere else."""
    out = out or sys.stdout
    if live_on(out, environment):
        tolerate(out, "replace")  # a line that is drawn over must not be longer than it was reckoned
        from coasty_desk.cli.view.live_view import LiveView  # rich takes its time to load

        return LiveView(dry_run=dry_run)
    from coasty_desk.cli.view.plain_view import PlainView

    return PlainView(dry_run=dry_run, out=out)


def live_on(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a view that redraws itself has a place there."""
    dumb = environment.get("TERM", console.NAMELESS) in ("dumb", "unknown")
    return out.isatty() and not dumb
