"""Text as a reader takes it, so that two spellings of one word are one text. Pure, and linear in the text's length."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_BLANKS = re.compile(r"[^\S\n]+")
_FILLERS = re.compile("[\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""Characters that show nothing, beside those of the category Cf; and the stroke that Arabic words are drawn out with."""

_ACCENTS = re.compile("[\u0300-\u036f\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t"})
"""Letters that no decomposition takes the mark off."""

_TWINS = (
    ("аᴀɑαа", "a"), ("вьβ", "b"), ("сϲⅽ", "c"), ("ԁɗ", "d"), ("еєεҽ", "e"), ("ғ", "f"), ("ɡԍ", "g"), ("һнհ", "h"), ("іιɩίΐӏ", "i"),
    ("јϳ", "j"), ("кκ", "k"), ("ⅼⵏ", "l"), ("мⅿ", "m"), ("пηո", "n"), ("оοσօ०", "o"), ("рρ", "p"), ("ԛգ", "q"), ("гɾ", "r"),
    ("ѕ", "s"), ("тτ", "t"), ("цυսʋ", "u"), ("νѵ", "v"), ("ԝωѡ", "w"), ("хχ", "x"), ("уγү", "y"), ("ʐ", "z"),
    *zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True),
    *zip("ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", "abcdefghijklmnoprstuvwxyz", strict=True),
    *zip("ᎪᏴᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ", "abcdeghijklmprstvwyz", strict=True),
    ("‐‑‒–—―−﹣", "-"), ("⁄∕", "/"),
)  # fmt: skip
"""Letters of other alphabets, and dashes, by the Latin ones that they look like."""


def folded(text: str) -> str:
    """Without case, width, accents and characters that show nothing; every run of blanks is one, lines stay lines."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_FOLDS)
    return _BLANKS.sub(" ", text.casefold())


class _Folds(dict[int, str]):
    """What each character is taken for, found when it is first met."""

    def __missing__(self, number: int) -> str:
        character = chr(number)
        if _FILLERS.match(character) or unicodedata.category(character) == "Cf":
            taken = ""
        else:
            apart = unicodedata.normalize("NFKD", character.casefold()).translate(_LETTERS)
            taken = unicodedata.normalize("NFC", _ACCENTS.sub("", apart))
            taken = taken if len(taken) <= _WIDEST else character  # one of them is a whole sentence
        if len(self) > _MET:
            self.clear()
        self[number] = taken
        return taken


_FOLDS = _Folds()
_WIDEST = 4
_MET = 20_000


def disguised(text: str) -> str:
    """As `folded`, and letters that look like Latin ones taken for these."""
    text = folded(text)
    return text if text.isascii() else text.translate(_twins())


@cache
def _twins() -> dict[int, str]:
    return {ord(twin): letter for twins, letter in _TWINS for twin in twins}
