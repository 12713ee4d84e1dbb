"""What looks greyed out, drawn as the toolkits draw it."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.vision.disabled import is_greyed
from coasty_desk.models.offline.vision.texts import Box


@pytest.mark.parametrize(
    ("ink", "ground", "greyed"),
    [
        ("#929595", "#faf9f8", True),  # GTK's Adwaita
        ("#a3a3a3", "#d9d9d9", True),  # Tk
        ("#bebebe", "#efefef", True),  # Qt's Fusion
        ("#aeaeae", "#f8f8f8", True),  # Chromium
        ("#747474", "#353535", True),  # a dark window
        ("#2e3436", "#faf9f8", False),
        ("#000000", "#d9d9d9", False),
        ("#59636e", "#ffffff", False),  # a page's secondary words
        ("#eeeeec", "#353535", False),
        ("#ffffff", "#28a745", False),  # white on a coloured button has as little contrast
        ("#0969da", "#ffffff", False),  # a link
    ],
)
def test_pale_grey_letters_on_grey_are_greyed_out(ink: str, ground: str, *, greyed: bool) -> None:
    """By the contrast of the letters to their ground, not by a colour of it."""
    picture = Image.new("RGB", (200, 60), ground)
    ImageDraw.Draw(picture).text((100, 30), "Save", fill=ink, font=ImageFont.load_default(15), anchor="mm")
    assert is_greyed(picture, Box(80, 20, 120, 40)) is greyed


def test_where_there_are_no_letters_nothing_is_greyed_out() -> None:
    """A plain ground, and a box beyond the screen's edge."""
    picture = Image.new("RGB", (200, 60), "white")
    assert not is_greyed(picture, Box(80, 20, 120, 40))
    assert not is_greyed(picture, Box(80, 20, 80, 40))
