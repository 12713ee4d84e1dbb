"""One of several cards is chosen where only its border tells; what has the focus is not."""

from __future__ import annotations

import pytest

from coasty_desk.models.offline.steps.cards import is_chosen
from coasty_desk.models.offline.vision.texts import Box
from tests.models.offline.test_fields import Page

LABEL = Box(239, 79, 300, 99)


def _cards(chosen: str = "", *, ground: str = "white", count: int = 3, lines: int = 2, glow: int = 0) -> Page:
    page = Page()
    for n, name in enumerate(("Basic", "Family", "Studio")[:count]):
        left, top, right, bottom = 40 + 180 * n, 60, 200 + 180 * n, 130 if lines > 1 else 100
        if name == chosen and glow:
            page.draw.rectangle((left - glow, top - glow, right + glow, bottom + glow), fill="#9bbcf0")
        colour = "#1565c0" if name == chosen else "#cccccc"
        page.draw.rectangle((left, top, right, bottom), ground, colour, width=2)
        page.write(name, left + 20, 80)
        if lines > 1:
            page.write(f"{5 * n + 5} GB", left + 20, 104)
    return page


def _is_chosen(chosen: str, *, ground: str = "white", lines: int = 2, glow: int = 0) -> bool:
    before = _cards(ground=ground, lines=lines)
    after = _cards(chosen, ground=ground, lines=lines, glow=glow)
    return is_chosen(before.seen(), after.seen(), LABEL)


@pytest.mark.parametrize("lines", [1, 2])
def test_a_border_all_around_one_of_several_is_a_choice(lines: int) -> None:
    """The others are as large, and keep theirs."""
    assert _is_chosen("Family", lines=lines)


def test_what_is_not_so_is_none() -> None:
    """Another card's, one that stands alone, one whose focus shines beyond it, and a button with a ground of its own."""
    assert not _is_chosen("Studio")
    assert not _is_chosen("")
    assert not is_chosen(_cards(count=1).seen(), _cards("Basic", count=1).seen(), LABEL.moved(-180, 0))
    assert not _is_chosen("Family", glow=6)
    assert not _is_chosen("Family", lines=1, ground="#dddddd")
