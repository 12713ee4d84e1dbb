"""What a model's step costs by its tokens, in micro-dollars, from the person's own dated table."""

from __future__ import annotations

import math

from msgspec import Struct, convert

DEAREST = 100_000.0
"""Dollars for a million tokens: more is a slip."""


class Tokens(Struct, frozen=True):
    """Of one answer: `fresh` were read and not remembered, `kept` were read from the vendor's memory, `written` put there, `out` answered."""

    fresh: int = 0
    kept: int = 0
    written: int = 0
    out: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.fresh + other.fresh, self.kept + other.kept, self.written + other.written, self.out + other.out
        )

    @property
    def read(self) -> int:
        """All that the model has read."""
        return self.fresh + self.kept + self.written


class TokenPrice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"fresh": "in"}):
    """Dollars for a million tokens, which are micro-dollars for one. `as_of` is the day on which somebody looked it up.

    What is remembered costs `read`, and to have it remembered `write`; where they are not given, as much as what is not.
    """

    fresh: float
    out: float
    read: float | None = None
    write: float | None = None
    as_of: str = ""

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing at all."""
        return not any((self.fresh, self.out, self.read, self.write))

    @classmethod
    def read_from(cls, entry: object) -> TokenPrice:
        """Of a file's table. Raises ValueError, TypeError for what is no price."""
        price = convert(entry, cls)
        amounts = (price.fresh, price.out, price.read or 0.0, price.write or 0.0)
        if not all(0 <= amount <= DEAREST for amount in amounts):
            raise ValueError
        return price

    def of(self, tokens: Tokens) -> int:
        """Micro-dollars, rounded up."""
        read = self.fresh if self.read is None else self.read
        write = self.fresh if self.write is None else self.write
        total = tokens.fresh * self.fresh + tokens.kept * read + tokens.written * write + tokens.out * self.out
        return math.ceil(round(total, 6))

    def at_most(self, read: int, out: int) -> int:
        """Micro-dollars at worst of an answer to `read` tokens, none of them remembered, with `out` tokens."""
        dearest = max(self.fresh, self.write or 0.0)
        return math.ceil(round(read * dearest + out * self.out, 6))
