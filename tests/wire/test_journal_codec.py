"""Events as JSON lines, and the lines read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Evidence, Point, Refusal, TypeText, Usage, Verdict
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.money import CENT
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.wire.journal_codec import Began, Looked, frame_file, from_json, read, to_json, to_line
from tests.wire.test_action_json import ACTIONS, JSON

NOON = datetime(2026, 5, 4, 12, 0, 0, 123000, tzinfo=UTC)
FRAME = Frame(b"12345", "image/png", Size(1280, 720), Size(1280, 720), Rect(-2560, 0, 2560, 1440))


def _head(event: dict[str, object]) -> dict[str, object]:
    return {"time": "2026-05-04T12:00:00.123Z", "run_id": "r1", "step": 3, "seq": 0, "elapsed": 0.0, **event}


OBSERVED = ev.Observed(run_id="r1", step=3, time=NOON, frame=FRAME, worst_case=10 * CENT)
ACTING = ev.Acting(run_id="r1", step=3, time=NOON, index=1, placed=FRAME.place(Click(Point(10, 20))))
PREDICTED = ev.Predicted(
    run_id="r1",
    step=3,
    time=NOON,
    verdict=Verdict.CONTINUE,
    actions=(Click(Point(10, 20)), Refusal("fly", "wire", "there is no such type of action")),
    reasoning="Because.",
    usage=Usage(4 * CENT, 5, 6),
    request_id="req_1",
    attempts=2,
    total=14 * CENT,
    space=(640, 360),
)


def test_an_observed_line_says_what_was_seen_and_where_it_is_kept() -> None:
    """The size that was sent, the picture's file and bytes, and the geometry that a resumed run needs."""
    assert to_json(OBSERVED, recorded=True) == _head(
        {
            "event": "observed",
            "size": {"width": 1280, "height": 720},
            "frame": "frames/0003.png",
            "bytes": 5,
            "media_type": "image/png",
            "content": {"width": 1280, "height": 720},
            "shows": {"left": -2560, "top": 0, "width": 2560, "height": 1440},
            "worst_case_cents": 10,
        }
    )
    assert to_json(OBSERVED, recorded=False)["frame"] is None
    assert frame_file(12, "image/jpeg") == "frames/0012.jpg"


def test_a_predicted_line_keeps_the_models_own_coordinates_and_the_refusals() -> None:
    """Actions are canonical, in sent pixels; one that could not be read says so in its place."""
    assert to_json(PREDICTED, recorded=True) == _head(
        {
            "event": "predicted",
            "status": "continue",
            "reasoning": "Because.",
            "actions": [
                {"action_type": "click", "params": {"x": 10, "y": 20, "button": "left", "clicks": 1}},
                {
                    "action_type": "refused",
                    "params": {"action": "fly", "by": "wire", "why": "there is no such type of action"},
                },
            ],
            "usage": {"credits_charged": 4, "cost_cents": 4, "input_tokens": 5, "output_tokens": 6},
            "request_id": "req_1",
            "attempts": 2,
            "total_cents": 14,
            "space": {"width": 640, "height": 360},
        }
    )


def test_an_acting_line_has_the_action_in_real_pixels() -> None:
    """And the same action as the model said it, and in words."""
    line = to_json(ACTING, recorded=True)
    assert line["action"] == {"action_type": "click", "params": {"x": -2540, "y": 40, "button": "left", "clicks": 1}}
    assert line["sent_action"] == {"action_type": "click", "params": {"x": 10, "y": 20, "button": "left", "clicks": 1}}
    assert (line["index"], line["words"]) == (1, "click at (-2540, 40)")


def test_time_is_utc_whatever_zone_it_was_in() -> None:
    """Milliseconds, and a Z."""
    event = replace(OBSERVED, time=NOON.astimezone(timezone(timedelta(hours=5))))
    assert to_json(event, recorded=True)["time"] == "2026-05-04T12:00:00.123Z"


def test_a_part_of_a_cent_is_one_in_the_line() -> None:
    """Whole cents stay whole numbers, as they always were."""
    line = to_json(replace(PREDICTED, usage=Usage(500), total=14 * CENT + 500), recorded=True)
    assert line["usage"] == {"credits_charged": 0.05, "cost_cents": 0.05, "input_tokens": 0, "output_tokens": 0}
    assert line["total_cents"] == 14.05
    again = from_json(line)
    assert isinstance(again, ev.Predicted)
    assert (again.usage.cost, again.total) == (500, 140_500)


def test_a_line_is_one_line_of_ascii() -> None:
    """Nothing of the model's reaches a terminal through it."""
    event = replace(PREDICTED, reasoning="\x1b[2J\x7f\n\u202e\x9b中\ud83d")
    line = to_line(event, recorded=True)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["reasoning"] == event.reasoning


def test_a_picture_and_a_placed_action_come_back_as_what_can_be_known_of_them() -> None:
    """The geometry places the same action at the same pixels again."""
    looked, began = read([to_line(OBSERVED, recorded=True), to_line(ACTING, recorded=True)])
    assert isinstance(looked, Looked)
    assert isinstance(began, Began)
    assert looked.file == "frames/0003.png"
    assert looked.frame(b"12345") == FRAME
    (flush,) = read([to_line(replace(OBSERVED, frame=replace(FRAME, inset=0)), recorded=True)])
    assert isinstance(flush, Looked)
    assert flush.frame(b"12345") == replace(FRAME, inset=0)
    assert (began.index, began.sent, began.real) == (1, ACTING.placed.sent, ACTING.placed.real)
    assert looked.frame().place(began.sent).real == began.real


_heads = {
    "run_id": st.just("r1"),
    "step": st.integers(0, 1000),
    "seq": st.integers(0, 10**9),
    "elapsed": st.floats(0, 1e6),
    "time": st.datetimes(timezones=st.just(UTC)).map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)),
}
_texts, _counts, _amounts = st.text(), st.integers(0, 10**9), st.floats(0, 1e9)
_sizes = st.builds(Size, _counts, _counts)
_usages = st.builds(Usage, _counts, _counts, _counts)
_refusals = st.builds(Refusal, _texts, _texts, _texts, st.booleans())
EVENTS: st.SearchStrategy[ev.Event] = st.one_of(
    st.builds(
        ev.RunStarted,
        **_heads,
        task=_texts,
        provider=_texts,
        screen=st.builds(Rect, _counts, _counts, _counts, _counts),
        sent=_sizes,
        limits=st.dictionaries(_texts, st.none() | _amounts),
        estimate=st.none() | _counts,
        settings=st.dictionaries(_texts, _texts | _counts),
        note=_texts,
    ),
    st.builds(
        ev.Predicted,
        **_heads,
        verdict=st.sampled_from(Verdict),
        actions=st.lists(ACTIONS | _refusals, max_size=4).map(tuple),
        reasoning=_texts,
        usage=_usages,
        request_id=st.none() | _texts,
        attempts=_counts,
        total=_counts,
        space=st.none() | st.tuples(_counts, _counts),
        question=_texts,
        answer=_texts,
    ),
    st.builds(
        ev.Charged,
        **_heads,
        what=st.sampled_from(["session", "step"]),
        cost=_counts,
        total=_counts,
        session_id=st.none() | _texts,
    ),
    st.builds(ev.Refused, **_heads, refusal=_refusals, real=st.none() | ACTIONS),
    st.builds(ev.Asked, **_heads, question=_texts, why=_texts, crop=st.none() | _texts),
    st.builds(ev.Answered, **_heads, answer=st.sampled_from(["yes", "no", "always", "stop", "told"]), note=_texts),
    st.builds(ev.Acted, **_heads, index=_counts, ms=_amounts),
    st.builds(ev.Retrying, **_heads, code=_texts, delay=_amounts, attempt=_counts),
    st.builds(ev.Paused, **_heads, why=_texts),
    st.builds(ev.Settled, **_heads, ms=_amounts, changed=_amounts, why=_texts),
    st.builds(
        ev.RunEnded,
        **_heads,
        ending=st.sampled_from(ev.Ending),
        message=_texts,
        steps=_counts,
        cost=_counts,
        seconds=_amounts,
        remedy=_texts,
    ),
)


@given(st.lists(EVENTS, max_size=3))
def test_events_read_back_as_themselves(events: list[ev.Event]) -> None:
    """Every event but the two with a picture or a placed action is what it was."""
    assert list(read(to_line(event, recorded=True) for event in events)) == events


def test_every_event_has_a_line_and_a_way_back() -> None:
    """Whoever adds an event is reminded here of its line."""
    written = {kind.name for kind in ev.Event.__subclasses__()}
    examples = [
        *(event for event in (OBSERVED, PREDICTED, ACTING)),
        ev.RunStarted(run_id="r", step=0, task="t", provider="p", screen=FRAME.shows, sent=FRAME.sent, limits={}),
        ev.Charged(run_id="r", step=1, what="session", cost=10 * CENT, total=10 * CENT),
        ev.Refused(run_id="r", step=1, refusal=Refusal("a", "b", "c")),
        ev.Asked(run_id="r", step=1, question="q", why="w"),
        ev.Answered(run_id="r", step=1, answer="no"),
        ev.Acted(run_id="r", step=1, index=0, ms=1.5),
        ev.Retrying(run_id="r", step=1, code="c", delay=1, attempt=2),
        ev.Paused(run_id="r", step=1, why="w"),
        ev.Settled(run_id="r", step=1, ms=1, changed=0.5),
        ev.RunEnded(run_id="r", step=1, ending=ev.Ending.DONE, message="m", steps=1, cost=2 * CENT, seconds=3),
    ]
    lines = [to_json(event, recorded=True) for event in examples]
    assert {line["event"] for line in lines} == written
    assert all(from_json(line) for line in lines)


_AT: dict[str, Any] = {"run_id": "r", "step": 3, "seq": 7, "elapsed": 1.5, "time": NOON}
AS_EVER: list[ev.Event] = [
    ev.RunStarted(**_AT, task="t\ud83d", provider="p", screen=FRAME.shows, sent=FRAME.sent, limits={"max_steps": 5, "budget_cents": None}, estimate=12345, settings={"a": ["b"]}, note="n", plan=("x", "y")),
    ev.RunStarted(**_AT, task="t", provider="p", screen=FRAME.shows, sent=FRAME.sent, limits={}),
    ev.Observed(**_AT, frame=FRAME, worst_case=70000),
    ev.Observed(**_AT, frame=replace(FRAME, hidden=(Rect(1, 2, 3, 4),), inset=0, media_type="image/jpeg"), worst_case=5),
    ev.Predicted(**_AT, verdict=Verdict.ASK, actions=(Refusal("a", "wire", "w", partly=True),), reasoning="", usage=Usage(5000, 1, 2), request_id=None, attempts=1, total=5000, evidence=(Evidence("k", "w"), Evidence("k", "w", (1, 2, 3, 4))), question="q", answer="a"),
    ev.Charged(**_AT, what="session", cost=100000, total=100000),
    ev.Refused(**_AT, refusal=Refusal("a", "policy", "w"), real=TypeText("x")),
    ev.Asked(**_AT, question="", why="w"),
    ev.Answered(**_AT, answer="told"),
    ev.Acting(**_AT, index=0, placed=FRAME.place(TypeText("\xe4")), windows=()),
    ev.Acting(**_AT, index=1, placed=FRAME.place(Click(Point(1.5, 2))), windows=(NamedWindow("T", "K"), NamedWindow("", "K", ("x",), Rect(1, 2, 3, 4)))),
    ev.Acted(**_AT, index=0, ms=2.5),
    ev.Retrying(**_AT, code="c", delay=0.5, attempt=2),
    ev.Paused(**_AT, why="w"),
    ev.Settled(**_AT, ms=1.5, changed=0.5),
    ev.RunEnded(**_AT, ending=ev.Ending.HOTKEY, message="m", steps=2, cost=50, seconds=1.25, remedy="r", left_open=("s1",)),
]  # fmt: skip


def test_each_line_is_to_the_letter_what_it_was() -> None:
    """Scripts read them, and journals of all versions lie on the disks of others: names, order, what is left out."""
    lines = (Path(__file__).parent / "journal_lines.jsonl").read_text().splitlines()
    assert [to_line(event, recorded=True) for event in AS_EVER] == lines
    assert [to_line(event, recorded=True) for event in read(lines) if event.name not in ("observed", "acting")] == [
        line for line in lines if '"event":"observed"' not in line and '"event":"acting"' not in line
    ]


@pytest.mark.parametrize("torn", [b'{"event": "acti', b"", b"\xff\xfe", b"[]", b'{"event": "later"}', b"[" * 100_000])
def test_a_torn_or_unknown_line_is_passed_over(torn: bytes) -> None:
    """What came before and after it still counts."""
    whole = to_line(OBSERVED, recorded=True).encode()
    assert len(list(read([whole, torn, whole]))) == 2


def test_a_key_that_an_earlier_version_took_is_the_refusal_that_it_came_to() -> None:
    """It read keys as late as they were pressed, so its journals name some that there are not; the lines stay readable."""
    flurb = {"action_type": "key_press", "params": {"keys": ["flurb"]}}
    predicted = from_json({**to_json(PREDICTED, recorded=True), "actions": [flurb]})
    assert isinstance(predicted, ev.Predicted)
    (told,) = predicted.actions
    assert isinstance(told, Refusal)
    assert (told.by, "'flurb'" in told.why) == ("keys", True)
    was = ev.Refused(run_id="r", step=1, time=NOON, refusal=Refusal("press 'flurb'", "keys", "no such key"))
    assert from_json({**to_json(was, recorded=True), "real_action": flurb}) == was


@given(JSON, st.sampled_from(["acting", "predicted", "observed", "run_started", "run_ended", "refused"]))
def test_no_json_breaks_the_reader(document: object, name: str) -> None:
    """Any JSON is an event or nothing."""
    from_json(document)
    from_json({**_head({"event": name}), "action": document, "actions": [document], "limits": document})


def test_a_run_id_and_a_task_that_are_no_text_survive() -> None:
    """A command line may hold bytes that are no UTF-8; they must not make the record unreadable."""
    task = b"open \xff".decode("utf-8", "surrogateescape")
    started = ev.RunStarted(
        run_id="r", step=0, time=NOON, task=task, provider="p", screen=FRAME.shows, sent=FRAME.sent, limits={}
    )
    (back,) = read([to_line(started, recorded=True)])
    assert asdict(back) == asdict(started)
