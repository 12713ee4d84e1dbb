"""What a scripted model says, step by step: the lines of a file, or what markers in the task ask for."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core.actions import Prediction, Usage, Verdict, Wait
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.wire import predictions
from coasty_desk.wire.json_fields import UnreadableError, amount, line_of, parse_json

LARGEST = 10_000_000
"""Bytes of a script."""

MOST_LINES = 10_000

LONGEST_DELAY = 600.0
"""Seconds that a line may have its answer wait."""

_MARKER = re.compile(r"\[(done|fail|pause|(?:flaky|steps):(\d{1,4}))\]", re.IGNORECASE)

_WAITING = Prediction(Verdict.CONTINUE, (Wait(0.1),), "a step of the script")
_DONE = Prediction(Verdict.DONE, reasoning="the script has come to its end")
_FAIL = Prediction(Verdict.FAIL, reasoning="the task says [fail]")
_ASK = Prediction(Verdict.ASK, question="May I go on?", reasoning="the task says [pause]")


class ScriptLine(Struct, frozen=True):
    """One answer, `delay` seconds after the question; or the code of an `error` of the service, with its message."""

    prediction: Prediction = _DONE
    delay: float = 0.0
    error: tuple[str, str] | None = None


class PredictionScript(Struct, frozen=True):
    """The answers in order; after the last one the task is done. `flaky`: so many runs of the task fail first."""

    lines: tuple[ScriptLine, ...] = ()
    flaky: int = 0

    def line(self, step: int) -> ScriptLine:
        """The answer to the `step`-th question, from 1."""
        return self.lines[step - 1] if 0 < step <= len(self.lines) else ScriptLine()


def read(path: Path) -> PredictionScript:
    """The script in a file: a JSON object a line, as `/v1/predict` answers; blank lines and `#` are passed over.

    Beside that a line may have `question` (a person is asked), `delay` (seconds), and `error: {code, message}` (the service fails).
    Raises UsageError that names the line.
    """
    try:
        content = plain_files.read(path, LARGEST, pipes=True)
    except (OSError, ValueError) as error:
        message = f"The script {path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Name a file with one prediction a line, as JSON.") from error
    found: list[ScriptLine] = []
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip() or text.lstrip().startswith(b"#"):
            continue
        try:
            found.append(_line(parse_json(text)))
        except (UnreadableError, ServiceError) as error:
            message = f"Line {number} of the script {path} makes no sense: {error}"
            raise UsageError(message.rstrip(".") + ".", "Write a prediction as /v1/predict answers it.") from error
        if len(found) > MOST_LINES:
            message = f"The script {path} has more than {MOST_LINES} lines."
            raise UsageError(message, "Leave some of them out.")
    return PredictionScript(tuple(found))


def of_markers(task: str) -> PredictionScript:
    """What the task's markers ask for, in their order: [steps:N] that only wait, [pause] for a person, [done], [fail]; [flaky:N]."""
    lines: list[ScriptLine] = []
    flaky = 0
    for marker in _MARKER.finditer(task):
        word, _, _number = marker[1].lower().partition(":")
        match word:
            case "steps":
                lines += [ScriptLine(_WAITING)] * int(marker[2])
            case "flaky":
                flaky = int(marker[2])
            case "pause":
                lines.append(ScriptLine(_ASK))
            case "fail":
                lines.append(ScriptLine(_FAIL))
            case _:
                lines.append(ScriptLine(_DONE))
    return PredictionScript(tuple(lines), flaky)


def _line(document: object) -> ScriptLine:
    if not isinstance(document, dict):
        return ScriptLine(predictions.decode(document))
    delay = min(float(amount(document.get("delay")) or 0.0), LONGEST_DELAY)
    error = document.get("error")
    if isinstance(error, dict):
        code, message = (line_of(error.get(name), 300) for name in ("code", "message"))
        return ScriptLine(delay=delay, error=(code or "UPSTREAM_UNAVAILABLE", message or "The script says so."))
    question = line_of(document.get("question"), 2000)
    if question and not document.keys() & {"status", "actions"}:
        return ScriptLine(Prediction(Verdict.ASK, question=question, reasoning=question), delay)
    said = predictions.decode(document)
    return ScriptLine(replace(said, usage=Usage(0, said.usage.input_tokens, said.usage.output_tokens)), delay)
