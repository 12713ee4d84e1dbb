"""`coasty-desk predict`: asks for one step on a picture, prints it, and does nothing."""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import Annotated

import typer
from msgspec.structs import replace

from coasty_desk import compose, lifetimes
from coasty_desk import task as tasks
from coasty_desk.cli import configured
from coasty_desk.cli.commands.reaching import Remote, here
from coasty_desk.cli.exits import complain
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.actions import Prediction, Refusal, Verdict, in_words
from coasty_desk.core.errors import GaveUpError, OverBudgetError
from coasty_desk.core.folders import given
from coasty_desk.core.money import dollars, from_cents, in_cents, said_in_cents
from coasty_desk.core.ports import Predictor, PredictRequest
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging import image_file
from coasty_desk.settings import BASE_URL_VARIABLE, KEY_VARIABLE, Settings
from coasty_desk.wire import canonical_actions

CANNOT = 1
OVER_BUDGET = 3

EXAMPLE = "Example:  coasty-desk predict --image now.png 'Open the settings'"


@with_settings(
    *("provider", "model", "base_url", "profile", "max_size", "preset", "system_prompt", "tools", "max_actions"),
    *("cua_version", "budget", "json"),
    provider="Who answers: coasty costs 5 cents, offline nothing.",
    budget="What it may cost at most.",
    json="Print JSON.",
)
def predict(
    options: Options,
    task: Annotated[str, typer.Argument(metavar="TASK", help="What is to be done, in plain words.")],
    image: Annotated[str, typer.Option(metavar="FILE", help="The picture, PNG or JPEG.")],
    remote: Remote = False,
) -> int:
    """Ask for one step on a picture and print it, in the picture's own pixels; nothing is done."""
    chosen, _ = configured.load(options)
    environment = dict(os.environ)
    if not (remote or environment.get(BASE_URL_VARIABLE, "").strip()) and chosen.provider == Settings().provider:
        client = here()
        if client is not None:
            chosen = replace(chosen, base_url=client.connection.url)
            environment |= {BASE_URL_VARIABLE: client.connection.url, KEY_VARIABLE: client.connection.key.text}
    frame = image_file.framed(image_file.read(given(image)), lifetimes.model(chosen.provider).size(chosen))
    asked = PredictRequest(1, tasks.checked(task), frame)
    try:
        with closing(compose.asking(chosen, environment, Stop())) as predictor:
            prediction = _answered(predictor, asked, chosen)
    except OverBudgetError as error:
        complain(f"{error.message[:1].upper()}{error.message[1:]}.", error.remedy)
        return OVER_BUDGET
    except GaveUpError as error:
        complain(error.message, error.remedy)
        return CANNOT
    if chosen.json:
        print(json.dumps(_object(prediction, frame), indent=2))
    else:
        _say(prediction, frame)
    return CANNOT if prediction.verdict is Verdict.FAIL else 0


def _answered(predictor: Predictor, asked: PredictRequest, chosen: Settings) -> Prediction:
    """The answer. Raises OverBudgetError where it costs more than is allowed."""
    price = predictor.price(asked)
    if chosen.budget is not None and price > from_cents(chosen.budget):
        message = f"a step costs {said_in_cents(price)}, and the budget is {chosen.budget}"
        raise OverBudgetError(message, "Raise --budget, or ask with `--provider offline`.")
    answering = predictor.predict(asked)
    while True:
        try:
            next(answering)  # a retry, which takes its time and is nobody's concern here
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction


def _say(prediction: Prediction, frame: Frame) -> None:
    if prediction.reasoning:
        print(line(prediction.reasoning))
    for action in prediction.actions:
        if isinstance(action, Refusal):
            print(f"  not understood: {line(action.action)} ({line(action.why)})")
        else:
            print(f"  > {line(in_words(frame.place(action, prediction.space).real))}")
    said = {Verdict.CONTINUE: "goes on", Verdict.DONE: "done", Verdict.FAIL: "cannot be done", Verdict.ASK: "asks"}
    more = prediction.question or prediction.answer
    print(f"{said[prediction.verdict]}{f': {line(more)}' if more else ''}  ({dollars(prediction.usage.cost)})")


def _object(prediction: Prediction, frame: Frame) -> dict[str, object]:
    def told(action: object) -> dict[str, object]:
        if isinstance(action, Refusal):
            return {"refused": action.action, "by": action.by, "why": action.why}
        return canonical_actions.encode(frame.place(action, prediction.space).real)  # type: ignore[arg-type]  # the rest of the union

    return {
        "status": prediction.verdict.value,
        "actions": [told(action) for action in prediction.actions],
        "reasoning": prediction.reasoning,
        "request_id": prediction.request_id,
        "cost_cents": in_cents(prediction.usage.cost),
    }
