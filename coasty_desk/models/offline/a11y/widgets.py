"""What the window in front says of itself: its buttons, fields and boxes by name, from the accessibility tree.

It is exact where it can be had, and nearly free. It cannot always be believed: see `a11y_alignment.py`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing

from msgspec import Struct

from coasty_desk.core.scaling import Rect
from coasty_desk.models.offline.a11y import atspi
from coasty_desk.models.offline.a11y.atspi import Bus, BusError, Node
from coasty_desk.models.offline.language.instructions import Kind
from coasty_desk.models.offline.vision.texts import Box

BUDGET = 0.9
"""Seconds after which a window that does not answer is left to the eyes."""

FILLS = 0.8
"""A window is at a place if so much of the larger of the two is in both: a toolkit may leave the title bar out."""

MOST = 1500
"""A window with more nodes to be seen than this is left to the eyes."""


class Widget(Struct, frozen=True):
    """A thing of a window. `box` is in real pixels; `text` is what stands in it, where that can be edited.

    `checked` is None for what cannot be checked. `kind` is empty for what only holds others.
    """

    name: str
    kind: Kind
    box: Box
    checked: bool | None = None
    enabled: bool = True
    focused: bool = False
    selected: bool = False
    expanded: bool | None = None
    editable: bool = False
    text: str | None = None


class Front(Struct, frozen=True):
    """The window that gets the keys, as the display tells it, in real pixels: `popups` are the menus that are open, `above` covers it."""

    title: str
    frame: Rect
    popups: tuple[Rect, ...] = ()
    above: tuple[Rect, ...] = ()


class Tree:
    """Asks the window that has the focus. Finds nothing where there is no accessibility, and never waits long for it."""

    def __init__(self, unread: frozenset[int] = frozenset(), front: Callable[[], Front | None] = lambda: None) -> None:
        """Processes that are `unread` are left out. `front` gives the window in front; where it is not known, each says it of itself."""
        self._unread = unread
        self._front = front
        self._bus: Bus | None = None
        self._dead = False

    def widgets(self) -> tuple[Widget, ...]:
        """What can be seen in the focused window and its menus and dialogs; empty where that cannot be told."""
        if self._dead:
            return ()
        until = time.monotonic() + BUDGET
        try:
            self._bus = self._bus or Bus()
            front = self._front()
            covers = [Box.of(rect) for rect in front.above] if front is not None else []
            told = _told(self._bus, self._unread, front, until)
            return tuple(one for one in told if not any(box.centres(one.box) for box in covers))
        except BusError:
            self._dead = self._bus is None
            self.close()  # answers that come late must not be taken for those to later questions
            return ()

    def close(self) -> None:
        """Give the connection back."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None


def telling(windows: Sequence[Front]) -> tuple[bool, ...] | None:
    """Of each window whether it tells what is in it; None where there is no bus to tell it on."""
    until = time.monotonic() + BUDGET
    try:
        bus = Bus()
    except BusError:
        return None
    with closing(bus):
        try:
            families = tops(bus, frozenset(), until)
            found = [the_one(families, window.title, window.frame) for window in windows]
            inside = [bus.ask([atspi.children_of(top.node)], until)[0] if top else None for top in found]
        except BusError:
            return None
    return tuple(bool(nodes) for nodes in inside)


class _RawNode(Struct):
    """A node with what was asked of it."""

    node: Node
    parent: Node | None = None
    role: int = 0
    name: str = ""
    states: Sequence[int] = ()
    extents: tuple[int, int, int, int] = (0, 0, 0, 0)
    moved: tuple[int, int] = (0, 0)
    hidden: bool = False
    text: str | None = None


def _told(bus: Bus, unread: frozenset[int], front: Front | None, until: float) -> Iterable[Widget]:
    raw: dict[Node, _RawNode] = {}
    shown = frames(tops(bus, unread, until), front)
    for frame in shown:
        for one in _showing(bus, frame, until):
            raw[one.node] = one
    if len(raw) > MOST:
        return []
    _ask(bus, raw, until)
    _ask_fields(bus, raw, until)
    _right_strays(raw, shown)
    made = [_widget(one, raw) for one in raw.values() if not one.hidden]
    return [widget for widget in made if not _is_inner_label(widget, made)]


def _is_inner_label(widget: Widget, among: Sequence[Widget]) -> bool:
    """Whether it is the label inside a button, which has its name from it."""
    if widget.kind != "text" or not widget.name:
        return False
    same = (one for one in among if one.name == widget.name and one.kind not in ("text", "window", ""))
    return any(one.box.centres(widget.box) for one in same)


class Top(Struct, frozen=True):
    """A window that an application tells of."""

    node: Node
    name: str
    box: Box
    states: Sequence[int]

    @property
    def is_active(self) -> bool:
        """Whether it says so itself: some never do."""
        return atspi.has(self.states, atspi.ACTIVE)

    def fills(self, frame: Rect) -> bool:
        """Whether it is where the frame is, with or without its decoration."""
        box = Box.of(frame)
        return self.box.within(box).area >= FILLS * max(box.area, self.box.area, 1)


def tops(bus: Bus, unread: frozenset[int], until: float) -> list[list[Top]]:
    """The windows of each application on the bus, but for processes that are `unread`."""
    applications = bus.ask([atspi.children_of(atspi.ROOT)], until)[0] or []
    if unread:
        of = bus.ask([atspi.process_of(one[0]) for one in applications], until)
        applications = [one for one, pid in zip(applications, of, strict=True) if pid not in unread]
    families = bus.ask([atspi.children_of(tuple(one)) for one in applications], until)
    nodes = [tuple(one) for windows in families for one in windows or []]
    ways = (atspi.name_of, atspi.extents_of, atspi.states_of)
    answers = iter(bus.ask([way(node) for node in nodes for way in ways], until))
    told = {node: _top(node, *(next(answers) for _ in ways)) for node in nodes}
    return [[told[tuple(one)] for one in windows or []] for windows in families]


def _top(node: Node, name: Sequence[object] | None, extents: Sequence[int] | None, states: Sequence[int] | None) -> Top:
    left, top, width, height = extents if extents and len(extents) == 4 else (0, 0, 0, 0)
    said = " ".join(str(name[1]).split()) if name else ""
    return Top(node, said, Box(left, top, left + width, top + height), states or ())


def frames(families: Sequence[Sequence[Top]], front: Front | None) -> list[Node]:
    """The windows to look at: the one in front, and what its application has open besides (dialogs, menus)."""
    if front is None:
        family = next((family for family in families if any(top.is_active for top in family)), ())
        return [top.node for top in family if atspi.has(top.states, atspi.VISIBLE)]
    it = the_one(families, front.title, front.frame)
    family = next((family for family in families if it in family), ())
    popups = [top for top in family if top != it and any(top.fills(rect) for rect in front.popups)]
    return [top.node for top in (it, *popups) if top is not None]


def the_one(families: Sequence[Sequence[Top]], title: str, frame: Rect) -> Top | None:
    """The window of that title and at that place; of one of the two alone where an application does not know its place, or its title."""
    every = [top for family in families for top in family]
    called = [top for top in every if top.name == " ".join(title.split())]
    there = [top for top in every if top.fills(frame)]
    lost = [top for top in called if title and (top.box.left, top.box.top) == (0, 0)]  # GTK 4
    found = next(filter(None, ([top for top in called if top in there], lost, there)), [])
    found = [top for top in found if top.is_active] if len(found) > 1 else found
    return found[0] if len(found) == 1 else None


def _showing(bus: Bus, frame: Node, until: float) -> Iterable[_RawNode]:
    """The nodes of a window that can be seen: at once where its toolkit can tell, else level by level."""
    told = bus.ask([atspi.showing_in(frame)], until)[0]
    if isinstance(told, list):
        return [_RawNode(frame), *(_RawNode(tuple(one)) for one in told)]
    found: list[_RawNode] = []
    level = [_RawNode(frame)]
    while level and len(found) <= MOST:
        found += level
        families = bus.ask([atspi.children_of(one.node) for one in level], until)
        below = [
            _RawNode(tuple(n), parent.node) for parent, nodes in zip(level, families, strict=True) for n in nodes or []
        ]
        for one, states in zip(below, bus.ask([atspi.states_of(one.node) for one in below], until), strict=True):
            one.states = states or ()
        level = [one for one in below if atspi.has(one.states, atspi.VISIBLE)]
    return found


def _ask(bus: Bus, raw: Mapping[Node, _RawNode], until: float) -> None:
    nodes = list(raw)
    ways = (atspi.role_of, atspi.extents_of, atspi.name_of)
    answers = iter(bus.ask([way(node) for node in nodes for way in ways], until))
    for one in raw.values():
        role, extents, name = (next(answers) for _ in ways)
        one.role = role if isinstance(role, int) else 0
        one.extents = tuple(extents) if extents and len(extents) == 4 else (0, 0, 0, 0)
        one.name = _said(str(name[1])) if name else ""
    unknown = [one for one in raw.values() if not one.states]
    answers = iter(bus.ask([way(one.node) for one in unknown for way in (atspi.states_of, atspi.parent_of)], until))
    for one in unknown:
        one.states = next(answers) or ()
        parent = next(answers)
        one.parent = tuple(parent[1]) if parent else None


def _ask_fields(bus: Bus, raw: Mapping[Node, _RawNode], until: float) -> None:
    """What stands in fields, and by which label one without a name is called."""
    fields = [one for one in raw.values() if _KINDS.get(one.role, "") in ("field", "list") or _is_editable(one)]
    texts = bus.ask([atspi.text_of(one.node) for one in fields], until)
    for one, text in zip(fields, texts, strict=True):
        one.text = text if isinstance(text, str) and one.role != _PASSWORD else None
    nameless = [one for one in raw.values() if not one.name and _KINDS.get(one.role, "") in _LABELLED]
    related = bus.ask([atspi.relations_of(one.node) for one in nameless], until)
    labels: list[tuple[_RawNode, Node]] = []
    for one, relations in zip(nameless, related, strict=True):
        for kind, nodes in relations or []:
            labels += [(one, tuple(node)) for node in nodes if kind == _LABELLED_BY]
    names = bus.ask([atspi.name_of(label) for _, label in labels], until)
    for (one, _), name in zip(labels, names, strict=True):
        one.name = str(name[1]).rstrip(" :") if name else ""


def _said(name: str) -> str:
    """A name as a person reads it: GTK 4 says some twice, and the class of what has none."""
    words = name.split()
    half = len(words) // 2
    if half and words[:half] == words[half:]:
        words = words[:half]
    said = " ".join(words)
    return "" if _CLASS.fullmatch(said) else said


def _is_editable(one: _RawNode) -> bool:
    return atspi.has(one.states, atspi.EDITABLE)


def _chain(one: _RawNode, raw: Mapping[Node, _RawNode]) -> list[_RawNode]:
    """The node and those that hold it, as far up as they were told of."""
    chain = [one]
    while (above := raw.get(chain[-1].parent) if chain[-1].parent else None) is not None and above not in chain:
        chain.append(above)
    return chain


def _right_strays(raw: Mapping[Node, _RawNode], frames: Sequence[Node]) -> None:
    """Move what a toolkit has put elsewhere than the panel that holds it.

    LibreOffice's content pane says to have a parent that is not in the tree, and the place of
    the window: it belongs on the panel of its own size, below the menu bar, with all that it holds.
    """
    chains = {node: _chain(one, raw) for node, one in raw.items()}
    sure: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for node, chain in chains.items():
        left, top, width, height = raw[node].extents
        if chain[-1].node in frames and width > _PANE and height > _PANE:
            sure.setdefault((width, height), set()).add((left, top))
    for node, chain in chains.items():
        stray = chain[-1]
        places = sure.get((stray.extents[2], stray.extents[3]), set())
        if stray.node not in frames and len(places) == 1:
            (place,) = places
            raw[node].moved = (place[0] - stray.extents[0], place[1] - stray.extents[1])
        raw[node].hidden = min(raw[node].extents[2:]) <= 0 or any(0 in above.extents[2:] for above in chain)


def _widget(one: _RawNode, raw: Mapping[Node, _RawNode]) -> Widget:
    left, top, width, height = one.extents
    left, top = left + one.moved[0], top + one.moved[1]
    kind = _KINDS.get(one.role, "")
    if not kind and _is_editable(one):
        kind = "field"
    checkable = one.role in _CHECKABLE or atspi.has(one.states, atspi.CHECKABLE)
    expandable = atspi.has(one.states, atspi.EXPANDABLE)
    name = one.name
    if not name and kind == "field":
        above = raw.get(one.parent) if one.parent else None
        name = above.name if above is not None and _KINDS.get(above.role, "") in _LABELLED else ""
    return Widget(
        name,
        kind,
        Box(left, top, left + width, top + height),
        checked=(atspi.has(one.states, atspi.CHECKED) or atspi.has(one.states, atspi.PRESSED)) if checkable else None,
        enabled=atspi.has(one.states, atspi.SENSITIVE),
        focused=atspi.has(one.states, atspi.FOCUSED),
        selected=atspi.has(one.states, atspi.SELECTED),
        expanded=atspi.has(one.states, atspi.EXPANDED) if expandable else None,
        editable=_is_editable(one),
        text=one.text,
    )


_CLASS = re.compile(r"(?:Gtk|Adw|Gdk|Q)[A-Z][A-Za-z]+")
_PANE = 200
"""What is at least so many pixels wide and high can be told by its size."""

_LABELLED_BY = 2
_PASSWORD = 40
_LABELLED: tuple[Kind, ...] = ("field", "list")

_ROLES: dict[Kind, tuple[int, ...]] = {
    "button": (43, 62, 129),  # also one that stays down, and one that opens a menu
    "checkbox": (7, 8, 130),  # also in a menu, and a switch
    "radio": (44, 45),  # also in a menu
    "field": (_PASSWORD, 52, 61, 79),  # also a number with arrows
    "list": (11,),
    "menu": (33, 35),
    "tab": (37,),
    "link": (88,),
    "icon": (13, 26, 27),
    "row": (32, 90, 91),
    "text": (10, 29, 47, 56, 57, 58, 73, 83),  # also the head of a column, and a cell
    "window": (16, 23),
}
"""The roles of AT-SPI 2 by number, as the kinds that an instruction can name."""

_KINDS = {role: kind for kind, roles in _ROLES.items() for role in roles}
_CHECKABLE = frozenset({*_ROLES["checkbox"], *_ROLES["radio"], 62})
