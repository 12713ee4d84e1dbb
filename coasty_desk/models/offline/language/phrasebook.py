"""What people say, in any language of `languages/`, into the plain form that grammar.lark reads. Pure.

A file of that folder is a table, a line an entry; the patterns are regular expressions, blanks in them stand
for any blanks, and `"` for the inside of a quoted text, which no pattern ever looks into:

    hit = press              these words mean those of the plain form
    ^go to = click on        only where an instruction begins
    gib … ein = type         the second part is the last of its instruction, as German has it
    aparezca = … appears     what is said stands last in the plain form
    copy ! say why not       this is refused, with that sentence
    ~ = Sie|bitte            what `~` in the patterns below stands for, any number of them
    ? = hier|dort|in-        words that stand for something else: no label without quotes begins or ends with one
                             (`in-`: begins)
    + = save|dark mode|name  words and phrases that names on screens are made of, in small letters; without quotes
                             nothing else is taken for a part of a name but what begins with a capital, a number, an address
    @ = calculator           applications that are opened by what they are
    " = hello|world          words that are typed as they are: they describe no text
    = = total|price          what may be read by what it is
    & press = press ctrl+s   a form of a verb, for whoever has mistyped it
    § is no key = …          what complaints say, in this language
    % red = is not told …    why a word can be no part of a name; `{}` is the word
    $ KEYS = a key such as … what may stand somewhere, by its name in grammar.lark; the first that fit are said

The earlier entry wins. A verb that stands last is put first. Where each word came from is kept, so that labels
without quotes and complaints are in the person's own words.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

LANGUAGES = ("en", "de", "fr", "es")
"""The tables that there are; the first is the plain form's own language."""

QUOTED = "\ue000"
"""Stands for each character of a quoted text while the words around it are looked at."""

HALF = "\ue001"
"""Stands for a verb whose other part is missing; no label without quotes has one."""

NAMING = "\u2060"
"""Stands before a word that is none of the plain form."""

_STRING = re.compile(
    r"\"[^\"\n]*\"|“[^“”\"\n]*[”\"]|„[^„“”\"\n]*[“”\"]|«[^«»\n]*»|‹[^‹›\n]*›|»[^«»\n]*«|›[^‹›\n]*‹|`[^`\n]*`"
    r"|‘(?:[^‘’\n]|(?<=\w)’(?=\w))*’|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w))*'(?!\w)"
)
_VERB = re.compile(
    r"(?:(?:double|right|middle|left|triple)-)?click|type|press|fill|set|select|check|uncheck|clear|empty|replace|scroll|drag|wait|make|verify|read|open|hover|repeat|turn"
)
_BREAK = re.compile(r"[,.;:!?\n]|and|then|otherwise|if|until|once|when")
"""What an instruction ends at, in the plain form."""

_LIGHT = re.compile(r"and|then|next|finally|afterwards|lastly|first|now|otherwise|[-*•&]|\d+\)?|step")
"""Behind which an instruction begins."""


_WHOLE = r"(?:(?<=\w)(?!\w|\.\w)|(?<!\w))"
"""A pattern ends where a word does, or with a sign such as the apostrophe of `l'`; not at the dot of `a.txt`."""


_BLANK = re.compile(r"(\(\?<[=!][^)]*\))| ")
"""A blank of a pattern, but not in what is looked for behind: that has a fixed length."""


_SMALL = re.compile(r"(?:(?:in|on|to|into|from|with|of|above|below|as|and|or)(?: the)?|the|next to)")
"""Words that no instruction has with a capital in its middle."""

_JOINS_NAMES = re.compile(r"&\s+(?=[^\W\d_])(?=[^a-zß-ÿ])")
"""As in `Save & Close`, which is one name."""


_WORD = re.compile(rf"{QUOTED}+|[^\S\n]+|[,.;:!?](?=\s|$|{QUOTED})|\n|(?:(?!\s|{QUOTED}|[,.;:!?](?:\s|$|{QUOTED})).)+")
"""A quoted text, blanks, a sign, or a word."""

ACCENTED = 5
"""Of shorter words some are others without their accent: `él` and `el`, `está` and `esta`."""

_TWO_LETTERS = {"ä": "(?:ä|ae)", "ö": "(?:ö|oe)", "ü": "(?:ü|ue)", "ß": "(?:ß|ss)"}
_FOREIGN_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]*[ß-ÿÀ-Þ][^\W\d_]*")


class RefusedPhraseError(Exception):
    """Words that are understood and cannot be done; the message says why and what to say instead.

    `speaks`: whether the text has a verb of that language besides.
    """

    speaks = False


class Words(Struct, frozen=True):
    """The words of a language that are no patterns, by what they are for: see above."""

    language: str = ""
    pointing: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    forms: dict[str, str] = {}
    complaints: dict[str, str] = {}
    reasons: dict[str, str] = {}
    expected: dict[str, str] = {}

    def said(self, complaint: str) -> str:
        """The complaint in this language, but for what stands in its quotes."""
        known = "|".join(map(re.escape, sorted(self.complaints, key=len, reverse=True)))
        if not known:
            return complaint
        words = re.compile(rf"“[^“”]*”|(?:(?<!\w)|(?=\W))(?:{known})(?:(?!\w)|(?<=\W))")
        return words.sub(lambda found: self.complaints.get(found[0], found[0]), complaint)


class Piece(Struct):
    """What is `said` in the plain form, for `start` to `end` of the source; `tail` is to stand last in its instruction.

    `ways`: what it means, by the part of the verb that stands last.
    """

    said: str
    start: int
    end: int
    foreign: bool = False
    tail: str = ""
    ways: dict[str, str] = {}
    refusal: str = ""
    own: bool = False


class Plain(Struct, frozen=True):
    """A text in the plain form, and where it came from."""

    text: str
    pieces: tuple[Piece, ...]
    source: str
    verbs: int
    """How many of its verbs the language's own table has."""
    known: int = 0
    """How many of its words the table has; of the plain form's own language none are counted."""
    words_of: Words = Words()

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where in the source that part of the text came from."""
        spans, at = [], 0
        for piece in self.pieces:
            till = at + len(piece.said)
            if at < end and till > start:
                if piece.end - piece.start == len(piece.said) and not piece.foreign:
                    spans.append((piece.start + max(start - at, 0), piece.start + min(end, till) - at))
                else:
                    spans.append((piece.start, piece.end))
            at = till
        if not spans:
            return len(self.source), len(self.source)
        return min(span[0] for span in spans), max(span[1] for span in spans)

    def words(self, start: int, end: int) -> str:
        """Those words of the source."""
        first, last = self.place(start, end)
        return " ".join(self.source[first:last].split())


class _Entry(Struct, frozen=True):
    says: str = ""
    refuses: str = ""
    begins: bool = False
    last: str = ""


class _Book(Struct, frozen=True):
    anywhere: re.Pattern[str]
    at_start: re.Pattern[str]
    entries: tuple[tuple[_Entry, ...], ...]
    words_of: Words


def plain(source: str, language: str) -> Plain:
    """The text in the plain form. Raises RefusedPhraseError."""
    book = _book(language)
    pieces = _all_pieces(source, book)
    ordered: list[Piece] = []
    clause: list[Piece] = []
    for n, piece in enumerate(pieces):
        if _breaks(piece) and not (piece.said.strip() in ("and", ",") and _goes_on(pieces[n + 1 :], source)):
            ordered += [*_in_order(clause, source), piece]
            clause = [Piece("", piece.end, piece.end, tail=piece.tail)] if piece.tail else []
        else:
            clause.append(piece)
    ordered += _in_order(clause, source)
    known = sum(len(source[piece.start : piece.end].split()) for piece in ordered if piece.foreign)
    verbs = sum(piece.foreign and (_is_verb(piece) or piece.said.endswith("+")) for piece in ordered)
    return Plain("".join(piece.said for piece in ordered), tuple(ordered), source, verbs, known, book.words_of)


def _breaks(piece: Piece) -> bool:
    return bool(_BREAK.fullmatch(piece.said.strip(" \t").lower()))


def _goes_on(rest: Sequence[Piece], source: str) -> bool:
    """Whether another quoted text follows there, and no other verb: `hake "A" und "B" an`."""
    following = [piece for piece in rest if piece.said.strip() or piece.tail]
    own = list(itertools.takewhile(lambda piece: not _breaks(piece), following))
    quoted = bool(own) and _STRING.fullmatch(source, own[0].start, own[0].end) is not None
    return quoted and not any(piece.ways and (_is_verb(piece) or any(piece.ways)) for piece in own)


def _all_pieces(source: str, book: _Book) -> list[Piece]:
    pieces = list(_pieces(source, book))
    for piece in pieces:
        if piece.refusal:
            refused = RefusedPhraseError(f"“{' '.join(source[piece.start : piece.end].split())}” {piece.refusal}")
            said = [piece for piece in pieces if piece.said.strip() or piece.foreign]
            refused.speaks = bool(said[0].refusal) or any(p.foreign and (p.own or _is_verb(p)) for p in said)
            raise refused
    return pieces


def _pieces(source: str, book: _Book) -> Iterator[Piece]:
    shadow = without_quoted(source)
    at, begins = 0, True
    while at < len(source):
        found = (book.at_start if begins else book.anywhere).match(shadow, at)
        if found is not None and found.lastgroup is not None and found.end() > at:
            entries = book.entries[int(found.lastgroup[1:])]
            piece = _translated(entries, at, found.end(), source)
            if not begins and source[at : at + 2].istitle() and _is_named(piece):
                piece = Piece(NAMING + source[at : piece.end], at, piece.end)  # of a name: `klicke auf Über uns`
            begins = begins and not piece.said.strip() and not piece.tail
            begins = begins or bool(_ends_a_clause(piece.said))
        else:
            word = _WORD.match(shadow, at)
            end = word.end() if word else at + 1
            joint = source.rfind("-", at + 1, end)
            end = joint if joint > 0 and book.anywhere.match(shadow, joint) else end  # of `OK-Knopf`, which is a button
            named = not begins and _SMALL.fullmatch(source[at:end].lower()) and source[at:end].istitle()
            piece = Piece((NAMING if named else "") + source[at:end], at, end)
            if piece.said.strip(" \t\u00a0"):
                begins = bool(_ends_a_clause(piece.said)) and not _JOINS_NAMES.match(source, at)
        yield piece
        at = piece.end


def spoken(source: str) -> str:
    """The language that most of the words are of; the first one where that cannot be told."""
    words = re.findall(r"[^\W\d_]+", without_quoted(source).lower())

    def known(language: str) -> int:
        book = _book(language)
        verbs = sum(piece.foreign and _is_verb(piece) for piece in _pieces(source, book))
        plainly = language == LANGUAGES[0]
        verbs += sum(plainly and bool(_VERB.fullmatch(word) or _SMALL.fullmatch(word)) for word in words)
        return verbs + sum(word in book.words_of.pointing or word in book.words_of.names for word in words)

    return max(LANGUAGES, key=known)


def _is_named(piece: Piece) -> bool:
    """Whether the words are of a name where they have a capital in mid-sentence."""
    said = piece.said.strip()
    return bool(_SMALL.fullmatch(said) or HALF in said or (_is_verb(piece) and "click" not in said))


def without_quoted(source: str) -> str:
    """The text, as long as it was, with nothing that may be taken for a word in its quotes."""
    return _STRING.sub(lambda quoted: QUOTED * len(quoted[0]), source)


def _translated(entries: Sequence[_Entry], start: int, end: int, source: str) -> Piece:
    if entries[0].refuses:
        return Piece(source[start:end], start, end, foreign=True, refusal=entries[0].refuses, own=entries[0].begins)
    ways = {entry.last: entry.says for entry in entries}
    said, more, tail = ways.get("", HALF).partition("…")
    said = said.strip() if more else said
    said = f" {said}" if source[start] in ",-" else said
    said = f"{said.rstrip()} " if source[end - 1] in "'’" else said
    return Piece(said, start, end, foreign=True, tail=tail.strip(), ways=ways)


def _ends_a_clause(said: str) -> bool:
    last = (said.split() or ["\n" if "\n" in said else ""])[-1].lower()
    return bool(_LIGHT.fullmatch(last) or _BREAK.fullmatch(last or "\n") or said == "\n")


def _is_verb(piece: Piece) -> bool:
    return bool(_VERB.fullmatch((piece.said.split() or [""])[0]))


def _in_order(clause: list[Piece], source: str) -> list[Piece]:
    """An instruction with its verb first and in one part."""
    filled = [n for n, piece in enumerate(clause) if piece.said.strip() or piece.tail]
    for n in filled[:-1]:
        last = clause[filled[-1]]
        ending = source[last.start : last.end]
        word = next((w for w in clause[n].ways if w and re.fullmatch(w, ending, re.IGNORECASE)), None)
        if word is not None:
            clause[n] = Piece(clause[n].ways[word], clause[n].start, clause[n].end, foreign=True)
            clause[filled[-1]] = Piece("", last.start, last.end)
            break
    filled = [n for n, piece in enumerate(clause) if piece.said.strip()]
    if len(filled) > 1 and not _is_verb(clause[filled[0]]):
        verb = clause[filled[-1]]
        if verb.foreign and _is_verb(verb) and source[verb.start].islower():  # a name begins with a capital
            del clause[filled[-1]]
            clause[filled[0] : filled[0]] = [verb, Piece(" ", verb.start, verb.start)]
    tails = [piece for piece in clause if piece.tail]
    return clause + [Piece(f" {piece.tail} ", piece.start, piece.end, foreign=True) for piece in tails]


@cache
def _book(language: str) -> _Book:
    lines = (Path(__file__).parent / "languages" / f"{language}.txt").read_text("utf-8").splitlines()
    found: dict[str, list[_Entry]] = {}
    filler = ""
    phrases: dict[str, dict[str, str]] = {"&": {}, "§": {}, "%": {}, "$": {}}
    listed: dict[str, set[str]] = {sign: set() for sign in '?+@"='}
    for line in lines:
        said, sign, meant = _split(line)
        if said == "~":
            filler = rf"(?:\s+(?:{meant}))*"
        elif said[:1] in phrases:
            phrases[said[0]] |= dict.fromkeys(said[2:].split("|") if said[0] == "%" else [said[2:]], meant)
        elif said in listed:
            listed[said].update(meant.split("|"))
        elif sign:
            first, _, last = (part.strip() for part in said.partition("…"))
            first = _FOREIGN_WORD.sub(lambda word: _spelled(word[0]), first)
            pattern = filler.join(part.rstrip() for part in first.split("~")).replace('"', QUOTED)
            pattern = _BLANK.sub(lambda found: found[1] or r"\s+", pattern)
            entry = (
                _Entry(refuses=meant, begins=first.startswith("^")) if sign == "!" else _Entry(says=meant, last=last)
            )
            found.setdefault(pattern, []).append(entry)
    if language != LANGUAGES[0]:  # much on a screen is in English, whatever the person speaks
        plainly = _book(LANGUAGES[0]).words_of
        listed["+"] |= plainly.names - listed["?"]
        listed["@"] |= plainly.applications
        phrases["$"] = plainly.expected
        listed['"'] |= plainly.texts
    pointing, names, applications, texts, values = map(frozenset, listed.values())
    return _Book(
        _alternatives([(n, p) for n, p in enumerate(found) if not p.startswith("^")]),
        _alternatives([(n, p.removeprefix("^").replace("|^", "|")) for n, p in enumerate(found)]),
        tuple(tuple(entries) for entries in found.values()),
        Words(language, pointing, names, applications, texts, values, *phrases.values()),
    )


def _spelled(word: str) -> str:
    """Also as it is written on a keyboard without its letters: ü as ue, and in a longer word é as e."""
    word = re.sub("[äöüÄÖÜß]", lambda letter: _TWO_LETTERS[letter[0].lower()], word)
    if len(word) < ACCENTED:
        return word
    return re.sub(
        "[à-ãç-ïñ-õù-ûÀ-ÃÇ-ÏÑ-ÕÙ-Û]", lambda letter: f"[{letter[0]}{unicodedata.normalize('NFD', letter[0])[0]}]", word
    )


def _split(line: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"(?!#)(.*?\S) ([=!])(?: (.*))?", line)
    return (found[1], found[2], found[3] or "") if found else ("", "", "")


def _alternatives(patterns: Sequence[tuple[int, str]]) -> re.Pattern[str]:
    each = "|".join(f"(?P<p{n}>(?:{pattern}){_WHOLE})" for n, pattern in patterns)
    return re.compile(rf"(?:(?<!\w)|(?=\W))(?:{each})", re.IGNORECASE)
