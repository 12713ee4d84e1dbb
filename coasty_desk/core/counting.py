"""Numbers in sentences: counted things, as a person says them."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 step`, `2 steps`; `things` is the plural where it is not formed with an s."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def be(number: int) -> str:
    """`is` or `are`."""
    return "is" if number == 1 else "are"
