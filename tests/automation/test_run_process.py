"""A sitting of a run: the run of `coasty-desk run`, its end at any moment, and what is left for the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from coasty_desk.automation.run_control import Asks, GoesOn, HumanAnswer, Over, RunOrder, Written
from coasty_desk.automation.run_process import CUT_OFF
from coasty_desk.record import run_lock
from tests.automation.run_homes import RunHome, act, click, names, new_id, typing
from tests.cli.conftest import recording
from tests.desktop.targets import App, closing, tk
from tests.desktop.xvfb import held_down

LONG = "The quick brown fox jumps over the lazy dog. " * 400
"""Typing it takes long enough for anything to happen in the middle."""


def test_a_run_is_carried_out_and_recorded(home: RunHome) -> None:
    """With real input on a real display; every line of its journal is told of once it is there, and its end as often as it is asked for."""
    run = new_id()
    with recording(home.display) as window:
        order = RunOrder(run, "do it", home.script(act(click(100, 80)), act(typing("hi"), status="done")))
        sitting = home.sit(order)
        over = sitting.end()
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(100, 80)]
    assert over is not None
    assert (over.status, over.reason, over.passed, over.code) == ("succeeded", "done", True, "")
    journal = home.journal(run)
    assert journal[-1]["event"] == "run_ended"
    assert [one.line for one in sitting.heard if isinstance(one, Written)] == list(range(1, len(journal) + 1))
    assert names(journal).count("acting") == 2
    again = home.sit(order).end()
    assert again == over
    assert home.journal(run) == journal


def test_nothing_of_a_folder_has_a_say_and_the_persons_own_rules_have(
    home: RunHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's policy refuses what it refuses everywhere."""
    policy = home.home / "policy.toml"
    policy.write_text('blocked_actions = ["click"]\n')
    home.configure(f'[run]\npolicy = ["{policy}"]\n')
    (home.home / "coasty-desk.toml").write_text("[run]\nmax_steps = 1\n")
    monkeypatch.chdir(home.home)
    run = new_id()
    with recording(home.display) as window:
        over = home.sit(RunOrder(run, "x", home.script(act(click(100, 80)), act(status="done")))).end()
        assert window.of_kind("press") == []
    assert over is not None
    assert (over.status, over.steps) == ("succeeded", 2)
    assert "refused" in names(home.journal(run))


@pytest.mark.parametrize("why", ["cancel", "deadline"])
def test_an_end_is_heard_in_mid_keystroke(home: RunHome, why: Any) -> None:
    """Safety sentence: a run of the service that is cancelled sends nothing more, and no key stays down."""
    run = new_id()
    with recording(home.display) as window:
        sitting = home.sit(RunOrder(run, "type", home.script(act(typing(LONG), status="done"))))
        _typing(window)
        sitting.child.end(why, "somebody said so")
        over = sitting.end()
        _is_silent(home, window)
    assert over is not None
    assert (over.status, over.message) == ({"cancel": "cancelled", "deadline": "timed_out"}[why], "somebody said so")
    assert home.journal(run)[-1]["event"] == "run_ended"


@pytest.mark.parametrize("how", ["channel", "SIGTERM", "SIGHUP", "SIGINT"])
def test_a_run_whose_service_is_gone_is_cut_off_and_gone_on_with(home: RunHome, how: str) -> None:
    """Safety sentence: nothing is sent any more, no key stays down, and there is no ending: the next sitting goes on."""
    run, order = new_id(), None
    with recording(home.display) as window:
        lines = [act(click(30, 40)), act(typing(LONG)), act(click(50, 60), status="done")]
        order = RunOrder(run, "type", home.script(*lines))
        sitting = home.sit(order)
        _typing(window)
        if how == "channel":
            sitting.child.close()
        else:
            os.kill(sitting.child.pid, getattr(signal, how))
        assert sitting.end() is None
        assert sitting.child._process.returncode == CUT_OFF
        _is_silent(home, window)
        assert not run_lock.held(home.runs / run)
        assert "run_ended" not in names(home.journal(run))
        typed = len(window.of_kind("key_down"))
        over = home.sit(order).end()
        assert over is not None
        assert over.status == "succeeded"
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 2)] == [(30, 40), (50, 60)]
        assert len(window.of_kind("key_down")) == typed, "what was typed is not typed again"


def test_an_answer_that_comes_late_is_for_what_was_asked_about(home: RunHome) -> None:
    """Safety sentence: where the target's window has gone while a person was asked, a yes does nothing, and the model looks again."""
    run = new_id()
    with recording(home.display) as below:
        overrides = home.script(act(click(70, 90)), act(status="done")) | {"confirm": "always"}
        with closing(tk(home.display)):
            sitting = home.sit(RunOrder(run, "click", overrides))
            asked = sitting.first(Asks)
        sitting.child.answer(HumanAnswer(asked.question))
        assert sitting.end() is not None
        assert below.of_kind("press") == []
    assert "acting" not in names(home.journal(run))


@pytest.mark.parametrize("changes", [True, False])
def test_a_yes_is_for_what_was_there_when_it_was_asked_for(home: RunHome, changes: bool) -> None:  # noqa: FBT001 - pytest gives it
    """Safety sentence: where the window shows something else by now, a yes does nothing, and the model looks again; a caret that blinks is no change."""
    run = new_id()
    with closing(tk(home.display)) as window:
        window.clear()
        shown = os.environ | {"DISPLAY": home.display}
        subprocess.run(["xdotool", "type", "--delay", "5", "Delete everything"], env=shown, check=True)
        assert window.text().strip() == "Delete everything"
        overrides = home.script(act(click(60, 12)), act(status="done")) | {
            "confirm": "always",
            "on_human_input": "ignore",
        }
        sitting = home.sit(RunOrder(run, "click", overrides))
        asked = sitting.first(Asks)
        if changes:
            window.clear()
        else:
            time.sleep(0.7)  # a blink
        sitting.child.answer(HumanAnswer(asked.question))
        assert sitting.end() is not None
    assert names(home.journal(run)).count("acting") == (not changes)


def test_a_new_process_waits_for_the_one_before_it(home: RunHome) -> None:
    """It may have been killed a moment ago; and one that is there still is not joined."""
    run = new_id()
    order = RunOrder(run, "x [pause][done]", {"provider": "script"})
    first = home.sit(order)
    asked = first.first(Asks)
    second = home.sit(order)
    first.child.kill()
    again = second.first(Asks)
    assert again.question > asked.question
    second.child.answer(HumanAnswer(asked.question))  # which was the other's
    second.child.answer(HumanAnswer(again.question))
    over = second.end()
    assert over is not None
    assert over.status == "succeeded"
    assert names(home.journal(run)).count("answered") == 1


def test_the_models_own_question_waits_for_its_answer(home: RunHome) -> None:
    """The first answer to it counts, and the words go on record."""
    run = new_id()
    sitting = home.sit(RunOrder(run, "[pause][done]", {"provider": "script"}))
    asked = sitting.first(Asks)
    assert (asked.kind, asked.text) == ("model", "May I go on?")
    assert home.journal(run)[asked.question - 1]["event"] == "asked"
    sitting.child.answer(HumanAnswer(asked.question + 1, note="to another"))
    sitting.child.answer(HumanAnswer(asked.question, note="use the blue one"))
    sitting.child.answer(HumanAnswer(asked.question, note="too late"))
    assert sitting.first(GoesOn).question == asked.question
    assert sitting.end() is not None
    assert [line["note"] for line in home.journal(run) if line["event"] == "answered"] == ["use the blue one"]


ANSWERS = {
    "yes": (HumanAnswer(0), ("yes", ""), 1),
    "yes, and": (HumanAnswer(0, note="be careful"), ("yes", "be careful"), 1),
    "no": (HumanAnswer(0, approved=False), ("no", ""), 0),
    "no, but": (HumanAnswer(0, approved=False, note="press escape"), ("no", "press escape"), 0),
}


@pytest.mark.parametrize("said", ANSWERS)
def test_an_action_waits_for_its_answer(home: RunHome, said: str) -> None:
    """Safety sentence: no input is sent while it waits, and what is not approved is not done."""
    answer, told, clicks = ANSWERS[said]
    run = new_id()
    with recording(home.display) as window:
        overrides = home.script(act(click(70, 90)), act(status="done")) | {"confirm": "always"}
        sitting = home.sit(RunOrder(run, "click", overrides))
        asked = sitting.first(Asks)
        assert (asked.kind, asked.text) == ("action", "click at (70, 90)?")
        assert asked.crop is not None
        assert asked.crop.startswith(str(home.runs / run))
        assert window.events == []
        sitting.child.answer(HumanAnswer(asked.question, answer.approved, answer.note))
        over = sitting.end()
        assert len(window.of_kind("press")) == clicks
    assert over is not None
    (answered,) = [line for line in home.journal(run) if line["event"] == "answered"]
    assert (answered["answer"], answered["note"]) == told


def test_a_stop_of_the_persons_cancels_it(home: RunHome) -> None:
    """Safety sentence: `coasty-desk stop` ends a run of the service as any, also while it waits for an answer."""
    run = new_id()
    sitting = home.sit(RunOrder(run, "[pause][done]", {"provider": "script"}))
    sitting.first(Asks)
    stop = [sys.executable, "-m", "coasty_desk", "stop"]
    subprocess.run(stop, env=home.environment, check=True, capture_output=True)
    over = sitting.end()
    assert over is not None
    assert (over.status, over.reason) == ("cancelled", "stop")
    assert home.journal(run)[-1]["event"] == "run_ended"


ENDS = {
    "cancel": ("cancelled", "stop"),
    "timeout": ("timed_out", "deadline"),
    "fail": ("failed", "agent_failed"),
}


@pytest.mark.parametrize("why", ENDS)
def test_a_question_without_an_answer_ends_as_the_service_says(home: RunHome, why: Any) -> None:
    """In the record too."""
    run = new_id()
    sitting = home.sit(RunOrder(run, "[pause][done]", {"provider": "script"}))
    sitting.first(Asks)
    sitting.child.end(why, "nobody came")
    over = sitting.end()
    assert over is not None
    assert (over.status, over.reason, over.message) == (*ENDS[why], "nobody came")
    last = home.journal(run)[-1]
    assert (last["event"], last["status"], last["reason"]) == ("run_ended", *ENDS[why])


def test_a_run_waits_for_whoever_drives_its_target(home: RunHome) -> None:
    """Safety sentence: two runs never drive one display; the next one begins when the other has let go."""
    with recording(home.display) as window:
        first = home.sit(RunOrder(new_id(), "first", home.script(act(typing(LONG), status="done"))))
        _typing(window)
        second = home.sit(RunOrder(new_id(), "second", home.script(act(click(20, 30), status="done"))))
        third = home.sit(RunOrder(new_id(), "third", home.script(act(click(40, 50), status="done"))))
        time.sleep(1.0)  # in which they would have begun
        assert window.of_kind("press") == []
        third.child.end("cancel")
        over = third.end()
        assert over is not None
        assert over.status == "cancelled"
        assert not (home.runs / "third").exists()
        first.child.end("cancel")
        assert second.end() is not None
        kinds = [event["event"] for event in window.events if event["event"] in ("key_down", "press")]
        assert kinds.index("press") == len(kinds) - 1
        assert len(window.of_kind("press")) == 1


def test_what_cannot_begin_says_why_and_leaves_no_record(home: RunHome) -> None:
    """A sentence and a remedy, and no folder."""
    for overrides, environment, code in (
        ({"provider": "script", "script": "nonesuch.jsonl"}, {}, "usage"),
        ({"provider": "script"}, {"DISPLAY": ":65000"}, "desktop"),
        ({"provider": "coasty"}, {}, "service"),
    ):
        run = new_id()
        over = home.sit(RunOrder(run, "x", overrides), **environment).end()
        assert isinstance(over, Over)
        assert (over.code, over.status) == (code, "")
        assert over.message
        assert over.remedy
        assert not (home.runs / run).exists()


def test_a_hand_on_the_desktop_is_told_of(home: RunHome) -> None:
    """The run waits until it rests, and goes on by itself."""
    with recording(home.display):
        lines = [act(click(100, 100)), act(click(300, 300), delay=2.0), act(status="done")]
        sitting = home.sit(RunOrder(new_id(), "x", home.script(*lines)))
        _until(lambda: sum(isinstance(one, Written) for one in sitting.heard) >= 6)
        subprocess.run(["xdotool", "mousemove", "600", "500"], env=os.environ | {"DISPLAY": home.display}, check=True)
        asked = sitting.first(Asks)
        assert asked.kind == "hand"
        assert sitting.first(GoesOn).question == asked.question
        assert sitting.end() is not None


def test_done_is_asked_about_once_more_where_it_is_to_be_verified(home: RunHome) -> None:
    """Said twice in a row it is believed; what is found missing in between is done first."""
    run = new_id()
    lines = [act(status="done"), act(click(10, 20)), act(click(30, 40), status="done"), act(status="done")]
    with recording(home.display) as window:
        over = home.sit(RunOrder(run, "x", home.script(*lines), verify=True)).end()
        assert len(window.of_kind("press")) == 2
    assert over is not None
    assert (over.status, over.passed, over.steps) == ("succeeded", True, 4)


def test_texts_of_the_order_reach_the_model_whatever_it_is(home: RunHome) -> None:
    """One that has no place of its own for them is told them as what the person says; a run that is taken up again knows them."""
    run = new_id()
    order = RunOrder(run, "[pause][done]", {"provider": "script"}, instructions="be brief", system_prompt="You click.")
    sitting = home.sit(order)
    sitting.first(Asks)
    sitting.child.kill()
    assert sitting.end() is None
    assert home.journal(run)[0]["note"] == "You click.\n\nbe brief"
    again = home.sit(order)
    again.child.answer(HumanAnswer(again.first(Asks).question))
    assert again.end() is not None
    assert [line["note"] for line in home.journal(run) if line["event"] == "run_started"] == [
        "You click.\n\nbe brief",
        "",
    ]


def test_a_run_of_the_command_line_knows_nothing_of_it() -> None:
    """What is there for the service is not loaded by `coasty-desk run`."""
    code = "import sys; from coasty_desk.cli.commands import driving; assert not [name for name in sys.modules if 'automation' in name]"
    subprocess.run([sys.executable, "-c", code], check=True)


def _typing(window: App) -> None:
    """It is in the middle of a text."""
    _until(lambda: len(window.of_kind("key_down")) > 20)


def _is_silent(home: RunHome, window: App) -> None:
    """Nothing more comes, and nothing is down."""
    assert held_down(home.display) == []
    before = len(window.events)
    time.sleep(0.5)
    assert len(window.events) == before
    assert len(window.of_kind("key_down")) < len(LONG)


def _until(what: Any) -> None:
    until = time.monotonic() + 30
    while not what():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)
