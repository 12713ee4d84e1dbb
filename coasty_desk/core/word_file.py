"""Plain text files of words, beside the code that knows what they are for, so that whoever misses one adds it without reading code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def entries(path: Path) -> Iterator[tuple[str, str]]:
    """The name and the words of each line `name = words`; any other line is a remark. A name may have several lines."""
    for line in path.read_text("utf-8").splitlines():
        name, stands, words = line.partition(" = ")
        if stands:
            yield name, words
