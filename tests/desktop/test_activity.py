"""What applications still do beside what can be seen: compute, wait for a server, run in a terminal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.activity_probe import Doing
from coasty_desk.desktop.linux import activity, cpu_share, netlink, proc, syscall_sleep
from coasty_desk.desktop.linux.activity import activity_probe, enough
from coasty_desk.desktop.linux.cpu_share import CpuShare
from coasty_desk.desktop.linux.pending_requests import Connections
from coasty_desk.desktop.linux.proc import in_foreground, process
from coasty_desk.desktop.screen.capture import MonitorScreen


def test_the_longer_nothing_changes_the_more_must_be_at_work() -> None:
    """And after a second nothing is enough."""
    asked = [enough(tenths / 10) for tenths in range(12)]
    assert asked == sorted(asked)
    assert asked[0] < 0.3
    assert asked[10] == float("inf")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")
def test_a_process_that_computes_is_told_from_one_that_sleeps() -> None:
    """This one computes for 50 ms of its own; its child reads what never comes."""
    ours = os.getpid()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        time.sleep(0.05)  # until it has got from its start to its wait
        wanted = CpuShare()
        wanted.begin([ours, child.pid], 0.0)
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
        wanted.look([ours, child.pid], [], 0.05)
        assert wanted.share(ours) > 0.5
        assert wanted.share(child.pid) < 0.1
        assert wanted.idle == 0
        for look in range(1, 5):
            wanted.look([child.pid], [], 0.05 + look / 100)
            assert wanted.idle == look
        wanted.look([child.pid, ours], [ours], 0.1)
        assert wanted.idle == 5
        assert child.stdin is not None
        child.stdin.close()


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own interface")
def test_a_request_is_unanswered_until_something_comes_back(silent_server: socket.socket) -> None:
    """The client's side waits; the server's, which has only answered, does not."""
    with (
        closing(Connections(os.getuid())) as connections,
        socket.create_connection(silent_server.getsockname()) as client,
        silent_server.accept()[0] as server,
    ):
        inode = os.fstat(client.fileno()).st_ino

        def waits() -> bool:
            return any(one.waits for one in connections.now() if one.inode == inode)

        client.sendall(b"a question")
        assert server.recv(100)
        time.sleep(0.02)  # the kernel counts in milliseconds
        assert waits()
        server.sendall(b"an answer")
        assert client.recv(100)
        assert not waits()
        other = os.fstat(server.fileno()).st_ino
        assert all(one.inode != other for one in connections.now())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own interface")
def test_a_question_for_a_name_is_waited_for() -> None:
    """A socket that is connected to a name server's port; one to another port says nothing."""
    with (
        closing(Connections(os.getuid())) as connections,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        names.connect(("127.0.0.1", 53))
        other.connect(("127.0.0.1", 9))
        opens = {one.inode for one in connections.now() if one.opens}
        assert os.fstat(names.fileno()).st_ino in opens
        assert os.fstat(other.fileno()).st_ino not in opens


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")
def test_a_command_in_a_terminal_is_told_from_one_that_waits_for_its_user() -> None:
    """`sleep` works, `cat` reads: both run in the foreground of a terminal of their own."""
    found = {}
    for command in ("sleep", "cat"):
        terminal, other = os.openpty()
        child = subprocess.Popen(
            [sys.executable, "-c", _IN_FRONT, command, "20"[: 2 * (command == "sleep")]],
            stdin=other, stdout=other, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 10
        while time.monotonic() < until:
            here = process(child.pid)
            name = Path(f"/proc/{child.pid}/comm").read_text("utf-8").strip()
            if here is not None and here.group == here.foreground and name == command and here.state == "S":
                break
            time.sleep(0.02)
        assert here is not None
        time.sleep(0.05)  # until it has got from its start to its wait
        found[command] = in_foreground([here], frozenset())
        child.kill()
        child.wait()
        os.close(terminal)
        os.close(other)
    assert found == {"sleep": True, "cat": False}


_IN_FRONT = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], [part for part in sys.argv[1:] if part])
"""


def _no(*_: object, **__: object) -> None:
    """What the system does not have."""
    raise OSError


def _no_netlink(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(netlink, "opened", _no)


def _no_times(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(time, "clock_gettime", _no)
    patch.setattr(cpu_share, "read_proc", _no)


def _no_calls(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(syscall_sleep, "_TIMED", None)  # another kind of processor


def _no_proc(patch: pytest.MonkeyPatch) -> None:
    for module in (proc, cpu_share, syscall_sleep):
        patch.setattr(module, "read_proc", _no)
    patch.setattr(activity, "pids", list)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")
@pytest.mark.parametrize(
    ("missing", "at_best"),
    [
        ([], Doing.ASLEEP),
        ([_no_netlink], Doing.UNKNOWN),
        ([_no_times], Doing.SOMETHING),
        ([_no_calls], Doing.NOTHING),
        ([_no_proc], Doing.UNKNOWN),
        ([_no_netlink, _no_times, _no_calls, _no_proc], Doing.UNKNOWN),
    ],
)
def test_what_a_system_does_not_tell_is_done_without(
    display: str,
    missing: list[Callable[[pytest.MonkeyPatch], None]],
    at_best: Doing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each by itself and all together: nobody is believed to be done who may not be, and the screen is found at rest all the same."""
    with subprocess.Popen(["xterm", "-display", display, "-e", "cat"]) as client:
        try:
            for take_away in missing:
                take_away(monkeypatch)
            assert told_at_best(at_best) is at_best
            with closing(MonitorScreen(Stop(), max_size=Size(1280, 720))) as screen:
                screen.capture()
                assert screen.settle().ms < 10_000
        finally:
            client.kill()


def told_at_best(wanted: Doing) -> Doing:
    """The most that the probe tells of this display, in several rounds and until it is as much as that."""
    order = [Doing.UNKNOWN, Doing.FRAMES, Doing.SOMETHING, Doing.NOTHING, Doing.ASLEEP]
    best = Doing.UNKNOWN
    with closing(activity_probe(frozenset())) as probe:
        until, rounds = time.monotonic() + 10, 0
        while rounds < 8 or (best is not wanted and time.monotonic() < until):  # until who is there has started
            rounds += 1
            probe.before()
            for _ in range(6):
                time.sleep(0.01)
                probe.look()
                best = max(best, probe.doing, key=order.index)
            assert isinstance(probe.why(0.0), str)
    return best


LEFT_TO_A_CHILD = """
import os, sys
from Xlib import X, display
there = display.Display()
window = there.screen().root.create_window(0, 0, 50, 50, 0, X.CopyFromParent)
if sys.argv[1] == "shown":
    window.map()
there.sync()
if os.fork():
    os._exit(0)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")
@pytest.mark.parametrize(("has", "at_best"), [("hidden", Doing.ASLEEP), ("shown", Doing.UNKNOWN)])
def test_a_client_that_cannot_be_seen_at_work_matters_where_it_shows_something(
    display: str, has: str, at_best: Doing
) -> None:
    """`dbus-launch` and `xclip` leave their connection to a child: the server names a process that is gone. Another container's are unseen, too."""
    command = [sys.executable, "-c", LEFT_TO_A_CHILD, has]
    with (
        subprocess.Popen(["xterm", "-display", display, "-e", "cat"]) as client,
        subprocess.Popen(command, stdin=subprocess.PIPE) as parent,  # its child ends with this pipe
    ):
        try:
            assert parent.wait(10) == 0
            assert told_at_best(at_best) is at_best
        finally:
            client.kill()
