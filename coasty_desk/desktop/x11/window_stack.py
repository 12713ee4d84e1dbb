"""An X11 screen's windows as the server stacks them: the root's own children, by questions that are sent together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.x11.clients import Clients, focused_window, gone
from coasty_desk.desktop.x11.xlib import Display, X, events, requests

_PAGER = 2
"""Who asks on behalf of the person, as window managers count: such a wish is never put off."""


class Outer(Struct, frozen=True):
    """A child of the root that can be seen. `rect` is real, with its border of `border` pixels; `loose`: it asks for no manager."""

    id: int
    rect: Rect
    depth: int
    loose: bool
    border: int = 0


def stacked(display: Display) -> tuple[Outer, ...]:
    """Those that can be seen, the topmost first."""
    ids = [child.id for child in display.screen().root.query_tree().children]
    told = _together(display, requests.GetWindowAttributes, [{"window": number} for number in ids])
    seen = [
        (number, bool(one.override_redirect))
        for number, one in zip(ids, told, strict=True)
        if one is not None and one.map_state == X.IsViewable and one.win_class == X.InputOutput
    ]
    places = _together(display, requests.GetGeometry, [{"drawable": number} for number, _ in seen])
    found = [
        Outer(number, _rect(place), place.depth, loose, place.border_width)
        for (number, loose), place in zip(seen, places, strict=True)
        if place is not None
    ]
    return tuple(reversed(found))


def applications(display: Display, outers: Sequence[Outer]) -> dict[int, int]:
    """The applications' windows, each with the root's child that it is in: the topmost first, those out of sight last."""
    clients = Clients(display)
    heights = {outer.id: height for height, outer in enumerate(outers)}
    found: dict[int, int] = {}
    for number in clients.listed:
        found[number] = outermost(display, number, clients)
    listed = set(found.values())  # one that has just been opened is not listed yet
    for outer in outers:
        if outer.id in listed:
            continue
        window = display.create_resource_object("window", outer.id)
        inside = [int(one.id) for one in clients.within(window)]
        if not inside and not clients.managed and not outer.loose:
            inside = [outer.id]
        found |= dict.fromkeys(inside, outer.id)
    return dict(sorted(found.items(), key=lambda one: heights.get(one[1], len(outers))))


def outermost(display: Display, number: int, clients: Clients | None = None) -> int:
    """The root's child that a window is in, or is; 0 where it is gone."""
    with suppress(*gone()):
        window = display.create_resource_object("window", number)
        return int((clients or Clients(display)).outermost(window).id)
    return 0


def keys_go_to(display: Display) -> int:
    """The root's child that gets the keys; 0 where none does."""
    focus = focused_window(display)
    if focus == display.screen().root:
        under = focus.query_pointer().child
        return int(under.id) if under else 0
    return 0 if focus is None else outermost(display, focus.id)


def first_numbers(display: Display, ids: Iterable[int], name: str) -> Mapping[int, int]:
    """The first number of a property of each window, where it has one."""
    asked = list(ids)
    atom = display.intern_atom(name)
    same = {"delete": 0, "property": atom, "type": 0, "long_offset": 0, "long_length": 1}
    told = _together(display, requests.GetProperty, [{**same, "window": number} for number in asked])
    return {
        number: int(one.value[1][0])
        for number, one in zip(asked, told, strict=True)
        if one is not None and one.value and not isinstance(one.value[1], str | bytes) and len(one.value[1])
    }


def of_type(display: Display, ids: Iterable[int], *names: str) -> set[int]:
    """Those of one of these types (`DOCK`), as far as they say it."""
    types = {display.intern_atom(f"_NET_WM_WINDOW_TYPE_{name}") for name in names}
    said = first_numbers(display, ids, "_NET_WM_WINDOW_TYPE")
    return {number for number, kind in said.items() if kind in types}


def compositor(display: Display) -> int:
    """A window of the manager that composites this screen; 0 for none."""
    owner = display.get_selection_owner(display.intern_atom(f"_NET_WM_CM_S{display.get_default_screen()}"))
    return int(owner.id) if owner else 0


def activate(display: Display, number: int) -> None:
    """Give a window the keys, and bring it up: by the window manager, where one takes such wishes."""
    if Clients(display).listed:
        tell_manager(display, number, "_NET_ACTIVE_WINDOW", _PAGER)
        return
    window = display.create_resource_object("window", number)
    window.configure(stack_mode=X.Above)
    window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
    display.sync()


def tell_manager(display: Display, number: int, wish: str, value: int) -> None:
    """Send the window manager a wish about a window."""
    window = display.create_resource_object("window", number)
    message = events.ClientMessage(
        window=window, client_type=display.intern_atom(wish), data=(32, [value, X.CurrentTime, 0, 0, 0])
    )
    mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
    display.screen().root.send_event(message, event_mask=mask)
    display.sync()


def maker(display: Display, number: int) -> int:
    """The connection that made a window."""
    return number & ~int(display.display.info.resource_id_mask)


def _together(display: Display, ask: Callable[..., Any], asked: Iterable[dict[str, int]]) -> list[Any]:
    """The answers to many questions; None for a window that is gone."""
    waiting = [ask(display=display.display, defer=True, **one) for one in asked]
    answers: list[Any] = []
    for one in waiting:
        try:
            one.reply()
        except gone():
            answers.append(None)
        else:
            answers.append(one)
    return answers


def _rect(place: Any) -> Rect:
    border = 2 * place.border_width
    return Rect(place.x, place.y, place.width + border, place.height + border)
