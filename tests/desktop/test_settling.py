"""When the screen has answered and rests: neither too early nor for a caret's sake too late."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from coasty_desk.core.errors import Aborted
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.activity_probe import ActivityProbe, Doing
from coasty_desk.desktop.imaging.changed_cells import changed, compared, everything, total
from coasty_desk.desktop.imaging.picture import Shot
from coasty_desk.desktop.settle.settling import Watcher
from coasty_desk.desktop.settle.stability import ASLEEP, BY_EYE, FAINT, FRAMES, IDLE, LONGEST, TOLD, Pace, StabilityRule

SIZE = Size(1280, 720)
ALL = everything(SIZE)
CARET = 1 << 8 * 500
VIDEO = sum(1 << 8 * cell for cell in range(200, 300))


def rested(
    changes: Callable[[int], int], pace: Pace = BY_EYE, restless: int = 0, shades: Callable[[int], int] = lambda _: 255
) -> tuple[int, str]:
    """After how many ms, looking every 10 ms, the screen whose cells change so is taken to rest, and why."""
    resting = StabilityRule(SIZE, 0.0, restless)
    for ms in range(10, 5000, 10):
        resting.look(ms / 1000, changes(ms), shades(ms))
        why = resting.why(ms / 1000, pace)
        if why:
            return ms, why
    return 5000, ""


@pytest.mark.parametrize("pace", [BY_EYE, TOLD, FRAMES, IDLE, ASLEEP])
def test_a_screen_that_does_not_answer_is_not_waited_for_long(pace: Pace) -> None:
    """Nothing changed: the first wait, and no more."""
    ms, why = rested(lambda _ms: 0, pace)
    assert (ms / 1000, why) == (pace.first, "nothing changed")


@pytest.mark.parametrize("pace", [BY_EYE, TOLD, FRAMES, IDLE, ASLEEP])
def test_a_change_is_followed_to_its_end(pace: Pace) -> None:
    """A window that is painted from 50 to 400 ms is not taken while it is painted."""
    ms, why = rested(lambda ms: ALL if 50 <= ms <= 400 else 0, pace)
    assert why == "at rest"
    assert 400 + pace.quiet * 1000 <= ms <= 430 + pace.quiet * 1000


def test_a_pause_shorter_than_the_quiet_is_no_rest() -> None:
    """A page that comes in three pieces is waited for to the third."""
    ms, _ = rested(lambda ms: ALL if ms in (50, 150, 250) else 0, BY_EYE)
    assert ms >= 400


def test_a_caret_is_not_waited_for() -> None:
    """It blinks twice a second for ever."""
    ms, _ = rested(lambda ms: CARET if ms % 530 == 0 else 0)
    assert ms <= 160


def test_a_spinner_is_waited_for_a_moment_only() -> None:
    """It turns for ever in a small place: a bar's small place, or a few cells that change where they have before."""
    bar = sum(1 << 8 * cell for cell in range(8))
    ms, why = rested(lambda _ms: bar)
    assert (ms <= 430, why) == (True, "only a small area changes")
    ms, why = rested(lambda _ms: CARET)
    assert (ms <= 200, why) == (True, "a small area changed")


def test_what_changes_too_little_to_be_seen_is_waited_for_less() -> None:
    """A scroll bar fades for a second, shade by shade; a letter that gets its colour shade by shade after a leap is not cut."""
    bar = sum(1 << 8 * cell for cell in range(300, 310))
    fades, why = rested(lambda ms: bar if ms <= 900 else 0, TOLD, shades=lambda _: FAINT)
    assert (TOLD.faint * 1000 <= fades < TOLD.patience * 1000, why) == (True, "only a small area changes")
    leaps, _ = rested(lambda ms: bar if ms <= 220 else 0, TOLD, shades=lambda ms: 90 if ms == 80 else FAINT)
    assert 220 < leaps <= 260
    strong, why = rested(lambda ms: bar if ms <= 900 else 0, TOLD, shades=lambda _: FAINT + 1)
    assert (strong >= TOLD.patience * 1000, why) == (True, "only a small area changes")


def test_a_video_in_a_part_of_the_screen_is_found_out_and_then_ignored() -> None:
    """It changes in the same place again and again; the next time it is known from the start."""
    ms, _ = rested(lambda _ms: VIDEO)
    assert ms < 900
    assert rested(lambda _ms: VIDEO, restless=VIDEO) == (150, "nothing changed")


def test_a_scroll_bar_that_fades_is_waited_for_a_moment_only() -> None:
    """It is as tall as the window, and changes in the same place; a list that grows line by line is waited for."""
    bar = sum(1 << 8 * cell for cell in range(300, 350))
    ms, why = rested(lambda ms: bar if 50 <= ms <= 900 else 0, TOLD)
    assert (ms <= 400, why) == (True, "only a small area changes")
    ms, why = rested(lambda ms: bar << 8 * ms // 10 * 10 if 50 <= ms <= 900 else 0, TOLD)
    assert (ms >= 1000, why) == (True, "at rest")


def test_a_small_list_that_unfolds_is_followed_to_its_end() -> None:
    """Two cells a row, a row each 50 ms; a bar that fills for ever is left alone after a second."""

    def unfolds(end: int) -> Callable[[int], int]:
        return lambda ms: 0x0101 << 8 * (80 * (ms // 50)) if ms <= end and ms < 2000 else 0

    ms, why = rested(unfolds(400), TOLD)
    assert (ms > 400, why) == (True, "a small area changed")
    ms, why = rested(unfolds(5000), TOLD)
    assert (1000 < ms < 1500, why) == (True, "only a small area changes")


def test_a_long_time_without_a_look_is_no_rest() -> None:
    """The machine was too busy to let us look, so it let nobody paint."""
    resting = StabilityRule(SIZE, 0.0)
    resting.look(0.4, 0)
    assert resting.why(0.4, TOLD) == ""
    assert resting.calm(0.4) == LONGEST
    for ms in range(410, 460, 10):
        resting.look(ms / 1000, 0)
    assert resting.why(0.47, TOLD) == "nothing changed"


def test_what_fills_the_screen_is_never_ignored() -> None:
    """However often it changes."""
    assert rested(lambda _ms: ALL) == (5000, "")


def test_a_change_beside_a_video_counts() -> None:
    """The video is known; a dialog opens at 100 ms."""
    dialog = sum(1 << 8 * cell for cell in range(1000, 1100))
    ms, why = rested(lambda ms: VIDEO | (dialog if ms == 100 else 0), restless=VIDEO)
    assert (ms, why) == (250, "at rest")


def test_a_single_pixel_is_a_changed_cell() -> None:
    """The cell is the one that it lies in; the same picture has none, one of another size all."""
    before = bytes(4 * SIZE.width * SIZE.height)
    after = bytearray(before)
    at = 4 * (SIZE.width * 35 + 50)
    after[at : at + 3] = b"\xff\xff\xff"
    assert changed(before, after, SIZE) == 1 << 8 * (80 * 2 + 3)
    for x, y in ((0, 0), (SIZE.width - 1, SIZE.height - 1), (700, 719)):
        corner = bytearray(before)
        at = 4 * (SIZE.width * y + x)
        corner[at : at + 3] = b"\xff\xff\xff"
        assert changed(before, corner, SIZE) == 1 << 8 * (80 * (y // 16) + x // 16)
    assert changed(before, bytes(before), SIZE) == 0
    assert changed(b"", after, SIZE) == ALL
    assert compared(before, before, SIZE) == (0, 0)
    assert compared(b"", after, SIZE) == (ALL, 255)
    assert compared(before, bytearray([40]) * len(before), SIZE) == (ALL, 40)
    assert total(Size(1367, 769)) == 86 * 49


class Scene:
    """A screen that shows one plain picture after the other, each for some looks."""

    def __init__(self, *pictures: tuple[int, int]) -> None:
        self._shades = [shade for shade, looks in pictures for _ in range(looks)]
        self.looks = 0

    def look(self) -> Shot:
        """The next look; the last picture stays."""
        shade = self._shades[min(self.looks, len(self._shades) - 1)]
        self.looks += 1
        return Shot(bytearray([shade]) * (4 * 320 * 240), Size(320, 240), Rect(0, 0, 320, 240))


def test_what_is_prepared_for_sending_is_what_rests() -> None:
    """Offered once it is still, offered again where something came after it."""
    scene = Scene((0, 3), (200, 12), (90, 1))
    offered: list[Shot] = []

    def offer() -> Shot:
        offered.append(scene.look())
        return offered[-1]

    watcher = Watcher(scene.look, Stop(), ActivityProbe())
    watcher.begin()
    rest = watcher.rest(offer)
    assert (rest.why, rest.changed) == ("at rest", 1.0)
    assert watcher.rested_as_offered
    assert offered[-1].raw[0] == 90


def test_an_answer_that_came_during_the_input_is_seen() -> None:
    """The screen is compared with what it was before the input went out."""
    scene = Scene((0, 1), (200, 1))
    watcher = Watcher(scene.look, Stop(), ActivityProbe())
    watcher.begin()
    assert watcher.rest(scene.look).changed == 1.0


def test_a_stop_ends_the_wait_at_once() -> None:
    """In the middle of watching a screen that never rests."""
    stop = Stop()
    scene = Scene(*((shade % 256, 1) for shade in range(0, 100_000, 7)))

    def look() -> Shot:
        if scene.looks == 20:
            stop.trip("hotkey")
        return scene.look()

    with pytest.raises(Aborted):
        Watcher(look, stop, ActivityProbe()).rest(look)
    assert scene.looks == 21


def test_what_changed_and_goes_on_changing_without_any_input_is_restless_the_next_time() -> None:
    """A spinner that was seen for a moment only; a window that was painted meanwhile is not."""
    resting = StabilityRule(SIZE, 0.0)
    for ms in range(10, 260, 10):
        resting.look(ms / 1000, CARET | (VIDEO if ms < 50 else 0))
    assert resting.restless == 0
    assert resting.lively == CARET


class Clocked(Stop):
    """A stop whose pauses take no time but on a clock of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        """Let the clock go on."""
        self.check()
        self.now += seconds

    def clock(self) -> float:
        """The seconds so far."""
        return self.now


class Busy(ActivityProbe):
    """By the clock: until when it names what, and what is done once it names nothing."""

    def __init__(self, stop: Clocked, *reasons: tuple[float, str], then: Doing = Doing.NOTHING) -> None:
        self._stop = stop
        self._reasons = reasons
        self._then = then

    @property
    def doing(self) -> Doing:
        """Something, as long as anything is named."""
        return Doing.SOMETHING if self._named() else self._then

    def why(self, calm: float) -> str:
        """What is at work, unless nothing has changed for a second."""
        named = self._named()
        return "" if named == "computing" and calm >= 1.0 else named

    def _named(self) -> str:
        return next((why for until, why in self._reasons if self._stop.now < until), "")


def waited(*reasons: tuple[float, str], shown: float = 0.0, then: Doing = Doing.NOTHING) -> int:
    """After how many ms a screen rests that changes at `shown` seconds, while so much is at work until then and then."""
    stop = Clocked()
    pictures = [Scene((shade, 1)).look() for shade in (0, 200)]

    def look() -> Shot:
        return pictures[0 < shown <= stop.now]

    return round(Watcher(look, stop, Busy(stop, *reasons, then=then), stop.clock).rest(look).ms)


def test_what_is_awaited_from_the_network_or_in_a_terminal_is_waited_for() -> None:
    """Until it has come and was shown, or to the cap."""
    assert 100 <= waited() <= 110
    for what in ("network", "command"):
        assert 880 <= waited((0.8, what)) < 920
        assert 930 <= waited((0.8, what), shown=0.88) < 1000
        assert 3000 <= waited((9.0, what)) <= 3020


def test_the_surer_it_is_that_nothing_comes_the_shorter_is_the_wait() -> None:
    """All asleep, nobody at work, somebody a little, nobody can tell, frames drawn that look the same so far."""
    shown = 0.03
    waits = [
        waited(shown=shown, then=doing)
        for doing in (Doing.ASLEEP, Doing.NOTHING, Doing.SOMETHING, Doing.UNKNOWN, Doing.FRAMES)
    ]
    assert waits == sorted(set(waits))
    assert waits[0] < 90
    assert waits[-1] > 200
    assert waited((0.8, "command"), then=Doing.ASLEEP) < waited((0.8, "command")) < 920


def test_what_comes_late_from_one_that_draws_frame_after_frame_is_waited_for() -> None:
    """GTK lets the Save button of its file dialog be pressed 180 ms after the name was typed; what is seen explains frames."""
    assert waited(shown=0.18, then=Doing.FRAMES) > 200
    assert waited(shown=0.18, then=Doing.NOTHING) < 180


def test_an_answer_that_may_have_more_to_come_is_waited_for_no_longer_than_that() -> None:
    """What says so has counted the time already."""
    assert 340 <= waited((0.2, "network"), (0.34, "arriving")) < 360


def test_one_that_computes_is_waited_for_until_it_shows_something_or_for_a_second() -> None:
    """A program that thinks for 0.4 s; one that shows something and goes on; one that computes for ever."""
    assert 440 <= waited((0.4, "computing"), shown=0.38) <= 460
    assert 400 <= waited((0.4, "computing"), shown=0.1) < 420
    assert 1000 <= waited((9.0, "computing")) < 1020
    assert 3000 <= waited((9.0, "starting")) <= 3020


def test_nothing_is_left_running_when_a_stop_comes_from_another_thread() -> None:
    """The wait between two looks is on the stop."""
    stop = Stop()
    scene = Scene(*((shade % 256, 1) for shade in range(0, 100_000, 7)))
    threading.Timer(0.05, stop.trip, ("stop",)).start()
    with pytest.raises(Aborted):
        Watcher(scene.look, stop, ActivityProbe()).rest(scene.look)
