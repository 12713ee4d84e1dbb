"""How exactly and how fast text arrives: ours, pyautogui's and xdotool's, in real applications on several layouts.

    .venv/bin/python scripts/bench_typing.py [--targets tk,xterm] [--layouts us,de] [--methods ours,pyautogui]

Each text is typed into an emptied field and read back; it is exact if it is equal. The speed is
that of the texts that arrived, by the time that the method took to type them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OWN_EVENTS
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard
from tests.desktop import targets
from tests.desktop.xvfb import pointer_to, set_layout, xvfb

TEXTS = {
    "ASCII": "".join(map(chr, range(32, 127))) * 2,
    "Latin": "Àéîõü ñ ß Ÿ œ Æ ø Å ž č ł ğ ı ő ţ ¿¡ «» €£¥ “q” – — … ‚‘’",  # noqa: RUF001 - dashes and quotes of every kind
    "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю. Ґґ Її Єє Ўў",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΆΈΉΊΌΎΏ ϊ ΰ ς",
    "Chinese": "我能吞下玻璃而不伤身体。天地玄黄宇宙洪荒日月盈昃辰宿列张。",
    "Japanese": "いろはにほへと ちりぬるを カタカナ 漢字仮名交じり文。",
    "Korean": "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.",
    "emoji": "😀👍🏽👩‍💻🇩🇪❤️🏳️‍🌈 ok",
    "5,000 characters": "The quick brown fox jumps over the lazy dog, 0123456789.\n" * 88,
}
LAYOUTS = {"us": 0, "de": 0, "fr": 0, "ru": 0, "gr": 0, "us,ru": 1}
OPENERS: dict[str, Callable[[str], Any]] = {
    "tk": targets.tk,
    "gtk": targets.gtk,
    "qt": targets.qt,
    "xterm": targets.Xterm,
    "input": targets.Chromium,
    "textarea": targets.Chromium,
    "contenteditable": targets.Chromium,
}
PYAUTOGUI = """
import sys, time
import pyautogui
pyautogui.PAUSE = 0
text = sys.stdin.read()
began = time.perf_counter()
pyautogui.write(text)
print(time.perf_counter() - began)
"""
PATIENCE = 60.0


def by_pyautogui(text: str) -> float | None:
    """Seconds that it took; None where it did not come back (it hangs on a key that the layout lacks)."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", PYAUTOGUI],
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE / 4,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return float(ran.stdout) if ran.returncode == 0 else None


def by_xdotool(text: str) -> float | None:
    """Seconds that it took, at its own default pace."""
    began = time.perf_counter()
    subprocess.run(["xdotool", "type", "--file", "-"], input=text, text=True, timeout=PATIENCE * 4, check=False)
    return time.perf_counter() - began


class Ours:
    """The product's keyboard, kept open as in a run."""

    def __init__(self) -> None:
        self._keyboard = X11Keyboard(Stop(), Pressed(), OWN_EVENTS)

    def __call__(self, text: str) -> float | None:
        """Seconds that it took."""
        began = time.perf_counter()
        self._keyboard.type(text)
        return time.perf_counter() - began

    def close(self) -> None:
        """Give back what was borrowed."""
        self._keyboard.close()


@contextmanager
def field(display: str, name: str) -> Iterator[Any]:
    """An application's text field."""
    with targets.closing(OPENERS[name](display)) as opened:
        yield opened.field(name) if isinstance(opened, targets.Chromium) else opened


def main() -> None:
    """Type everything everywhere and print one row for each method and target."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--targets", default=",".join(OPENERS))
    options.add_argument("--layouts", default="us;de;fr;ru;gr;us,ru", help="separated by semicolons")
    options.add_argument("--methods", default="ours,pyautogui,xdotool")
    chosen = options.parse_args()
    print(f"{'method':<10} {'target':<16} {'exact':>9} {'c/s':>7} {'c/s ASCII':>9}  not exact")
    with xvfb() as display:
        os.environ["DISPLAY"] = display
        pointer_to(display, 400, 250)
        for target in chosen.targets.split(","):
            with field(display, target) as opened:
                for method in chosen.methods.split(","):
                    row(method, target, opened, display, chosen.layouts.split(";"))


def row(method: str, target: str, opened: Any, display: str, layouts: list[str]) -> None:
    """One method in one target, on all layouts and with all texts."""
    ours = Ours() if method == "ours" else None
    write = ours or {"pyautogui": by_pyautogui, "xdotool": by_xdotool}[method]
    exact, tried, speeds, ascii_speeds, failed = 0, 0, [], [], []
    for layout in layouts:
        for name, text in TEXTS.items():
            if target == "input" and "\n" in text:
                continue
            switch(display, layout)
            opened.clear()
            took = write(text)
            tried += 1
            if took is None or opened.text() != text:
                failed.append(f"{layout}/{name}" + " (hangs)" * (took is None))
                continue
            exact += 1
            speeds.append((len(text), took))
            if text.isascii():
                ascii_speeds.append((len(text), took))
    if ours is not None:
        ours.close()
    shown = ", ".join(failed[:4]) + (f" and {len(failed) - 4} more" if len(failed) > 4 else "")
    print(
        f"{method:<10} {target:<16} {exact:>4}/{tried:<4} {rate(speeds):>7} {rate(ascii_speeds):>9}  {shown}",
        flush=True,
    )


def rate(pairs: list[tuple[int, float]]) -> str:
    """Characters a second over all that arrived."""
    return f"{sum(n for n, _ in pairs) / sum(s for _, s in pairs):.0f}" if pairs else "-"


def switch(display: str, layout: str) -> None:
    """Load a layout and make its last group the active one."""
    set_layout(display, layout)
    connection = x11.display()
    xkb = Xkb.open(connection)
    assert xkb is not None
    xkb.lock_group(LAYOUTS.get(layout, 0))
    connection.sync()
    connection.close()


main()
