"""What single words of an instruction mean: numbers, kinds of things, places, keys. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coasty_desk.models.offline.language.instructions import LAST, Kind, NotUnderstoodError, Way
from coasty_desk.models.offline.language.phrasebook import Words

if TYPE_CHECKING:
    from lark import Token

MOST = 1000
"""Nothing is repeated more often than this."""

UNTIL_ROUNDS = 20
"""A repeat or a scroll until something is seen ends after so many rounds."""

NOTCHES = 5
"""A scroll that does not say how far turns the wheel so far."""

PAGE_NOTCHES = 8
END_NOTCHES = 100

_COUNT = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBERS = {word: n for n, word in enumerate(_COUNT)} | {
    "a": 1,
    "an": 1,
    "half a": 0.5,
    "once": 1,
    "twice": 2,
    "thrice": 3,
}
_NTH = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_ORDINALS = {word: n for n, word in enumerate(_NTH, 1)} | {"last": LAST}
_MODIFIERS = {"ctrl", "control", "shift", "alt", "cmd", "command", "super", "win", "meta", "option"}
HELD = _MODIFIERS - {"super", "win", "meta"}
"""Keys that are held while something else is done."""

TWO_WORDS = re.compile(
    r"\b(?:(?:page|arrow) ?(?:up|down|left|right)|(?:up|down|left|right) arrow|(?:caps|num|scroll) lock|print screen|back space|"
    r"space bar|(?:left|right) (?:ctrl|control|shift|alt))\b",
    re.IGNORECASE,
)
KEYS = re.compile(
    r"enter|return|tab|esc|escape|space|spacebar|backspace|delete|del|insert|home|end|up|down|left|right|"
    r"page ?up|page ?down|pgup|pgdn|f\d\d?|.",
)
"""What in quotes after `press` is a key and not the name of a button."""

OPENABLE = re.compile(r"menu|tab|link|list|drop-?down|file|folder|directory|icon")
"""What `open` opens on the screen; anything else is an application."""

AMBIGUOUS_KEYS = re.compile(
    r"(?i:help|clear|select|execute|undo|redo|find|cancel|break|print|play|pause|menu|begin|next|prior|back|options?|search|mute|pausa|inicio|fin)"
)
"""Keys whose names stand on buttons as well."""

DEEDS = ("ung", "tion", "sion", "ción", "sión", "ment", "ing", "age", "gabe", "nahme")
"""What is done, and is no application: `start Recording`."""

FILE = re.compile(r"\A\S.*\.(?:[a-z]{2,4}|[a-z]+\d|7z)(?<!\.exe|\.app)", re.IGNORECASE)

TELLING: frozenset[Kind] = frozenset({"button", "checkbox", "radio", "switch", "field", "list", "menu"})
"""`Save button` is a button; `New link`, `Close tab`, `Insert row` may be names."""

_KEY_WORDS = re.compile(
    r"ctrl|control|shift|alt|cmd|command|super|win|meta|option|menu|apps|pause|print(?:screen)?|volume\w*|play\w*|audio\w*|"
    r"media\w*|kp_\w+|page|arrow|caps|scroll|screen|back|altgr|fn|help|comma|period|dot|(?:back)?slash|plus|minus|equals?|"
    r"semicolon|quote|apostrophe|grave|tilde|underscore|asterisk|hash|prior|next|begin|clear|select|execute|undo|redo|find|"
    r"cancel|break|sysrq|hyper|num\w*|\w*lock|(?:page|arrow)_?\w+|\w+_?(?:arrow|left|right|up|down)|keys?"
)

_PLUS = re.compile(r"(?<=.)\+(?=.)")
"""Between keys; one at the end is itself a key."""

_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}
_ESCAPE = re.compile(r"\\([nt\\])")
_NO_ESCAPES = re.compile(r"^[A-Za-z]:\\|(?<!\\)(?:\\\\)*\\(?![nt\\])")

_KINDS: dict[Kind, tuple[str, ...]] = {
    "checkbox": ("check",),
    "switch": ("switch", "toggle"),
    "radio": ("radio",),
    "list": ("drop", "combo", "select", "list"),
    "menu": ("menu",),
    "button": ("button",),
    "link": ("link",),
    "field": ("field", "area", "input", "box"),
    "tab": ("tab",),
    "icon": ("icon",),
    "row": ("row", "line"),
    "window": ("window", "dialog"),
    "text": ("text", "label", "word", "heading", "title", "value"),
}
"""The first that has a word's part is its kind."""

_WAYS: dict[Way, tuple[str, ...]] = {
    "in the row of": ("row", "line"),
    "next to": ("next to", "beside", "near"),
    "right of": ("right",),
    "left of": ("left",),
    "below": ("below", "under"),
    "above": ("above", "over"),
}


def number(token: str) -> float:
    """A number in digits or as a word."""
    word = " ".join(token.lower().split())
    return float(_NUMBERS[word]) if word in _NUMBERS else float(token.replace(",", "."))


def whole(said: str) -> int:
    """How many times `twice` is. Raises NotUnderstoodError."""
    value = number(said)
    if value != int(value) or not 0 < value <= MOST:
        message = f"“{said}” is no number of times: it must be a whole one from 1 to {MOST}"
        raise NotUnderstoodError(message)
    return int(value)


def seconds(much: Token, unit: Token) -> float:
    """How long `1.5 minutes` are."""
    scale = {"mi": 60.0, "ms": 0.001}.get(unit.lower()[:2], 1.0)
    return number(much) * (0.001 if unit.lower().startswith("milli") else scale)


def quoted(token: Token) -> str:
    """What stands between the quotes; French ones have blanks inside, which are no part of it."""
    said = str(token[1:-1])
    return said.strip("\u00a0\u202f ") if token.startswith("«") else said


def to_type(token: Token) -> str:
    r"""What stands between the quotes, to be typed: `\n` is a new line, `\t` a tab, `\\` a backslash.

    Not so where another character follows a backslash, or after a drive's letter: that is a path.
    """
    said = quoted(token)
    if _NO_ESCAPES.search(said):
        return said
    return _ESCAPE.sub(lambda found: _ESCAPES[found[1]], said)


def kind_of(token: Token | None) -> Kind:
    """The kind of thing that a word such as `drop-down` says."""
    said = "" if token is None else token.lower()
    return next((kind for kind, parts in _KINDS.items() if any(part in said for part in parts)), "")


def ordinal(token: Token | None) -> int:
    """The ordinal that `2nd` or `last` says; 0 for none."""
    if token is None:
        return 0
    return _ORDINALS.get(token.lower()) or int(re.sub(r"\D", "", token))


def way(token: Token) -> Way:
    """The relation that `to the left of` says."""
    said = " ".join(token.lower().split())
    return next((way for way, parts in _WAYS.items() if any(part in said for part in parts)), "in")


def is_label(keys: str) -> bool:
    """Whether `press KEYS` names no key, and so a thing to be clicked: a name begins with a capital."""
    parts = keys.split()
    known = "+" in keys or len(parts[0]) == 1 or any(_is_key(part) for part in parts)
    return not known and keys[0].isupper()


def no_key(keys: str) -> str | None:
    """A word among them that is plainly no key's name; None where there is none."""
    parts = re.split(r"[\s+]+", keys)
    return next((p for p in parts if len(p) > 1 and p.isalpha() and not _is_key(p)), None)


def _is_key(word: str) -> bool:
    return bool(KEYS.fullmatch(word.lower()) or _KEY_WORDS.fullmatch(word.lower()))


_TAKES_BACK = re.compile(r"(?i:(?:.*\s)?(?:don['’]t|not|never|nicht|kein\w*|nie|pas|jamais|nunca|sin)(?:\s.*)?)")

_WHOSE = re.compile("['’]s$")
_WESSEN = re.compile("['’]?(?<!s)s$")


def no_label(said: str, words: Words) -> str | None:
    """Why the words cannot stand for a label without quotes; None where they can.

    Each must be accounted for: it begins with a capital or a number, or is one that names on screens are made of.
    """
    each = said.split()
    if len(said) > 1 and not any(c.isalnum() for c in each[0]):
        return "it begins with a sign"
    if TWO_WORDS.fullmatch(said.lower()):  # a key's name
        return None
    bare = [word.strip("-?!¿¡()[]'’") for word in each]  # a name begins with a capital, where not all is written so
    stranger = _stranger(bare, words)
    if stranger:
        return words.reasons.get(stranger, "“{}” may be no part of a name").format(stranger)
    if _TAKES_BACK.fullmatch(said):
        return f"“{said}” takes back"
    if (len(said) > 1 and each[0][0] == "-") or all(_points(word, words) for word in bare):
        return f"“{said}” does not say which thing is meant"
    if said.lower() not in words.names and (_points(bare[0], words) or _points(bare[-1], words)):
        return "it says more than a name"
    return None


def is_whose(said: str, words: Words) -> bool:
    """Whether it says whose a thing is: `Bob's row`."""
    return bool((_WHOSE if words.language != "de" else _WESSEN).search(said)) and not said.isupper()


def _points(word: str, words: Words) -> bool:
    return (word.lower() if len(word) > 1 and word.isupper() else word) in words.pointing


def _stranger(bare: Sequence[str], words: Words) -> str:
    """The first word that a name without quotes may not have; a phrase may only be the whole of it."""
    if " ".join(bare).lower() in words.names:
        return ""
    for at, word in enumerate(bare):
        small = word[:1].islower()
        if small and word not in words.names and not is_address(word):
            return word
        if small and any(later[:1].isupper() for later in bare[at:]):  # `cell B3`
            return word
        if (at + 1 < len(bare) and is_whose(word, words)) or (at + 1 == len(bare) and _WHOSE.search(word)):
            return bare[-1]  # `Ada's address`
    return ""


def is_address(word: str) -> bool:
    """Whether a word has a sign or a number in it, as `report.txt`, `C:/` and `a@b.org` do."""
    return any(c.isdigit() or c in "@/\\_." for c in word)


def is_plainly_a_text(said: str, words: Words) -> bool:
    """Whether words without quotes are the text itself and do not describe it: names, numbers, addresses, a greeting."""
    each = [word.strip(",;!?").lower() for word in said.split()]
    if all(word in words.texts for word in each):
        return True
    described = any(
        word in words.names or any(word.endswith(f"{name}") for name in words.names if len(name) > 3) for word in each
    )
    return not described and all(not word[0].islower() or is_address(word) for word in said.split())


def strokes(text: str) -> tuple[tuple[str, ...], ...]:
    """`ctrl + a` is one stroke, `page down` one key, `alt f4` a chord, `tab tab` two strokes."""
    words = " ".join(text.split()).replace(" +", "+").replace("+ ", "+").split()
    words = words[:-1] if len(words) > 1 and words[-1].lower() in ("key", "keys") else words
    words = TWO_WORDS.sub(lambda key: key[0].replace(" ", ""), " ".join(words)).split()
    if len(words) > 1 and all(word.lower() in _MODIFIERS for word in words[:-1]):
        return (tuple(words),)
    return tuple(tuple(_PLUS.split(word)) for word in words)
