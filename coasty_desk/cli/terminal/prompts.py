"""Asking the person at the terminal, in a way that a stop ends at once."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from coasty_desk.cli.terminal import borrowed_terminal
from coasty_desk.cli.terminal.borrowed_terminal import console
from coasty_desk.cli.terminal.terminal_text import ALL, line
from coasty_desk.core.ports import Instead, Said
from coasty_desk.core.stop import Stop

PATIENCE = 120.0
"""Seconds after which no answer means no."""

_SLICE = 0.05
"""Seconds between two looks at the stop while the terminal is silent."""

FAR_EAST = "\u2e80"
"""From here on scripts put no space between words."""

_ANSWERS: dict[str, Said] = {
    "y": "yes",
    "yes": "yes",
    "n": "no",
    "no": "no",
    "": "no",
    "a": "always",
    "always": "always",
    "s": "stop",
    "stop": "stop",
}


class TerminalPerson:
    """Asks on the terminal, never on stdout. A `core.gates.confirm.Person`: without a terminal, and after `patience` seconds, it is no."""

    def __init__(
        self, stop: Stop, *, patience: float = PATIENCE, source: TextIO | None = None, out: TextIO | None = None
    ) -> None:
        self._stop = stop
        self._patience = patience
        self._source = source or sys.stdin
        self._out = out or sys.stderr

    def attend(self) -> None:
        """What was typed before the question, by the agent perhaps, is no answer to it."""
        if there(self._source):
            console.forget()

    def answer(self, question: str) -> str:
        """The person's words, on one line. Raises Aborted as soon as the run is stopped."""
        if not there(self._source):
            return ""
        self._print(f"\n{line(question, ALL)}\n  your answer: ", end="")
        with borrowed_terminal.answering():
            said = read_line(self._source, self._stop, self._patience)
        if said is None:
            self._print(f"\n  no answer in {self._patience:g} s")
        return " ".join("".join(char if char.isprintable() else " " for char in said or "").split())

    def ask(self, question: str, why: str, crop: str | None) -> Said | Instead:
        """The answer. Raises Aborted as soon as the run is stopped."""
        if not there(self._source):
            return "no"
        self._print(f"\n{line(question, ALL)}\n  why: {line(why)}")
        if crop:
            self._print(f"  picture: {line(crop)}")
        with borrowed_terminal.answering():
            return self._answer()

    def _answer(self) -> Said | Instead:
        while True:
            self._print(
                "  [y]es, [n]o, [a]lways for this kind in this run, [s]top, or say what to do instead: ", end=""
            )
            said = read_line(self._source, self._stop, self._patience)
            if said is None:
                self._print(f"\n  no answer in {self._patience:g} s: no")
                return "no"
            answer = understood(said)
            if answer is None:
                self._print(
                    "  That is none of the answers. To say what to do takes two words at least, other than those."
                )
                continue
            if isinstance(answer, Instead):
                self._print(f"  no, and the model is told: {line(answer.words)}")
            return answer

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._out, flush=True)


def understood(said: str) -> Said | Instead | None:
    """The answer; None for a slip of the keyboard, and for a yes or a stop with more behind it, which may mean either."""
    answer = _ANSWERS.get(said.strip().lower())
    if answer is not None:
        return answer
    words = "".join(char if char.isprintable() else " " for char in said).split()
    first = words[0].strip(",.;:!").lower() if words else ""
    denied = first in ("n", "no")
    if first and first in _ANSWERS and not denied:
        return None
    words = words[denied:]
    told = " ".join(words)
    if sum(any(map(str.isalpha, word)) for word in words) > 1 or sum(char >= FAR_EAST for char in told) > 1:
        return Instead(told)
    return "no" if denied else None


def there(source: TextIO | None = None) -> bool:
    """Whether a person could answer: stdin is a terminal."""
    source = source or sys.stdin
    return source is not None and not source.closed and source.isatty()


def agreed(question: str) -> bool:
    """Whether the person at the terminal says yes, asked on stderr; no answer is no."""
    print(f"{question} [y]es, [n]o: ", end="", file=sys.stderr, flush=True)
    said = read_line(sys.stdin, Stop(), PATIENCE) or ""
    return _ANSWERS.get(said.strip().lower()) == "yes"


def read_line(source: TextIO, stop: Stop, seconds: float) -> str | None:
    """One line from a terminal; None after so many seconds, or where it is closed. Raises Aborted as soon as the run is stopped."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stop.check()
        if console.ready(source, _SLICE):
            said = console.read(source)
            return said.decode("utf-8", "replace") if said else None
    stop.check()
    return None
