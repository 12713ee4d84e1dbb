"""A line in the terminal while somebody is waited for, gone again when they have answered."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.view.choose_view import live_on

AFTER = 1.5
"""Seconds after which it is shown: most answers come sooner."""


@contextmanager
def waiting_line(who: str) -> Iterator[None]:
    """Within the block, after a moment, say on standard error whom we wait for, and since when; only where that is a terminal."""
    if sys.stderr is None or sys.stderr.closed or not live_on(sys.stderr, os.environ):
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_show, args=(line(who, 60), over), name="coasty-desk waiting line", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _show(who: str, over: threading.Event) -> None:
    began = time.monotonic()
    if over.wait(AFTER):
        return
    with suppress(OSError, ValueError):  # the terminal is gone, and nobody reads it
        try:
            while True:
                sys.stderr.write(f"\r\x1b[2mwaiting for {who}: {time.monotonic() - began:.0f} s\x1b[0m\x1b[K")
                sys.stderr.flush()
                if over.wait(1.0):
                    return
        finally:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
