"""Whether what is read is what was typed, and where the ink of a line is."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.steps.evidence import changes, is_as_it_was, is_more, of_typing, reads_as, says_the_same
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.segmentation import parted
from coasty_desk.models.offline.vision.texts import Box, Text


@pytest.mark.parametrize(
    ("typed", "read", "same"),
    [
        ("naïve café, number 42", "naïve café, numbe r 42", True),
        ("Größe 42, Привет, 3 < 5 & done.", "Größe 42, NpuBeT, 3 < 5 & done.", True),
        ("the quick brown fox", "the quick brown dog", False),
        ("order 1234", "order 1284", False),
        ("Привет", "NpuBeT", True),
        ("7*(3+4)", "7*3+4]", True),
        ("7*(3+4)", "7*(3+5)", False),
        ("(a)", "b", False),
    ],
)
def test_typed_text_is_known_again_but_for_what_the_engine_mistakes(typed: str, read: str, *, same: bool) -> None:
    """Digits must be right and words the same; characters of a script that the engine cannot read prove nothing."""
    assert reads_as(typed, read) is same


@pytest.mark.parametrize(("where", "count"), [((60, 20, 61, 36), 0), ((60, 20, 63, 23), 1), ((60, 20, 60, 20), 0)])
def test_a_dot_that_goes_is_a_change_and_a_caret_that_blinks_is_none(where: tuple[int, ...], count: int) -> None:
    """Before the name of a text that is not saved stands a dot, four pixels wide; a speck is nothing."""
    before, after = (Image.new("RGB", (200, 100), "white") for _ in range(2))
    ImageDraw.Draw(before).rectangle(where, fill="black")
    assert len(changes(ReadScreen(before, (), {}), ReadScreen(after, (), {}))) == count


def test_a_speck_that_is_read_as_a_letter_says_nothing() -> None:
    """The corner of a field that the pointer has lit up."""
    picture, where = Image.new("RGB", (400, 100), "white"), Box(20, 20, 300, 80)
    empty, speck, digit = (
        ReadScreen(picture, texts, {})
        for texts in ((), (Text("6", Box(290, 70, 296, 76)),), (Text("6", Box(40, 40, 50, 56)),))
    )
    assert says_the_same(empty, speck, where)
    assert not says_the_same(empty, digit, where)


def test_a_file_name_with_another_ending_behind_it_is_not_what_was_typed() -> None:
    """A dialog keeps the ending of the name that it offered."""
    white = Image.new("RGB", (400, 100), "white")
    written = white.copy()
    ImageDraw.Draw(written).rectangle((40, 40, 200, 60), fill="black")
    for read, right in (("/tmp/a.txt", True), ("/tmp/a.txt.txt", False), ("save /tmp/a.txt. Then", True)):
        after = ReadScreen(written, (Text(read, Box(40, 40, 200, 60)),), {})
        assert (of_typing("/tmp/a.txt", ReadScreen(white, (), {}), after) is None) is right


@pytest.mark.parametrize("shaded", [False, True], ids=["plain", "shaded"])
def test_a_title_on_a_shaded_bar_stays_one_text(*, shaded: bool) -> None:
    """A bar that runs from one shade to another is ground, and not a wall between the letters."""
    picture = Image.new("RGB", (300, 20), (140, 170, 215))
    draw = ImageDraw.Draw(picture)
    if shaded:
        for y in range(20):
            draw.line([(0, y), (300, y)], fill=(170 - 5 * y, 200 - 5 * y, 235 - 4 * y))
    font = ImageFont.load_default(13)
    draw.text((20, 2), "Untitled 1 - Mousepad", fill="white", font=font)
    box = Box(18, 1, 20 + draw.textlength("Untitled 1 - Mousepad", font=font) + 2, 19)
    assert [text.text for text in parted(Text("Untitled 1 - Mousepad", box, 1.0, ()), picture)] == [
        "Untitled 1 - Mousepad"
    ]


@pytest.mark.parametrize("told", ["Ada Lovelace", "xAda", "Ada\nGrace", "••••"])
def test_what_a_field_holds_beside_the_text_is_seen(told: str) -> None:
    """By accessibility, whatever stands before, after or below it, and by the count of a password's dots."""
    assert is_more("Ada", told)


@pytest.mark.parametrize("told", ["Ada", " Ada\n", "•••"])
def test_a_field_that_holds_the_text_alone_is_not_doubted(told: str) -> None:
    """Spaces and line ends around it are no other text."""
    assert not is_more("Ada", told)


def test_a_reading_is_believed_once_the_caret_is_away() -> None:
    """A caret beside the last letter makes another of it; with no change at all the first doubt stands."""
    field = Box(10, 10, 190, 40)
    bare = Image.new("RGB", (200, 60), "white")
    ImageDraw.Draw(bare).rectangle((20, 18, 60, 32), fill="black")
    with_caret = bare.copy()
    ImageDraw.Draw(with_caret).line((64, 14, 64, 36), fill="black")
    plain, blinking = (ReadScreen(picture, (), {}) for picture in (bare, with_caret))
    assert not is_as_it_was(blinking, plain, field)
    assert is_as_it_was(plain, blinking, field)
    assert is_as_it_was(plain, ReadScreen(bare.copy(), (), {}), field)
