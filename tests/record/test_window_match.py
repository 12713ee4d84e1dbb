"""A replayed action goes to the window of then: what may differ in its title, and what may not."""

from __future__ import annotations

import pytest

from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.scaling import Rect
from coasty_desk.record.window_match import fits

EDITOR = "mousepad Mousepad"


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("note.txt - Mousepad", "*note.txt - Mousepad"),
        ("note.txt - Mousepad", "another one.md - Mousepad"),
        ("~/a/note - Mousepad", "/tmp/other - Mousepad"),
        ("Untitled 1 - Mousepad", "Untitled 27 - Mousepad"),
        ("Inbox (3) - mail", "Inbox - mail"),
        ("(12) Inbox", "Inbox (4)"),
        ("Report of 2026-11-26 \u2014 Writer", "Report of 2027-01-02 \u2014 Writer"),
        ("me@host: ~/one", "me@host: ~/two"),
        ("", ""),
        ("same", "SAME"),
    ],
)
def test_what_changes_from_day_to_day_may_differ(then: str, now: str) -> None:
    """Numbers, files, marks of change."""
    assert fits(NamedWindow(then, EDITOR), NamedWindow(now, EDITOR))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("Shop - Chromium", "My Bank - Chromium"),
        ("note.txt - Mousepad", "Preferences"),
        ("note.txt - Mousepad", "Save As"),
        ("Notes", ""),
        ("", "Notes"),
        ("Are you sure?", "Delete everything?"),
        ("me@host: ~", "root@host: ~"),
    ],
)
def test_another_name_is_another_window(then: str, now: str) -> None:
    """Also in the same application."""
    assert not fits(NamedWindow(then, EDITOR), NamedWindow(now, EDITOR))


@pytest.mark.parametrize(("now", "expected"), [((210, 140), True), ((210, 190), False), (None, False)])
def test_a_title_that_a_mask_kept_off_the_record_is_known_by_its_place(
    now: tuple[int, int] | None, *, expected: bool
) -> None:
    """And its size, about; the class must be the same all the same."""
    then = NamedWindow("", EDITOR, frame=Rect(200, 150, 400, 300))
    frame = None if now is None else Rect(*now, 400, 300)
    assert fits(then, NamedWindow("whatever", EDITOR, frame=frame)) is expected
    assert not fits(then, NamedWindow("whatever", "xterm XTerm", frame=then.frame))


def test_another_application_is_another_window() -> None:
    """Whatever it calls itself; the instance before the class may be another."""
    assert not fits(NamedWindow("note", EDITOR), NamedWindow("note", "xterm XTerm"))
    assert not fits(NamedWindow("", ""), NamedWindow("", "xterm XTerm"))
    assert not fits(NamedWindow("note", EDITOR), NamedWindow())
    assert fits(NamedWindow("note", "localhost__1 Chromium"), NamedWindow("note", "localhost__2 Chromium"))
    assert fits(NamedWindow(), NamedWindow())
