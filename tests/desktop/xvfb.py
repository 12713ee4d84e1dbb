"""Virtual displays for tests: each its own server, on a number that it chooses itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from Xlib.display import Display


@contextmanager
def xvfb(width: int = 1280, height: int = 800, *options: str, depth: int = 24) -> Iterator[str]:
    """A virtual display; yields its name. It keeps its layout when the last client leaves."""
    if sys.platform != "linux":
        pytest.skip("virtual displays are X11's")
    with _server(
        "Xvfb", "-screen", "0", f"{width}x{height}x{depth}", "-noreset", "-nolisten", "tcp", *options
    ) as display:
        yield display


@contextmanager
def xephyr(outer: str, size: str = "1200x780") -> Iterator[str]:
    """A display in a window of another one, where keys come from a keyboard of its own, as a person's do."""
    with _server("Xephyr", "-screen", size, "-noreset", "-nolisten", "tcp", DISPLAY=outer) as display:
        yield display


@contextmanager
def xvnc(size: str = "1024x768") -> Iterator[str]:
    """TigerVNC's server, which nobody looks at."""
    with _server("Xtigervnc", "-geometry", size, "-depth", "24", "-SecurityTypes", "None", "-rfbport", "-1") as display:
        yield display


@contextmanager
def _server(*command: str, **environment: str) -> Iterator[str]:
    read, write = os.pipe()
    server = subprocess.Popen(
        [*command, "-displayfd", str(write)],
        env=os.environ | environment,
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    try:
        assert number, f"{command[0]} did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def set_layout(display: str, layout: str) -> None:
    """Load a keyboard layout, for example `us` or `us,ru`."""
    subprocess.run(["setxkbmap", "-display", display, layout], check=True)


def pointer_to(display: str, x: int, y: int) -> None:
    """Put the pointer at a real pixel, as somebody else would."""
    subprocess.run(["xdotool", "mousemove", str(x), str(y)], env=os.environ | {"DISPLAY": display}, check=True)


def pointer_at(display: str) -> tuple[int, int]:
    """Where the pointer is, in real pixels, as somebody else sees it."""
    ask = ["xdotool", "getmouselocation", "--shell"]
    said = subprocess.run(ask, env=os.environ | {"DISPLAY": display}, check=True, capture_output=True, text=True)
    told = dict(line.split("=", 1) for line in said.stdout.split())
    return int(told["X"]), int(told["Y"])


def held_down(display: str) -> list[str]:
    """The keys and buttons that are down on it, as its server says to somebody else."""
    connection = Display(display)
    try:
        keys = connection.query_keymap()
        buttons = connection.screen().root.query_pointer().mask
    finally:
        connection.close()
    down = [f"keycode {code}" for code in range(256) if keys[code // 8] >> code % 8 & 1]
    return down + [f"button {number}" for number in range(1, 6) if buttons >> number + 7 & 1]
