"""What the inference operations are made of: prices, wishes, what is told of a prediction, and how long a session lives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    Done,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Look,
    Move,
    NotDone,
    Point,
    Prediction,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.server import price_list
from coasty_desk.server.answer_log import whole_cents_of
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import Seal
from coasty_desk.server.database import Database
from coasty_desk.server.told_actions import told, whole_frame
from coasty_desk.server.whom_to_ask import wish
from coasty_desk.wire.inference_resources import LlmConfig
from tests.server.answering import answering, shot

SD, HD = Size(1280, 720), Size(1281, 720)
SPACE = whole_frame(Size(1280, 720))


@pytest.mark.parametrize(
    ("base", "sizes", "version", "prompt", "total"),
    [
        (price_list.PREDICT, [SD], "v3", 0, 5),
        (price_list.PREDICT, [SD] * 4, "v3", 0, 11),
        (price_list.PREDICT, [HD], "v3", 0, 6),
        (price_list.PREDICT, [HD, SD, HD], "v5", 0, 11),
        (price_list.PREDICT, [SD], "v1", 500, 8),
        (price_list.PREDICT, [SD], "v1", 501, 9),
        (price_list.SESSION_PREDICT, [HD] * 4, "v3", 0, 14),
        (price_list.GROUND, [HD], "", 0, 4),
    ],
)
def test_what_the_published_api_charges(base: int, sizes: list[Size], version: str, prompt: int, total: int) -> None:
    """Its own table of surcharges, each a line."""
    lines = price_list.lines(base, sizes, version, prompt)
    assert price_list.total(lines) == total
    assert lines[0].item == "base"


def test_parts_of_a_cent_are_charged_once_they_are_one(tmp_path: Path) -> None:
    """What failed and was paid all the same is charged with the next answer; providers are counted apart."""
    database = Database(tmp_path / "service.sqlite3")
    database.upgrade("here", ["CREATE TABLE model_spending (provider TEXT PRIMARY KEY, due INTEGER NOT NULL)"])
    with database.transaction() as connection:
        charged = [whole_cents_of(connection, "a", cost) for cost in (4_000, 4_000, 4_000, 30_000, 0)]
        assert charged == [0, 0, 1, 3, 0]
        assert whole_cents_of(connection, "a", 20_000, charged=False) == 0
        assert whole_cents_of(connection, "a", 0) == 0
        assert whole_cents_of(connection, "a", 8_000) == 3
        assert whole_cents_of(connection, "b", 9_999) == 0
    database.close()


@pytest.mark.parametrize(
    ("action", "entry"),
    [
        (Click(Point(3, 4)), {"x": 3, "y": 4, "button": "left", "clicks": 1}),
        (Scroll(-3, "horizontal"), {"clicks": -3, "direction": "horizontal"}),
        (Drag(Point(1, 2), Point(3, 4)), {"x1": 1, "y1": 2, "x2": 3, "y2": 4, "button": "left"}),
        (TypeText("a"), {"text": "a"}),
        (PressKeys(("enter",)), {"keys": ["enter"]}),
        (KeyCombo(("ctrl", "s")), {"keys": ["ctrl", "s"]}),
        (Wait(1.5), {"seconds": 1.5}),
        (Look(), {"seconds": 1}),
        (Move(Point(5, 6)), {"x": 5, "y": 6}),
        # what no published action says exactly
        (HoldKeys(("a",), seconds=2.0), None),
        (Launch("xterm"), None),
        (Click(None), None),
        (Drag(None, Point(3, 4)), None),
        (Drag(Point(1, 2), Point(3, 4), via=(Point(9, 9),)), None),
        (Click(Point(5000, 4)), None),
    ],
)
def test_an_action_is_told_as_it_is_or_not_at_all(action: Action, entry: dict[str, object] | None) -> None:
    """Half of a gesture is another one."""
    found = told(Prediction(Verdict.CONTINUE, (action, TypeText("after"))), SPACE, 5, None)
    if entry is None:
        assert found.entries == []
        assert [type(one) for one in found.outcomes] == [Refusal, NotDone]
        assert "Left out" in found.reasoning
    else:
        assert found.entries[0].params == entry
        assert found.outcomes == (Done(), Done())


def test_where_the_pointer_was_left_is_where_a_bare_click_goes() -> None:
    """As far as the answer itself says."""
    found = told(
        Prediction(Verdict.CONTINUE, (Move(Point(5, 6)), Click(None), Drag(None, Point(7, 8)))), SPACE, 5, None
    )
    assert [entry.params.get("x", entry.params.get("x1")) for entry in found.entries] == [5, 5, 5]


def test_places_go_from_the_models_pixels_into_the_callers() -> None:
    """Through the one road there is: a model that was shown half of it, and answers in thousandths."""
    frame = Frame(b"", "image/png", Size(640, 360), Size(640, 360), Rect(0, 0, 1280, 720), inset=0)
    seen = told(Prediction(Verdict.CONTINUE, (Click(Point(320, 180)),)), frame, 5, None)
    thousandths = told(Prediction(Verdict.CONTINUE, (Click(Point(500, 500)),), space=(1000, 1000)), frame, 5, None)
    assert seen.entries[0].params["x"] == thousandths.entries[0].params["x"] == 640
    corner = told(Prediction(Verdict.CONTINUE, (Click(Point(0, 0)),)), frame, 5, None)
    assert (corner.entries[0].params["x"], corner.entries[0].params["y"]) == (0, 0), "there is no person's corner here"


@pytest.mark.parametrize(
    ("verdict", "status", "last"),
    [
        (Verdict.DONE, "done", "done"),
        (Verdict.FAIL, "fail", "fail"),
        (Verdict.ASK, "fail", "fail"),
        (Verdict.CONTINUE, "continue", "wait"),
    ],
)
def test_an_end_is_the_status_and_the_last_action(verdict: Verdict, status: str, last: str) -> None:
    """Programs look at either. A question ends it, and is told."""
    found = told(Prediction(verdict, (Wait(1.0),), question="Which?" if verdict is Verdict.ASK else ""), SPACE, 5, None)
    assert (found.status, found.entries[-1].action_type) == (status, last)
    assert ("Which?" in found.reasoning) == (verdict is Verdict.ASK)


@pytest.mark.parametrize("name", ["gpt-6", "claude-sonnet-5-5", "qwen3-vl:8b", "models/gemini-4-pro", "a" * 30])
def test_names_of_models_are_no_credentials(name: str) -> None:
    """Neither by a header nor by the body."""
    assert wish({"x-llm-model": name}, None, None).name == name
    assert wish({}, LlmConfig("openai", name), None).name == name


@pytest.mark.parametrize(
    "name", ["sk-proj-0123456789", "AIzaSyA-1234", "Bearer abcdefghij", "ghp_abcdefgh", "x" * 40, "a\nb"]
)
def test_credentials_are_no_names_of_models(name: str) -> None:
    """And are not repeated."""
    with pytest.raises(ApiError) as raised:
        wish({}, None, name)
    assert raised.value.code == "LLM_MODEL_INVALID"
    assert name not in raised.value.message


def test_a_session_lives_two_idle_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction renews it; what was idle for too long is gone, also from the file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    now = time.time()
    with answering(tmp_path, "script") as here:
        opened = here.client("POST", "/v1/sessions", {"metadata": {"secret": "a-mark-to-find"}}).json["session_id"]
        place = f"/v1/sessions/{opened}"
        monkeypatch.setattr(time, "time", lambda: now + 7000)
        body = {"screenshot": shot(), "instruction": "[steps:5]"}
        assert here.client("POST", f"{place}/predict", body).json["step"] == 1
        monkeypatch.setattr(time, "time", lambda: now + 14_000)
        assert here.client("GET", place).json["step_count"] == 1
        monkeypatch.setattr(time, "time", lambda: now + 14_300)
        assert here.client("GET", place).code == "SESSION_NOT_FOUND"
        assert here.client("GET", "/v1/sessions").json == {"sessions": []}
        assert here.service.database.row("SELECT count(*) FROM sessions") == (0,)


def test_a_stored_key_is_of_use_to_the_key_that_stored_it_alone() -> None:
    """What another one finds in the database says nothing."""
    sealed = Seal(b"one").close("a name", b"a vendor's key")
    assert Seal(b"one").open("a name", sealed) == b"a vendor's key"
    assert b"vendor" not in sealed
    for seal, name in ((Seal(b"another"), "a name"), (Seal(b"one"), "another name")):
        with pytest.raises(ValueError, match="not sealed"):
            seal.open(name, sealed)
