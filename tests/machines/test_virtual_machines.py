"""Virtual machines as the service has them: made, driven, stopped, kept, and gone without a trace."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from coasty_desk.core.errors import DesktopError
from coasty_desk.machines import machine_record, virtual_habitat
from coasty_desk.machines.machine_errors import MachineStateError, MissingPartError, NoMachineError
from coasty_desk.machines.machine_record import MachineRecord, MachineState
from coasty_desk.machines.registry import MachineRegistry, NewMachine
from tests.machines.conftest import Home, step, until


@pytest.fixture
def made(machines: MachineRegistry) -> Iterator[MachineRecord]:
    """A machine that runs."""
    record = machines.create(NewMachine("one"))
    yield record
    machines.terminate(record.id)


def shell(machines: MachineRegistry, record: MachineRecord, command: str) -> str:
    """What a command line on it says."""
    (result,) = machines.act(record.id, [step("terminal_execute", command=command)]).results
    assert result.success, result.error
    assert result.result is not None
    return str(result.result["output"])


def test_it_runs_and_is_driven_and_has_a_home(machines: MachineRegistry, made: MachineRecord) -> None:
    """A terminal by its shell, typed into by its keyboard, read by its files; it has walls, and says which."""
    assert (made.status, made.kind) == ("running", "virtual")
    assert made.notes
    assert machines.look(made.id, "png").width == 1280
    shell(machines, made, "xterm -maximized -e sh -c 'cat > typed' & sleep 0.2")
    until(lambda: _windows(machines, made) == 1)
    steps = [step("click", x=400, y=300), step("type", text="hello\n"), step("key_combo", keys="ctrl+d")]
    assert all(result.success for result in machines.act(made.id, steps).results)
    until(lambda: "hello" in shell(machines, made, "cat typed 2>/dev/null; true"))
    (read,) = machines.act(made.id, [step("file_read", path="typed")]).results
    assert "hello" in str(read.result)


def _windows(machines: MachineRegistry, made: MachineRecord) -> int:
    (result,) = machines.act(made.id, [step("list_windows")]).results
    assert result.result is not None
    count = result.result["count"]
    assert isinstance(count, int)
    return count


def test_its_home_outlives_a_stop_and_a_restart(machines: MachineRegistry, made: MachineRecord) -> None:
    """What is not possible in a state says from which it is."""
    shell(machines, made, "echo kept > file")
    assert machines.stop(made.id).status == "stopped"
    with pytest.raises(MachineStateError) as refused:
        machines.look(made.id, "jpeg")
    assert (refused.value.state, refused.value.allowed) == ("stopped", ("running",))
    with pytest.raises(MachineStateError):
        machines.stop(made.id)
    assert machines.start(made.id).status == "running"
    assert shell(machines, made, "cat file").strip() == "kept"
    assert machines.restart(made.id).status == "running"
    assert shell(machines, made, "cat file").strip() == "kept"


def test_a_snapshot_is_restored_into_another(machines: MachineRegistry, made: MachineRecord) -> None:
    """It was stopped for it, and runs again; the other has the home as it was."""
    shell(machines, made, "echo then > file")
    kept = machines.snapshot(made.id, "op")
    assert machines.snapshot(made.id, "op") == kept
    assert machines.find(made.id).status == "running"
    shell(machines, made, "echo now > file")
    other = machines.create(NewMachine("another", restores="latest"))
    assert shell(machines, other, "cat file").strip() == "then"
    machines.terminate(other.id)
    with pytest.raises(NoMachineError):
        machines.create(NewMachine("third", restores="none of that name"))


def test_the_same_operation_makes_one(machines: MachineRegistry) -> None:
    """Asked for by several at once, and by another service."""
    made: list[MachineRecord] = []
    threads = [threading.Thread(target=lambda: made.append(machines.create(NewMachine("m"), "op"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.id for record in made}) == 1
    assert len(machines.every()) == 2
    machines.terminate(made[0].id)


def test_a_terminated_one_leaves_nothing(machines: MachineRegistry, home: Home) -> None:
    """No process, no socket, no file; asked for again it is told, and terminated again it stays so."""
    before = _displays()
    made = machines.create(NewMachine("gone"))
    worker = home.worker(made.id)
    assert machines.terminate(made.id).status == "terminated"
    assert machines.terminate(made.id).status == "terminated"
    assert machines.find(made.id).status == "terminated"
    assert not (home.root / made.id).exists()
    assert not Path(f"/proc/{worker}").exists() or _is_zombie(worker)
    until(lambda: _displays() <= before)
    assert made.id not in {record.id for record in machines.every()}
    assert made.id not in subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout


def _displays() -> set[str]:
    return {path.name for path in Path("/tmp/.X11-unix").iterdir()}


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_nobody_sits_at_it(machines: MachineRegistry, made: MachineRecord) -> None:
    """Its corners are the program's: a click in one stops nothing."""
    picture = machines.look(made.id, "jpeg")
    corner = {"x": picture.width - 1, "y": picture.height - 1}
    steps = [step("click", x=0, y=0), step("click", **corner), step("move", x=5, y=5)]
    assert [result.error for result in machines.act(made.id, steps).results] == [None] * 3


def test_a_limit_that_no_browser_would_start_with_is_raised_and_said(machines: MachineRegistry) -> None:
    """Where each program is counted by itself."""
    made = machines.create(NewMachine("small", memory_gb=2))
    (opened,) = machines.act(made.id, [step("browser_open", url="data:text/html,<h1>hello</h1>")]).results
    assert opened.success, opened.error
    assert any("GB" in note for note in made.notes)
    machines.terminate(made.id)


def test_one_whose_folder_is_gone_ends(machines: MachineRegistry, home: Home) -> None:
    """Nothing is left of a data folder that somebody has removed."""
    made = machines.create(NewMachine("lost"))
    worker = home.worker(made.id)
    shutil.rmtree(home.root / made.id)
    until(lambda: not Path(f"/proc/{worker}").exists() or _is_zombie(worker))


def test_a_worker_that_dies_is_told_of(machines: MachineRegistry, made: MachineRecord, home: Home) -> None:
    """Within a second; the machine can be started again with its home."""
    shell(machines, made, "echo kept > file")
    os.kill(home.worker(made.id), signal.SIGKILL)
    until(lambda: machines.find(made.id).status == "error")
    assert "ended" in machines.find(made.id).reason
    assert machines.start(made.id).status == "running"
    assert shell(machines, made, "cat file").strip() == "kept"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_was_not_asked_to_end_is_revived_with_its_home(
    machines: MachineRegistry, made: MachineRecord, home: Home, how: signal.Signals
) -> None:
    """Killed, or ended with the computer; its display is another one then."""
    shell(machines, made, "echo kept > file")
    before = machines.lend(made.id)
    os.kill(home.worker(made.id), how)
    until(lambda: machines.find(made.id).status in ("error", "stopped"))
    machines.revive(made.id)
    assert machines.find(made.id).status == "running"
    assert shell(machines, made, "cat file").strip() == "kept"
    again = machines.lend(made.id)
    assert before is not None
    assert again is not None
    machines.revive(made.id)  # nothing is to be done
    assert machines.lend(made.id) == again


def test_one_that_was_asked_to_stop_is_not_revived(machines: MachineRegistry, made: MachineRecord) -> None:
    """Whoever stopped it says when it runs again."""
    machines.stop(made.id)
    machines.revive(made.id)
    assert machines.find(made.id).status == "stopped"


def test_a_display_that_dies_is_told_of(machines: MachineRegistry, made: MachineRecord, home: Home) -> None:
    """With its reason."""
    shell(machines, made, "true")
    worker = home.worker(made.id)
    (display,) = [pid for pid in _processes() if _name(pid) == "Xvfb" and worker in _above(pid)]
    os.kill(display, signal.SIGKILL)
    until(lambda: machines.find(made.id).status == "error")
    assert machines.find(made.id).reason


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _above(pid: int) -> list[int]:
    """Its parent, that one's, and so on."""
    found: list[int] = []
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(pid)
    return found


def test_one_whose_files_take_more_than_it_has_is_ended_and_can_be_cleared(machines: MachineRegistry) -> None:
    """No file is too large by itself. Its state says why; it starts again, and what is too much is removed."""
    made = machines.create(NewMachine("full", storage_gb=1))
    assert any("Its home takes at most 1 GB" in note for note in made.notes)
    machines.act(made.id, [step("terminal_execute", command="fallocate -l 800M one; fallocate -l 800M two")])
    until(lambda: machines.find(made.id).status == "error", 60)
    assert "Its files took 1.7 GB" in machines.find(made.id).reason
    machines.start(made.id)
    assert shell(machines, made, "rm one; ls").split() == ["Documents", "Downloads", "two"]
    assert machines.find(made.id).status == "running"
    machines.terminate(made.id)


def test_one_whose_end_was_cut_off_leaves_nothing_either(home: Home) -> None:
    """The service was killed while it removed the files: its record had gone first."""
    machines = home.registry()
    made = machines.create(NewMachine("gone"))
    machines.terminate(made.id)
    machines.close()
    left = home.root / made.id / "home"
    left.mkdir(parents=True)
    (left / "letter").write_text("of a person")
    again = home.registry()
    until(lambda: not left.parent.exists())
    assert again.find(made.id).status == "terminated"
    again.close()


def test_one_that_fills_the_disk_can_be_looked_at_stopped_and_taken_away(
    machines: MachineRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state is kept where there is room for it; what must outlast everything is refused."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    made = machines.create(NewMachine("full"))
    with monkeypatch.context() as patched:
        patched.setattr(machine_record, "write", full)
        assert machines.look(made.id, "jpeg").width == 1280
        assert machines.stop(made.id).status == "stopped"
        assert machines.start(made.id).status == "running"
        with pytest.raises(OSError, match="No space"):
            machines.lease(made.id, 60)
        with pytest.raises(OSError, match="No space"):
            machines.create(NewMachine("another"))
        assert machines.terminate(made.id).status == "terminated"
    assert len(machines.every()) == 1


def test_its_lease_ends_it_whether_a_service_is_there_or_not(home: Home) -> None:
    """What is past while there is none is made up for by the next one."""
    machines = home.registry()
    short, long = machines.create(NewMachine("short")), machines.create(NewMachine("long", ttl_minutes=60))
    assert machines.find(long.id).ends_at is not None
    machines.lease(short.id, 0)
    until(lambda: machines.find(short.id).status == "terminated")
    worker = home.worker(long.id)
    machines.close()
    assert machines.lease(long.id, None).ends_at is None
    machines.lease(long.id, 0)
    until(lambda: not Path(f"/proc/{worker}").exists() or _is_zombie(worker))
    again = home.registry()
    until(lambda: again.find(long.id).status == "terminated")


def test_it_goes_on_when_the_service_ends_and_is_found_again(home: Home) -> None:
    """Orderly or killed; whoever ends it is told what goes on."""
    machines = home.registry()
    made = machines.create(NewMachine("on"))
    shell(machines, made, "export HERE=1; echo a > file")
    machines.close()
    assert [record.id for record in machines.going_on] == [made.id]
    again = home.registry()
    assert again.find(made.id).status == "running"
    assert shell(again, made, "cat file; echo $HERE").split() == ["a", "1"]
    again.terminate(made.id)


@pytest.mark.parametrize("lives", [True, False])
@pytest.mark.parametrize("state", ["starting", "restarting"])
def test_one_that_was_to_run_when_the_service_was_killed_does(home: Home, state: MachineState, *, lives: bool) -> None:
    """Whether its worker was there or not: the next service goes on with it."""
    machines = home.registry()
    made = machines.create(NewMachine("on"))
    shell(machines, made, "echo kept > file")
    if not lives:
        machines.stop(made.id)
    machines.close()
    machine_record.write(home.root / made.id, replace(machines.find(made.id), status=state))
    again = home.registry()
    until(lambda: again.find(made.id).status == "running")
    assert shell(again, made, "cat file").strip() == "kept"
    again.terminate(made.id)


def test_a_machine_that_ran_runs_again_where_its_snapshot_was_cut_off(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has asked for its stop; half an archive, and one that nobody was told of, are not kept, and the next try is whole."""
    cut_off, reached = threading.Event(), threading.Event()

    def half(_folder: Path, path: Path) -> None:
        path.write_bytes(b"of a service that was killed after it")
        path.with_name(f".{path.name}.half").write_bytes(b"of one that was killed before")
        reached.set()
        cut_off.wait(60)
        raise DesktopError(str(path))

    machines = home.registry()
    made = machines.create(NewMachine("kept"))
    with monkeypatch.context() as patched:
        patched.setattr(virtual_habitat, "archive", half)
        thread = threading.Thread(target=lambda: _try(lambda: machines.snapshot(made.id, "op")))
        thread.start()
        assert reached.wait(30)
    again = home.registry()  # as after a kill: the first one does nothing more
    until(lambda: again.find(made.id).status == "running")
    assert list((home.root / "snapshots").iterdir()) == []
    assert again.snapshot(made.id, "op").size > 100
    assert again.find(made.id).status == "running"
    assert len(list((home.root / "snapshots").iterdir())) == 2
    again.terminate(made.id)
    cut_off.set()
    thread.join()


def test_a_snapshot_that_was_made_is_told_once_its_machine_runs_again(home: Home) -> None:
    """The service was killed in between; whoever asks again finds the machine as it was."""
    machines = home.registry()
    made = machines.create(NewMachine("kept"))
    kept = machines.snapshot(made.id, "op")
    machines.stop(made.id)
    machines.close()
    machine_record.write(home.root / made.id, replace(machines.find(made.id), status="starting"))
    again = home.registry()
    assert again.snapshot(made.id, "op") == kept
    assert again.find(made.id).status == "running"
    again.terminate(made.id)


def _try(what: Callable[[], object]) -> None:
    with suppress(Exception):
        what()


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is left of what could not be made."""
    found = MachineRegistry(tmp_path / "machines", {"HOME": str(tmp_path), "PATH": os.environ["PATH"]})
    found.begin()
    monkeypatch.setattr("coasty_desk.machines.worker_link.sys.executable", "/no/such/python")
    with pytest.raises(MissingPartError):
        found.create(NewMachine("never"))
    assert [record.kind for record in found.every()] == ["desktop"]
    assert {path.name for path in (tmp_path / "machines").iterdir() if path.is_dir()} == {
        found.desktop_id,
        "terminated",
        "snapshots",
    }
    found.close()


def test_four_at_once_are_up_and_gone(machines: MachineRegistry) -> None:
    """Side by side."""
    made: list[MachineRecord] = []
    threads = [threading.Thread(target=lambda: made.append(machines.create(NewMachine("m")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {record.status for record in made} == {"running"}
    for record in made:
        assert machines.look(record.id, "jpeg").width == 1280
        machines.terminate(record.id)
    assert len(machines.every()) == 1
