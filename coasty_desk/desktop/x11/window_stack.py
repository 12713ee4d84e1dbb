"""An X11 screen's windows as the server stacks them: the root's own children, by questions that are sent together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.x11.clients import Clients, gone
from coasty_desk.desktop.x11.xlib import Display, X, requests


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
    root = display.screen().root
    focus = display.get_input_focus().focus
    if focus == X.NONE:
        return 0
    if focus in (X.PointerRoot, root):  # then they go where the pointer is
        under = root.query_pointer().child
        return int(under.id) if under else 0
    return outermost(display, focus.id)


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
