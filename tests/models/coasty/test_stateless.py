"""The predictor without a session: what it sends along, what that costs, and that nothing is paid for twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Generator

import pytest
from msgspec.structs import replace

from coasty_desk.core.actions import Click, Look, Point, Prediction, Verdict
from coasty_desk.core.errors import ServiceError, UnpaidError
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory
from coasty_desk.models.coasty.stateless import PastStep, StatelessPredictor
from coasty_desk.models.coasty.terms import Terms, first_of
from coasty_desk.wire.open_purchase import Posted
from tests.models.coasty.conftest import RUN, ask
from tests.stub_service import KEY, Service, click, error, go, lost, saying

Maker = Callable[..., StatelessPredictor]


@pytest.fixture
def stateless(url: str) -> Maker:
    """Makes one that draws no pauses."""

    def make(**options: object) -> StatelessPredictor:
        connection = Connection(url, ApiKey(KEY))
        return StatelessPredictor(connection, Stop(), RUN, **({"chance": lambda: 0.0} | options))  # type: ignore[arg-type]  # a test's options

    return make


def predicted(predictor: StatelessPredictor, asked: PredictRequest) -> Prediction:
    """The answer alone."""
    answering: Generator[object, None, Prediction] = predictor.predict(asked)
    while True:
        try:
            next(answering)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's


def bodies(service: Service) -> list[dict[str, object]]:
    """What was asked, in order."""
    return [json.loads(request.body) for request in service.posts("predict")]


def test_a_step_takes_the_last_screenshots_along_with_what_was_answered(stateless: Maker, service: Service) -> None:
    """As many as it is told, the newest last; each step is charged for those that really went along, and no session is opened."""
    service.script = [{**go(click(n, n)), "reasoning": f"thought {n}"} for n in range(1, 6)]
    predictor, prices, costs = stateless(keep=2), list[int](), list[int]()
    for step in range(1, 5):
        prices.append(predictor.price(ask(step)))
        costs.append(predicted(predictor, ask(step)).usage.cost)
    assert prices == costs == [5 * CENT, 7 * CENT, 9 * CENT, 9 * CENT]
    assert service.charged == 30
    assert service.posts("session") == []
    last = bodies(service)[-1]
    assert last["cua_version"] == "v3"
    assert (last["screen_width"], last["screen_height"]) == (1280, 720)
    trajectory = last["trajectory"]
    assert isinstance(trajectory, list)
    assert [base64.b64decode(one["screenshot"])[4] for one in trajectory] == [2, 3]
    assert [one["reasoning"] for one in trajectory] == ["thought 2", "thought 3"]
    assert trajectory[0]["actions"] == [
        {"action_type": "click", "params": {"x": 2, "y": 2, "button": "left", "clicks": 1}}
    ]
    assert "trajectory" not in bodies(service)[0]
    assert predictor.close() == ()


def test_what_is_sent_is_what_the_person_said(stateless: Maker, service: Service) -> None:
    """The base prompt's replacement, the instructions, the tools and the most actions; and the price of a long prompt."""
    terms = Terms("Be precise.", "p" * 490, ("click", "wait"))
    predictor = stateless(terms=terms, keep=0, max_actions=3)
    assert predictor.price(ask()) == 6 * CENT
    assert predicted(predictor, ask()).usage.cost == 6 * CENT
    sent = bodies(service)[0]
    assert (sent["system_prompt"], sent["instructions"]) == ("p" * 490, "Be precise.")
    assert (sent["tools"], sent["max_actions"]) == (["click", "wait"], 3)


def test_screenshots_of_another_size_and_too_many_bytes_stay_here(
    stateless: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their places would be read as those of this one; and a request has an end."""
    monkeypatch.setattr("coasty_desk.models.coasty.stateless.MOST_BYTES", 250)
    size = Size(1280, 720)
    other = PastStep(b"x" * 100, Size(640, 480))
    predictor = stateless(past=[PastStep(b"x" * 100, size), other, PastStep(b"x" * 100, size)])
    assert predictor.price(ask()) == 7 * CENT
    predictor = stateless(past=[PastStep(b"x" * 100, size)] * 3)
    assert predictor.price(ask()) == 9 * CENT


def test_an_answer_that_was_lost_is_not_paid_for_twice(stateless: Maker, service: Service) -> None:
    """The same bytes by the same key, also from another process that has nothing but what was kept."""
    outbox = Memory()
    service.plan("predict", *[lost] * 4, *[saying(error(503, "SERVICE_UNAVAILABLE"))] * 4)
    service.plan(f"GET /v1/idempotency/{RUN}:1:1".replace(":", "%3A"), saying(error(500, "INTERNAL_ERROR")))
    with pytest.raises(ServiceError) as failed:
        predicted(stateless(outbox=outbox), ask())
    assert failed.value.in_doubt
    later = replace(ask(), frame=replace(ask().frame, image=b""))
    again = stateless(outbox=outbox, keep=1)
    assert predicted(again, later).usage.cost == 5 * CENT
    assert service.charged == 5
    assert len({(request.key, request.body) for request in service.posts("predict")}) == 1
    predicted(again, ask(2))
    sent = base64.b64encode(ask().frame.image).decode()
    assert bodies(service)[-1]["trajectory"] == [{"screenshot": sent}]


def test_an_old_question_is_answered_only_where_it_was_paid_for(stateless: Maker, service: Service) -> None:
    """A look of an earlier sitting: what was answered is collected, what never arrived is not bought any more."""
    body = b'{"screenshot":"","instruction":"x","cua_version":"v3","screen_width":1280,"screen_height":720}'
    for arrived in (True, False):
        outbox, step = Memory(), 1 + arrived
        outbox.keep(Posted("predict", step, "predict", f"{RUN}:{step}", body))
        if arrived:
            Connection(stateless().connection.url, ApiKey(KEY)).post("predict", body, f"{RUN}:{step}:1")
        predictor, before = stateless(outbox=outbox), len(service.posts("predict"))
        if arrived:
            assert predicted(predictor, ask(step, old=True)).usage.cost == 5 * CENT
        else:
            with pytest.raises(UnpaidError):
                predicted(predictor, ask(step, old=True))
            kept = outbox.kept(step, "predict")
            assert kept is not None
            assert (kept.body, kept.generation) == (b"", 2)
        assert len(service.posts("predict")) == before


def test_more_actions_than_are_wanted_wait_for_another_look() -> None:
    """Those within the number are done; a look stands before the rest."""
    actions = tuple(Click(Point(n, n)) for n in range(3))
    prediction = Prediction(Verdict.CONTINUE, actions=actions, descriptions=("a", "b", "c"))
    cut = first_of(prediction, 2)
    assert cut.actions == (*actions[:2], Look(), actions[2])
    assert cut.descriptions == ("a", "b", "", "c")
    assert first_of(prediction, 3) is prediction
    assert first_of(prediction, None) is prediction
