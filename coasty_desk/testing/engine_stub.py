"""An `automation.engine.Engine` in memory: the rules of the real one, without a disk. For tests of what is carried out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from coasty_desk.automation.engine import Handler, Work

PAUSE = 0.01
"""Seconds until a handler that raised is called again."""


class WorkMemory(Struct):
    """What the real engine has on disk, of one piece of work."""

    work: Work
    state: Literal["waiting", "begun", "done", "cancelled"] = "waiting"
    attempt: int = 0
    messages: list[tuple[str, str, str]] = []
    names: set[str] = set()
    over_at: float | None = None


class EngineStub:
    """Give the `memory` of one that was closed to the next, and it goes on from there. `clock`: seconds since the epoch."""

    def __init__(
        self,
        memory: dict[str, WorkMemory] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        pause: float = PAUSE,
    ) -> None:
        self.memory: dict[str, WorkMemory] = {} if memory is None else memory
        self.ending = threading.Event()
        self._clock = clock
        self._pause = pause
        self._changed = threading.Condition()
        self._handlers: Mapping[str, Handler] = {}
        self._busy: set[str] = set()

    def begin(self, handlers: Mapping[str, Handler]) -> None:
        """As the port says."""
        self._handlers = handlers
        threading.Thread(target=self._dispatch, name="engine stub", daemon=True).start()

    def submit(self, work: Work) -> None:
        """As the port says."""
        with self._changed:
            self.memory.setdefault(work.work_id, WorkMemory(work))
            self._changed.notify_all()

    def signal(self, work_id: str, topic: str, message: str, once: str = "") -> None:
        """As the port says."""
        with self._changed:
            kept = self.memory[work_id]
            if kept.state in {"waiting", "begun"} and (not once or once not in kept.names):
                kept.names.add(once)
                kept.messages.append((topic, message, once))
                self._changed.notify_all()

    def cancel(self, work_id: str) -> bool:
        """As the port says."""
        with self._changed:
            kept = self.memory.get(work_id)
            if kept is None or kept.state not in {"waiting", "cancelled"}:
                return False
            kept.state, kept.over_at = "cancelled", self._clock()
            return True

    def forget(self, before: float) -> None:
        """As the port says."""
        with self._changed:
            for work_id, kept in list(self.memory.items()):
                if kept.over_at is not None and kept.over_at < before:
                    del self.memory[work_id]

    def lease(self) -> None:
        """As the port says: nobody else has it."""

    def close(self) -> None:
        """As the port says."""
        with self._changed:
            self.ending.set()
            self._changed.notify_all()

    def clock_moved(self) -> None:
        """Look at the clock again."""
        with self._changed:
            self._changed.notify_all()

    def _dispatch(self) -> None:
        with self._changed:
            while not self.ending.is_set():
                for kept in self._startable():
                    self._busy.add(kept.work.queue)
                    threading.Thread(target=self._carry_out, args=(kept,), name=kept.work.work_id, daemon=True).start()
                self._changed.wait(self._until_next())

    def _startable(self) -> list[WorkMemory]:
        """The first of each queue that is free: what was cut off before what waits."""
        now = self._clock()
        first: dict[str, WorkMemory] = {}
        for kept in sorted(self.memory.values(), key=lambda kept: kept.state != "begun"):
            due = kept.work.not_before is None or kept.work.not_before <= now
            if kept.state in {"waiting", "begun"} and due and kept.work.kind in self._handlers:
                first.setdefault(kept.work.queue, kept)
        return [kept for queue, kept in first.items() if queue not in self._busy]

    def _until_next(self) -> float | None:
        now = self._clock()
        later = [kept.work.not_before for kept in self.memory.values() if kept.state == "waiting"]
        left = [at - now for at in later if at is not None and at > now]
        return min(left) if left else None

    def _carry_out(self, kept: WorkMemory) -> None:
        with self._changed:
            if kept.state not in {"waiting", "begun"}:  # cancelled in between
                self._leave(kept)
                return
            kept.state = "begun"
        while not self.ending.is_set():
            kept.attempt += 1
            try:
                self._handlers[kept.work.kind](StubContext(self, kept, self._changed))
            except Exception:  # noqa: BLE001 - whatever it is, it is called again
                self.ending.wait(self._pause)
            else:
                break
        with self._changed:
            if not self.ending.is_set():
                kept.state, kept.over_at = "done", self._clock()
                kept.messages.clear()
            self._leave(kept)

    def _leave(self, kept: WorkMemory) -> None:
        self._busy.discard(kept.work.queue)
        self._changed.notify_all()


class StubContext:
    """An `automation.engine.WorkContext` of the stub."""

    def __init__(self, engine: EngineStub, kept: WorkMemory, changed: threading.Condition) -> None:
        self.work_id = kept.work.work_id
        self.payload = kept.work.payload
        self.attempt = kept.attempt
        self.ending = engine.ending
        self._kept = kept
        self._changed = changed
        self._given: set[str] = set()

    def receive(self, topic: str, seconds: float) -> str | None:
        """As the port says."""
        with self._changed:
            if topic in self._given:
                self._given.discard(topic)
                self._kept.messages.remove(next(each for each in self._kept.messages if each[0] == topic))
            self._changed.wait_for(lambda: self._next(topic) is not None or self.ending.is_set(), seconds)
            found = None if self.ending.is_set() else self._next(topic)
            if found is not None:
                self._given.add(topic)
            return found

    def _next(self, topic: str) -> str | None:
        return next((message for of, message, _ in self._kept.messages if of == topic), None)
