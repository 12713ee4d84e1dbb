"""`run --on MACHINE` from outside: a machine of this computer's own service, and one of the account."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk import serve_file
from coasty_desk.serve_file import ServeFile
from tests.cli.conftest import Shell
from tests.desktop.xvfb import xvfb
from tests.stub_machines import MachineService
from tests.stub_service import (
    KEY,
    SANDBOX_KEY,
    Fault,
    Json,
    Response,
    click,
    done,
    error,
    go,
    held,
    lost,
    reply,
    saying,
    serving,
)

RUN = ("run", "--json", "--yes", "--settle", "0.05")
ACT = "POST /v1/machines/mch_test_00000001/actions"
BATCH = f"{ACT}/batch"
SCREEN = "GET /v1/machines/mch_test_00000001/screenshot"


def does(action: str, **params: object) -> Json:
    """An entry of `actions`."""
    return {"action_type": action, "params": params}


@contextmanager
def both(shell: Shell, *script: Json) -> Iterator[tuple[MachineService, MachineService]]:
    """The account, which predicts, and this computer's own service, which has the machine."""
    model, here = MachineService(list(script)), MachineService()
    here.add()
    with serving(model) as url, serving(here) as address:
        shell.environment["COASTY_BASE_URL"] = url
        serve_file.write(shell.data, ServeFile(address, SANDBOX_KEY))
        yield model, here


@contextmanager
def account(shell: Shell, *script: Json, **fields: object) -> Iterator[MachineService]:
    """The account, which predicts and has the machine."""
    stand_in = MachineService(list(script))
    stand_in.add(**fields)  # type: ignore[arg-type]  # a test's fields
    with serving(stand_in) as url:
        shell.environment["COASTY_BASE_URL"] = url
        yield stand_in


def test_a_machine_of_this_computers_own_service_is_driven_by_its_name(shell: Shell) -> None:
    """Without a display here: the model sees its screen, and each action is a command, with a key of its own."""
    actions = (
        click(640, 360),
        does("click", x=5, y=6, clicks=2),
        does("click", x=5, y=6, button="right"),
        does("type_text", text="a" * 200),
        does("key_press", keys=["Return", "tab"]),
        does("key_combo", keys=["ctrl", "s"]),
        does("scroll", x=9, y=9, clicks=-3),
        does("scroll", clicks=2, direction="horizontal"),
        does("drag", x1=1, y1=2, x2=30, y2=40),
        does("wait", seconds=0),
    )
    with both(shell, go(*actions), done()) as (model, here):
        result = shell(*RUN, "--on", "scratch", "do it")
        assert (result.code, result.err) == (0, "")
        assert here.machines["mch_test_00000001"].done == [
            ("click", {"x": 640, "y": 360}),
            ("double_click", {"x": 5, "y": 6}),
            ("click", {"x": 5, "y": 6, "button": "right"}),
            *(("type", {"text": "a" * many}) for many in (80, 80, 40)),
            ("key_press", {"key": "enter"}),
            ("key_press", {"key": "tab"}),
            ("key_combo", {"keys": ["ctrl", "s"]}),
            ("scroll", {"x": 9, "y": 9, "direction": "down", "amount": 3}),
            ("scroll", {"x": 9, "y": 9, "direction": "right", "amount": 2}),
            ("drag", {"from_x": 1, "from_y": 2, "to_x": 30, "to_y": 40}),
        ]
        keys = [request.key for request in here.requests if request.method == "POST"]
        assert len(keys) == len(set(keys)) == 3  # 80 characters in each, with what is around them
        assert [event["index"] for event in result.of("acted")] == list(range(10))
        sent = json.loads(model.posts("predict")[0].body)["screenshot"]
        with Image.open(io.BytesIO(base64.b64decode(sent))) as picture:
            assert picture.size == (1280, 720)
        assert result.of("run_ended")[0]["cost_cents"] == model.charged == 10 + 4 + 6
        shown = json.loads(shell("runs", "show", "last", "--json").out)
        assert shown["status"] == "succeeded"
        assert len(list((shell.data / "runs").glob("*/frames/*.png"))) == 2


def test_an_answer_of_the_machine_that_was_lost_is_no_second_click(shell: Shell) -> None:
    """The same key and the same bytes, as often as it takes."""
    with both(shell, go(click(1, 1)), done()) as (_, here):
        here.plan(ACT, lost, lost)
        assert shell(*RUN, "--on", "scratch", "click").code == 0
        assert here.machines["mch_test_00000001"].done == [("click", {"x": 1, "y": 1})]
        assert len({(request.key, request.body) for request in here.posts(ACT)}) == 1
        assert len(here.posts(ACT)) == 3


def test_what_the_machine_cannot_do_is_told_to_the_model(shell: Shell) -> None:
    """A command that failed, and one that there is not; the rest of the batch is not done, and the run goes on."""
    script = (go(click(1, 1), click(2, 2)), go(does("move", x=3, y=3)), done())
    with both(shell, *script) as (model, here):
        here.fails["click"] = "no screen"
        result = shell(*RUN, "--on", "scratch", "click")
        assert result.code == 0
        told = [json.loads(request.body)["instruction"] for request in model.posts("predict")]
        assert "the machine could not do it: no screen" in told[1]
        assert "the machine does not take it" in told[2]
        assert here.machines["mch_test_00000001"].done == []
        assert (len(here.posts(ACT)), len(here.posts(BATCH))) == (1, 1)


def test_of_a_step_each_action_is_told_though_all_go_out_at_once(shell: Shell) -> None:
    """Those before the one that fails are done, those after it are not, and the record says so of each."""
    with both(shell, go(click(1, 1), does("key_press", keys=["Return"]), click(2, 2)), done()) as (model, here):
        here.fails["key_press"] = "the keyboard is gone"
        result = shell(*RUN, "--on", "scratch", "click")
        assert result.code == 0
        assert here.machines["mch_test_00000001"].done == [("click", {"x": 1, "y": 1})]
        assert (len(here.posts(ACT)), len(here.posts(BATCH))) == (0, 1)
        assert [event["index"] for event in result.of("acting")] == [0, 1, 2]
        assert [event["index"] for event in result.of("acted")] == [0, 1]
        assert "the keyboard is gone" in result.of("refused")[0]["why"]
        assert "the keyboard is gone" in json.loads(model.posts("predict")[1].body)["instruction"]
        (report,) = (shell.data / "runs").glob("*/")
        assert shell("runs", "report", report.name).code == 0


def test_what_a_machine_does_not_take_keeps_nothing_before_it_from_being_done(shell: Shell) -> None:
    """Of a request with a command that there is not nothing is done: its actions go out one by one."""
    with both(shell, go(click(1, 1), does("move", x=3, y=3), click(2, 2)), done()) as (model, here):
        result = shell(*RUN, "--on", "scratch", "click")
        assert result.code == 0
        assert here.machines["mch_test_00000001"].done == [("click", {"x": 1, "y": 1})]
        assert "the machine does not take it" in json.loads(model.posts("predict")[1].body)["instruction"]


def test_a_policy_judges_all_of_a_step_before_any_of_it_goes_out(shell: Shell, tmp_path: Path) -> None:
    """By what comes before each, as if that had been done."""
    (tmp_path / "policy.toml").write_text('max_actions = 2\ntyped_text_denied = ["*rm -rf*"]\n')
    typing = (does("type_text", text="rm -"), does("type_text", text="rf /"), click(1, 1))
    script = (go(*typing), go(click(3, 3), click(4, 4)), done())
    with both(shell, *script) as (_, here):
        result = shell(*RUN, "--on", "scratch", "--policy", "policy.toml", "click")
        assert result.code == 0
        assert here.machines["mch_test_00000001"].done == [("type", {"text": "rm -"}), ("click", {"x": 3, "y": 3})]
        assert [event["by"] for event in result.of("refused")] == ["policy", "policy"]


def test_where_a_person_may_be_asked_each_action_goes_out_by_itself(shell: Shell) -> None:
    """They are to see what was done before the one that they are asked about."""
    with both(shell, go(click(1, 1), click(2, 2)), done()) as (_, here):
        assert shell(*RUN, "--on", "scratch", "--confirm", "risky", "click").code == 0
        assert (len(here.posts(ACT)), len(here.posts(BATCH))) == (2, 0)


def test_a_stop_ends_what_a_step_has_left(shell: Shell) -> None:
    """What a request has is the machine's; nothing goes out after it, and the pause between is a pause."""
    steps = (click(1, 1), does("type_text", text="a" * 300), does("wait", seconds=60), click(2, 2))
    with both(shell, go(*steps), done()) as (_, here):
        command = [sys.executable, "-m", "coasty_desk", *RUN, "--on", "scratch", "type"]
        with subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=subprocess.PIPE) as running:
            with here.arrived:
                assert here.arrived.wait_for(lambda: len(here.posts(ACT)) == 3, 60)
            running.send_signal(signal.SIGINT)
            out, _ = running.communicate(timeout=30)
        assert running.returncode == 130
        assert json.loads(out.splitlines()[-1])["reason"] == "interrupt"
        assert ("click", {"x": 2, "y": 2}) not in here.machines["mch_test_00000001"].done


def test_masks_are_painted_here_and_not_touched(shell: Shell) -> None:
    """Before anything goes to the model or to the disk."""
    with both(shell, go(click(100, 100)), done()) as (model, here):
        result = shell(*RUN, "--on", "scratch", "--mask", "50,50,200,100", "click")
        assert [event["by"] for event in result.of("refused")] == ["mask"], result.err + result.out
        assert here.machines["mch_test_00000001"].done == []
        pictures = [base64.b64decode(json.loads(request.body)["screenshot"]) for request in model.posts("predict")]
        kept = [path.read_bytes() for path in sorted((shell.data / "runs").glob("*/frames/*.png"))]
        assert pictures == kept
        for content in pictures:
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.convert("RGB").crop((50, 50, 250, 150)).getextrema() == ((0, 0),) * 3
                assert picture.convert("RGB").getpixel((10, 10)) != (0, 0, 0)


def test_a_smaller_picture_is_sent_and_its_places_are_the_machines(shell: Shell) -> None:
    """Sent pixels to the machine's own, as on any screen."""
    with both(shell, go(click(320, 180)), done()) as (model, here):
        here.machines["mch_test_00000001"].size = (1920, 1080)
        assert shell(*RUN, "--on", "scratch", "--max-size", "640x360", "click").code == 0
        opened = json.loads(model.posts("session")[0].body)
        assert (opened["screen_width"], opened["screen_height"]) == (640, 360)
        assert here.machines["mch_test_00000001"].done == [("click", {"x": 960, "y": 540})]


def test_a_machine_of_the_account_that_was_stopped_is_stopped_again(shell: Shell) -> None:
    """Its price is said, in the estimate, and the first look waits until it runs; one that ran goes on running."""
    for status in ("stopped", "running"):
        with account(shell, go(click(1, 1)), done(), status=status) as stand_in:
            result = shell(*RUN, "--on", "mch_test_00000001", "--max-steps", "3", "click")
            assert result.code == 0
            assert stand_in.machines["mch_test_00000001"].status == status
            assert len(stand_in.posts("POST /v1/machines/mch_test_00000001/start")) == (status == "stopped")
            assert result.of("run_started")[0]["estimate"] == 10 + 4 + 6 + 8 + 5
            given = [
                json.loads(request.body)["ttl_minutes"] for request in stand_in.requests if request.method == "PATCH"
            ]
            assert given == ([24 * 60, 0] if status == "stopped" else [])
            assert ("terminates it with all its files" in result.err) == (status == "stopped")
            assert list((shell.data / "driven").glob("*.started")) == []
            assert "costs 5 cents an hour" in result.err


def _killed_in_its_first_step(shell: Shell, stand_in: MachineService) -> None:
    """A run for which the machine was started, killed with nothing given back."""
    stand_in.plan(ACT, held(60))
    command = [sys.executable, "-m", "coasty_desk", *RUN, "--on", "mch_test_00000001", "--deadline", "600", "click"]
    with subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=subprocess.DEVNULL) as running:
        with stand_in.arrived:
            assert stand_in.arrived.wait_for(lambda: bool(stand_in.posts(ACT)), 60)
        running.kill()
    machine = stand_in.machines["mch_test_00000001"]
    assert (machine.status, machine.ttl) == ("running", 24 * 60 + 10)


@pytest.mark.parametrize("how", ["resume", "run", "stop", "start"])
def test_a_machine_that_a_killed_run_has_left_running_is_given_back(shell: Shell, how: str) -> None:
    """By whoever takes the run up, or drives it next: it is stopped, and lives. By hand it is the person's again, and lives too."""
    with account(shell, go(click(1, 1)), done(), done(), status="stopped") as stand_in:
        _killed_in_its_first_step(shell, stand_in)
        match how:
            case "resume":
                assert shell("resume", "last", "--json", "--yes").code == 0
            case "run":
                assert shell(*RUN, "--on", "mch_test_00000001", "click").code == 0
            case "stop":
                assert shell("machines", "stop", "mch_test_00000001", "--remote").code == 0
            case _:
                shell("machines", "start", "mch_test_00000001", "--remote", "--yes")
        machine = stand_in.machines["mch_test_00000001"]
        assert (machine.status, machine.ttl) == ("running" if how == "start" else "stopped", 0)
        assert list((shell.data / "driven").glob("*.started")) == []


def test_a_time_to_live_that_a_person_has_set_stays(shell: Shell) -> None:
    """It is neither made longer nor taken away."""
    with account(shell, done(), status="stopped", ttl=60) as stand_in:
        result = shell(*RUN, "--on", "mch_test_00000001", "click")
        assert result.code == 0
        assert "is terminated by its service at 2026-11-26T05:00:00Z" in result.err
        assert [request.method for request in stand_in.requests].count("PATCH") == 0
        assert stand_in.machines["mch_test_00000001"].ttl == 60


def test_a_machine_that_cannot_be_given_a_time_is_not_left_running(shell: Shell) -> None:
    """It is stopped again, and it is said how to start it for good."""
    with account(shell, done(), status="stopped") as stand_in:
        stand_in.plan("PATCH /v1/machines/mch_test_00000001", saying(error(403, "INSUFFICIENT_SCOPE")))
        result = shell(*RUN, "--on", "mch_test_00000001", "click")
        assert result.code == 4
        assert "cannot be given a time to live" in result.err
        assert "machines start --remote" in result.err
        assert stand_in.machines["mch_test_00000001"].status == "stopped"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (error(401, "INVALID_API_KEY"), 4, "key"),
        (error(402, "WALLET_EXHAUSTED"), 4, "credits"),
        (error(409, "INVALID_STATE", current_state="stopped"), 5, "cannot be driven"),
        (error(404, "MACHINE_NOT_FOUND"), 5, "cannot be driven"),
    ],
)
def test_what_goes_wrong_in_the_middle_says_whose_fault_it_is(
    shell: Shell, fault: Response, code: int, said: str
) -> None:
    """The service's is 4, the machine's 5; nothing is held, and the run can be taken up again."""
    with account(shell, go(click(1, 1)), done(), done()) as stand_in:
        stand_in.plan(ACT, saying(fault))
        result = shell(*RUN, "--on", "mch_test_00000001", "click")
        assert result.code == code, result.err
        assert said in result.err
        assert stand_in.sessions == {}
        again = shell("resume", "last", "--json", "--yes")
        assert again.code == 0, again.err
        assert stand_in.sessions == {}


@pytest.mark.parametrize("how", ["interrupt", pytest.param("stop", marks=pytest.mark.stops_all), "hotkey", "escape"])
def test_a_run_on_a_machine_is_stopped_from_here(shell: Shell, how: str) -> None:
    """What was under way is cut off, the machine rests again, the session is closed; a corner of the own screen does nothing."""
    with account(shell, go(click(1, 1)), status="stopped") as stand_in, xvfb(800, 600) as mine:

        def press(*arguments: str) -> None:
            subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": mine}, check=True)

        stand_in.plan(SCREEN, None, held(60))
        command = [sys.executable, "-m", "coasty_desk", *RUN, "--on", "mch_test_00000001", "click"]
        with subprocess.Popen(
            command,
            env=shell.environment | {"DISPLAY": mine},
            cwd=shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as running:
            with stand_in.arrived:
                assert stand_in.arrived.wait_for(lambda: len(stand_in.posts(SCREEN)) > 1, 60)
            press("mousemove", "0", "0")
            assert running.poll() is None
            match how:
                case "stop":
                    assert "Stopped run" in shell("stop", DISPLAY=mine).out
                case "hotkey":
                    press("key", "ctrl+shift+F12")
                case "escape":
                    press("key", "Escape", "key", "Escape", "key", "Escape")
                case _:
                    running.send_signal(signal.SIGINT)
            out, _ = running.communicate(timeout=30)
        assert running.returncode == 130
        assert json.loads(out.splitlines()[-1])["reason"] == ("hotkey" if how == "escape" else how)
        until = time.monotonic() + 10
        while stand_in.machines["mch_test_00000001"].status == "running" and time.monotonic() < until:
            time.sleep(0.05)
        assert stand_in.machines["mch_test_00000001"].status == "stopped"
        assert stand_in.sessions == {}


def test_an_action_in_doubt_is_not_done_again_after_a_kill(shell: Shell) -> None:
    """The model looks afresh, and is told."""
    running: list[subprocess.Popen[str]] = []

    def killed(request: object, proceed: object) -> object:
        assert callable(proceed)
        answer = proceed(request)
        running[0].kill()
        return answer

    fault: Fault = killed  # type: ignore[assignment]  # it is one
    with both(shell, go(click(1, 1), click(2, 2)), done()) as (model, here):
        here.plan(BATCH, fault)
        command = [sys.executable, "-m", "coasty_desk", *RUN, "--on", "scratch", "click"]
        running.append(
            subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=subprocess.DEVNULL, text=True)
        )
        running[0].wait(60)
        result = shell("resume", "last", "--json", "--yes")
        assert result.code == 0, result.err
        done_there = here.machines["mch_test_00000001"].done
        assert done_there.count(("click", {"x": 1, "y": 1})) == 1
        assert (
            "It is not known whether all of this was done" in json.loads(model.posts("predict")[-1].body)["instruction"]
        )


def test_a_machine_is_driven_by_one_run_at_a_time(shell: Shell) -> None:
    """The second is told so, before it asks anything."""
    with both(shell, go(click(1, 1))) as (model, here):
        here.plan(ACT, held(60))
        command = [sys.executable, "-m", "coasty_desk", *RUN, "--on", "scratch", "click"]
        with subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=subprocess.DEVNULL) as running:
            with here.arrived:
                assert here.arrived.wait_for(lambda: bool(here.posts(ACT)), 60)
            asked = len(model.requests)
            second = shell(*RUN, "--on", "scratch", "click")
            assert second.code == 2
            assert "Another run drives the machine scratch" in second.err
            assert len(model.requests) == asked
            running.kill()


@pytest.mark.parametrize(
    ("wish", "code", "said"),
    [
        (("--on", "nowhere"), 4, "There is no machine 'nowhere'"),
        (("--on", "scratch", "--mask-window", "*Bank*"), 2, "none can be masked by its title"),
        (("--on", "scratch", "--policy", "windows.toml"), 2, "rules about them cannot be kept"),
        (("--on", "scratch", "--remote"), 4, "There is no machine 'scratch'"),
    ],
)
def test_what_cannot_be_kept_on_a_machine_is_refused(
    shell: Shell, tmp_path: Path, wish: tuple[str, ...], code: int, said: str
) -> None:
    """Before the model is asked."""
    (tmp_path / "windows.toml").write_text('windows_denied = ["*Bank*"]\n')
    with both(shell) as (model, here):
        result = shell(*RUN, *wish, "click")
        assert result.code == code
        assert said in result.err
        assert model.posts("predict") == here.posts(ACT) == []


def test_without_the_service_a_name_leads_nowhere(shell: Shell) -> None:
    """And it is said what could know it."""
    result = shell(*RUN, "--on", "scratch", "click")
    assert result.code == 4
    assert "is not running" in result.err
    assert "--remote" in result.err
    assert "coasty-desk serve" in result.err


def test_a_dry_run_only_looks(shell: Shell) -> None:
    """It asks the machine for nothing but its picture."""
    with both(shell, go(click(1, 1))) as (_, here):
        result = shell("run", "--dry-run", "--json", "--on", "scratch", "click")
        assert result.code == 0
        assert [event["action"]["action_type"] for event in result.of("acting")] == ["click"]
        assert {request.method for request in here.requests} == {"GET"}


def test_a_question_has_the_machines_picture_and_without_a_yes_nothing_is_done(shell: Shell) -> None:
    """Of what lies around the place that is meant, as it is then."""
    with both(shell, go(click(640, 360)), done()) as (_, here):
        result = shell(*RUN, "--on", "scratch", "--confirm", "always", "click")
        (asked,) = result.of("asked")
        with Image.open(asked["crop"]) as picture:
            assert picture.size == (480, 320)
        assert result.of("refused")[0]["by"] == "person"
        assert here.machines["mch_test_00000001"].done == []


def test_a_secret_goes_to_the_machine_and_nowhere_else(shell: Shell) -> None:
    """Not to the model, not into the record; that the machine's own service sees it is known."""
    value = "correct horse battery"
    with both(shell, go(does("type_text", text="{{secret:PW}}")), done()) as (model, here):
        result = shell(*RUN, "--on", "scratch", "--secret", "PW=env:MY_PW", "log in with {{secret:PW}}", MY_PW=value)
        assert result.code == 0, result.err
        assert here.machines["mch_test_00000001"].done == [("type", {"text": value})]
        assert all(value.encode() not in request.body for request in model.requests)
        written = [path for path in (shell.data / "runs").rglob("*") if path.is_file()]
        assert all(value.encode() not in path.read_bytes() for path in written)
        assert value not in result.out + result.err


def test_a_picture_that_is_none_ends_the_run_with_its_reason(shell: Shell) -> None:
    """A service may say anything: what it says is a picture is unpacked as one of two kinds, and within bounds."""
    for content in (b"<html>", b"\x89PNG\r\n\x1a\n" + b"x" * 200):
        with both(shell, done()) as (model, here):
            text = base64.b64encode(content).decode()
            here.plan(SCREEN, saying(reply({"image_b64": text, "mime_type": "image/png"})))
            result = shell(*RUN, "--on", "scratch", "click")
            assert result.code in (4, 5)
            assert "picture" in result.err
            assert model.posts("predict") == []


def test_a_machine_that_costs_is_not_started_unasked(shell: Shell) -> None:
    """Nobody has said yes, nor what it may cost."""
    with account(shell, done(), status="stopped") as stand_in:
        shell.environment["COASTY_API_KEY"] = KEY
        wish = ("run", "--on", "mch_test_00000001", "--provider", "script", "look [done]")
        result = shell(*wish)
        assert result.code == 2
        assert "costs 5 cents an hour" in result.err
        assert stand_in.posts("POST /v1/machines/mch_test_00000001/start") == []
        assert shell(*wish, "--budget", "5").code == 0
        assert stand_in.machines["mch_test_00000001"].status == "stopped"


def test_from_python_a_machine_is_a_target_like_any(shell: Shell) -> None:
    """By its name, looked at and driven."""
    code = (
        "from coasty_desk import Desktop, Settings\n"
        "with Desktop(Settings(settle=0.0, yes=True, max_steps=2), on='scratch') as desktop:\n"
        "    print(desktop.look().shows.size, desktop.run('click').ending.status)\n"
    )
    with both(shell, go(click(7, 7)), done()) as (_, here):
        done_there = subprocess.run(
            [sys.executable, "-c", code],
            env=shell.environment,
            cwd=shell.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done_there.stdout, done_there.stderr) == ("1280x720 succeeded\n", "")
        assert here.machines["mch_test_00000001"].done == [("click", {"x": 7, "y": 7})]
