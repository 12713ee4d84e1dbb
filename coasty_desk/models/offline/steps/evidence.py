"""Whether an action has done what it was for, by the screen before and after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import reduce
from itertools import groupby, pairwise

from msgspec.structs import replace

from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import MODIFIERS
from coasty_desk.core.secrets import PLACEHOLDER
from coasty_desk.models.offline.targeting.matching import EASTERN, cased_as, edits, equal, folded
from coasty_desk.models.offline.vision import image_diff
from coasty_desk.models.offline.vision.disabled import letters
from coasty_desk.models.offline.vision.image_diff import CARET, LEAST_LINE
from coasty_desk.models.offline.vision.pixels import Picture, most, unlike
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

HIGHEST_LINE = 80
"""A caret is no higher, in pixels."""

CHUNK = 40
"""A typed text is looked for in pieces of so many characters at most."""

EDIT_EVERY = 12
"""One letter in so many may be the engine's mistake; a digit never."""

CASED = frozenset("abdefghmnqrt")
"""Letters whose capitals cannot be taken for the small ones; of others, such as `c` and `s`, the engine does not know."""

_NEVER = 1000
"""The price of an edit that no engine makes."""

SHORTEST = 3
"""What stands between characters that the engine cannot read is not looked for if it is shorter than this."""

LINES_HIGH = 300
"""What is higher is not read once more for a doubt."""

SHORTEST_END = 5
"""The end of a text is known by so many characters at least."""

FOCUS = 4
"""What gets the focus looks different in so many pixels inside its edges."""

EDGE = 4
"""What has its middle so near to a field's top or bottom, in pixels, is a label on its edge."""

TINY = 9
"""What is read in fewer pixels than this, across and down, is no letter."""

ROOM = 0.45
"""Between what is typed and what stands beside it in a field is more than so much of a line's height; between words is less."""

_ENDING = re.compile(r"\w\.\w{1,5}$")
"""Of the name of a file."""

COUNT = re.compile(r"\d+ *[/|l] *\d+")
"""How many characters a field holds, of how many."""

PALER = 0.75
"""The hint in a field differs from its ground by at most so much of what typed letters do."""

CARETS = frozenset("l)]}(/\\jt")
"""A caret may be read as one of these, or what looks like it."""

THROUGH = 0.9
"""What is inked in so much of a width is a line, and no row of letters."""

POINT = 4
"""A point is at most so wide and so high, in pixels."""

LETTER = 70
"""Letters differ from their ground by so much (of 255)."""

NARROWEST = 2
"""A letter is wider, in pixels; a caret is not."""

SIGN = 2
"""What appears beside a text is a sign, such as one that empties the field, if it has no more characters."""

LONGEST = 1000
"""A text of more characters is not compared with all that was read."""

FRESH_ACROSS, FRESH_DOWN = 0.6, 0.35
"""What is new has changed over so much of its width and height: letters leave much of their height as it was."""

FULL = 0.8
"""A text that fills so much of its field's width may have a beginning that is out of sight."""

_READABLE = (range(0x1E00, 0x1F00), range(0x2000, 0x2100), range(0x3000, 0xA000))
_BRACKETS = dict.fromkeys(map(ord, "()[]{}"))
_SIGNS = str.maketrans({"*": "x", "×": "x", "∗": "x", "÷": "/", "·": ".", "⋅": "x"})
_SILENT = frozenset(
    ["a", "c", "r", "home", "end", "pageup", "pagedown", "up", "down", "left", "right", "insert", "esc", "f5"]
)


def may_be_silent(stroke: Stroke) -> bool:
    """Whether the keys may have done what they are for with nothing to be seen: copied, gone to an end, closed nothing."""
    keys = [key for key in stroke if key not in MODIFIERS]
    if not keys:
        return True
    letter = len(keys) == 1 and len(keys[0]) == 1
    return keys[-1] in _SILENT and (not letter or len(stroke) > 1)


def changes(before: ReadScreen, after: ReadScreen, without: Sequence[Box] = ()) -> list[Box]:
    """Where the screen has changed, blinking carets left out, and what lies `without`."""
    return image_diff.changes(before.picture, after.picture, without)


def carets(before: ReadScreen, after: ReadScreen) -> list[Box]:
    """Where a caret has come or gone: what has changed and is as narrow as one, and as high as a line."""
    found = image_diff.every_change(before.picture, after.picture)
    return [box for box in found if 0 < box.width <= CARET and LEAST_LINE <= box.height <= HIGHEST_LINE]


def differs(before: ReadScreen, after: ReadScreen, where: Box) -> bool:
    """Whether anything there has changed but a caret."""
    if before.picture.size != after.picture.size:
        return True
    inside = where.within(after.whole)
    return inside.area > 0 and image_diff.exactly(before.picture, after.picture, inside).width > CARET


def is_as_it_was(before: ReadScreen, after: ReadScreen, where: Box) -> bool:
    """Whether nothing there has changed, or only a caret has come: without it the same letters are read better."""
    if differs(before, after, where):
        return False
    inside = where.within(after.whole)
    exact = image_diff.exactly(before.picture, after.picture, inside)
    ground = _most(after.picture, inside)
    return exact.width <= 0 or _most(after.picture, exact) != ground or _most(before.picture, exact) == ground


def _most(picture: Picture, where: Box) -> object:
    """The colour that most of it has."""
    part = picture.crop(where.corners)
    counts = part.getcolors(part.width * part.height + 1) or []
    return max(counts, key=lambda one: one[0])[1] if counts else None


def is_fresh(before: ReadScreen, after: ReadScreen, where: Box) -> bool:
    """Whether most of what is there was not there before."""
    if before.picture is after.picture or before.picture.size != after.picture.size:
        return before.picture is not after.picture
    changed = image_diff.exactly(before.picture, after.picture, where.within(after.whole))
    return changed.width >= FRESH_ACROSS * where.width and changed.height >= FRESH_DOWN * where.height


def of_typing(text: str, before: ReadScreen, after: ReadScreen, field: Box | None = None) -> str | None:
    """Why the text cannot be said to have been typed (into the field, where it is known); None where it can."""
    changed = [box for box in changes(before, after) if field is None or box.meets(field)]
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    if not changed or (field is not None and not differs(before, after, field.grown(-FOCUS))):
        return "nothing changed " + ("on the screen" if field is None else "in the field")
    if PLACEHOLDER.search(text):  # what a secret reads like is not known here
        return None
    there = _touched(after, changed) if field is None else content(after, field)
    said = [t.text for t in there]
    if field is None and (longer := next((read for read in said if _goes_on(text, read)), None)):
        return f"it reads “{longer.strip()[:60]}” there"
    if not any(c.isalnum() for c in lines[-1]) or any(reads_as(text, read) for read in (*said, "".join(said))):
        return None
    if any(_ends_with(lines[-1], t, field or after.canvas.around(t.box)) for t in there):
        return None
    if _is_hidden(text, there, after, changed, field):
        return None
    return f"it reads “{' '.join(said)[:60]}” there" if said else "no text can be read where the screen changed"


def _goes_on(text: str, read: str) -> bool:
    """Whether a path, or the name of a file, has another ending behind its own: a dialog that had one there keeps it."""
    if _ENDING.search(text) is None:
        return False
    shorter = folded(text.rsplit(maxsplit=1)[-1]) + "."
    return any(rest[:1].isalnum() for word in read.split() for rest in folded(word).split(shorter)[1:])


def is_there(text: str, after: ReadScreen, field: Box) -> bool:
    """Whether the field still has the text, or as many dots, or nothing where nothing was typed."""
    there = content(after, field)
    said = "".join(t.text for t in there)
    if not text.strip() or PLACEHOLDER.search(text):
        return True
    if reads_as(text, said) or any(_ends_with(text, t, field) for t in there):
        return True
    return _is_hidden(text, there, after, [], field)


def is_told(text: str, told: str) -> bool:
    """Whether what a field says that it holds is the text, or has it; spaces at the ends apart."""
    if PLACEHOLDER.search(text):
        return True
    hidden = bool(told) and len(set(told)) == 1 and not told[0].isalnum()
    return text.strip().translate(_SIGNS) in told.translate(_SIGNS) or (hidden and len(told) >= len(text))


def is_more(text: str, told: str) -> bool:
    """Whether what a field says that it holds, which has the text, has other characters beside it; of secrets none can say."""
    return not PLACEHOLDER.search(text) and len(told.strip()) > len(text.strip())


def of_more(text: str, before: ReadScreen, after: ReadScreen, field: Box, label: str = "") -> str | None:
    """Why the field, of that label, cannot be said to hold nothing but the text; None where it can."""
    there = [piece for piece in _pieces_in(after, field) if not (label and equal(piece.text, label))]
    kept = [piece for piece in there if not _is_beside(piece, there, text, before, after)]
    said = " ".join(piece.text for piece in kept)
    cut = sum(piece.box.width for piece in kept) > FULL * field.width
    more = not PLACEHOLDER.search(text) and _has_more(text, said, cut=cut)
    return f"the field reads “{said[:60]}”" if more else None


def _has_more(text: str, said: str, *, cut: bool) -> bool:
    """Whether there are characters in what was read that the text has not, at either end, or more than the engine may have made up.

    Of a text that is `cut` by its field's edge, the first character may be read as another.
    """
    typed, read = _comparable(text), _comparable(said)
    if said.rstrip().endswith(".") and not text.rstrip().endswith(tuple(".…,;:")):
        return True
    if not all(map(_is_readable, text)) or len(typed) > LONGEST:
        return len(read) - len(typed) > 1 + len(text) // 7
    allowed = len(typed) // EDIT_EVERY
    for _, start, end, first, last in SequenceMatcher(None, typed, read, autojunk=False).get_opcodes():
        more = read[first:last][: max(0, (last - first) - (end - start))]
        allowed -= len(more)
        at_an_end = (first == 0 and not (cut and last == 1)) or last == len(read)
        if more and (at_an_end or allowed < 0 or any(char.isdigit() for char in more)):
            return True
    return False


def _pieces_in(seen: ReadScreen, field: Box) -> list[Text]:
    """What stands in a field, parted where there is more room than between words."""
    return [piece for text in content(seen, field) for piece in _parted(_without_caret(text, seen, field), seen)]


def _parted(text: Text, seen: ReadScreen) -> list[Text]:
    spaces = [i for i, char in enumerate(text.text) if char == " "]
    columns = _inked(seen.picture, text.box.within(seen.whole), LETTER)
    inked = [x for x, column in enumerate(columns) if column]
    gaps = [(text.box.left + a + 1, text.box.left + b) for a, b in pairwise(inked) if b - a > ROOM * text.box.height]
    cuts = {min(spaces, key=lambda i: abs(text.edges[i] - gap[0])): gap for gap in gaps} if spaces else {}
    found, start, left = [], 0, text.box.left
    for at, gap in (*sorted(cuts.items()), (len(text.text), (text.box.right, text.box.right))):
        found.append(Text(text.text[start:at], Box(left, text.box.top, gap[0], text.box.bottom), text.confidence))
        start, left = at + 1, gap[1]
    return [piece for piece in found if piece.text.strip()]


def _without_caret(text: Text, seen: ReadScreen, field: Box) -> Text:
    """The text without a last character that is the caret, and with a point that the engine took for a part of that.

    A caret is a line right behind the letters, higher than all of them together.
    """
    last = len(text.text) - 1
    if last < 1 or folded(text.text[last]) not in CARETS:
        return text
    box = text.box.grown(3, 2).within(field.grown(-2)).within(seen.whole)
    columns = _inked(seen.picture, box, LETTER)
    while columns and not columns[-1]:
        columns.pop()
    caret = columns[-1] if columns else []
    while columns and len(columns[-1]) >= len(caret):
        columns.pop()
    inks = [y for column in columns for y in column]
    end = int(box.left) + max((x for x, column in enumerate(columns) if column), default=0)
    if not inks or min(caret) >= min(inks) or max(caret) <= max(inks) or end > text.edges[last] + CARET:
        return text
    without = text.part(0, last)
    return replace(without, text=without.text.rstrip(".") + ".") if _ends_in_a_point(columns) else without


def _ends_in_a_point(columns: list[list[int]]) -> bool:
    """Whether the last of the letters is no more than a point at their foot."""
    end = max((x for x, column in enumerate(columns) if column), default=-1)
    start = next((x for x in range(end, -1, -1) if not columns[x]), -1) + 1
    point = [y for column in columns[start : end + 1] for y in column]
    foot = max((y for column in columns[: end + 1] for y in column), default=0)
    return end - start < POINT and bool(point) and max(point) - min(point) < POINT and foot - min(point) < 2 * POINT


def _inked(picture: Picture, box: Box, by: int) -> list[list[int]]:
    """For each column of the box the rows that differ `by` so much from its ground; without lines that go through all of it."""
    left, top, _, _ = box.corners
    width, height = max(0, int(box.width)), max(0, int(box.height))
    pixels = picture.crop((left, top, left + width, top + height)).convert("L").tobytes()
    inked = pixels.translate(unlike(most(pixels), by))
    rows = [inked[y * width : (y + 1) * width] for y in range(height)]
    letters = [y for y, row in enumerate(rows) if row.count(1) < THROUGH * width]
    return [[y for y in letters if rows[y][x]] for x in range(width)]


def _is_beside(piece: Text, there: Sequence[Text], text: str, before: ReadScreen, after: ReadScreen) -> bool:
    """Whether it is no content but a sign, a unit or a count that the field has beside it, with room between."""
    if COUNT.fullmatch(piece.text.strip()):
        return True
    others = [other.box for other in there if other is not piece and other.box.same_row(piece.box)]
    room = min((max(other.left - piece.box.right, piece.box.left - other.right) for other in others), default=0.0)
    if room <= ROOM * piece.box.height or reads_as(text, piece.text):
        return False
    return len(piece.text.strip()) <= SIGN or not differs(before, after, piece.box)


def of_emptying(before: ReadScreen, after: ReadScreen, field: Box, label: str) -> str | None:
    """Why the field cannot be said to be empty; None where it can: a hint, which is paler than what was there, may have come."""
    was, there = ([text for text in content(seen, field) if not equal(text.text, label)] for seen in (before, after))
    if all(len(text.text.strip()) <= SIGN for text in was):
        return None
    said = " ".join(text.text for text in there)[:60]
    if [text.text for text in there] == [text.text for text in was]:
        return f"the field still reads “{said}”"
    inner = field.grown(-FOCUS).within(after.whole)
    dark = round(PALER * max(_strength(before.picture, text.box) for text in was))
    apart = [piece.text for piece in _pieces_in(before, field)]
    rest = [piece for piece in _pieces_in(after, field) if piece.text not in apart and not equal(piece.text, label)]
    if any(len(piece.text) > SIGN and _strength(after.picture, piece.box) > dark for piece in rest):
        return f"the field still reads “{said}”"
    labels = [text.box for text in after.texts if equal(text.text, label) and text.box.meets(inner)]
    new, strong = (_inked(after.picture, inner, by) for by in (LETTER, dark))
    old = _inked(before.picture, inner, LETTER)
    for inked, run in groupby(range(len(new)), key=lambda x: bool(new[x])):
        columns = list(run)
        come = inked and any(set(new[x]) - set(old[x]) for x in columns)
        left = inner.left + columns[0]
        wide = sum(bool(strong[x]) for x in columns) > NARROWEST
        if come and wide and not any(box.left <= left < box.right for box in labels):
            return f"the field still reads “{said}”" if said else "something is left in the field"
    return None


def _strength(picture: Picture, box: Box) -> int:
    """By how much the letters there differ from their ground."""
    ink, ground = letters(picture, box) or (0, 0)
    return abs(ground - ink)


def touched(before: ReadScreen, after: ReadScreen, field: Box | None) -> Box | None:
    """What has to be read for what was typed: the field, or the lines that have changed; None where nothing has."""
    changed = [box for box in changes(before, after) if field is None or box.meets(field)]
    if not changed:
        return None
    if field is not None:
        return field.grown(4)
    whole = reduce(Box.with_, (*changed, *(text.box for text in _touched(after, changed))))
    return whole if whole.height <= LINES_HIGH else None


def content(seen: ReadScreen, field: Box) -> list[Text]:
    """What stands in a field, without a label that lies on its edge."""
    return texts_in(seen, field.grown(4, -min(EDGE, field.height / 8)))


def texts_in(seen: ReadScreen, box: Box) -> list[Text]:
    """What is to be read in the box; of a text that begins or ends outside, the part that is inside."""
    return [found for text in seen.texts if (found := text.inside(box)) is not None]


def _touched(seen: ReadScreen, changed: list[Box]) -> list[Text]:
    return [text for text in seen.texts if any(box.meets(text.box) for box in changed)]


def said_in(seen: ReadScreen, box: Box) -> str:
    """The same as one string."""
    return " ".join(text.text.strip() for text in texts_in(seen, box))


def says_the_same(before: ReadScreen, after: ReadScreen, where: Box) -> bool:
    """Whether the letters there are the same; on another ground the engine takes a tick box for another sign."""
    was, now = (_letters_in(seen, where) for seen in (before, after))
    return was == now


def _letters_in(seen: ReadScreen, where: Box) -> list[str]:
    """Without what is too small for a letter: the corner by which a field is made larger is read as one."""
    texts = (text for text in texts_in(seen, where) if max(text.box.width, text.box.height) >= TINY)
    return [c for c in folded(" ".join(text.text.strip() for text in texts)) if c.isalnum() and c < EASTERN]


def reads_as(wanted: str, said: str) -> bool:
    """Whether the text is in what was read, but for what the engine mistakes; digits and capitals must be right.

    Of brackets, which editors draw in another colour where they match, it may overlook some, and take one for another.
    """
    if _reads_as(wanted, said):
        return True
    bare, read = wanted.translate(_BRACKETS), said.translate(_BRACKETS)
    fewer = len(said) - len(read) <= len(wanted) - len(bare) > 0
    return fewer and len(_comparable(bare)) >= SHORTEST and _reads_as(bare, read)


def _reads_as(wanted: str, said: str) -> bool:
    read = _comparable(said)
    parts = [_comparable("".join(part)) for readable, part in groupby(wanted, _is_readable) if readable]
    if (whole := "".join(parts)) in read:
        return len(whole) < len(_comparable(wanted)) or _has_capitals(wanted, said)
    long = [part for part in parts if len(part) >= SHORTEST or len(parts) == 1]
    return all(_is_in(piece, read) for part in long for piece in _pieces(part))


def _pieces(part: str) -> list[str]:
    """The part in pieces of about the same length, none longer than `CHUNK`."""
    count = max(1, -(-len(part) // CHUNK))
    return [part[len(part) * n // count : len(part) * (n + 1) // count] for n in range(count)]


def _is_readable(char: str) -> bool:
    """Whether the engine reads such characters: of other scripts than Latin and Chinese it makes anything."""
    return ord(char) < 0x250 or any(ord(char) in script for script in _READABLE)


def _ends_with(wanted: str, text: Text, field: Box | None) -> bool:
    """Whether a field that is full to its end shows the end of the text."""
    if field is None or text.box.width < FULL * field.width:
        return False
    seen = min(len(_comparable(text.text)) - 1, CHUNK)
    if seen < SHORTEST_END:
        return False
    tail = next((wanted[at:] for at in range(len(wanted) - 1, -1, -1) if len(_comparable(wanted[at:])) >= seen), wanted)
    return reads_as(tail, text.text)


def _is_in(chunk: str, read: str) -> bool:
    """Whether the chunk is in what was read, but for one letter in `EDIT_EVERY`, and one other character in as many."""
    if chunk in read:
        return True
    allowed = len(chunk) // EDIT_EVERY
    return allowed > 0 and edits(chunk, read, _price, within=True) <= 2 * allowed


def _price(char: str) -> int:
    """Of an edit: a letter costs 2, another sign 1, a digit too much."""
    if char.isdigit():
        return _NEVER
    return 2 if char.isalpha() else 1


def _has_capitals(wanted: str, said: str) -> bool:
    """Whether the text, which is in what was read, has the same capitals there in one place."""
    typed, read = _comparable(wanted), _comparable(said)
    cased, seen = cased_as(wanted.translate(_SIGNS)), cased_as(said.translate(_SIGNS))
    at = read.find(typed)
    while at >= 0:
        pairs = zip(cased, seen[at : at + len(typed)], strict=True)
        if all(a == b or a.lower() != b.lower() or a.lower() not in CASED for a, b in pairs):
            return True
        at = read.find(typed, at + 1)
    return False


def _comparable(text: str) -> str:
    """As calculators write it, signs of arithmetic are one sign each."""
    return folded(text.translate(_SIGNS))


def _is_hidden(text: str, there: list[Text], after: ReadScreen, changed: list[Box], field: Box | None) -> bool:
    """Whether it is what a password field shows: a dot for each character and no word; a field may be too narrow for all."""
    if any(sum(c.isalnum() and c not in "oO0" for c in read.text) > 1 for read in there):
        return False
    if field is None:
        return max(box.width for box in changed) >= 3 * len(text)
    count, full = after.canvas.dots(field)
    return count >= len(text) or (full and count >= SHORTEST)
