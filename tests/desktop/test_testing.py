"""The shipped fakes keep the ports' contracts, and the dry run touches nothing."""

from __future__ import annotations

import pytest

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, KeyCombo, Point, Prediction, PressKeys, Refusal, TypeText, Verdict, Wait
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.ports import Executor
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DryRun
from coasty_desk.testing import OpenGate, RecordingExecutor, Reply, ScriptedPredictor, StillScreen

FRAME = Frame(b"", "image/png", Size(640, 480), Size(640, 480), Rect(0, 0, 1280, 960))


def carried_out(*replies: Reply, executor: Executor | None = None) -> tuple[ev.RunEnded, RecordingExecutor]:
    """A whole run with fakes alone."""
    hands = RecordingExecutor()
    ports = Ports(StillScreen(), executor or hands, ScriptedPredictor(replies), OpenGate(), Stop())
    *_, end = run(Job("r", "t", "fake", Rect(0, 0, 1280, 720), Size(1280, 720)), ports)
    assert isinstance(end, ev.RunEnded)
    return end, hands


def test_a_script_is_carried_out_to_its_end() -> None:
    """What the model says is done, in order, and the run ends as done."""
    end, hands = carried_out(
        Prediction(Verdict.CONTINUE, (Click(Point(10, 20)), TypeText("hi"))),
        lambda ask: Prediction(Verdict.CONTINUE, (TypeText(f"step {ask.step}"),)),
    )
    assert end.ending is ev.Ending.DONE
    assert [placed.real for placed in hands.performed] == [Click(Point(10, 20)), TypeText("hi"), TypeText("step 2")]
    assert hands.released == 1


def test_a_scripted_error_ends_the_run() -> None:
    """A reply may be an exception."""
    end, _ = carried_out(ServiceError("Nobody answers."))
    assert end.ending is ev.Ending.SERVICE_ERROR


@pytest.mark.parametrize("executor", [DryRun(), RecordingExecutor()])
def test_what_the_real_one_refuses_is_refused(executor: Executor) -> None:
    """An unknown key, a modifier that is none, a character that no key writes."""
    refusal = executor.refuses(FRAME.place(TypeText("\x07")))
    assert isinstance(refusal, Refusal)
    assert refusal.by == "keys"
    for make in (
        lambda: PressKeys(("nonsense",)),
        lambda: KeyCombo(("ctrl", "")),
        lambda: Click(None, modifiers=("x",)),
    ):
        with pytest.raises(ValueError, match="no key"):
            make()
    assert executor.refuses(FRAME.place(KeyCombo(("ctrl", "c")))) is None


def test_a_dry_run_touches_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """It works without one, and does not even wait."""
    monkeypatch.delenv("DISPLAY", raising=False)
    for action in (Click(Point(1, 1)), TypeText("x"), Wait(1e9)):
        DryRun().perform(FRAME.place(action))
    DryRun().release()
