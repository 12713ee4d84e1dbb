"""Answers to a predict: what is tolerated, what makes no sense, and where an answer ends."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from coasty_desk.core.actions import Click, Point, Prediction, Refusal, Usage, Verdict, Wait
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.money import CENT
from coasty_desk.wire.json_fields import UnreadableError, parse_json
from coasty_desk.wire.predictions import charged, decode
from tests.wire.test_action_json import ENTRIES, JSON

CLICK = {"action_type": "click", "params": {"x": 1, "y": 2}}
WAIT = {"action_type": "wait", "params": {"seconds": 1}}
DONE = {"action_type": "done", "params": {}}
FAIL = {"action_type": "fail", "params": {"reason": "no such window"}}


def test_a_whole_answer_is_read() -> None:
    """Every documented field has its place."""
    body = {
        "request_id": "req_1",
        "actions": [CLICK, WAIT],
        "status": "continue",
        "reasoning": "The button is there.",
        "usage": {"input_tokens": 5, "output_tokens": 6, "credits_charged": 4, "cost_cents": 4, "billed": True},
        "screen_width": 1280,
        "screen_height": 720,
        "raw_code": ["x"],
        "something_new": {},
    }
    assert decode(body) == Prediction(
        Verdict.CONTINUE,
        (Click(Point(1, 2)), Wait(1)),
        "The button is there.",
        "req_1",
        Usage(4 * CENT, 5, 6),
        (1280, 720),
    )


@pytest.mark.parametrize(
    "body",
    [
        {"actions": [CLICK]},
        {"actions": [CLICK], "status": None, "usage": None, "reasoning": None, "request_id": None},
        {"actions": [CLICK], "status": "continue", "usage": "free", "reasoning": 5, "request_id": 7},
        {"actions": [CLICK], "screen_width": "1280", "screen_height": True},
        {"actions": [CLICK], "screen_width": 1, "screen_height": 1},
        {"actions": [CLICK], "screen_width": 1280},
        {"actions": [CLICK], "usage": {"credits_charged": -1, "cost_cents": True, "input_tokens": "many"}},
    ],
)
def test_missing_and_odd_extras_are_tolerated(body: object) -> None:
    """Only what the loop needs is required."""
    assert decode(body) == Prediction(Verdict.CONTINUE, (Click(Point(1, 2)),))


@pytest.mark.parametrize(
    ("actions", "status", "verdict", "count"),
    [
        ([], "continue", Verdict.CONTINUE, 0),
        (None, "done", Verdict.DONE, 0),
        ([CLICK], "done", Verdict.DONE, 1),
        ([CLICK], "fail", Verdict.FAIL, 1),
        ([CLICK, DONE, WAIT], "continue", Verdict.DONE, 1),
        ([DONE, FAIL], "continue", Verdict.DONE, 0),
        ([CLICK, FAIL], "done", Verdict.FAIL, 1),
        ([CLICK, DONE], None, Verdict.DONE, 1),
    ],
)
def test_an_answer_ends_at_its_first_done_or_fail(
    actions: object, status: object, verdict: Verdict, count: int
) -> None:
    """Actions before it are carried out, actions after it are not; else the status holds."""
    prediction = decode({"actions": actions, "status": status})
    assert (prediction.verdict, len(prediction.actions)) == (verdict, count)


def test_an_unreadable_action_stands_as_its_refusal() -> None:
    """The loop is shown the refusal in its place, between the good actions."""
    first, second, third = decode({"actions": [CLICK, {"action_type": "fly"}, WAIT]}).actions
    assert (first, third) == (Click(Point(1, 2)), Wait(1))
    assert isinstance(second, Refusal)


def test_the_reason_of_a_fail_stands_in_for_missing_reasoning() -> None:
    """What a fail says is not lost, and does not replace a reasoning."""
    assert decode({"actions": [FAIL]}).reasoning == "no such window"
    assert decode({"actions": [FAIL], "reasoning": "I looked."}).reasoning == "I looked."


def test_reasoning_is_kept_writable() -> None:
    """Half a surrogate pair is replaced, and megabytes are cut."""
    assert decode({"status": "done", "reasoning": "a\ud83d"}).reasoning == "a?"
    assert len(decode({"status": "done", "reasoning": "a" * 3_000_000}).reasoning) == 100_000


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "continue",
        5,
        {},
        {"error": {"code": "X"}},
        {"actions": {}},
        {"actions": "click"},
        {"actions": 0},
        {"status": "finished"},
        {"status": "ask"},
        {"status": 1},
        {"status": True, "actions": []},
        {"status": ["done"]},
        {"actions": [CLICK], "status": ""},
        {"actions": [CLICK] * 101},
    ],
)
def test_an_answer_of_the_wrong_shape_is_the_services_error(body: object) -> None:
    """One sentence says what is wrong, one what to do."""
    with pytest.raises(ServiceError) as caught:
        decode(body)
    assert caught.value.code == "BAD_ANSWER"
    assert caught.value.message.endswith(".")
    assert caught.value.remedy


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 200_000, b"1" * 10_000, b'{"a": 1} x'])
def test_what_is_not_json_is_said_to_be_that(body: bytes) -> None:
    """Bytes that no JSON parser takes, however absurd."""
    with pytest.raises(UnreadableError):
        parse_json(body)


@pytest.mark.parametrize(
    ("usage", "cents"),
    [
        ({"credits_charged": 4, "cost_cents": 9}, 4),
        ({"cost_cents": 9}, 9),
        ({"credits_charged": 3.2}, 4),
        ({"credits_charged": 8, "billed": False}, 0),
        ({"credits_charged": float("nan")}, None),
        ({"credits_charged": 10**5000}, None),
        ({}, None),
        (None, None),
    ],
)
def test_what_was_charged_is_read_where_it_is_said(usage: object, cents: int | None) -> None:
    """A replay is free, and what is not said is not made up."""
    assert charged({"usage": usage}) == cents


@given(JSON)
def test_no_answer_breaks_the_reader(body: object) -> None:
    """Any JSON is a prediction or the service's error."""
    words = ""
    try:
        decode(body)
    except ServiceError as error:
        words = error.message + error.remedy
    assert words.isprintable()


@given(ENTRIES)
def test_no_entry_breaks_an_answer(entry: object) -> None:
    """A bad action never makes the answer around it bad."""
    prediction = decode(json.loads(json.dumps({"actions": [entry, CLICK], "status": "continue"})))
    assert prediction.verdict is not Verdict.CONTINUE or prediction.actions[-1] == Click(Point(1, 2))


def _raw(code: str) -> dict[str, object]:
    return {"action_type": "raw", "params": {"code": code}}


@pytest.mark.parametrize(
    "entries",
    [
        [_raw(";".join(f"pyautogui.click({n},{n})" for n in range(900)))] * 5,
        [_raw("pyautogui.scroll(1);" * 300)] * 4,
        [_raw("pyautogui.press('a',presses=1000);" * 1400)],
        [_raw("pyautogui.press('a',presses=1000);" * 3)],
        [_raw("'" + "x" * 40_000 + "'")] * 2,
        [_raw("f'" + "{x}" * 3000 + "'")],
        [_raw("pyautogui.write('" + "\\t" * 1001 + "')")],
        [{"action_type": "type_text", "params": {"text": "\t" * 25_000}}],
        [{"action_type": "type_text", "params": {"text": "a\n" * 2001}}],
        [{"action_type": "type_text", "params": {"text": "a\b" * 1001}}],
    ],
)
def test_more_than_a_person_could_watch_is_refused_whole(entries: list[dict[str, object]]) -> None:
    """Safety sentence: caps hold on what an answer comes to, its source read and its keys counted; no part of it is done."""
    prediction = decode({"status": "continue", "actions": entries})
    assert [type(action) for action in prediction.actions] == [Refusal]
    assert "more than" in prediction.actions[0].why  # type: ignore[union-attr]
