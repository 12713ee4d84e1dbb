"""Runs recorded by carrying out the loop with the shipped fakes, for whoever reads records."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Prediction
from coasty_desk.core.limits import Limits
from coasty_desk.core.ports import SettleResult
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.testing import OpenGate, RecordingExecutor, Reply, ScriptedPredictor
from coasty_desk.wire import journal_codec as wire


class Slides:
    """A screen that shows one picture after the other, the last one for ever."""

    def __init__(self, pictures: Sequence[Image.Image], shows: Rect | None = None) -> None:
        self._pictures = list(pictures)
        self._encoded: dict[int, bytes] = {}
        self._next = 0
        first = self._pictures[0]
        self.shows = shows or Rect(0, 0, first.width, first.height)

    def capture(self) -> Frame:
        picture = self._pictures[min(self._next, len(self._pictures) - 1)]
        self._next += 1
        size = Size(picture.width, picture.height)
        image = self._encoded.get(id(picture)) or self._encoded.setdefault(id(picture), png(picture))
        return Frame(image, "image/png", size, size, self.shows)

    def expect(self) -> None:
        """Nothing is remembered."""

    def between(self) -> None:
        """Nothing opens."""

    def settle(self) -> SettleResult:
        return SettleResult(120.0, 0.1, "at rest")


def png(picture: Image.Image) -> bytes:
    """The picture as PNG."""
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def desktop(
    buttons: Iterable[tuple[int, int, str]], size: tuple[int, int] = (1280, 720), background: str = "#3a6ea5"
) -> Image.Image:
    """A picture of a desktop with a 80x30 button centred at each place, its text on it."""
    picture = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(picture)
    for x, y, text in buttons:
        draw.rectangle((x - 40, y - 15, x + 39, y + 14), fill="#d8d8d8", outline="#303030")
        draw.text((x - 3 * len(text), y - 6), text, fill="#000000")
    return picture


def record(
    folder: Path,
    replies: Iterable[Prediction | Reply],
    screen: Slides,
    *,
    task: str = "Press the button",
    gate: OpenGate | None = None,
    max_steps: int = 25,
    settings: dict[str, object] | None = None,
) -> list[ev.Event]:
    """Carry out a run with a script for a model and keep it in `folder` as a recorder does."""
    (folder / "frames").mkdir(parents=True)
    first = screen.capture()
    job = Job(folder.name, task, "offline", screen.shows, first.sent, Limits(max_steps), 0, settings or {})
    screen._next = 0
    ports = Ports(screen, RecordingExecutor(), ScriptedPredictor(replies), gate or OpenGate(), Stop())
    events = list(run(job, ports))
    lines = []
    for event in events:
        lines.append(wire.to_line(event, recorded=True))
        if isinstance(event, ev.Observed):
            (folder / wire.frame_file(event.step, event.frame.media_type)).write_bytes(event.frame.image)
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n", "ascii")
    return events
