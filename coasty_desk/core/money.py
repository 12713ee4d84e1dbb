"""Money, in micro-dollars inside: a step of a small model costs a twentieth of a cent. Cents and dollars are for people, files and the wire."""

from __future__ import annotations

from typing import TypeAlias

from coasty_desk.core.counting import counted

Money: TypeAlias = int
"""Micro-dollars."""

CENT: Money = 10_000


def from_cents(cents: float) -> Money:
    """Cents, or a part of one, to the nearest micro-dollar."""
    return round(cents * CENT)


def in_cents(amount: Money) -> float:
    """As JSON says it: a whole number of cents is an int."""
    return amount / CENT if amount % CENT else amount // CENT


def whole_cents(amount: Money) -> int:
    """Rounded up, for what something may cost at worst."""
    return -(-amount // CENT)


def dollars(amount: Money) -> str:
    """`$0.14`, and what is less than a cent with as many digits as it has: `$0.0005`."""
    whole, rest = f"{amount / (100 * CENT):.6f}".split(".")
    return f"${whole}.{rest.rstrip('0'):0<2}"


def said_in_cents(amount: Money) -> str:
    """`14 cents`, `1 cent`, `0.05 cents`."""
    cents = in_cents(amount)
    return counted(cents, "cent") if isinstance(cents, int) else f"{cents:g} cents"


def cap(cents: float | None) -> Money | None:
    """A cap in cents, or none."""
    return None if cents is None else from_cents(cents)
