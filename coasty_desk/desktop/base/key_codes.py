"""What each platform calls a key: `key_codes.txt`, a line for each key, read when it is first asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal


@cache
def key_codes(column: Literal["x11", "pynput", "windows", "macos"]) -> dict[str, str]:
    """What stands in that column, by the canonical key; a key that there is not is left out."""
    lines = Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
    columns, *rows = (line.split() for line in lines if line and not line.startswith("#"))
    at = columns.index(column)
    return {row[0]: row[at] for row in rows if row[at] != "-"}
