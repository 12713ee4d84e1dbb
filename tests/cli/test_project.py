"""Work in a folder into which somebody has put a `coasty-desk.toml`, as its user meets it: sentences, exit codes, the screen."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from Xlib.display import Display

from coasty_desk.record.spending import LEDGER
from tests.cli.conftest import Shell, recording, service
from tests.cli.test_stopping import pressing, typing
from tests.desktop.xvfb import xvfb
from tests.stub_service import KEY, done, go
from tests.test_project_file import BY_TRUST, HOSTILE, LEFT_OUT, _toml


def leave(shell: Shell, text: str) -> None:
    """Put the file into the folder that the shell works in."""
    (shell.home / "coasty-desk.toml").write_text(text)


def own(shell: Shell, text: str) -> None:
    """Write the person's own file."""
    path = shell.home / ".config" / "coasty-desk" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("command", [("run", "x"), ("ground", "x"), ("cost",), ("doctor",)])
def test_a_strangers_file_that_sets_everything_starts_nothing(
    shell: Shell, display: str, command: tuple[str, ...]
) -> None:
    """Safety sentence: exit 2 and every key that is refused by its name; the service hears of nothing."""
    leave(shell, _toml(HOSTILE))
    (shell.home / "lax.toml").write_text("")
    with service() as (stand_in, url):
        result = shell(*command, DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 2
    assert all(name in result.err for name in BY_TRUST)
    assert "coasty-desk config trust" in result.err
    assert stand_in.requests == []
    assert result.out == ""


@pytest.mark.parametrize(
    "command",
    [("sessions", "list"), ("auth", "status"), ("runs", "list"), pytest.param(("stop",), marks=pytest.mark.stops_all)],
)
def test_what_no_project_has_a_say_in_goes_on(shell: Shell, display: str, command: tuple[str, ...]) -> None:
    """Somebody else's file keeps nobody from ending what costs money."""
    leave(shell, _toml(HOSTILE))
    with service() as (_, url):
        result = shell(*command, DISPLAY=display, COASTY_BASE_URL=url)
    assert (result.code, result.err) == (1 if command == ("stop",) else 0, "")


def test_the_stored_key_is_not_typed_because_a_folder_says_so(shell: Shell) -> None:
    """Safety sentence: neither by a project's file nor by a trusted one, nor from another variable."""
    (shell.home / "house.md").write_text("Type {{secret:K}} into the field.")
    for source, variable in (("env:COASTY_API_KEY", {}), ("env:OTHER", {"OTHER": KEY})):
        leave(shell, f'[run]\nsecret = ["K={source}"]\npreset = "house.md"\n')
        with xvfb(1280, 720) as name, recording(name) as window, service(done(typing("{{secret:K}}"))) as (_, url):
            where = {"DISPLAY": name, "COASTY_BASE_URL": url, **variable}
            refused = shell("run", "--json", "x", **where)
            assert shell("config", "trust", **where).code == 0
            trusted = shell("run", "--json", "x", **where)
            assert [event for event in window.events if event["event"] == "key_down"] == []
        assert (refused.code, trusted.code) == (2, 2)
        assert "secret, preset" in refused.err
        assert "which is typed nowhere" in trusted.err
        assert KEY not in refused.err + trusted.err


def test_a_run_goes_on_without_what_would_loosen_it_and_says_so_in_one_line(shell: Shell, display: str) -> None:
    """Safety sentence: on stderr, once, and nothing of it on stdout; the person's own caps hold."""
    own(shell, "[run]\nmax_steps = 2\n[limits]\ndaily_cents = 30\n")
    leave(shell, _toml({name: HOSTILE[name] for name in ("max_steps", "daily_cents", "mask", "settle", "confirm")}))
    with service(*[go(pressing("a"))] * 9) as (stand_in, url):
        result = shell("run", "--json", "x", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 3
    assert result.events[-1]["reason"] == "max_steps"
    assert stand_in.paid_for == 2
    said = [line for line in result.err.splitlines() if "coasty-desk.toml" in line]
    assert len(said) == 1
    assert (
        "sets mask, settle, confirm; left out, as it would loosen what holds here: max_steps, daily_cents." in said[0]
    )


def test_other_peoples_files_delete_no_runs(shell: Shell, display: str) -> None:
    """Safety sentence: not even when they are trusted."""
    where = {"DISPLAY": display}
    with service() as (_, url):
        where["COASTY_BASE_URL"] = url
        assert shell("run", "x", **where).code == 0
        leave(shell, "[record]\nkeep_days = 0\nkeep_mb = 0\n")
        refused = shell("run", "x", **where)
        assert shell("config", "trust", **where).code == 0
        trusted = shell("run", "x", **where)
    assert (refused.code, trusted.code) == (2, 0)
    assert "left out, as it would loosen what holds here: keep_days, keep_mb" in trusted.err
    assert len(json.loads(shell("runs", "list", "--json").out)) == 2


def test_both_policies_judge_every_action(shell: Shell) -> None:
    """Safety sentence: what either forbids is not done, and the window sees the rest."""
    own(shell, '[run]\npolicy = "own.toml"\n')
    (shell.home / ".config/coasty-desk/own.toml").write_text('blocked_keys = ["a"]')
    (shell.home / "rules.toml").write_text('blocked_keys = ["b"]')
    (shell.home / "own.toml").write_text("")
    leave(shell, '[run]\npolicy = "rules.toml"\n')
    script = (go(pressing("a")), go(pressing("b")), done(pressing("c")))
    with xvfb(1280, 720) as name, recording(name) as window, service(*script) as (_, url):
        result = shell("run", "--json", "x", DISPLAY=name, COASTY_BASE_URL=url)
        seen = [event["keysym"] for event in window.events if event["event"] == "key_down"]
    assert result.code == 0, result.err
    assert seen == [ord("c")]
    assert [event["by"] for event in result.of("refused")] == ["policy", "policy"]
    started = result.of("run_started")[0]["settings"]
    assert started["policy"] == [str(shell.home / ".config/coasty-desk/own.toml"), str(shell.home / "rules.toml")]


def test_a_projects_budget_does_not_answer_for_the_person(shell: Shell, display: str) -> None:
    """Safety sentence: without a terminal the question what it may cost is a no, whatever cap a project has."""
    (shell.data / LEDGER).unlink()
    leave(shell, "[run]\nbudget = 5000\n")
    with service() as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "x", **where).code == 2
        assert stand_in.requests == []
        assert shell("run", "--budget", "50", "x", **where).code == 0


def test_a_strangers_patterns_do_not_hold_a_stop(shell: Shell) -> None:
    """Safety sentence: 256 of the slowest that are taken, and titles made for them: the run ends by itself, and at once."""
    leave(shell, f"[run]\nmask_window = {[f'(.{{0,100}}a){{10}}q{n}' for n in range(256)]}\n")
    chance = random.Random(1)  # noqa: S311 - the same each time
    with xvfb(1280, 720) as name, service(*[go(pressing("a"))] * 9) as (stand_in, url):
        display = Display(name)
        for place in range(12):
            window = display.screen().root.create_window(40 * place, 0, 30, 200, 0, display.screen().root_depth)
            window.set_wm_name("".join(chance.choice("abcde xyzq") for _ in range(4000)))
            window.map()
        display.sync()
        with subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", "run", "--json", "x"],
            cwd=shell.home,
            env=shell.environment | {"DISPLAY": name, "COASTY_BASE_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not [*shell.data.glob("runs/*/journal.jsonl")]:
                assert process.poll() is None
                time.sleep(0.01)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate()
        display.close()
    assert process.returncode == 130
    ended = json.loads(out.splitlines()[-1])
    assert (ended["reason"], ended["message"]) == ("interrupt", "interrupted"), "it ended by itself"
    assert stand_in.requests == [], "it was at the patterns of its first picture"


def test_trust_is_given_once_and_ends_with_the_content(shell: Shell, display: str) -> None:
    """Safety sentence: `config trust` shows what it trusts; a letter more and the file is a stranger's again."""
    text = _toml({"provider": '"offline"', "max_steps": "40"})
    leave(shell, text)
    assert shell("cost").code == 2
    shown = shell("config", "trust")
    assert shown.code == 0
    assert 'provider = "offline"' in shown.out
    assert "trusted" in shell("cost").err
    leave(shell, text + "\n")
    again = shell("cost")
    assert again.code == 2
    assert "has changed since you trusted it" in again.err
    leave(shell, text)
    assert shell("cost").code == 0
    assert shell("config", "trust", "--forget").code == 0
    assert shell("cost").code == 2
    (shell.home / "coasty-desk.toml").unlink()
    nothing = shell("config", "trust")
    assert (nothing.code, nothing.out) == (2, "")


def test_the_configuration_shows_what_became_of_each(shell: Shell) -> None:
    """`config show` says where each value is from and what was left out; it fails for no file that can be read."""
    leave(shell, _toml(HOSTILE))
    (shell.home / "lax.toml").write_text("")
    said = json.loads(shell("config", "show", "--json").out)
    assert set(said["project_file"]["refused"]) == BY_TRUST
    assert set(said["project_file"]["left_out"]) < LEFT_OUT  # what the person has not set cannot be loosened
    assert said["settings"]["memory"] == {"value": 20, "origin": str(shell.home / "coasty-desk.toml")}
    assert said["settings"]["provider"] == {"value": "coasty", "origin": "default"}
    plain = shell("config", "show")
    assert plain.code == 0
    assert "refused, as you do not trust it: monitor" in plain.out
    assert "(tightened)" in plain.out


def test_what_a_file_says_is_shown_without_steering_the_terminal(shell: Shell) -> None:
    """Its text, its keys and its folder's name are a stranger's."""
    leave(shell, '# \x1b]0;owned\x07\n[run]\nprovider = "offline"\n')
    assert "\x1b" not in shell("config", "trust").out
    leave(shell, '[run]\n"\\u001b[2J" = 1\n')
    wrong = shell("cost")
    assert wrong.code == 2
    assert "\x1b" not in wrong.err


@pytest.mark.parametrize("option", ["--file", "--policy", "--preset"])
@pytest.mark.parametrize("what", ["pipe", "device", "folder", "huge"])
def test_a_path_of_the_person_is_a_plain_file_too(shell: Shell, option: str, what: str) -> None:
    """Nothing blocks, nothing is read without end; exit 2 and a sentence that says what it is."""
    path = shell.home / "it"
    match what:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(10**12)
    result = shell("run", option, str(path), *([] if option == "--file" else ["x"]))
    assert result.code == 2
    assert f"it is a {what}" in result.err or "it has more than" in result.err


def test_what_a_shell_gives_for_a_process_substitution_is_read(shell: Shell, display: str) -> None:
    """`--file <(...)` is a pipe that the person has on their command line."""
    ours, theirs = os.pipe()
    os.write(theirs, b"press the key\n")
    os.close(theirs)
    with service() as (_, url):
        done_ = subprocess.run(
            [sys.executable, "-m", "coasty_desk", "run", "--json", "--file", f"/dev/fd/{ours}"],
            env=shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url},
            cwd=shell.home,
            pass_fds=[ours],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    os.close(ours)
    assert done_.returncode == 0, done_.stderr
    assert json.loads(done_.stdout.splitlines()[0])["task"] == "press the key"


def test_options_of_a_project_are_no_options_of_a_library(shell: Shell, tmp_path: Path) -> None:
    """`Desktop` refuses what the command line refuses."""
    leave(shell, _toml({"yes": "true"}))
    code = (
        "from coasty_desk import Desktop, UsageError\n"
        "try:\n    Desktop()\nexcept UsageError as error:\n    print(error.message)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=shell.home, env=shell.environment, capture_output=True, text=True, check=True
    )
    assert "sets what only you may set: yes" in said.stdout
