"""Whether a secret's value can be read in a line of text, whole or in a long piece, also as an OCR misreads it. Pure."""

from __future__ import annotations

import unicodedata

from coasty_desk.core.secrets import SHORTEST_HIDDEN

LONG_PIECE = 8
"""So many letters of any value are too many to be read."""

_LOOK_ALIKE = (
    *("0oqd", "1lij|!t][", "5s$", "8b&", "2z", "6g9", "uv", "c(<{", ")>}", "ae@", "mn"),
    *("'`\"\u00b4\u2018\u2019\u201c\u201d", "-_~\u2013\u2014", ".,:;\u00b7", "x\u00d7"),
)
_AS = {letter: group[0] for group in _LOOK_ALIKE for letter in group}


def least(letters: int, *, loosely: bool = False) -> int:
    """How many letters of a value of so many must be there; `loosely`: where it is likely that they are."""
    if loosely:
        return min(max(SHORTEST_HIDDEN - 1, -(-2 * letters // 5)), LONG_PIECE)
    return min(max(SHORTEST_HIDDEN, -(-3 * letters // 5)), LONG_PIECE)


def legible(line: str, value: str, *, loosely: bool = False) -> tuple[int, int] | None:
    """From where to where in the line the value, or the best piece of it, can be read. A value of less than four letters never is."""
    wanted, _ = _folded(value)
    said, places = _folded(line)
    if len(wanted) < SHORTEST_HIDDEN or not said:
        return None
    score, start, end = _best(said, wanted)
    if score < least(len(wanted), loosely=loosely):
        return None
    return places[start], places[end - 1] + 1


def _folded(text: str) -> tuple[str, list[int]]:
    """The letters without case, accents and blanks, those that look alike as one; and where each stood."""
    letters, places = [], []
    for at, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if not part.isspace() and not unicodedata.combining(part):
                letters.append(_AS.get(part, part))
                places.append(at)
    return "".join(letters), places


def _best(said: str, wanted: str) -> tuple[int, int, int]:
    """The best local alignment (Smith and Waterman): its score, and from where to where in `said`.

    A letter that is alike adds 1; one that is another, too many or missing takes 1 away.
    """
    best = (0, 0, 0)
    before = [(0, 0)] * (len(wanted) + 1)
    for at, letter in enumerate(said):
        row = [(0, at)]
        for index, expected in enumerate(wanted):
            score, start = before[index]
            across = (score + (1 if letter == expected else -1), start if score else at)
            skipped, missing = before[index + 1], row[index]
            found = max(across, (skipped[0] - 1, skipped[1]), (missing[0] - 1, missing[1]), (0, at))
            row.append(found)
            if found[0] > best[0]:
                best = (found[0], found[1], at + 1)
        before = row
    return best
