"""Whether words could stand in a text whose pieces are known and their places are not. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from coasty_desk.core.typed_text.folding import disguised
from coasty_desk.core.typed_text.typed_line import Typed

LONGEST = 24
"""So many characters of the words are looked for: where their beginning could stand, they are taken to."""

_Place = tuple[int, int]
"""A piece, and a character in it."""

_NEVER = 1 << 30


class Assembling(Struct, frozen=True):
    """What was typed, with the cursor at places that nobody knows.

    A piece that is typed into another one has both its ends beside it, so there it costs nothing;
    anything else between two characters must have been taken away, and `erased` says how much may have been.
    """

    pieces: tuple[str, ...]
    letters: frozenset[str]
    erased: int = 0
    shuffled: bool = False

    @classmethod
    def of(cls, typed: Typed) -> Assembling:
        """As far as it is remembered."""
        pieces = tuple(piece for piece in map(disguised, typed.recent().pieces) if piece)
        return cls(pieces, frozenset("".join(pieces)), typed.erased, typed.shuffled)

    def could_stand(self, words: str) -> bool:
        """Whether the words could be put together from it."""
        wanted = disguised(words)[:LONGEST]
        if not wanted:
            return True
        if not self.letters.issuperset(wanted):
            return False
        cost: dict[_Place, int] = dict.fromkeys(_places(wanted[0], self.pieces), 0)
        for character in wanted[1:]:
            cost = _next(cost, character, self.pieces, shuffled=self.shuffled)
            cost = {place: much for place, much in cost.items() if much <= self.erased}
            if not cost:
                return False
        return True


def _places(character: str, pieces: tuple[str, ...]) -> Iterator[_Place]:
    for number, piece in enumerate(pieces):
        yield from ((number, at) for at, letter in enumerate(piece) if letter == character)


def _next(cost: dict[_Place, int], character: str, pieces: tuple[str, ...], *, shuffled: bool) -> dict[_Place, int]:
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
