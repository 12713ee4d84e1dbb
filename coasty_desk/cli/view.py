"""Whoever shows a run to the person, and which of them this terminal gets."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from coasty_desk.cli.app import complain
from coasty_desk.cli.text import line, tolerate
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


def for_person(*, dry_run: bool, environment: Mapping[str, str], out: TextIO | None = None) -> View:
    """The live view on a terminal that can show one, plain lines everywhere else."""
    out = out or sys.stdout
    if live_on(out, environment):
        tolerate(out, "replace")  # a line that is drawn over must not be longer than it was reckoned
        from coasty_desk.cli.live import LiveView  # rich takes its time to load

        return LiveView(dry_run=dry_run)
    from coasty_desk.cli.plain import PlainView

    return PlainView(dry_run=dry_run, out=out)


def live_on(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a view that redraws itself has a place there."""
    dumb = environment.get("TERM", "dumb" if os.name == "posix" else "") in ("dumb", "unknown")
    return out.isatty() and not dumb
