"""How the process ends: with its own code, with all that was said, and while a library is still being loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cli.conftest import Shell

LOADS = """
import sys, threading, time
from coasty_desk.cli import app
from coasty_desk.models.offline.vision.engines import best_engine

def carried_out(arguments):
    threading.Thread(target=best_engine, daemon=True).start()
    time.sleep(float(arguments[0]))
    print("said")
    return 5

app._carried_out = carried_out
sys.exit(app.main())
"""


def test_a_library_that_is_still_being_loaded_crashes_nothing() -> None:
    """The reader of the screen is loaded by a thread: wherever it is, the code is the run's."""

    def ended(at: float) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", LOADS, f"{at:.2f}"], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    with ThreadPoolExecutor(2) as two:
        assert set(two.map(ended, [n / 100 for n in range(0, 40, 2)])) == {(5, "said\n")}


def test_what_was_said_is_written_before_the_end(shell: Shell, tmp_path: Path) -> None:
    """Also into a file, which is written in blocks."""
    said = shell("presets")
    with (tmp_path / "out").open("w") as out:
        code = subprocess.run(
            [sys.executable, "-m", "coasty_desk", "presets"], stdout=out, env=shell.environment, check=False
        ).returncode
    assert (code, (tmp_path / "out").read_text("utf-8")) == (said.code, said.out)


def test_a_reader_that_goes_away_is_no_error_of_ours(shell: Shell) -> None:
    """`coasty-desk ... | head -1`."""
    with subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", "run", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_ctrl_c_while_the_program_still_loads_is_a_stop() -> None:
    """No traceback, and the code of a stop."""
    code = """
import sys
from coasty_desk import __main__
from coasty_desk.cli import app

def interrupted():
    raise KeyboardInterrupt

app.main = interrupted
sys.exit(__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_nobody_foresaw_in_a_thread_is_a_sentence() -> None:
    """No traceback: a person cannot do anything with it."""
    code = """
import threading
from coasty_desk.cli import app
app._command(["replay", "--help"])
threading.Thread(target=lambda: 1 / 0).start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (
        done.stderr.splitlines()[0]
        == "coasty-desk: Something went wrong inside coasty-desk: ZeroDivisionError: division by zero"
    )
    assert "Traceback" not in done.stderr


def test_a_stop_while_a_run_is_set_up_is_a_stop_whatever_breaks_meanwhile(shell: Shell) -> None:
    """It cuts the connection to a display that does not answer, and what asks the display then fails."""
    code = """
import sys
from coasty_desk import compose
from coasty_desk.cli.app import main
from coasty_desk.core.errors import DesktopError

reason = sys.argv.pop(1)

def start(asked, _stack):
    asked.stop.trip(reason)
    raise DesktopError("The X server closed the connection.", "Look.")

compose.start = start
sys.exit(main())
"""

    def ended(reason: str) -> tuple[int, str, list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", code, reason, "run", "--json", "--yes", "look"],
            env=shell.environment | {"DISPLAY": ":0"},
            cwd=shell.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        (line,) = done.stdout.splitlines()
        return done.returncode, json.loads(line)["reason"], done.stderr.splitlines()[:1]

    assert ended("interrupt") == (130, "interrupt", [])
    assert ended("hotkey") == (130, "hotkey", [])
    assert ended("desktop")[:2] == (5, "desktop_error"), "the display is gone: a stop of nobody's"
