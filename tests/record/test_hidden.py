"""What was hidden in a recorded picture is kept as such, and does not count where two screens are compared."""

from __future__ import annotations

import json

from PIL import Image

from coasty_desk.core import events as ev
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.record import visual_match
from coasty_desk.wire.journal_codec import Looked, read, to_line

HIDDEN = Rect(0, 0, 640, 720)


def test_the_journal_tells_what_was_hidden() -> None:
    """Written and read again; a picture with nothing hidden says nothing of it."""
    size = Size(1280, 720)
    frame = Frame(b"", "image/png", size, size, Rect(0, 0, 1280, 720), (HIDDEN,))
    [looked] = read([to_line(ev.Observed(run_id="r", step=1, frame=frame), recorded=True)])
    assert isinstance(looked, Looked)
    assert looked.frame().hidden == (HIDDEN,)
    plain = Frame(b"", "image/png", size, size, Rect(0, 0, 1280, 720))
    assert "hidden" not in json.loads(to_line(ev.Observed(run_id="r", step=1, frame=plain), recorded=True))


def test_two_screens_are_compared_without_what_is_hidden() -> None:
    """The terminal was black on the left, and is elsewhere now: only the rest tells. Where all is hidden, nothing is alike."""
    then = Image.new("L", (1280, 720), 255)
    then.paste(0, (0, 0, 640, 720))
    now = Image.new("L", (1280, 720), 255)
    assert visual_match.alike(then, now) < 0.6
    assert visual_match.alike(then, now, [(0, 0, 640, 720)]) == 1
    now.paste(0, (640, 0, 1280, 720))
    assert visual_match.alike(then, now, [(0, 0, 640, 720)]) < 0.1
    assert visual_match.alike(then, then, [(0, 0, 1280, 720)]) == 0
