"""Steps in their order, what follows a condition, and where a plan ends."""

from __future__ import annotations

import pytest
from PIL import Image

from coasty_desk.core.actions import Action, PressKeys, Wait
from coasty_desk.models.offline.interpreter import Plan, waits
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.steps.context import CannotError, Context
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text


def _done(task: str, *texts: str) -> list[Action]:
    """What the plan does on a screen that never changes."""
    said = tuple(Text(text, Box(20, 30 * n + 10, 120, 30 * n + 26)) for n, text in enumerate(texts))
    seen = ReadScreen(Image.new("RGB", (400, 200), "white"), said, {text: [text] for text in said})
    going = Plan(Context(seen)).whole(parse(task))
    made: list[Action] = []
    try:
        batch = next(going)
        while True:
            made += batch.actions
            batch = going.send(seen)
    except StopIteration:
        return made


def test_a_condition_decides_between_two_ways() -> None:
    """By what is on the screen."""
    task = 'if "Cookies" is visible press escape, otherwise press home'
    assert [type(one) for one in _done(task, "Cookies")] == [PressKeys]
    assert _done(task, "Cookies") != _done(task, "Shop")


def test_what_is_repeated_is_done_so_often() -> None:
    """In its order."""
    assert _done("repeat 3 times: wait 2 seconds, then press home")[:4] == [
        Wait(2),
        *_done("press home"),
        Wait(2),
        *_done("press home"),
    ]


def test_a_plan_that_cannot_go_on_names_the_step() -> None:
    """In the words that it was said in."""
    with pytest.raises(CannotError) as caught:
        _done('press home, then make sure "Paid" is visible', "Open")
    assert caught.value.step == 'make sure "Paid" is visible'


def test_a_key_that_shows_nothing_is_not_done_unless_it_need_not() -> None:
    """Home may be pressed in vain; Tab goes somewhere."""
    assert _done("press home")
    with pytest.raises(CannotError, match="nothing changed"):
        _done("press tab")


def test_a_new_line_that_shows_nothing_is_borne_out_by_what_is_typed_next() -> None:
    """And by nothing else."""
    with pytest.raises(CannotError, match="pressed enter"):
        _done("press enter, wait 1 second")
    with pytest.raises(CannotError, match="typed"):
        _done('press enter, type "more"')


def test_what_need_not_be_done_is_evidence_too() -> None:
    """A scroll to what is in sight already tells where it is."""
    text = Text("Imprint", Box(20, 40, 120, 56))
    sight = Context(ReadScreen(Image.new("RGB", (400, 200), "white"), (text,), {text: [text]}))
    assert list(Plan(sight).whole(parse('scroll down until "Imprint" is visible'))) == []
    assert [(proof.kind, proof.where) for proof in sight.proofs] == [("condition", (20, 40, 100, 16))]


@pytest.mark.parametrize("seconds", [0.2, 3.0, 60.0])
def test_waits_take_as_long_as_was_said(seconds: float) -> None:
    """Longer and longer, none very long."""
    made = waits(seconds)
    assert sum(made) == pytest.approx(seconds)
    assert max(made) <= 5
    assert made[:-1] == sorted(made[:-1])
