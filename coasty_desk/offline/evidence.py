"""Whether an action has done what it was for, by the screen before and after it."""

from __future__ import annotations

from itertools import groupby

from coasty_desk.core.secrets import PLACEHOLDER
from coasty_desk.offline import differing
from coasty_desk.offline.matching import distance, folded
from coasty_desk.offline.reading import Seen
from coasty_desk.offline.shapes import Canvas
from coasty_desk.offline.texts import Box, Text

CARET = 4
"""A change no wider than this is the blinking of a caret."""

CHUNK = 14
"""A typed text is looked for in pieces of so many characters."""

SHORTEST = 3
"""What stands between characters that the engine cannot read is not looked for if it is shorter than this."""

FULL = 0.8
"""A text that fills so much of its field's width may have a beginning that is out of sight."""

_SIGNS = str.maketrans({"*": "x", "×": "x", "∗": "x", "÷": "/", "·": ".", "⋅": "x"})
_SHOW = {"enter", "return", "tab", "space", "backspace", "delete"}


def shows(stroke: tuple[str, ...]) -> bool:
    """Whether the keys do something that can be seen, wherever they are pressed."""
    return len(stroke) == 1 and stroke[0].lower() in _SHOW


def changes(before: Seen, after: Seen) -> list[Box]:
    """Where the screen has changed, blinking carets left out."""
    if before.picture is after.picture:
        return []
    if before.picture.size != after.picture.size:
        return [after.whole]
    found = []
    for box in differing.boxes(before.picture, after.picture):
        exact = differing.exactly(before.picture, after.picture, box)
        if exact.width > CARET:
            found.append(exact)
    return found


def differs(before: Seen, after: Seen, where: Box) -> bool:
    """Whether anything there has changed but a caret."""
    if before.picture.size != after.picture.size:
        return True
    inside = where.within(after.whole)
    return inside.width > 0 < inside.height and differing.exactly(before.picture, after.picture, inside).width > CARET


def is_fresh(before: Seen, after: Seen, where: Box) -> bool:
    """Whether most of what is there was not there before."""
    if before.picture is after.picture or before.picture.size != after.picture.size:
        return before.picture is not after.picture
    changed = differing.exactly(before.picture, after.picture, where.within(after.whole))
    return changed.width >= 0.6 * where.width and changed.height >= 0.35 * where.height


def of_typing(text: str, before: Seen, after: Seen, canvas: Canvas, field: Box | None = None) -> str | None:
    """Why the text cannot be said to have been typed (into the field, where it is known); None where it can."""
    changed = changes(before, after)
    if field is not None:
        changed = [box for box in changed if box.meets(field)]
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    if not changed:
        return "nothing changed " + ("on the screen" if field is None else "in the field")
    if PLACEHOLDER.search(text):  # what a secret reads like is not known here
        return None
    there = _touched(after, changed) if field is None else texts_in(after, field.grown(4))
    said = [t.text for t in there]
    if not any(c.isalnum() for c in lines[-1]) or any(reads_as(text, read) for read in (*said, "".join(said))):
        return None
    if any(_ends_with(lines[-1], t, field or canvas.around(t.box)) for t in there) or _is_hidden(
        text, there, canvas, changed, field
    ):
        return None
    return f"it reads “{' '.join(said)[:60]}” there" if said else "no text can be read where the screen changed"


def is_there(text: str, after: Seen, canvas: Canvas, field: Box) -> bool:
    """Whether the field still has the text, or as many dots, or nothing where nothing was typed."""
    there = texts_in(after, field.grown(4))
    said = "".join(t.text for t in there)
    if not text.strip() or PLACEHOLDER.search(text):
        return True
    if reads_as(text, said) or any(_ends_with(text, t, field) for t in there):
        return True
    return not _says_a_word(there) and canvas.blobs(field) > 0


def is_told(text: str, told: str) -> bool:
    """Whether what a field says that it holds is the text, or has it; spaces at the ends apart."""
    if PLACEHOLDER.search(text):
        return True
    hidden = bool(told) and len(set(told)) == 1 and not told[0].isalnum()
    return text.strip().translate(_SIGNS) in told.translate(_SIGNS) or (hidden and len(told) >= len(text))


def of_more(text: str, after: Seen, field: Box) -> str | None:
    """Why the field cannot be said to hold nothing but the text; None where it can."""
    there = [text.text for text in texts_in(after, field.grown(2))]
    more = len(folded("".join(there))) - len(folded(text))
    return (
        f"the field reads “{' '.join(there)}”" if more > 1 + len(text) // 7 and not PLACEHOLDER.search(text) else None
    )


def texts_in(seen: Seen, *boxes: Box) -> list[Text]:
    """What is to be read in the boxes; of a text that begins or ends outside, the part that is inside."""
    return [found for text in seen.texts for box in boxes if (found := text.inside(box)) is not None]


def _touched(seen: Seen, changed: list[Box]) -> list[Text]:
    return [text for text in seen.texts if any(box.meets(text.box) for box in changed)]


def said_in(seen: Seen, *boxes: Box) -> str:
    """The same as one string."""
    return " ".join(text.text.strip() for text in texts_in(seen, *boxes))


def reads_as(wanted: str, said: str) -> bool:
    """Whether the text is in what was read, but for what the engine mistakes; digits must be right."""
    read = _comparable(said)
    parts = [_comparable("".join(part)) for readable, part in groupby(wanted, _is_readable) if readable]
    if "".join(parts) in read:
        return True
    found = [
        _is_in(piece, read) for part in parts if len(part) >= SHORTEST or len(parts) == 1 for piece in _pieces(part)
    ]
    return not found or (found[0] and found[-1] and found.count(False) <= len(found) // 5)


def _pieces(part: str) -> list[str]:
    """The part in pieces of about the same length, none longer than `CHUNK`."""
    count = max(1, -(-len(part) // CHUNK))
    return [part[len(part) * n // count : len(part) * (n + 1) // count] for n in range(count)]


def _is_readable(char: str) -> bool:
    """Whether the engine reads such characters: of other scripts than Latin and Chinese it makes anything."""
    return (
        ord(char) < 0x250
        or 0x1E00 <= ord(char) < 0x1F00
        or 0x2000 <= ord(char) < 0x2100
        or 0x3000 <= ord(char) < 0xA000
    )


def _ends_with(wanted: str, text: Text, field: Box | None) -> bool:
    """Whether a field that is full to its end shows the end of the text."""
    if field is None or text.box.width < FULL * field.width:
        return False
    read = _comparable(text.text)
    return len(read) >= 6 and _is_in(_comparable(wanted)[-min(len(read) - 1, CHUNK) :], read)


def _is_in(chunk: str, read: str) -> bool:
    if chunk in read:
        return True
    allowed = len(chunk) // 7
    digits = [c for c in chunk if c.isdigit()]
    parts = (read[start : start + len(chunk)] for start in range(max(1, len(read) - len(chunk) + 1)))
    return allowed > 0 and any(
        [c for c in part if c.isdigit()] == digits and distance(chunk, part) <= allowed for part in parts
    )


def _comparable(text: str) -> str:
    """As calculators write it, signs of arithmetic are one sign each."""
    return folded(text.translate(_SIGNS))


def _is_hidden(text: str, there: list[Text], canvas: Canvas, changed: list[Box], field: Box | None) -> bool:
    """Whether it is what a password field shows: a dot for each character and no word; a field may be too narrow for all."""
    if _says_a_word(there):
        return False
    if field is None:
        return max(box.width for box in changed) >= 3 * len(text)
    return canvas.blobs(field) >= len(text) or canvas.is_full(field)


def _says_a_word(there: list[Text]) -> bool:
    return any(sum(c.isalnum() and c not in "oO0" for c in text.text) > 1 for text in there)
