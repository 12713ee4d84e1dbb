"""What selects the text of a field before another is typed in its place."""

from __future__ import annotations

import pytest
from PIL import Image

from coasty_desk.core.actions import Click, KeyCombo
from coasty_desk.core.keys import chords
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.steps.context import Context
from coasty_desk.models.offline.steps.forms import _selecting
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

LABEL = Box(20, 10, 80, 26)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize(("high", "holds", "clicks"), [(30, "", 1), (30, "Ada", 3), (120, "one", 1)])
def test_a_line_is_selected_by_three_clicks_and_a_longer_field_by_keys(
    high: int, holds: str, clicks: int, *, by_name: bool
) -> None:
    """Three clicks select but a line; of a field that was found by its name alone no label tells how high a line is."""
    field = Box(20, 30, 320, 30 + high)
    texts = (Text(holds, Box(26, 36, 80, 52)),) if holds else ()
    sight = Context(ReadScreen(Image.new("RGB", (400, 200), "white"), texts, {}))
    found = Located(field, "it", LABEL, LABEL)
    if by_name:
        found = Located(field, "it", field, field, widget=Widget("Text", "field", field))
    first, *rest = _selecting(sight, found)
    assert isinstance(first, Click)
    assert first.count == clicks
    assert rest == ([KeyCombo(chords.stroke(("mod", "a")))] if high > 100 else [])
