"""Whether a window now is the one that a recorded action went to: the same application, and a title that says the same. Pure.

A title may differ in what changes from day to day: numbers, names of files and folders, the
mark of a document that was changed. What is left must be the same, word for word. Where a mask
kept the title off the record, the window's place and size stand for it.
"""

from __future__ import annotations

import re

from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.scaling import Rect

LONGEST = 200
"""Characters of a title that are kept and compared."""

NEAR = 24
"""Real pixels by which each side of a window without a title on record may lie elsewhere."""

_BETWEEN = re.compile(r" [-\u2013\u2014|\u00b7\u2022:]+ |: ")
"""What stands between a document's name and its application's, with one blank for each gap."""
_MARKS = "*\u2022\u25cf\u25cb\u2731+ \t"
_COUNT = re.compile(r"[(\[]\d+\+?[)\]]")
_FILE = re.compile(r"(?:^|[^\w])~?/|\\|\.[A-Za-z][A-Za-z0-9]{0,4}$")


def fits(recorded: NamedWindow, now: NamedWindow) -> bool:
    """Whether it is of the same class, and its title fits, or its place where that is what was recorded."""
    if _application(recorded) != _application(now):
        return False
    if recorded.frame is not None:
        return now.frame is not None and _about(recorded.frame, now.frame)
    return _pattern(recorded.title) == _pattern(now.title)


def _about(one: Rect, other: Rect) -> bool:
    sides = zip(_sides(one), _sides(other), strict=True)
    return all(abs(then - now) <= NEAR for then, now in sides)


def _sides(rect: Rect) -> tuple[int, int, int, int]:
    return rect.left, rect.top, rect.left + rect.width, rect.top + rect.height


def _application(window: NamedWindow) -> str:
    """The class without the instance before it, which may hold a port or a profile."""
    return window.kind.rpartition(" ")[2].casefold()


def _pattern(title: str) -> tuple[str, ...]:
    plain = " ".join(_COUNT.sub(" ", title[:LONGEST]).strip(_MARKS).split())
    return tuple(_part(part) for part in _BETWEEN.split(plain))


def _part(part: str) -> str:
    part = part.strip(_MARKS)
    if _FILE.search(part):
        return "\u2026"
    return " ".join("#" if any(map(str.isdecimal, word)) else word for word in part.split()).casefold()
