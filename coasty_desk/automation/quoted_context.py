"""What has come from outside with a task, as it is told to a model: quoted, bounded, in one line. Pure.

It is written as one JSON string: nothing in it can look like the end of the quotation or like a line of ours, and no control
character, no invisible one and none that turns the direction of writing is left in it.
"""

from __future__ import annotations

import json
import unicodedata

LONGEST = 4000
"""Characters that are quoted."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def quoted(source: str, content: str) -> str:
    """What a model is told; `source` are our own words, as `a webhook`. Empty for nothing."""
    if not content:
        return ""
    cut = content[:LONGEST]
    told = json.dumps(
        "".join(character if _is_seen(character) else _code(character) for character in cut), ensure_ascii=False
    )
    more = f" (the first {LONGEST} characters of {len(content)})" if len(content) > LONGEST else ""
    return f"From {source}{more}: {told}"


def _is_seen(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in _UNSEEN


def _code(character: str) -> str:
    return f"<U+{ord(character):04X}>"
