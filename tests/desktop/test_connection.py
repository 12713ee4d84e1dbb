"""A display that is not there is one clear sentence, never a traceback, and never a line on stdout."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.desktop.xvfb import xvfb

OPEN = """
import sys
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
try:
    DesktopExecutor(Stop()).ready()
except DesktopError as error:
    print(error.message, error.remedy, sep="|")
else:
    print("works")
"""


def opened(**environment: str) -> str:
    """What becomes of an executor in this environment, in words."""
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "XAUTHORITY")}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", OPEN], env=kept | environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DISPLAY is not set"),
        ({"DISPLAY": ""}, "DISPLAY is not set"),
        ({"DISPLAY": ":987"}, "cannot be opened"),
        ({"DISPLAY": "nonsense"}, "no name of a display"),
    ],
)
def test_no_display_is_said_with_a_remedy(environment: dict[str, str], said: str) -> None:
    """Each way of having no display has its sentence and its remedy."""
    message, remedy = opened(**environment).split("|")
    assert said in message
    assert remedy


def test_a_home_without_an_authority_file_is_no_matter(session_display: str) -> None:
    """Nor is one whose authority file has no entry: nothing is printed."""
    assert opened(DISPLAY=session_display, HOME="/nowhere") == "works"
    assert opened(DISPLAY=session_display, XAUTHORITY="/dev/null") == "works"


def test_importing_the_room_touches_no_display() -> None:
    """Every module of the room can be imported without a display, and brings in no library that needs one."""
    code = """
import importlib, pkgutil, sys
import coasty_desk.desktop as room
for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"coasty_desk.desktop.{module.name}")
print([name for name in ("pyautogui", "pynput", "Xlib", "mss", "PIL") if name in sys.modules])
"""
    kept = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    ran = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_server_without_synthetic_input_is_said() -> None:
    """XTEST missing is found before the first action."""
    with xvfb(640, 480, "-extension", "XTEST") as display:
        assert "XTEST" in opened(DISPLAY=display)


def test_a_display_that_dies_is_a_desktop_error() -> None:
    """In mid-run too, the sentence names the display and there is no traceback."""
    code = """
import os, signal, sys
from coasty_desk.core.actions import Click, Point, TypeText
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
hands = DesktopExecutor(Stop())
frame = Frame(b"", "image/png", Size(640, 480), Size(640, 480), Rect(0, 0, 640, 480))
hands.perform(frame.place(Click(Point(5, 5))))
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for action in (Click(Point(9, 9)), TypeText("x")):
    try:
        hands.perform(frame.place(action))
    except DesktopError as error:
        print(error.message)
hands.release()
"""
    with xvfb(640, 480) as display:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"DISPLAY": display},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said, _ = process.communicate("on\n", timeout=20)
    assert said.count("stopped taking input") == 2


ENDS_FOR_ALL = """
import threading
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.silent_server import cut_off
heard = []
def ask(connection, asking):
    try:
        while True:
            connection.sync()
            asking.release()
    except x11.failures():
        heard.append("closed")
    except Exception as error:
        heard.append(repr(error))
for _ in range(25):
    x11.give_up_display(given_up=False)
    connection, asking = x11.display(), threading.Semaphore(0)
    threads = [threading.Thread(target=ask, args=(connection, asking), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        asking.acquire()
    cut_off()
    for thread in threads:
        thread.join(10)
    if any(thread.is_alive() for thread in threads):
        break
print(len(heard), *set(heard))
"""


def test_every_thread_at_a_connection_hears_that_it_is_cut(session_display: str) -> None:
    """None waits for ever for what another one had locked, and none fails on what is no more there."""
    kept = os.environ | {"DISPLAY": session_display}
    ran = subprocess.run([sys.executable, "-c", ENDS_FOR_ALL], env=kept, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "100 closed", ran.stderr
