"""The embedded predictor on a real window: what it says is done was done, and what was not done it does not say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Shell
from tests.desktop.targets import APPS, App, becomes
from tests.desktop.xvfb import xvfb

OFFLINE = ("run", "--provider", "offline", "--json", "--yes")


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    """A display with a window manager: fields have the focus that a person would see."""
    with xvfb(1280, 800) as name:
        yield name


@pytest.fixture
def club(desk: str) -> Iterator[App]:
    """A window with things that work and things that do not."""
    app = App(desk, [sys.executable, str(APPS / "club_app.py")])
    try:
        yield app
    finally:
        app.close()


def test_a_form_is_filled_in_as_it_was_said(shell: Shell, desk: str, club: App) -> None:
    """Fields by their labels, a box, a button, a text waited for and read out; it costs nothing."""
    task = (
        'Type "Ada Lovelace" into the field "Name", then check "Send me news". Click "Join", '
        'wait until "Welcome" appears and read "Welcome".'
    )
    result = shell(*OFFLINE, task, DISPLAY=desk)
    assert club.ask("tell") == {"name": "Ada Lovelace", "code": "", "news": True, "joined": True}
    [ended] = result.of("run_ended")
    assert (result.code, ended["status"]) == (0, "succeeded")
    assert "Welcome, Ada Lovelace" in ended["message"]
    assert all(event["cost_cents"] == 0 for event in result.events if "cost_cents" in event)


def test_a_button_that_can_be_used_only_later_is_waited_for(shell: Shell, desk: str, club: App) -> None:
    """Applications check what was typed before they let it be sent: a click on a grey button would be lost."""
    task = 'Type "Ada" into the field "Name", click "Confirm" and wait until "Welcome" appears'
    command = [sys.executable, "-m", "coasty_desk", *OFFLINE, task]
    environment = shell.environment | {"DISPLAY": desk}
    waited = False
    with subprocess.Popen(command, env=environment, cwd=shell.home, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "greyed out" in line:
                waited = True
                club.ask("allow")
    assert (process.returncode, club.ask("tell")["joined"], waited) == (0, True, True)


@pytest.mark.parametrize(
    ("task", "names", "why"),
    [
        ('click "Renew"', 'click "Renew"', "nothing changed on the screen; it looks greyed out"),
        ('click "Idle"', 'click "Idle"', "nothing came of it"),
        ('click "Hinting"', 'click "Hinting"', "nothing came of it"),
        ('click "Open"', 'click "Open"', "ambiguous"),
        ('click "Leave"', 'click "Leave"', "not on the screen"),
        ('type "123456" into the field "Code"', 'type "123456"', "it reads"),
        ('check "For ever"', 'check "For ever"', ""),
        (
            'type "SPRING" into the field "Voucher", then type "Ada" into the field "Name"',
            'type "Ada" into the field "Name"',
            "there no more",
        ),
        ('wait 0.1 seconds, then wait until "Welcome" appears within 1 second', 'wait until "Welcome"', ""),
        ('type "ADA" into the field "Name", then click the button "Leaf"', 'click the button "Leaf"', ""),
    ],
)
def test_what_did_not_happen_is_never_said_to_be_done(
    shell: Shell, desk: str, club: App, task: str, names: str, why: str
) -> None:
    """The run fails at the step that could not be carried out, and names it."""
    result = shell(*OFFLINE, task, DISPLAY=desk)
    [ended] = result.of("run_ended")
    assert (result.code, ended["status"]) == (1, "failed")
    assert names in ended["message"]
    assert why in ended["message"]
    assert club.ask("tell")["joined"] is False


def test_an_application_is_started_by_its_menu_entry_and_not_in_a_dry_run(shell: Shell, desk: str) -> None:
    """No shell: the entry's own command; a program that shows no window is not said to be open."""
    entries = shell.home / ".local" / "share" / "applications"
    entries.mkdir(parents=True)
    proof = shell.home / "started"
    command = f"Exec=touch {proof}"
    (entries / "proof.desktop").write_text(f"[Desktop Entry]\nType=Application\nName=Proof Maker\n{command}\n", "utf-8")
    dry = shell("run", "--provider", "offline", "--json", "--dry-run", 'open "Proof Maker"', DISPLAY=desk)
    assert [event["words"] for event in dry.of("acting")] == ['open "Proof Maker"']
    assert not proof.exists()
    result = shell(*OFFLINE, "--max-steps", "3", 'open "Proof Maker"', DISPLAY=desk)
    assert becomes(lambda: str(proof.exists()), "True") == "True"
    assert result.code != 0


def test_what_is_not_understood_is_said_before_anything_is_done(shell: Shell, desk: str) -> None:
    """With the word at which it stopped making sense."""
    result = shell(*OFFLINE, "make me a sandwich", DISPLAY=desk)
    assert result.code == 2
    assert "“make” is not understood" in result.err
    assert result.events == []


def test_a_dry_run_shows_the_whole_task_as_it_was_understood(shell: Shell, desk: str) -> None:
    """Step by step, in any language; it ends well, though the second step's button is not there."""
    task = 'Drücke Tab, dann klicke auf "Nirgends" und gib "Ada" in das Feld "Name" ein'
    plan = ["press tab", "click “Nirgends”", "type “Ada” into field “Name”"]
    dry = shell("run", "--provider", "offline", "--json", "--dry-run", task, DISPLAY=desk)
    assert (dry.code, dry.of("run_started")[0]["plan"]) == (0, plan)
    further = shell(
        *("run", "--provider", "offline", "--json", "--dry-run", "--max-steps", "40"),
        'click "Nowhere", press tab',
        DISPLAY=desk,
    )
    assert further.code == 0
    assert "“Nowhere”" in further.of("run_ended")[0]["message"]
    told = shell("run", "--provider", "offline", "--dry-run", 'click "Nowhere", press tab', DISPLAY=desk)
    assert told.code == 0
    assert "understood as: click “Nowhere”" in told.out
    assert "understood as: press tab" in told.out
