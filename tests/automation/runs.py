"""Runs whose processes are played by the test: what they write is a real record, what they say is what a real one would."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coasty_desk.automation.run_control import Asks, EndReason, GoesOn, HumanAnswer, Over, RunOrder, Written
from coasty_desk.automation.run_row import RunOptions, RunRow
from coasty_desk.automation.run_service import KIND, NewRun, RunFeed, RunService
from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.run_supervisor import RunSupervisor
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.workflow_service import KIND as WORKFLOW
from coasty_desk.automation.workflow_service import WorkflowService
from coasty_desk.automation.workflow_store import WorkflowStore
from coasty_desk.automation.workflow_supervisor import WorkflowSupervisor, WorkflowWorld
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Usage, Verdict
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.machines.machine_errors import NoMachineError
from coasty_desk.machines.worker_protocol import DisplayLoan
from coasty_desk.record.journal import Recorder
from coasty_desk.testing.engine_stub import EngineStub, WorkMemory

PATIENCE = 10.0


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


class PlayedProcess:
    """One sitting, as the test has it go."""

    def __init__(self, order: RunOrder, runs: Path) -> None:
        self.order = order
        self.answers: queue.SimpleQueue[HumanAnswer] = queue.SimpleQueue()
        self.told_to_end: list[EndReason] = []
        self.ended = threading.Event()
        self._said: queue.SimpleQueue[Written | Asks | GoesOn | Over | None] = queue.SimpleQueue()
        folder = runs / order.run_id
        self._recorder = Recorder(folder) if folder.exists() else Recorder.begin(runs, order.run_id)
        self._line = self._recorder.lines()

    # What the service does with it

    def messages(self) -> Iterator[Written | Asks | GoesOn | Over]:
        """As the port says."""
        while (message := self._said.get()) is not None:
            yield message

    def answer(self, answer: HumanAnswer) -> None:
        """As the port says."""
        self.answers.put(answer)

    def end(self, why: EndReason, words: str = "") -> None:
        """As the port says."""
        del words
        self.told_to_end.append(why)
        self.ended.set()

    def kill(self) -> None:
        """As the port says."""
        self.die()

    def close(self) -> None:
        """As the port says."""
        self.die()

    # What it does

    def began(self) -> None:
        """Its first line."""
        said: dict[str, Any] = {"task": self.order.task, "provider": "script"}
        self.write(ev.RunStarted, step=0, screen=Rect(0, 0, 640, 480), sent=Size(640, 480), **said)

    def step(self, number: int, cents: int = 0) -> None:
        """A prediction, and what was paid so far."""
        told: dict[str, Any] = {"verdict": Verdict.CONTINUE, "actions": (), "reasoning": f"step {number}"}
        told |= {"usage": Usage(0), "request_id": None, "attempts": 1, "total": cents * 10_000}
        self.write(ev.Predicted, step=number, **told)

    def asks(self, text: str, kind: Any = "model") -> int:
        """A question; its number."""
        self.write(ev.Asked, step=1, question=text, why="")
        self._said.put(Asks(self._line, kind, text))
        return self._line

    def goes_on(self, question: int) -> None:
        """It was answered."""
        self._said.put(GoesOn(question))
        self.write(ev.Answered, step=1, answer="yes")

    def over(self, ending: ev.Ending = ev.Ending.DONE, *, heard: bool = True, steps: int = 1, cents: int = 0) -> None:
        """Its last line, and where it is `heard` its last word."""
        said: dict[str, Any] = {"message": "so it ended", "steps": steps, "cost": cents * 10_000, "seconds": 1.0}
        self.write(ev.RunEnded, step=steps, ending=ending, **said)
        passed = {ev.Ending.DONE: True, ev.Ending.AGENT_FAILED: False}.get(ending)
        if heard:
            self._said.put(
                Over(ending.status, ending.reason, "so it ended", passed=passed, steps=steps, cost_cents=cents)
            )
        self.die()

    def could_not(self, code: Any, message: str = "so it is") -> None:
        """It ends without a run."""
        self._said.put(Over(code=code, message=message))
        self.die()

    def die(self) -> None:
        """Without a word."""
        self._recorder.close()
        self._said.put(None)

    def write(self, kind: Any, *, step: int, **said: Any) -> None:
        """One more line."""
        self._line += 1
        self._recorder.take(kind(run_id=self.order.run_id, step=step, seq=self._line, **said))
        self._said.put(Written(self._line))


@dataclass
class PlayedMachines:
    """A `run_supervisor.RunMachines`; `faults` are raised by the next loans."""

    made_for: dict[str, str] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    left: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    lent: int = 0

    def lend(self, machine_id: str) -> tuple[str, DisplayLoan | None]:
        """As the port says."""
        self.lent += 1
        if self.faults:
            raise self.faults.pop(0)
        return machine_id, None

    def make(self, run_id: str, wish: Mapping[str, Any]) -> str:
        """As the port says."""
        del wish
        self.there.add(f"made for {run_id}")
        return self.made_for.setdefault(run_id, f"made for {run_id}")

    def made(self, run_id: str) -> str:
        """As the port says."""
        return f"made for {run_id}"

    def leave(self, run_id: str, machine_id: str) -> bool:
        """As the port says."""
        self.left.append((run_id, machine_id))
        return True

    def remove(self, machine_id: str) -> None:
        """As the port says."""
        if machine_id not in self.there:
            raise NoMachineError(machine_id)
        self.there.discard(machine_id)
        self.removed.append(machine_id)


class PlayedService:
    """Services on one folder, one after the other. `step_price` is what a step may cost."""

    step_price = 0

    def __init__(self, folder: Path, place: Path | str) -> None:
        self.place, self.runs = place, folder / "runs"
        self.memory: dict[str, WorkMemory] = {}
        self.machines = PlayedMachines()
        self.started: queue.SimpleQueue[PlayedProcess] = queue.SimpleQueue()
        self.told: list[tuple[str, str]] = []
        self.now = 1_800_000_000.0
        self._begin()

    def _begin(self) -> None:
        self.storage = Storage(self.place)
        self.feed = RunFeed()
        self.engine = EngineStub(self.memory)
        store = RunStore(self.storage)
        self.supervisor = RunSupervisor(
            *(store, self.runs, self.machines, self._start, lambda _row: {}),
            tell=lambda _connection, row, event: self.told.append((row.id, event)),
            changed=self._changed,
            clock=lambda: self.now,
        )
        self.service = RunService(
            store, self.engine, self.supervisor, self.feed, self.supervisor.tell, lambda: self.now
        )
        world = WorkflowWorld(
            self.service,
            self.find_machine,
            lambda options: self.step_price * options.max_steps,
            lambda _connection, row, event: self.told.append((row.id, event)),
            self.feed.changed,
            lambda: self.now,
        )
        self.courses = WorkflowSupervisor(WorkflowStore(self.storage), world)
        self.flows = WorkflowService(
            self.courses.store, self.engine, self.courses, self.service, self.feed, lambda: self.now
        )
        self.engine.begin({KIND: self.supervisor.handle, WORKFLOW: self.courses.handle})
        self.service.begin()
        self.flows.begin()

    def _changed(self, run_id: str) -> None:
        self.feed.changed(run_id)
        self.courses.run_changed(run_id)

    def find_machine(self, name: str) -> str:
        """All that are not gone are there."""
        if name == "gone":
            raise NoMachineError(name)
        return name

    def _start(self, order: RunOrder, lease: object) -> PlayedProcess:
        del lease
        process = PlayedProcess(order, self.runs)
        self.started.put(process)
        return process

    def end(self) -> None:
        """As the end of a service does."""
        self.engine.close()
        self.flows.close()
        self.service.close()
        self.storage.close()

    def again(self) -> None:
        """This one ends, and the next begins."""
        self.end()
        self._begin()

    def create(self, task: str = "do it", machine: str = "m", operation: str = "", **options: Any) -> RunRow:
        """A run."""
        return self.service.create(NewRun(task, RunOptions(**options), machine), operation)

    def process(self) -> PlayedProcess:
        """The next one that is started."""
        return self.started.get(timeout=PATIENCE)

    def running(self, **options: Any) -> tuple[str, PlayedProcess]:
        """A run that has begun."""
        run_id = self.create(**options).id
        process = self.process()
        process.began()
        self.reach(run_id, "running")
        return run_id, process

    def reach(self, run_id: str, status: str) -> RunRow:
        """Wait until it is in that state."""
        until(lambda: self.service.get(run_id).status == status)
        return self.service.get(run_id)

    def move_clock(self, seconds: float) -> None:
        """Time passes for whoever waits."""
        self.now += seconds
        for run_id in self.memory:
            self.supervisor.wake(run_id)
            self.courses.wake(run_id)
