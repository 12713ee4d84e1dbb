"""On the display at hand, click all over as a model would, and compare with what a window recorded.

Takes turns as JSON: `{"before": [command, ...], "monitor": which, "rect": [left, top, width, height]}`.
"""

import json
import subprocess
import sys
from typing import Any

from Xlib import X
from Xlib.display import Display

from coasty_desk.core.actions import Click, Point
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.capture import MonitorScreen


class Recorder:
    """A window over the whole screen, however large that becomes, that is told of every press."""

    def __init__(self) -> None:
        self._display = Display()
        screen = self._display.screen()
        self._window = screen.root.create_window(
            0, 0, 8000, 8000, 0, screen.root_depth, X.InputOutput, X.CopyFromParent,
            override_redirect=True, event_mask=X.ButtonPressMask,
        )  # fmt: skip
        self._window.map()
        self._display.sync()

    def press(self) -> tuple[int, int]:
        """Where the next press was, in real pixels."""
        event = self._display.next_event()
        return event.root_x, event.root_y


def far(got: int, meant: float, scale: float, *, at_corner: bool) -> bool:
    """Whether a coordinate is off: by more than a pixel, in a corner by more than the inset of two besides."""
    return abs(got - meant) > (max(1.0, scale) + 2 if at_corner else 1.0)


def turn(frame: Frame, rect: Rect, hands: DesktopExecutor, recorder: Recorder) -> list[Any]:
    """Click all over one monitor; what landed elsewhere."""
    wrong: list[Any] = []
    if frame.shows != rect:
        return [("shows", frame.shows)]
    width, height = frame.content.width, frame.content.height
    across, down = rect.width / width, rect.height / height
    if abs(across / down - 1) > 0.01 or not Size(1280, 720).holds(frame.content):
        wrong.append(("sent", frame.content))
    for x in (0, 1, width // 3, width // 2, width - 2, width - 1):
        for y in (0, 3, height // 2 + 1, height - 1):
            hands.perform(frame.place(Click(Point(x, y))))
            got = recorder.press()
            corner = x in (0, width - 1) and y in (0, height - 1)
            off_x = far(got[0], rect.left + x * across, across, at_corner=corner)
            off_y = far(got[1], rect.top + y * down, down, at_corner=corner)
            if off_x or off_y:
                wrong.append(((x, y), got))
    return wrong


def main(turns: list[dict[str, Any]]) -> None:
    """Do all turns in one run."""
    recorder = Recorder()
    hands = DesktopExecutor(Stop())
    hands._pointer._keep_apart = lambda *_: None  # type: ignore[method-assign]  # these need not be single clicks
    screen = MonitorScreen(Stop(), monitor=turns[0]["monitor"], max_size=Size(1280, 720))
    wrong = []
    for each in turns:
        for command in each.get("before", []):
            subprocess.run(command, check=True)
        wrong += turn(screen.capture(), Rect(*each["rect"]), hands, recorder)
    hands.release()
    screen.close()
    if wrong:
        sys.exit(f"these are not as meant: {wrong}")


main(json.loads(sys.argv[1]))
