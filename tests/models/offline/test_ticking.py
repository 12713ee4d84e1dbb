"""Boxes that are checked and unchecked on screens that are drawn: whatever they look like and do, nothing is said that is not so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageDraw

from coasty_desk.core.actions import Click, Move, Wait
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.interpreter import Plan
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.steps.context import Batch, CannotError, Context, Doing
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

Draw = ImageDraw.ImageDraw
HINT = Text("Your settings are being saved", Box(40, 12, 240, 28))


def plain(draw: Draw, x: int, y: int, *, on: bool) -> None:
    """As most pages draw them."""
    draw.rounded_rectangle((x, y, x + 17, y + 17), 3, "#0a70e8" if on else "white", "#0a70e8" if on else "#767676")
    if on:
        draw.line([(x + 4, y + 9), (x + 7, y + 12), (x + 13, y + 5)], fill="white", width=2)


def solid(draw: Draw, x: int, y: int, *, on: bool) -> None:
    """With a colour for a mark."""
    draw.rectangle((x, y, x + 17, y + 17), "#0a70e8" if on else "white", "#0a70e8" if on else "#767676")


def lamp(draw: Draw, x: int, y: int, *, on: bool) -> None:
    """Of which a single look tells nothing."""
    draw.ellipse((x, y, x + 17, y + 17), "#2e9e44" if on else "#c9302c")


def riddle(draw: Draw, x: int, y: int, *, on: bool) -> None:
    """Of which no look tells anything."""
    draw.rectangle((x, y, x + 17, y + 17), "#c9302c" if on else "#d98a1f")


class Screen:
    """A page with a box. `turns` gives its state after a click, and so many looks after it."""

    def __init__(
        self, look: Callable[..., None], turns: Callable[[bool, int], bool], *, on: bool, moves: int = 0
    ) -> None:
        self.look, self.turns, self.on, self.moves = look, turns, on, moves
        self.before, self.looks, self.clicks, self.down = on, -1, 0, 0

    def seen(self) -> ReadScreen:
        """What is on the screen now."""
        if self.looks >= 0:
            self.on = self.turns(self.before, self.looks)
            self.looks += 1
        picture = Image.new("RGB", (420, 260), "white")
        draw = ImageDraw.Draw(picture)
        texts = [
            Text(name, Box(70, top + self.down, 70 + 8 * len(name), top + 18 + self.down))
            for name, top in (("News", 90), ("Letters", 130))
        ]
        for text, on in zip(texts, (self.on, True), strict=True):
            draw.text((text.box.left, text.box.top), text.text, fill="black", font_size=15)
            self.look(draw, 40, int(text.box.top), on=on)
        texts += [HINT] if self.down else []
        return ReadScreen(picture, tuple(texts), {text: [text] for text in texts}, whole_read=True)

    def click(self, at: Click) -> None:
        """On the box, or nothing happens."""
        if at.point is not None and Box(40, 90 + self.down, 58, 108 + self.down).holds(at.point.x, at.point.y):
            self.clicks, self.before, self.looks, self.down = self.clicks + 1, self.on, 0, self.down + self.moves

    def carry_out(self, words: str, tree: Callable[[ReadScreen], Sequence[Widget]] = lambda _: ()) -> str:
        """Nothing where it was done, else why not."""
        plan = Plan(Context(self.seen(), tree=tree))
        going = plan.whole(parse(words))
        try:
            batch = next(going)
            while True:
                for action in batch.actions:
                    if isinstance(action, Click):
                        self.click(action)
                    assert self.clicks <= 2 or isinstance(action, Wait)
                batch = going.send(self.seen())
        except StopIteration:
            return ""
        except CannotError as error:
            return error.why


def toggle(before: bool, _looks: int) -> bool:  # noqa: FBT001
    """What a box does."""
    return not before


@pytest.mark.parametrize("wanted", [True, False], ids=["check", "uncheck"])
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("moves", [0, 30], ids=["rests", "moves"])
@pytest.mark.parametrize("look", [plain, solid, lamp])
def test_a_box_is_brought_into_the_state_that_is_asked_for(
    look: Callable[..., None], moves: int, *, on: bool, wanted: bool
) -> None:
    """Also where something comes above it meanwhile, and where only a click shows what its look means."""
    screen = Screen(look, toggle, on=on, moves=moves)
    assert screen.carry_out(f'{"check" if wanted else "uncheck"} "News"') == ""
    assert screen.on is wanted
    assert screen.clicks == (on != wanted if look is plain else screen.clicks)


@pytest.mark.parametrize("look", [plain, solid, lamp])
@pytest.mark.parametrize("stays", [0, 1], ids=["dead", "turns back"])
def test_a_box_that_does_not_stay_turned_is_not_done(look: Callable[..., None], stays: int) -> None:
    """Whether it does nothing, or goes back as soon as it is looked at once more."""
    screen = Screen(look, lambda before, looks: before != (looks < stays), on=False)
    assert screen.carry_out('check "News"')


def _sent(going: Doing, seen: ReadScreen) -> Batch | None:
    """What comes next; None at the end."""
    try:
        return going.send(seen)
    except StopIteration:
        return None


def test_a_box_that_the_pointer_hides_is_seen_once_it_has_left() -> None:
    """It lies there since the step before, and the row is lit up to the box's own colour."""
    lit = [True]

    def pale(draw: Draw, x: int, y: int, *, on: bool) -> None:
        if not lit[0]:
            plain(draw, x, y, on=on)

    screen = Screen(pale, toggle, on=False)
    plan = Plan(Context(screen.seen(), active=lambda: Box(0, 0, 300, 200)))
    going = plan.whole(parse('check "News"'))
    batch: Batch | None = next(going)
    while batch is not None:
        lit[0] = lit[0] and not any(isinstance(action, Move) for action in batch.actions)
        for action in batch.actions:
            if isinstance(action, Click):
                screen.click(action)
        batch = _sent(going, screen.seen())
    assert (screen.on, screen.clicks) == (True, 1)


def test_a_sign_of_waiting_in_a_box_is_no_turn() -> None:
    """It may go round for as long as a server takes to say no."""
    turns = iter(range(1000))

    def spins(draw: Draw, x: int, y: int, *, on: bool) -> None:
        plain(draw, x, y, on=False)
        if on:
            draw.arc((x + 4, y + 4, x + 13, y + 13), (at := next(turns) * 50), at + 240, "#1677ff", 2)

    assert "does not tell" in Screen(spins, toggle, on=False).carry_out('check "News"')


def test_a_box_that_turns_late_is_waited_for_and_clicked_once() -> None:
    """Who clicks again turns it back."""
    screen = Screen(plain, lambda before, looks: before if looks < 4 else not before, on=False)
    assert (screen.carry_out('check "News"'), screen.clicks) == ("", 1)


@pytest.mark.parametrize("on", [True, False])
def test_a_box_whose_looks_tell_nothing_is_left_as_it_was_and_said_so(*, on: bool) -> None:
    """Both looks are of colours that may mean anything."""
    screen = Screen(riddle, toggle, on=on)
    assert "does not tell" in screen.carry_out('check "News"')
    assert (screen.on, screen.clicks) == (on, 2)


@pytest.mark.parametrize(
    "words", ['make sure "News" is checked', 'make sure "News" is not checked', 'if "News" is checked, click "Letters"']
)
def test_what_a_look_does_not_tell_is_neither_so_nor_not_so(words: str) -> None:
    """Neither of two contrary conditions holds, and none is chosen by it."""
    assert "does not tell" in Screen(lamp, toggle, on=True).carry_out(words)


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("look", [plain, lamp])
def test_what_the_accessibility_tree_says_of_a_box_is_believed_where_the_screen_does_not_say_otherwise(
    look: Callable[..., None], *, on: bool
) -> None:
    """It knows what a look does not tell; and a tree that has not heard of a turn is doubted."""
    for says in (lambda screen: screen.on, lambda _: False):
        screen = Screen(look, toggle, on=on)

        def tree(_: ReadScreen, screen: Screen = screen, says: Callable[[Screen], bool] = says) -> list[Widget]:
            return [Widget("News", "checkbox", Box(40, 90, 58, 108), checked=says(screen))]

        said = screen.carry_out('check "News"', tree)
        assert (said == "") is (says(screen) and screen.on)
        assert screen.on or said
