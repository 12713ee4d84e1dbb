"""The rules are asked again while an action's input goes out: what must not go on does not, and the count is true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Move, Point, PressKeys, Refusal, Scroll, TypeText
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.run import Ports
from coasty_desk.core.scaling import Placed, Rect
from coasty_desk.core.stop import Stop
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.desktop.base import recheck
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings, WindowMask
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import window_list
from coasty_desk.guard.assemble import guarded
from coasty_desk.testing import ScriptedPredictor, StillScreen
from tests.cli.conftest import recording
from tests.core.gating import judged
from tests.desktop import targets
from tests.desktop.interference import FRAME, LONG, SIZE, meanwhile, texted, until
from tests.desktop.targets import App

BANK = Pattern("*Bank*")


def retitled(before: str, after: str) -> None:
    """Give the window with this title another one."""
    display = x11.display()
    window = display.create_resource_object(
        "window", next(one.id for one in window_list.windows() if one.title == before)
    )
    name = display.intern_atom("_NET_WM_NAME")
    window.change_property(name, display.intern_atom("UTF8_STRING"), 8, after.encode())
    display.sync()
    display.close()


@contextmanager
def ruled(rules: GuardRules) -> Iterator[Ports]:
    """The real hands under these rules."""
    stop = Stop()
    executor = DesktopExecutor(stop, sent=OwnEvents(), rechecks=rules.rechecks)
    yield guarded(
        rules,
        stop=stop,
        screen=StillScreen(SIZE),
        executor=executor,
        predictor=ScriptedPredictor(),
        here=DesktopSurroundings(),
        person=Scripted(),
    )
    executor.release()


RULES = {
    "policy": lambda: GuardRules(policies=(Policy(windows_denied=(BANK,)),)),
    "mask": lambda: GuardRules(masks=[WindowMask((BANK,))]),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("action", [TypeText(LONG), PressKeys(("a",) * 900)], ids=["text", "keys"])
def test_a_window_that_is_forbidden_in_mid_typing_gets_no_more(display: str, rule: str, action: Action) -> None:
    """Safety sentence: a browser's tab becomes the bank's while it is typed into; the same window, another title."""
    with targets.closing(targets.popups(display, "tk", "Notes", 40, 60)) as notes, ruled(RULES[rule]()) as hands:
        window_list.activate(next(one for one in window_list.windows() if one.title == "Notes"))
        notes.ask("clear")

        def turn() -> None:
            until(lambda: texted(notes) > 20)
            retitled("Notes", "My Bank")

        with meanwhile(turn), pytest.raises(BrokenOffError) as caught:
            hands.executor.perform(FRAME.place(action))
        assert caught.value.by == rule
        assert "My Bank" not in caught.value.message
        arrived = len(targets.rested(notes.text))
        assert 20 < arrived < 900
        said = int(caught.value.message.rsplit("; ", 1)[1].split(" of ")[0].replace(",", ""))
        assert said == arrived


class Until:
    """A rule that lets so many questions pass."""

    def __init__(self, passes: int) -> None:
        self.left = passes

    def __call__(self, placed: Placed) -> Refusal | None:
        """No more than so many."""
        self.left -= 1
        return None if self.left >= 0 else Refusal(str(placed.sent), "policy", "no more")


def until_refused(display: str, action: Action, passes: int) -> tuple[list[tuple[str, int, int]], str]:
    """What a window saw of the action before the rule said no, and what is told of it."""
    with recording(display) as window:
        executor = DesktopExecutor(Stop(), sent=OwnEvents(), rechecks=[Until(passes)])
        with pytest.raises(BrokenOffError) as caught:
            executor.perform(FRAME.place(action))
        executor.release()
        DesktopExecutor(Stop(), sent=OwnEvents()).perform(FRAME.place(KeyCombo(("f5",))))
        window.wait_for("key_up", 1)
        kinds = {"press", "release", "motion"}
        return [(e["event"], e["x"], e["y"]) for e in window.events if e["event"] in kinds], caught.value.message


def test_between_two_clicks_of_one_the_rules_are_asked(display: str) -> None:
    """Safety sentence: a double click whose first click opened what is denied has no second one."""
    seen, said = until_refused(display, Click(Point(300, 300), count=2), passes=2)
    assert [event[0] for event in seen if event[0] != "motion"] == ["press", "release"]
    assert "1 of 2 clicks" in said


def test_between_two_notches_the_rules_are_asked(display: str) -> None:
    """Each notch is an input of its own."""
    seen, said = until_refused(display, Scroll(-5, "vertical", Point(300, 300)), passes=3)
    assert [event[0] for event in seen].count("press") == 2
    assert "2 of 5 notches" in said


def test_a_drag_that_must_not_end_there_ends_where_it_began(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Safety sentence: what was picked up is not dropped on what is denied by then; told so at whichever question it is refused."""
    monkeypatch.setattr(recheck, "SLICE", -1.0)  # at every step, however busy the machine is
    asked = Until(10_000)
    with recording(display):
        whole = DesktopExecutor(Stop(), sent=OwnEvents(), rechecks=[asked])
        whole.perform(FRAME.place(Drag(Point(100, 100), Point(500, 300))))
        whole.release()
    questions = 10_000 - asked.left
    assert questions >= 4
    for passes in (questions - 1, questions - 2, 2):
        seen, said = until_refused(display, Drag(Point(100, 100), Point(500, 300)), passes)
        assert [event for event in seen if event[0] == "release"] == [("release", 100, 100)]
        assert "where it began" in said


@pytest.mark.parametrize(
    "action", [Move(Point(300, 300)), Click(Point(300, 300)), Drag(Point(300, 300), Point(400, 300)), TypeText("x")]
)
def test_nothing_goes_out_where_the_rules_say_no_at_once(display: str, action: Action) -> None:
    """Not even a move: a hover opens things."""
    seen, said = until_refused(display, action, passes=0)
    assert seen == []
    assert "nothing of it was done" in said


def placed_window(title: str) -> Rect:
    """Where a window is."""
    return next(one.frame for one in window_list.windows() if one.title == title)


@pytest.fixture
def bank(display: str) -> Iterator[App]:
    """A window that is to be left alone, and has the keyboard."""
    with targets.closing(targets.popups(display, "tk", "My Bank", 300, 200)) as app:
        window_list.activate(next(one for one in window_list.windows() if one.title == "My Bank"))
        app.ask("clear")
        yield app


@pytest.mark.parametrize("action", [TypeText("x"), PressKeys(("a",)), KeyCombo(("ctrl", "v"))])
def test_no_key_goes_to_a_masked_window(bank: App, action: Action) -> None:
    """Safety sentence: `--mask-window` with the focus there, and a `--mask` that covers half or more of the window that has it."""
    frame = placed_window("My Bank")
    half = Rect(frame.left, frame.top, frame.width, frame.height // 2 + 1)
    for mask in (WindowMask((BANK,)), lambda: [frame], lambda: [half]):
        with ruled(GuardRules(masks=[mask])) as hands:
            refusal = judged(hands.gate, action, frame=FRAME)[0]
            assert isinstance(refusal, Refusal)
            assert (refusal.by, "Bank" in refusal.why) == ("mask", False)
            with pytest.raises(BrokenOffError):
                hands.executor.perform(FRAME.place(action))
    assert bank.text() == ""


def test_keys_go_to_a_window_of_which_a_mask_covers_little(bank: App) -> None:
    """A mask over its title is none over its text."""
    frame = placed_window("My Bank")
    with ruled(GuardRules(masks=[lambda: [Rect(frame.left, frame.top, frame.width, 30)]])) as hands:
        assert judged(hands.gate, TypeText("x"), frame=FRAME)[0] is None
        hands.executor.perform(FRAME.place(TypeText("x")))
    assert targets.becomes(bank.text, "x") == "x"


def test_no_drag_and_no_pointer_crosses_a_masked_window(bank: App) -> None:
    """Safety sentence: the way of a drag counts, not its ends alone."""
    del bank
    frame = placed_window("My Bank")
    left, right = Point(frame.left - 20, frame.top + 40), Point(frame.left + frame.width + 20, frame.top + 40)
    above = Point(right.x, frame.top - 30), Point(left.x, frame.top - 30)
    inside = Point(frame.left + 20, frame.top + 40)
    with ruled(GuardRules(masks=[WindowMask((BANK,))])) as hands:
        for action in (Drag(left, right), Move(inside), Scroll(1, "vertical", inside), Click(inside)):
            refusal = judged(hands.gate, action, frame=FRAME)[0]
            assert isinstance(refusal, Refusal)
            assert refusal.by == "mask"
        assert judged(hands.gate, Drag(*above), frame=FRAME)[0] is None
