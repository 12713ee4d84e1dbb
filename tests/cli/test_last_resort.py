"""A run that hangs in a library when it is stopped: its process ends itself, and says what it could not do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import Shell, service
from tests.stub_service import error, go, saying

HANGING = """
import os, sys, threading
from coasty_desk.cli.app import main
from coasty_desk.desktop.screen import capture
from coasty_desk.desktop.base import pressed
from coasty_desk.record import journal
hindrance, captured, take = sys.argv[1], capture.MonitorScreen.capture, journal.Recorder.take
looks = []

def hang(screen):
    looks.append(1)
    if len(looks) < 2:
        return captured(screen)
    print("it hangs", file=sys.stderr, flush=True)
    for _ in range(600):
        threading.Event().wait(0.1)

def full(recorder, event):
    if event.name == "run_ended":
        from coasty_desk.core.errors import DesktopError
        raise DesktopError("The disk is full.")
    take(recorder, event)

capture.MonitorScreen.capture = hang
if hindrance == "disk":
    journal.Recorder.take = full
if hindrance == "keys":
    pressed.Pressed.names = property(lambda _held: ("key 37",))
main(["run", "--json", "--yes", "wait"])
"""

UNDONE = {
    "nothing else": "",
    "disk": "its end is not in the record",
    "session": "a session may be open still (coasty-desk sessions list)",
    "keys": "keys or buttons may still be down (coasty-desk release)",
}


@pytest.mark.parametrize("hindrance", UNDONE)
def test_the_last_resort_does_what_it_can_and_names_what_it_could_not(
    shell: Shell, display: str, hindrance: str
) -> None:
    """Safety sentence: keys, session and the last event are tried once more, each by itself, and the message says what is left."""
    with service(go({"action_type": "wait", "params": {"seconds": 0}})) as (stand_in, url):
        if hindrance == "session":
            stand_in.plan("DELETE /v1/sessions/ses_1", *[saying(error(503, "SERVICE_UNAVAILABLE"))] * 9)
        process = subprocess.Popen(
            [sys.executable, "-c", HANGING, hindrance],
            env=shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url},
            cwd=shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert any("it hangs" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert stand_in.deleted == ([] if hindrance == "session" else ["ses_1"])
    assert "The run did not end by itself after the stop" in said
    assert [one for one in UNDONE.values() if one and one in said] == [UNDONE[hindrance]] * bool(UNDONE[hindrance])
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["reason"], last["steps"], last["cost_cents"]) == ("run_ended", "interrupt", 1, 14)
    (record,) = json.loads(shell("runs", "list", "--json").out)
    assert record["status"] == ("interrupted" if hindrance == "disk" else "cancelled")
