"""Where the task comes from: stdin as well, and never what is no text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, service

BAD = [b"open \xff\xfe", b"open\0the settings", "öffne".encode("utf-16"), b"open \xc3"]


def given(shell: Shell, stdin: bytes, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and stderr of `run` that is given this on stdin."""
    command = [sys.executable, "-m", "coasty_desk", "run", *arguments]
    done = subprocess.run(
        command, input=stdin, env=shell.environment | environment, cwd=shell.home, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("arguments", [("-",), (), ("--max-steps", "2"), ("-", "--yes")])
def test_a_pipe_says_the_task(shell: Shell, display: str, arguments: tuple[str, ...]) -> None:
    """With `-`, or without any task; several lines, accents, a byte order mark, white space around it."""
    with service() as (stand_in, url):
        task = "\n Öffne\ndie Einstellungen 😀 \n".encode("utf-8-sig")
        assert given(shell, task, *arguments, DISPLAY=display, COASTY_BASE_URL=url) == (0, "")
    assert b'"\\u00d6ffne\\ndie Einstellungen \\ud83d\\ude00"' in stand_in.posts("predict")[0].body


def test_a_file_as_stdin_says_the_task(shell: Shell, display: str) -> None:
    """As a shell's `<` gives it."""
    (shell.home / "task.txt").write_text("open it")
    with (shell.home / "task.txt").open() as stdin, service() as (stand_in, url):
        environment = shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url}
        command = [sys.executable, "-m", "coasty_desk", "run"]
        done = subprocess.run(command, stdin=stdin, env=environment, cwd=shell.home, capture_output=True, check=False)
    assert done.returncode == 0
    assert b'"open it"' in stand_in.posts("predict")[0].body


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", ["stdin", "file", "argument"])
def test_a_task_that_is_no_text_is_refused(shell: Shell, bad: bytes, way: str) -> None:
    """Exit 2 before anything starts, wherever it comes from."""
    (shell.home / "task.txt").write_bytes(bad)
    if way == "argument" and b"\0" in bad:
        pytest.skip("no argument has it")
    arguments = {"stdin": ["-"], "file": ["--file", "task.txt"], "argument": [os.fsdecode(bad)]}[way]
    code, said = given(shell, bad if way == "stdin" else b"", *arguments)
    assert code == 2
    assert ("NUL" if bad.startswith(b"open\0") else "UTF-8") in said


@pytest.mark.parametrize(
    ("stdin", "arguments", "why"),
    [
        (b"", ("-",), "There is no task"),
        (b" \n", (), "There is no task"),
        (b"x" * 31_001, ("-",), "31001 characters"),
        ("é".encode() * 100_000, ("-",), "the service takes 31000"),
        (b"a", ("-", "--file", "task.txt"), "two tasks"),
    ],
)
def test_what_is_no_task_is_refused(shell: Shell, stdin: bytes, arguments: tuple[str, ...], why: str) -> None:
    """Empty, too long, or said twice."""
    code, said = given(shell, stdin, *arguments)
    assert (code, why in said) == (2, True)


def test_without_a_pipe_nothing_is_waited_for(shell: Shell) -> None:
    """Neither a terminal's nor a service manager's stdin says a task; one that is closed says so."""
    assert "There is no task" in shell("run").err
    closed = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m coasty_desk run - <&-"],
        env=shell.environment,
        cwd=Path(shell.home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert closed.returncode == 2
    assert "There is no task" in closed.stderr
