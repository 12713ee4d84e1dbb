"""What assistive technology tells of a masked place is heard by nobody."""

from __future__ import annotations

import pytest
from PIL import Image

from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.predictor import OfflinePredictor
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

SIZE = Size(800, 600)


def test_a_masked_thing_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a button in the mask nor a field that reaches into it; what lies beside it does."""
    told = [
        Widget("Save", "button", Box(500, 500, 560, 520)),
        Widget("Pay my bank", "button", Box(120, 120, 180, 140)),
        Widget("Account", "field", Box(190, 120, 400, 140), text="DE12 3456"),
    ]
    predictor = OfflinePredictor(Stop())
    monkeypatch.setattr(predictor._tree, "widgets", lambda: told)
    predictor._frame = Frame(b"", "image/png", SIZE, SIZE, Rect(0, 0, 800, 600), (Rect(100, 100, 100, 100),))
    save = Text("Save", Box(500, 500, 560, 520), 1.0)
    heard = predictor._widgets(ReadScreen(Image.new("RGB", (800, 600)), (save,), {}))
    assert [widget.name for widget in heard] == ["Save"]
    predictor.close()
