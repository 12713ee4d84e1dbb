"""Each move of a run from state to state, who wins a race for it, and that a new service goes on where the last one was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coasty_desk.automation import kept_runs, run_supervisor
from coasty_desk.automation.run_row import OwnMachine, RunOptions
from coasty_desk.automation.run_service import NewRun, NoRunError, RunStateError
from coasty_desk.automation.run_states import MOVES, STATUSES, TERMINAL, UNFINISHED
from coasty_desk.automation.run_supervisor import DEATHS
from coasty_desk.core.events import Ending
from coasty_desk.machines.machine_errors import MachineBusyError, MachineStateError
from coasty_desk.record import listing
from tests.automation.runs import PlayedService, until


@pytest.fixture
def here(tmp_path: Path, place: Path | str) -> Iterator[PlayedService]:
    """A service whose processes the test plays, on each kind of database."""
    found = PlayedService(tmp_path, place)
    yield found
    found.end()


def test_no_run_leaves_a_terminal_state() -> None:
    """And each of them can be reached from a state that is none."""
    assert {state for state in STATUSES if not MOVES[state]} == TERMINAL
    assert all({state for state, following in MOVES.items() if end in following} <= UNFINISHED for end in TERMINAL)


def test_a_run_is_queued_then_running_then_has_succeeded(here: PlayedService) -> None:
    """With its moments, its steps and its cost, and one word to whoever listens outside."""
    row = here.create(metadata={"for": "me"})
    assert (row.status, row.started_at, row.options.metadata) == ("queued", None, {"for": "me"})
    process = here.process()
    assert here.service.get(row.id).status == "queued"  # until its first line is written
    process.began()
    assert here.reach(row.id, "running").started_at == here.now
    process.step(1, cents=5)
    until(lambda: here.service.get(row.id).cost == 50_000)
    process.over(steps=2, cents=10)
    found = here.reach(row.id, "succeeded")
    assert found.result is not None
    assert (found.result.passed, found.steps, found.cost, found.finished_at, found.error) == (
        True,
        2,
        100_000,
        here.now,
        None,
    )
    assert here.told == [(row.id, "run.succeeded")]


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        (Ending.AGENT_FAILED, "failed", "TASK_FAILED"),
        (Ending.MAX_STEPS, "failed", "MAX_STEPS_REACHED"),
        (Ending.BUDGET, "failed", "BUDGET_EXCEEDED"),
        (Ending.DEADLINE, "timed_out", "DEADLINE_EXCEEDED"),
        (Ending.HOTKEY, "cancelled", "CANCELLED"),
        (Ending.SERVICE_ERROR, "failed", "SERVICE_ERROR"),
        (Ending.REFUSED, "failed", "REFUSED"),
    ],
)
def test_each_ending_is_a_state_and_a_code(here: PlayedService, ending: Ending, status: str, code: str) -> None:
    """As API.md §10.3 has them."""
    run_id, process = here.running()
    process.over(ending)
    found = here.reach(run_id, status)
    assert found.error is not None
    assert found.error.code == code
    assert here.told == [(run_id, f"run.{status}")]


def test_runs_of_one_machine_wait_for_each_other_and_those_of_two_do_not(here: PlayedService) -> None:
    """In the order of their arrival."""
    first, second = here.create("first", "a").id, here.create("second", "a").id
    other = here.create("other", "b").id
    begun = {(process := here.process()).order.run_id: process for _ in range(2)}
    assert set(begun) == {first, other}
    assert here.service.get(second).status == "queued"
    begun[first].began()
    begun[first].over()
    assert here.process().order.run_id == second


def test_a_run_that_is_cancelled_while_it_waits_never_begins(here: PlayedService) -> None:
    """And what waits behind it still waits."""
    first, _ = here.running()
    second = here.create("second").id
    assert here.service.cancel(second).status == "cancelled"
    third = here.create("third").id
    assert here.told == [(second, "run.cancelled")]
    assert {here.service.get(run).status for run in (first, third)} == {"running", "queued"}


def test_a_run_that_is_cancelled_hears_it_and_the_next_begins_after_it_has_let_go(here: PlayedService) -> None:
    """Not a moment earlier, whatever the row says."""
    first, process = here.running()
    second = here.create("second").id
    with ThreadPoolExecutor() as threads:
        cancelled = threads.submit(here.service.cancel, first)
        assert process.ended.wait(5)
        assert process.told_to_end == ["cancel"]
        assert here.started.empty()
        process.over(Ending.STOP)
        assert cancelled.result(5).status == "cancelled"
    assert here.process().order.run_id == second
    with pytest.raises(RunStateError) as refused:
        here.service.cancel(first)
    assert refused.value.row.status == "cancelled"


def test_a_run_that_is_done_before_it_hears_of_its_cancel_has_succeeded(here: PlayedService) -> None:
    """What is told is what happened."""
    run_id, process = here.running()
    with ThreadPoolExecutor() as threads:
        cancelled = threads.submit(here.service.cancel, run_id)
        assert process.ended.wait(5)
        process.over(Ending.DONE)
        with pytest.raises(RunStateError):
            cancelled.result(5)
    assert here.reach(run_id, "succeeded").result is not None


def test_a_question_waits_for_a_person_and_their_answer_goes_to_the_run(here: PlayedService) -> None:
    """With its note; and the row says what was asked, and since when."""
    run_id, process = here.running()
    number = process.asks("May I?")
    row = here.reach(run_id, "awaiting_human")
    assert (row.question, row.awaiting_since) == ("May I?", here.now)
    here.service.resume(run_id, approved=False, note="not that one")
    answer = process.answers.get(timeout=5)
    assert (answer.question, answer.approved, answer.note) == (number, False, "not that one")
    process.goes_on(number)
    until(lambda: here.service.get(run_id).answer is None)
    row = here.service.get(run_id)
    assert (row.status, row.question, row.awaiting_since) == ("running", None, None)
    process.over()
    here.reach(run_id, "succeeded")
    assert here.told == [(run_id, "run.awaiting_human"), (run_id, "run.succeeded")]


def test_of_two_answers_at_once_one_wins_and_a_late_one_is_refused(here: PlayedService) -> None:
    """Eight at once: one is heard, the others are told that somebody was first."""
    run_id, process = here.running()
    number = process.asks("May I?")
    here.reach(run_id, "awaiting_human")
    barrier = threading.Barrier(8)

    def answer(which: int) -> str:
        barrier.wait()
        try:
            here.service.resume(run_id, approved=True, note=str(which))
        except RunStateError as error:
            return "race" if error.is_race else "late"
        return "won"

    with ThreadPoolExecutor(8) as threads:
        came = list(threads.map(answer, range(8)))
    assert came.count("won") == 1
    assert set(came) == {"won", "race"}
    assert process.answers.get(timeout=5).note == str(came.index("won"))
    process.goes_on(number)
    until(lambda: here.service.get(run_id).answer is None)
    with pytest.raises(RunStateError) as late:
        here.service.resume(run_id, approved=True, note="")
    assert not late.value.is_race
    assert process.answers.empty()


@pytest.mark.parametrize(("choice", "status"), [("fail", "failed"), ("cancel", "cancelled")])
def test_a_run_that_needs_a_person_and_must_not_wait_ends(here: PlayedService, choice: str, status: str) -> None:
    """As `on_awaiting_human` says, and nobody is told that it waits."""
    run_id, process = here.running(on_awaiting_human=choice)
    process.asks("May I?")
    assert process.ended.wait(5)
    assert process.told_to_end == [choice]
    process.over(Ending.STOP)
    here.reach(run_id, status)
    assert here.told == [(run_id, f"run.{status}")]


def test_nobody_answers_in_time(here: PlayedService) -> None:
    """An hour passes on the clock; an answer after it is refused."""
    run_id, process = here.running(awaiting_human_timeout_seconds=3600)
    process.asks("May I?")
    here.reach(run_id, "awaiting_human")
    here.move_clock(3599)
    assert not process.ended.wait(0.1)
    here.move_clock(1)
    assert process.ended.wait(5)
    with pytest.raises(RunStateError):
        here.service.resume(run_id, approved=True, note="too late")
    process.over(Ending.STOP)
    found = here.reach(run_id, "timed_out")
    assert found.error is not None
    assert found.error.code == "AWAITING_HUMAN_TIMEOUT"


def test_a_deadline_ends_a_run_also_while_it_waits(here: PlayedService) -> None:
    """It counts from the run's own beginning."""
    run_id, process = here.running(deadline_seconds=60)
    process.asks("May I?")
    here.reach(run_id, "awaiting_human")
    here.move_clock(60)
    assert process.ended.wait(5)
    assert process.told_to_end == ["deadline"]
    process.over(Ending.DEADLINE)
    here.reach(run_id, "timed_out")


def test_a_process_that_dies_is_followed_by_another_which_goes_on(here: PlayedService) -> None:
    """Nobody notices but the record."""
    run_id, process = here.running()
    process.step(1, cents=5)
    process.die()
    process = here.process()
    process.began()
    process.over(steps=2, cents=10)
    assert here.reach(run_id, "succeeded").cost == 100_000


def test_a_process_that_dies_time_and_again_without_coming_any_further_fails_the_run(
    here: PlayedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its record says so as well; that it began each time is no progress."""
    monkeypatch.setattr(run_supervisor, "DEATH_PAUSE", 0.001)
    run_id, process = here.running()
    for _ in range(DEATHS):
        process.die()
        process = here.process()
        process.began()
    process.die()
    found = here.reach(run_id, "failed")
    assert found.error is not None
    assert found.error.code == "INTERNAL_ERROR"
    ended = listing.summarise(here.runs / run_id)
    assert ended is not None
    assert (ended.status, ended.reason) == ("failed", "service_error")


def test_a_new_service_goes_on_with_what_ran_and_what_waited_in_its_order(here: PlayedService) -> None:
    """What ran first, and alone on its machine."""
    first, process = here.running()
    second = here.create("second").id
    here.again()
    process = here.process()
    assert process.order.run_id == first
    assert here.started.empty()
    process.began()
    process.over()
    assert here.process().order.run_id == second
    here.reach(first, "succeeded")


def test_a_run_that_waits_for_a_person_has_no_process_after_a_restart_until_it_is_answered(here: PlayedService) -> None:
    """It costs nothing, sends nothing and holds nothing; then the answer reaches the question, asked anew."""
    run_id, process = here.running()
    process.asks("May I?")
    here.reach(run_id, "awaiting_human")
    lent = here.machines.lent
    here.again()
    here.move_clock(3600)
    assert here.service.get(run_id).status == "awaiting_human"
    assert (here.machines.lent, here.started.empty()) == (lent, True)
    here.service.resume(run_id, approved=True, note="go")
    process = here.process()
    process.began()
    number = process.asks("May I?")
    answer = process.answers.get(timeout=5)
    assert (answer.question, answer.note) == (number, "go")
    assert here.service.get(run_id).status == "running"
    process.goes_on(number)
    process.over()
    here.reach(run_id, "succeeded")


def test_an_answer_is_not_taken_for_one_to_another_question(here: PlayedService) -> None:
    """What was allowed is what was asked."""
    run_id, process = here.running()
    process.asks("May I save?")
    here.reach(run_id, "awaiting_human")
    here.again()
    here.service.resume(run_id, approved=True, note="")
    process = here.process()
    process.began()
    process.asks("May I delete?")
    row = here.reach(run_id, "awaiting_human")
    assert (row.question, row.answer) == ("May I delete?", None)
    assert process.answers.empty()


@pytest.mark.parametrize("wish", ["cancel", "timeout"])
def test_a_run_without_a_process_is_ended_too_and_so_is_its_record(here: PlayedService, wish: str) -> None:
    """Nobody starts one only to end it."""
    run_id, process = here.running(awaiting_human_timeout_seconds=60)
    process.asks("May I?")
    here.reach(run_id, "awaiting_human")
    here.again()
    if wish == "cancel":
        here.service.cancel(run_id)
    else:
        here.move_clock(60)
    here.reach(run_id, "cancelled" if wish == "cancel" else "timed_out")
    ended = listing.summarise(here.runs / run_id)
    assert ended is not None
    assert ended.status in ("cancelled", "timed_out")
    assert here.started.empty()


def test_an_end_that_was_written_and_not_heard_is_the_end(here: PlayedService) -> None:
    """Nothing is begun anew."""
    run_id, process = here.running()
    process.over(steps=3, cents=15, heard=False)
    found = here.reach(run_id, "succeeded")
    assert (found.steps, found.cost) == (3, 150_000)
    assert here.started.empty()


def test_the_same_operation_is_the_same_run(here: PlayedService) -> None:
    """Also for the next service."""
    first = here.create(operation="op_1")
    here.again()
    assert here.create(operation="op_1").id == first.id
    assert here.create(operation="op_2").id != first.id
    assert len(here.service.all(None, 10)[0]) == 2


@pytest.mark.parametrize("state", ["stopped", "stopping", "error", "deleting", "terminated"])
def test_a_run_waits_for_a_machine_that_is_busy_or_coming_and_fails_on_one_that_is_not(
    here: PlayedService, state: str
) -> None:
    """The first gives itself back or will soon run, the second does not start by itself."""
    here.machines.faults = [
        MachineBusyError("a program drives it"),
        *(MachineStateError("It is coming.", each, ()) for each in ("creating", "starting", "restarting")),
        MachineStateError("It is not there.", state, ()),
    ]
    run_id = here.create().id
    found = here.reach(run_id, "failed")
    assert here.machines.lent == 5
    assert found.error is not None
    assert found.error.code == "MACHINE_UNAVAILABLE"


def test_a_run_whose_process_cannot_begin_says_why(here: PlayedService) -> None:
    """There is no record, so the row has it."""
    run_id = here.create().id
    here.process().could_not("usage", "The script cannot be read.")
    found = here.reach(run_id, "failed")
    assert found.error is not None
    assert (found.error.code, "script" in found.error.message) == ("USAGE_ERROR", True)


def test_the_machine_of_a_task_is_made_for_it_and_taken_away_after_it(here: PlayedService) -> None:
    """After its end is told."""
    asked = NewRun("do it", RunOptions(on_awaiting_human="fail"), machine=OwnMachine())
    run_id = here.service.create(asked).id
    process = here.process()
    machine = here.machines.made_for[run_id]
    assert process.order.on == machine
    process.began()
    process.over()
    here.reach(run_id, "succeeded")
    until(lambda: here.service.get(run_id).machine.cleanup_status == "done")  # type: ignore[union-attr]
    assert here.machines.removed == [machine]


def test_the_machine_of_a_task_is_taken_away_by_the_next_service_too(
    here: PlayedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that ends takes nothing away: the run goes on there."""
    monkeypatch.setattr(run_supervisor, "HEARS", 0.2)  # its played process does not hear of the end
    run_id = here.service.create(NewRun("do it", RunOptions(), machine=OwnMachine())).id
    here.process().began()
    here.reach(run_id, "running")
    here.again()
    assert here.machines.removed == []
    here.service.cancel(run_id)
    until(lambda: here.service.get(run_id).machine.cleanup_status == "done")  # type: ignore[union-attr]
    assert here.machines.removed == [here.machines.made_for[run_id]]


def test_a_task_that_is_cancelled_before_its_turn_has_nothing_left_to_take_away(here: PlayedService) -> None:
    """None was made, and that is told; one whose making nobody lived to write down is found and taken away."""
    here.engine.close()
    run_id = here.service.create(NewRun("do it", RunOptions(), machine=OwnMachine())).id
    gone = here.service.cancel(run_id, patience=0.0)
    assert gone.machine is not None
    assert (gone.status, gone.machine.status, gone.machine.cleanup_status) == ("cancelled", "not_created", "done")
    unwritten = here.service.create(NewRun("do it", RunOptions(), machine=OwnMachine())).id
    here.service.store.change(unwritten, ["queued"], {"begun": True})
    here.machines.make(unwritten, {})
    here.service.cancel(unwritten, patience=0.0)
    here.again()
    until(lambda: here.service.get(unwritten).machine.cleanup_status == "done")  # type: ignore[union-attr]
    assert here.machines.removed == [f"made for {unwritten}"]
    assert here.service.get(unwritten).status == "cancelled"


def test_what_a_run_had_started_is_left_once_it_is_over(here: PlayedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it ends without a process."""
    monkeypatch.setattr(run_supervisor, "HEARS", 0.2)  # its played process does not hear of the end
    run_id = here.create().id
    here.process().began()
    here.again()
    here.service.cancel(run_id)
    until(lambda: bool(here.machines.left))
    assert here.machines.left == [(run_id, here.service.get(run_id).machine_id)]


def test_events_are_told_once_each_over_reconnects_and_restarts(here: PlayedService) -> None:
    """A reader who comes back with its last number misses nothing and hears nothing twice."""
    run_id, process = here.running()
    process.step(1, cents=5)
    until(lambda: here.service.get(run_id).cost > 0)
    events = here.service.events(run_id, -1, 5.0)
    heard = [next(events) for _ in range(3)]
    here.again()
    process = here.process()
    process.began()
    process.step(2, cents=10)
    process.over(steps=2, cents=10)
    last = heard[-1]
    assert last is not None
    heard += list(here.service.events(run_id, last.id, 5.0))
    here.reach(run_id, "succeeded")
    whole = [event for event in here.service.events(run_id, -1, 5.0) if event is not None]
    assert [event for event in heard if event is not None] == whole
    assert [event.name for event in whole[-5:]] == ["step", "billing", "status", "terminal", "done"]
    assert len({event.id for event in whole}) == len(whole)
    assert list(here.service.events(run_id, whole[-1].id, 5.0)) == []
    strayed = list(here.service.events(run_id, 10_000, 5.0))  # a number that never was: whoever has it waits for an end
    assert [event and event.name for event in strayed] == ["terminal", "done"]


def test_there_is_no_such_run(here: PlayedService) -> None:
    """Each question says so at once."""
    for ask in (here.service.get, here.service.cancel, lambda name: here.service.events(name, -1, 1.0)):
        with pytest.raises(NoRunError):
            ask("none")


def test_what_runs_cost_is_counted_by_when_they_were_asked_for(here: PlayedService) -> None:
    """Those on a machine of their own apart; each in whole cents, as it is told, also while it goes on."""
    first, process = here.running()
    process.step(1, cents=5)
    until(lambda: here.service.get(first).cost == 50_000)
    assert here.service.store.charged(here.now - 1, here.now + 1) == {False: 5}
    process.over(cents=9)
    here.reach(first, "succeeded")
    here.now += 100
    made = here.service.create(NewRun("do it", RunOptions(), machine=OwnMachine()))
    process = here.process()
    process.began()
    process.over(cents=20)
    here.reach(made.id, "succeeded")
    assert here.service.store.charged(0, here.now) == {False: 9}
    assert here.service.store.charged(0, here.now + 1) == {False: 9, True: 20}
    if isinstance(here.place, Path):
        here.place.with_name(kept_runs.STORE).symlink_to(here.place)
        assert kept_runs.charged(here.place.parent, 0, here.now + 1) == {False: 9, True: 20}
