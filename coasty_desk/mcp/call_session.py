"""One session of a host's calls: a run at its first call, the same one for all that follow, and none after a person's stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Look, Prediction, Refusal, Verdict
from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.mcp.called_run import CalledRun, Seen, doing
from coasty_desk.settings import Settings

IDLE = 300.0
"""Seconds without a call after which the desktop is given back."""

LONGEST = 40.0
"""Seconds that a call may take: some hosts give up after 45."""

LETTING_GO = 1.6
"""Seconds that a run which is called off may take to let go of everything."""

_FOR_GOOD = (ev.Ending.HOTKEY, ev.Ending.CORNER, ev.Ending.INTERRUPT, ev.Ending.STOP)
_LIMITS = (ev.Ending.MAX_STEPS, ev.Ending.BUDGET, ev.Ending.DEADLINE)


class CallError(Exception):
    """Why a call came to nothing, in words for whoever has called."""


class CallSession:
    """The calls of one host, from any thread; `idle` and `longest` are `IDLE` and `LONGEST`."""

    def __init__(
        self,
        chosen: Settings,
        environment: Mapping[str, str],
        *,
        idle: float = IDLE,
        longest: float = LONGEST,
    ) -> None:
        self._begin: Callable[[], CalledRun] = lambda: CalledRun(chosen, environment, idle)
        self._longest = longest
        self._turn = threading.Lock()
        self._run: CalledRun | None = None
        self._pending = False
        self._closed = ""

    def look(self) -> Seen:
        """The screen as it is now; or after what an earlier call has left going on. Raises CallError."""
        with self._taken():
            if self._pending and self._run is not None:
                return self._outcome(self._run)
            run, first = self._going()
            return first or self._done(run, doing((Look(),)))

    def act(self, actions: tuple[Action | Refusal, ...]) -> Seen:
        """Do them through the gates of a run, and look. Raises CallError."""
        with self._taken():
            if self._pending and self._run is not None and not self._run.over:
                message = "What was called before is still going on, so nothing of this was done. desk_screenshot waits for it."
                raise CallError(message)
            return self._done(self._going()[0], doing(actions))

    def finish(self, words: str) -> str:
        """Give the desktop back, also in the middle of another call; what there is to say."""
        run = self._run
        if run is None or run.over:
            return "Nothing was going on: the desktop is the person's."
        if not self._turn.acquire(blocking=False):
            run.call_off(words)
            run.await_end(LETTING_GO)
            return "It was stopped in the middle; nothing is held down, and the desktop was given back."
        try:
            if self._pending or not run.give(Prediction(Verdict.DONE, answer=words)):
                run.call_off(words)
            run.await_end(LETTING_GO)
            self._judge(run)  # a person may have stopped it just then
        finally:
            self._turn.release()
        return "The desktop was given back."

    def call_off(self, why: str) -> None:
        """End what is going on at once; a later call begins anew. Never raises, and does not wait."""
        run = self._run
        if run is not None:
            run.call_off(why)

    def close(self) -> None:
        """End what is going on, let go of everything, and take nothing any more. Never raises."""
        self._closed = self._closed or "The session is over."
        run = self._run
        if run is not None:
            run.call_off("the assistant's program has ended")
            run.await_end(LETTING_GO)

    @contextmanager
    def _taken(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._longest):
            message = "Another call is still going on, so nothing of this was done. Call one tool after the other."
            raise CallError(message)
        try:
            yield
        finally:
            self._turn.release()

    def _going(self) -> tuple[CalledRun, Seen | None]:
        """The run, and what it has seen first where it begins with this call."""
        if self._run is not None and self._run.over:
            self._judge(self._run)
        if self._closed:
            raise CallError(self._closed)
        if self._run is not None:
            return self._run, None
        run = self._run = self._begin()
        return run, self._outcome(run)

    def _done(self, run: CalledRun, prediction: Prediction) -> Seen:
        if not run.give(prediction):  # it was stopped, or given back, a moment ago
            self._judge(run)
            message = (
                self._closed or "The desktop had just been given back, so nothing of this was done. Look again first."
            )
            raise CallError(message)
        return self._outcome(run)

    def _outcome(self, run: CalledRun) -> Seen:
        self._pending = True
        try:
            seen = run.seen(self._longest)
        except TimeoutError:
            message = "It is still going on, as it should. desk_screenshot waits for it; desk_stop ends it."
            raise CallError(message) from None
        except CoastyDeskError as error:
            self._forget()
            message = f"{error.message} {error.remedy}".strip()
            raise CallError(message) from error
        if seen is None:
            raise CallError(self._judge(run))
        self._pending = False
        return seen

    def _judge(self, run: CalledRun) -> str:
        """How the run has ended, in a sentence; the session is over where it was a person's stop or a limit."""
        if not run.await_end(self._longest):
            message = "The run is being ended. Look again in a moment."
            raise CallError(message)
        self._forget()
        ended = run.ended
        if ended is None:
            return "The run has ended without saying how. The next call begins another."
        how = f"{ended.message.rstrip('.')}. {ended.remedy}".strip()
        if run.by_caller:
            return f"It was stopped in the middle for whoever called: {how}"
        if ended.ending in _FOR_GOOD:
            self._closed = (
                f"A person has stopped this: {how} Input may have gone out by half, nothing is held down, and no more is taken in this "
                "session. Do not try again: ask the person, who can begin a new session."
            )
        elif ended.ending in _LIMITS:
            self._closed = f"A limit that the person has set is reached: {how} No more is taken in this session."
        return self._closed or f"The run has ended: {how} The next call begins another."

    def _forget(self) -> None:
        self._run, self._pending = None, False
