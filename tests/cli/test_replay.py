"""`replay` from outside: a form filled in by a run, and again by its replay, on windows that stayed, moved and changed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Result, Shell, service
from tests.desktop import targets
from tests.desktop.targets import APPS, App
from tests.stub_service import KEY, click, done, go

HOME = "420x160+200+150"


@contextmanager
def form(display: str, geometry: str = HOME, buttons: str = "save,clear") -> Iterator[App]:
    """The form in a process of its own."""
    app = App(display, [sys.executable, str(APPS / "form_app.py"), geometry, buttons])
    try:
        yield app
    finally:
        app.close()


def pressed(app: App) -> list[tuple[str, str]]:
    """Which buttons were pressed, and what was in the field then."""
    return [(event["name"], event["text"]) for event in app.of_kind("pressed")]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, display: str) -> Shell:
    """A home in which a run filled in the form."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    with form(display) as app:
        where = app.ask("where")["where"]
        typing = {"action_type": "type_text", "params": {"text": "Dear {{name}}"}}
        script = [go(click(*where["entry"])), go(typing), done(click(*where["save"]))]
        with service(*script) as (_, url):
            assert shell("run", "greet", "--yes", DISPLAY=display, COASTY_BASE_URL=url).code == 0
        app.wait_for("pressed", 1)
        assert pressed(app) == [("save", "Dear {{name}}")]
    return shell


def again(shell: Shell, display: str, *options: str, **environment: str) -> Result:
    """The first run's replay, without a key."""
    first = min(folder.name for folder in (shell.data / "runs").iterdir())
    return shell("replay", first, "--json", *options, DISPLAY=display, **{"COASTY_API_KEY": "", **environment})


def test_a_fresh_copy_of_the_application_gets_the_same(recorded: Shell, display: str) -> None:
    """Without a key, without cost, at the same pixels; a value for the name in it."""
    with form(display) as app:
        result = again(recorded, display)
        app.wait_for("pressed", 1)
        assert pressed(app) == [("save", "Dear {{name}}")]
    assert result.code == 0
    assert result.of("run_started")[0]["provider"] == "replay"
    assert result.of("run_ended")[0]["cost_cents"] == 0
    with form(display) as app:
        assert again(recorded, display, "--set", "name=Zoë").code == 0
        app.wait_for("pressed", 1)
        assert pressed(app) == [("save", "Dear Zoë")]


def test_a_window_that_moved_is_found(recorded: Shell, display: str) -> None:
    """The button is pressed where it is now."""
    with form(display, "420x160+237+123") as app:
        assert again(recorded, display).code == 0
        app.wait_for("pressed", 1)
        assert pressed(app) == [("save", "Dear {{name}}")]


@pytest.mark.parametrize("buttons", ["send,clear", "clear"])
def test_it_stops_where_the_button_is_gone(recorded: Shell, display: str, buttons: str) -> None:
    """Nothing is pressed in its place; the sentence says which step, the exit code that it could not."""
    with form(display, buttons=buttons) as app:
        result = again(recorded, display)
        assert pressed(app) == []
    assert result.code == 1
    assert result.of("run_ended")[0]["reason"] == "agent_failed"
    assert "step 3 was aimed at is not there any more: click at" in result.err
    assert "--heal" in result.err


def test_a_model_does_the_step_whose_button_is_gone(recorded: Shell, display: str) -> None:
    """With --heal, and for that step alone; the run then goes on to its end."""
    with form(display, buttons="send,clear") as app:
        where = app.ask("where")["where"]
        with service(done(click(*where["send"]))) as (stand_in, url):
            result = again(recorded, display, "--heal", "--yes", COASTY_API_KEY=KEY, COASTY_BASE_URL=url)
        app.wait_for("pressed", 1)
        assert pressed(app) == [("send", "Dear {{name}}")]
    assert result.code == 0
    assert len(stand_in.posts("predict")) == 1


def test_limits_policy_and_steps_hold_as_in_a_run(recorded: Shell, display: str) -> None:
    """A cap ends it, a dry run sends nothing, a person who is not there agrees to nothing."""
    with form(display) as app:
        assert again(recorded, display, "--max-steps", "1").code == 3
        dry = again(recorded, display, "--dry-run")
        assert dry.code == 0
        assert len(dry.of("acting")) == 1
        assert again(recorded, display, "--step").code in (1, 6)
        assert pressed(app) == []


def test_wrong_usage_is_said_before_anything_starts(recorded: Shell) -> None:
    """A name that was never typed, a value without a name, a run that there is not."""
    for options in (["--set", "nam=x"], ["--set", "name"]):
        result = again(recorded, "", *options)
        assert (result.code, result.out) == (2, "")
    assert recorded("replay", "none").code == 2


def test_a_replay_is_not_resumed(recorded: Shell, display: str) -> None:
    """It would go on with a model, and with the task's cost."""
    with form(display):
        again(recorded, display, "--max-steps", "1")
    journal = max((recorded.home / ".local/share/coasty-desk/runs").glob("*/journal.jsonl"))
    journal.write_text("\n".join(journal.read_text().splitlines()[:-1]) + "\n")
    result = recorded("resume", "last", "--yes", COASTY_API_KEY="")
    assert result.code == 2
    assert "Replay" in result.err


KEYS = [
    {"action_type": "type_text", "params": {"text": "rm everything"}},
    {"action_type": "key_press", "params": {"keys": ["enter"]}},
]


@pytest.fixture(scope="module")
def keys_recorded(tmp_path_factory: pytest.TempPathFactory, display: str) -> Shell:
    """A home in which a run typed a line into an editor, without a click."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    with targets.closing(targets.popups(display, "tk", "note 1.txt - Notes", 200, 150)) as notes:
        with service(go(*KEYS), done()) as (_, url):
            assert shell("run", "write", "--yes", DISPLAY=display, COASTY_BASE_URL=url).code == 0
        assert targets.becomes(notes.text, "rm everything\n") == "rm everything\n"
    return shell


def test_keys_go_to_the_window_of_then_alone(keys_recorded: Shell, display: str) -> None:
    """Not into a terminal at the same place, nor into another document's window; the end says so, and is no success."""
    with targets.closing(targets.popups(display, "tk", "note 2.txt - Notes", 200, 150)) as notes:
        assert again(keys_recorded, display).code == 0
        assert targets.becomes(notes.text, "rm everything\n") == "rm everything\n"
    with targets.closing(targets.popups(display, "tk", "My Bank - Notes", 200, 150)) as bank:
        result = again(keys_recorded, display)
        assert result.code == 1
        assert "another window is where the recorded one was" in result.err
        assert bank.text() == ""
    with targets.closing(targets.Xterm(display)) as terminal:
        assert again(keys_recorded, display).code == 1
        assert terminal.text() == ""


def without_windows(shell: Shell, home: Path) -> Shell:
    """The same record, as it was before windows were kept."""
    old = Shell(home)
    shutil.copytree(shell.home, old.home, dirs_exist_ok=True)
    for journal in old.data.glob("runs/*/journal.jsonl"):
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        journal.write_text(
            "".join(json.dumps({k: v for k, v in one.items() if k != "windows"}) + "\n" for one in lines)
        )
    return old


def test_a_recording_that_does_not_say_where_its_clicks_went_clicks_nowhere(
    recorded: Shell, display: str, tmp_path: Path
) -> None:
    """Though all looks as it did: it may be another window."""
    with form(display) as app:
        result = again(without_windows(recorded, tmp_path / "home"), display)
        assert result.code == 1
        assert "does not say which window it went to" in result.err
        assert app.ask("where")
        assert pressed(app) == []


def test_a_recording_that_does_not_say_where_its_keys_went_presses_none(
    keys_recorded: Shell, display: str, tmp_path: Path
) -> None:
    """One from before that was kept; with --heal the model does such a step."""
    shell = without_windows(keys_recorded, tmp_path / "home")
    with targets.closing(targets.popups(display, "tk", "note 1.txt - Notes", 200, 150)) as notes:
        result = again(shell, display)
        assert result.code == 1
        assert "does not say which window had the keyboard" in result.err
        assert notes.text() == ""
        typing = {"action_type": "type_text", "params": {"text": "healed"}}
        with service(done(typing)) as (_, url):
            assert again(shell, display, "--heal", "--yes", COASTY_API_KEY=KEY, COASTY_BASE_URL=url).code == 0
        assert targets.becomes(notes.text, "healed") == "healed"


def test_the_record_says_no_title_that_a_mask_hides(display: str, tmp_path: Path) -> None:
    """The class is kept, the title is not, where a mask lies on a part of the window; a replay knows it by its place."""
    shell = Shell(tmp_path)
    with (
        targets.closing(targets.popups(display, "tk", "Secret plan", 200, 150)),
        service(go(*KEYS), done()) as (_, url),
    ):
        masked = shell("run", "w", "--json", "--yes", "--mask", "210,150,90,40", DISPLAY=display, COASTY_BASE_URL=url)
    assert masked.code == 0
    windows = [window for event in masked.of("acting") for window in event["windows"]]
    assert [(window["class"], window["title"]) for window in windows] == [("tk Tk", "")] * 2
    assert windows[0]["frame"]["left"] == 200
    assert "Secret plan" not in masked.out
    for left, code, text in ((300, 1, ""), (200, 0, "rm everything\n")):
        with targets.closing(targets.popups(display, "tk", "Another plan", left, 150)) as plan:
            assert again(shell, display).code == code
            assert targets.becomes(plan.text, text) == text
