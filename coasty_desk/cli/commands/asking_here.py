"""The question of a run that is watched, asked at the terminal where it is watched, until it is answered there or anywhere else."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

from coasty_desk.cli.terminal import borrowed_terminal, prompts
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.client import runs_api
from coasty_desk.client.run_values import HeardEvent
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import Aborted, CoastyDeskError
from coasty_desk.core.ports import Instead
from coasty_desk.core.run import ASKED_BY_MODEL
from coasty_desk.core.stop import Stop

LASTING = 0.5
"""Seconds after which a question counts as one that waits: of one that was answered long ago the answer is heard at once."""

LONGEST_NOTE = 2000


_Said: TypeAlias = tuple[bool, str] | Literal["stop"] | None
"""Whether it may be, and what the model is told; or that the run is to end; nothing where it is left to others."""


class AskingHere:
    """For one run; from the thread that hears its events. `client` is another one than what the events are heard by.

    `aside` is where the terminal is not drawn on meanwhile.
    """

    def __init__(
        self, client: Callable[[], ServiceClient], run_id: str, aside: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._client, self._run_id, self._aside = client, run_id, aside
        self._stop: Stop | None = None
        self._thread: threading.Thread | None = None

    def hear(self, event: HeardEvent) -> None:
        """What was asked before is answered, or over; ask, where this is a question. To be called before it is shown."""
        self.close()
        if event.name != "awaiting_human" or event.data.get("question") == "":  # a hand, which nobody answers
            return
        self._stop = Stop()
        self._thread = threading.Thread(
            target=self._ask, args=(event, self._stop), name="coasty-desk question", daemon=True
        )

    def begin(self) -> None:
        """Ask what was heard last, now that it is shown."""
        if self._thread is not None and self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Ask no more. Never raises."""
        stop, thread, self._stop, self._thread = self._stop, self._thread, None, None
        if stop is not None and thread is not None:
            stop.trip("stop")
            if thread.ident is not None:
                thread.join()

    def _ask(self, event: HeardEvent, stop: Stop) -> None:
        if stop.wait(LASTING):
            return
        try:
            with self._aside(), borrowed_terminal.answering():
                said = self._words(stop) if _is_the_models(event) else self._choice(stop)
            stop.check()
            self._tell(said)
        except Aborted:
            _print("")
        except CoastyDeskError as error:
            _print(f"  {line(error.message)} {line(error.remedy)}".rstrip())

    def _words(self, stop: Stop) -> _Said:
        """The answer to the model's own question. Raises Aborted."""
        borrowed_terminal.console.forget()
        _print("  your answer: ", end="")
        said = prompts.read_line(sys.stdin, stop, math.inf)
        words = " ".join("".join(char if char.isprintable() else " " for char in said or "").split())
        return (True, words) if words else None

    def _choice(self, stop: Stop) -> _Said:
        """Whether the action may be done. Raises Aborted."""
        borrowed_terminal.console.forget()
        while True:
            _print("  [y]es, [n]o, [s]top, or say what to do instead: ", end="")
            said = prompts.read_line(sys.stdin, stop, math.inf)
            if said is None or not said.strip():
                return None
            answer = prompts.understood(said)
            match answer:
                case "yes" | "no":
                    return answer == "yes", ""
                case "stop":
                    return "stop"
                case Instead(words):
                    return False, words
            _print("  That is none of the answers. To say what to do takes two words at least, other than those.")

    def _tell(self, said: _Said) -> None:
        """Raises ServiceError."""
        match said:
            case None:
                _print("  It waits still.")
            case "stop":
                runs_api.cancelled(self._client(), self._run_id)
            case (approved, words):
                runs_api.answered(self._client(), self._run_id, approved=approved, note=words[:LONGEST_NOTE])


def _is_the_models(event: HeardEvent) -> bool:
    """Whether it is the model that wants to know something, and no gate that asks about an action."""
    return event.data.get("why", "") in ("", ASKED_BY_MODEL)


def _print(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
