"""Whether the accessibility tree can be believed about places, by the texts that are really there. Pure.

Toolkits err: GTK 4 counts from its window's corner, others forget a menu bar or a scale. Where
the names of widgets stand on the screen inside their boxes, the boxes are right; where they
stand all beside them by the same way, the boxes are moved by it; else the tree is not believed.
A window without texts, as one of icons alone, is believed where it says to be where the display has
it, and something is drawn in its buttons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median_high

from msgspec.structs import replace

from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.language.instructions import Kind
from coasty_desk.models.offline.targeting.matching import folded
from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.texts import Box, Text

ENOUGH = 0.6
"""So much of what can be compared must agree."""

SLACK = 3
"""A text's middle may lie so many pixels outside the box of its widget."""

FEWEST = 3
"""Boxes are moved only where so many texts agree on the way."""

BORDER, TITLE = 10, 60
"""A window's inside begins so many pixels inside of its frame, and so far below its top."""

DRAWN = 24
"""The lightest and the darkest of an icon differ by so much (of 255)."""

PLAIN = 2.0
"""What is no more than so many times as high as its name is a plain text."""

BESIDE = 24
"""A tick box that is told without its label, as browsers do, has that no farther beside it, in pixels."""

_NAMED: tuple[Kind, ...] = ("button", "menu", "tab", "text", "link", "checkbox", "radio", "row", "")

Pair = tuple[Widget, Sequence[Text]]


def aligned(
    widgets: Sequence[Widget], texts: Sequence[Text], *, window: Box | None = None, picture: Picture | None = None
) -> tuple[Widget, ...]:
    """The widgets with their boxes where they really are; empty where that cannot be told.

    `window` is where the display has the window in front.
    """
    called: dict[str, list[Text]] = {}
    for text in texts:
        called.setdefault(folded(text.text), []).append(text)
    pairs = [(widget, found) for widget in widgets if (found := _same(widget, called)) and not _is_far(widget, found)]
    if not pairs:
        there = window is not None and picture is not None and _is_there(widgets, window, picture)
        return tuple(widgets) if there else ()
    if _agreeing(pairs, (0, 0)) >= ENOUGH * len(pairs):
        return tuple(widgets)
    way = _likeliest(pairs)
    if way is None or _agreeing(pairs, way) < max(FEWEST, ENOUGH * len(pairs)):
        return ()
    return tuple(replace(widget, box=widget.box.moved(*way)) for widget in widgets)


def _is_there(widgets: Sequence[Widget], window: Box, picture: Picture) -> bool:
    frames = (widget.box for widget in widgets if widget.kind == "window")
    things = [widget.box for widget in widgets if widget.kind in ("button", "icon", "tab", "menu") and widget.name]
    drawn = [box for box in things if _is_drawn(box.grown(-2).within(window), picture)]
    return any(_is_at(box, window) for box in frames) and bool(drawn) and len(drawn) >= ENOUGH * len(things)


def _is_at(box: Box, window: Box) -> bool:
    sides = (box.left - window.left, window.right - box.right, window.bottom - box.bottom)
    return all(-SLACK <= side <= BORDER for side in sides) and -SLACK <= box.top - window.top <= TITLE


def _is_drawn(box: Box, picture: Picture) -> bool:
    if box.width < 2 or box.height < 2:
        return False
    values = picture.crop(box.corners).convert("L").tobytes()
    return max(values) - min(values) >= DRAWN


def _same(widget: Widget, called: Mapping[str, Sequence[Text]]) -> Sequence[Text]:
    """The texts that are its name; of what has no kind, as the plain texts of browsers, only one that is as high as it, and no page's title."""
    name = folded(widget.name) if widget.kind in _NAMED else ""
    found = called.get(name, ()) if name else ()
    return found if widget.kind else [text for text in found if widget.box.height <= PLAIN * text.box.height]


def _is_far(widget: Widget, texts: Sequence[Text]) -> bool:
    """Whether it is a bare box with its name far along its row, which tells nothing of its place."""
    box = widget.box
    rows = [text.box for text in texts if _is_bare(widget, text.box) and box.same_row(text.box)]
    return bool(rows) and all(_room(box, text) > BESIDE for text in rows)


def _agreeing(pairs: Iterable[Pair], way: tuple[float, float]) -> int:
    moved = ((replace(widget, box=widget.box.moved(*way)), found) for widget, found in pairs)
    return sum(any(_holds(widget, text.box) for text in found) for widget, found in moved)


def _holds(widget: Widget, text: Box) -> bool:
    """Whether the text stands in the box of the widget, or right beside it where that is a bare one."""
    near = -widget.box.width <= _room(widget.box, text) <= BESIDE  # some engines read the box with its label
    beside = near and _is_bare(widget, text) and widget.box.same_row(text)
    return beside or widget.box.grown(SLACK).centres(text)


def _is_bare(widget: Widget, text: Box) -> bool:
    return widget.kind in ("checkbox", "radio") and widget.box.width < text.width


def _room(box: Box, text: Box) -> float:
    return max(text.left - box.right, box.left - text.right)


def _likeliest(pairs: Iterable[Pair]) -> tuple[float, float] | None:
    """The way from the boxes to their texts that most of them agree on, to a few pixels.

    By the middle: a text stands in the middle of a button, and in the middle of a menu's height.
    """
    ways: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for widget, found in pairs:
        for text in (text for text in found if not _is_bare(widget, text.box)):
            x, y = text.box.centre.x - widget.box.centre.x, text.box.centre.y - widget.box.centre.y
            ways.setdefault((round(x / 6), round(y / 6)), []).append((x, y))
    if not ways:
        return None
    near = max(ways.values(), key=len)
    return median_high(x for x, _ in near), median_high(y for _, y in near)
