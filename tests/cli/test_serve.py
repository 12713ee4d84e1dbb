"""`coasty-desk serve` as a process: its address, its key, one on a data folder, and its end."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from coasty_desk import serve_file
from tests.cli.conftest import Shell
from tests.server.served import Client


@contextmanager
def serving(shell: Shell, *options: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """The process, its port, and what it has printed."""
    command = [sys.executable, "-m", "coasty_desk", "serve", "--port", "0", "--provider", "offline", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=shell.environment, cwd=shell.home, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("To stop it"):
                    break
            found = re.search(r"http://[^ :]+:(\d+)", said[0]) if said else None
            assert found is not None, said
            yield process, int(found[1]), said
        finally:
            process.kill()


def _key(said: list[str]) -> str:
    found = re.search(r"sk-coasty-test-[0-9a-f]{48}", "".join(said))
    return found[0] if found else ""


def test_it_prints_its_address_and_once_its_key_which_is_in_no_file(shell: Shell) -> None:
    """The first start makes a key that may do all but on this desktop; nothing on the disk has it, and no later start shows it."""
    with serving(shell) as (process, port, said):
        key = _key(said)
        assert Client(port, key)("GET", "/v1/usage").status == 200
        made = Client(port, key)("GET", "/v1/keys").json["keys"]
        assert [one["this_desktop"] for one in made] == [False]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    with serving(shell) as (_, port, said):
        assert _key(said) == ""
        assert Client(port, key)("GET", "/v1/usage").status == 200
        for path in shell.home.rglob("*"):
            if path.is_file():
                assert key.encode() not in path.read_bytes(), path
                assert path.name == "config.toml" or stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_our_own_command_line_finds_it_while_it_runs(shell: Shell) -> None:
    """The file beside the runs has the address, and what this process alone takes for a key."""
    with serving(shell) as (process, port, _):
        told = serve_file.read(shell.data)
        assert told is not None
        assert told.url == f"http://127.0.0.1:{port}/v1"
        assert Client(port, told.key)("POST", "/v1/keys", {"name": "a", "this_desktop": True}).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert serve_file.read(shell.data) is None
    with serving(shell) as (_, port, _):
        assert Client(port, told.key)("GET", "/v1/keys").status == 401


def test_a_second_one_on_the_same_data_folder_names_the_first(shell: Shell) -> None:
    """And a kill lets the next one in."""
    with serving(shell) as (process, port, _):
        second = shell("serve", "--port", "0")
        assert second.code == 2
        assert f"http://127.0.0.1:{port}" in second.err
        process.kill()
        process.wait(10)
        with serving(shell) as (_, again, _):
            assert Client(again, "")("GET", "/v1/health").status == 200


def test_two_with_other_data_folders_do_not_share_a_database(shell: Shell, tmp_path: Path) -> None:
    """The database has a lock of its own."""
    (tmp_path / "other").mkdir()
    other = Shell(tmp_path / "other")
    place = str(tmp_path / "shared.sqlite3")
    with serving(shell, "--database", place):
        assert other("serve", "--port", "0", "--database", f"sqlite:///{place}").code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_at_once_with_connections_open(shell: Shell, number: signal.Signals) -> None:
    """An idle connection, one in the middle of a request, and one that waits for an answer keep nobody."""
    with serving(shell) as (process, port, _):
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        held[0].sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        held[1].sendall(b"POST /v1/keys HTTP/1.1\r\nHost: loc")
        assert held[0].recv(100)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5  # a second where nothing else runs; scripts/bench measures it
        for each in held:
            each.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_whatever_holds_its_end_up(number: signal.Signals) -> None:
    """A thread that does not come back, a disk that waits: within a second it is gone all the same, and nothing else is asked of anybody."""
    source = """if True:
        import threading
        from coasty_desk.cli.commands import serving_command
        with serving_command._ended_by_signals(lambda: None):
            print("up", flush=True)
            while True:
                threading.Event().wait()
    """
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--bind", "localhost"), "--bind"),
        (("--port", "70000"), "--port"),
        (("--database", "mysql://host/db"), "--database"),
        (("--database", "postgresql://127.0.0.1:1"), "names no database"),
        (("--database", "postgresql://me:hunter2@127.0.0.1:1/db"), "db at 127.0.0.1 cannot be used"),
        (("--allow-host", "http://a"), "--allow-host"),
        (("--bind", "203.0.113.1"), "an address that this machine has"),
        (("--provider", "nobody"), "--provider"),
    ],
)
def test_what_cannot_be_is_said_in_two_sentences(shell: Shell, options: tuple[str, ...], said: str) -> None:
    """Exit 2, nothing on stdout, and no key made."""
    result = shell("serve", "--port", "0", *options) if "--port" not in options else shell("serve", *options)
    assert result.code == 2
    assert said in result.err
    assert len(result.err.strip().splitlines()) == 2
    assert "sk-coasty" not in result.out
    assert "hunter2" not in result.err


@pytest.mark.parametrize("place", ["/proc/1/none/x", "/dev/null/x", "sqlite:////proc/x"])
def test_a_database_where_nothing_can_be_is_said(shell: Shell, place: str) -> None:
    """With what to do, as anything that is chosen wrongly."""
    result = shell("serve", "--port", "0", "--provider", "script", "--database", place)
    assert result.code == 2
    assert "cannot keep its data in" in result.err
    assert "--database" in result.err


def test_in_the_background_of_a_script_it_says_what_ends_it(shell: Shell) -> None:
    """There Ctrl-C is not heard, as whoever began it has asked for; SIGTERM is."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with serving(shell) as (process, _, said):
            assert said[-1].startswith(f"To stop it: kill {process.pid} ")
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_port_that_is_taken_is_said(shell: Shell) -> None:
    """With the way out of it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = shell("serve", "--port", str(taken.getsockname()[1]))
    assert result.code == 2
    assert "--port" in result.err


def test_a_data_folder_that_cannot_be_written_is_said(shell: Shell) -> None:
    """Whatever hinders: here something that stands where the address is kept."""
    (shell.data / "serve.json").mkdir()
    result = shell("serve", "--port", "0", "--provider", "script")
    assert result.code == 2
    assert f"The data folder {shell.data} cannot be written" in result.err
    assert len(result.err.strip().splitlines()) == 2


def test_without_its_packages_one_sentence_says_how_to_get_them(shell: Shell, tmp_path: Path) -> None:
    """As on a machine where only the program itself was installed."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "uvicorn.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')\n"
    )
    result = shell("serve", "--port", "0", PYTHONPATH=str(tmp_path / "without"))
    assert result.code == 2
    assert "pip install 'coasty-desk[serve]'" in result.err


def test_other_machines_reach_it_only_when_asked_and_it_says_so(shell: Shell) -> None:
    """A bind to every address is told of; a key is wanted as ever."""
    with serving(shell, "--bind", "0.0.0.0") as (_, port, said):
        assert "other machines" in "".join(said)
        assert Client(port, "")("GET", "/v1/keys").status == 401
    with serving(shell) as (_, _, said):
        assert "other machines" not in "".join(said)


def test_our_own_command_line_finds_it_also_where_it_listens_elsewhere(shell: Shell) -> None:
    """At the loopback address beside the one that was asked for."""
    with serving(shell, "--bind", "127.0.0.2") as (_, port, said):
        assert f"http://127.0.0.2:{port}" in said[0]
        told = serve_file.read(shell.data)
        assert told is not None
        assert told.url == f"http://127.0.0.1:{port}/v1"
        assert Client(port, told.key)("GET", "/v1/keys").status == 200
        assert f"http://127.0.0.1:{port}" in shell("serve", "--port", "0").err


def test_settings_of_a_project_never_open_it(shell: Shell) -> None:
    """Where it listens, and by which names, only the person says."""
    (shell.home / "coasty-desk.toml").write_text('[serve]\nbind = "0.0.0.0"\nallow_host = ["evil.example"]\n')
    result = shell("serve", "--port", "0")
    assert result.code == 2
    assert "bind" in result.err
    (shell.home / "coasty-desk.toml").unlink()
    folder = shell.home / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[serve]\nallow_host = ["desk.home.arpa"]\n')
    with serving(shell) as (_, port, _):
        assert Client(port, "", {"Host": "desk.home.arpa"})("GET", "/v1/health").status == 200
        assert Client(port, "", {"Host": "evil.example"})("GET", "/v1/health").status == 421


def test_no_key_is_in_what_it_says_whatever_is_asked(shell: Shell) -> None:
    """No access log, and no fault's text with what was asked."""
    with serving(shell) as (process, port, said):
        key = _key(said)
        client = Client(port, key)
        for path in ("/v1/keys", f"/v1/{key}", f"/v1/idempotency/{key}", f"/v1/keys?key={key}"):
            assert key not in client("GET", path).body.decode()
        assert key not in json.dumps(client("POST", "/v1/keys", {key: 1}).json)
        client.raw(b"nonsense " + key.encode() + b"\r\n\r\n")
        process.terminate()
        assert process.stdout is not None
        rest: list[str] = []
        reading = Thread(target=lambda: rest.append(process.stdout.read() if process.stdout else ""))
        reading.start()
        process.wait(10)
        reading.join(10)
    assert rest == [""]


def _told_by_doctor(shell: Shell, **environment: str) -> tuple[object, str]:
    checks = json.loads(shell("doctor", "--json", COASTY_API_KEY="", **environment).out)["checks"]
    (own,) = [check for check in checks if check["name"] == "own service"]
    return own["ok"], own["detail"] + own["remedy"]


def test_doctor_says_whether_it_could_start_or_runs(shell: Shell, tmp_path: Path) -> None:
    """A port that is taken and packages that are missing are notes: only who serves needs either."""
    folder = shell.home / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "config.toml").write_text(f"[serve]\nport = {port}\n")
        ok, said = _told_by_doctor(shell)
        assert ok is None
        assert "--port" in said
    ok, said = _told_by_doctor(shell)
    assert (ok, str(port) in said) == (True, True)
    with serving(shell, "--port", str(port)):
        assert _told_by_doctor(shell) == (True, f"runs at http://127.0.0.1:{port}/v1")
    assert "could listen" in _told_by_doctor(shell)[1]  # it was killed, and its file is still there
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "uvicorn.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')\n"
    )
    ok, said = _told_by_doctor(shell, PYTHONPATH=str(tmp_path / "without"))
    assert ok is None
    assert "pip install" in said


def test_a_run_loads_nothing_of_it() -> None:
    """Neither the server nor what it is made of: a person waits for the first screenshot."""
    code = (
        "import sys\n"
        "from coasty_desk.cli import fast_path\n"
        "from coasty_desk.cli.commands import driving\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('uvicorn', 'h11', 'asyncio', 'click', 'sqlite3')"
        " or name.startswith('coasty_desk.server')])\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_its_help_says_what_it_takes(shell: Shell) -> None:
    """Every option of the contract."""
    said = shell("serve", "--help").out
    for option in (
        *("--port", "--bind", "--allow-host", "--database", "--provider", "--model", "--base-url", "--open"),
        "--webhook-allow-private",
    ):
        assert option in said
    assert "8417" in said
