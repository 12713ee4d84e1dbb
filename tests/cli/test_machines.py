"""`machines`, `keys`, `models`, `usage` and `predict` from outside: at this computer's own service, and at the account."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk import serve_file
from coasty_desk.serve_file import ServeFile
from tests.cli.conftest import Shell
from tests.record.recorded import desktop
from tests.stub_machines import MachineService
from tests.stub_service import KEY, SANDBOX_KEY, click, error, go, lost, saying, serving


@contextmanager
def at_hand(shell: Shell, *, bare: bool = False) -> Iterator[MachineService]:
    """A service that runs on this data folder, with one machine; the account has no key."""
    stand_in = MachineService(bare=bare)
    stand_in.add()
    shell.environment.pop("COASTY_API_KEY", None)
    with serving(stand_in) as url:
        serve_file.write(shell.data, ServeFile(url, SANDBOX_KEY))
        yield stand_in


@contextmanager
def account(shell: Shell) -> Iterator[MachineService]:
    """Coasty, with one machine."""
    stand_in = MachineService()
    stand_in.add()
    with serving(stand_in) as url:
        shell.environment["COASTY_BASE_URL"] = url
        yield stand_in


@pytest.mark.parametrize("command", [("machines", "list"), ("keys", "list"), ("machines", "show", "scratch")])
def test_without_a_service_it_is_said_how_to_start_one(shell: Shell, command: tuple[str, ...]) -> None:
    """Also where one was killed and has left its file."""
    for _ in range(2):
        result = shell(*command)
        assert (result.code, result.out) == (4, "")
        assert "This computer's own service is not running." in result.err
        assert "coasty-desk serve" in result.err
        serve_file.write(shell.data, ServeFile("http://127.0.0.1:1/v1", SANDBOX_KEY))


def test_the_key_goes_to_this_machine_alone(shell: Shell) -> None:
    """A file that names another address is no service's."""
    serve_file.write(shell.data, ServeFile("http://example.org:80/v1", SANDBOX_KEY))
    assert serve_file.read(shell.data) is None
    told = ServeFile("http://127.0.0.1:8417/v1", SANDBOX_KEY)
    serve_file.write(shell.data, told)
    assert serve_file.read(shell.data) == told
    assert SANDBOX_KEY not in repr(told)
    assert (shell.data / "serve.json").stat().st_mode & 0o777 == 0o600
    serve_file.remove(shell.data, ServeFile("http://127.0.0.1:8418/v1", SANDBOX_KEY))
    assert serve_file.read(shell.data) == told
    serve_file.remove(shell.data, told)
    assert serve_file.read(shell.data) is None


@pytest.mark.parametrize("bare", [False, True])
def test_a_machine_is_seen_driven_and_ended_at_the_local_service(shell: Shell, tmp_path: Path, *, bare: bool) -> None:
    """In either shape of answers, by its name, without a question."""
    with at_hand(shell, bare=bare) as stand_in:
        machine = stand_in.machines["mch_test_00000001"]
        head, row = shell("machines", "list").out.splitlines()
        assert head.split() == ["MACHINE", "NAME", "STATE", "OS", "MADE", "ENDS"]
        assert row.split() == ["mch_test_00000001", "scratch", "running", "linux", "2026-11-26T04:00:00Z"]
        assert json.loads(shell("machines", "show", "scratch", "--json").out)["display_name"] == "scratch"
        assert "display name               scratch" in shell("machines", "show", "mch_test_00000001").out

        assert shell("machines", "act", "scratch", "click", "x=640", "y=360").out == "Done.\n"
        assert shell("machines", "act", "scratch", "key_combo", 'keys=["ctrl","s"]').code == 0
        assert machine.done == [("click", {"x": 640, "y": 360}), ("key_combo", {"keys": ["ctrl", "s"]})]
        assert shell("machines", "terminal", "scratch", "ls -l").out == "ran ls -l\n"

        for content in (b"plain text\n", bytes(range(256))):
            (tmp_path / "here").write_bytes(content)
            assert shell("machines", "files", "write", "scratch", "there", "--from", "here").code == 0
            assert shell("machines", "files", "read", "scratch", "there", "--output", "back").code == 0
            assert (tmp_path / "back").read_bytes() == content
        missing = shell("machines", "files", "read", "scratch", "nothing")
        assert (missing.code, missing.out) == (1, "")
        assert "could not do it: there is no such file" in missing.err

        assert shell("machines", "screenshot", "scratch", "-o", "now.jpg").out == "Saved now.jpg.\n"
        with Image.open(tmp_path / "now.jpg") as picture:
            assert picture.size == (1280, 720)
        assert shell("machines", "stop", "scratch").out == "scratch is stopped.\n"
        assert shell("machines", "stop", "scratch").code == 4
        assert shell("machines", "start", "scratch").out == "scratch is running.\n"
        assert shell("machines", "snapshot", "scratch").out == "Kept as snap_1.\n"
        assert shell("machines", "delete", "scratch").out == "Terminated scratch.\n"
        gone = shell("machines", "show", "scratch")
        assert gone.code == 4
        assert "There is no machine 'scratch'" in gone.err


def test_a_file_comes_and_goes_as_it_is(shell: Shell) -> None:
    """Any bytes, to a file and to a pipe; nothing is put behind them."""
    for content in (bytes(range(256)), b"h\xc3\xa9llo\r\nx", b""):
        with at_hand(shell):
            (shell.home / "here").write_bytes(content)
            assert shell("machines", "files", "write", "scratch", "there", "--from", "here").code == 0
            assert shell("machines", "files", "read", "scratch", "there", "--output", "back").code == 0
            assert (shell.home / "back").read_bytes() == content
            command = [sys.executable, "-m", "coasty_desk", "machines", "files", "read", "scratch", "there"]
            piped = subprocess.run(command, env=shell.environment, cwd=shell.home, capture_output=True, check=True)
            assert piped.stdout == content
            told = shell("machines", "files", "read", "scratch", "there", "--output", "back", "--json")
            assert json.loads(told.out) == {"saved": "back"}


@pytest.mark.parametrize("piece", [b"\0", b"a", b"\xff"])
def test_a_file_of_fifty_megabytes_comes_and_goes_whole(shell: Shell, piece: bytes) -> None:
    """The most that goes at a time: not one byte is left out, whatever it holds; one more is refused before anything is sent."""
    with at_hand(shell) as stand_in:
        here, back = shell.home / "here", shell.home / "back"
        here.write_bytes(piece * 50_000_000)
        assert shell("machines", "files", "write", "scratch", "there", "--from", "here").code == 0
        if piece != b"\0":  # which the stand-in gives as text, at six times its length
            assert shell("machines", "files", "read", "scratch", "there", "--output", "back").code == 0
            assert back.read_bytes() == here.read_bytes()
        asked = len(stand_in.requests)
        with here.open("ab") as more:
            more.write(piece)
        refused = shell("machines", "files", "write", "scratch", "there", "--from", "here")
        assert (refused.code, "has more than 50 MB" in refused.err, "append" in refused.err) == (2, True, True)
        command = [sys.executable, "-m", "coasty_desk", "machines", "files", "write", "scratch", "there", "--from", "-"]
        with here.open("rb") as given:
            piped = subprocess.run(
                command, env=shell.environment, cwd=shell.home, stdin=given, capture_output=True, text=True, check=False
            )
        assert (piped.returncode, "more than 50 MB" in piped.stderr) == (2, True)
        assert len(stand_in.requests) == asked


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("files", "write", "scratch", "x"), "--from FILE"),
        (("files", "write", "scratch", "--from", "x"), "Name its path"),
        (("files", "read", "scratch"), "Name its path"),
        (("terminal", "scratch", " "), "such as 'ls -l'"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_asked(shell: Shell, command: tuple[str, ...], said: str) -> None:
    """In words for people."""
    with at_hand(shell) as stand_in:
        (shell.home / "x").write_text("x")
        result = shell("machines", *command)
        assert result.code == 2
        assert said in result.err
        assert stand_in.requests == []


def test_a_command_that_prints_nothing_prints_nothing(shell: Shell) -> None:
    """Whoever reads the pipe gets what the command has written, and no account of it."""
    with at_hand(shell):
        said = shell("machines", "terminal", "scratch", "true")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_machine_that_is_stopped_is_to_be_started(shell: Shell) -> None:
    """Its service's own advice is for a program."""
    with at_hand(shell) as stand_in:
        stand_in.machines["mch_test_00000001"].status = "stopped"
        result = shell("machines", "screenshot", "scratch")
        assert result.code == 4
        assert "`machines start` starts one that is stopped" in result.err


def test_windows_is_not_made_here(shell: Shell) -> None:
    """Nothing is asked for."""
    with at_hand(shell) as stand_in:
        result = shell("machines", "create", "w", "--os", "windows")
        assert result.code == 2
        assert "--remote" in result.err
        assert stand_in.requests == []


def test_what_a_machine_is_not_told_so_leads_to_the_manual(shell: Shell) -> None:
    """And not to the fields of an answer."""
    with at_hand(shell):
        result = shell("machines", "act", "scratch", "wait", "seconds=1")
        assert result.code == 4
        assert "coasty-desk help machines-commands" in result.err


def test_a_machine_is_made_with_its_limits_and_waited_for(shell: Shell) -> None:
    """And from a snapshot; what no service takes is said before it is asked."""
    with at_hand(shell) as stand_in:
        made = shell("machines", "create", "more", "--cpus", "2", "--memory-gb", "4", "--ttl", "120", "--json")
        assert json.loads(made.out)["display_name"] == "more"
        sent = json.loads(stand_in.posts("POST /v1/machines")[0].body)
        assert sent == {
            "display_name": "more",
            "os_type": "linux",
            "cpu_cores": 2,
            "memory_gb": 4,
            "ttl_minutes": 120,
            "desktop_enabled": True,
        }
        assert shell("machines", "restore", "again").out == "again is up: mch_test_00000003\n"
        assert json.loads(stand_in.posts("POST /v1/machines")[1].body)["restore_from_snapshot"] is True
        for wrong in (("--ttl", "4"), ("--os", "beos"), ("--cpus", "17")):
            assert shell("machines", "create", "x", *wrong).code == 2
        assert len(stand_in.posts("POST /v1/machines")) == 2


def test_what_is_asked_for_once_is_done_once(shell: Shell) -> None:
    """An answer that is lost is asked for again by the same key and with the same bytes; what is not keyed goes out once."""
    with at_hand(shell) as stand_in:
        route = "POST /v1/machines/mch_test_00000001/actions"
        stand_in.plan(route, lost, saying(error(503, "SERVICE_UNAVAILABLE")), None)
        assert shell("machines", "act", "scratch", "click", "x=1", "y=2").code == 0
        assert len({(request.key, request.body) for request in stand_in.posts(route)}) == 1
        assert len(stand_in.posts(route)) == 3
        assert stand_in.machines["mch_test_00000001"].done == [("click", {"x": 1, "y": 2})]
        stop = "POST /v1/machines/mch_test_00000001/stop"
        stand_in.plan(stop, lost)
        result = shell("machines", "stop", "scratch")
        assert result.code == 4
        assert "it may have been done all the same" in result.err
        assert len(stand_in.posts(stop)) == 1


def test_an_error_says_what_to_do_and_no_key_is_shown(shell: Shell) -> None:
    """A command that there is not is refused by the service, and nothing is done."""
    with at_hand(shell) as stand_in:
        result = shell("machines", "act", "scratch", "type_text", "text=x")
        assert result.code == 4
        assert "command: unknown command" in result.err
        assert SANDBOX_KEY not in result.err
        assert stand_in.machines["mch_test_00000001"].done == []
        assert shell("machines", "act", "scratch", "click", "x:640").code == 2
        assert shell("machines", "files", "burn", "scratch", "x").code == 2
        assert shell("machines", "view", "scratch").code == 2


def test_at_the_account_what_costs_or_destroys_needs_a_yes(shell: Shell) -> None:
    """Nobody is there to say it, so --yes does; what only looks is not asked about."""
    with account(shell) as stand_in:
        assert "scratch" in shell("machines", "list", "--remote").out
        for wish, said in (
            (("create", "more"), "costs 5 cents an hour"),
            (("snapshot", "scratch"), "costs 1 cent"),
            (("delete", "scratch"), "terminated for good"),
        ):
            refused = shell("machines", *wish, "--remote")
            assert (refused.code, refused.out) == (2, "")
            assert said in refused.err
        assert list(stand_in.machines) == ["mch_test_00000001"]
        assert stand_in.machines["mch_test_00000001"].status == "running"
        assert shell("machines", "create", "more", "--remote", "--yes").code == 0
        assert shell("machines", "delete", "scratch", "--remote", "--yes").code == 0
        assert stand_in.machines["mch_test_00000001"].status == "terminated"
        assert {request.headers["x-api-key"] for request in stand_in.requests} == {KEY}


def test_two_machines_of_one_name_are_told_apart_by_their_ids(shell: Shell) -> None:
    """Neither is guessed."""
    with at_hand(shell) as stand_in:
        stand_in.add("scratch", "mch_test_00000002")
        result = shell("machines", "stop", "scratch")
        assert result.code == 2
        assert "mch_test_00000001, mch_test_00000002" in result.err
        assert shell("machines", "stop", "mch_test_00000002").code == 0


def test_keys_are_made_shown_once_listed_and_deleted(shell: Shell) -> None:
    """The new key alone is on stdout."""
    with at_hand(shell):
        made = shell("keys", "create", "reports", "--scope", "predict", "--scope", "machines:read")
        assert made.out == "sk-coasty-test-" + "ab" * 24 + "\n"
        row = shell("keys", "list").out.splitlines()[1]
        assert row.split() == ["key_1", "sk-coasty-test-a", "reports", "predict", "machines:read"]
        assert shell("keys", "delete", "key_1").out == "Deleted key_1.\n"
        assert "There is no key" in shell("keys", "list").out
        assert shell("keys", "delete", "../machines").code == 2


def test_models_and_usage_are_told_by_whoever_is_there(shell: Shell) -> None:
    """The local service where it runs, else the account; --remote in any case."""
    with account(shell) as far:
        far.scopes.add("usage")
        assert "v3" in shell("models").out
        said = shell("usage", "--period", "2026-10").out
        assert "2026-10 at 127.0.0.1: 0 requests" in said
        assert "left in the wallet: $12.34" in said
        assert shell("usage", "--period", "2026-13").code == 2
        with serving(MachineService()) as url:
            serve_file.write(shell.data, ServeFile(url, SANDBOX_KEY))
            asked = len(far.requests)
            assert "this computer's own service" in shell("models").out
            assert len(far.requests) == asked
            assert "v3" in shell("models", "--remote").out
            assert len(far.requests) == asked + 1


def test_one_step_is_asked_for_on_a_picture(shell: Shell, tmp_path: Path) -> None:
    """In the picture's own pixels; nothing is opened at the service, and the cost is written down."""
    picture = tmp_path / "shot.png"
    desktop([(600, 400, "Save")], (2560, 1440)).save(picture)
    (tmp_path / "base.txt").write_text("You are careful.")
    with account(shell) as stand_in:
        stand_in.script = [go(click(300, 200))]
        wish = ("predict", "--image", "shot.png", "save it", "--system-prompt", "base.txt", "--tools", "click,wait")
        told = json.loads(shell(*wish, "--max-actions", "2", "--preset", "none", "--json").out)
        assert told["actions"] == [
            {"action_type": "click", "params": {"x": 600, "y": 400, "button": "left", "clicks": 1}}
        ]
        assert (told["status"], told["cost_cents"]) == ("continue", 5)
        sent = json.loads(stand_in.posts("predict")[0].body)
        assert {name: value for name, value in sent.items() if name != "screenshot"} == {
            "instruction": "save it",
            "cua_version": "v3",
            "screen_width": 1280,
            "screen_height": 720,
            "max_actions": 2,
            "system_prompt": "You are careful.",
            "tools": ["click", "wait"],
        }
        assert base64.b64decode(sent["screenshot"]).startswith(b"\x89PNG")
        assert stand_in.posts("session") == []
        assert "> click at (600, 400)" in shell("predict", "--image", "shot.png", "save it").out
        over = shell("predict", "--image", "shot.png", "save it", "--budget", "4")
        assert over.code == 3
        assert len(stand_in.posts("predict")) == 2
    assert '"run_id": "predict-' in (shell.data / "spending.jsonl").read_text()


def test_the_embedded_predictor_answers_without_a_key(shell: Shell, tmp_path: Path) -> None:
    """And what it does not go by is refused, not passed over."""
    desktop([(600, 400, "Save")], (1280, 720)).save(tmp_path / "shot.png")
    shell.environment.pop("COASTY_API_KEY")
    wish = ("predict", "--provider", "offline", "--image", "shot.png", 'click "Save"')
    (action,) = json.loads(shell(*wish, "--json").out)["actions"]
    assert abs(action["params"]["x"] - 600) < 60
    refused = shell(*wish, "--tools", "click")
    assert refused.code == 2
    assert "does not go by --tools" in refused.err
