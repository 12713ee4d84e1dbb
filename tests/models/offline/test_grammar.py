"""Plain instructions, read into steps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import (
    LAST,
    Choose,
    ClickOn,
    Condition,
    DragTo,
    If,
    Instruction,
    NotUnderstoodError,
    Open,
    Pause,
    Press,
    Read,
    Relation,
    Repeat,
    Step,
    Target,
    Tick,
    Turn,
    TypeIn,
    Verify,
    WaitFor,
)

FIRST_RUN = (
    'click "File", then click "Save As…", wait until "Cancel", press ctrl+a, type "/tmp/x.txt", '
    'press enter, wait until "Saved", wait 1 second'
)


def _does(text: str) -> list[Instruction]:
    return [step.does for step in parse(text)]


def test_a_sentence_of_several_instructions_is_read_in_order() -> None:
    """The instruction of the first run, part by part."""
    assert _does(FIRST_RUN) == [
        ClickOn(Target("File")),
        ClickOn(Target("Save As…")),
        WaitFor(Condition(Target("Cancel"))),
        Press((("ctrl", "a"),)),
        TypeIn("/tmp/x.txt"),
        Press((("enter",),)),
        WaitFor(Condition(Target("Saved"))),
        Pause(1.0),
    ]


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("Click on the 2nd “Edit” button.", ClickOn(Target("Edit", "button", 2))),
        ("double-click the last 'a.txt'", ClickOn(Target("a.txt", ordinal=LAST), count=2)),
        ("right-click the link «More»", ClickOn(Target("More", "link"), "right")),
        ("ctrl-click Save As", ClickOn(Target("Save As"), modifiers=("ctrl",))),
        ("click 'don't do it'", ClickOn(Target("don't do it"))),
        ('press the "OK" button', ClickOn(Target("OK", "button"))),
        ('press "OK"', ClickOn(Target("OK"))),
        ('press "Enter"', Press((("Enter",),))),
        ("press ctrl + s", Press((("ctrl", "s"),))),
        ("press ctrl++", Press((("ctrl", "+"),))),
        ("press alt f4", Press((("alt", "f4"),))),
        ("hit the page down key 3 times", Press((("pagedown",),), 3)),
        ("press tab twice", Press((("tab",),), 2)),
        ('type "a, b. c"', TypeIn("a, b. c")),
        (r'type "one\ntwo\\"', TypeIn("one\ntwo\\")),
        (r'type "C:\new\table"', TypeIn(r"C:\new\table")),
        (r'type "\d+\n"', TypeIn(r"\d+\n")),
        ('enter "Bob" into the field "Name"', TypeIn("Bob", Target("Name", "field"))),
        ('fill in "Name" with "Bob"', TypeIn("Bob", Target("Name"), replace=True)),
        ('clear the "Name" field', TypeIn("", Target("Name", "field"), replace=True)),
        ("scroll down", Turn(-5)),
        ("scroll up 3 notches", Turn(3)),
        ('scroll to "Imprint"', Turn(-5, until=Condition(Target("Imprint")))),
        ('scroll right 2 in "Table"', Turn(2, "horizontal", Target("Table"))),
        ('drag "a.txt" onto the folder "b"', DragTo(Target("a.txt"), Target("b"))),
        ("wait 1.5 minutes", Pause(90.0)),
        ("wait 500 ms", Pause(0.5)),
        ('wait for "Done" to appear within 20 seconds', WaitFor(Condition(Target("Done"), newly=True), 20.0)),
        ('wait until "Loading" is no longer visible', WaitFor(Condition(Target("Loading"), there=False))),
        ('check that there is no "Error"', Verify(Condition(Target("Error"), there=False))),
        ('verify that "News" is not checked', Verify(Condition(Target("News"), there=False, of="box"))),
        ('check "I agree"', Tick(Target("I agree"), on=True)),
        ('uncheck the checkbox "News"', Tick(Target("News", "checkbox"), on=False)),
        ('select "Red" from the list "Colour"', Choose("Red", Target("Colour", "list"))),
        ('read the text next to "Total"', Read(Target("", "text", 0, (Relation("next to", Target("Total")),)))),
        ("open the calculator", Open("calculator")),
        ('open the menu "File"', ClickOn(Target("File", "menu"))),
        (
            'click "Edit" in the row of "Bob"',
            ClickOn(Target("Edit", relations=(Relation("in the row of", Target("Bob")),))),
        ),
    ],
)
def test_each_instruction_says_what_it_does(text: str, does: Instruction) -> None:
    """One of every kind, in the words that people use."""
    assert _does(text) == [does]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("choose Message > Save draft", ["Message", "Save draft"]),
        ("choose Insert > Table > 2 x 2, press ctrl+s", ["Insert", "Table", "2 x 2"]),
        ("choose Edit > To Upper Case", ["Edit", "To Upper Case"]),
        (
            "choose Edit > Format > Toggle Case of Selection and press ctrl+s",
            ["Edit", "Format", "Toggle Case of Selection"],
        ),
    ],
)
def test_a_name_in_a_path_ends_where_the_path_or_the_sentence_does(said: str, path: list[str]) -> None:
    """Whatever words it is made of."""
    assert [does for does in _does(said) if isinstance(does, ClickOn)] == [ClickOn(Target(name)) for name in path]


def test_a_numbered_list_is_read_line_by_line() -> None:
    """Numbers, bullets and blank lines are no part of an instruction."""
    text = '1. Click "A"\n2) press enter\n\n- then wait 2 s.\n'
    assert _does(text) == [ClickOn(Target("A")), Press((("enter",),)), Pause(2.0)]


def test_an_if_reaches_to_the_end_of_its_sentence() -> None:
    """What follows the full stop is done in any case."""
    text = 'if "Cookies" is visible, click "Accept", otherwise press esc and wait 1 s. Click "Go"'
    accept = Step(ClickOn(Target("Accept")), 'click "Accept"')
    esc, wait = Step(Press((("esc",),)), "press esc"), Step(Pause(1.0), "wait 1 s")
    assert _does(text) == [If(Condition(Target("Cookies")), (accept,), (esc, wait)), ClickOn(Target("Go"))]


def test_what_is_repeated_is_the_rest_of_the_sentence() -> None:
    """A count before, or a count behind."""
    step = Step(Press((("down",),)), "press down")
    assert _does("repeat 3 times: press down; press enter") == [Repeat((step,), 3), Press((("enter",),))]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('frobnicate "x"', "“frobnicate” is not understood (word 1)"),
        ('click "File" the', '“the” is not understood (word 3, after “click "File"”)'),
        (
            "type password",
            "“password” may be read in two ways: as the text itself, or as what tells which text; expected a text",
        ),
        ('click "A', "is not understood (word 2, after “click”)"),
        ('click "A" and then', 'it ends too early, after “click "A" and then”'),
        ("wait until", "it ends too early, after “wait until”"),
        ("  \n ", "there is nothing to do in it"),
        ('press "flurb" key', "there is no key 'flurb'"),
        ('click "A" 0 times', "“0” is no number of times"),
    ],
)
def test_what_is_not_understood_is_pointed_at(text: str, word: str) -> None:
    """The message has the word in it, its number, and what was expected there."""
    with pytest.raises(NotUnderstoodError) as caught:
        parse(text)
    assert word in str(caught.value)


def test_every_example_in_the_manual_is_understood() -> None:
    """What the table of instructions shows can be said as it stands."""
    page = (Path(__file__).parents[3] / "coasty_desk" / "manual" / "offline.md").read_text("utf-8")
    table = page.partition("| instruction | for example |")[2].partition("\n\n")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.count("|") >= 3 and "---" not in row]
    examples = [example for row in rows for example in re.findall(r"`([a-z][^`]* [^`]*)`", row) if example != "open -a"]
    assert len(examples) >= 18
    for example in examples:
        assert parse(example), example
