"""`coasty-desk ground`: finds something on the screen and prints where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from coasty_desk import compose, lifetimes, plain_files
from coasty_desk.cli import configured
from coasty_desk.cli.commands.driving import drive
from coasty_desk.cli.exits import complain
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Point, Prediction, Verdict
from coasty_desk.core.errors import GaveUpError, OverBudgetError, UsageError
from coasty_desk.core.folders import given
from coasty_desk.core.money import from_cents, in_cents, said_in_cents
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging import image_file
from coasty_desk.record.journal import new_run_id
from coasty_desk.record.report.drawing import pointed_out
from coasty_desk.settings import Settings

NOT_FOUND = 1
OVER_BUDGET = 3

REMEDIES = dict.fromkeys(
    (ev.Ending.MAX_STEPS, ev.Ending.REFUSED),
    "It was not clicked: say yes to the question at a terminal, or --yes, and see that the policy allows it.",
)
"""What to do where the click was not done: there is one step, and no more of them would help."""


EXAMPLE = "Example:  coasty-desk ground 'the Save button' --annotate where.png"


@with_settings(
    *("provider", "model", "base_url", "profile", "on", "monitor", "max_size", "mask", "own_terminal", "json", "yes"),
    provider="Who looks: coasty costs 3 cents, offline nothing.",
    json="Print JSON.",
    yes="Do not ask before the click.",
)
def ground(
    options: Options,
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="What to find, in plain words.")],
    image: Annotated[str | None, typer.Option(metavar="FILE", help="On this picture instead of the screen.")] = None,
    annotate: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the picture with the place marked, as PNG.")
    ] = None,
    click: Annotated[bool, typer.Option("--click", help="Click it, after a question; --yes: without one.")] = False,
) -> int:
    """Find something on the screen and print where: x y, in real pixels."""
    chosen, _ = configured.load(options)
    if not element.strip():
        message = "There is nothing to look for."
        raise UsageError(message, 'Name it: coasty-desk ground "the Save button".')
    if click and image is not None:
        message = "--click is for the screen, and --image is a picture."
        raise UsageError(message, "Leave one of them out.")
    stop = Stop()
    if image is None:
        seen = compose.look(chosen, os.environ, stop)
        picture, shows = seen.image, seen.shows
    else:
        picture, shows = image_file.read(given(image)), None
    frame = image_file.framed(picture, lifetimes.model(chosen.provider).size(chosen), shows)
    try:
        with closing(compose.pointing(chosen, os.environ, stop, live=image is None)) as predictor:
            prediction = _answered(
                predictor.predict(_affordable(predictor, PredictRequest(1, element.strip(), frame), chosen))
            )
    except OverBudgetError as error:
        told = error.message.replace("the next step", "a look")
        complain(f"{told[:1].upper()}{told[1:]}.", error.remedy)
        return OVER_BUDGET
    except GaveUpError as error:
        complain(error.message, error.remedy)
        return NOT_FOUND
    at = _place(prediction, frame)
    if chosen.json:
        print(json.dumps({"x": int(at.x), "y": int(at.y), "cost_cents": in_cents(prediction.usage.cost)}))
    else:
        print(f"{at.x:g} {at.y:g}", flush=True)
    if annotate is not None:
        _write(given(annotate), pointed_out(picture, Point(at.x - frame.shows.left, at.y - frame.shows.top)))
    return _clicked(element, at, chosen, options) if click else 0


def _affordable(predictor: Predictor, ask: PredictRequest, chosen: Settings) -> PredictRequest:
    """The same. Raises OverBudgetError where it costs more than a run may."""
    price = predictor.price(ask)
    if chosen.budget is not None and price > from_cents(chosen.budget):
        message = f"a look costs {said_in_cents(price)}, and the budget is {chosen.budget}"
        raise OverBudgetError(message, "Raise budget in the configuration, or look with `--provider offline`.")
    return ask


def _answered(answering: PredictStream[Prediction]) -> Prediction:
    while True:
        try:
            next(answering)  # a retry, which takes its time and is nobody's concern here
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction


def _place(prediction: Prediction, frame: Frame) -> Point:
    click = next(action for action in prediction.actions if isinstance(action, Click))
    real = frame.place(click, prediction.space).real
    assert isinstance(real, Click)  # noqa: S101 - a click stays one when it is placed
    assert real.point is not None  # noqa: S101 - and keeps its point
    return real.point


def _write(path: Path, content: bytes) -> None:
    try:
        plain_files.write_out(path, content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise UsageError(message, "Name another file with --annotate.") from error


def _clicked(element: str, at: Point, chosen: Settings, options: Mapping[str, object]) -> int:
    """As a run of one step, with all that keeps a run in the person's hand."""
    once, _ = configured.load({**options, "step": not chosen.yes, "max_steps": 1, "dry_run": False})
    script = compose.Script("ground", lambda _model, _aim: _Once(at))
    return drive(f"click {element}", once, new_run_id(), script=script, remedies=REMEDIES)


class _Once:
    """A `core.ports.Predictor` that clicks one real pixel."""

    def __init__(self, at: Point) -> None:
        self._at = at

    def price(self, ask: PredictRequest) -> int:
        del ask
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        yield from ()
        return Prediction(Verdict.DONE, (Click(ask.frame.unplace(self._at)),))

    def close(self) -> None:
        pass
