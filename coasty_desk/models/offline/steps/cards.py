"""Whether one of several cards is chosen, where nothing but its border shows that. Pure."""

from __future__ import annotations

from coasty_desk.models.offline.vision import image_diff
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

BESIDE = 6
"""So many pixels left of its text a card has its own ground."""

GLOW, EDGE = 3, 2
"""A border lies at most so many pixels outside of the ground that it is around, and inside of it."""

ALIKE = 4
"""Cards of one row or column differ by no more than so many pixels in size and place."""

LOOKED_AT = 12
"""So many pixels around a card are looked at: what the focus brings may shine so far."""


def is_chosen(before: ReadScreen, after: ReadScreen, label: Box) -> bool:
    """Whether the border of the card with that text is another one all around, and it is one of several alike.

    What has the focus may look so, too, but shines beyond its border; and a button has another ground than what it stands on.
    """
    card = _card_of(before, label)
    if card is None or before.picture.size != after.picture.size:
        return False
    around = card.grown(LOOKED_AT).within(after.whole)
    changed = image_diff.exactly(before.picture, after.picture, around)
    sides = (card.left - changed.left, card.top - changed.top, changed.right - card.right, changed.bottom - card.bottom)
    if changed.area <= 0 or not all(-EDGE <= side <= GLOW for side in sides):
        return False
    return (_has_lines(before, card) or _stands_on_its_own_ground(before, card)) and _is_one_of_several(before, card)


def _card_of(seen: ReadScreen, label: Box) -> Box | None:
    card = seen.canvas.at(label.left - BESIDE, label.centre.y)
    return card if card is not None and card.centres(label) else None


def _has_lines(seen: ReadScreen, card: Box) -> bool:
    texts = seen.canvas.texts_in(card)
    return any(not text.same_row(texts[0]) for text in texts)


def _stands_on_its_own_ground(seen: ReadScreen, card: Box) -> bool:
    """Whether the ground inside is the one outside."""
    inside, outside = card.left + BESIDE, card.left - LOOKED_AT
    if outside < 0:
        return False
    y = int(card.top + EDGE + 1)
    return bool(seen.picture.getpixel((int(inside), y)) == seen.picture.getpixel((int(outside), y)))


def _is_one_of_several(seen: ReadScreen, card: Box) -> bool:
    """Whether there is another of the same size in its row or column."""
    rest = (text.box for text in seen.texts if not card.centres(text.box))
    near = (box for box in rest if box.same_row(card) or box.same_column(card))
    return any(_are_alike(card, other) for box in near if (other := _card_of(seen, box)) is not None)


def _are_alike(card: Box, other: Box) -> bool:
    if abs(card.width - other.width) > ALIKE or abs(card.height - other.height) > ALIKE or card.meets(other):
        return False
    return abs(card.top - other.top) <= ALIKE or abs(card.left - other.left) <= ALIKE
