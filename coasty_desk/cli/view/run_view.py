"""Whoever shows a run to the person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from coasty_desk.cli.exits import complain
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core import events as ev


class View:
    """Shows a run. Everything in it is optional but `show`; `close` comes whatever happens, and may come twice."""

    def begin(self, how_to_stop: str, warnings: Sequence[str]) -> None:
        """Before the first event: how the run can be stopped, and what there is to warn of."""
        del how_to_stop
        for warning in warnings:
            print(f"coasty-desk: {line(warning)}", file=sys.stderr)

    def show(self, event: ev.Event) -> None:
        """Show one event, before what it announces happens."""
        raise NotImplementedError

    def end(
        self, ended: ev.RunEnded, remedy: str, record: Path | None, *, fine: bool = False, after: Sequence[str] = ()
    ) -> None:
        """After the last event: what to do about an ending that is no success, unless it is `fine`, where the record is.

        `after` are the lines that name what may come next.
        """
        del record, after
        if not fine and ended.ending is not ev.Ending.DONE:
            complain(ended.message, remedy)

    def suspend(self) -> None:
        """The process stops: the terminal is somebody else's until `resume`. From any thread; never raises."""

    def resume(self) -> None:
        """It goes on."""

    def close(self) -> None:
        """Leave the terminal as it was."""
