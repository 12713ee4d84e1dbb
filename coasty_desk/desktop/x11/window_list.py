"""The windows of an X11 desktop: what they are called, where they are, which gets the keys.

The order is the server's own, whatever a window manager puts around its clients. A window that
may vanish between two questions is left out of the list, not an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.base.windows import Reached, Window
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import grabs, properties, window_stack
from coasty_desk.desktop.x11.clients import Clients, focused_window, gone
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import X

OURS = "coasty-desk-badge"
"""The class of a window of ours that is in nobody's way, and in no list."""

_SHORTLY = 0.3
"""Seconds for which the keyboard may be taken: window managers do it while they switch windows."""
_LOOK = 0.01

_A_PART = 4
"""Pixels that a part of a window measures at least: toolkits put the focus on one that is smaller, and shows nothing."""


def windows() -> tuple[Window, ...]:
    """All that can be seen, the topmost first. Raises DesktopError."""
    with _asked() as display:
        return tuple(_listed(Clients(display)))


def focused() -> Window | None:
    """The window that gets the keys; None where that is no window. Raises DesktopError."""
    found = keys_reach()
    return None if found is None else found.window


def pixel_reaches(point: Point) -> Reached | None:
    """What a click on a real pixel goes to; None for the bare desktop. Raises DesktopError, also for a menu of nobody's."""
    with _asked() as display:
        return _at(Clients(display), round(point.x), round(point.y))


def keys_reach() -> Reached | None:
    """What a key goes to; None where no window has the focus. Raises DesktopError where that cannot be told."""
    with _asked() as display:
        clients, focus = Clients(display), focused_window(display)
        if focus == display.screen().root:
            at = focus.query_pointer()
            return _at(clients, at.root_x, at.root_y)
        return None if focus is None else _belonging(clients, clients.outermost(focus), clients.around(focus))


def demand_keys(window: Window) -> None:
    """That keys go to it, since it has the focus. Raises DesktopError where another program keeps them for itself."""
    until = time.monotonic() + _SHORTLY
    with _asked() as display:
        while grabs.keys_are_astray(display, window.id):
            if time.monotonic() > until:
                message = "Another program has taken the keyboard for itself, whatever has the focus."
                raise DesktopError(message, "Close what asks for a password or keeps the keys, or leave out the rules.")
            time.sleep(_LOOK)


def keys_area() -> tuple[Rect, ...]:
    """The real rectangles of what gets the keys: the window without its decoration, and the part of it that has the focus.

    None where nothing gets them. Raises DesktopError where that cannot be told.
    """
    with _asked() as display:
        clients, focus = Clients(display), focused_window(display)
        if focus is None:
            return ()
        if focus == display.screen().root:
            at = focus.query_pointer()
            parts = [window for window in clients.under(at.root_x, at.root_y) if window is not None][-1:]
            places = [Rect(at.root_x, at.root_y, 1, 1)]
        else:
            client = clients.around(focus)
            parts = [client or clients.outermost(focus), focus]
            places = []
        found = [_rectangle(window) for window in parts]
        return (*(rect for rect in found if min(rect.width, rect.height) >= _A_PART), *places)


def activate(window: Window) -> None:
    """Give the keys to the window, and bring it up. Raises DesktopError."""
    with _asked() as display:
        display.set_error_handler(lambda *_: None)  # it may be gone
        window_stack.activate(display, window.id)


@contextmanager
def _asked() -> Iterator[Any]:
    try:
        with shared_connection() as display:
            yield display
    except (*x11.lost(), *gone()) as error:
        message = "The windows of this desktop cannot be told."
        raise DesktopError(message, "Is the display still there?") from error


def _at(clients: Clients, x: int, y: int) -> Reached | None:
    top, client = clients.under(x, y)
    return None if top is None else _belonging(clients, top, client)


def _belonging(clients: Clients, top: Any, client: Any) -> Reached | None:
    """What input to a root's child, at the place of a client in it (None: beside it), reaches."""
    if OURS in properties.kind(top):
        return None
    if client is None:
        client = next(iter(_shown(clients.within(top))), None)
    if client is not None:
        return _reached(clients, client, *map(properties.title, clients.beside(client)))
    if not _is_popup(top) and not clients.is_the_managers(top):
        return _reached(clients, top)
    return _of_a_popup(clients, top)


def _of_a_popup(clients: Clients, popup: Any) -> Reached | None:
    """What a window that nobody manages belongs to: by its own word, else by who made it. Raises DesktopError for nobody's."""
    title = properties.title(popup)
    owner = _owning_client(clients, popup)
    if owner is not None:
        own = _reached(clients, owner)
        return Reached(own.window, (*own.also, title))
    marks = clients.marks(popup)
    kin = [window for window in _listed(clients) if not window.popup and _is_kin(clients, window, marks)]
    if kin:
        front = clients.around(focused_window(clients.display))
        first = next((window for window in kin if front is not None and window.id == front.id), kin[0])
        return Reached(first, (*(window.title for window in kin if window != first), title))
    if clients.is_the_managers(popup):
        if not _is_drawn(popup):
            return None  # it catches what goes to the bare desktop
    elif title:
        return Reached(_described(clients, popup))
    message = "A window that says nothing of itself is there, and whose it is cannot be told."
    raise DesktopError(message, "Close the menu or the panel, or leave out the rules about windows.")


def _is_kin(clients: Clients, window: Window, marks: frozenset[tuple[str, int]]) -> bool:
    if ("maker", window.maker) in marks:
        return True
    with suppress(*gone()):
        return bool(marks & clients.marks(clients.display.create_resource_object("window", window.id)))
    return False


def _owning_client(clients: Clients, popup: Any) -> Any:
    """The window that a popup says it belongs to, over as many popups as there are between."""
    for owner in clients.owners(popup):
        with suppress(*gone()):
            client = clients.around(owner)
            if client is not None:
                return client
            top = clients.outermost(owner)
            if not clients.managed and _can_be_seen(top) and not _is_popup(top):
                return top
    return None


def _reached(clients: Clients, window: Any, *also: str) -> Reached:
    """It, with these titles and those of what a dialog belongs to, and of what that does."""
    titles = list(also)
    for owner in clients.owners(window):
        with suppress(*gone()):
            titles.append(properties.title(owner))
    return Reached(_described(clients, window), tuple(titles))


def _listed(clients: Clients) -> Iterator[Window]:
    frames: dict[int, list[Any]] = {}
    for number in clients.listed:
        with suppress(*gone()):
            client = clients.display.create_resource_object("window", number)
            frames.setdefault(clients.outermost(client).id, []).append(client)
    for top in reversed(clients.display.screen().root.query_tree().children):
        with suppress(*gone()):
            if not _can_be_seen(top) or OURS in properties.kind(top):
                continue
            framed = frames.get(top.id) or clients.within(top)
            if framed:
                yield from (_described(clients, window) for window in _shown(framed))
            elif _is_popup(top) or not clients.managed:
                yield _described(clients, top)


def _shown(framed: list[Any]) -> list[Any]:
    """Those of a frame's clients that can be seen; all of them where it is rolled up, and shows a title alone."""
    return [window for window in framed if _can_be_seen(window)] or framed


def _can_be_seen(window: Any) -> bool:
    attributes = window.get_attributes()
    return bool(attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput)


def _is_popup(window: Any) -> bool:
    return bool(window.get_attributes().override_redirect)


def _is_drawn(window: Any) -> bool:
    return bool(window.get_attributes().win_class == X.InputOutput)


def _described(clients: Clients, window: Any) -> Window:
    owner = next(clients.owners(window), None)
    return Window(
        window.id,
        properties.title(window),
        " ".join(properties.kind(window)),
        _rectangle(clients.outermost(window)),
        0 if owner is None else owner.id,
        popup=_is_popup(window) and not clients.is_client(window),
        maker=clients.maker(window),
    )


def _rectangle(window: Any) -> Rect:
    geometry = window.get_geometry()
    at = geometry.root.translate_coords(window, 0, 0)
    border = geometry.border_width
    return Rect(at.x - border, at.y - border, geometry.width + 2 * border, geometry.height + 2 * border)
