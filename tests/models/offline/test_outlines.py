"""Narrow buttons side by side are things of their own, and brackets in a sentence are none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.vision.segmentation import parted
from coasty_desk.models.offline.vision.texts import Box, Text

FONT = ImageFont.load_default(14)


def _row(*words: str, outlined: bool) -> tuple[Image.Image, Box]:
    picture = Image.new("RGB", (500, 80), "white")
    draw, left = ImageDraw.Draw(picture), 30
    for word in words:
        wide = round(draw.textlength(word, FONT))
        if outlined:
            draw.rounded_rectangle((left - 6, 24, left + wide + 6, 48), 11, outline="black")
        draw.text((left, 27), word, fill="black", font=FONT)
        left += wide + 16
    return picture, Box(24, 25, left - 8, 47)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("Keep", "Drop", "Swap"), "Keep (Drop) Swap"),
        (("Retry", "Skip"), "(Retry) (Skip)"),
        (("On", "Off"), "[On] Off"),
    ],
)
def test_words_in_outlines_are_parted_where_the_outlines_are(words: tuple[str, ...], read: str) -> None:
    """Without the brackets that the outlines were read as."""
    picture, line = _row(*words, outlined=True)
    parts = parted(Text(read, line), picture)
    assert [part.text for part in parts] == [*words]
    assert all(before.box.right < after.box.left for before, after in pairwise(parts))


def test_brackets_in_a_sentence_stay() -> None:
    """No outline is there."""
    picture, line = _row("Files", "(two)", "left", outlined=False)
    assert " ".join(part.text for part in parted(Text("Files (two) left", line), picture)) == "Files (two) left"
