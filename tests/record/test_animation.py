"""A run as an animation: read back frame by frame."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from coasty_desk.core.actions import Click, Drag, Point, Prediction, Refusal, TypeText, Verdict
from coasty_desk.core.errors import UsageError
from coasty_desk.record import timeline
from coasty_desk.record.report import animation
from coasty_desk.record.report.animation import BAR, Format
from coasty_desk.record.report.drawing import INK
from tests.record.recorded import Slides, desktop, record

REPLIES = [
    Prediction(Verdict.CONTINUE, (Click(Point(300, 200)), TypeText("naïve"))),
    Prediction(Verdict.CONTINUE, (Drag(Point(300, 200), Point(900, 600)),)),
    Prediction(Verdict.CONTINUE, (Refusal("a shell", "wire", "no"),)),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of four steps."""
    record(tmp_path / "run", REPLIES, Slides([desktop([(300, 200, "Save")])]))
    return tmp_path / "run"


@pytest.mark.parametrize("form", ["gif", "webp"])
def test_it_shows_each_look_and_each_action_where_it_was_done(folder: Path, form: Format) -> None:
    """Four looks, four actions and the end; the first action's ink is round its point, in the shrunk picture."""
    encoded = animation.animate(timeline.read(folder), folder, form)
    with Image.open(io.BytesIO(encoded)) as moving:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(moving)]
    assert {frame.size for frame in frames} == {(960, 540 + BAR)}
    assert len(frames) == 9
    ring = [(x, y) for x in range(200, 251) for y in range(125, 176) if _inked(frames[1], x, y)]
    assert ring
    assert not any(_inked(frames[0], x, y) for x, y in ring)
    at_the_left = min(x for x, _ in ring)
    at_the_bottom = max(y for _, y in ring)
    assert abs(at_the_left - (225 - 14)) <= 2
    assert abs(at_the_bottom - (150 + 14)) <= 2


def test_a_run_without_pictures_is_said_in_a_sentence(folder: Path) -> None:
    """Nothing to animate is the person's to know."""
    for path in (folder / "frames").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="no pictures"):
        animation.animate(timeline.read(folder), folder, "gif")


def _inked(frame: Image.Image, x: int, y: int) -> bool:
    pixel = frame.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 50 for a, b in zip(pixel, INK, strict=True))
