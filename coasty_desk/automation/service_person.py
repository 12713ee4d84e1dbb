"""A person who is asked through the service: as long as it takes, and whoever has come back from lunch answers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from coasty_desk.automation.run_control import Asks, FromRun, GoesOn, HumanAnswer
from coasty_desk.core.errors import GaveUpError
from coasty_desk.core.ports import Granted, Instead, PersonAnswer
from coasty_desk.core.stop import Stop

_NOTHING_SAID = {True: "Yes, go on.", False: "No."}
"""The answer to the model's own question, where no words came with it."""

_LOOK = 3600.0


class ServicePerson:
    """A `core.ports.Person`. Answers come from another thread than the run's, which waits here; `tell` says something to the service."""

    def __init__(self, stop: Stop, tell: Callable[[FromRun], None]) -> None:
        self._stop, self._tell = stop, tell
        self._changed = threading.Condition()
        self._asked = 0
        self._answer: HumanAnswer | None = None
        self._refused = ""
        self.line = 0
        """Of the journal, which says that the next question is asked: its number."""
        stop.then(self._wake)

    def attend(self) -> None:
        """What was said before was the answer to another question."""

    def ask(self, question: str, why: str, crop: str | None) -> PersonAnswer:
        """Raises Aborted, GaveUpError where nobody is to be waited for."""
        said = self._said(Asks(self.line, "action", question, why, crop))
        if said.approved:
            return Granted(said.note) if said.note else "yes"
        return Instead(said.note) if said.note else "no"

    def answer(self, question: str) -> str:
        """Raises Aborted, GaveUpError where nobody is to be waited for."""
        said = self._said(Asks(self.line, "model", question))
        if said.approved:
            return said.note or _NOTHING_SAID[True]
        return f"{_NOTHING_SAID[False]} {said.note}".strip()

    def hear(self, answer: HumanAnswer) -> None:
        """Take an answer, where it is one to what is asked now, and the first."""
        with self._changed:
            if self._asked and answer.question == self._asked and self._answer is None:
                self._answer = answer
                self._changed.notify_all()

    def refuse(self, words: str) -> bool:
        """Nobody is to be waited for; whether somebody was."""
        with self._changed:
            self._refused = words
            self._changed.notify_all()
            return self._asked > 0

    def _said(self, asks: Asks) -> HumanAnswer:
        with self._changed:
            self._asked, self._answer = asks.question, None
        try:
            self._tell(asks)
            with self._changed:
                while self._answer is None and not self._refused and not self._stop.is_set():
                    self._changed.wait(_LOOK)
                answer = self._answer
        finally:
            with self._changed:
                self._asked = 0
        self._stop.check()
        if answer is None:
            raise GaveUpError(self._refused, "Let it wait for a person, or allow what it asks about.")
        self._tell(GoesOn(asks.question))
        return answer

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
