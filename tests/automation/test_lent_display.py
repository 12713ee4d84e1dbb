"""A run on a virtual machine: its worker lends the display, the run's process drives it, and two never do at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from coasty_desk.automation.run_control import Asks, HumanAnswer, RunOrder
from coasty_desk.machines.machine_errors import MachineBusyError
from coasty_desk.machines.machine_record import MachineRecord
from coasty_desk.machines.registry import MachineRegistry, NewMachine
from coasty_desk.screens.virtual import lent_display
from tests.automation.run_homes import PATIENCE, RunHome, act, click, names, new_id, typing
from tests.cli.conftest import recording
from tests.machines.conftest import Home, at_home, step, until


@pytest.fixture
def killed(home: RunHome) -> Iterator[Home]:
    """The same home, with its workers."""
    with at_home(home.home, home.display) as found:
        yield found


@pytest.fixture
def machines(killed: Home) -> Iterator[MachineRegistry]:
    """The machines of that home."""
    registry = killed.registry()
    yield registry
    registry.close()


@pytest.fixture
def made(machines: MachineRegistry) -> Iterator[MachineRecord]:
    """A machine that runs."""
    record = machines.create(NewMachine("one"))
    yield record
    machines.terminate(record.id)


def order(home: RunHome, machines: MachineRegistry, made: MachineRecord, *lines: dict[str, object]) -> RunOrder:
    """One for a run on the machine, whose display is lent for it."""
    loan = machines.lend(made.id)
    assert loan is not None
    return RunOrder(new_id(), "x", home.script(*lines), loan=loan, on=made.id)


def output(machines: MachineRegistry, made: MachineRecord, command: str) -> str:
    """What a command line on the machine says."""
    (result,) = machines.act(made.id, [step("terminal_execute", command=command)]).results
    assert result.result is not None, result.error
    return str(result.result["output"])


def test_a_run_drives_the_machine_and_not_the_persons_desktop(
    home: RunHome, machines: MachineRegistry, made: MachineRecord
) -> None:
    """Though its worker had just driven it, and its corners are no stop; what it starts is behind the machine's walls."""
    output(machines, made, "xterm -maximized -e sh -c 'cat > typed' & sleep 0.2")
    until(lambda: machines.act(made.id, [step("click", x=400, y=300)]).results[0].success)
    lines = [
        act(click(0, 0), click(400, 300), typing("hello from a run\n")),
        act(("key_combo", {"keys": ["ctrl", "d"]}), status="done"),
    ]
    with recording(home.display) as window:
        sitting = home.sit(order(home, machines, made, *lines))
        over = sitting.end()
        assert over is not None
        assert over.status == "succeeded", over
        assert window.events == []
    until(lambda: "hello from a run" in output(machines, made, "cat typed"))
    started = home.journal(sitting_id(home))[0]
    assert started["settings"]["on"] == made.id
    assert started["screen"]["width"] == 1280


def test_what_a_run_starts_is_behind_the_machines_walls(machines: MachineRegistry, made: MachineRecord) -> None:
    """From another process than the machine's own, and it stays when that has ended."""
    loan = machines.lend(made.id)
    assert loan is not None
    lent_display.borrow(loan.display, loan.environment, loan.argv, loan.notes)
    code = (
        "import json, sys; from coasty_desk.desktop.base.app_starter import started; started(*json.loads(sys.argv[1]))"
    )
    command = [list(lent_display.TARGET.starting(["xterm"])), dict(loan.environment)]
    subprocess.run([sys.executable, "-c", code, json.dumps(command)], check=True)
    until(lambda: "xterm" in output(machines, made, "ps -eo comm"))


def test_a_program_is_kept_out_while_a_run_drives_and_let_in_again_after_it(
    home: RunHome, machines: MachineRegistry, made: MachineRecord
) -> None:
    """Safety sentence: at most one drives a machine, whoever asked first."""
    lines = [act(click(100, 100)), act(status="done")]
    asked_for = order(home, machines, made, *lines)
    with pytest.raises(MachineBusyError, match="about to drive"):
        machines.act(made.id, [step("click", x=1, y=1)])
    sitting = home.sit(replace(asked_for, overrides={**asked_for.overrides, "confirm": "always"}))
    question = sitting.first(Asks)
    time.sleep(3.5)  # the time for which a loan alone keeps others out is over
    with pytest.raises(MachineBusyError, match="drives this display"):
        machines.act(made.id, [step("click", x=1, y=1)])
    sitting.child.answer(HumanAnswer(question.question))
    assert sitting.end() is not None
    assert machines.act(made.id, [step("click", x=1, y=1)]).results[0].success


def test_what_is_under_way_is_waited_for(home: RunHome, machines: MachineRegistry, made: MachineRecord) -> None:
    """A program's wait is no reason to begin in the middle of it."""
    del home
    going = threading.Thread(target=lambda: machines.act(made.id, [step("wait", ms=5000)]))
    going.start()
    time.sleep(1.0)
    with pytest.raises(MachineBusyError, match="A program drives"):
        machines.lend(made.id)
    going.join(PATIENCE)
    assert machines.lend(made.id) is not None


def test_a_run_is_cut_off_and_gone_on_with_on_the_machine(
    home: RunHome, machines: MachineRegistry, made: MachineRecord
) -> None:
    """The machine stays as it was; a stop of the person's ends it there as anywhere."""
    lines = [act(click(100, 100)), act(click(200, 200), delay=1.0), act(status="done")]
    told = order(home, machines, made, *lines)
    sitting = home.sit(told)
    until(lambda: "acted" in names(home.journal(told.run_id)))
    sitting.child.kill()
    assert sitting.end() is None
    over = home.sit(told).end()
    assert over is not None
    assert over.status == "succeeded"
    assert names(home.journal(told.run_id)).count("acting") == 2


def test_what_a_killed_process_held_down_there_is_let_go_before_anything_is_done(
    home: RunHome, machines: MachineRegistry, made: MachineRecord
) -> None:
    """Safety sentence: a click that is cut off in the middle swallows no click of the next process, nor does a key change its letters."""
    output(machines, made, "xterm -maximized -e sh -c 'cat > typed' & sleep 0.2")
    until(lambda: machines.act(made.id, [step("click", x=400, y=300)]).results[0].success)
    asked = order(home, machines, made, act(click(410, 310), typing("quiet\n")), act(status="done"))
    assert asked.loan is not None
    there = os.environ | dict(asked.loan.display)
    subprocess.run(["xdotool", "mousemove", "300", "300", "mousedown", "1", "keydown", "shift"], env=there, check=True)
    over = home.sit(asked).end()
    assert over is not None
    assert over.status == "succeeded", over
    until(lambda: "quiet" in output(machines, made, "cat typed"))


def test_a_run_whose_machine_dies_goes_on_where_it_is_started_again_and_does_not_click_by_an_older_look(
    home: RunHome, machines: MachineRegistry, made: MachineRecord, killed: Home
) -> None:
    """Safety sentence: what was answered to a look at a display is not carried out on another one; the end of the display is no end of the run."""
    lines = [act(click(400, 300), ("wait", {"seconds": 60}), click(500, 300)), act(click(600, 300)), act(status="done")]
    asked = order(home, machines, made, *lines)
    sitting = home.sit(asked)
    until(lambda: names(home.journal(asked.run_id)).count("acting") == 2)
    os.kill(killed.worker(made.id), signal.SIGKILL)
    assert sitting.end() is None
    assert "run_ended" not in names(home.journal(asked.run_id))
    until(lambda: machines.find(made.id).status == "error")
    machines.revive(made.id)
    sitting = home.sit(replace(asked, loan=machines.lend(made.id)))
    over = sitting.end()
    assert over is not None
    assert over.status == "succeeded", over
    clicked = [line["action"]["params"] for line in home.journal(asked.run_id) if line["event"] == "acting"]
    assert [found["x"] for found in clicked if "x" in found] == [400, 600]


def test_this_desktop_is_let_go_of_and_nothing_is_lent(home: RunHome, machines: MachineRegistry) -> None:
    """A run's process is on it anyway."""
    assert machines.lend("desktop") is None
    with recording(home.display) as window:
        assert machines.act("desktop", [step("click", x=300, y=300)]).results[0].success
        assert machines.lend("desktop") is None
        over = home.sit(RunOrder(new_id(), "x", home.script(act(click(20, 30), status="done")))).end()
        assert over is not None
        assert over.status == "succeeded"
        assert len(window.wait_for("press", 2)) == 2


def sitting_id(home: RunHome) -> str:
    """The one run that is recorded."""
    (folder,) = Path(home.runs).iterdir()
    return folder.name
