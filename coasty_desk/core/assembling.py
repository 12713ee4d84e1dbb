"""Whether words could stand in a text whose pieces are known and their places are not. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from coasty_desk.core.folding import disguised
from coasty_desk.core.typed import Typed

LONGEST = 32
"""So many characters of the words are looked for: where their beginning could stand, they are taken to."""

_Place = tuple[int, int]
"""A piece, and a character in it."""

_NEVER = 1 << 30


def could_stand(words: str, typed: Typed) -> bool:
    """Whether the words could be put together from what was typed, with the caret at places that nobody knows.

    A piece that is typed into another one has both its ends beside it, so there it costs nothing;
    anything else between two characters must have been taken away, and `typed.erased` says how much may have been.
    """
    pieces = [piece for piece in map(disguised, typed.pieces) if piece]
    wanted = disguised(words)[:LONGEST]
    if not wanted:
        return True
    if not pieces or not set(wanted) <= set("".join(pieces)):
        return False
    cost: dict[_Place, int] = dict.fromkeys(_places(wanted[0], pieces), 0)
    for character in wanted[1:]:
        cost = _next(cost, character, pieces, shuffled=typed.shuffled)
        cost = {place: much for place, much in cost.items() if much <= typed.erased}
        if not cost:
            return False
    return True


def _places(character: str, pieces: list[str]) -> Iterator[_Place]:
    for number, piece in enumerate(pieces):
        at = piece.find(character)
        while at >= 0:
            yield number, at
            at = piece.find(character, at + 1)


def _next(cost: dict[_Place, int], character: str, pieces: list[str], *, shuffled: bool) -> dict[_Place, int]:
    """The least that must be taken away to have this character, at each of its places, behind those before it."""
    anywhere = min(cost.values())
    to_the_end = min(much + len(pieces[number]) - 1 - at for (number, at), much in cost.items())
    before: dict[_Place, int] = {}
    for number, piece in enumerate(pieces):
        least = _NEVER
        for at in range(len(piece)):  # from an earlier character of the same piece: all between them
            before[number, at] = least + at
            least = min(least, cost.get((number, at), _NEVER) - at - 1)
    single = len(pieces) == 1
    found = {}
    for place in _places(character, pieces):
        into = min(anywhere + place[1], to_the_end) if not single else _NEVER
        found[place] = min(before[place], into, anywhere if shuffled else _NEVER)
    return found
