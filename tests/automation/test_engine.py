"""Durable work: the rules of the port, for every engine there is."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest

from coasty_desk.automation.engine import WorkContext
from tests.automation.engines import PATIENCE, Bench, saying, until_told, work


@pytest.fixture
def leave() -> defaultdict[str, threading.Event]:
    """When each work may leave, by its name."""
    return defaultdict(threading.Event)


def test_work_is_carried_out_by_the_handler_of_its_kind_with_what_it_is_to_know(bench: Bench) -> None:
    """Payload and kind go through unchanged, and the first call is the first attempt."""

    def of(kind: str) -> None:
        bench.handlers[kind] = lambda context: bench.say(
            f"{kind} {context.work_id} {context.payload} {context.attempt}"
        )

    of("a")
    of("b")
    engine = bench.begin()
    engine.submit(work("1", kind="a", payload='{"x": "ł\n"}'))
    engine.submit(work("2", kind="b", queue="other"))
    bench.wait('a 1 {"x": "ł\n"} 1', "b 2  1")


def test_work_of_one_queue_never_overlaps_and_comes_in_the_order_of_arrival(bench: Bench) -> None:
    """One at a time, by when it was submitted, also where several are in the same moment."""
    inside: list[str] = []

    def alone(context: WorkContext) -> None:
        assert inside == []
        inside.append(context.work_id)
        context.ending.wait(0.02)
        inside.clear()
        bench.say(context.work_id)

    engine = bench.begin(k=alone)
    names = [f"{n:x}" for n in (11, 3, 15, 7, 1, 9)]  # not in the order of their names
    for name in names:
        engine.submit(work(name))
    bench.wait(*names)
    assert bench.said == names


def test_queues_do_not_wait_for_each_other(bench: Bench, leave: defaultdict[str, threading.Event]) -> None:
    """Both are under way at once."""
    engine = bench.begin(k=until_told(bench, leave))
    engine.submit(work("1", queue="a"))
    engine.submit(work("2", queue="b"))
    bench.wait("1 begins", "2 begins")


def test_what_is_submitted_twice_is_carried_out_once(bench: Bench) -> None:
    """An id stands for one piece of work for ever, also after its end."""
    engine = bench.begin(k=saying(bench))
    for _ in range(3):
        engine.submit(work("1"))
    bench.wait("1")
    engine.submit(work("1"))
    engine.submit(work("2"))
    bench.wait("2")
    assert bench.said == ["1", "2"]


def test_what_is_submitted_before_the_beginning_is_carried_out_from_then_on(bench: Bench) -> None:
    """Nobody has to be there to carry it out when it is submitted."""
    first = bench.world.open()
    first.submit(work("1"))
    first.close()
    bench.begin(k=saying(bench))
    bench.wait("1")


def test_what_was_cut_off_is_called_again_before_what_waits(
    bench: Bench, leave: defaultdict[str, threading.Event]
) -> None:
    """Its handler has not returned, so it is not done; and its place in the queue is its own."""
    engine = bench.begin(k=until_told(bench, leave))
    engine.submit(work("b"))
    engine.submit(work("a"))
    bench.wait("b begins")
    engine.close()
    bench.begin(k=lambda context: bench.say(f"{context.work_id} attempt {context.attempt}"))
    bench.wait("b attempt 2", "a attempt 1")
    assert bench.said == ["b begins", "b attempt 2", "a attempt 1"]


def test_what_is_done_is_not_called_again(bench: Bench) -> None:
    """Not by the next engine either, whoever submits it once more."""
    engine = bench.begin(k=saying(bench))
    engine.submit(work("1"))
    bench.wait("1")
    engine.submit(work("2"))
    bench.wait("2")  # by now the first one is done, and not only at its end
    engine.close()
    engine = bench.begin()
    engine.submit(work("1"))
    engine.submit(work("3"))
    bench.wait("3")
    assert bench.said.count("1") == 1


def test_a_close_waits_for_no_handler(bench: Bench) -> None:
    """The service is to end at once, whatever its work is doing."""
    never = threading.Event()

    def stubborn(context: WorkContext) -> None:
        bench.say("begins")
        never.wait(PATIENCE)

    engine = bench.begin(k=stubborn)
    engine.submit(work("1"))
    bench.wait("begins")
    engine.close()
    never.set()


def test_a_handler_that_raises_is_called_again_and_holds_up_no_other_queue(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault is no end: the handler is called until it has returned."""

    def faulty(context: WorkContext) -> None:
        bench.say(f"{context.work_id} {context.attempt}")
        if context.work_id == "1" and context.attempt < 3:
            raise ZeroDivisionError

    engine = bench.begin(k=faulty)
    engine.submit(work("1"))
    engine.submit(work("2", queue="other"))
    bench.wait("1 3", "2 1")


def test_what_has_not_begun_can_be_cancelled_and_is_never_called(
    bench: Bench, leave: defaultdict[str, threading.Event]
) -> None:
    """And the next one's turn comes at once."""
    engine = bench.begin(k=until_told(bench, leave))
    for name in ("1", "2", "3"):
        engine.submit(work(name))
    bench.wait("1 begins")
    assert engine.cancel("2")
    assert engine.cancel("2"), "and whoever asks again is told the same"
    leave["1"].set()
    bench.wait("3 begins")
    engine.submit(work("2"))
    leave["3"].set()
    engine.submit(work("4"))
    bench.wait("4 begins")
    assert "2 begins" not in bench.said


def test_what_has_begun_is_not_ended_by_a_cancel_and_keeps_its_queue(
    bench: Bench, leave: defaultdict[str, threading.Event]
) -> None:
    """Its queue would go on while it still acts."""
    engine = bench.begin(k=until_told(bench, leave))
    engine.submit(work("1"))
    engine.submit(work("2"))
    bench.wait("1 begins")
    assert not engine.cancel("1")
    assert bench.said == ["1 begins"]
    leave["1"].set()
    bench.wait("2 begins")
    assert bench.said == ["1 begins", "1 done", "2 begins"]
    assert not engine.cancel("1"), "nor what is done"
    assert not engine.cancel("nobody")


def test_work_waits_for_its_time(bench: Bench) -> None:
    """Not before it, and to the second after it; and it can be cancelled meanwhile."""
    at: dict[str, float] = {}

    def timed(context: WorkContext) -> None:
        at[context.work_id] = time.time()
        bench.say(context.work_id)

    engine = bench.begin(k=timed)
    due = time.time() + 1.0
    engine.submit(work("later", not_before=due))
    engine.submit(work("never", not_before=due + 10_000))
    engine.submit(work("now", queue="other"))
    bench.wait("now", "later")
    assert at["later"] >= due - 0.001
    assert engine.cancel("never")
    assert sorted(at) == ["later", "now"]


def test_work_that_waits_for_its_time_holds_up_none_behind_it(bench: Bench) -> None:
    """Its turn in its queue is not before its time either."""
    engine = bench.begin(k=saying(bench))
    engine.submit(work("tomorrow", not_before=time.time() + 86_400))
    engine.submit(work("now"))
    bench.wait("now")


def test_a_message_reaches_the_handler_that_waits_for_it(bench: Bench) -> None:
    """By its topic, while it is waited for."""

    def asks(context: WorkContext) -> None:
        bench.say("asks")
        bench.say(f"hears {context.receive('answer', PATIENCE)}")

    engine = bench.begin(k=asks)
    engine.submit(work("1"))
    bench.wait("asks")
    engine.signal("1", "else", "not this")
    engine.signal("1", "answer", "yes")
    bench.wait("hears yes")


def test_messages_come_one_by_one_in_their_order_also_those_from_before_the_handler(bench: Bench) -> None:
    """Nobody needs to be listening when they are sent."""
    first = bench.world.open()
    first.submit(work("1"))
    for text in ("z", "a", "m"):
        first.signal("1", "t", text)
    first.close()

    def hears(context: WorkContext) -> None:
        while (message := context.receive("t", 0.05)) is not None:
            bench.say(message)
        bench.say("end")

    bench.begin(k=hears)
    bench.wait("end")
    assert bench.said == ["z", "a", "m", "end"]


def test_a_message_with_a_name_is_heard_once_however_often_it_is_sent(bench: Bench) -> None:
    """Who has lost the answer to a signal sends it again without harm."""

    def hears(context: WorkContext) -> None:
        while (message := context.receive("t", PATIENCE)) != "end":
            bench.say(str(message))
        bench.say("end")

    engine = bench.begin(k=hears)
    engine.submit(work("1"))
    for _ in range(3):
        engine.signal("1", "t", "yes", once="n1")
    bench.wait("yes")
    engine.signal("1", "t", "yes", once="n1")
    engine.signal("1", "t", "end")
    bench.wait("end")
    assert bench.said == ["yes", "end"]


def test_a_message_that_was_not_dealt_with_is_heard_again_and_one_that_was_is_not(bench: Bench) -> None:
    """To ask for the next one says that the last one is dealt with."""

    def cut_off(context: WorkContext) -> None:
        bench.say(f"1: {context.receive('t', PATIENCE)}")
        bench.say(f"1: {context.receive('t', PATIENCE)}")
        context.ending.wait(PATIENCE)

    engine = bench.begin(k=cut_off)
    engine.submit(work("1"))
    for text in ("a", "b", "c"):
        engine.signal("1", "t", text)
    bench.wait("1: a", "1: b")
    engine.close()

    def goes_on(context: WorkContext) -> None:
        bench.say(f"2: {context.receive('t', PATIENCE)}")
        bench.say(f"2: {context.receive('t', PATIENCE)}")

    bench.begin(k=goes_on)
    bench.wait("2: b", "2: c")
    assert bench.said == ["1: a", "1: b", "2: b", "2: c"]


def test_a_wait_ends_with_the_engine(bench: Bench) -> None:
    """However long it was to be."""

    def waits(context: WorkContext) -> None:
        bench.say("waits")
        assert context.receive("t", 10 * PATIENCE) is None
        assert context.ending.is_set()
        bench.say("ends")

    engine = bench.begin(k=waits)
    engine.submit(work("1"))
    bench.wait("waits")
    engine.close()
    bench.wait("ends")


def test_a_message_to_work_that_has_ended_is_heard_by_nobody_and_one_to_nobody_is_an_error(bench: Bench) -> None:
    """The first is a race that somebody loses, the second a fault."""
    engine = bench.begin(k=saying(bench))
    engine.submit(work("1"))
    engine.submit(work("2"))
    bench.wait("2")
    engine.signal("1", "t", "late")
    with pytest.raises(LookupError):
        engine.signal("nobody", "t", "lost")


def test_what_is_over_can_be_forgotten_and_what_is_not_stays(bench: Bench) -> None:
    """Of what is forgotten nothing is known any more, and it is done again if it is asked for again."""
    leave: defaultdict[str, threading.Event] = defaultdict(threading.Event)
    engine = bench.begin(k=saying(bench), long=until_told(bench, leave))
    engine.submit(work("long", queue="other", kind="long"))
    engine.submit(work("1"))
    bench.wait("1", "long begins")
    engine.submit(work("2"))
    bench.wait("2")  # behind it in its queue: the first is over
    engine.forget(0.0)
    engine.submit(work("1"))
    engine.forget(time.time() + 60)
    engine.submit(work("1"))
    engine.submit(work("3"))
    bench.wait("3")
    assert bench.said.count("1") == 2
    leave["long"].set()
    bench.wait("long done")
