"""A `core.ports.Predictor` that plays a script, from its first line for each run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coasty_desk import file_lock, plain_files
from coasty_desk.core.actions import Click, Point, Prediction, Verdict
from coasty_desk.core.errors import GaveUpError, ServiceError
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.stop import Stop
from coasty_desk.models.scripted.prediction_script import PredictionScript, ScriptLine, of_markers
from coasty_desk.wire.json_fields import UnreadableError, parse_json

PATIENCE = 5.0
"""Seconds that another process may keep the count of failures."""


class ScriptPredictor:
    """Which line it plays is told by the step alone, so that a run that is taken up again goes on where it was.

    Without a `script` it obeys the markers in the task. `failures` is where it counts the runs of a task that says [flaky:N]; None: in memory.
    """

    def __init__(self, stop: Stop, script: PredictionScript | None = None, failures: Path | None = None) -> None:
        self._stop, self._script = stop, script
        self._failures = FailureCount(failures)

    def price(self, ask: PredictRequest) -> int:  # noqa: ARG002 - the port's
        """Nothing."""
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The step's line. Raises ServiceError where the line says so, Aborted."""
        yield from ()
        script = of_markers(ask.task) if self._script is None else self._script
        self._stop.check()
        if script.flaky and ask.step == 1 and (count := self._failures.next(ask.task, script.flaky, self._stop)):
            return Prediction(Verdict.FAIL, reasoning=f"failure {count} of {script.flaky}, as the task says [flaky]")
        line = script.line(ask.step)
        self._stop.pause(line.delay)
        if line.error is not None:
            raise _fault(line)
        return line.prediction

    def close(self) -> None:
        """There is nothing to give back."""


class ScriptPointing:
    """A `core.ports.Predictor` that points where the script's first click goes, else into the middle; [fail] in the words: nowhere."""

    def __init__(self, stop: Stop, script: PredictionScript | None = None) -> None:
        self._stop, self._script = stop, script

    def price(self, ask: PredictRequest) -> int:  # noqa: ARG002 - the port's
        """Nothing."""
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """A click. Raises GaveUpError, ServiceError, Aborted."""
        yield from ()
        line = (of_markers(ask.task) if self._script is None else self._script).line(1)
        self._stop.pause(line.delay)
        if line.error is not None:
            raise _fault(line)
        if line.prediction.verdict is Verdict.FAIL:
            message = "The script points nowhere."
            raise GaveUpError(message, "Leave [fail] out of the words.")
        middle = Click(Point(ask.frame.sent.width // 2, ask.frame.sent.height // 2))
        clicks = [one for one in line.prediction.actions if isinstance(one, Click) and one.point is not None]
        return Prediction(Verdict.CONTINUE, (*clicks, middle)[:1], space=line.prediction.space)

    def close(self) -> None:
        """There is nothing to give back."""


class FailureCount:
    """How often a task has failed so far, for all runs of it, in whichever process; forgotten once it has failed often enough."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: dict[str, int] = {}

    def next(self, task: str, most: int, stop: Stop) -> int:
        """The number of this failure, from 1; 0 where it is not to fail any more."""
        name = hashlib.sha256(task.encode("utf-8", "replace")).hexdigest()[:32]
        if self._path is None:
            return _count(self._memory, name, most)
        plain_files.folder(self._path.parent)
        with file_lock.alone(self._path.with_suffix(".lock"), PATIENCE, stop.pause):
            counts = _counts(self._path)
            number = _count(counts, name, most)
            plain_files.write(self._path, json.dumps(counts).encode("ascii"))
        return number


def _count(counts: dict[str, int], name: str, most: int) -> int:
    number = counts.get(name, 0) + 1
    if number > most:
        counts.pop(name, None)
        return 0
    counts[name] = number
    return number


def _counts(path: Path) -> dict[str, int]:
    try:
        found = parse_json(plain_files.read(path, 1_000_000))
    except (OSError, ValueError, UnreadableError):
        return {}
    return {name: count for name, count in found.items() if isinstance(count, int)} if isinstance(found, dict) else {}


def _fault(line: ScriptLine) -> ServiceError:
    code, message = line.error or ("", "")
    return ServiceError(message, "Change the script.", code=code, unpaid=True)
