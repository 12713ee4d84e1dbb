"""Where a run was cut off, and how it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Click, KeyCombo, Point, Prediction, Refusal, TypeText, Usage, Verdict
from coasty_desk.core.errors import UsageError
from coasty_desk.core.limits import Limits, Progress
from coasty_desk.core.money import CENT
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.record import resume
from coasty_desk.record.journal import JOURNAL, Recorder
from coasty_desk.record.resume import ResumeState, take_up
from coasty_desk.testing import OpenGate, RecordingExecutor, ScriptedPredictor
from coasty_desk.wire.open_purchase import Opened, Posted
from tests.record.recorded import Slides, desktop

RUN = "20261122-051530-1a2b3c"
SIZE = Size(1280, 720)
SCREEN = Rect(0, 0, 1280, 720)
FRAME = Frame(b"PNG", "image/png", SIZE, SIZE, SCREEN)
A, B, C = (Click(Point(100.0 * n, 50.0)) for n in (1, 2, 3))
TYPING, ENTER = TypeText("hello"), KeyCombo(("ctrl", "s"))


def started() -> ev.Event:
    """The run's first event."""
    return ev.RunStarted(
        run_id=RUN, step=0, task="click about", provider="coasty", screen=SCREEN, sent=SIZE, limits={"max_steps": 9}
    )


def answered(step: int, *actions: Action | Refusal, verdict: Verdict = Verdict.CONTINUE) -> list[ev.Event]:
    """A step up to its answer."""
    return [
        ev.Observed(run_id=RUN, step=step, frame=FRAME, elapsed=step * 10.0),
        ev.Predicted(
            run_id=RUN,
            step=step,
            elapsed=step * 10.0 + 1,
            verdict=verdict,
            actions=actions,
            reasoning="",
            usage=Usage(4 * CENT),
            request_id=None,
            attempts=1,
            total=(10 + 4 * step) * CENT,
        ),
    ]


def acting(step: int, index: int, action: Action) -> ev.Event:
    """An action is about to be done."""
    return ev.Acting(run_id=RUN, step=step, index=index, placed=FRAME.place(action))


def acted(step: int, index: int, action: Action) -> list[ev.Event]:
    """An action is done."""
    return [acting(step, index, action), ev.Acted(run_id=RUN, step=step, index=index, ms=1.0)]


def cut_off(runs: Path, *events: ev.Event, kept: Posted | None = None) -> Path:
    """A run that was cut off after these."""
    recorder = Recorder.begin(runs, RUN)
    for event in (started(), *events):
        recorder.take(event)
        if isinstance(event, ev.RunEnded):  # each sitting has a recorder of its own, which takes nothing after the end
            recorder.close()
            recorder = Recorder(runs / RUN)
    if kept is not None:
        recorder.keep(kept)
    recorder.close()
    return runs / RUN


def remains(folder: Path) -> ResumeState:
    """What is left of it."""
    recorder, left = take_up(folder)
    recorder.close()
    return left


def gone_on(left: ResumeState, *script: Prediction, screen: Rect = SCREEN) -> tuple[list[Action], ScriptedPredictor]:
    """What is done in the next sitting, and the predictor that was asked."""
    executor, predictor = RecordingExecutor(), ScriptedPredictor([*script, Prediction(Verdict.DONE)])
    slides = Slides([desktop([])], screen)
    job = Job(RUN, "click about", "coasty", screen, SIZE, Limits(max_steps=9))
    for _ in run(job, Ports(slides, executor, predictor, OpenGate(), Stop()), left.cut_off):
        pass
    return [placed.sent for placed in executor.performed], predictor


ACTED = ev.Acted(run_id=RUN, step=1, index=0, ms=1.0)
SESSION = ev.Charged(run_id=RUN, step=1, what="session", cost=10 * CENT, total=10 * CENT, session_id="ses_1")


def test_what_was_used_counts_on(tmp_path: Path) -> None:
    """Steps, cents, seconds and the session, over all sittings."""
    first, second = answered(1, A), answered(2, B)
    left = remains(cut_off(tmp_path, first[0], SESSION, first[1], *acted(1, 0, A), *second, *acted(2, 0, B)))
    progress = left.cut_off.progress
    assert (progress.steps, progress.spent, progress.seconds) == (2, 18 * CENT, 21.0)
    assert left.session == Opened("ses_1", SIZE, 2)
    assert left.opened == 1
    assert left.started.limits == {"max_steps": 9}


def test_what_was_to_go_out_with_what_failed_is_in_no_doubt(tmp_path: Path) -> None:
    """It was not done: the model is told of the failure, and the rules count what was done."""
    failed = ev.Refused(run_id=RUN, step=1, refusal=Refusal("b", "desktop", "no", partly=True))
    together = [acting(1, 0, A), acting(1, 1, B), acting(1, 2, C), ACTED, replace(ACTED, index=1), failed]
    left = remains(cut_off(tmp_path, *answered(1, A, B, C), *together))
    assert left.acted == (A, B)
    assert ["broken off" in note for note in left.cut_off.notes] == [True]


def test_what_is_in_doubt_together_is_told_together(tmp_path: Path) -> None:
    """The model is told of each that may have been done, and of none that was."""
    left = remains(cut_off(tmp_path, *answered(1, A, B, C), acting(1, 0, A), acting(1, 1, B), acting(1, 2, C), ACTED))
    (note,) = left.cut_off.notes
    assert "all of this was done, or how much" in note
    assert "(200, 50)" in note
    assert "(300, 50)" in note
    assert "(100, 50)" not in note


CASES: dict[str, tuple[Sequence[Action], list[ev.Event], list[Action]]] = {
    "before the first action": ([A, B], [], [A, B]),
    "between two": ([A, B, C], acted(1, 0, A), [B, C]),
    "after the last": ([A, B], [*acted(1, 0, A), *acted(1, 1, B)], []),
    "in doubt": ([A, B], [acting(1, 0, A)], [B]),
    "in doubt, the last": ([A, B], [*acted(1, 0, A), acting(1, 1, B)], []),
    "before a text": ([A, TYPING], acted(1, 0, A), []),
    "before a click and a text": ([A, B, TYPING, C], acted(1, 0, A), [B]),
    "in doubt, a text": ([TYPING, A], [acting(1, 0, TYPING)], []),
    "in doubt, then a chord": ([A, ENTER], [acting(1, 0, A)], []),
    "in doubt, two at once": ([A, B, C], [acting(1, 0, A), acting(1, 1, B)], [C]),
    "in doubt, of two at once one": ([A, B, C], [acting(1, 0, A), acting(1, 1, B), ACTED], [C]),
    "in doubt, a text at once": ([A, TYPING, C], [acting(1, 0, A), acting(1, 1, TYPING)], []),
    "two at once": ([A, B, C], [acting(1, 0, A), acting(1, 1, B), ACTED, replace(ACTED, index=1)], [C]),
    "after a refusal": ([A, B], [ev.Refused(run_id=RUN, step=1, refusal=Refusal("a", "policy", "no"))], []),
    "after a hand on the mouse": ([A, B], [ev.Paused(run_id=RUN, step=1, why="a hand")], []),
}


@pytest.mark.parametrize(("actions", "events", "expected"), CASES.values(), ids=CASES)
def test_nothing_is_done_twice_nor_typed_where_the_focus_is_by_now(
    tmp_path: Path, actions: Sequence[Action], events: list[ev.Event], expected: list[Action]
) -> None:
    """Clicks that say where they go are done; keys, and what follows them, wait for a fresh look."""
    just_now = [replace(event, time=datetime.now(UTC)) for event in events]  # and not when the tests were collected
    left = remains(cut_off(tmp_path, *answered(1, *actions), *just_now))
    assert gone_on(left)[0] == expected


def test_the_model_is_told_of_what_is_in_doubt(tmp_path: Path) -> None:
    """With the next screenshot, in words."""
    left = remains(cut_off(tmp_path, *answered(1, A, B), acting(1, 0, A)))
    notes = gone_on(left)[1].asked[0].notes
    assert len(notes) == 1
    assert "not known whether this was done" in notes[0]
    assert "click at (100, 50)" in notes[0]


def test_a_run_is_not_done_while_something_of_it_is_in_doubt(tmp_path: Path) -> None:
    """Its last answer was "done", but the model has to look once more."""
    left = remains(cut_off(tmp_path, *answered(1, A, B, verdict=Verdict.DONE), acting(1, 0, A)))
    done, predictor = gone_on(left)
    assert done == [B]
    assert len(predictor.asked) == 1


def test_a_run_that_was_done_ends_without_another_question(tmp_path: Path) -> None:
    """Everything was carried out; only the last line was missing."""
    left = remains(cut_off(tmp_path, *answered(1, A, verdict=Verdict.DONE), *acted(1, 0, A)))
    done, predictor = gone_on(left)
    assert (done, predictor.asked) == ([], [])


def test_an_open_step_is_asked_again_as_it_was(tmp_path: Path) -> None:
    """With what it saw then; no new look is taken for it."""
    kept = Posted("predict", 2, "sessions/ses_1/predict", f"{RUN}:2", b"{}")
    folder = cut_off(tmp_path, *answered(1, A), *acted(1, 0, A), answered(2)[0], kept=kept)
    left = remains(folder)
    assert left.cut_off.frame == replace(FRAME, image=b"")
    done, predictor = gone_on(left, Prediction(Verdict.CONTINUE, (B,)))
    assert predictor.asked[0].step == 2
    assert predictor.asked[0].frame.image == b""
    assert done == [B]


def test_a_step_that_was_only_looked_at_looks_again(tmp_path: Path) -> None:
    """Nothing was asked yet, so nothing was paid."""
    left = remains(cut_off(tmp_path, *answered(1, A), *acted(1, 0, A), answered(2)[0]))
    assert left.cut_off.frame is None
    assert gone_on(left)[1].asked[0].frame.image


@pytest.mark.parametrize("answer_known", [True, False])
def test_an_answer_to_an_old_look_is_not_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, answer_known: bool
) -> None:
    """It was paid for, so it is asked for and counted; but the screen is another one by now."""
    monkeypatch.setattr(resume, "STALE", timedelta(0))
    kept = Posted("predict", 1, "sessions/ses_1/predict", f"{RUN}:1", b"{}")
    left = remains(cut_off(tmp_path, *answered(1, A, B)[: 1 + answer_known], kept=None if answer_known else kept))
    done, predictor = gone_on(left, *([] if answer_known else [Prediction(Verdict.DONE, (A, B))]))
    assert done == []
    assert "was not done" in predictor.asked[-1].notes[0]


def test_an_answer_for_another_screen_is_not_carried_out(tmp_path: Path) -> None:
    """Its pixels are not this screen's."""
    left = remains(cut_off(tmp_path, *answered(1, A, B)))
    assert gone_on(left, screen=Rect(0, 0, 1920, 1080))[0] == []


def test_a_second_cut_does_not_repeat_what_was_in_doubt_at_the_first(tmp_path: Path) -> None:
    """Neither the doubtful one nor the one that was done after it."""
    folder = cut_off(tmp_path, *answered(1, A, B, C), acting(1, 0, A))
    recorder, _ = take_up(folder)
    for event in (started(), *acted(1, 1, B)):
        recorder.take(event)
    recorder.close()
    assert gone_on(remains(folder))[0] == [C]


def test_a_run_that_ended_is_refused(tmp_path: Path) -> None:
    """With how it ended."""
    end = ev.RunEnded(
        run_id=RUN, step=1, ending=ev.Ending.DONE, message="the task is done", steps=1, cost=14 * CENT, seconds=1.0
    )
    folder = cut_off(tmp_path, *answered(1, A), end)
    with pytest.raises(UsageError, match="has ended: the task is done"):
        take_up(folder)
    Recorder(folder).close()  # the refusal has let go of it


def test_a_run_that_never_began_is_refused(tmp_path: Path) -> None:
    """There is nothing to go on from."""
    (tmp_path / RUN).mkdir()
    with pytest.raises(UsageError, match="before it began"):
        take_up(tmp_path / RUN)


def test_requests_of_finished_steps_are_cleared_away(tmp_path: Path) -> None:
    """The cut came between the answer's line and the removal."""
    kept = Posted("predict", 1, "sessions/ses_1/predict", f"{RUN}:1", b"{}")
    folder = cut_off(tmp_path, *answered(1, A), kept=kept)
    remains(folder)
    assert not list(folder.glob("request-*"))


def prefixes(text: bytes) -> Iterator[bytes]:
    """The journal torn at many places of its last three lines, and at their ends."""
    lines = text.splitlines(keepends=True)
    ends = {len(b"".join(lines[: n + 1])) for n in range(len(lines))}
    for cut in sorted({*range(len(b"".join(lines[:-3])), len(text), 23), *(end - 1 for end in ends), *ends}):
        if cut >= len(b"".join(lines[:-3])):
            yield text[:cut]


def test_a_journal_torn_anywhere_can_be_taken_up(tmp_path: Path) -> None:
    """A line counts when it is whole, and never half."""
    folder = cut_off(tmp_path, *answered(1, A, B), *acted(1, 0, A))
    whole = (folder / JOURNAL).read_bytes()
    seen = set()
    for torn in prefixes(whole):
        (folder / JOURNAL).write_bytes(torn)
        left = remains(folder)
        seen.add((left.cut_off.first, left.cut_off.progress.steps))
        lines = (folder / JOURNAL).read_bytes().splitlines()
        assert all(json.loads(line) for line in lines[:-1])
    assert seen == {(0, 0), (0, 1), (1, 1)}


def test_the_stalled_and_refused_are_still_so(tmp_path: Path) -> None:
    """What the limits count goes on where it was."""
    refusal = ev.Refused(run_id=RUN, step=1, refusal=Refusal("a", "policy", "no"))
    left = remains(cut_off(tmp_path, *answered(1, A), refusal))
    assert left.cut_off.refused
    assert left.cut_off.progress.refusals == 1
    assert left.cut_off.notes == ("This action was refused and was not done: a (no).",)
    assert left.cut_off.progress.repeats == Progress().after(Prediction(Verdict.CONTINUE, (A,))).repeats


def test_the_age_of_the_cut_is_what_counts(tmp_path: Path) -> None:
    """A run that began long ago and was cut off just now is not stale."""
    old = replace(started(), time=datetime.now(UTC) - timedelta(hours=3))
    recorder = Recorder.begin(tmp_path, RUN)
    recorder.take(old)
    recorder.take(answered(1, A)[0])
    recorder.close()
    assert not remains(tmp_path / RUN).cut_off.stale


def ended(ending: ev.Ending, step: int = 1) -> ev.Event:
    """The last event of a sitting."""
    return ev.RunEnded(
        run_id=RUN, step=step, ending=ending, message="it ended", steps=step, cost=14 * CENT, seconds=1.0
    )


@pytest.mark.parametrize("ending", ev.Ending)
def test_what_can_go_on_after_an_ending(ending: ev.Ending, tmp_path: Path) -> None:
    """A stop, a limit, a failure of the service or the desktop; what came to its end only with a note."""
    folder = cut_off(tmp_path, *answered(1, A, B), *acted(1, 0, A), ended(ending))
    if ending in (ev.Ending.DONE, ev.Ending.AGENT_FAILED, ev.Ending.REFUSED):
        with pytest.raises(UsageError, match="has ended"):
            take_up(folder)
    recorder, left = take_up(folder, "press the other one")
    recorder.close()
    done, predictor = gone_on(replace(left, cut_off=replace(left.cut_off, said=("press the other one",))))
    assert done == []  # what is left of an old answer is not done: a person has been there since
    assert predictor.asked[0].said == ("press the other one",)
    assert "The rest of the last actions was not done" in " ".join(predictor.asked[0].notes)
    assert left.ending is ending


def test_after_an_ending_nothing_counts_against_the_run(tmp_path: Path) -> None:
    """It went round in circles, or was refused three times: that was then."""
    refusal = ev.Refused(run_id=RUN, step=1, refusal=Refusal("a", "policy", "no"))
    folder = cut_off(tmp_path, *answered(1, A), refusal, ended(ev.Ending.STALLED))
    progress = remains(folder).cut_off.progress
    assert (progress.refusals, progress.repeats, progress.idle, progress.steps) == (0, 0, 0, 1)
    assert not remains(folder).cut_off.refused


def test_the_session_was_closed_at_the_end(tmp_path: Path) -> None:
    """But for an open request, which may have been answered in it."""
    first = answered(1, A)
    folder = cut_off(tmp_path, first[0], SESSION, first[1], *acted(1, 0, A), ended(ev.Ending.STOP))
    left = remains(folder)
    assert (left.session, left.opened) == (None, 1)


def test_what_a_person_has_said_is_said_in_every_sitting(tmp_path: Path) -> None:
    """With the notes of all sittings and the words at questions, in order; a no with words is no refusal that counts."""
    asked = ev.Answered(run_id=RUN, step=1, answer="no", note="press escape")
    refusal = ev.Refused(run_id=RUN, step=1, refusal=Refusal("a", "person", "no"))
    noted = replace(started(), note="go slowly")
    left = remains(cut_off(tmp_path, *answered(1, A), ended(ev.Ending.STOP), noted, *answered(2, B), asked, refusal))
    assert left.cut_off.said == ("go slowly", "press escape")
    assert left.cut_off.progress.refusals == 0
    assert gone_on(left)[1].asked[0].said == ("go slowly", "press escape")


def test_what_a_person_answered_the_model_is_told_with_its_question(tmp_path: Path) -> None:
    """The words stand in the journal as they were said; the model hears what they were an answer to."""
    looked, predicted = answered(1, A)
    asked = ev.Asked(run_id=RUN, step=1, question="Which colour?", why="the model asks")
    told = ev.Answered(run_id=RUN, step=1, answer="told", note="blue")
    left = remains(cut_off(tmp_path, looked, predicted, *acted(1, 0, A), asked, told, ended(ev.Ending.STOP)))
    assert left.cut_off.said == ("blue (in answer to: Which colour?)",)
    assert left.cut_off.seq == 8, "the next event is the journal's ninth line"


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    """The process was killed right after it: the step is over, and the next one has the words."""
    looked, predicted = answered(1, A, verdict=Verdict.ASK)
    asked = ev.Asked(run_id=RUN, step=1, question="Which colour?", why="the model asks")
    told = ev.Answered(run_id=RUN, step=1, answer="told", note="blue")
    left = remains(cut_off(tmp_path, looked, predicted, *acted(1, 0, A), asked, told))
    done, predictor = gone_on(left)
    assert [ask.said for ask in predictor.asked] == [("blue (in answer to: Which colour?)",)]
    assert predictor.asked[0].step == 2
    assert done == []


def test_the_words_of_a_yes_excuse_no_refusal(tmp_path: Path) -> None:
    """They are said in every sitting as those of a no are."""
    asked = ev.Answered(run_id=RUN, step=1, answer="yes", note="be quick")
    refusal = ev.Refused(run_id=RUN, step=1, refusal=Refusal("a", "policy", "no"))
    left = remains(cut_off(tmp_path, *answered(1, A, B), asked, *acted(1, 0, A), refusal))
    assert left.cut_off.said == ("be quick",)
    assert left.cut_off.progress.refusals == 1


@pytest.mark.parametrize("left_open", [(), ("ses_1",)])
def test_a_session_that_could_not_be_closed_is_gone_on_with(tmp_path: Path, left_open: tuple[str, ...]) -> None:
    """It was paid for, and is closed in the end."""
    first = answered(1, A)
    end = replace(ended(ev.Ending.SERVICE_ERROR), left_open=left_open)
    left = remains(cut_off(tmp_path, first[0], SESSION, first[1], *acted(1, 0, A), end))
    assert left.session == (Opened("ses_1", SIZE, 1) if left_open else None)
