"""Any of the models as an agent of the shape that the OSWorld harness calls, so that it can be measured there.

    agent = BenchmarkAgent("anthropic", model="claude-sonnet-5-5")
    agent.reset()
    response, actions = agent.predict(instruction, {"screenshot": png})

`actions` are pyautogui source, or one of WAIT, DONE and FAIL; the harness runs them. Nothing touches this computer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from coasty_desk import lifetimes, merged_settings
from coasty_desk.core.actions import Done, NotDone, Outcome, Prediction, Refusal, Verdict
from coasty_desk.core.ports import Predictor, PredictRequest
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.desktop.imaging import image_file
from coasty_desk.lifetimes import ModelRequest, ReadyModel
from coasty_desk.wire.pyautogui_writer import to_pyautogui

ENDS = {Verdict.DONE: ["DONE"], Verdict.FAIL: ["FAIL"], Verdict.ASK: ["FAIL"]}
"""What the harness is told besides; there is nobody to ask."""


class BenchmarkAgent:
    """`provider` and the options are those of `coasty-desk run`. Raises UsageError, ServiceError."""

    def __init__(self, provider: str, **options: object) -> None:
        self._chosen, _ = merged_settings.load(
            {"provider": provider, **options}, os.environ, merged_settings.configuration_files()
        )
        self._model = lifetimes.model(provider)
        self._ready: ReadyModel | None = None
        self._predictor: Predictor | None = None
        self.reset()

    def reset(self, _logger: object = None, vm_ip: str | None = None, **_more: object) -> None:
        """Begin another task."""
        del vm_ip
        self.close()
        self._ready = self._model.ready(ModelRequest(self._chosen, os.environ, Stop(), "benchmark"))
        self._predictor = self._ready.predictor(Surroundings(), None, None)
        self.step = 0
        self._outcomes: tuple[Outcome, ...] = ()
        self._notes: tuple[str, ...] = ()

    def predict(self, instruction: str, obs: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The model's words and what is to be done, for a screenshot of the whole screen as PNG. Raises ServiceError."""
        assert self._predictor is not None, "it is there from the beginning on"  # noqa: S101 - for the type checker
        frame = image_file.framed(obs["screenshot"], self._model.size(self._chosen))
        frame = Frame(frame.image, frame.media_type, frame.sent, frame.content, frame.shows, inset=0)
        self.step += 1
        asking = self._predictor.predict(
            PredictRequest(self.step, instruction, frame, self._notes, outcomes=self._outcomes)
        )
        while True:
            try:
                next(asking)
            except StopIteration as end:
                prediction: Prediction = end.value
                break
        code = self._code(prediction, frame)
        return prediction.reasoning, [*code, *ENDS.get(prediction.verdict, [] if code else ["WAIT"])]

    def close(self) -> None:
        """Give back what is open."""
        if self._predictor is not None:
            self._predictor.close()
        if self._ready is not None:
            self._ready.close()

    def _code(self, prediction: Prediction, frame: Frame) -> list[str]:
        """Source for the actions up to the first that cannot be done, which the model is told of with its next picture."""
        code: list[str] = []
        outcomes: list[Outcome] = []
        for action in prediction.actions:
            why = action.why if isinstance(action, Refusal) else frame.strays(action, prediction.space)
            if not isinstance(action, Refusal) and not why:
                try:
                    code.append(to_pyautogui(frame.place(action, prediction.space).real))
                    outcomes.append(Done())
                    continue
                except ValueError as error:
                    why = str(error)
            outcomes.append(action if isinstance(action, Refusal) else Refusal("", "wire", why))
            break
        rest = len(prediction.actions) - len(outcomes)
        self._outcomes = (*outcomes, *(NotDone("one before it was refused"),) * rest)
        refused = [one for one in outcomes if isinstance(one, Refusal)]
        self._notes = tuple(f"The last action was not done: {one.why}" for one in refused)
        return code
