"""One connection for every question, and another where its server is no more."""

from __future__ import annotations

import socket

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.shared_connection import monitors_now, shared_connection
from tests.desktop.xvfb import xvfb


def test_the_connection_is_kept_for_the_next_question(display: str) -> None:
    """Opening one takes longer than asking."""
    del display
    with shared_connection() as first:
        assert first.screen().root.query_pointer() is not None
    with shared_connection() as again:
        assert again is first


def test_a_keymap_that_changes_is_noted(display: str) -> None:
    """The kept connection tells the keys as they are now, and piles up no events."""
    del display
    other = x11.display()
    with shared_connection() as kept:
        before = kept.keycode_to_keysym(255, 0)
    other.change_keyboard_mapping(255, [(0x61 if before != 0x61 else 0x62,)])
    other.sync()
    try:
        with shared_connection() as kept:
            kept.sync()
        with shared_connection() as kept:
            assert kept.keycode_to_keysym(255, 0) != before
            assert not kept.pending_events()
    finally:
        other.change_keyboard_mapping(255, [(before,)])
        other.close()


def test_where_nobody_waits_for_the_display_any_more_its_monitors_are_not_asked_for(display: str) -> None:
    """Else a stop would wait for a display that does not answer, by way of the library that takes the pictures."""
    del display
    assert monitors_now() is not None
    x11.give_up_display()
    try:
        with shared_connection() as kept:
            kept.display.socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(DesktopError, match="does not answer"):
            monitors_now()
    finally:
        x11.give_up_display(given_up=False)


def test_a_server_that_was_started_anew_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the same name; and one that has gone raises what Xlib raises."""
    with xvfb(640, 480) as name:
        monkeypatch.setenv("DISPLAY", name)
        with shared_connection() as first:
            assert first.screen().root.get_geometry().width == 640
    with xvfb(800, 600, name), shared_connection() as second:
        assert second is not first
        assert second.screen().root.get_geometry().width == 800
