"""The person's terminal, which the agent may type into: nothing of that is shown, stops the output, counts as an answer, or is left for the shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

try:
    from coasty_desk.cli.terminal import posix_terminal as _console
except ImportError:
    from coasty_desk.cli.terminal import windows_console as _console  # type: ignore[no-redef]  # the same of another system

console = _console
"""This system's."""


@contextmanager
def echo_off() -> Iterator[None]:
    """Within the block the terminal echoes nothing and Ctrl+S does not stop it; what was typed meanwhile is forgotten at the end."""
    console.wish(hushed=True)
    try:
        yield
    finally:
        console.forget()
        console.wish(hushed=False)


@contextmanager
def answering() -> Iterator[None]:
    """Within the block the terminal echoes: a person answers. `forget` first, before the question can be seen."""
    console.wish(echo=True)
    try:
        yield
    finally:
        console.wish(echo=False)
        console.forget()


def give_back() -> None:
    """The process stops or ends: the terminal is as it was. Never raises."""
    console.forget()
    console.restore()
