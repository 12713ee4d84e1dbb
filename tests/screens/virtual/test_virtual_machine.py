"""Virtual machines as they are: real displays, real programs behind real walls, and nothing left of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Size
from coasty_desk.screens.virtual import confinement, installed_programs, machine_limits, virtual_machine, walls
from coasty_desk.screens.virtual.machine_wish import MachineWish
from coasty_desk.screens.virtual.virtual_machine import VirtualMachine
from tests.screens.virtual.conftest import PREFIX, inside, traces

walled = pytest.mark.skipif(not walls.here().up, reason="no user namespaces here")


def test_a_machine_has_a_display_of_the_size_and_a_window_manager(clean: None, tmp_path: Path) -> None:
    """And both are there when it is up."""
    with VirtualMachine.start(tmp_path / "one", MachineWish(screen=Size(1000, 700))) as machine:
        assert "1000x700" in inside(machine, "xdpyinfo").stdout
        assert "_NET_SUPPORTING_WM_CHECK(WINDOW): window id" in inside(machine, "xprop", "-root").stdout
        seen = subprocess.run(["xdpyinfo"], env=os.environ | machine.display, capture_output=True, check=False)
        assert seen.returncode == 0
        assert machine.alive
    assert not machine.alive
    assert machine.fault == ""
    assert (tmp_path / "one" / "home" / "Downloads").is_dir()


def test_its_display_is_closed_to_who_has_not_its_key(machine: VirtualMachine) -> None:
    """Also to other programs of this user, on its socket; by a name without a file, or by TCP, there is none."""
    number = machine.display["DISPLAY"][1:]
    environment = os.environ | machine.display | {"XAUTHORITY": "/dev/null"}
    assert subprocess.run(["xdpyinfo"], env=environment, capture_output=True, check=False).returncode != 0
    with socket.socket(socket.AF_UNIX) as nameless, pytest.raises(ConnectionRefusedError):
        nameless.connect(f"\0/tmp/.X11-unix/X{number}")
    with socket.socket() as tcp, pytest.raises(OSError, match="refused"):
        tcp.connect(("127.0.0.1", 6000 + int(number)))


@walled
def test_inside_there_is_nothing_of_the_user(machine: VirtualMachine, tmp_path: Path) -> None:
    """No file of the home, no key in the environment, no process, and no account but its own."""
    (tmp_path / "secret.txt").write_text("of the user")
    own = {"_", "PWD", "SHLVL"}
    said = inside(machine, "env", env=os.environ | {"COASTY_API_KEY": "sk-coasty-test-secret"}).stdout
    names = {line.partition("=")[0] for line in said.splitlines()} - own
    assert names == set(machine.environment)
    assert "secret" not in said
    for path in (tmp_path / "secret.txt", Path.home(), Path("/root"), Path("/etc/shadow"), Path("/sys"), Path("/boot")):
        assert inside(machine, "ls", str(path)).returncode != 0, path
    everywhere = inside(machine, "sh", "-c", "ls -d /proc/[0-9]*").stdout.split()
    assert len(everywhere) < 20
    assert str(os.getpid()) not in {Path(path).name for path in everywhere}
    commands = inside(machine, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
    assert "pytest" not in commands
    assert str(machine.home) not in commands
    assert inside(machine, "cut", "-d:", "-f1", "/etc/passwd").stdout.split() == ["root", "user", "nobody"]
    assert inside(machine, "id", "-u").stdout.strip() == "1000"


def test_a_server_that_chooses_its_number_leaves_the_machine_its_display(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that looks for a free one takes none of ours, nor we one of theirs."""
    from tests.desktop.xvfb import xvfb  # noqa: PLC0415 - of another room

    with xvfb(400, 300) as first, VirtualMachine.start(tmp_path / "m") as machine:
        assert machine.display["DISPLAY"] != first

        held = []
        for number in range(200):  # all below are taken
            one = socket.socket(socket.AF_UNIX)
            try:
                one.bind(f"\0/tmp/.X11-unix/X{number}")
            except OSError:
                one.close()
            else:
                held.append(one)
        held[-1].close()
        with xvfb(400, 300) as second:
            assert int(second[1:]) >= 199
            assert inside(machine, "xdpyinfo").returncode == 0
        for one in held:
            one.close()


@walled
def test_inside_nothing_is_written_but_the_home_and_what_goes_with_the_machine(machine: VirtualMachine) -> None:
    """The system is read-only; the home is the folder outside."""
    for path in ("/usr/x", "/etc/passwd", "/run/desk/Xauthority", "/opt/x"):
        assert inside(machine, "sh", "-c", f"echo x >> {path}").returncode != 0, path
    assert inside(machine, "sh", "-c", "echo hello > greeting; pwd").stdout == "/home/user\n"
    assert (machine.home / "greeting").read_text() == "hello\n"


@walled
def test_what_is_written_into_memory_has_a_bound(machine: VirtualMachine) -> None:
    """Wherever a program may write that is not its home: nothing of this computer's memory is taken by files without end."""
    sizes = "import os; print([os.statvfs(p).f_blocks * os.statvfs(p).f_frsize for p in ('/tmp', '/dev/shm', os.environ['XDG_RUNTIME_DIR'])])"
    found = json.loads(inside(machine, "/usr/bin/python3", "-c", sizes).stdout)
    assert all(0 < size < 2_100_000_000 for size in found), found
    written = inside(
        machine, "sh", "-c", "for d in / /dev /run /var /etc /home; do touch $d/new && echo $d; done"
    ).stdout
    assert written == ""
    assert inside(machine, "sh", "-c", "echo x > /dev/null && echo y > /dev/shm/z && cat /dev/shm/z").stdout == "y\n"


@walled
def test_inside_no_other_display_and_no_socket_without_a_file_is_reached(
    machine: VirtualMachine, tmp_path: Path
) -> None:
    """An X server of this computer, even one that lets this user in without a key, is not there."""
    from tests.desktop.xvfb import xvfb  # noqa: PLC0415 - of another room

    with xvfb(400, 300) as other:
        assert inside(machine, "xdpyinfo", "-display", other).returncode != 0
        assert inside(machine, "xdpyinfo", "-display", f"unix{other}").returncode != 0
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0coasty-desk-test-abstract")
        listener.listen()
        ask = "import socket; socket.socket(socket.AF_UNIX).connect('\\0coasty-desk-test-abstract')"
        refused = inside(machine, "/usr/bin/python3", "-c", ask)
        assert (refused.returncode != 0) == confinement.scopes_abstract_sockets()
    assert any("name without a file" in one for one in (*machine.walls, *machine.gaps))


def test_the_display_itself_is_kept_from_the_files_of_the_user(machine: VirtualMachine, tmp_path: Path) -> None:
    """It would look for fonts wherever a program tells it to; what is installed for all it reads."""
    if confinement._landlock() < 1:
        pytest.skip("no Landlock here")
    server = next(path for path in Path("/proc").glob("[0-9]*") if _is_server_of(path, machine.display["XAUTHORITY"]))
    status = (server / "status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    places = (tmp_path, Path.home(), Path("/var/tmp"))  # in /tmp it has its own socket, and so reads what is there
    home = next(place for place in places if not place.is_relative_to("/tmp"))
    fonts = home / f".coasty-desk-test-{os.getpid()}"
    fonts.mkdir()
    try:
        (fonts / "fonts.dir").write_text("0\n")
        refused = inside(machine, "xset", "fp+", str(fonts))
        assert "bad font path" in refused.stdout + refused.stderr
    finally:
        (fonts / "fonts.dir").unlink()
        fonts.rmdir()
    assert inside(machine, "xset", "fp+", "/usr/share/fonts/X11/misc").returncode == 0


@walled
def test_inside_there_are_no_privileges_and_no_keys_of_the_kernel(machine: VirtualMachine) -> None:
    """No capability, no new privileges, filtered calls; keyctl is answered as by a system without it."""
    status = inside(machine, "cat", "/proc/self/status").stdout
    assert "CapEff:\t0000000000000000" in status
    assert "CapPrm:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    code = "import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.syscall(250, 0, -3, 0), ctypes.get_errno())"
    if os.uname().machine == "x86_64":
        assert inside(machine, "/usr/bin/python3", "-c", code).stdout == "-1 38\n"


@walled
def test_a_machine_without_network_reaches_none_and_its_programs_reach_each_other(clean: None, tmp_path: Path) -> None:
    """There is a loopback of its own."""
    with socket.socket() as server, VirtualMachine.start(tmp_path / "m", MachineWish(network=False)) as machine:
        server.bind(("127.0.0.1", 0))
        server.listen()
        ask = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        assert inside(machine, "/usr/bin/python3", "-c", ask).returncode != 0
        serve = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 8000)); s.listen(); print('up', flush=True); s.accept()"
        with subprocess.Popen(machine.argv(["/usr/bin/python3", "-c", serve]), stdout=subprocess.PIPE) as inner:
            assert inner.stdout is not None
            assert inner.stdout.readline() == b"up\n"
            reached = inside(
                machine, "/usr/bin/python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 5)"
            )
            assert reached.returncode == 0, reached.stderr
    assert "They reach no network." in machine.walls


@walled
@pytest.mark.skipif(installed_programs.found("slirp4netns") is None, reason="no slirp4netns")
def test_where_abstract_sockets_cannot_be_put_out_of_reach_the_network_is_its_own(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leads out, and not to what listens on this computer alone."""
    monkeypatch.setattr(confinement, "scopes_abstract_sockets", lambda: False)
    with socket.socket() as server, VirtualMachine.start(tmp_path / "m") as machine:
        server.bind(("127.0.0.1", 0))
        server.listen()
        for host in ("127.0.0.1", "10.0.2.2"):
            ask = f"import socket; socket.create_connection(('{host}', {server.getsockname()[1]}), 3)"
            assert inside(machine, "/usr/bin/python3", "-c", ask).returncode != 0, host
        assert "tap0" in inside(machine, "cat", "/proc/net/dev").stdout
        assert "00000000" in inside(machine, "cat", "/proc/net/route").stdout
        assert "They do not reach what listens on 127.0.0.1 here." in machine.walls
        assert machine.risks == ()


def test_a_program_has_its_streams_its_folder_and_its_ending(machine: VirtualMachine) -> None:
    """The exit code, the signal, descriptors beside the standard ones, the folder that was asked for."""
    done = subprocess.run(
        machine.argv(["sh", "-c", "cat; pwd; exit 7"], f"{machine.inside_home}/Downloads"),
        input=b"in\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout.decode() == f"in\n{machine.inside_home}/Downloads\n"
    assert inside(machine, "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert inside(machine, "no-such-program").returncode == 127
    read, write = os.pipe()
    subprocess.run(machine.argv(["bash", "-c", f"echo through >&{write}"]), pass_fds=(write,), check=True)
    os.close(write)
    with os.fdopen(read) as answer:
        assert answer.read() == "through\n"


def test_a_program_ends_with_its_command(machine: VirtualMachine) -> None:
    """Killed is killed, and a signal that it may handle reaches it."""
    mark = f"sleep 4{os.getpid()}"
    with subprocess.Popen(machine.argv(mark.split())) as killed:
        _await(lambda: mark in inside(machine, "ps", "ax").stdout)
        killed.kill()
    _await(lambda: mark not in inside(machine, "ps", "ax").stdout)
    told = "trap 'echo heard; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(machine.argv(["sh", "-c", told]), stdout=subprocess.PIPE, text=True) as asked:
        assert asked.stdout is not None
        assert asked.stdout.readline() == "ready\n"
        asked.terminate()
        assert asked.stdout.read() == "heard\n"
    assert asked.returncode == 3


def test_ten_in_a_row_and_four_at_once_leave_nothing(clean: None, tmp_path: Path) -> None:
    """No process, no socket, no file, no lock."""
    for number in range(10):
        machine = VirtualMachine.start(tmp_path / str(number), for_one_run=True)
        assert inside(machine, "sh", "-c", "(setsid sleep 600 >&- 2>&- &) ; echo x > file").returncode == 0
        machine.stop()
    four: list[VirtualMachine] = []
    threads = [
        threading.Thread(target=lambda at=at: four.append(VirtualMachine.start(tmp_path / f"f{at}", for_one_run=True)))
        for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({machine.display["DISPLAY"] for machine in four}) == 4
    for machine in four:
        machine.stop()
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import sys, time
from pathlib import Path
from coasty_desk.screens.virtual import virtual_machine
virtual_machine.PREFIX = sys.argv[2]
machine = virtual_machine.VirtualMachine.start(Path(sys.argv[1]), for_one_run=True)
import subprocess
subprocess.Popen(machine.argv(["sh", "-c", "setsid sleep 600 & sleep 600"]))
print(machine._keeper.pid, flush=True)
time.sleep(600)
"""


def _held(folder: Path) -> tuple[subprocess.Popen[str], int]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), PREFIX], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    return holder, int(holder.stdout.readline())


def test_a_machine_ends_with_its_holder_however_that_ends(clean: None, tmp_path: Path) -> None:
    """SIGKILL included; its folder goes as well, where it was for one run."""
    before = traces()
    holder, _ = _held(tmp_path / "m")
    with holder:
        assert traces()["sockets"] - before["sockets"]
        holder.kill()
    _await(lambda: traces() == before and not (tmp_path / "m").exists())


def test_what_is_left_where_the_keeper_is_killed_too_goes_with_the_next_machine(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind walls its processes and its socket go by the kernel at once."""
    before = traces()
    holder, keeper = _held(tmp_path / "m")
    with holder:
        os.kill(keeper, signal.SIGSTOP)  # it cannot notice
        holder.kill()
        os.kill(keeper, signal.SIGKILL)
    if walls.here().up:
        _await(lambda: {**traces(), "folders": ()} == {**before, "folders": ()})
    assert (tmp_path / "m").exists()
    monkeypatch.setattr(virtual_machine, "_YOUNG", -1.0)
    virtual_machine.sweep(tmp_path)
    assert not (tmp_path / "m").exists()
    _await(lambda: traces() == before)


@pytest.mark.slow
def test_a_holder_that_is_killed_at_any_moment_leaves_nothing(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the machine comes up: what the keeper was never told of goes with the next one."""
    before = traces()["processes"]
    for number in range(12):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path / str(number)), PREFIX], stdout=subprocess.DEVNULL
        )
        time.sleep(number * 0.1)
        holder.kill()
        holder.wait()
    monkeypatch.setattr(virtual_machine, "_YOUNG", -1.0)

    def is_clean() -> bool:
        virtual_machine.sweep(tmp_path)
        return traces()["processes"] == before and not list(tmp_path.glob("*/home"))

    _await(is_clean)


def test_a_sweep_leaves_what_is_up(machine: VirtualMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """And homes that are to be kept."""
    monkeypatch.setattr(virtual_machine, "_YOUNG", -1.0)
    virtual_machine.sweep(machine.home.parent.parent)
    assert inside(machine, "xdpyinfo").returncode == 0
    assert machine.home.is_dir()


def test_a_machine_is_up_once(machine: VirtualMachine) -> None:
    """Whoever starts it again is told, and it stays up."""
    with pytest.raises(DesktopError, match="it is up already"):
        VirtualMachine.start(machine.home.parent)
    assert inside(machine, "xdpyinfo").returncode == 0


def test_the_end_of_a_machine_is_told(clean: None, tmp_path: Path) -> None:
    """Within a moment, with the reason."""
    machine = VirtualMachine.start(tmp_path / "m")
    number = machine.display["DISPLAY"]
    display = next(
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdecimal() and _is_server_of(path, machine.display["XAUTHORITY"])
    )
    os.kill(display, signal.SIGKILL)
    assert machine.await_end(5)
    assert machine.fault == "The virtual machine has ended: its display ended (signal 9)."
    machine.stop()
    Path(f"/tmp/.X11-unix/X{number[1:]}").unlink(missing_ok=True)
    Path(f"/tmp/.X{number[1:]}-lock").unlink(missing_ok=True)


def _is_server_of(path: Path, cookie: str) -> bool:
    try:
        said = (path / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return said[0].endswith(b"Xvfb") and cookie.encode() in said


def test_a_window_manager_that_a_program_ends_comes_back(machine: VirtualMachine) -> None:
    """The machine goes on."""
    before = inside(machine, "pgrep", "-x", "openbox").stdout
    inside(machine, "pkill", "-KILL", "-x", "openbox")
    _await(lambda: inside(machine, "pgrep", "-x", "openbox").stdout not in ("", before))
    assert machine.alive


@pytest.mark.parametrize("walls_up", [True, False])
def test_limits_hold_for_each_program(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, walls_up: bool
) -> None:
    """For those that are started later, too, and where there are no walls."""
    if not walls_up:
        monkeypatch.setattr(walls, "here", lambda: walls.Walls(up=False, fault="it is a test"))
    wish = MachineWish(cpu_cores=1, memory_gb=1, storage_gb=0.001)
    with VirtualMachine.start(tmp_path / "m", wish) as machine:
        assert inside(machine, "nproc").stdout == "1\n"
        assert inside(machine, "/usr/bin/python3", "-c", "x = bytearray(1_500_000_000)").returncode != 0
        assert inside(machine, "sh", "-c", "head -c 2000000 /dev/zero > big").returncode != 0
        assert (machine.home / "big").stat().st_size <= 1_000_000
        assert any("1 GB of memory" in one for one in machine.walls)


@walled
def test_what_counts_its_programs_together_is_put_before_them(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd-run would be; here something that only lowers their priority."""
    prefixed = machine_limits.MachineLimits(prefix=("nice", "-n", "3", "--"), kept=("Counted.",))
    monkeypatch.setattr(machine_limits, "wanted", lambda _wish, **_more: prefixed)
    lowest = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)
    with VirtualMachine.start(tmp_path / "m") as machine:
        said = inside(machine, "ps", "-o", "ni=", "-C", "openbox").stdout
        assert int(said) == lowest
        assert "Counted." in machine.walls


def test_without_walls_it_is_said_and_the_rest_works(
    clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its programs end with it all the same, also those that went off by themselves."""
    monkeypatch.setattr(
        walls, "here", lambda: walls.Walls(up=False, fault="bubblewrap is not installed", remedy="Get it.")
    )
    with VirtualMachine.start(tmp_path / "m") as machine:
        assert "There are no walls around its programs, for bubblewrap is not installed" in machine.gaps[0]
        assert machine.inside_home == str(machine.home)
        assert inside(machine, "sh", "-c", "(setsid sleep 654321 >&- 2>&- &); echo $HOME").stdout == f"{machine.home}\n"
        assert "secret" not in inside(machine, "env", env=os.environ | {"X_KEY": "secret"}).stdout
    assert b"654321" not in subprocess.run(["ps", "ax"], capture_output=True, check=True).stdout


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With how to get it."""
    monkeypatch.setattr(installed_programs, "found", lambda _name: None)
    with pytest.raises(DesktopError) as error:
        VirtualMachine.start(tmp_path / "m")
    assert error.value.message == "There can be no virtual machine here: Xvfb and openbox are missing."
    assert "sudo apt-get install xvfb openbox" in error.value.remedy


def _await(happens: object, seconds: float = 20.0) -> None:
    assert callable(happens)
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
