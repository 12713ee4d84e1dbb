"""Who sleeps until something happens, by the system call that it is in."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from coasty_desk.desktop.linux.syscall_sleep import FRAMES, SleepProbe, slept

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")

FOR_EVER = "select.poll().poll()"
TWO_SECONDS = "select.poll().poll(2000)"
FRAME_BY_FRAME = "[select.poll().poll(15) for _ in range(1000)]"
COMPUTES = "[n for n in range(10**9) if n < 0]"


@contextmanager
def doing(what: str) -> Iterator[int]:
    """A process that does that, and has begun to."""
    code = f"import select; print(flush=True); {what}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        try:
            yield process.pid
        finally:
            process.kill()


def looked(asleep: SleepProbe, pids: list[int], looks: int, every: float = 0.02) -> int:
    """For how many looks in a row they have slept, after so many."""
    for _ in range(looks):
        time.sleep(every)
        asleep.look(pids, time.monotonic())
    return asleep.looks


@pytest.fixture
def asleep() -> SleepProbe:
    """One that saw nobody before the input."""
    asleep = SleepProbe()
    asleep.begin([], time.monotonic())
    return asleep


@pytest.mark.parametrize(
    ("what", "sleeps", "animated"),
    [(FOR_EVER, True, False), (TWO_SECONDS, True, False), (FRAME_BY_FRAME, False, True), (COMPUTES, False, True)],
)
def test_who_waits_for_long_sleeps_and_who_wakes_for_each_frame_does_not(
    asleep: SleepProbe, what: str, *, sleeps: bool, animated: bool
) -> None:
    """At five looks of 20 ms."""
    with doing(what) as pid:
        assert looked(asleep, [pid], FRAMES) == (FRAMES if sleeps else 0)
        assert asleep.animated is animated


def test_one_that_is_awake_is_enough() -> None:
    """All must sleep."""
    asleep = SleepProbe()
    with doing(FOR_EVER) as one, doing(FRAME_BY_FRAME) as other:
        assert looked(asleep, [one], 3) == 3
        assert looked(asleep, [one, other], 1) == 0


def test_a_timer_that_is_due_soon_is_no_sleep_unless_it_ran_before_the_input() -> None:
    """It may be the answer's next part; one that ran already is no answer."""
    after, before = SleepProbe(), SleepProbe()
    began = time.monotonic()
    after.begin([], began)
    with doing("select.poll().poll(1000)") as pid:
        before.begin([pid], time.monotonic())
        assert looked(after, [pid], 1) == 1
        time.sleep(began + 0.95 - time.monotonic())
        assert looked(after, [pid], 1) == 0
        assert looked(before, [pid], 1) == 1


def test_who_wakes_for_each_frame_by_itself_does_not_answer() -> None:
    """A video that played before the input holds nothing up."""
    asleep = SleepProbe()
    with doing(FRAME_BY_FRAME) as pid:
        looked(asleep, [pid], FRAMES)
        assert asleep.animated
        asleep.begin([pid], time.monotonic())
        looked(asleep, [pid], FRAMES)
        assert not asleep.animated


def test_who_does_not_tell_is_not_said_to_sleep(asleep: SleepProbe) -> None:
    """A process that is gone; what the kernel says where it tells nothing."""
    assert looked(asleep, [2**22 - 1], FRAMES) == 0
    assert not asleep.animated
    assert slept(b"") is slept(b"guarded") is None
    assert slept(b"running\n") == 0.0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of its calls")
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (b"7 0x55 0x2 0x190 0x0 0x0 0x0 0x7f 0x7f", 0.4),  # poll
        (b"7 0x55 0x2 0xffffffff 0x0 0x0 0x0 0x7f 0x7f", float("inf")),
        (b"232 0x3 0x7f 0x10 0x64 0x0 0x0 0x7f 0x7f", 0.1),  # epoll_wait
        (b"270 0x5 0x55 0x55 0x0 0x0 0x0 0x7f 0x7f", float("inf")),  # pselect6
        (b"271 0x55 0x2 0x7ffc 0x0 0x8 0x0 0x7f 0x7f", None),  # ppoll: until a time that is in its memory
        (b"202 0x55 0x89 0x0 0x7ffc 0x0 0x0 0x7f 0x7f", float("inf")),  # futex: until another thread has done something
        (b"0 0x3 0x7ffc 0x400 0x0 0x0 0x0 0x7f 0x7f", float("inf")),  # read
    ],
)
def test_the_timeout_of_a_call_is_where_the_manual_says(said: bytes, seconds: float | None) -> None:
    """proc_pid_syscall(5): the number of the call, its arguments, the stack, the instruction."""
    assert slept(said) == seconds
