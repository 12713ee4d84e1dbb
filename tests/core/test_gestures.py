"""What counts as a person's wish to stop."""

from __future__ import annotations

from coasty_desk.core.abort.gestures import ChordDetector, CornerDetector, corners
from coasty_desk.core.scaling import Rect

CTRL, CTRL_R, SHIFT, F12, ESC, A = 37, 105, 50, 96, 9, 38


def keys() -> ChordDetector:
    """The default abort key on a usual keymap."""
    return ChordDetector((frozenset({CTRL, CTRL_R}), frozenset({SHIFT}), frozenset({F12})), frozenset({ESC}))


def seen(watched: ChordDetector, *events: tuple[int, bool, bool, float]) -> list[bool]:
    """What each event (code, down, ours, at) was taken for."""
    return [watched.seen(code, down=down, ours=ours, at=at) for code, down, ours, at in events]


def test_the_abort_key_stops_at_its_last_press() -> None:
    """The chord is complete with its third key, not before."""
    pressed = [(CTRL, True, False, 0.0), (SHIFT, True, False, 0.1), (F12, True, False, 0.2)]
    assert seen(keys(), *pressed) == [False, False, True]


def test_a_key_that_was_let_go_of_does_not_count() -> None:
    """Control released before F12 is no abort key."""
    watched = keys()
    seen(watched, (CTRL, True, False, 0.0), (SHIFT, True, False, 0.1), (CTRL, False, False, 0.2))
    assert not watched.seen(F12, down=True, ours=False, at=0.3)


def test_the_agents_own_abort_chord_stops_nothing() -> None:
    """What we send ourselves is told apart by our notes."""
    pressed = [(CTRL, True, True, 0.0), (SHIFT, True, True, 0.0), (F12, True, True, 0.0)]
    assert not any(seen(keys(), *pressed))


def test_a_person_who_finishes_the_chord_stops_though_the_agent_holds_part_of_it() -> None:
    """The server swallows the person's press of a key that the agent holds down."""
    watched = keys()
    seen(watched, (SHIFT, True, True, 0.0), (CTRL, True, False, 0.01), (SHIFT, False, True, 0.02))
    assert watched.seen(F12, down=True, ours=False, at=0.1)


def test_what_the_agent_let_go_of_long_ago_does_not_count() -> None:
    """The allowance for swallowed presses lasts a moment."""
    watched = keys()
    seen(watched, (SHIFT, True, True, 0.0), (CTRL, True, False, 0.01), (SHIFT, False, True, 0.02))
    assert not watched.seen(F12, down=True, ours=False, at=1.0)


def test_escape_three_times_within_a_second_stops() -> None:
    """The third press says stop."""
    presses = [(ESC, down, False, at) for at in (0.0, 0.4, 0.9) for down in (True, False)]
    assert seen(keys(), *presses) == [False, False, False, False, True, False]


def test_escape_three_times_slowly_does_not_stop() -> None:
    """Two dialogs closed and a third a second later are not a stop."""
    presses = [(ESC, down, False, at) for at in (0.0, 0.6, 1.2) for down in (True, False)]
    assert not any(seen(keys(), *presses))


def test_any_three_of_many_escapes_within_a_second_stop() -> None:
    """A slow first press does not spoil the quick three after it."""
    presses = [(ESC, down, False, at) for at in (0.0, 1.5, 1.7, 1.9) for down in (True, False)]
    assert any(seen(keys(), *presses))


def test_a_held_escape_that_repeats_is_one_press() -> None:
    """The repeats of a held key are no presses of it."""
    assert not any(seen(keys(), *[(ESC, True, False, at / 10) for at in range(10)]))


def test_the_agents_escapes_are_not_counted() -> None:
    """Two of ours and one of theirs are not three."""
    events = [(ESC, True, True, 0.0), (ESC, False, True, 0.0), (ESC, True, True, 0.1), (ESC, False, True, 0.1)]
    assert not any(seen(keys(), *events, (ESC, True, False, 0.2)))


def test_a_pointer_in_a_corner_stops() -> None:
    """Only the very corner, and at once."""
    watched = CornerDetector(frozenset({(0, 0)}))
    assert not watched.seen(1, 0)
    assert not watched.seen(2, 2)
    assert watched.seen(0, 0)


def test_a_pointer_that_rested_in_a_corner_stops_only_after_it_left() -> None:
    """Starting with the pointer in a corner is not a stop; coming back to it is."""
    watched = CornerDetector(frozenset({(0, 0)}), resting=True)
    assert not watched.seen(0, 0)
    assert not watched.seen(5, 5)
    assert watched.seen(0, 0)


def test_the_corners_of_one_monitor_are_its_four_pixels() -> None:
    """A single screen."""
    assert corners([Rect(0, 0, 1920, 1080)]) == {(0, 0), (1919, 0), (0, 1079), (1919, 1079)}


def test_crossing_between_two_monitors_is_no_corner() -> None:
    """The seam between two monitors of one height has no corners."""
    assert corners([Rect(0, 0, 100, 80), Rect(100, 0, 100, 80)]) == {(0, 0), (199, 0), (0, 79), (199, 79)}


def test_a_step_between_two_monitors_has_the_corner_where_the_pointer_rests() -> None:
    """The lower monitor's free corner counts, the upper end of the seam does not."""
    found = corners([Rect(0, 0, 100, 80), Rect(100, 0, 100, 60)])
    assert found == {(0, 0), (199, 0), (0, 79), (99, 79), (199, 59)}
