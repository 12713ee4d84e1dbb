"""The windows of an X11 desktop: what they are called, where they are, which gets the keys.

With a window manager its own list is asked (EWMH); without one, the root's children. A window
that may vanish between two questions is left out, not an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop import load
from coasty_desk.desktop.x11_asking import asking

OURS = "coasty-desk-badge"
"""The class of a window of ours that is in nobody's way, and in no list."""


class Window(Struct, frozen=True):
    """A window that can be seen. `frame` is its real rectangle with its decoration, `kind` its class (`xterm XTerm`)."""

    id: int
    title: str
    kind: str
    frame: Rect
    parent: int = 0
    popup: bool = False


def windows() -> tuple[Window, ...]:
    """All that can be seen, the topmost first. Raises DesktopError."""
    with _asked() as display:
        return tuple(_listed(display))


def focused() -> Window | None:
    """The window that gets the keys; None where that is no window. Raises DesktopError."""
    with _asked() as display:
        found = tuple(_listed(display))
        return _by_id(found, _focused_id(display)) or _under_pointer(display, found)


def focused_frame() -> Rect | None:
    """The real rectangle of the window that gets the keys, with its decoration; None where that cannot be told."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        window = focused()
    except DesktopError:
        return None
    return None if window is None else window.frame


def window_at(point: Point) -> Window | None:
    """The window that a real pixel belongs to; a menu belongs to the window that opened it. Raises DesktopError."""
    with _asked() as display:
        found = tuple(_listed(display))
        hit = next((window for window in found if window.frame.contains(point.x, point.y)), None)
        if hit is None or not hit.popup or hit.title:
            return hit
        return _by_id(found, hit.parent) or _by_id(found, _focused_id(display)) or hit


def activate(window: Window) -> None:
    """Give the keys to the window, and bring it up. Raises DesktopError."""
    with _asked() as display:
        from Xlib import X
        from Xlib.protocol import event

        display.set_error_handler(lambda *_: None)  # it may be gone
        target = display.create_resource_object("window", window.id)
        if _property(display, display.screen().root, "_NET_SUPPORTING_WM_CHECK") is not None:
            message = event.ClientMessage(
                window=target,
                client_type=display.intern_atom("_NET_ACTIVE_WINDOW"),
                data=(32, [2, X.CurrentTime, 0, 0, 0]),
            )
            mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
            display.screen().root.send_event(message, event_mask=mask)
        else:
            target.configure(stack_mode=X.Above)
            target.set_input_focus(X.RevertToParent, X.CurrentTime)
        display.sync()


@contextmanager
def _asked() -> Iterator[Any]:
    try:
        with asking() as display:
            yield display
    except load.lost() as error:
        message = "The windows of this desktop cannot be told."
        raise DesktopError(message, "Is the display still there?") from error


def _listed(display: Any) -> Iterator[Window]:
    from Xlib.error import BadDrawable, BadWindow

    root = display.screen().root
    managed = _property(display, root, "_NET_CLIENT_LIST_STACKING")
    ids = list(managed or ())
    for child in root.query_tree().children:
        with suppress(BadWindow, BadDrawable):
            if _can_be_seen(child) and (managed is None or _is_popup(child)):
                ids.append(child.id)
    for number in reversed(dict.fromkeys(ids)):
        with suppress(BadWindow, BadDrawable):
            window = display.create_resource_object("window", number)
            if _can_be_seen(window) and OURS not in (window.get_wm_class() or ()):
                yield _described(display, window)


def _can_be_seen(window: Any) -> bool:
    from Xlib import X

    attributes = window.get_attributes()
    return bool(attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput)


def _is_popup(window: Any) -> bool:
    return bool(window.get_attributes().override_redirect)


def _described(display: Any, window: Any) -> Window:
    parent = _property(display, window, "WM_TRANSIENT_FOR")
    outer = _outermost(display, window)
    return Window(
        window.id,
        _title(display, window),
        " ".join(window.get_wm_class() or ()),
        _rectangle(display, outer),
        parent[0] if parent else 0,
        popup=_is_popup(window),
    )


def _outermost(display: Any, window: Any) -> Any:
    """The window manager's frame around it, or itself."""
    root = display.screen().root
    while True:
        above = window.query_tree().parent
        if not above or above == root:
            return window
        window = above


def _rectangle(display: Any, window: Any) -> Rect:
    root = display.screen().root
    geometry = window.get_geometry()
    at = root.translate_coords(window, 0, 0)
    border = geometry.border_width
    return Rect(at.x - border, at.y - border, geometry.width + 2 * border, geometry.height + 2 * border)


def _title(display: Any, window: Any) -> str:
    from Xlib import Xatom

    for name in ("_NET_WM_NAME", "WM_NAME"):
        said = window.get_full_property(display.intern_atom(name), 0)
        if said is not None and said.value:
            value = said.value
            latin = said.property_type == Xatom.STRING
            return value if isinstance(value, str) else bytes(value).decode("latin-1" if latin else "utf-8", "replace")
    return ""


def _property(display: Any, window: Any, name: str) -> Any:
    """A property of numbers, or None."""
    said = window.get_full_property(display.intern_atom(name), 0)
    return None if said is None else said.value


def _focused_id(display: Any) -> int:
    """The managed window that has the focus, or the root's child that it is in; 0 for neither."""
    root = display.screen().root
    active = _property(display, root, "_NET_ACTIVE_WINDOW")
    if active:
        return int(active[0])
    focus = display.get_input_focus().focus
    if isinstance(focus, int) or focus == root:
        return 0
    return int(_outermost(display, focus).id)


def _under_pointer(display: Any, found: tuple[Window, ...]) -> Window | None:
    """Where no window has the focus, the keys go where the pointer is."""
    at = display.screen().root.query_pointer()
    return next((window for window in found if window.frame.contains(at.root_x, at.root_y)), None)


def _by_id(found: tuple[Window, ...], number: int) -> Window | None:
    return next((window for window in found if number and window.id == number), None)
