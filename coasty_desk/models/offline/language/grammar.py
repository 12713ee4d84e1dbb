"""Reads plain instructions into steps; an error points at the word that is not understood. Pure.

The language itself is in grammar.lark, beside this file.
"""

from __future__ import annotations

import difflib
import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coasty_desk.models.offline.language.instructions import NotUnderstoodError, Step, shown
from coasty_desk.models.offline.language.phrasebook import (
    LANGUAGES,
    Plain,
    RefusedPhraseError,
    Words,
    plain,
    spoken,
    without_quoted,
)

if TYPE_CHECKING:
    from lark import Lark

_LEADING = re.compile(
    r"(?:[\s,.;!]|(?:step\s*)?\d+[.):](?=\s)|[-*•](?=\s)|\b(?:please|first|now|then|next)\b)*", re.IGNORECASE
)
_TRAILING = ",.;!?" + string.whitespace + "\u00a0"

_NUMBERED = re.compile(r"(?:(?<=\s)|\A)(\d{1,2})[.)](?=\s)")

_JOINT = re.compile(r"[,.;\n]|\b(?:and|then)\b", re.IGNORECASE)


def parse(text: str) -> tuple[Step, ...]:
    """The steps of an instruction, in whichever language it is said. Raises NotUnderstoodError, in that language."""
    padded = _padded(text)
    try:
        return _parsed(padded)
    except _NotReadError as error:
        raise NotUnderstoodError(_in_their_language(error, padded)) from error


def _in_their_language(error: _NotReadError, padded: str) -> str:
    """Why it is not understood, as the language that it is said in has it."""
    try:
        said = plain(padded, spoken(padded))
    except RefusedPhraseError as refused:
        return str(refused)
    try:
        if said.words_of.language != error.language:
            _read(said)
    except _NotReadError as own:
        error = own
    return said.words_of.said(str(error))


def _parsed(padded: str) -> tuple[Step, ...]:
    if not padded.strip():
        message = "there is nothing to do in it: write what to do, such as: click “File”, then type “hello”"
        raise NotUnderstoodError(message)
    readings: list[tuple[int, tuple[Step, ...]]] = []
    known = 0
    missed: list[_NotReadError] = []
    for language in LANGUAGES:
        try:
            said = plain(padded, language)
        except RefusedPhraseError as error:
            if error.speaks or language == LANGUAGES[0]:
                raise NotUnderstoodError(str(error)) from error
            continue
        if not said.verbs and language != LANGUAGES[0]:
            continue
        try:
            loose, steps = _read(said)
        except _NotReadError as error:
            error.known, error.language = said.known, language
            missed.append(error)
        else:
            readings.append((loose, steps))
            known = max(known, said.known if language != LANGUAGES[0] else len(padded))
            if not loose:  # every word outside of quotes is one of this language's
                break
    least = min((loose for loose, _ in readings), default=None)
    refused = [one for one in missed if least is None or (one.loose is not None and one.loose <= least)]
    refused += [one for one in missed if least and one.known > known]
    if refused:  # what knows more of the words, or no less, is not outvoted
        raise max(refused, key=lambda one: one.reached)
    first, *others = (steps for _, steps in readings)
    for other in others:
        if [line.casefold() for line in shown(other)] != [line.casefold() for line in shown(first)]:
            message = f"it may be read in two ways, as “{'; '.join(shown(first))}” or as “{'; '.join(shown(other))}”"
            message = f"{message}: put what is on the screen in quotes"
            raise NotUnderstoodError(message)
    return first


class _NotReadError(NotUnderstoodError):
    """`reached`: how far the text was understood, in characters of it.

    `known`: how many of its words the language has. `loose`: how many characters of it stand in labels and texts without quotes; None where it is no sentence of the language.
    """

    def __init__(self, message: str, reached: int, loose: int | None = None) -> None:
        super().__init__(message)
        self.reached = reached
        self.loose = loose
        self.known = 0
        self.language = LANGUAGES[0]


def _read(said: Plain) -> tuple[int, tuple[Step, ...]]:
    """The steps, and how many characters stand in labels and texts without quotes."""
    from lark import UnexpectedInput, UnexpectedToken

    from coasty_desk.models.offline.language.syntax_tree import Steps

    try:
        tree = _parser().parse(said.text)
    except UnexpectedToken as error:
        position = None if error.token.type == "$END" else error.pos_in_stream
        raise _missed(said, position, set(error.expected)) from error
    except UnexpectedInput as error:
        raise _missed(said, error.pos_in_stream, set()) from error
    loose = sum(len(str(leaf)) for leaf in tree.scan_values(lambda leaf: getattr(leaf, "type", "") == "WORD"))
    try:
        steps: tuple[Step, ...] = Steps(said).built(tree)
    except NotUnderstoodError as error:
        raise _NotReadError(str(error), len(said.source), loose) from error
    return loose, steps


def _missed(said: Plain, position: int | None, expected: set[str]) -> _NotReadError:
    at = len(said.text) if position is None or position < 0 else position
    source = said.place(at, at + 1)[0] if at < len(said.text) else len(said.source)
    near = _nearest(said.text[at:], said.words_of) if "CLICK" in expected else ""
    return _NotReadError(_complaint(said.source, source, expected, said.words_of) + near + _so_far(said, at), source)


def _nearest(rest: str, words: Words) -> str:
    """The form that an unknown verb may have been meant for."""
    word = re.match(r"\s*(\w+)", rest)
    guess = word is not None and word[1].lower() not in words.pointing  # `What does it say?` is no `wait`
    close = difflib.get_close_matches(word[1].lower(), words.forms, 1, 0.7) if word and guess else []
    return f"; did you mean {words.forms[close[0]]}?" if close else ""


def _so_far(said: Plain, at: int) -> str:
    """What was understood before that place, in words."""
    from lark import UnexpectedInput

    from coasty_desk.models.offline.language.syntax_tree import Steps

    for found in reversed(list(_JOINT.finditer(without_quoted(said.text), 0, at))):
        try:
            steps = Steps(said).built(_parser().parse(said.text[: found.start()]))
        except (UnexpectedInput, NotUnderstoodError):
            continue
        return f"; understood before it: {'; '.join(shown(steps))}"
    return ""


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True, propagate_positions=True)


def _padded(text: str) -> str:
    """Without what stands around the sentences; what led is blanked, so that positions stay."""
    text = _unnumbered(text.replace("\r\n", " \n").replace("\r", "\n").rstrip(_TRAILING))
    lead = _LEADING.match(text)
    length = lead.end() if lead else 0
    return " " * length + text[length:]


def _unnumbered(text: str) -> str:
    """A list in one line, `1. … 2. …`, with the end of an instruction where each number was."""
    following = 1 if text.lstrip().startswith(("1. ", "1) ")) else 0
    for found in _NUMBERED.finditer(without_quoted(text)):
        if following and int(found[1]) == following:
            text = text[: found.start()] + ";".ljust(len(found[0])) + text[found.end() :]
            following += 1
    return text


def _complaint(text: str, position: int, expected: set[str], words_of: Words) -> str:
    wanted = [words for name, words in words_of.expected.items() if name in expected][:3]
    hint = f"; expected {' or '.join(wanted)}" if wanted else ""
    if position >= len(text):
        return f"it ends too early, after “{text.strip()[-40:]}”{hint}"
    word = re.match(r"\s*(\S+)", text[position:])
    here = (word[1] if word else text[position:]).strip(",;") or ","
    if here[:1] in "\"'“‘" and "STRING" not in expected:
        quoted = re.match(r"\s*([\"'“‘][^\"'”’]*[\"'”’]?)", text[position:])
        here = quoted[1] if quoted else here
    where = len(text[:position].split()) + 1
    before = text[:position].strip()[-30:]
    return f"“{here}” is not understood (word {where}{f', after “{before}”' if before else ''}){hint}"
