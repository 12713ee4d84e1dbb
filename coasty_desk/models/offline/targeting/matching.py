"""Finds a label among the texts of a screen: exactly before loosely, and never a different word. Pure.

Loosely means what an OCR engine mistakes: spaces, case, an ellipsis, characters that look
alike (`0` and `O`; `1`, `l` and `I`; `rn` and `m`), and one or two edits in a long label that
the engine itself was not sure of. A word that it read with confidence is that word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cache
from itertools import accumulate

from msgspec import Struct

from coasty_desk.models.offline.vision.texts import Text

EASTERN = "\u2e80"
"""From here on there are scripts without spaces; beside a Latin label such a character is an icon."""

UNSURE = 0.9
"""Below this confidence of the engine, edits are allowed."""

ALIKE = 0.3
"""Texts are named as near ones from so much likeness on (of 1)."""

GAP = 0.9
"""A space wider than so many times the height of its line lies between two things; one between words is about a third as wide."""

LEAST_SAID = 4
"""Fewer letters on a thing may be a sign."""

LEAST_NEARLY = 4
"""A label of so many letters is known to be meant where one of them is another."""

UNDERLINED = 7
"""A label of so many letters is known again without the first of a word; a menu's word, which is underlined there, from `UNDERLINED_MENU` on."""

UNDERLINED_MENU = 4


class Fit(IntEnum):
    """How well a text fits a label, the best first."""

    SAME = 0
    WHOLE = 1  # but for case and spaces
    TRIMMED = 2  # but for a colon, a star, an arrow or a count around it
    ALIKE = 3  # but for characters that look alike
    ICON = 4  # but for a single character before it, which an icon was read as, or an arrow behind it
    PART = 5  # the label is words of a longer text
    PART_ALIKE = 6
    EDITED = 7  # but for edits that the engine may have made, or letters before an ellipsis that it did not see


class Match(Struct, frozen=True):
    """A text, or the part of one, that fits a label."""

    text: Text
    fit: Fit
    line: Text

    @property
    def stands_alone(self) -> bool:
        """Whether the text may be a thing of that name: not words of another name, as “Save” is of “Save As…”."""
        return self.fit not in (Fit.PART, Fit.PART_ALIKE) or _is_parted(self.line, self.text)

    @property
    def is_denied(self) -> bool:
        """Whether its line says the opposite, as “Not paid” does of “Paid”."""
        return _DENYING.search(self.line.text.partition(self.text.text)[0]) is not None

    @property
    def is_in_an_address(self) -> bool:
        """Whether it is a word of a web address, as “paid” is of “shop.example/orders?show=paid”: that says nothing of the page."""
        if self.fit not in (Fit.PART, Fit.PART_ALIKE) or not _ADDRESSED.isdisjoint(self.text.text):
            return False
        runs = [run.lstrip("([<\"'") for run in self.line.text.split() if self.text.text in run]
        return bool(runs) and all(map(_ADDRESS.match, runs))

    @property
    def said(self) -> str:
        """What was found, where, and how sure the engine is, in words."""
        at = self.text.box.centre
        inside = f" in “{self.line.text}”" if self.fit in (Fit.PART, Fit.PART_ALIKE) else ""
        return f"“{self.text.text}”{inside} at ({at.x:g}, {at.y:g}), confidence {self.text.confidence:.2f}"


_ICONS = re.compile(r"(?:[^\d\s]\W? +|\W+|[\u2e80-\uffef] ?)?")
_ARROWS = re.compile(r" *(?: [vV~]|[^\w\s])?\.* *")
_ICON_BEFORE = re.compile(r"^(?:[^\d\s]\W? +|\W+)")
_BARS = frozenset("|│¦·•›»>")
"""Signs that stand between the links of a row, or the steps of a path."""

_DENYING = re.compile(
    r"(?i)(?:\b(?:no|not|cannot|never|without|nicht|kein\w*|nie|ohne|pas|aucune?|jamais|sans|nunca|sin)|n['’]t)\s+(?:\w+\s+){0,2}$"
)
"""Takes back what follows, in the languages of instructions."""

_ADDRESS = re.compile(r"\w+://|localhost\b|[\w-]+:\d{4,5}/|[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
"""How a web address begins: with a scheme or a host. A path of files has none."""

_ADDRESSED = frozenset(".:/?=&")
"""Who says one of these may ask for a part of an address."""

_BEHIND = re.compile(
    r"""(?ix) (?: \s* [(\[] \s* \d[\d,.]*\+? \s* [)\]] | [.…\s]* (?: (?:ctrl|strg|alt|shift|super) \W? .{1,9} | f\d\d? ) )"""
)
"""A count in brackets, or the keys of a menu's item: no part of its name."""

_MENUS = re.compile(
    r"(?i)file|edit|view|search|go|insert|format|tools|options|settings|windows?|help|history|bookmarks|document|terminal"
)
"""What stands in menu bars; engines join the names without a space."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−﹣-"), "-")
_QUOTES = dict.fromkeys(map(ord, "“”„«»"), '"') | dict.fromkeys(map(ord, "‘’‚`´"), "'")
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "!": "l", "[": "l", "]": "l", "×": "x", "ı": "l"})
_UNDERLINED_ALIKE = frozenset(["fe", "rb", "pb", "oq", "cg", "lb", "ti"])
_AROUND = " :*.…,;>›»▸▶▾▼<‹«◂◀•·-_=~^'\"()[]{}|/\\"


def best(matches: Iterable[Match]) -> list[Match]:
    """Those of the best fit, from top to bottom and left to right."""
    found = list(matches)
    fit = min((match.fit for match in found), default=Fit.SAME)
    return in_reading_order(match for match in found if match.fit == fit)


def in_reading_order(matches: Iterable[Match]) -> list[Match]:
    """From top to bottom, and in one row from left to right: texts of one row are read a pixel higher or lower."""
    rows: list[list[Match]] = []
    for match in sorted(matches, key=lambda m: m.text.box.centre.y):
        if rows and rows[-1][0].text.box.same_row(match.text.box):
            rows[-1].append(match)
        else:
            rows.append([match])
    return [match for row in rows for match in sorted(row, key=lambda m: m.text.box.left)]


def every(label: str, texts: Iterable[Text]) -> Iterator[Match]:
    """All that fits the label in some way."""
    wanted = _plain(label)
    if not wanted:
        return
    for text in texts:
        yield from _matches(label, wanted, text)


def nearest(label: str, texts: Sequence[Text], most: int = 3) -> list[Text]:
    """The texts that look most like the label, the nearest first."""
    wanted = _plain(label)

    def likeness(text: Text) -> float:
        return SequenceMatcher(None, wanted, _plain(text.text)).ratio()

    scored = sorted(((likeness(text), text) for text in texts), key=lambda pair: -pair[0])
    return [text for score, text in scored[:most] if score > ALIKE]


def nearly(label: str, texts: Iterable[Text]) -> list[Text]:
    """The texts that are the label but for one letter: read once more they may be it, and may not."""
    wanted = trimmed(label)
    return [text for text in texts if len(wanted) >= LEAST_NEARLY and edits(wanted, trimmed(text.text)) == 1]


def folded(text: str) -> str:
    """The text without spaces and case, and characters that look alike made the same."""
    return _folded(_plain(text))


def cased_as(text: str) -> str:
    """The characters of the text that stand for those of `folded`, one for one, as they are."""
    plain, places = _mapped(text)
    return "".join(text[place] for place in _folded_with_places(plain, places)[1])


def trimmed(text: str) -> str:
    """The text without spaces, case, and what stands around a name: a colon, a star, an ellipsis."""
    return _trimmed(_plain(text))


def equal(one: str, other: str) -> bool:
    """Whether two texts are the same but for spaces, case and characters that look alike."""
    return folded(one) == folded(other)


def is_said_of(name: str, shown: str) -> bool:
    """Whether what a thing is called and what stands on it go together: the words of the one are among those of the other, in their order.

    Of fewer than four letters nothing can be said: they may be a sign.
    """
    one, other = ([folded(word) for word in re.findall(r"\w+", text)] for text in (name, shown))
    if sum(map(len, other)) < LEAST_SAID or _edited(folded(name), folded(shown)) or _cut_short(_plain(name), shown):
        return True
    short, long = sorted((one, other), key=len)
    starts = range(len(long) - len(short) + 1)
    return any(all(a == b or _edited(a, b) for a, b in zip(short, long[at:], strict=False)) for at in starts)


def _matches(label: str, wanted: str, text: Text) -> Iterator[Match]:
    plain, places = _mapped(text.text)
    if plain == wanted:
        yield Match(text, Fit.SAME if _same(label, text.text) else Fit.WHOLE, text)
        return
    if _trimmed(plain) == _trimmed(wanted) != "":
        yield Match(text, Fit.TRIMMED, text)
        return
    if _folded(plain) == _folded(wanted):
        yield Match(text, Fit.ALIKE, text)
        return
    parts = list(_parts(wanted, plain, places, text, Fit.PART))
    if not parts:
        folded, where = _folded_with_places(plain, places)
        parts = list(_parts(_folded(wanted), folded, where, text, Fit.PART_ALIKE))
    yield from parts
    misread = _cut_short(wanted, text.text) or _underlined(label, wanted, plain)
    if not parts and (misread or (text.confidence < UNSURE and _edited(wanted, plain))):
        yield Match(text, Fit.EDITED, text)


def _parts(wanted: str, plain: str, places: Sequence[int], text: Text, fit: Fit) -> Iterator[Match]:
    at = plain.find(wanted)
    while at >= 0:
        first, last = places[at], places[at + len(wanted) - 1] + 1
        if _is_boundary(text.text, first) and _is_boundary(text.text, last):
            icon = _ICONS.fullmatch(text.text[:first]) and _ARROWS.fullmatch(text.text[last:])
            yield Match(text.part(first, last), Fit.ICON if icon else fit, text)
        at = plain.find(wanted, at + 1)


def _is_parted(line: Text, part: Text) -> bool:
    """Whether the part is a thing of its own that the engine has joined with its neighbours."""
    if all(_MENUS.fullmatch(name) for name in re.findall(r"[A-Z][a-z]+|\S", line.text)):
        return True
    first = next((at for at, mark in enumerate(line.edges) if mark >= part.box.left - 0.5), 0)
    last = first + len(part.text)
    behind = _BEHIND.fullmatch(line.text[last:]) is not None
    return _is_edge(line, first) and (behind or _is_edge(line, last))


def _is_edge(line: Text, at: int) -> bool:
    """Whether one thing ends and another begins there."""
    before, after = line.text[:at], line.text[at:]
    if not before.strip() or not after.strip() or before.rstrip()[-1] in _BARS or after.lstrip()[0] in _BARS:
        return True
    if not before[-1].isspace() and not after[0].isspace():
        return False
    left, right = line.edges[len(before.rstrip())], line.edges[len(line.text) - len(after.lstrip())]
    return right - left > GAP * line.box.height


def _is_boundary(text: str, at: int) -> bool:
    """Whether a word may begin or end before the character `at`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if not (before.isalnum() and after.isalnum()):
        return True
    return (before.islower() and after.isupper()) or (before >= EASTERN) != (after >= EASTERN)


def _same(label: str, text: str) -> bool:
    return "".join(label.split()).rstrip(".…") == "".join(text.split()).rstrip(".…")


def _plain(text: str) -> str:
    return _mapped(text)[0]


def _mapped(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters the place in `text` that it comes from."""
    plain: list[str] = []
    places: list[int] = []
    end = len(text.rstrip(" .…")) or len(text)
    for place, character in enumerate(text[:end]):
        spelled = unicodedata.normalize("NFKC", character.translate(_DASHES).translate(_QUOTES)).casefold()
        for one in spelled:
            if not one.isspace():
                plain.append(one)
                places.append(place)
    return "".join(plain), places


def _trimmed(plain: str) -> str:
    return plain.strip(_AROUND) or plain


def _folded(plain: str) -> str:
    return "".join(map(_alike, plain.replace("rn", "m").replace("vv", "w")))


@cache
def _alike(character: str) -> str:
    """One character for all that look like it; accents, which engines lose, are left out."""
    return unicodedata.normalize("NFD", character)[0].translate(_ALIKE)


def _folded_with_places(plain: str, places: Sequence[int]) -> tuple[str, list[int]]:
    return _folded(plain), [places[part.start()] for part in re.finditer(r"(?s)rn|vv|.", plain)]


def _cut_short(wanted: str, said: str) -> bool:
    """Whether it is the label but for its last letters, which an ellipsis has swallowed."""
    begun, dots = said.rstrip(".… "), said.rstrip()[-1:] in (".", "…")
    begun = _folded(_plain(_ICON_BEFORE.sub("", begun)))
    return dots and len(begun) >= 5 and len(wanted) - len(begun) <= 2 and _folded(wanted).startswith(begun)


def _underlined(label: str, wanted: str, plain: str) -> bool:
    """Whether it is the label but for the first letter of one word, which its underline makes look like another."""
    if len(wanted) < (UNDERLINED_MENU if _MENUS.fullmatch(wanted) else UNDERLINED):
        return False
    words = accumulate((len(_plain(word)) for word in label.split()), initial=0)
    return any(
        wanted[at : at + 1] + plain[at : at + 1] in _UNDERLINED_ALIKE
        and wanted[:at] + wanted[at + 1 :] == plain[:at] + plain[at + 1 :]
        for at in words
    )


def _edited(wanted: str, plain: str) -> bool:
    """Whether it takes one edit (two from 12 characters on), none of them in a digit, from the one to the other."""
    allowed = 0 if len(wanted) < 6 else 1 if len(wanted) < 12 else 2
    if not allowed or abs(len(wanted) - len(plain)) > allowed:
        return False
    if [c for c in wanted if c.isdigit()] != [c for c in plain if c.isdigit()]:
        return False
    return edits(wanted, plain) <= allowed


def edits(one: str, other: str, price: Callable[[str], int] = lambda _: 1, *, within: bool = False) -> int:
    """What it takes to make the one of the other, or of any part `within` it: each edit at the `price` of its dearer character."""
    prices = [price(b) for b in other]
    row = [0] * (len(other) + 1) if within else list(accumulate(prices, initial=0))
    for a in one:
        cost = price(a)
        above, row[0] = row[0], row[0] + cost
        for j, (b, added) in enumerate(zip(other, prices, strict=True), 1):
            same = above if a == b else above + max(cost, added)
            above, row[j] = row[j], min(row[j] + cost, row[j - 1] + added, same)
    return min(row) if within else row[-1]
