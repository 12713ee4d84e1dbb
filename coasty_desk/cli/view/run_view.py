"""Whoever shows a run to the person, or to a program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from coasty_desk.cli.exits import complain
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core import events as ev
from coasty_desk.wire.journal_codec import to_line


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

    def end(self, ended: ev.RunEnded, remedy: str | None, record: Path | None, after: Sequence[str] = ()) -> None:
        """After the last event: what to do about an ending that is no success (None: it is one), where the record is.

        `after` are the lines that name what may come next.
        """
        del record, after
        if remedy is not None:
            complain(ended.message, remedy)

    def suspend(self) -> None:
        """The process stops: the terminal is somebody else's until `resume`. From any thread; never raises."""

    def resume(self) -> None:
        """It goes on."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class JsonView(View):
    """`--json`: each event as one line of ASCII JSON on stdout, flushed, so that a pipe's reader has it at once; nothing else there."""

    def __init__(self, *, recorded: bool) -> None:
        self._recorded = recorded
        self._out = sys.stdout  # now: a thread that loads a library turns stdout away from what that prints

    def show(self, event: ev.Event) -> None:
        """Print the line; control characters of the model's are escapes in it."""
        self._out.write(to_line(event, recorded=self._recorded) + "\n")
        self._out.flush()
