"""What a run with a vendor's model costs at worst, before anything is asked."""

from __future__ import annotations

from msgspec import Struct

from coasty_desk.core.money import whole_cents
from coasty_desk.core.scaling import Size
from coasty_desk.core.token_prices import TokenPrice

SQUARE = 28
"""Pixels of a side of what costs about one token."""

AROUND = 6000
"""Tokens at most of the prompt and the tools, which are read with every step."""

MOST_OUT = 4096
"""Tokens that an answer may have."""


def picture_tokens(sent: Size) -> int:
    """Those of a picture of that size."""
    return -(-sent.width // SQUARE) * -(-sent.height // SQUARE)


class TokenTariff(Struct, frozen=True):
    """A `lifetimes.Prices`: `pictures` of the size `sent` are held at most, each with its answer."""

    price: TokenPrice
    sent: Size
    pictures: int

    def run(self, steps: int) -> int:
        """Cents of a run of so many steps at worst."""
        each = picture_tokens(self.sent) + MOST_OUT
        held = sum(min(step, self.pictures) for step in range(1, steps + 1))
        return whole_cents(self.price.at_most(held * each + steps * (AROUND + MOST_OUT), steps * MOST_OUT))

    def rest(self, steps: int, predictions: int | None) -> int:
        """So many more: the conversation begins anew in another sitting."""
        del predictions
        return self.run(steps)
