"""Runs of this computer's own service from the command line: started, watched, answered, cancelled, over real HTTP and on a real display."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.automation.run_homes import act, click, typing
from tests.cli.conftest import Shell, recording
from tests.desktop.xvfb import xvfb
from tests.server.run_services import RunningService, running_service, scripted, until


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display for the runs of this module."""
    with xvfb(1280, 720) as name:
        yield name


@pytest.fixture(scope="module")
def marked(screen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose model obeys the markers in the task."""
    with running_service(tmp_path_factory.mktemp("home"), screen, "--provider", "script") as found:
        yield found


def test_a_run_is_started_watched_and_told_of(screen: str, tmp_path: Path) -> None:
    """Its actions, its steps and its end are seen as in `run`; a second watching hears all of it again, as JSON."""
    lines = (act(click(100, 80)), act(typing("hi"), status="done"))
    with recording(screen) as window, running_service(tmp_path, screen, *scripted(tmp_path, *lines)) as service:
        done = service.cli("runs", "start", "--wait", "do it")
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(100, 80)]
        (run_id,) = [one["run_id"] for one in json.loads(service.cli("runs", "list", "--json").out)]
        again = service.cli("runs", "watch", "last", "--json")
    said = done.out.splitlines()
    assert done.code == 0, done.err
    assert said[0] == "task: do it"
    assert "  > click at (100, 80)" in said
    assert "  > type 'hi'" in said
    assert "  model: as the script says" in said
    assert "succeeded: as the script says (2 steps)" in said
    assert said[-1].endswith(f"/runs/{run_id}")
    assert again.code == 0
    numbers = [int(event["id"]) for event in again.events]
    assert numbers == sorted(set(numbers))
    assert [event["event"] for event in again.events][-2:] == ["terminal", "done"]


@pytest.mark.parametrize(
    ("task", "options", "code", "said"),
    [
        ("[fail]", (), 1, "failed: "),
        ("[steps:9][done]", ("--max-steps", "2"), 3, "failed: "),
        ("[pause]", ("--on-awaiting-human", "cancel"), 130, "cancelled: "),
        ("[pause]", ("--human-timeout", "1"), 3, "timed out: "),
    ],
)
def test_the_exit_code_is_that_of_run(
    marked: RunningService, task: str, options: tuple[str, ...], code: int, said: str
) -> None:
    """For each way in which it ends."""
    done = marked.cli("runs", "start", "--wait", task, *options)
    assert (done.code, said in done.out) == (code, True), (done.out, done.err)


def test_a_run_that_asks_is_answered_from_another_terminal(marked: RunningService) -> None:
    """By the beginning of its id; an answer to one that does not wait is refused, and a second one too."""
    started = marked.cli("runs", "start", "[pause]")
    run_id = started.out.strip()
    assert f"coasty-desk runs watch {run_id}" in started.err
    marked.reach(run_id, "awaiting_human")
    assert marked.cli("runs", "answer", run_id[:12], "perhaps").code == 2
    answered = marked.cli("runs", "answer", run_id[:12], "yes", "go on then")
    assert (answered.code, answered.out) == (0, f"Answered {run_id}: it goes on.\n")
    watched = marked.cli("runs", "watch", run_id)
    assert "  answer: yes; go on then" in watched.out
    assert f"to answer: coasty-desk runs answer {run_id} yes|no" in watched.out
    late = marked.cli("runs", "answer", run_id, "no")
    assert late.code == 4
    assert "Traceback" not in late.err


class Watching:
    """`runs watch` at a terminal of its own."""

    def __init__(self, service: RunningService, run_id: str) -> None:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            command = [sys.executable, "-m", "coasty_desk", "runs", "watch", run_id]
            os.execve(sys.executable, command, {**service.shell.environment, "TERM": "dumb"})  # noqa: S606 - no shell is wanted
        self.seen = ""

    def sees(self, text: str) -> None:
        """Wait until that is there."""
        until = time.monotonic() + 40
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.seen += os.read(self.terminal, 4096).decode()

    def types(self, text: str) -> None:
        """As a person does."""
        os.write(self.terminal, text.encode())

    def ended(self) -> int:
        """Its exit code."""
        with suppress(OSError):
            while said := os.read(self.terminal, 4096):
                self.seen += said.decode()
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def test_who_watches_at_a_terminal_is_asked_and_answers_there(marked: RunningService) -> None:
    """In their own words; of a question that is answered elsewhere nothing more is asked, nor of one that was answered before."""
    run_id = marked.create("[pause]")
    marked.reach(run_id, "awaiting_human")
    watching = Watching(marked, run_id)
    watching.sees("your answer: ")
    watching.types("the blue one\n")
    assert watching.ended() == 0
    assert "answer: yes; the blue one" in watching.seen
    again = Watching(marked, run_id)
    assert again.ended() == 0
    assert "your answer" not in again.seen

    run_id = marked.create("[pause]")
    watching = Watching(marked, run_id)
    watching.sees("your answer: ")
    marked("POST", f"/runs/{run_id}/resume", {"note": "from elsewhere"})
    assert watching.ended() == 0
    assert "answer: yes; from elsewhere" in watching.seen


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("maybe\ny\n", 0, "That is none of the answers."),
        ("click on the other one\n", 0, "answer: no; click on the other one"),
        ("s\n", 130, "cancelled"),
    ],
)
def test_an_action_is_allowed_refused_or_the_run_ended_at_the_terminal_that_watches(
    screen: str, tmp_path: Path, typed: str, code: int, said: str
) -> None:
    """As where `run` asks itself."""
    folder = tmp_path / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[run]\nconfirm = "always"\n')
    lines = scripted(tmp_path, act(click(70, 90)), act(status="done"))
    with running_service(tmp_path, screen, *lines) as service:
        watching = Watching(service, service.create("click"))
        watching.sees("or say what to do instead: ")
        watching.types(typed)
        assert watching.ended() == code, watching.seen
        assert said in watching.seen


def test_a_run_is_cancelled_and_one_that_is_over_is_not(marked: RunningService) -> None:
    """To cancel it twice comes to the same."""
    run_id = marked.cli("runs", "start", "[pause]").out.strip()
    marked.reach(run_id, "awaiting_human")
    for _ in range(2):
        done = marked.cli("runs", "cancel", run_id)
        assert (done.code, done.out) == (0, f"Cancelled {run_id}.\n")
    over = marked.cli("runs", "start", "--wait", "[done]")
    assert over.code == 0
    refused = marked.cli("runs", "cancel", "last")
    assert refused.code == 4
    assert "The run is over: it has succeeded." in refused.err


def test_the_same_key_is_the_same_run(marked: RunningService) -> None:
    """However often it is asked for."""
    first, second = (marked.cli("runs", "start", "--key", "monday", "[done]").out for _ in range(2))
    assert first == second != ""


def test_ctrl_c_ends_the_watching_and_the_run_goes_on(marked: RunningService) -> None:
    """And says so."""
    run_id = marked.cli("runs", "start", "[pause]").out.strip()
    command = [sys.executable, "-m", "coasty_desk", "runs", "watch", run_id]
    with subprocess.Popen(
        command, env=marked.shell.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        while "asking:" not in watching.stdout.readline():
            assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert f"the run goes on; to watch it again: coasty-desk runs watch {run_id}" in err
    assert marked.run(run_id)["status"] == "awaiting_human"
    marked.cli("runs", "cancel", run_id)


def test_who_watches_hears_the_end_though_the_service_was_killed_meanwhile(screen: str, tmp_path: Path) -> None:
    """Each event once; the service comes back at its address, and the watching with it."""
    with running_service(tmp_path, screen, "--provider", "script") as service:
        run_id = service.cli("runs", "start", "[pause][done]").out.strip()
        service.reach(run_id, "awaiting_human")
        command = [sys.executable, "-m", "coasty_desk", "runs", "watch", "--json", run_id]
        with subprocess.Popen(
            command, env=service.shell.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as watching:
            assert watching.stdout is not None
            heard = [watching.stdout.readline()]
            while "awaiting_human" not in heard[-1]:
                heard.append(watching.stdout.readline())
                assert heard[-1]
            service.kill()
            until(lambda: not service.run_processes())
            service.start()
            service.reach(run_id, "awaiting_human")
            assert service.cli("runs", "answer", run_id, "yes").code == 0
            out, err = watching.communicate(timeout=60)
        assert watching.returncode == 0, err
    numbers = [int(json.loads(line)["id"]) for line in [*heard, *out.splitlines()]]
    assert numbers == sorted(set(numbers))


def test_without_a_service_it_is_said_how_to_have_one(shell: Shell) -> None:
    """For each of the commands."""
    for words in (["start", "look"], ["watch", "last"], ["cancel", "last"], ["answer", "last", "yes"]):
        done = shell("runs", *words)
        assert done.code == 4
        assert "`coasty-desk serve`" in done.err


def test_what_the_service_cannot_be_told_is_refused(marked: RunningService) -> None:
    """A rule of the project's file, which would not hold there; one that it can be told does."""
    project = marked.shell.home / "coasty-desk.toml"
    project.write_text('[run]\nmask = ["0,0,10,10"]\n')
    try:
        refused = marked.cli("runs", "start", "[done]")
        assert refused.code == 2
        assert "The project's file sets mask" in refused.err
        project.write_text("[run]\nmax_steps = 3\n")
        run_id = marked.cli("runs", "start", "[done]").out.strip()
        assert marked.run(run_id)["max_steps"] == 3
    finally:
        project.unlink()


def test_a_run_is_detached_with_what_the_service_can_be_told(marked: RunningService) -> None:
    """Its id alone on stdout; any other option is refused by name, and so is one that the person's own file has not."""
    done = marked.cli("run", "--detach", "--max-steps", "7", "--deadline", "90", "[pause]")
    run_id = done.out.strip()
    assert done.code == 0, done.err
    run = marked.reach(run_id, "awaiting_human")
    assert (run["max_steps"], run["deadline_seconds"], run["task"]) == (7, 90, "[pause]")
    marked.cli("runs", "cancel", run_id)
    refused = marked.cli("run", "--detach", "--dry-run", "--mask", "0,0,10,10", "[done]")
    assert refused.code == 2
    assert "cannot be told --dry-run and --mask" in refused.err


def test_a_policy_goes_along(marked: RunningService) -> None:
    """As the requests have it; one that is none is refused here."""
    policy = marked.shell.home / "policy.toml"
    policy.write_text('[policy]\nallowed_actions = ["drag"]\n')
    run_id = marked.cli("runs", "start", "--policy", "policy.toml", "[steps:2][done]").out.strip()
    marked.reach(run_id, "succeeded", "failed")
    assert any(line["event"] == "refused" for line in marked.journal(run_id))
    policy.write_text('[policy]\nblock = ["click"]\n')
    assert marked.cli("runs", "start", "--policy", "policy.toml", "[done]").code == 2
