"""The self-test's window on Windows and macOS: Tk in a process of its own, asked over its pipes.

A process of its own because macOS lets only the main thread of a process have windows, and
does not bear one beside a keyboard listener. Not yet proved on a real machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.base.probe_window import COLOUR, Button, Moved, ProbeEvent

_WHEEL = 120


class TkWindow:
    """A `base.probe_window.ProbeWindow`. Raises DesktopError where this Python has no Tk."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._seen: list[ProbeEvent] = []
        self._text = ""
        self._ask({})

    def show(self, where: Rect) -> None:
        """Be there, on top, with the focus."""
        self._ask({"show": [where.left, where.top, where.width, where.height]})

    def seen(self) -> tuple[ProbeEvent, ...]:
        """What has reached it since it was last asked."""
        self._ask({})
        seen, self._seen = tuple(self._seen), []
        return seen

    def text(self) -> str:
        """What was typed since it was last asked."""
        self._ask({})
        text, self._text = self._text, ""
        return text

    def whole(self) -> None:
        """Not told there."""

    def why_deaf(self) -> str:
        """What withholds input there."""
        return "this program may not control the computer, or the window in front belongs to an administrator"

    def close(self) -> None:
        """Go away."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, command: dict[str, Any]) -> None:
        pipes = self._process
        try:
            assert pipes.stdin is not None  # noqa: S101 - they were asked for
            assert pipes.stdout is not None  # noqa: S101
            pipes.stdin.write(json.dumps(command) + "\n")
            pipes.stdin.flush()
            told = json.loads(pipes.stdout.readline())
        except (OSError, ValueError) as error:
            message = "The self-test's window cannot be opened: this Python has no Tk."
            raise DesktopError(message, "Install Python with Tk (tkinter), and try again.") from error
        self._text += told["text"]
        for one in told["seen"]:
            self._seen.append(Button(*one[1:]) if one[0] == "button" else Moved(*one[1:]))


def _main() -> None:
    import threading
    import tkinter as tk

    class Root(tk.Tk):
        def readprofile(self, baseName: str, className: str) -> None:  # noqa: N803 - the library's names
            """Run no `.Tk.py`: without a home it would be that of the working directory."""

    root = Root()
    root.overrideredirect(boolean=True)
    root.attributes("-topmost", 1)
    area = tk.Text(root, bg="#{:02x}{:02x}{:02x}".format(*COLOUR), highlightthickness=0, borderwidth=0)
    area.pack(fill="both", expand=True)
    told: dict[str, Any] = {"seen": [], "text": ""}

    def button(event: Any, number: int, *, down: bool) -> None:
        told["seen"].append(["button", number, event.x_root, event.y_root, down])

    def wheel(event: Any) -> None:
        sideways = event.state & 1
        number = (7 if event.delta < 0 else 6) if sideways else (4 if event.delta > 0 else 5)
        for _ in range(max(1, abs(event.delta) // _WHEEL)):
            button(event, number, down=True)

    bind: Any = area.bind
    bind("<ButtonPress>", lambda event: button(event, event.num, down=True))
    bind("<ButtonRelease>", lambda event: button(event, event.num, down=False))
    bind("<Motion>", lambda event: told["seen"].append(["moved", event.x_root, event.y_root]))
    bind("<MouseWheel>", wheel)

    def obey(line: str) -> None:
        command = json.loads(line)
        if "show" in command:
            left, top, width, height = command["show"]
            root.geometry(f"{width}x{height}+{left}+{top}")
            root.lift()
            area.focus_force()
        root.update()
        told["text"] = area.get("1.0", "end-1c")
        area.delete("1.0", "end")
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        told["seen"] = []

    def listen() -> None:
        for line in sys.stdin:
            root.after(0, obey, line)
        root.after(0, root.destroy)

    threading.Thread(target=listen, daemon=True).start()
    root.mainloop()


if __name__ == "__main__":
    _main()
