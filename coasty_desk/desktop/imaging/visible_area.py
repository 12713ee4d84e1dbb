"""Which parts of a rectangle can be seen past others that cover it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coasty_desk.core.scaling import Rect


def uncovered(rect: Rect, covers: Iterable[Rect]) -> tuple[Rect, ...]:
    """What is left of `rect` under `covers`, as rectangles that do not overlap."""
    left: tuple[Rect, ...] = (rect,) if rect.width > 0 < rect.height else ()
    for cover in covers:
        left = tuple(piece for part in left for piece in _without(part, cover))
    return left


def common(one: Rect, other: Rect) -> Rect:
    """Where both are; without width or height where they do not meet."""
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    return Rect(left, top, max(right - left, 0), max(bottom - top, 0))


def area(rects: Iterable[Rect]) -> int:
    """Pixels of rectangles that do not overlap."""
    return sum(rect.width * rect.height for rect in rects)


def _without(part: Rect, cover: Rect) -> Iterator[Rect]:
    hole = common(part, cover)
    if not hole.width or not hole.height:
        yield part
        return
    right, bottom = part.left + part.width, part.top + part.height
    below, beside = hole.top + hole.height, hole.left + hole.width
    pieces = (
        Rect(part.left, part.top, part.width, hole.top - part.top),
        Rect(part.left, below, part.width, bottom - below),
        Rect(part.left, hole.top, hole.left - part.left, hole.height),
        Rect(beside, hole.top, right - beside, hole.height),
    )
    yield from (piece for piece in pieces if piece.width and piece.height)
