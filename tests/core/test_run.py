"""The loop: what it does, in which order, and how every run ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace

from coasty_desk.core import events as ev
from coasty_desk.core.actions import (
    Action,
    Click,
    Done,
    Look,
    LookAgain,
    NotDone,
    Point,
    Prediction,
    Refusal,
    TypeText,
    Usage,
    Verdict,
)
from coasty_desk.core.errors import BrokenOffError, DesktopError, ServiceError
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import Instead, Judging, PersonQuestion, PersonReply, Predictor, SettleResult
from coasty_desk.core.resume_point import ResumePoint
from coasty_desk.core.run import Job, Ports, refusal, run
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.testing import OpenGate, RecordingExecutor, ScriptedPredictor, StillScreen

CLICK = Click(Point(100, 50))
OTHER = Click(Point(300, 50))
_NO = Refusal("click", "policy", "it is not allowed")


class World:
    """Fakes on every port, and a run between them."""

    def __init__(
        self,
        *replies: Prediction | BaseException,
        verdicts: Sequence[Refusal | LookAgain | None] = (),
        limits: Limits | None = None,
    ) -> None:
        self.screen = StillScreen(Size(2560, 1440), sent=Size(1280, 720))
        self.executor = RecordingExecutor()
        self.predictor = ScriptedPredictor(replies)
        self.stop = Stop()
        predictor: Predictor = self.predictor
        self.ports = Ports(self.screen, self.executor, predictor, OpenGate(verdicts), self.stop)
        screen = Rect(0, 0, 2560, 1440)
        self.job = Job("run-1", "do it", "fake", screen, Size(1280, 720), limits or Limits())
        self.events: list[ev.Event] = []

    def run(self) -> ev.RunEnded:
        for event in run(self.job, self.ports):
            self.events.append(event)
        last = self.events[-1]
        assert isinstance(last, ev.RunEnded)
        return last

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]


class Noting(StillScreen):
    """A screen that notes what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def capture(self) -> Frame:
        self.noted.append("capture")
        return super().capture()

    def expect(self) -> None:
        self.noted.append("expect")

    def between(self) -> None:
        self.noted.append("between")

    def settle(self) -> SettleResult:
        self.noted.append("settle")
        return super().settle()


def _go(*actions: Action | Refusal, verdict: Verdict = Verdict.CONTINUE, cents: int = 0) -> Prediction:
    return Prediction(verdict, actions, usage=Usage(cents * CENT))


def test_a_step_is_look_ask_act_rest_and_the_last_event_says_how_it_ended() -> None:
    """The order of DESIGN.md B5, each thing announced before it happens."""
    world = World(_go(CLICK, OTHER), _go(verdict=Verdict.DONE))
    ended = world.run()
    step = ["observed", "predicted", "acting", "acted", "acting", "acted", "settled"]
    assert world.names == ["run_started", *step, "observed", "predicted", "run_ended"]
    assert (ended.ending, ended.steps) == (ev.Ending.DONE, 2)
    assert [placed.real for placed in world.executor.performed] == [Click(Point(200, 100)), Click(Point(600, 100))]


def test_events_are_counted_from_one_and_on_where_a_run_is_taken_up() -> None:
    """Without a gap, so that a reader knows whether it has missed one."""
    world = World(_go(CLICK, OTHER), _go(verdict=Verdict.DONE))
    world.run()
    assert [event.seq for event in world.events] == list(range(1, len(world.events) + 1))
    again = World(_go(verdict=Verdict.DONE))
    assert [event.seq for event in run(again.job, again.ports, ResumePoint(seq=7))] == [8, 9, 10, 11]


def test_the_screen_is_told_before_each_input_and_between_two_of_one_batch() -> None:
    """It remembers how it looked, and gets its time for what the first has opened; the last look is nobody's batch."""
    world = World(_go(CLICK, OTHER), _go(CLICK, verdict=Verdict.DONE))
    world.screen = Noting()
    noted = world.screen.noted
    world.executor = RecordingExecutor(lambda _placed: noted.append("input"))
    world.ports = replace(world.ports, screen=world.screen, executor=world.executor)
    world.run()
    batch = ["expect", "input", "between", "expect", "input"]
    assert noted == ["capture", *batch, "settle", "capture", "expect", "input"]


def test_acting_is_announced_before_the_input_goes_out() -> None:
    """A journal that writes before it pulls again is write-ahead."""
    world = World(_go(CLICK))
    for event in run(world.job, world.ports):
        if event.name == "acting":
            assert world.executor.performed == []
        if event.name == "acted":
            assert len(world.executor.performed) == 1
            break


def test_actions_before_done_are_carried_out() -> None:
    """A verdict takes effect after the batch that it came with (API.md §3)."""
    world = World(_go(CLICK, verdict=Verdict.DONE))
    assert world.run().ending is ev.Ending.DONE
    assert len(world.executor.performed) == 1


def test_the_models_fail_is_exit_one() -> None:
    """The model says that it cannot."""
    assert World(_go(verdict=Verdict.FAIL)).run().ending is ev.Ending.AGENT_FAILED


def test_a_refused_action_drops_the_rest_and_is_told_to_the_model() -> None:
    """Nothing after a refused action is done, and the next question says why."""
    refusal = Refusal("click at (100, 50)", "policy", "it is outside the bounds")
    world = World(_go(CLICK, OTHER), _go(verdict=Verdict.DONE), verdicts=[refusal])
    assert world.run().ending is ev.Ending.DONE
    assert world.executor.performed == []
    assert "outside the bounds" in " ".join(world.predictor.asked[1].notes)
    assert world.predictor.asked[0].notes == ()


def test_the_model_is_told_what_became_of_each_of_its_actions() -> None:
    """One outcome for each: done, refused with why, not done; after a batch that was done whole, nothing hindered it."""
    refusal = Refusal("click at (300, 50)", "policy", "it is outside the bounds")
    world = World(_go(CLICK, OTHER, CLICK), _go(CLICK, OTHER), _go(CLICK), verdicts=[None, refusal, LookAgain("wait")])
    assert world.run().ending is ev.Ending.DONE
    first, refused, held, whole = world.predictor.asked
    assert first.outcomes == ()
    assert refused.outcomes == (Done(), refusal, NotDone("the one before it was refused"))
    assert refused.hindrance == refusal
    assert held.outcomes == (NotDone("wait"), NotDone("wait"))
    assert (whole.outcomes, whole.hindrance) == ((Done(),), None)


def test_the_models_question_is_a_persons_to_answer() -> None:
    """After its actions are done and the screen rests; the words are told to it from then on, with what they answer."""
    ask = Prediction(Verdict.ASK, (CLICK,), question="Which colour?")
    world = World(ask, Prediction(Verdict.DONE, reasoning="I chose it", answer="blue"))
    person = Scripted([Instead("blue, please")])
    world.ports = replace(world.ports, person=person)
    ended = world.run()
    assert world.names[2:8] == ["predicted", "acting", "acted", "settled", "asked", "answered"]
    assert [event.note for event in world.events if isinstance(event, ev.Answered)] == ["blue, please"]
    assert world.predictor.asked[1].said == ("blue, please (in answer to: Which colour?)",)
    assert person.asked == [("Which colour?", "", None)]
    assert (ended.ending, ended.message) == (ev.Ending.DONE, "the task is done: blue")


def test_the_words_of_a_yes_are_told_to_the_model_and_excuse_no_refusal() -> None:
    """From the next prediction on; a refusal of the same answer counts as any."""
    refusal = Refusal("click", "policy", "no")
    world = World(_go(CLICK, OTHER), _go(CLICK), _go(CLICK), _go(CLICK))
    words = iter([[PersonReply("yes", "be quick")], [], [], []])
    verdicts = iter([None, refusal, refusal, refusal])

    class Gate:
        def judge(self, placed: Placed, prediction: Prediction) -> Judging:
            del placed, prediction
            yield from next(words, [])
            return next(verdicts, None)

    world.ports = replace(world.ports, gate=Gate())
    assert world.run().ending is ev.Ending.REFUSED
    assert world.predictor.asked[1].said == ("be quick",)
    assert len(world.predictor.asked) == 3


@pytest.mark.parametrize("person", [None, Scripted()])
def test_a_question_that_nobody_answers_ends_the_run(person: Scripted | None) -> None:
    """It is neither done nor guessed, and the message says what was asked."""
    world = World(Prediction(Verdict.ASK, question="Which colour?"))
    world.ports = replace(world.ports, person=person)
    ended = world.run()
    assert (ended.ending, ended.ending.reason) == (ev.Ending.AGENT_FAILED, "agent_failed")
    assert ended.message == "the model asks, and nobody has answered: Which colour?"
    assert world.names[-3:] == ["asked", "answered", "run_ended"]


def test_a_wish_to_look_again_ends_the_batch_and_is_no_input() -> None:
    """What was before it is done, what comes after it waits for the next answer, and is told as not done."""
    world = World(_go(CLICK, Look(), OTHER), _go(Look()), _go(OTHER, verdict=Verdict.DONE))
    assert world.run().ending is ev.Ending.DONE
    assert [placed.sent for placed in world.executor.performed] == [CLICK, OTHER]
    assert world.names[1:7] == ["observed", "predicted", "acting", "acted", "settled", "observed"]
    _, again, then = world.predictor.asked
    assert again.outcomes[:2] == (Done(), Done())
    assert isinstance(again.outcomes[2], NotDone)
    assert "look again" in again.notes[0]
    assert (then.outcomes, then.notes) == ((Done(),), ())


def test_asking_is_no_idleness() -> None:
    """Whoever asks a person is not going round in circles."""
    world = World(*[Prediction(Verdict.ASK, question="and now?")] * 4)
    world.ports = replace(world.ports, person=Scripted([Instead("go on")] * 4))
    assert world.run().ending is ev.Ending.DONE


def test_a_point_outside_its_models_space_is_refused_unless_that_is_agreed() -> None:
    """It is no click at the edge; three of them end the run with the sentence that names the space."""
    far = Prediction(Verdict.CONTINUE, (Click(Point(1200, 700)),), space=(1000, 1000))
    world = World(far, far, far)
    ended = world.run()
    assert (ended.ending, world.executor.performed) == (ev.Ending.REFUSED, [])
    assert "(1200, 700) lies outside 1000x1000" in ended.message
    assert "1000x1000" in world.predictor.asked[1].notes[0]
    world = World(replace(far, clamps=True))
    assert world.run().ending is ev.Ending.DONE
    assert [placed.real for placed in world.executor.performed] == [Click(Point(2559, 1008))]


def test_an_action_that_is_broken_off_drops_the_rest_and_is_no_success() -> None:
    """What had begun is on record as begun, the screen is watched until it rests, and the model is told how far it came."""
    world = World(_go(CLICK, OTHER, verdict=Verdict.DONE), _go(verdict=Verdict.FAIL))
    wrong = BrokenOffError("another window has the keyboard", "focus")
    world.executor = RecordingExecutor(lambda _placed: (_ for _ in ()).throw(wrong))
    world.ports = replace(world.ports, executor=world.executor)
    assert world.run().ending is ev.Ending.REFUSED
    assert world.names[2:7] == ["predicted", "acting", "acted", "refused", "settled"]
    told = " ".join(world.predictor.asked[1].notes)
    assert "only partly done" in told
    assert "another window has the keyboard" in told


class Together(RecordingExecutor):
    """An executor that takes actions, and does them when it is told to send; one of them breaks off, where it is asked to."""

    def __init__(self, breaks: int = -1) -> None:
        super().__init__()
        self.breaks = breaks
        self.sent: list[Placed] = []

    def send(self) -> Iterator[None]:
        for number, placed in enumerate(self.performed):
            if number == self.breaks:
                message = "the machine could not do it"
                raise BrokenOffError(message, "desktop")
            self.sent.append(placed)
            yield
        self.performed = []


def _together(
    *replies: Prediction, breaks: int = -1, verdicts: Sequence[Refusal | None] = ()
) -> tuple[World, Together]:
    world, executor = World(*replies, verdicts=verdicts), Together(breaks)
    world.ports = replace(world.ports, executor=executor, batch=executor)
    return world, executor


def test_a_batch_goes_out_once_all_of_it_was_judged_and_announced() -> None:
    """Each has its own line before, and its own after; what was refused, and what comes after it, is not among them."""
    world, executor = _together(_go(CLICK, OTHER, CLICK), _go(CLICK, OTHER, CLICK), verdicts=[None] * 4 + [_NO])
    seen: list[int] = []
    for event in run(world.job, world.ports):
        world.events.append(event)
        seen.append(len(executor.sent))
    assert world.names[2:9] == ["predicted", *["acting"] * 3, *["acted"] * 3]
    assert seen[2:9] == [0, 0, 0, 0, 1, 2, 3]
    again = world.names.index("predicted", 9)
    assert world.names[again : again + 5] == ["predicted", "acting", "acted", "refused", "settled"]
    assert [placed.sent for placed in executor.sent] == [CLICK, OTHER, CLICK, CLICK]


def test_what_became_of_each_of_a_batch_is_told() -> None:
    """Done, broken off, and not tried: one that could not be done is no success, and what was to be refused was not come to."""
    refused = [None, None, None, _NO]
    world, executor = _together(_go(CLICK, OTHER, CLICK, CLICK, verdict=Verdict.DONE), breaks=1, verdicts=refused)
    assert world.run().ending is ev.Ending.DONE  # of the next step, which the script says nothing about
    assert world.names[3:9] == [*["acting"] * 3, "acted", "acted", "refused"]
    assert len(executor.sent) == 1
    told = world.predictor.asked[1]
    assert [type(outcome) for outcome in told.outcomes] == [Done, Refusal, NotDone, NotDone]
    assert "the machine could not do it" in told.notes[0]


@pytest.mark.parametrize("stopped", [True, False])
def test_what_breaks_after_a_stop_is_the_stop(*, stopped: bool) -> None:
    """A stop cuts off whatever hangs, and a library then raises anything; without one that is a fault, and stays one."""
    world = World(_go(CLICK, OTHER), _go(verdict=Verdict.DONE))

    def broken(_placed: Placed) -> None:
        if stopped:
            world.stop.trip("interrupt")
        message = "the connection is closed"
        raise RuntimeError(message)

    world.ports = replace(world.ports, executor=RecordingExecutor(broken))
    if stopped:
        assert world.run().ending is ev.Ending.INTERRUPT
    else:
        with pytest.raises(RuntimeError):
            world.run()


def test_a_refused_batch_cannot_end_as_done() -> None:
    """`done` said of a batch that was not carried out is not believed."""
    world = World(
        _go(Refusal("warp", "wire", "there is no such action"), verdict=Verdict.DONE), _go(verdict=Verdict.FAIL)
    )
    assert world.run().ending is ev.Ending.REFUSED
    assert len(world.predictor.asked) == 2


def test_three_refusals_in_a_row_end_the_run() -> None:
    """A model that insists is stopped."""
    world = World(*[_go(Refusal("warp", "wire", "no such action"))] * 9)
    ended = world.run()
    assert (ended.ending, ended.steps) == (ev.Ending.REFUSED, 3)


def test_a_key_that_the_desktop_lacks_is_refused_before_anything_is_sent() -> None:
    """The executor is asked first; the batch is dropped."""
    world = World(_go(TypeText("\x07"), CLICK), _go(verdict=Verdict.DONE))
    world.run()
    assert world.executor.performed == []
    assert "refused" in world.names


def test_looking_again_is_no_refusal() -> None:
    """When the screen is not what the model saw, a fresh picture is taken and nothing is held against it."""
    world = World(_go(CLICK), _go(CLICK, verdict=Verdict.DONE), verdicts=[LookAgain("a person moved the pointer")])
    assert world.run().ending is ev.Ending.DONE
    assert "refused" not in world.names
    assert world.predictor.asked[1].notes == ("a person moved the pointer",)


@pytest.mark.parametrize(
    ("limits", "ending", "predictions"),
    [
        (Limits(max_steps=2), ev.Ending.MAX_STEPS, 2),
        (Limits(budget=9 * CENT), ev.Ending.BUDGET, 2),
        (Limits(budget=3 * CENT), ev.Ending.BUDGET, 0),
    ],
)
def test_a_limit_ends_the_run_before_more_is_spent(limits: Limits, ending: ev.Ending, predictions: int) -> None:
    """The budget is asked with the worst case of the next step."""
    world = World(*[_go(CLICK, cents=4), _go(OTHER, cents=4)] * 5, limits=limits)
    world.predictor.cost = 4 * CENT
    assert world.run().ending is ending
    assert len(world.predictor.asked) == predictions


def test_the_sixth_time_round_is_not_carried_out() -> None:
    """A circle is seen before its last turn."""
    world = World(*[_go(CLICK)] * 9)
    assert world.run().ending is ev.Ending.STALLED
    assert len(world.executor.performed) == 5


@pytest.mark.parametrize(
    ("error", "ending"),
    [(ServiceError("down", "wait"), ev.Ending.SERVICE_ERROR), (DesktopError("gone", "look"), ev.Ending.DESKTOP_ERROR)],
)
def test_an_error_ends_the_run_as_an_event_with_a_remedy(error: ServiceError | DesktopError, ending: ev.Ending) -> None:
    """Errors are not raised at whoever pulls the events."""
    ended = World(error).run()
    assert (ended.ending, ended.message, ended.remedy) == (ending, error.message, error.remedy)


def test_a_stop_in_mid_batch_ends_the_run_and_lets_go() -> None:
    """What comes after the stop is not done; everything is released and given back."""
    world = World(_go(CLICK, OTHER))
    for event in run(world.job, world.ports):
        world.events.append(event)
        if event.name == "acted":
            world.stop.trip("hotkey")
    assert isinstance(world.events[-1], ev.RunEnded)
    assert world.events[-1].ending is ev.Ending.HOTKEY
    assert len(world.executor.performed) == 1
    assert (world.executor.released, world.predictor.closed) == (1, 1)


def test_a_stop_between_the_announcement_and_the_input_wins() -> None:
    """An action that was announced but not begun is not begun any more."""
    world = World(_go(CLICK))
    for event in run(world.job, world.ports):
        if event.name == "acting":
            world.stop.trip("corner")
    assert world.executor.performed == []


def test_whoever_leaves_early_leaves_nothing_open() -> None:
    """Closing the generator releases the desktop and gives the session back."""
    world = World(_go(CLICK))
    events = run(world.job, world.ports)
    for event in events:
        if event.name == "acting":
            break
    del event
    events.close()
    assert (world.executor.released, world.predictor.closed) == (1, 1)


def test_a_deadline_ends_a_run_as_timed_out() -> None:
    """It also reaches into whatever the run is waiting for."""
    world = World(_go(CLICK), limits=Limits(deadline=0.01))
    for event in run(world.job, world.ports):
        world.events.append(event)
        if event.name == "acting":
            world.stop.wait(5)
    assert isinstance(world.events[-1], ev.RunEnded)
    assert world.events[-1].ending is ev.Ending.DEADLINE
    assert world.executor.performed == []


def test_coordinates_are_read_in_the_space_that_the_answer_names() -> None:
    """An echoed size scales the whole answer."""
    world = World(Prediction(Verdict.DONE, (Click(Point(320, 180)),), space=(640, 360)))
    world.run()
    assert world.executor.performed[0].real == Click(Point(1280, 720))


class Leading:
    """A gate in whose place a person says, at each action, what to do instead."""

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        del prediction
        yield PersonQuestion("that?", "everything is asked about")
        yield PersonReply("no", "press escape")
        return refusal(placed, "person", "a person said what to do instead")


def test_what_a_person_says_is_told_to_the_model_from_then_on() -> None:
    """Nothing of it is done, and a person who leads the run does not end it, however often."""
    world = World(*[_go(replace(CLICK, count=n)) for n in range(1, 6)], _go(verdict=Verdict.DONE))
    world.ports = replace(world.ports, gate=Leading())
    assert world.run().ending is ev.Ending.DONE
    assert world.executor.performed == []
    assert [len(ask.said) for ask in world.predictor.asked] == [0, 1, 2, 3, 4, 5]
    assert {event.note for event in world.events if isinstance(event, ev.Answered)} == {"press escape"}
    assert "was refused and was not done" in world.predictor.asked[1].notes[0]


def test_a_note_for_a_run_that_is_taken_up_is_told_with_every_step() -> None:
    """And stands in its first event."""
    world = World(_go(CLICK), _go(verdict=Verdict.DONE))
    world.job = replace(world.job, note="use the mouse")
    world.run()
    assert isinstance(world.events[0], ev.RunStarted)
    assert world.events[0].note == "use the mouse"
    assert [ask.said for ask in world.predictor.asked] == [("use the mouse",)] * 2
