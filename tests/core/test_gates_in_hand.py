"""The gates that keep a run in the person's hand, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from coasty_desk.core.abort import abort_key
from coasty_desk.core.actions import (
    QUESTION,
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    LookAgain,
    Move,
    Point,
    Prediction,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
    in_words,
)
from coasty_desk.core.errors import Aborted, DesktopError
from coasty_desk.core.gates.action_log import LoggedExecutor
from coasty_desk.core.gates.confirm import Confirm, Eyes, Scripted
from coasty_desk.core.gates.human_input import HumanInputGate
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.gates.masked import MaskGate
from coasty_desk.core.gates.policy import Bounds, Policy
from coasty_desk.core.gates.policy_gate import PolicyGate
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.gates.self_stop import OwnKeys
from coasty_desk.core.ports import Granted, HandPause, Instead, PersonQuestion, PersonReply
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.wire.regular_expressions import pattern
from tests.core.gating import Clock, Desk, Hands, Mouse, Wall, judged, ledger, placed

HERE = Click(Point(100, 100))


@dataclass
class Waited(Stop):
    """A stop that notes what it waits for, and lets a clock go on instead."""

    clock: Clock
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.now += seconds
        self.check()


# What the agent does itself


def own_keys(clock: Clock) -> tuple[OwnKeys, LoggedExecutor, Waited]:
    """The gate, an executor that notes in its ledger, and its stop."""
    book, stop = ledger(clock), Waited(clock)
    return OwnKeys(abort_key.parse(abort_key.DEFAULT), book, stop, clock), LoggedExecutor(Hands(), book), stop


@pytest.mark.parametrize(
    "action",
    [
        KeyCombo(("ctrl", "shift", "f12")),
        KeyCombo(("shift", "alt", "control", "F12")),
        PressKeys(("a", "ctrl+shift+f12")),
        PressKeys(("esc", "esc", "esc")),
        PressKeys(("esc+esc", "Escape", "esc", "esc")),
        TypeText("\x1bx\x1by\x1b"),
    ],
)
def test_the_agents_own_stop_keys_are_refused(action: Action) -> None:
    """Safety sentence: the model cannot press the abort key, nor Esc three times in one action."""
    judgement, _ = judged(own_keys(Clock())[0], action)
    assert isinstance(judgement, Refusal)
    assert judgement.by == "abort"


@pytest.mark.parametrize(
    "action",
    [KeyCombo(("ctrl", "f12")), PressKeys(("f12",)), TypeText("ctrl shift f12"), PressKeys(("esc", "esc")), HERE],
)
def test_the_agents_other_keys_pass(action: Action) -> None:
    """Parts of the abort key, its letters, two Escs."""
    assert judged(own_keys(Clock())[0], action) == (None, [])


def test_a_line_is_unknown_after_a_key_that_was_held() -> None:
    """How often it has written, nobody can tell; what only holds down leaves the line as it was."""
    book = ledger(Clock())
    book.note(placed(TypeText("ls")))
    book.note(placed(HoldKeys(("shift",), seconds=1)))
    assert (book.typed.line, book.typed.lost) == ("ls", "")
    book.note(placed(HoldKeys(("a",), seconds=1)))
    assert book.typed.lost == "a key that was held"


def test_esc_is_not_held() -> None:
    """It would repeat, and three in a row stop the run; other keys may be."""
    gate, _, _ = own_keys(Clock())
    assert judged(gate, HoldKeys(("esc",), seconds=2))[0] is not None
    assert judged(gate, HoldKeys(("ctrl", "shift", "f12"), seconds=2))[0] is not None
    assert judged(gate, HoldKeys(("ctrl", "a"), seconds=2))[0] is None


def test_a_third_escape_within_a_second_is_spaced() -> None:
    """Safety sentence: a third Esc of the agent within a second waits, and that is said."""
    clock = Clock()
    gate, executor, stop = own_keys(clock)
    for _ in range(2):
        assert judged(gate, PressKeys(("esc",))) == (None, [])
        executor.perform(placed(PressKeys(("esc",))))
        clock.now += 0.1
    judgement, said = judged(gate, PressKeys(("esc",)))
    assert judgement is None
    assert isinstance(said[0], HandPause)
    assert clock.now > 1.0
    assert len(stop.waits) == 1


def test_two_escapes_after_one_are_spaced_and_a_late_one_is_not() -> None:
    """What counts is any three within a second."""
    clock = Clock()
    gate, executor, stop = own_keys(clock)
    executor.perform(placed(PressKeys(("esc",))))
    judged(gate, PressKeys(("esc", "esc")))
    assert stop.waits == [pytest.approx(1.2)]
    clock.now = 10.0
    judged(gate, PressKeys(("esc", "esc")))
    assert len(stop.waits) == 1


# The policy, with its eyes


def test_bounds_are_judged_in_sent_pixels_whatever_space_the_model_names() -> None:
    """An answer in another space is scaled before it is judged."""
    seen = LastFrame(Wall())
    seen.capture()
    gate = PolicyGate(Policy(coordinate_bounds=Bounds(0, 0, 640, 360)), ledger(), seen, Desk(), Mouse())
    half = Prediction(Verdict.CONTINUE, (), space=(640, 360))
    assert judged(gate, Click(Point(320, 180)), half)[0] is None
    assert judged(gate, Click(Point(330, 180)), half)[0] is not None
    assert judged(gate, Click(Point(330, 180)))[0] is None


def test_a_click_where_the_pointer_is_is_judged_there() -> None:
    """A point that the model leaves out is looked up, in sent pixels."""
    seen = LastFrame(Wall())
    seen.capture()
    policy = Policy(coordinate_bounds=Bounds(0, 0, 640, 360))
    inside = PolicyGate(policy, ledger(), seen, Desk(), Mouse([Point(1280, 720)]))
    outside = PolicyGate(policy, ledger(), seen, Desk(), Mouse([Point(1300, 720)]))
    assert judged(inside, Click(None))[0] is None
    assert judged(outside, Click(None))[0] is not None
    assert judged(outside, Drag(None, Point(5, 5)))[0] is not None


def test_clicks_are_judged_by_the_window_under_them_and_keys_by_the_one_in_front() -> None:
    """Safety sentence: a window is protected from clicks on it and from keys into it."""
    policy = Policy(windows_denied=(pattern("Bank"),))
    under = PolicyGate(policy, ledger(), LastFrame(Wall()), Desk(under=NamedWindow("My Bank")), Mouse())
    assert judged(under, HERE)[0] is not None
    assert judged(under, TypeText("x"))[0] is None


def test_a_desktop_that_cannot_tell_its_windows_is_refused_under_rules_about_them() -> None:
    """Fails closed."""

    class Blind(Desk):
        def focused(self) -> NamedWindow:
            msg = "no"
            raise DesktopError(msg)

    gate = PolicyGate(Policy(windows_denied=(pattern("Bank"),)), ledger(), LastFrame(Wall()), Blind(), Mouse())
    assert judged(gate, TypeText("x"))[0] is not None
    assert judged(gate, HERE)[0] is None


# Masks


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        (Click(Point(60, 60)), True),
        (Click(Point(49, 60)), False),
        (Move(Point(99, 99)), True),
        (Click(Point(100, 100)), False),
        (Drag(Point(10, 10), Point(60, 60)), True),
        (Drag(Point(60, 60), Point(10, 10)), True),
        (Drag(Point(10, 60), Point(150, 60)), True),
        (Drag(Point(60, 10), Point(60, 150)), True),
        (Drag(Point(40, 60), Point(60, 40)), True),
        (Drag(Point(30, 60), Point(60, 30)), False),
        (Drag(Point(49, 10), Point(49, 150)), False),
        (Drag(Point(10, 10), Point(10, 150), via=(Point(150, 80),)), True),
        (Drag(Point(10, 10), Point(150, 150), via=(Point(10, 150),)), False),
        (Scroll(-1, point=Point(60, 60)), True),
        (Scroll(-1), True),
        (Click(None), True),
        (TypeText("x"), False),
        (Wait(1), False),
    ],
)
def test_what_would_touch_a_mask_is_refused(action: Action, *, refused: bool) -> None:
    """Safety sentence: the pointer does nothing inside a mask, also where it only happens to be there."""
    gate = MaskGate([lambda: [Rect(100, 100, 100, 100)]], Mouse([Point(150, 150)]))
    judgement, _ = judged(gate, action)
    assert isinstance(judgement, Refusal) is refused


def test_no_key_goes_into_a_mask() -> None:
    """Safety sentence: where what gets the keys is masked, nothing is typed."""
    masked = Rect(100, 100, 100, 100)
    for inside in ([masked], []):
        gate = MaskGate([lambda: [masked]], Mouse(), inside.__eq__)
        for action in (TypeText("x"), PressKeys(("a",)), KeyCombo(("ctrl", "a"))):
            assert isinstance(judged(gate, action)[0], Refusal) is bool(inside)


def test_a_mask_that_cannot_be_told_fails_closed() -> None:
    """The step ends with the desktop's error."""

    def blind() -> list[Rect]:
        msg = "no"
        raise DesktopError(msg)

    with pytest.raises(DesktopError):
        judged(MaskGate([blind], Mouse()), HERE)


def test_a_question_shows_both_ends_of_a_long_text() -> None:
    """Safety sentence: what harms stands at the end, behind much that does not; what cannot be seen is made visible."""
    person = Scripted()
    gate = Confirm("always", person, ledger(Clock()), Stop(), Eyes(Desk(), Mouse()))
    judged(gate, TypeText("begin " + "x" * 50_000 + "\x1b\u202e the end"))
    judged(gate, TypeText("w" * 1500 + "\n"))
    long, whole = (asked[0] for asked in person.asked)
    assert len(long) < 3000
    assert all(part in long for part in ("type 'begin x", "characters left out", "\\x1b\\u202e the end'?"))
    assert whole == f"type '{'w' * 1500}\\n'?"
    left_out = int(long.split("[…")[1].split(" ")[0].replace(",", ""))
    assert left_out == len(in_words(TypeText("begin " + "x" * 50_000 + "\x1b\u202e the end"))) - QUESTION


# The hand on the mouse


def hand(mouse: Mouse, mode: str = "pause") -> tuple[HumanInputGate, LoggedExecutor, Clock]:
    """The gate after a look at the screen with the pointer at (0, 0)."""
    clock = Clock()
    book = ledger(clock)
    seen = LastFrame(Wall(), lambda: Point(0, 0))
    seen.capture()
    return HumanInputGate(mode, mouse, book, seen, Waited(clock), clock), LoggedExecutor(Hands(), book), clock  # type: ignore[arg-type]


def test_a_pointer_where_we_left_it_hinders_nothing() -> None:
    """Before the first action that is where it was when the model looked; a few pixels are no hand."""
    gate, executor, _ = hand(Mouse([Point(3, 3), Point(200, 200), Point(202, 200)]))
    assert judged(gate, HERE) == (None, [])
    executor.perform(placed(HERE))
    assert judged(gate, HERE) == (None, [])
    executor.perform(placed(TypeText("x")))
    assert judged(gate, HERE) == (None, [])


def test_a_moved_pointer_is_waited_for_until_it_rests() -> None:
    """Safety sentence: the run pauses while a person moves the pointer, and looks again when it has rested for 1.5 s."""
    gate, _, clock = hand(Mouse([Point(50, 0), *[Point(50 + n, 0) for n in range(20)]]))
    judgement, said = judged(gate, HERE)
    assert isinstance(judgement, LookAgain)
    assert [type(word) for word in said] == [HandPause]
    assert clock.now >= 20 * 0.05 + 1.5 - 0.1
    assert judged(gate, HERE) == (None, []), "where the hand left it is where it belongs now"


def test_a_person_who_types_is_waited_for() -> None:
    """Until no key has come for 1.5 s; a key that answered our own question is none, nor one of long ago."""
    gate, _, clock = hand(Mouse([Point(0, 0)]))
    pressed = [clock.now]
    gate.typed = lambda: clock.now - pressed[0]
    judgement, said = judged(gate, HERE)
    assert isinstance(judgement, LookAgain)
    assert "typed" in judgement.why
    assert [type(word) for word in said] == [HandPause]
    assert clock.now - pressed[0] >= 1.5
    assert judged(gate, HERE) == (None, [])
    pressed[0] = clock.now
    gate.excuse()
    assert judged(gate, HERE) == (None, [])


def test_a_hand_may_stop_the_run() -> None:
    """The mode `stop`."""
    gate, _, _ = hand(Mouse([Point(50, 0)]), "stop")
    with pytest.raises(Aborted, match="stop"):
        judged(gate, HERE)


def test_a_hand_may_be_ignored() -> None:
    """The mode `ignore`."""
    assert judged(hand(Mouse([Point(50, 0)]), "ignore")[0], HERE) == (None, [])


# Questions


def confirm(mode: str, *answers: str, cautious: bool = False) -> tuple[Confirm, Scripted]:
    """The gate and whom it asks."""
    person = Scripted(list(answers))  # type: ignore[arg-type]
    eyes = Eyes(Desk(), Mouse(), picture=lambda _placed: "crop.png", text_at=lambda _point: "Delete all")
    return Confirm(mode, person, ledger(), Stop(), eyes, cautious), person  # type: ignore[arg-type]


def test_never_asks_nobody() -> None:
    """The mode `never`."""
    gate, person = confirm("never")
    assert judged(gate, KeyCombo(("alt", "f4"))) == (None, [])
    assert person.asked == []


def test_risky_asks_about_what_is_risky_alone() -> None:
    """With the action in words, the reason and the picture."""
    gate, person = confirm("risky", "yes")
    assert judged(gate, TypeText("hello"))[0] is None
    assert person.asked == []
    judgement, said = judged(gate, KeyCombo(("alt", "f4")))
    assert judgement is None
    assert said == [
        PersonQuestion("press alt+f4?", "it closes a window or ends an application", "crop.png"),
        PersonReply("yes"),
    ]


def test_the_text_under_the_pointer_makes_a_click_risky() -> None:
    """Safety sentence: a click on what says delete is asked about, whatever the model says of it."""
    gate, person = confirm("risky")
    judgement, _ = judged(gate, HERE)
    assert isinstance(judgement, Refusal)
    assert "'Delete'" in person.asked[0][1]


def test_the_models_own_words_make_a_click_risky() -> None:
    """Its description of this very action counts, not that of another."""
    gate, person = confirm("risky")
    press = PressKeys(("enter",))
    prediction = Prediction(Verdict.CONTINUE, (TypeText("x"), press), descriptions=("pay the bill", "go on"))
    assert judged(gate, press, Prediction(Verdict.CONTINUE, (press,), descriptions=("Send the mail",)))[0] is not None
    assert judged(gate, press, prediction)[0] is None
    assert len(person.asked) == 1


def test_a_no_is_a_refusal_that_the_model_hears() -> None:
    """By a person, with the reason."""
    judgement, said = judged(confirm("always", "no")[0], Wait(1))
    assert isinstance(judgement, Refusal)
    assert judgement.by == "person"
    assert said[-1] == PersonReply("no")


def test_a_no_may_say_what_to_do_instead() -> None:
    """Safety sentence: the action is not done, and the words go on record as a no with a note."""
    gate, person = confirm("always")
    person.answers.append(Instead("press escape"))
    judgement, said = judged(gate, HERE)
    assert said[-1] == PersonReply("no", "press escape")
    assert isinstance(judgement, Refusal)
    assert judgement.by == "person"


def test_a_yes_may_come_with_words() -> None:
    """The action is done, and the words go on record with the yes."""
    gate, person = confirm("always")
    person.answers.append(Granted("and then close it"))
    judgement, said = judged(gate, HERE)
    assert said[-1] == PersonReply("yes", "and then close it")
    assert judgement is None


def test_a_yes_is_for_the_window_that_it_was_asked_about() -> None:
    """Safety sentence: where another window is there by the time that somebody has answered, the action is not done."""
    gate, _ = confirm("always", "yes")
    desk = Desk(front=NamedWindow("notes"))
    gate.eyes = Eyes(desk, Mouse())

    def keep() -> Callable[[], None]:
        gate.eyes = Eyes(Desk(front=NamedWindow("a shop")), Mouse())
        return lambda: None

    gate.keep = keep
    judgement, _ = judged(gate, TypeText("hello"))
    assert isinstance(judgement, LookAgain)
    assert "window" in judgement.why


def test_always_is_for_the_kind_and_the_run() -> None:
    """Another kind is asked about again."""
    gate, person = confirm("always", "always", "no")
    assert judged(gate, Wait(1))[0] is None
    assert judged(gate, Wait(2)) == (None, [])
    assert judged(gate, TypeText("x"))[0] is not None
    assert len(person.asked) == 2


def test_the_answer_stop_stops() -> None:
    """Safety sentence: a person who answers stop has stopped the run."""
    with pytest.raises(Aborted, match="stop"):
        judged(confirm("always", "stop")[0], Wait(1))


def test_what_was_in_front_is_put_there_again_before_the_action() -> None:
    """The person may have answered in a terminal on this very desktop."""
    done: list[str] = []
    gate, _ = confirm("always", "yes", "no")

    def keep() -> Callable[[], None]:
        done.append("kept")
        return lambda: done.append("given back")

    gate.keep = keep
    judged(gate, Wait(1))
    assert done == ["kept", "given back"]
    judged(gate, Wait(1))
    assert done == ["kept", "given back", "kept"]


def test_under_cautious_a_terminal_is_asked_about() -> None:
    """Safety sentence: under `cautious` nothing goes to a terminal unasked."""
    gate, person = confirm("risky", "yes", cautious=True)
    gate.eyes = Eyes(Desk(front=NamedWindow("xterm")), Mouse())
    assert judged(gate, TypeText("ls"))[0] is None
    assert person.asked[0][1] == "it goes to a terminal"
