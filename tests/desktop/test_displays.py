"""Displays that are usual elsewhere work, or one sentence says what to change; it is never to run doctor, from doctor."""

from __future__ import annotations

import io
import secrets
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image
from Xlib import X
from Xlib.display import Display

from coasty_desk.core.abort.abort_key import parse
from coasty_desk.core.actions import Click, Drag, Point
from coasty_desk.core.errors import BrokenOffError, DesktopError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.deep_colour import narrowed
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.selftest import checks
from coasty_desk.desktop.selftest.proofs import selftest
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.access import authority, connect
from tests.cli.conftest import recording
from tests.desktop.xvfb import pointer_to, xvfb, xvnc

SENT = Size(1280, 720)
SECOND = Size(900, 700)
HOTKEY = parse("<ctrl>+<shift>+<f12>")
WILD, LOCAL, INTERNET, INTERNET6 = 65535, 256, 0, 6


def entry(family: int, address: bytes, number: bytes, key: bytes) -> bytes:
    """One entry of an authority file."""
    fields = (address, number, b"MIT-MAGIC-COOKIE-1", key)
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(field)) + field for field in fields)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """A display that asks for a key; the function writes this program's authority file, the key's place marked KEY."""
    key = secrets.token_bytes(16)
    server, ours = tmp_path / "server", tmp_path / "ours"
    server.write_bytes(entry(WILD, b"", b"", key))
    with xvfb(800, 600, "-auth", str(server)) as display:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setenv("XAUTHORITY", str(ours))

        def write(content: bytes) -> None:
            ours.write_bytes(content.replace(b"KEY" * 5 + b"K", key))

        write(entry(WILD, b"", b"", b"KEY" * 5 + b"K"))
        yield write


@contextmanager
def second_screen() -> Iterator[str]:
    """`:N.1` of a display with two."""
    with xvfb(800, 600, "-screen", "1", "900x700x24") as display:
        yield f"{display}.1"


@contextmanager
def kept_on_the_first(display: str) -> Iterator[None]:
    """Another program keeps the pointer where it is, at 300,300 of the first screen."""
    other = Display(f"{display}.0")
    root = other.screen().root
    window = root.create_window(300, 300, 1, 1, 0, X.CopyFromParent, X.InputOnly, override_redirect=True)
    window.map()
    other.sync()
    grabbed = root.grab_pointer(1, 0, X.GrabModeAsync, X.GrabModeAsync, window, X.NONE, X.CurrentTime)
    assert grabbed == X.GrabSuccess
    try:
        yield
    finally:
        other.close()


@pytest.mark.parametrize("action", [Click(Point(300, 300)), Drag(Point(300, 300), Point(500, 400))])
def test_a_click_on_the_second_screen_is_never_made_on_the_first(
    action: Click | Drag, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pointer is fetched from there; where it is kept there, at the very same place, nothing is pressed."""
    with second_screen() as display:
        first = display.removesuffix(".1")
        monkeypatch.setenv("DISPLAY", display)
        with recording(f"{first}.0") as wrong, recording(display) as right:
            executor = DesktopExecutor(Stop())
            frame = Frame(b"", "image/png", SECOND, SECOND, Rect(0, 0, SECOND.width, SECOND.height))
            pointer_to(f"{first}.0", 300, 300)
            with kept_on_the_first(first), pytest.raises(BrokenOffError, match="nothing was pressed") as broken:
                executor.perform(frame.place(action))
            assert broken.value.by == "pointer"
            pointer_to(f"{first}.0", 300, 300)
            executor.perform(frame.place(action))
            (pressed,) = right.wait_for("press", 1)
            executor.release()
            assert (pressed["x"], pressed["y"]) == (300, 300)
            assert wrong.of_kind("press") == []


@pytest.mark.parametrize(
    "start", [xvnc, second_screen, lambda: xvfb(800, 600, depth=30)], ids=["Xvnc", "the second screen", "ten bits"]
)
def test_the_self_test_passes(
    start: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sight, clicks, typing, the wheel, a drag and the abort key, all of it."""
    with start() as display:
        monkeypatch.setenv("DISPLAY", display)
        proofs = list(selftest(SENT))
        assert [proof for proof in proofs if not proof.ok] == []
        assert len(proofs) > 15


def test_ten_bits_a_colour_are_seen_as_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour arrives as it was set, to the bit."""
    with xvfb(320, 240, depth=30) as display:
        monkeypatch.setenv("DISPLAY", display)
        subprocess.run(["xsetroot", "-display", display, "-solid", "#c8417d"], check=True)
        screen = MonitorScreen(Stop(), max_size=SENT)
        with Image.open(io.BytesIO(screen.capture().image)) as seen:
            assert seen.convert("RGB").getcolors() == [(320 * 240, (0xC8, 0x41, 0x7D))]
        screen.close()


def test_each_pixel_is_narrowed_by_itself() -> None:
    """No bit of one gets into its neighbour."""
    white, red, green, blue = 0x3FFFFFFF, 0x3FF00000, 0x000FFC00, 0x000003FF
    raw = struct.pack("<5I", 0, white | 0xC0000000, red, green, blue)
    assert narrowed(raw) == bytes.fromhex("00000000 ffffff00 0000ff00 00ff0000 ff000000")


def test_a_wild_entry_lets_in(locked: Callable[[bytes], None]) -> None:
    """The recipe of every container: an entry that fits any machine."""
    assert [check for check in checks.desktop(SENT, HOTKEY) if check.ok is False] == []


def test_entries_are_chosen_as_libxcb_chooses_them(locked: Callable[[bytes], None]) -> None:
    """The first that fits, whatever comes after it; those of other machines and other displays do not fit."""
    key, stale = b"KEY" * 5 + b"K", b"S" * 16
    locked(
        entry(INTERNET, b"\x0a\x00\x00\x01", b"", stale)
        + entry(WILD, b"", b"99", stale)
        + entry(WILD, b"", b"", key)
        + entry(WILD, b"", b"", stale)
        + b"\x01\x00cut off"
    )
    x11.display().close()
    locked(entry(WILD, b"", b"", stale) + entry(WILD, b"", b"", key))
    with pytest.raises(DesktopError, match="does not let this program in"):
        x11.display()


def test_a_display_without_a_key_says_how_to_get_one(
    locked: Callable[[bytes], None], capfd: pytest.CaptureFixture[str]
) -> None:
    """And nothing goes to stdout, which is the events'."""
    locked(b"")
    (said,) = checks.desktop(SENT, HOTKEY)
    assert "does not let this program in" in said.detail
    assert "XAUTHORITY" in said.remedy
    assert capfd.readouterr().out == ""


def test_an_untrusted_key_is_named(
    locked: Callable[[bytes], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `ssh -X` gives: every command says that it wants a trusted one."""
    untrusted = str(tmp_path / "ours")
    made = ["xauth", "-f", untrusted, "generate", x11.name(), ".", "untrusted", "timeout", "0"]
    subprocess.run(made, check=True, capture_output=True)
    (said,) = checks.desktop(SENT, HOTKEY)
    assert "untrusted" in said.detail
    assert "ssh -Y" in said.remedy
    with pytest.raises(DesktopError, match="untrusted"):
        MonitorScreen(Stop(), max_size=SENT).capture()


@pytest.mark.parametrize("depth", [8, 16])
def test_too_few_colours_are_named(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, and what to change."""
    with xvfb(640, 480, depth=depth) as display:
        monkeypatch.setenv("DISPLAY", display)
        (said,) = checks.desktop(SENT, HOTKEY)
    assert f"{depth} bits" in said.detail
    assert "doctor" not in said.remedy


@pytest.mark.parametrize(
    ("listens", "server"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")]
)
def test_over_the_loopback_the_key_is_that_of_this_machine_by_name(
    listens: str, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `ssh -Y` gives: `localhost:10`, of either version of the protocol, and a key for the machine's own name."""
    address, key = socket.inet_pton(socket.AF_INET6 if ":" in server else socket.AF_INET, server), b"K" * 16
    stale = entry(INTERNET6, address, b"10", b"S" * 16) + entry(INTERNET, address[-4:], b"10", b"S" * 16)
    (tmp_path / "ours").write_bytes(stale + entry(LOCAL, socket.gethostname().encode(), b"10", key))
    monkeypatch.setenv("XAUTHORITY", str(tmp_path / "ours"))
    with (
        socket.create_server((listens, 0), family=socket.AF_INET6 if ":" in listens else socket.AF_INET) as listening,
        socket.create_connection((server, listening.getsockname()[1])) as connected,
    ):
        assert authority(connected, "localhost:10", 10)[1] == key


@pytest.mark.parametrize("name", ["{host}", "unix{host}", "unix/{host}"])
def test_other_ways_to_name_a_local_display_work(
    name: str, locked: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`:N`, `unix:N` and `unix/:N` are one display."""
    monkeypatch.setenv("DISPLAY", name.format(host=x11.name()))
    assert [check for check in checks.desktop(SENT, HOTKEY) if check.ok is False] == []


NO_FILE, FILE = "\0/tmp/.X11-unix/X", "/tmp/.X11-unix/X"


@pytest.fixture
def listening() -> Iterator[Callable[[set[str]], int]]:
    """The function makes a display's two sockets, of which these have a server behind them; its number."""
    with ExitStack() as sockets:

        def listen(live: set[str]) -> int:
            number = next(one for one in range(4000, 5000) if not Path(f"{FILE}{one}").exists())
            for name in (NO_FILE, FILE):
                server = sockets.enter_context(socket.socket(socket.AF_UNIX))
                server.bind(f"{name}{number}")
                if name in live:
                    server.listen()
            sockets.callback(Path(f"{FILE}{number}").unlink)
            return number

        yield listen


@pytest.mark.parametrize(("live", "answers"), [({NO_FILE}, NO_FILE), ({NO_FILE, FILE}, NO_FILE), ({FILE}, FILE)])
def test_a_file_that_is_left_hides_no_server(
    live: set[str], answers: str, listening: Callable[[set[str]], int]
) -> None:
    """The socket without a file comes first, as libxcb has it: what takes the pictures must reach the same server."""
    number = listening(live)
    with connect(None, "", number) as connected:
        peer = connected.getpeername()
    assert (peer.decode() if isinstance(peer, bytes) else peer) == f"{answers}{number}"


def test_a_display_without_local_sockets_is_sought_over_the_loopback() -> None:
    """As libxcb does, where the name does not say `unix`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.getsockname()[1] - 6000
        with connect(None, "", number) as connected:
            assert connected.getpeername()[0] in ("127.0.0.1", "::1")
        with pytest.raises(OSError, match=r"refused|No such file"):
            connect("unix", "", number)


def test_nothing_is_read_where_there_is_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A display that asks for no key is opened without one."""
    monkeypatch.setenv("XAUTHORITY", str(tmp_path / "none"))
    with socket.socket(socket.AF_UNIX) as connected:
        assert authority(connected, ":0", 0) == (b"", b"")
