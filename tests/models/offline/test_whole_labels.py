"""What is asked for by its name is clicked by its whole name: a part of another name is another thing."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import Target, Verify
from coasty_desk.models.offline.targeting.locating import Located, Missing, boxes_of, locate
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

FONT = ImageFont.load_default(14)


def scene(*lines: str) -> ReadScreen:
    """The lines as an engine reads them, one below the other, black on white."""
    picture = Image.new("RGB", (600, 40 * len(lines) + 20), "white")
    draw = ImageDraw.Draw(picture)
    texts = []
    for row, line in enumerate(lines):
        draw.text((20, 12 + 40 * row), line, fill="black", font=FONT)
        texts.append(Text(line, Box(20, 10 + 40 * row, 20 + draw.textlength(line, font=FONT), 30 + 40 * row)))
    return ReadScreen(picture, tuple(texts), {text: [text] for text in texts})


@pytest.mark.parametrize(
    ("label", "line"),
    [
        ("Accept", "I do not accept the terms"),
        ("Delete", "Delete all of my data"),
        ("Delete all of", "Delete all of my data"),
        ("Save", "Save As…"),
        ("Send", "Do not send"),
        ("Delete", "DeleteAllData"),
        ("Pal", "PayPal"),
        ("Write", "Read/Write"),
        ("Subscribe", "Unsubscribe"),
        ("Pay now", "Pay now and send the order"),
    ],
)
def test_a_part_of_a_longer_label_is_named_as_near_and_not_clicked(label: str, line: str) -> None:
    """The sentence says what is there instead, so that a person can say which is meant."""
    found = locate(Target(label), scene(line, "Something else"))
    assert isinstance(found, Missing)
    assert f"“{line}”" in found.why or label in ("Pal", "Write", "Accept", "Send", "Subscribe")


@pytest.mark.parametrize(
    ("label", "line"), [("Accept", "I do not accept the terms"), ("Delete", "Delete all of my data")]
)
def test_a_part_that_is_asked_for_as_one_is_found(label: str, line: str) -> None:
    """Said on purpose it is no guess."""
    assert isinstance(locate(Target(label, part=True), scene(line)), Located)


@pytest.mark.parametrize(
    ("label", "line"),
    [
        ("Save As", "Save As…"),
        ("Inbox", "Inbox (3)"),
        ("Inbox", "Inbox [1,204]"),
        ("Search", "EditSearchView"),
        ("View", "EditSearchView"),
        ("Open", "Open… Ctrl+O"),
        ("Quit", "Quit Alt+F4"),
        ("Products", "Home \u203a Products \u203a Shoes"),
        ("Imprint", "Privacy | Imprint | Contact"),
        ("Send me news", "□ Send me news"),
        ("Country", "Country v"),
        ("Name", "Name *"),
    ],
)
def test_signs_counts_and_neighbours_are_no_part_of_a_label(label: str, line: str) -> None:
    """What applications put around a name, and what an engine joins to it, does not make it another name."""
    assert isinstance(locate(Target(label), scene(line)), Located)


def test_a_link_in_a_sentence_stands_out_by_its_colour() -> None:
    """It is a thing of its own where it is drawn as one."""
    picture = Image.new("RGB", (600, 60), "white")
    draw = ImageDraw.Draw(picture)
    at = 20.0
    marks = []
    said = (("I have read the ", "black"), ("terms of use", "#0645ad"), (" and agree", "black"))
    for words, colour in said:
        draw.text((at, 22), words, fill=colour, font=FONT)
        for letter in words:
            marks.append(at)
            at += draw.textlength(letter, font=FONT)
    line = Text("".join(words for words, _ in said), Box(20, 20, at, 40), 1.0, tuple(marks))
    there = ReadScreen(picture, (line,), {line: [line]})
    assert isinstance(locate(Target("terms of use"), there), Located)
    assert isinstance(locate(Target("agree"), there), Missing)


@pytest.mark.parametrize(("text", "there"), [("Ada", True), ("Bob", False)])
def test_what_a_field_contains_is_what_stands_in_that_field(text: str, *, there: bool) -> None:
    """And not what stands in the field below it."""
    picture = Image.new("RGB", (600, 120), "white")
    draw = ImageDraw.Draw(picture)
    texts = []
    for top, label, value in ((15, "Name", "Ada Lovelace"), (65, "Friend", "Bob")):
        draw.rectangle((100, top - 5, 400, top + 25), outline="black")
        for left, said in ((20, label), (110, value)):
            draw.text((left, top + 2), said, fill="black", font=FONT)
            texts.append(Text(said, Box(left, top, left + draw.textlength(said, font=FONT), top + 20)))
    (step,) = parse(f'make sure the field "Name" contains "{text}"')
    assert isinstance(step.does, Verify)
    found = locate(step.does.condition.target, ReadScreen(picture, tuple(texts), {}), loosely=True)
    assert isinstance(found, Located) is there


@pytest.mark.parametrize(
    ("label", "read", "there"),
    [
        ("File", "Eile", True),
        ("Go", "Co", False),
        ("Fine", "Eine", False),
        ("File", "Bile", False),
        ("Move to Trash", "Move to Irash", True),
        ("Move to Trash", "Move to Crash", False),
        ("Add tab", "Add iab", False),
    ],
)
def test_a_menus_word_is_known_again_with_its_underlined_letter_misread(label: str, read: str, *, there: bool) -> None:
    """Only a menu's, or the first letter of a word in a longer label: any other word of four letters is another word."""
    assert isinstance(locate(Target(label), scene(read)), Located) is there


@pytest.mark.parametrize(
    ("label", "line", "there"),
    [("Paid", "Order 12 is paid", True), ("Paid", "Not paid: card refused", False), ("saved", "It could not be saved", False),
     ("bezahlt", "Noch nicht bezahlt", False), ("Saved", "No errors. Saved at 12:04", True)],
)  # fmt: skip
def test_what_a_line_denies_is_not_what_is_looked_for(label: str, line: str, *, there: bool) -> None:
    """A wait for “Paid” is not over where the page says that it is not."""
    assert isinstance(locate(Target(label), scene(line), loosely=True), Located) is there


def test_a_letter_in_a_longer_label_that_is_narrower_than_its_edges_is_no_name() -> None:
    """Nothing is left of it whose colour could be seen."""
    assert isinstance(locate(Target("i"), scene("Wi-Fi is on")), Missing)


@pytest.mark.parametrize(
    ("label", "line", "there"),
    [
        ("Imprint", "127.0.0.1:42669/shop/list.html?imprint", False),
        ("Paid", "https://shop.example/orders/paid", False),
        ("Paid", "shop.example/orders?state=paid&page=2", False),
        ("Sent", "See (localhost:8000/mail/sent)", False),
        ("Paid", "shop.example/orders/paid Paid", True),
        ("note.txt", "files.example/note.txt", True),
        ("/orders", "shop.example/orders", True),
        ("note", "~/letters/note.txt", True),
        ("Yes", "Yes/No", True),
        ("Paid", "Due 9:30/Paid", True),
        ("Paid", "Paid.", True),
    ],
)
def test_a_word_of_a_web_address_says_nothing_of_the_page(label: str, line: str, *, there: bool) -> None:
    """Browsers show where one is: an address that has the word stands there before the page is as it is to be."""
    seen = scene(line, "Something else")
    assert isinstance(locate(Target(label), seen, loosely=True), Located) is there
    assert bool(boxes_of(Target(label), seen)) is there
