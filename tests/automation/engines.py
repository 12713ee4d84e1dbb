"""The engines that the suite holds to the port's rules: each as a world that outlives those that are opened on it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from coasty_desk.automation.dbos_engine import DbosEngine
from coasty_desk.automation.engine import Engine, Handler, Work, WorkContext
from coasty_desk.testing.engine_stub import EngineStub, WorkMemory

PATIENCE = 30.0
"""Seconds after which a test gives up."""


class EngineWorld(Protocol):
    """What an engine keeps, whichever it is."""

    def open(self) -> Engine:
        """An engine on it; at most one has begun at a time."""


class StubWorld:
    def __init__(self) -> None:
        self.memory: dict[str, WorkMemory] = {}

    def open(self) -> Engine:
        return EngineStub(self.memory)


class DbosWorld:
    def __init__(self, place: Path | str, lock: Path) -> None:
        self.place = place
        self.lock = lock

    def open(self) -> Engine:
        return DbosEngine(self.place, self.lock)


class Bench:
    """A world, the engines opened on it, and what their handlers say happened."""

    def __init__(self, world: EngineWorld) -> None:
        self.world = world
        self._said: list[str] = []
        self._changed = threading.Condition()
        self._at_end = ExitStack()
        self.handlers: dict[str, Handler] = {}

    def begin(self, **handlers: Handler) -> Engine:
        """An engine that carries out."""
        self.handlers.update(handlers)
        engine = self.world.open()
        self._at_end.callback(engine.close)
        engine.begin(self.handlers)
        return engine

    def say(self, what: str) -> None:
        with self._changed:
            self._said.append(what)
            self._changed.notify_all()

    def wait(self, *expected: str) -> None:
        """Until all of these were said."""
        with self._changed:
            done = self._changed.wait_for(lambda: set(expected) <= set(self._said), PATIENCE)
            assert done, f"{expected} expected, {self._said} said"

    @property
    def said(self) -> list[str]:
        with self._changed:
            return list(self._said)

    def close(self) -> None:
        self._at_end.close()


def work(name: str, queue: str = "q", kind: str = "k", **rest: object) -> Work:
    """A piece of work, in a queue and of a kind that a test need not name."""
    return Work(work_id=name, kind=kind, queue=queue, **rest)  # type: ignore[arg-type]


def saying(bench: Bench) -> Handler:
    """A handler that says its work's name, and is done."""

    def carry_out(context: WorkContext) -> None:
        bench.say(context.work_id)

    return carry_out


def until_told(bench: Bench, leave: Mapping[str, threading.Event]) -> Handler:
    """One that says when it begins and when it is done, and waits in between until it may leave or the engine ends."""

    def carry_out(context: WorkContext) -> None:
        bench.say(f"{context.work_id} begins")
        may = leave[context.work_id]
        while not may.is_set() and not context.ending.is_set():
            may.wait(0.01)
        if not context.ending.is_set():
            bench.say(f"{context.work_id} done")

    return carry_out
