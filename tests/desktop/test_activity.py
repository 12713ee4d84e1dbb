"""What applications still do beside what can be seen: compute, wait for a server, run in a terminal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.desktop.linux.activity import enough
from coasty_desk.desktop.linux.cpu_share import CpuShare
from coasty_desk.desktop.linux.pending_requests import Connections
from coasty_desk.desktop.linux.proc import in_foreground, process


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
