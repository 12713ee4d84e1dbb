"""A recorded run done again: exactly, after a window moved, and not where its target is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image, ImageDraw

from coasty_desk.core import events as ev
from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    KeyCombo,
    Launch,
    LookAgain,
    Point,
    Prediction,
    Refusal,
    Scroll,
    TypeText,
    Usage,
    Verdict,
    Wait,
)
from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import CENT
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Placed, Rect
from coasty_desk.core.stop import Stop
from coasty_desk.record import timeline, visual_match
from coasty_desk.record.replay import LATE, Recording, Replay
from coasty_desk.testing import OpenGate, RecordingExecutor, ScriptedPredictor
from tests.record.recorded import Slides, desktop, png, record

BUTTONS = [(300, 200, "Save"), (900, 600, "Cancel"), (500, 200, "Open")]


def _says(*actions: Action | Refusal, why: str = "because") -> Prediction:
    return Prediction(Verdict.CONTINUE, actions, why)


SCRIPT = [
    _says(Click(Point(300, 200)), TypeText("Dear {{name}}")),
    _says(Drag(Point(500, 200), Point(900, 600))),
    _says(Scroll(-3, point=Point(905, 604)), KeyCombo(("ctrl", "s"))),
    _says(Refusal("a shell", "wire", "no")),
]
DONE: list[Action] = [
    Click(Point(300, 200)),
    TypeText("Dear {{name}}"),
    Drag(Point(500, 200), Point(900, 600)),
    Scroll(-3, point=Point(905, 604)),
    KeyCombo(("ctrl", "s")),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recorded run of four steps on a still desktop."""
    record(tmp_path / "first", SCRIPT, Slides([desktop(BUTTONS)]), task="Write to {{name}}")
    return tmp_path / "first"


class _Again:
    """One replay, carried out."""

    def __init__(
        self,
        recording: Recording,
        screens: Sequence[Image.Image],
        heal: ScriptedPredictor | None = None,
        shows: Rect | None = None,
        budget: int | None = None,
    ) -> None:
        screen, self.executor = Slides(screens, shows), RecordingExecutor()
        sent = screen.capture().sent
        screen._next = 0
        job = Job(
            "again",
            recording.task,
            "replay",
            screen.shows,
            sent,
            Limits(25, None, None if budget is None else budget * CENT),
        )
        replay = Replay(recording, heal)
        self.events = list(run(job, Ports(screen, self.executor, replay, OpenGate(), Stop())))
        self.done = [placed.real for placed in self.executor.performed]
        ended = self.events[-1]
        assert isinstance(ended, ev.RunEnded)
        self.ended = ended


def _recording(folder: Path, **values: str) -> Recording:
    return Recording(timeline.read(folder), folder, values)


def _moved(picture: Image.Image, dx: int, dy: int) -> Image.Image:
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), fillcolor="#3a6ea5")


class _Asking(RecordingExecutor):
    """Asks before it does something, as the real one."""

    ask: Callable[[Placed], None]

    def perform(self, placed: Placed) -> None:
        """Ask, then keep it."""
        self.ask(placed)
        super().perform(placed)


@pytest.mark.parametrize(("before", "done"), [(0, DONE), (1, DONE[:1])])
def test_a_step_that_was_hindered_is_not_passed_over(folder: Path, before: int, done: list[Action]) -> None:
    """Nothing of it done: it is taken again. Some of it done: that is the end, and no success."""
    screen, executor, recording = Slides([desktop(BUTTONS)]), _Asking(), _recording(folder)
    there = NamedWindow("Notes", "notes Notes")

    def windows(real: Action | None) -> tuple[NamedWindow, ...]:
        return (there, there) if isinstance(real, Drag) else (there,)

    steps = tuple(
        replace(step, deeds=tuple(replace(deed, windows=windows(deed.real)) for deed in step.deeds))
        for step in recording.story.steps
    )
    recording = replace(recording, story=replace(recording.story, steps=steps))
    replay = Replay(recording, None, windows)
    executor.ask = replay.recheck
    job = Job("again", "task", "replay", screen.shows, screen.capture().sent, Limits(25, None, None))
    screen._next = 0
    gate = OpenGate([*[None] * before, LookAgain("a person moved the pointer")])
    *_, ended = run(job, Ports(screen, executor, replay, gate, Stop()))
    assert isinstance(ended, ev.RunEnded)
    assert [placed.real for placed in executor.performed] == done
    assert ended.ending is (ev.Ending.AGENT_FAILED if before else ev.Ending.DONE), ended.message


def test_the_same_screen_gets_the_same_input(folder: Path) -> None:
    """Every action in real pixels as it was, nothing that was refused, and a success that says how it looks."""
    again = _Again(_recording(folder), [desktop(BUTTONS)])
    assert again.done == DONE
    assert again.ended.ending is ev.Ending.DONE
    assert "all 3 recorded steps were done again, and 100% of the screen looks as it did then" in again.ended.message


@pytest.mark.parametrize("shows", [Rect(0, 0, 1920, 1080), Rect(-2560, 37, 2560, 1440), Rect(0, 0, 1366, 768)])
def test_a_shrunk_screen_is_replayed_to_the_pixel(tmp_path: Path, shows: Rect) -> None:
    """Whatever the scale and the monitor's place, the real pixels are those of then."""
    folder = tmp_path / "shrunk"
    events = record(folder, SCRIPT, Slides([desktop(BUTTONS)], shows))
    done = [event.placed.real for event in events if isinstance(event, ev.Acting)]
    assert _Again(_recording(folder), [desktop(BUTTONS)], shows=shows).done == done


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (-17, 23), (60, -45), (-90, 60)])
def test_a_window_that_moved_is_found_again(folder: Path, dx: int, dy: int) -> None:
    """Every target is hit as far off as the window is."""
    again = _Again(_recording(folder), [_moved(desktop(BUTTONS), dx, dy)])
    assert again.done == [
        Click(Point(300 + dx, 200 + dy)),
        TypeText("Dear {{name}}"),
        Drag(Point(500 + dx, 200 + dy), Point(900 + dx, 600 + dy)),
        Scroll(-3, point=Point(905 + dx, 604 + dy)),
        KeyCombo(("ctrl", "s")),
    ]


@pytest.mark.parametrize(
    "buttons",
    [
        [(900, 600, "Cancel"), (500, 200, "Open")],
        [(300, 200, "Quit"), (900, 600, "Cancel"), (500, 200, "Open")],
        [(340, 240, "Quit"), (900, 600, "Cancel"), (500, 200, "Open")],
        [],
    ],
    ids=["gone", "it says something else", "another one nearby", "everything gone"],
)
def test_it_stops_where_the_button_is_gone(folder: Path, buttons: list[tuple[int, int, str]]) -> None:
    """No input, an exit that is no success, a sentence that says which step, and what to do."""
    again = _Again(_recording(folder), [desktop(buttons)])
    assert again.done == []
    assert again.ended.ending is ev.Ending.AGENT_FAILED
    assert again.ended.message == "what step 1 was aimed at is not there any more: click at (300, 200)"
    assert "--heal" in again.ended.remedy


def test_it_stops_in_the_middle_where_a_later_target_is_gone(folder: Path) -> None:
    """What was there is done, the rest is not."""
    again = _Again(_recording(folder), [desktop(BUTTONS), desktop(BUTTONS[:2])])
    assert again.done == DONE[:2]
    assert "step 2" in again.ended.message


def test_a_model_heals_a_step_whose_target_is_gone(folder: Path) -> None:
    """It is asked for that step alone, told what it was, paid for it alone; then the recording goes on."""
    elsewhere = desktop([(300, 600, "Save"), *BUTTONS[1:]])
    heal = ScriptedPredictor(
        [Prediction(Verdict.DONE, (Click(Point(300, 600)),), usage=Usage(4 * CENT))], cost=10 * CENT
    )
    again = _Again(_recording(folder), [elsewhere, desktop(BUTTONS)], heal)
    assert again.done == [Click(Point(300, 600)), *DONE[2:]]
    assert again.ended.ending is ev.Ending.DONE
    assert again.ended.cost_cents == 4
    assert [ask.step for ask in heal.asked] == [1]
    assert "click at (300, 200); then type 'Dear {{name}}'" in heal.asked[0].task
    assert "Write to {{name}}" in heal.asked[0].task
    assert heal.closed == 1
    prices = [event.worst_case for event in again.events if isinstance(event, ev.Observed)]
    assert prices == [10 * CENT, 0, 0, 0]


def test_a_healing_that_the_budget_does_not_allow_is_not_bought(folder: Path) -> None:
    """The budget is asked before the model is."""
    heal = ScriptedPredictor(cost=10 * CENT)
    again = _Again(_recording(folder), [desktop([])], heal, budget=5)
    assert again.ended.ending is ev.Ending.BUDGET
    assert heal.asked == []


def test_names_in_typed_text_are_given_values(folder: Path) -> None:
    """`{{name}}` in what was typed, and in the task."""
    recording = _recording(folder, name="Zoë")
    assert recording.task == "Write to Zoë"
    assert _Again(recording, [desktop(BUTTONS)]).done[1] == TypeText("Dear Zoë")


def test_a_name_that_nothing_has_is_said_with_those_there_are(folder: Path) -> None:
    """Wrong usage, before anything starts."""
    with pytest.raises(UsageError, match=r"has \{\{nam\}\} in it") as wrong:
        _recording(folder, nam="Zoë")
    assert wrong.value.remedy == "It has: name."


def test_a_run_that_was_cut_off_or_did_nothing_cannot_be_replayed(folder: Path, tmp_path: Path) -> None:
    """Each is a sentence that says so."""
    record(tmp_path / "idle", [_says(Refusal("a shell", "wire", "no"))], Slides([desktop([])]))
    with pytest.raises(UsageError, match="did nothing"):
        _recording(tmp_path / "idle")
    journal = folder / "journal.jsonl"
    lines = journal.read_text("ascii").splitlines()
    journal.write_text("\n".join(lines[:-1]), "ascii")
    with pytest.raises(UsageError, match="was cut off before its end"):
        _recording(folder)


WINDOW = desktop(BUTTONS, background="#d0d0d0")
EMPTY = desktop([])


@pytest.mark.parametrize(
    ("then", "now", "waits"),
    [
        ([EMPTY, WINDOW], [EMPTY, WINDOW], 0),
        ([EMPTY, WINDOW], [EMPTY, EMPTY, EMPTY, WINDOW], 2),
        ([EMPTY, EMPTY, WINDOW], [EMPTY, WINDOW], 0),
        ([EMPTY, EMPTY, WINDOW], [EMPTY, EMPTY, EMPTY, EMPTY, WINDOW], 2),
    ],
    ids=["as fast", "slower", "faster", "slower than slow"],
)
@pytest.mark.parametrize("use", [Click(Point(300, 200)), TypeText("ink"), None], ids=["click", "keys", "nothing"])
def test_an_application_may_start_slower_or_faster(
    tmp_path: Path, then: list[Image.Image], now: list[Image.Image], waits: int, use: Action | None
) -> None:
    """What it shows is waited for, and a wait of then is no reason to find the screen another one."""
    launch, slow = Launch("Ink Pot", "ink.desktop"), [Wait(3.0)] * (len(then) - 2)
    script = [_says(launch), *map(_says, slow), *([] if use is None else [_says(use)])]
    record(tmp_path / "opened", script, Slides(then))
    again = _Again(_recording(tmp_path / "opened"), now)
    assert again.ended.ending is ev.Ending.DONE, again.ended.message
    pauses = [Wait(seconds) for seconds in LATE[:waits]]
    assert again.done == [launch, *slow, *pauses, *([] if use is None else [use])]


def test_an_application_that_never_comes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """Nothing is done on another screen; nor is a pause forced that was refused."""
    launch = Launch("Ink Pot", "ink.desktop")
    record(tmp_path / "opened", [_says(launch), _says(TypeText("ink"))], Slides([EMPTY, WINDOW]))
    again = _Again(_recording(tmp_path / "opened"), [EMPTY])
    assert again.done == [launch, *map(Wait, LATE)]
    assert again.ended.ending is ev.Ending.AGENT_FAILED
    assert "in step 2 only" in again.ended.message
    job = Job("again", "task", "replay", Slides([EMPTY]).shows, Slides([EMPTY]).capture().sent, Limits(25, None, None))
    executor, replay = RecordingExecutor(), Replay(_recording(tmp_path / "opened"))
    gate = OpenGate([None, Refusal("a wait", "policy", "no")])
    *_, ended = run(job, Ports(Slides([EMPTY]), executor, replay, gate, Stop()))
    assert [placed.real for placed in executor.performed] == [launch]
    assert isinstance(ended, ev.RunEnded)
    assert ended.ending is ev.Ending.AGENT_FAILED


def test_what_was_opened_is_not_waited_for_once_it_was_used(tmp_path: Path) -> None:
    """From the first input into it on, what is gone is gone."""
    script = [_says(Launch("Ink Pot")), _says(Click(Point(300, 200))), _says(Click(Point(500, 200)))]
    record(tmp_path / "opened", script, Slides([EMPTY, WINDOW]))
    again = _Again(_recording(tmp_path / "opened"), [EMPTY, WINDOW, EMPTY])
    assert again.done == [Launch("Ink Pot"), Click(Point(300, 200))]


def test_another_size_of_screen_is_not_guessed_about(folder: Path) -> None:
    """The same picture on a larger monitor is another place for everything."""
    again = _Again(_recording(folder), [desktop(BUTTONS)], shows=Rect(0, 0, 1920, 1080))
    assert again.done == []
    assert "the screen was 1280x720" in again.ended.message


def test_keys_alone_go_to_no_other_screen(tmp_path: Path) -> None:
    """A step that aims at nothing still wants the screen to look as it did."""
    folder = tmp_path / "keys"
    record(folder, [_says(TypeText("rm -rf"))], Slides([desktop(BUTTONS)]))
    again = _Again(_recording(folder), [Image.new("RGB", (1280, 720), "white")])
    assert again.done == []
    assert again.ended.ending is ev.Ending.AGENT_FAILED


def test_an_end_that_looks_quite_different_is_no_success(folder: Path) -> None:
    """Every action found its target, and yet something else came of it."""
    again = _Again(_recording(folder), [*[desktop(BUTTONS)] * 3, Image.new("RGB", (1280, 720), "white")])
    assert again.done == DONE
    assert again.ended.ending is ev.Ending.AGENT_FAILED
    assert "0% of the screen" in again.ended.message


def test_a_replay_without_its_pictures_compares_nothing_and_does_nothing(folder: Path) -> None:
    """Deleted frames are no permission."""
    (folder / "frames" / "0001.png").unlink()
    assert "no picture was kept of step 1" in _Again(_recording(folder), [desktop(BUTTONS)]).ended.message


def test_a_place_with_nothing_to_see_is_clicked_where_it_was(tmp_path: Path) -> None:
    """A plain canvas: the same colour will do; another colour will not."""
    plain = Image.new("RGB", (1280, 720), "#808080")
    then, other = visual_match.grey(png(plain)), visual_match.grey(png(Image.new("RGB", (1280, 720), "#c0c0c0")))
    assert visual_match.find(then, then, 640, 360) == visual_match.VisualMatch(0, 0, 0.0)
    assert visual_match.find(then, then, 640, 360, [(20, 10)]) == visual_match.VisualMatch(20, 10, 0.0)
    assert visual_match.find(then, other, 640, 360) is None


def test_a_button_lit_up_by_the_pointer_is_the_same_button() -> None:
    """A face some levels brighter, its label as it was."""
    picture = desktop(BUTTONS)
    lit = picture.copy()
    pixels = [(x, y) for x in range(260, 340) for y in range(185, 215)]
    for at in pixels:
        if picture.getpixel(at) == (216, 216, 216):
            lit.putpixel(at, (232, 232, 236))
    assert visual_match.find(visual_match.grey(png(picture)), visual_match.grey(png(lit)), 300, 200) is not None


def test_of_two_that_look_the_same_the_one_that_moved_along_is_meant() -> None:
    """Two rows of the same buttons, moved by the distance of the rows."""
    then = desktop([(300, 200, "Edit"), (300, 260, "Edit"), (300, 320, "Edit")])
    now = _moved(then, 0, 60)
    found = visual_match.find(visual_match.grey(png(then)), visual_match.grey(png(now)), 300, 260, [(0, 60)])
    assert found is not None
    assert (found.dx, found.dy) == (0, 60)


def test_a_target_at_the_edge_of_the_screen_is_found() -> None:
    """A taskbar's corner: half of what is around it is off the screen."""
    picture = desktop([])
    ImageDraw.Draw(picture).text((4, 702), "Start", fill="white")
    then = visual_match.grey(png(picture))
    assert visual_match.find(then, then, 10, 710) == visual_match.VisualMatch(0, 0, 0.0)
