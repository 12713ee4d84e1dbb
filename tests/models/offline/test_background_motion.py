"""What moves by itself is no evidence of anything; a notice that came and went is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from PIL import Image, ImageDraw

from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.vision import background_motion
from coasty_desk.models.offline.vision.background_motion import Stirring
from coasty_desk.models.offline.vision.texts import Box

NOTICE, LINE = Box(300, 20, 380, 50), Box(20, 120, 380, 140)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other at once; there are six."""
    monkeypatch.setattr(background_motion, "POLL", 0.0)
    monkeypatch.setattr(background_motion, "AGAIN", 0.0)
    monkeypatch.setattr(background_motion, "LATER", 0.0)


def _screen(*dark: Box) -> Image.Image:
    picture = Image.new("RGB", (400, 200), "white")
    for box in dark:
        ImageDraw.Draw(picture).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill="black")
    return picture


def _letters(count: int) -> list[Box]:
    return [Box(20 + 48 * n, 120, 36 + 48 * n, 140) for n in range(count)]


def _shown(*looks: Iterable[Box]) -> Callable[[], Image.Image]:
    pictures = [_screen(*boxes) for boxes in looks]
    return lambda: pictures.pop(0) if len(pictures) > 1 else pictures[0]


def _left(before: Iterable[Box], after: Iterable[Box], *looks: Iterable[Box]) -> list[Box]:
    """What is left as evidence of what is on the screen after, and was not before."""
    stirring = Stirring(Stop(), _shown(*looks))
    stirring.again(_screen(*before), _screen(*after), late=False)
    return stirring.without_motion([box for box in after if box not in [*before]])


def test_a_notice_that_goes_once_and_stays_away_is_evidence() -> None:
    """Nothing else moved meanwhile."""
    assert _left([], [NOTICE], [NOTICE], []) == [NOTICE]


def test_what_follows_something_that_came_to_rest_is_seen() -> None:
    """A message in the place of another that came after the screen was read; what is as it was then is none."""
    first, second = Box(20, 120, 200, 140), Box(20, 120, 120, 140)
    stirring = Stirring(Stop(), _shown([first]))
    assert stirring.watch(_screen()) == [first]
    assert stirring.come_since(_screen(first)) == []
    assert stirring.come_since(_screen(second)) == [Box(120, 120, 200, 140)]


def test_what_stays_is_evidence_also_beside_something_that_moves() -> None:
    """Only what moves is left out."""
    looks = [[NOTICE, *_letters(n)] for n in range(1, 7)]
    assert _left([], [NOTICE], *looks) == [NOTICE]


def test_a_line_that_writes_itself_is_none_though_each_letter_comes_once() -> None:
    """Each is at a place of its own, and gone again at the end."""
    before = _letters(1)
    looks = [_letters(n) for n in (3, 4, 5, 6, 1)]
    assert _left(before, _letters(2), *looks) == []


def test_what_goes_and_comes_back_is_none() -> None:
    """A slide of a carousel."""
    assert _left([], [LINE], [LINE], [], [LINE], [], [LINE]) == []


def test_what_has_changed_since_the_frame_and_rests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that was painted meanwhile is another screen; a line that comes and goes is not."""
    monkeypatch.setattr(background_motion, "APART", 0.0)
    for looks, told in (
        ([[NOTICE]], [NOTICE]),
        ([[LINE], [], [LINE], [], [LINE]], []),
        ([[NOTICE, LINE], [NOTICE], [NOTICE, LINE], [NOTICE], [NOTICE]], [NOTICE]),
        ([[]], []),
    ):
        assert Stirring(Stop(), _shown(*looks)).watch(_screen()) == told


def test_a_slow_bar_moves_and_what_has_changed_once_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever meets the one is left out; beside the other a menu may open."""
    monkeypatch.setattr(background_motion, "APART", 0.0)
    menu = Box(20, 0, 380, 122)
    bar = [[Box(20, 120, 40 + 3 * n, 140)] for n in range(6)]
    for looks, left in ((bar, []), ([[LINE]], [menu])):
        stirring = Stirring(Stop(), _shown(*looks))
        stirring.watch(_screen())
        assert stirring.without_motion([menu]) == left


def test_a_bar_that_grows_by_less_than_a_caret_from_look_to_look_is_none() -> None:
    """Over all of the looks it has grown by more."""
    bars = [[Box(20, 120, 40 + 3 * n, 140)] for n in range(8)]
    stirring = Stirring(Stop(), _shown(*bars[3:]))
    stirring.again(_screen(*bars[0]), _screen(*bars[2]), late=False)
    assert stirring.without_motion([Box(40, 120, 46, 140)]) == []
