"""Before a run: what a killed process left held down is offered for release, because every key of ours would be mixed with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from coasty_desk.cli.terminal import borrowed_terminal, prompts
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input import release


def offer(stop: Stop, at_terminal: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
    """Say what is stuck and let it go: after a yes at a terminal, and without one at once. Raises Aborted, DesktopError.

    The person is asked `at_terminal`: within it the terminal is there to be answered at.
    """
    stuck = release.stuck(stop)
    if not stuck:
        return
    names = ", ".join(one.name for one in stuck)
    print(f"coasty-desk: held down before the run: {names}.", file=sys.stderr)
    if prompts.there():
        with at_terminal(), borrowed_terminal.answering():
            print("Release them? [Y/n] ", end="", file=sys.stderr, flush=True)
            said = prompts.read_line(sys.stdin, stop, prompts.PATIENCE)
        if said is not None and said.strip().lower() in ("n", "no"):
            return
    release.release()
    print("coasty-desk: released.", file=sys.stderr)
