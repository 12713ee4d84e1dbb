"""`--json`: one event a line on stdout, and nothing else there."""

from __future__ import annotations

import sys

from coasty_desk.cli.view.run_view import View
from coasty_desk.core.events import Event
from coasty_desk.wire.journal_codec import to_line


class JsonView(View):
    """Prints each event as one line of ASCII JSON, flushed, so that a pipe's reader has it at once."""

    def __init__(self, *, recorded: bool) -> None:
        self._recorded = recorded
        self._out = sys.stdout  # now: a thread that loads a library turns stdout away from what that prints

    def show(self, event: Event) -> None:
        """Print the line; control characters of the model's are escapes in it."""
        self._out.write(to_line(event, recorded=self._recorded) + "\n")
        self._out.flush()
