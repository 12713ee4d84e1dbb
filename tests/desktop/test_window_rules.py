"""A rule about windows holds under any window manager: frames, title bars, menus, tooltips and dialogs are their application's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from coasty_desk.core.actions import Action, Click, Point, Prediction, Refusal, TypeText, Verdict
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.gates.policy_gate import PolicyGate
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.desktop.base.windows import Window
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings, pointer
from coasty_desk.desktop.x11 import window_list
from tests.desktop import targets
from tests.desktop.interference import PATIENCE, keyboard_taken, until
from tests.desktop.managers import MANAGERS, managed
from tests.desktop.targets import App

WIDTH, HEIGHT = 1000, 700
BANK, NOTES = "My Bank", "Notes"
DENIED = "the policy's windows_denied denies the window that this would reach"
"""What the model is told: no title, and no pattern of one."""


def window(title: str) -> Window:
    """The window of this title, once it is there."""
    until(lambda: any(one.title == title for one in window_list.windows()))
    return next(one for one in window_list.windows() if one.title == title)


def judged(action: Action, **rules: str) -> str:
    """Why a policy of one pattern a rule does not let the action pass; empty where it does."""
    allowed, denied = (tuple(map(Pattern, filter(None, [rules.get(name)]))) for name in ("allowed", "denied"))
    policy = Policy(windows_allowed=allowed, windows_denied=denied)
    gate = PolicyGate(policy, ActionLog(), LastFrame(None), DesktopSurroundings(), pointer)  # type: ignore[arg-type]  # it looks at nothing
    size = Size(WIDTH, HEIGHT)
    placed = Frame(b"", "image/png", size, size, Rect(0, 0, WIDTH, HEIGHT)).place(action)
    judging = gate.judge(placed, Prediction(Verdict.CONTINUE, (action,)))
    try:
        while True:
            next(judging)
    except StopIteration as end:
        return end.value.why if isinstance(end.value, Refusal) else ""


def click(where: list[int]) -> Click:
    """A click into the middle of a rectangle."""
    left, top, width, height = where
    return Click(Point(left + width // 2, top + height // 2))


def all_over(rect: Rect) -> list[Click]:
    """Clicks on its decoration, its edges and its inside, as far as it is on the screen."""
    xs = {rect.left + part * rect.width // 8 for part in range(1, 8)} | {rect.left + 2, rect.left + rect.width - 3}
    ys = {rect.top + part * rect.height // 6 for part in range(1, 6)} | {rect.top + 2, rect.top + 9}
    return [Click(Point(x, y)) for x in xs for y in ys if 0 <= x < WIDTH and 0 <= y < HEIGHT]


@pytest.fixture(scope="module", params=list(MANAGERS))
def two(request: pytest.FixtureRequest) -> Iterator[tuple[App, App, str]]:
    """A bank and notes beside each other, as far as the window manager leaves them where they want to be; its name."""
    with (
        managed(request.param, WIDTH, HEIGHT) as display,
        targets.closing(targets.popups(display, "tk", BANK, 40, 60)) as bank,
        targets.closing(targets.popups(display, "tk", NOTES, 500, 60)) as notes,
    ):
        yield bank, notes, request.param


def bring_up(title: str, manager: str) -> None:
    """Give it the focus; asked again where a window that has just come takes it back."""
    deadline = time.monotonic() + PATIENCE
    window_list.activate(window(title))
    while manager != "none" and DesktopSurroundings().focused().title != title:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        window_list.activate(window(title))


def test_no_click_on_any_part_of_a_denied_window(two: tuple[App, App, str]) -> None:
    """Client, title bar and edges are its own; what is beside it is not."""
    _, _, manager = two
    bring_up(BANK, manager)
    rect = window(BANK).frame
    for one in all_over(rect):
        assert judged(one, denied="*Bank*") == DENIED, one
    bring_up(NOTES, manager)
    rect = window(NOTES).frame
    inside = Click(Point(rect.left + rect.width // 2, rect.top + rect.height // 2))
    assert judged(inside, denied="*Bank*") == ""
    assert judged(inside, allowed="Notes") == ""
    assert "does not allow" in judged(inside, allowed="*Bank*")


def test_keys_go_to_the_window_that_has_the_focus(two: tuple[App, App, str]) -> None:
    """The one that has it, not the one that was told to be active."""
    _, _, manager = two
    bring_up(BANK, manager)
    assert judged(TypeText("x"), denied="*Bank*") == DENIED
    bring_up(NOTES, manager)
    assert judged(TypeText("x"), denied="*Bank*") == ""
    assert judged(TypeText("x"), allowed="Notes") == ""


def test_keys_that_another_program_takes_go_nowhere_that_a_rule_allows(two: tuple[App, App, str]) -> None:
    """Which one that is, nobody tells: where rules name windows no key is pressed until it gives the keyboard back."""
    _, _, manager = two
    bring_up(NOTES, manager)
    with keyboard_taken():
        assert judged(TypeText("x"), denied="*Bank*") != ""
        assert judged(TypeText("x"), allowed="Notes") != ""
    assert judged(TypeText("x"), allowed="Notes") == ""


@pytest.mark.parametrize("what", ["menu", "tooltip"])
def test_what_a_denied_window_pops_up_is_its_own(two: tuple[App, App, str], what: str) -> None:
    """Also where it says nothing of itself, and another window has the focus; that of an allowed one is allowed."""
    bank, notes, manager = two
    bring_up(BANK, manager)
    where = bank.ask(what)["where"]
    assert judged(click(where), denied="*Bank*") == DENIED
    bank.ask("close")
    bring_up(NOTES, manager)
    where = notes.ask(what)["where"]
    assert judged(click(where), denied="*Bank*") == ""
    assert judged(click(where), allowed="Notes") == ""
    notes.ask("close")


@pytest.mark.parametrize("toolkit", ["tk", "gtk", "qt"])
def test_the_toolkits_popups_and_dialogs(toolkit: str) -> None:
    """Each toolkit says in its own way whose a menu is; a dialog of a denied window is denied."""
    with (
        managed("openbox", WIDTH, HEIGHT) as display,
        targets.closing(targets.popups(display, "tk", NOTES, 500, 60)),
        targets.closing(targets.popups(display, toolkit, BANK, 40, 60)) as bank,
    ):
        for what in ("menu", "tooltip", "dialog"):
            bring_up(BANK, "openbox")
            where = bank.ask(what)["where"]
            assert judged(click(where), denied="*Bank*") == DENIED, what
            if what != "dialog":  # a dialog has a name of its own
                assert judged(click(where), allowed=BANK) == "", what
            bank.ask("close")
