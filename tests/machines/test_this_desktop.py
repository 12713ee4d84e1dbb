"""This desktop as a machine: looked at and driven by a worker of its own, as a run would drive it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk.desktop.linux import stop_socket
from coasty_desk.desktop.linux.stop_socket import StopCall
from coasty_desk.machines.machine_errors import MachineBusyError, MachineStateError, NoMachineError
from coasty_desk.machines.posix_chromium import found_programs
from coasty_desk.machines.registry import MachineRegistry
from coasty_desk.machines.worker_protocol import StepResult
from tests.cli.conftest import recording
from tests.desktop.targets import App
from tests.desktop.xvfb import pointer_to, xvfb
from tests.machines.conftest import Home, done, step, until


@pytest.fixture
def app(display: str) -> Iterator[App]:
    """A window that keeps what reaches it."""
    with recording(display) as found:
        yield found


def letters(app: App) -> str:
    """What was typed."""
    return "".join(chr(event["keysym"]) for event in app.of_kind("key_down") if 32 <= event["keysym"] < 127)


def test_it_is_looked_at_in_either_format(machines: MachineRegistry, app: App) -> None:
    """At its full size; the alias and the id are one machine."""
    picture = machines.look("desktop", "jpeg")
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 1280, 720)
    lossless = Image.open(io.BytesIO(machines.look(machines.desktop_id, "png").image))
    assert lossless.size == (1280, 720)
    assert lossless.convert("RGB").getpixel((640, 300)) == (0x33, 0x66, 0x99)
    assert machines.find("desktop").screen == (1280, 720)


@pytest.mark.parametrize(
    ("command", "parameters", "kind", "count"),
    [
        ("click", {"x": 300, "y": 200}, "press", 1),
        ("click", {"x": 300.0, "y": 200, "button": "right", "clicks": 1}, "press", 1),
        ("double_click", {"x": 300, "y": 200}, "press", 2),
        ("click_with_modifiers", {"x": 300, "y": 200, "keys": ["shift"]}, "press", 1),
        ("move", {"x": 300, "y": 200}, "motion", 1),
        ("scroll", {"x": 300, "y": 200, "direction": "down", "amount": 3}, "press", 3),
        ("scroll", {"x": 300, "y": 200, "clicks": -3}, "press", 3),
        ("drag", {"x1": 100, "y1": 100, "x2": 300, "y2": 200}, "release", 1),
        ("drag", {"from_x": 100, "from_y": 100, "to_x": 300, "to_y": 200}, "release", 1),
    ],
)
def test_input_lands_where_it_is_meant(
    machines: MachineRegistry, app: App, command: str, parameters: dict[str, object], kind: str, count: int
) -> None:
    """In the machine's own pixels, in every spelling."""
    result = done(machines, command, **parameters)
    assert (result.success, result.error) == (True, None)
    last = app.wait_for(kind, count)[-1]
    assert (last["x"], last["y"]) == (300, 200)


def test_keys_and_text_arrive(machines: MachineRegistry, app: App) -> None:
    """One command after the other, and a batch of them."""
    assert done(machines, "type", text="abc").success
    assert done(machines, "key_press", key="d").success
    assert done(machines, "key_combo", keys="ctrl+e").success
    answer = machines.act("desktop", [step("type_text", text="f"), step("wait", ms=10), step("key_press", keys=["g"])])
    assert [result.success for result in answer.results] == [True, True, True]
    until(lambda: letters(app) == "abcdefg")


def test_a_batch_stops_at_what_fails_unless_it_is_not_to(machines: MachineRegistry, app: App) -> None:
    """What was tried is told, and whether all was."""
    steps = [step("type", text="a"), step("click", x=90_000, y=1), step("type", text="b")]
    answer = machines.act("desktop", steps)
    assert ([result.success for result in answer.results], answer.aborted) == ([True, False], True)
    answer = machines.act("desktop", steps, stop_on_error=False)
    assert ([result.success for result in answer.results], answer.aborted) == ([True, False, True], False)
    until(lambda: letters(app) == "aab")


def test_an_operation_is_done_once(machines: MachineRegistry, app: App) -> None:
    """Asked for again, and by several at once, it has the first answer."""
    answers = []

    def ask() -> None:
        answers.append(machines.act("desktop", [step("type", text="once")], operation="op-1"))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask()
    assert len(answers) == 4
    assert answers[0].results[0].success
    assert all(answer == answers[0] for answer in answers)
    time.sleep(0.3)
    assert letters(app) == "once"


def test_what_a_killed_worker_had_begun_is_in_doubt_for_good(home: Home, app: App) -> None:
    """It is said, not done again; the next command has a new worker."""
    machines = home.registry()
    assert done(machines, "type", text=".").success
    answers = []
    long = [step("type", text="x"), step("type", text="y" * 3000), step("type", text="z")]
    thread = threading.Thread(target=lambda: answers.append(machines.act("desktop", long, operation="op-2")))
    thread.start()
    until(lambda: letters(app).count("y") > 20)
    os.kill(home.worker(machines.desktop_id), signal.SIGKILL)
    thread.join()
    typed = letters(app)
    first, second, third = answers[0].results
    assert (first.success, second.known, third.known) == (True, False, True)
    assert "not known" in (second.error or "")
    again = machines.act("desktop", long, operation="op-2")
    assert again == answers[0]
    assert home.registry().act("desktop", long, operation="op-2") == answers[0]
    subprocess.run(
        [sys.executable, "-m", "coasty_desk", "release"], env=home.environment, check=False, capture_output=True
    )
    assert letters(app).rstrip("y") == typed.rstrip("y")
    assert "z" not in letters(app)


def test_another_service_finds_the_worker_again(home: Home, app: App) -> None:
    """It goes on where a killed service has left it, in the middle of what it does."""
    machines = home.registry()
    assert done(machines, "type", text="a").success
    pid = home.worker(machines.desktop_id)
    again = home.registry()
    assert done(again, "type", text="b").success
    assert home.worker(again.desktop_id) == pid
    assert again.desktop_id == machines.desktop_id
    again.close()
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_worker_on_a_display_of_before_is_not_taken(home: Home, app: App) -> None:
    """Somebody has logged in anew, on another display: that is this desktop now."""
    assert done(home.registry(), "move", x=5, y=5).success
    with xvfb(800, 600) as display:
        home.environment["DISPLAY"] = display
        machines = home.registry()
        assert machines.look("desktop", "jpeg").width == 800
        machines.close()


def test_coasty_desk_stop_ends_what_a_program_types(machines: MachineRegistry, app: App, display: str) -> None:
    """In the middle of a batch, which is not gone on with; and for a while nothing more is taken."""
    assert done(machines, "type", text=".").success
    answers = []
    steps = [step("type", text="x" * 3000), step("type", text="after")]
    thread = threading.Thread(target=lambda: answers.append(machines.act("desktop", steps)))
    thread.start()
    until(lambda: letters(app).count("x") > 20)
    call = StopCall.begin(display)
    assert call is not None
    assert call.ended(5.0)
    thread.join(5.0)
    call._connection.close()
    (result,) = answers[0].results
    assert (result.success, answers[0].aborted) == (False, True)
    assert "stopped" in (result.error or "")
    assert letters(app).count("x") < 2500
    assert "after" not in letters(app)
    with pytest.raises(MachineBusyError, match="person has just stopped") as refused:
        done(machines, "type", text="no")
    assert (refused.value.seconds or 0) > 20


@pytest.mark.skipif(next(found_programs(os.environ["PATH"]), None) is None, reason="there is no browser to drive")
@pytest.mark.parametrize("driven", [False, True])
def test_coasty_desk_stop_ends_a_command_in_a_terminal(
    machines: MachineRegistry, home: Home, app: App, display: str, *, driven: bool
) -> None:
    """With what it has started, whether the machine is driven beside it or not; nothing is taken for a while."""
    del app
    found: list[StepResult] = []
    command = step("terminal_execute", 60.0, command="echo begun > begun; sleep 55.5501; echo late > late")
    thread = threading.Thread(target=lambda: found.extend(machines.act("desktop", [command]).results))
    thread.start()
    until((home.home / "begun").exists)
    if driven:
        assert done(machines, "move", x=5, y=5).success
    call = StopCall.begin(display)
    assert (call is not None) == driven
    if call is None:  # as `coasty-desk stop` does with every process of this user, which may be another test's
        call = StopCall._at(f"\0{stop_socket._virtual()}{home.worker(machines.desktop_id)}".encode())
    assert call is not None
    thread.join(20)
    assert not thread.is_alive()
    assert found[0].error is not None
    assert "A person has stopped it" in found[0].error
    assert call.ended(20)
    call._connection.close()
    assert "55.5501" not in subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    with pytest.raises(MachineBusyError):
        machines.act("desktop", [step("terminal_execute", command="echo more > late")])
    assert not (home.home / "late").exists()


def test_a_stop_ends_what_the_browser_types(machines: MachineRegistry, app: App, display: str) -> None:
    """In the middle of a text, as that of the keyboard; what was to come after it is not done."""
    typed: list[int] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path[1:].isdecimal():
                typed.append(int(self.path[1:]))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<textarea oninput='value.length % 50 || fetch(value.length)'></textarea>")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{site.server_port}/"
    opened = [step("browser_open", 60, url=page, screenshot=False), step("browser_click", selector="textarea")]
    assert all(result.success for result in machines.act("desktop", opened).results)
    answers = []
    steps = [step("browser_type", text="x" * 2000, screenshot=False) for _ in range(3)]
    thread = threading.Thread(target=lambda: answers.append(machines.act("desktop", steps)))
    thread.start()
    until(lambda: len(typed) > 0)
    call = StopCall.begin(display)
    assert call is not None
    assert call.ended(5.0)
    thread.join(5.0)
    call._connection.close()
    (result,) = answers[0].results
    assert (result.success, answers[0].aborted) == (False, True)
    assert "stopped" in (result.error or "")
    time.sleep(0.5)
    before = max(typed)
    time.sleep(0.5)
    assert max(typed) == before < 2000
    site.shutdown()
    site.server_close()
    with pytest.raises(MachineBusyError, match="person has just stopped"):
        done(machines, "browser_click", selector="textarea")


@pytest.mark.parametrize("keys", [["Escape", "Escape", "Escape"], ["ctrl+shift+F12"]])
def test_the_abort_keys_end_a_batch(machines: MachineRegistry, app: App, display: str, keys: list[str]) -> None:
    """As they end a run; what was to come after it is not done."""
    assert done(machines, "type", text=".").success
    answers = []
    steps = [step("wait", seconds=20), step("type", text="after")]
    thread = threading.Thread(target=lambda: answers.append(machines.act("desktop", steps)))
    thread.start()
    time.sleep(0.3)
    subprocess.run(["xdotool", "key", *keys], env=os.environ | {"DISPLAY": display}, check=True)
    pressed = time.monotonic()
    thread.join(10.0)
    assert time.monotonic() - pressed < 5
    assert [result.success for result in answers[0].results] == [False]
    assert "keyboard" in (answers[0].results[0].error or "")
    with pytest.raises(MachineBusyError):
        done(machines, "type", text="no")
    assert "after" not in letters(app)


def test_a_hand_on_the_mouse_is_respected(machines: MachineRegistry, app: App, display: str) -> None:
    """What was to be done where somebody has just moved the pointer is not done, and said."""
    assert done(machines, "move", x=300, y=300).success
    pointer_to(display, 600, 500)
    result = done(machines, "click", x=300, y=300)
    assert not result.success
    assert "person moved the pointer" in (result.error or "")
    assert not app.of_kind("press")
    assert done(machines, "click", x=300, y=300).success


def test_while_a_run_drives_nothing_is_taken(machines: MachineRegistry, home: Home, app: App) -> None:
    """It can be looked at; afterwards it is free again."""
    code = (
        "from coasty_desk.core.stop import Stop\nfrom coasty_desk.desktop.display_lock import display_held\n"
        "with display_held(Stop(), run_id='r', task='a task'):\n    print('held', flush=True)\n    input()\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], env=home.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdin is not None
    assert run.stdout is not None
    assert run.stdout.readline() == "held\n"
    with pytest.raises(MachineBusyError, match="a task"):
        done(machines, "click", x=10, y=10)
    assert machines.look("desktop", "jpeg").width == 1280
    run.communicate("\n", timeout=10)
    assert done(machines, "click", x=10, y=10).success


def test_the_rules_of_a_run_hold(home: Home, app: App, tmp_path: Path) -> None:
    """Policy, bounds and masks of the person's own configuration."""
    policy = tmp_path / "policy.toml"
    policy.write_text('blocked_actions = ["drag"]\ntyped_text_denied = ["rm -rf"]\n')
    home.configure(f'[run]\npolicy = ["{policy}"]\nmask = "0,0,100,100"\n')
    machines = home.registry()
    picture = Image.open(io.BytesIO(machines.look("desktop", "png").image)).convert("RGB")
    assert (picture.getpixel((50, 50)), picture.getpixel((150, 50))) == ((0, 0, 0), (0x33, 0x66, 0x99))
    for command, parameters in (
        ("drag", {"x1": 200, "y1": 200, "x2": 300, "y2": 300}),
        ("click", {"x": 50, "y": 50}),
        ("type", {"text": "rm -rf /"}),
    ):
        result = done(machines, command, **parameters)
        assert not result.success
        assert "refused" in (result.error or "")
    assert not app.of_kind("press")
    assert letters(app) == ""
    assert done(machines, "click", x=200, y=200).success


def test_rules_that_are_changed_hold_from_the_next_command_on(home: Home, app: App) -> None:
    """Without starting anything anew; where they cannot be read nothing is done."""
    machines = home.registry()
    assert done(machines, "click", x=200, y=200).success
    home.configure('[run]\nmask = "0,0,100,100"\n')
    assert not done(machines, "click", x=50, y=50).success
    picture = Image.open(io.BytesIO(machines.look("desktop", "png").image)).convert("RGB")
    assert picture.getpixel((50, 50)) == (0, 0, 0)
    home.configure("[run]\nmask = nonsense\n")
    assert "config.toml" in (done(machines, "click", x=200, y=200).error or "")
    home.configure("[run]\n")
    assert done(machines, "click", x=50, y=50).success
    assert len(app.of_kind("press")) == 2


def test_where_nobody_can_say_yes_the_answer_is_no(home: Home, app: App) -> None:
    """A rule that asks is a rule that refuses."""
    home.configure('[run]\nconfirm = "always"\n')
    result = done(home.registry(), "click", x=200, y=200)
    assert (result.success, app.of_kind("press")) == (False, [])
    assert "person did not agree" in (result.error or "")


def test_it_is_always_there(machines: MachineRegistry) -> None:
    """It cannot be stopped, kept or taken away."""
    for change in (machines.start, machines.stop, machines.restart, machines.snapshot, machines.terminate):
        with pytest.raises(MachineStateError) as refused:
            change("desktop")
        assert refused.value.allowed == ()
    with pytest.raises(NoMachineError):
        machines.find("../desktop")
    with pytest.raises(NoMachineError):
        machines.look("00000000-0000-0000-0000-000000000000", "png")


def test_what_takes_too_long_is_ended(machines: MachineRegistry, app: App) -> None:
    """In the middle, and nothing is held down."""
    (result,) = machines.act("desktop", [step("type", 0.5, text="x" * 20_000)]).results
    assert not result.success
    assert "longer than" in (result.error or "")
    assert done(machines, "type", text="z").success
    until(lambda: letters(app).endswith("z"))


def test_its_shell_and_files_are_there_beside_what_is_typed(machines: MachineRegistry, home: Home, app: App) -> None:
    """Several at once: a command line runs while something is typed; our own data is out of bounds."""
    assert done(machines, "type", text=".").success
    thread = threading.Thread(target=lambda: done(machines, "type", text="x" * 500))
    thread.start()
    until(lambda: "x" in letters(app))
    said = done(machines, "terminal_execute", command="echo $DISPLAY")
    assert said.success
    assert home.display in str(said.result)
    assert letters(app).count("x") < 500
    assert done(machines, "file_write", path="a.txt", content="text").success
    assert (home.home / "a.txt").read_text() == "text"
    assert not done(machines, "file_read", path=str(home.root / "desktop.id")).success
    thread.join()


def test_its_files_are_its_owners_alone(machines: MachineRegistry, home: Home, app: App) -> None:
    """Records, journal, socket and their folders."""
    assert done(machines, "type", text="a").success
    machines.act("desktop", [step("type", text="b")], operation="op")
    found = list(home.root.rglob("*"))
    assert {"operations.db", "machine.json", "worker.lock"} <= {path.name for path in found}
    for path in found:
        assert path.lstat().st_mode & 0o077 == 0, path
