"""What a real editor says of itself on a session bus of its own."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from coasty_desk.cli.commands import doctor_command
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings
from coasty_desk.models.offline.a11y.widgets import Front, Tree, Widget
from tests.desktop.xvfb import xvfb

PATIENCE = 30.0


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a desktop on which an editor has the focus."""
    home = tmp_path_factory.mktemp("home")
    note = home / "note.txt"
    note.write_text("Bread and salt", "utf-8")
    with xvfb() as display:
        environment = os.environ | {
            "DISPLAY": display,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "GSETTINGS_BACKEND": "memory",
        }
        environment.pop("NO_AT_BRIDGE", None)
        with _running(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"], environment, told=True
        ) as bus:
            assert bus.stdout is not None
            environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
            with (
                _running(["openbox", "--sm-disable"], environment),
                _running(["mousepad", "--disable-server", str(note)], environment),
            ):
                yield environment


@pytest.fixture
def tree(editor: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    """The accessibility tree of that desktop."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", editor["DBUS_SESSION_BUS_ADDRESS"])
    asked = Tree()
    yield asked
    asked.close()


def _once(tree: Tree, wanted: Callable[[Widget], bool]) -> Widget:
    until = time.monotonic() + PATIENCE
    while True:
        found = [widget for widget in tree.widgets() if wanted(widget)]
        if found:
            return found[0]
        assert time.monotonic() < until, [widget.name for widget in tree.widgets()]
        time.sleep(0.1)


def test_menus_are_told_by_name_kind_and_place(tree: Tree) -> None:
    """The menu bar stands in a row inside the window, in its order."""
    window = _once(tree, lambda widget: widget.kind == "window")
    boxes = [_once(tree, lambda widget, name=name: widget.name == name).box for name in ("File", "Edit", "Search")]  # type: ignore[misc]
    assert [box.top for box in boxes] == [boxes[0].top] * 3
    assert boxes[0].left < boxes[1].left < boxes[2].left
    assert all(window.box.holds(box.centre.x, box.centre.y) for box in boxes)


def test_what_stands_in_a_field_is_told_to_the_letter(tree: Tree) -> None:
    """The text area has the focus, and its text is the file's."""
    area = _once(tree, lambda widget: widget.editable)
    assert (area.kind, area.focused, area.text) == ("field", True, "Bread and salt")


def test_an_open_menu_tells_its_entries_and_which_of_them_are_of_no_use(tree: Tree, editor: dict[str, str]) -> None:
    """Undo can do nothing yet, Select All can; a closed menu tells nothing."""
    assert not [widget for widget in tree.widgets() if widget.name == "Undo"]
    subprocess.run(["xdotool", "key", "alt+e"], env=editor, check=True)
    assert not _once(tree, lambda widget: widget.name == "Undo").enabled
    assert _once(tree, lambda widget: widget.name == "Select All").enabled
    subprocess.run(["xdotool", "key", "Escape"], env=editor, check=True)


def test_only_the_window_in_front_is_asked_as_the_display_tells_it(
    editor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor while it is in front, nothing while a terminal is that tells nothing; doctor tells the two apart."""
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, editor[name])

    def front() -> Front | None:
        found = DesktopSurroundings().front()
        return None if found is None else Front(*found)

    with closing(Tree(front=front)) as tree:
        assert _once(tree, lambda widget: widget.name == "File").kind == "menu"
        with _running(["xterm", "-T", "silent"], editor):
            until = time.monotonic() + PATIENCE
            while (now := front()) is None or now.title != "silent":
                assert time.monotonic() < until
                time.sleep(0.05)
            assert tree.widgets() == ()
            (check,) = doctor_command.accessibility()
            assert re.fullmatch(r"tell their names: .*note\.txt - Mousepad; silent: silent", check.detail)
            assert "QT_LINUX_ACCESSIBILITY_ALWAYS_ON" in check.remedy


def test_without_a_bus_there_is_nothing_and_no_waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A desktop without accessibility is left to the eyes."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
    assert Tree().widgets() == ()


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], *, told: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that ends with the block; `told`: its output is wanted."""
    output = subprocess.PIPE if told else subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
