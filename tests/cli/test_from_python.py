"""Runs from Python, as `coasty_desk.Desktop` promises: the command line's parts, without the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from coasty_desk import Desktop, Ending, Settings, UsageError, events
from coasty_desk.catalog import MODELS, TARGETS
from tests.cli.conftest import Result, Shell, recording, service
from tests.desktop.xvfb import xvfb
from tests.stub_service import click, done, go

TYPING = {"action_type": "type_text", "params": {"text": "so it goes on " * 2000}}

PROGRAM = """
from coasty_desk import Desktop, RunEnded, Settings, events
with Desktop(Settings(max_steps=4, settle=0.0)) as desktop, desktop.stream("press it") as run:
    for event in run:
        if isinstance(event, events.Acting):
            print(event.placed.real.point)
        elif isinstance(event, RunEnded):
            print(event.ending.status, event.cost)
result = run.result
print(result.done, result.cost_cents, result.steps, result.record.name == result.run_id, "Esc three times" in run.how_to_stop)
"""


def program(shell: Shell, code: str, display: str, **more: str) -> Result:
    """Run a Python program of somebody's own."""
    environment = shell.environment | {"DISPLAY": display} | more
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=shell.home, capture_output=True, text=True, check=False
    )
    return Result(ran.returncode, ran.stdout, ran.stderr)


def test_a_task_is_carried_out_and_recorded(shell: Shell, display: str) -> None:
    """Real input on a real window, the events as they come, the record where the command line keeps it."""
    with recording(display) as window, service(go(click(300, 200)), done()) as (_, url):
        ran = program(shell, PROGRAM, display, COASTY_BASE_URL=url)
        pressed = window.wait_for("press", 1)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["Point(x=300, y=200)", "succeeded 200000", "True 20 2 True True"]
    assert (pressed[0]["x"], pressed[0]["y"]) == (300, 200)
    assert '"succeeded"' in shell("runs", "list", "--json").out


@pytest.mark.parametrize("page", ["README.md", "coasty_desk/manual/embedding.md"])
def test_the_program_of_the_readme_and_the_manual_runs(shell: Shell, display: str, page: str) -> None:
    """As it stands there."""
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with service(done(), done()) as (_, url):
        ran = program(shell, code, display, COASTY_BASE_URL=url)
    assert (ran.code, ran.err) == (0, "")
    assert "1 run_ended" in ran.out.splitlines()
    assert ran.out.splitlines()[-1] == "the task is done"


@pytest.mark.parametrize("options", [{"dryrun": True}, {"budget_cents": 3}, {"xyzzy": 1}])
def test_a_misspelt_option_is_an_error(options: dict[str, object]) -> None:
    """Safety sentence: what is no option starts nothing; it would have moved the real mouse."""
    with pytest.raises(TypeError, match=next(iter(options))):
        Settings(**options)  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (Settings(max_steps=0), "max_steps.*whole number"),
        (Settings(provider="nobody"), "one of coasty, offline"),
        (Settings(file="task.txt"), "file"),
    ],
)
def test_a_wrong_setting_is_an_error(chosen: Settings, why: str) -> None:
    """It is read as an option would be."""
    with pytest.raises(UsageError) as error:
        Desktop(chosen)
    assert re.search(why.replace("_", "[-_]"), f"{error.value.message} {error.value.remedy}")


def test_a_task_that_is_no_text_is_an_error() -> None:
    """As on the command line."""
    with pytest.raises(UsageError, match="no text"):
        Desktop(Settings(provider="offline")).run("press \udcff")


WITH_HANDLERS = """
import os, signal, sys, threading, time
from coasty_desk import Desktop, Settings, events

heard = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _frame: heard.append(signal.Signals(number).name))
mine = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
with Desktop(Settings(settle=0.0)) as desktop:
    for _ in range(int(sys.argv[1])):
        with desktop.stream("type for ever") as run:
            for event in run:
                if isinstance(event, events.Acting):
                    print("acting", flush=True)
                    sys.stdin.readline()  # the other one is there too
                    threading.Timer(0.1, run.stop).start()  # in the middle of its typing, from another thread
        print(run.result.ending.reason, run.result.record is not None, flush=True)
for number in (signal.SIGINT, signal.SIGTERM):
    os.kill(os.getpid(), number)
    time.sleep(0)
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == mine, *heard)
print([thread.name for thread in threading.enumerate() if thread.name in ("coasty-desk signals", "coasty-desk keyboard")])
"""


def test_runs_after_each_other_and_at_once_leave_their_program_its_own(shell: Shell) -> None:
    """Two on one display in a row, and two on two displays at once, each stopped from another thread; the programs go on."""
    script = [go(TYPING) for _ in range(4)]
    with ExitStack() as stack:
        programs = []
        for _ in range(2):
            display = stack.enter_context(xvfb(800, 600))
            stack.enter_context(recording(display))
            url = stack.enter_context(service(*script))[1]
            environment = shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url}
            command = [sys.executable, "-c", WITH_HANDLERS, "2"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            programs.append(stack.enter_context(subprocess.Popen(command, env=environment, **pipes)))  # type: ignore[call-overload]
        for _ in range(2):
            for one in programs:
                assert one.stdout.readline() == "acting\n"
            for one in programs:  # both are at it
                one.stdin.write("\n")
                one.stdin.flush()
            for one in programs:
                assert one.stdout.readline() == "stop True\n"
        for one in programs:
            assert one.stdout.read().splitlines() == ["True SIGINT SIGTERM", "[]"]
            assert one.wait(30) == 0
    reasons = [run["reason"] for run in json.loads(shell("runs", "list", "--json").out)]
    assert reasons == ["stop"] * 4


OWN = """
from contextlib import contextmanager
from coasty_desk.core.actions import Click, Point, Prediction, Verdict
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.lifetimes import Model, OpenTarget, ReadyModel, TargetKind
from coasty_desk.testing import RecordingExecutor, ScriptedPredictor, StillScreen


class Mine(Model):
    def ready(self, asked):
        script = [Prediction(Verdict.CONTINUE, (Click(Point(5, 6)),)), Prediction(Verdict.DONE)]
        return ReadyModel(lambda here, recorder, remains: ScriptedPredictor(script))


class Picture(TargetKind):
    @contextmanager
    def opened(self, asked):
        shows = Rect(0, 0, 1280, 720), Size(1280, 720)
        yield OpenTarget(StillScreen(), RecordingExecutor(), Surroundings(), lambda: shows)


MODEL, TARGET = Mine(), Picture()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model and a target of somebody's own, in a module of theirs, by the names `mine` and `picture`."""
    assert len([line for line in OWN.splitlines() if line.strip()]) <= 30
    (tmp_path / "somebodys_own.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(MODELS, "mine", "somebodys_own")
    monkeypatch.setitem(TARGETS, "picture", "somebodys_own")
    yield
    sys.modules.pop("somebodys_own", None)


@pytest.mark.usefixtures("own")
def test_a_model_and_a_target_of_ones_own_drive_a_run_by_name() -> None:
    """Against the public ports, without a line changed; with the gates, the record and the events of any run."""
    with Desktop(Settings(provider="mine"), on="picture") as desktop:
        with desktop.stream("press it") as run:
            done_ = [event.placed.real for event in run if isinstance(event, events.Acting)]
        assert [str(action) for action in done_] == [
            "Click(point=Point(x=5, y=6), button='left', count=1, modifiers=())"
        ]
        assert (run.result.ending, run.result.steps, run.result.cost_cents) == (Ending.DONE, 2, 0)
        assert run.result.record is not None
        assert (run.result.record / "journal.jsonl").is_file()


@pytest.mark.usefixtures("own")
def test_a_target_that_cannot_mask_refuses_where_masks_are_wanted() -> None:
    """Safety sentence: nothing that was to stay unseen is shown to a model."""
    desktop = Desktop(Settings(provider="mine", mask_window=("*Bank*",)), on="picture")
    with pytest.raises(UsageError, match="masked"):
        desktop.run("press it")


@pytest.mark.usefixtures("own")
def test_two_runs_at_once_have_a_stop_each() -> None:
    """Stopping one is nothing to the other."""
    desktop = Desktop(Settings(provider="mine", no_record=True), on="picture")
    with desktop.stream("one") as one, desktop.stream("two") as two:
        next(one), next(two)
        one.stop()
        endings = [list(run)[-1].ending for run in (two, one)]  # type: ignore[attr-defined]
    assert endings == [Ending.DONE, Ending.STOP]


@pytest.mark.usefixtures("own")
def test_a_run_that_is_stopped_before_it_begins_has_a_result() -> None:
    """And no exception."""
    run = Desktop(Settings(provider="mine", no_record=True), on="picture").stream("one")
    run.stop()
    with run:
        assert [event.name for event in run][-1] == "run_ended"
    assert (run.result.ending, run.result.steps) == (Ending.STOP, 0)


@pytest.mark.usefixtures("own")
def test_leaving_the_block_stops_the_run_and_says_so() -> None:
    """The record has its end."""
    with Desktop(Settings(provider="mine"), on="picture").stream("one") as run:
        next(run)
    assert run.result.ending is Ending.STOP
