"""Reads plain instructions into steps; an error points at the word that is not understood. Pure.

The language itself is in grammar.lark, beside this file.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coasty_desk.offline.language import Step

if TYPE_CHECKING:
    from lark import Lark

_LEADING = re.compile(
    r"(?:[\s,.;!]|(?:step\s*)?\d+[.):](?=\s)|[-*•](?=\s)|\b(?:please|first|now|then|next)\b)*", re.IGNORECASE
)
_TRAILING = ",.;!" + string.whitespace + "\u00a0"

_EXPECTED = {
    "CLICK": "an instruction (click, type, press, wait, scroll, drag, check, select, read, open, if, repeat)",
    "STRING": "a text in quotes",
    "KEYS": "a key such as enter or ctrl+s",
    "WORD": "a label",
    "NUMBER": "a number",
    "UNIT": "seconds",
    "_TO": "to",
    "UNTIL": "until",
    "KIND": "a kind such as button, link or field",
    "RELATION": "a place such as next to or below",
    "STATE": "a state such as appears or disappears",
    "_SEP": "then, or the end of the sentence",
}
"""What may stand somewhere, in words; the first that fit are said."""


class NotUnderstoodError(Exception):
    """An instruction that is not in the language; the message points at the word."""


def parse(text: str) -> tuple[Step, ...]:
    """The steps of an instruction. Raises NotUnderstoodError."""
    from lark import UnexpectedInput, UnexpectedToken

    from coasty_desk.offline.steps import Steps

    padded = _padded(text)
    if not padded.strip():
        message = "there is nothing to do in it: write what to do, such as: click “File”, then type “hello”"
        raise NotUnderstoodError(message)
    try:
        steps: tuple[Step, ...] = Steps(padded).built(_parser().parse(padded))
    except UnexpectedToken as error:
        position = None if error.token.type == "$END" else error.pos_in_stream
        raise NotUnderstoodError(_complaint(padded, position, set(error.expected))) from error
    except UnexpectedInput as error:
        raise NotUnderstoodError(_complaint(padded, error.pos_in_stream, set())) from error
    return steps


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True, propagate_positions=True)


def _padded(text: str) -> str:
    """Without what stands around the sentences; what led is blanked, so that positions stay."""
    text = text.replace("\r\n", " \n").replace("\r", "\n").rstrip(_TRAILING)
    lead = _LEADING.match(text)
    length = lead.end() if lead else 0
    return " " * length + text[length:]


def _complaint(text: str, position: int | None, expected: set[str]) -> str:
    wanted = [words for name, words in _EXPECTED.items() if name in expected][:3]
    hint = f"; expected {' or '.join(wanted)}" if wanted else ""
    if position is None or position >= len(text) or position < 0:
        return f"it ends too early, after “{text.strip()[-40:]}”{hint}"
    word = re.match(r"\s*(\S+)", text[position:])
    here = (word[1] if word else text[position:]).strip(",;")
    if here[:1] in "\"'“‘" and "STRING" not in expected:
        quoted = re.match(r"\s*([\"'“‘][^\"'”’]*[\"'”’]?)", text[position:])
        here = quoted[1] if quoted else here
    where = len(text[:position].split()) + 1
    before = text[:position].strip()[-30:]
    return f"“{here}” is not understood (word {where}{f', after “{before}”' if before else ''}){hint}"
