"""A journal as the API's events: each line at most one, no gap and no repeat wherever a reader begins, and nothing that changes between two readings."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from coasty_desk.automation.run_control import Asks, HumanAnswer, RunOrder
from coasty_desk.automation.run_events import RunEnd, RunEvent, RunEventTrail, reason, run_events
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Point, Prediction, Refusal, TypeText, Usage, Verdict
from coasty_desk.core.money import from_cents
from coasty_desk.core.run import ASKED_BY_MODEL
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.wire.journal_codec import to_line
from tests.automation.run_homes import RunHome, act, click, new_id, typing
from tests.cli.conftest import recording

MACHINE = "machine-1"
SIZE = Size(1280, 720)
FRAME = Frame(b"picture", "image/png", SIZE, SIZE, Rect(0, 0, 1280, 720))
END = RunEnd("succeeded", 2, 10, 10, {"passed": True, "status": "succeeded", "summary": "it is done"})


def journal() -> list[bytes]:
    """One with an event of every kind, over two sittings."""
    lines: list[bytes] = []

    def say(kind: Callable[..., ev.Event], step: int, **fields: Any) -> None:
        event = kind(run_id="run", step=step, seq=len(lines) + 1, **fields)
        lines.append(to_line(event, recorded=True).encode() + b"\n")

    def predicted(step: int, total: int, **fields: Any) -> None:
        told = Prediction(Verdict.CONTINUE, (Click(Point(5, 6)), TypeText("${password}")), "to log in")
        say(
            ev.Predicted, step, verdict=told.verdict, actions=told.actions, usage=Usage(from_cents(5), 1, 2),
            request_id="r", attempts=1, total=from_cents(total), **{"reasoning": told.reasoning} | fields,
        )  # fmt: skip

    started = {"task": "log in", "provider": "coasty", "screen": FRAME.shows, "sent": SIZE}
    say(ev.RunStarted, 0, **started)
    say(ev.Observed, 1, frame=FRAME)
    say(ev.Charged, 1, what="session", cost=from_cents(2), total=from_cents(2), session_id="s")
    say(ev.Retrying, 1, code="RATE_LIMITED", delay=1.5, attempt=1)
    predicted(1, 7)
    say(ev.Asked, 1, question="click?", why="it pays", crop="/a.png")
    say(ev.Answered, 1, answer="yes", note="with care")
    placed = FRAME.place(Click(Point(5, 6)))
    say(ev.Acting, 1, index=0, placed=placed)
    say(ev.Acted, 1, index=0, ms=3.0)
    say(ev.Refused, 1, refusal=Refusal("type", "policy", "it must not be"))
    say(ev.Settled, 1, ms=10.0, changed=0.5, why="rest")
    say(ev.RunStarted, 1, **started)
    say(ev.Observed, 2, frame=FRAME)
    say(ev.Observed, 2, frame=FRAME)
    predicted(2, 10, reasoning="")
    say(ev.Paused, 2, why="a person moved the pointer")
    say(ev.Asked, 2, question="May I?", why=ASKED_BY_MODEL)
    say(ev.Answered, 2, answer="no")
    say(ev.RunEnded, 2, ending=ev.Ending.DONE, message="done", steps=2, cost=from_cents(10), seconds=1.0)
    return lines


EXPECTED = [
    (0, "status", {"status": "queued", "machine_id": MACHINE}),
    (1, "status", {"status": "running", "machine_id": MACHINE}),
    (3, "billing", {"credits_charged": 2, "cost_cents": 2}),
    (4, "error", {"code": "RATE_LIMITED", "message": "the model did not answer; it is asked again in 1.5 s", "retrying": True}),
    (5, "text", {"text": "to log in"}),
    (6, "awaiting_human", {"reason": "click? (it pays)", "question": "click?", "why": "it pays"}),
    (7, "resumed", {"note": "with care", "approved": True}),
    (8, "tool_call", {"tool": "computer", "action_type": "click", "params": {"x": 5, "y": 6, "button": "left", "clicks": 1}}),
    (9, "tool_result", {"success": True}),
    (10, "tool_result", {"success": False, "error": "it must not be", "action": "type"}),
    (11, "billing", {"credits_charged": 7, "cost_cents": 7}),
    (12, "status", {"status": "running", "machine_id": MACHINE}),
    (13, "step", {"steps_completed": 1}),
    (16, "awaiting_human", {"reason": "a person moved the pointer", "question": "", "why": "a person moved the pointer"}),
    (17, "awaiting_human", {"reason": "May I?", "question": "May I?", "why": ASKED_BY_MODEL}),
    (18, "resumed", {"note": "", "approved": False}),
    (20, "step", {"steps_completed": 2}),
    (21, "billing", {"credits_charged": 10, "cost_cents": 10}),
    (22, "status", {"status": "succeeded", "machine_id": MACHINE}),
    (23, "terminal", {"status": "succeeded"}),
    (24, "done", {"status": "succeeded", "result": END.result, "error": None}),
]  # fmt: skip


def test_every_line_is_the_event_that_it_says() -> None:
    """By the numbers of their lines, with the end behind the last one."""
    told = [(one.id, one.name, dict(one.data)) for one in run_events(MACHINE, journal(), END)]
    assert told == EXPECTED
    assert json.loads(json.dumps([data for _, _, data in told])) == [data for _, _, data in told]


def test_a_reader_that_reconnects_anywhere_misses_nothing_and_hears_nothing_twice() -> None:
    """Whatever had been written when, torn lines and foreign ones among them, and over any number of connections."""
    chance = random.Random(19)  # noqa: S311 - to be repeatable
    whole = journal()
    every = list(run_events(MACHINE, whole, END))
    for _ in range(200):
        heard: list[RunEvent] = []
        written = 0
        while not heard or heard[-1].name != "done":
            written = min(written + chance.randint(0, 4), len(whole))
            lines = whole[:written]
            end = END if written == len(whole) and chance.random() < 0.5 else None
            if end is None and written < len(whole):
                lines = [*lines, whole[written][: chance.randint(0, 40)]]
            after = heard[-1].id if heard else -1
            fresh = [one for one in run_events(MACHINE, lines, end) if one.id > after]
            heard += fresh[: chance.randint(0, len(fresh))]  # and then the connection is cut
        assert heard == every


def test_a_line_that_was_torn_keeps_its_number() -> None:
    """A process was killed as it wrote: what follows is counted with it."""
    lines = journal()
    torn = [*lines[:4], lines[4][:30] + b"\n", *lines[5:]]
    told = list(run_events(MACHINE, torn, END))
    assert [one.id for one in told] == [number for number, _, _ in EXPECTED if number != 5]


def test_without_steps_the_end_has_the_same_numbers() -> None:
    """A run that never began has no journal."""
    end = RunEnd("cancelled")
    assert [(one.id, one.name) for one in run_events(MACHINE, [], end)] == [
        *((0, "status"), (2, "billing"), (3, "status"), (4, "terminal"), (5, "done"))
    ]


def test_the_events_of_a_real_run_are_those_of_its_journal(home: RunHome) -> None:
    """Read while it is written, and afterwards, they are the same; a secret is in neither."""
    run = new_id()
    with recording(home.display):
        lines = [act(click(100, 80)), act(typing("hi")), act(status="done")]
        sitting = home.sit(RunOrder(run, "x", home.script(*lines) | {"confirm": "always"}))
        live: list[RunEvent] = []
        trail, read = RunEventTrail(MACHINE), 0
        for number in range(2):
            sitting.child.answer(HumanAnswer(sitting.first(Asks, number).question))
            found = home.lines(run)
            for line in found[read:]:
                live += trail.follow(line)
            read = len(found)
        assert sitting.end() is not None
    for line in home.lines(run)[read:]:
        live += trail.follow(line)
    assert live == list(run_events(MACHINE, home.lines(run)))[1:]
    assert [one.name for one in live].count("tool_call") == 2


@pytest.mark.parametrize(("why", "said"), [("it pays", "click? (it pays)"), ("", "click?"), (ASKED_BY_MODEL, "click?")])
def test_the_reason_is_one_line(why: str, said: str) -> None:
    """With what the gate says, where a gate asks."""
    assert reason("click?", why) == said


def test_a_journal_of_another_make_says_nothing() -> None:
    """What is no event is passed over, whatever it is."""
    assert len(list(run_events(MACHINE, [b"\xff\xfe\n", b"[]\n", b'{"event":"acted"}\n', b"{" * 5000 + b"\n"]))) == 1
