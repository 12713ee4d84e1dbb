"""A Wayland session is told before anything starts; a virtual X display inside one is none."""

from __future__ import annotations

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import wayland
from coasty_desk.desktop.x11.wayland import Server, refusal
from tests.desktop import targets

SESSION = {"WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland"}


def test_a_black_xwayland_is_refused_with_what_to_do() -> None:
    """Whatever the environment says: over ssh it says nothing."""
    for environment in (SESSION, {}):
        error = refusal(environment, Server(xwayland=True, blank=True))
        assert error is not None
        assert "Wayland" in error.message
        assert "Xorg" in error.remedy


def test_a_wayland_session_without_an_x_server_is_refused() -> None:
    """There the environment is all there is to go by."""
    assert refusal(SESSION, None) is not None
    assert refusal({"XDG_SESSION_TYPE": "x11"}, None) is None


def test_a_display_of_its_own_inside_wayland_works() -> None:
    """Xvfb, Xephyr, or an XWayland with a root window of its own."""
    assert refusal(SESSION, Server(xwayland=False, blank=False)) is None
    assert refusal(SESSION, Server(xwayland=True, blank=False)) is None


def test_a_virtual_display_is_no_wayland(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server itself is asked."""
    connection = x11.display()
    assert wayland.probe(connection) == Server(xwayland=False, blank=False)
    assert wayland._is_blank(connection) is True
    with targets.closing(targets.tk(display)):
        assert wayland._is_blank(connection) is False
    connection.close()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    wayland.require_x11()


def test_no_server_in_a_wayland_session_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is told of Wayland rather than of DISPLAY."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(DesktopError, match="Wayland"):
        wayland.require_x11()
