"""Where a value stands in a text, as it is or written otherwise: escaped, encoded, spelled out, letter by letter. Pure, and linear in the text."""

from __future__ import annotations

import base64
import codecs
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeAlias

from msgspec import Struct

SHORTEST = 4
"""A shorter value is found only where it stands alone: it is a part of many a word."""

LONG = 6
"""A value of so many letters is found without regard to case and to what stands between its letters, and encoded."""

_NESTED = 3
"""So often in one another escapes are read."""

Span: TypeAlias = tuple[int, int]

_ESCAPE = re.compile(
    r"\\{1,8}u(?P<wide>[0-9A-Fa-f]{4})"
    r"|\\{1,8}u\{(?P<braced>[0-9A-Fa-f]{1,6})\}"
    r"|\\{1,8}x(?P<narrow>[0-9A-Fa-f]{2})"
    r"|%(?P<percent>[0-9A-Fa-f]{2})"
    r"|&#0{0,8}(?P<decimal>[0-9]{1,7});?"
    r"|&#[xX]0{0,8}(?P<hexadecimal>[0-9A-Fa-f]{1,6});?"
    r"|&(?P<named>[A-Za-z]{2,8});"
    r"|=(?P<printable>[0-9A-F]{2})"
    r"|\\{1,8}(?P<octal>[0-3][0-7]{2})"
    r"|\\{1,8}(?P<itself>[\"'/])"
    r"|\\(?P<doubled>\\)"
    r"|\\(?P<control>[nrtbf])"
)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BETWEEN = re.compile(r"[\s\-_.,;:|/+'\"`\u00ad\u200b-\u200f\u2060\ufeff]+")
"""Signs that are no part of a value that is spelled out, even where it has them; other signs are none where it has not."""


class _Reading(Struct, frozen=True):
    """A text as somebody reads it, and for each of its characters where that is written in the first."""

    text: str
    spans: tuple[Span, ...]


def spans(text: str, value: str) -> list[Span]:
    """From where to where in `text` the value is said, in order and apart."""
    if len(value) < SHORTEST:
        return literal(text, value)
    found = list(_found(text, value))
    differs = len(value) >= LONG or any(mark in text for mark in "\\%&=")
    reading = _Reading(text, tuple((at, at + 1) for at in range(len(text)))) if differs else None
    for _ in range(_NESTED):
        if reading is None:
            break
        found += _said(reading, value)
        reading = _decoded(reading)
    return _merged(found)


def literal(text: str, value: str) -> list[Span]:
    """The same, where it is written as it is: whoever types it there types the value."""
    if not value:
        return []
    return list(_alone(text, value) if len(value) < SHORTEST else _found(text, value))


def put(text: str, found: list[Span], instead: str) -> str:
    """The text with something else in these places."""
    out, at = [], 0
    for start, end in found:
        out += [text[at:start], instead]
        at = end
    return "".join((*out, text[at:]))


def _said(reading: _Reading, value: str) -> Iterator[Span]:
    for start, end in _found(reading.text, value):
        yield reading.spans[start][0], reading.spans[end - 1][1]
    if len(value) < LONG:
        return
    signs = {sign for sign in map(_plain, value) if not _BETWEEN.match(sign)}

    def counts(letter: str) -> bool:
        return letter.isalnum() or letter in signs

    wanted = "".join(filter(counts, map(_plain, value)))
    letters = list(map(_plain, reading.text))
    kept = _Reading(
        "".join(filter(counts, letters)),
        tuple(span for one, span in zip(letters, reading.spans, strict=True) if counts(one)),
    )
    spelled = (wanted, wanted[::-1], codecs.encode(wanted, "rot13")) if len(wanted) >= LONG else ()
    for needle in dict.fromkeys((*spelled, *_encodings(value), *_in_numbers(value))):
        for start, end in _found(kept.text, needle):
            yield kept.spans[start][0], kept.spans[end - 1][1]


def _plain(letter: str) -> str:
    """Without regard to case and width; one letter for each, also for one that shows nothing."""
    if "\U000e0020" <= letter <= "\U000e007e":
        letter = chr(ord(letter) - 0xE0000)
    return (letter if letter.isascii() else unicodedata.normalize("NFKC", letter)).lower()[:1] or letter


def _decoded(reading: _Reading) -> _Reading | None:
    """With what is escaped in it read; None where nothing is."""
    meant = ((match, _meant(match)) for match in _ESCAPE.finditer(reading.text))
    escaped = [(match, letters) for match, letters in meant if letters != match[0]]
    return _together(_instead(reading, escaped)) if escaped else None


def _instead(reading: _Reading, matches: Iterable[tuple[re.Match[str], str]]) -> _Reading:
    """With something else in the place of each match: all of its letters are written where the match is."""
    out: list[str] = []
    places: list[Span] = []
    at = 0
    for match, letters in matches:
        out += [reading.text[at : match.start()], letters]
        where = reading.spans[match.start()][0], reading.spans[match.end() - 1][1]
        places += [*reading.spans[at : match.start()], *[where] * len(letters)]
        at = match.end()
    return _Reading("".join((*out, reading.text[at:])), (*places, *reading.spans[at:]))


def _meant(match: re.Match[str]) -> str:
    kind = str(match.lastgroup)
    said = match[kind]
    if kind == "named":
        from html.entities import html5  # noqa: PLC0415 - a table of 2,000 names, and seldom wanted

        return html5.get(f"{said};", match[0])
    if kind == "control":
        return _CONTROL[said]
    if kind in ("itself", "doubled"):
        return said
    number = int(said, {"decimal": 10, "octal": 8}.get(kind, 16))
    return chr(number) if number < 0x110000 else "\N{REPLACEMENT CHARACTER}"


_BYTES = re.compile("[\xc2-\xf4][\x80-\xbf]{1,3}|[\ud800-\udbff][\udc00-\udfff]")


def _together(reading: _Reading) -> _Reading:
    """With the bytes of UTF-8, and the halves of UTF-16, read as the one letter that they are."""
    return _instead(reading, _joined(reading.text))


def _joined(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _BYTES.finditer(text):
        with suppress(UnicodeError):
            pair = match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
            yield match, match[0].encode("latin-1").decode("utf-8") if match[0] < "\u0100" else pair


def _found(text: str, needle: str) -> Iterator[Span]:
    at = text.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = text.find(needle, at + len(needle))


def _alone(text: str, value: str) -> Iterator[Span]:
    """A short value as a word of its own; one letter, where it is the whole text or stands in quotes."""
    if len(value) == 1:
        bare = text.strip()
        if bare == value:
            yield text.index(value), text.index(value) + 1
        for quote in "'\"`":
            yield from ((start + 1, end - 1) for start, end in _found(text, f"{quote}{value}{quote}"))
        return
    for start, end in _found(text, value):
        if not (_joins(text[start - 1 : start], value[0]) or _joins(text[end : end + 1], value[-1])):
            yield start, end


def _joins(beside: str, edge: str) -> bool:
    return beside.isalnum() and edge.isalnum()


def _encodings(value: str) -> Iterator[str]:
    """What of it is the same wherever it stands in a text that is encoded by base64; letters and digits alone, however lines are broken."""
    for raw in (value.encode("utf-8", "surrogatepass"), value.encode("utf-16-le", "surrogatepass")):
        yield _bare(base64.b32encode(raw))
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
            sure = _bare(encoded[(0, 2, 3)[shift] : len(encoded) if (shift + len(raw)) % 3 == 0 else -1])
            if len(sure) >= LONG:
                yield sure


def _bare(encoded: bytes) -> str:
    return "".join(filter(str.isalnum, encoded.decode("ascii").lower()))


def _in_numbers(value: str) -> Iterator[str]:
    """Its bytes as numbers of any kind, with whatever between them."""
    raw = value.encode("utf-8", "surrogatepass")
    for before, form in itertools.product(("", "0x", "x", "u00", "chr"), ("02x", "d")):
        yield "".join(f"{before}{byte:{form}}" for byte in raw)
    for form in ("03d", "08b", "o", "03o"):
        yield "".join(f"{byte:{form}}" for byte in raw)


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged
