"""Choosing an option: from an open list, a list that drops down, a menu, or among radio buttons."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from coasty_desk.core.actions import Click, Scroll
from coasty_desk.models.offline.language.instructions import Choose, ClickOn, Target, Tick
from coasty_desk.models.offline.steps import evidence
from coasty_desk.models.offline.steps.context import LOOKS, Batch, CannotError, Context, Doing
from coasty_desk.models.offline.steps.forms import at_its_value, find_list
from coasty_desk.models.offline.steps.pointer_and_keys import click
from coasty_desk.models.offline.steps.ticking import tick
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.targeting.matching import Fit, best, equal, every, nearly
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

SCROLLS = 12
"""An open list is scrolled no further than this."""

OPEN_LINES = 3.5
"""A box higher than so many lines is a list that lies open."""


def choose(sight: Context, asked: Choose) -> Doing:
    """Choose the option. Evidence: the box reads it, the radio button is on, or something came of the click."""
    if asked.source is None:
        yield from _among_what_is_seen(sight, asked.option)
        return
    if asked.source.kind == "menu":
        yield from click(sight, ClickOn(asked.source))
        yield from click(sight, ClickOn(Target(asked.option)))
        return
    found = yield from find_list(sight, asked.source)
    box = found.box
    if box.height > OPEN_LINES * found.label.height:
        yield from _in_open_list(sight, asked.option, box)
    else:
        yield from _in_drop_down(sight, asked.option, at_its_value(sight, found), box)


def _among_what_is_seen(sight: Context, option: str) -> Doing:
    found = yield from sight.find(Target(option))
    if (found.widget.checked if found.widget else sight.box_state(found)) is None:
        yield from click(sight, ClickOn(Target(option)))
    else:
        yield from tick(sight, Tick(Target(option), on=True))


def _in_open_list(sight: Context, option: str, box: Box) -> Doing:
    inside = [t for t in sight.seen.texts if box.centres(t.box)]
    text = _the_one(option, inside, "in the list")
    before = yield from sight.do(f"found “{text.text}” in the list; clicking it", Click(text.box.centre))
    yield from sight.see_change(before, f"clicked “{text.text}” in the list")
    if not evidence.differs(before, sight.seen, text.box.grown(2)):
        raise CannotError(why=f"clicked “{text.text}” in the list, but nothing changed in its row")
    sight.prove_by("chosen", f"“{text.text}” in the list", text.box)


def _in_drop_down(sight: Context, option: str, found: Located, box: Box) -> Doing:
    if _reads(sight, option, box):
        sight.notes.append(f"“{option}” was chosen in {found.said} already")
        sight.prove_by("already so", f"“{option}” in the list of {found.said}", box)
        return
    before = yield from sight.do(f"found the list of {found.said}; opening it", Click(found.point))
    text = yield from _offered(sight, option, box, before)
    yield from sight.do(f"found “{text.text}” in the open list; clicking it", Click(text.box.centre))
    sight.last = box
    for seconds in (*LOOKS, None):
        if not _reads(sight, option, box):
            sight.enlarge(box.grown(4))
        if _reads(sight, option, box):
            sight.claim(f"“{option}” in the list of {found.said}", box, lambda: _reads(sight, option, box))
            return
        if seconds is not None:
            yield from sight.wait(f"looking whether “{option}” is chosen", seconds)
    there = evidence.said_in(sight.seen, box.grown(2))
    raise CannotError(why=f"clicked “{option}”, but the list of {found.said} reads “{there}”")


def _offered(sight: Context, option: str, box: Box, before: ReadScreen) -> Generator[Batch, ReadScreen, Text]:
    """The option in what has opened, which is scrolled where it is longer than it shows. Raises CannotError."""

    def shown() -> list[Text]:
        for text in nearly(option, _fresh(sight, before)):
            sight.enlarge(text.box)
        fresh = _fresh(sight, before)
        return [t for t in fresh if not box.centres(t.box)] or fresh

    offered = shown()
    for seconds in (*LOOKS, *[None] * SCROLLS):
        if any(m.fit <= Fit.ICON for m in every(option, offered)):
            break
        if seconds is not None:
            yield from sight.wait(f"looking for “{option}” in the open list", seconds)
        else:
            at = offered[len(offered) // 2].box.centre if offered else box.centre
            last = yield from sight.do(f"scrolling the open list to “{option}”", Scroll(-3, "vertical", at))
            if not evidence.changes(last, sight.seen):
                break
        offered = shown()
    return _the_one(option, offered, "in the list that opened")


def _fresh(sight: Context, before: ReadScreen) -> list[Text]:
    return [text for text in sight.seen.texts if evidence.is_fresh(before, sight.seen, text.box)]


def _the_one(option: str, texts: Sequence[Text], where: str) -> Text:
    matches = best(m for m in every(option, texts) if m.fit <= Fit.ICON)
    if len(matches) == 1:
        return matches[0].text
    if matches:
        raise CannotError(why=f"“{option}” is there {len(matches)} times {where}")
    seen = ", ".join(f"“{t.text}”" for t in texts[:12])
    raise CannotError(why=f"“{option}” is not {where}" + (f"; there are {seen}" if seen else ""))


def _reads(sight: Context, option: str, box: Box) -> bool:
    """Whether the box shows the option and no more than an arrow beside it."""
    there = evidence.texts_in(sight.seen, box.grown(2))
    alone = any(m.fit <= Fit.ICON for m in every(option, there))
    return alone or equal(option, "".join(text.text for text in there))
