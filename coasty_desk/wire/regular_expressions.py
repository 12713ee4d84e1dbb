"""Patterns as people write them: plain words, globs, and regular expressions for an engine that never goes back (RE2).

Titles and typed text are foreign. Python's own `re` goes back over a text once for every way to
match it, which may take hours, and nothing else runs meanwhile: no thread and no signal handler.
"""

from __future__ import annotations

import re
from typing import Any

from coasty_desk.core.typed_text.patterns import MEANS_MORE, Pattern

LONGEST = 1000
"""Characters of a pattern."""

MOST_MEMORY = 1 << 18
"""Bytes that the engine may use for one: it takes some ten thousand states, or says that it is too large."""

_NO_GLOB = frozenset("\\^$|+(){}")
_WIDER = {"w": r"\pL\pM\pN_", "d": r"\p{Nd}", "s": r"\s\x{a0}\x{2000}-\x{200a}\x{3000}"}
"""RE2 knows these for ASCII alone."""


def pattern(text: str) -> Pattern:
    """The pattern that a person wrote. Raises ValueError, in words for a person, for one that cannot be kept.

    `Terminal`, `*Terminal*` and `Term.*nal` all do what they look like: words match where they
    are contained, a glob where all of a text fits it, an expression where it is found, lines apart.
    """
    if len(text) > LONGEST:
        msg = f"it has {len(text)} characters, more than {LONGEST}"
        raise ValueError(msg)
    words = text.strip("*")
    whole = words and text in (words, f"*{words}*")
    return Pattern(text) if whole and not set(words) & MEANS_MORE else _read(text)


def _read(text: str) -> Pattern:
    """What is an expression, a glob, or may be either. `needs` has a way for each, and one for the text as it stands."""
    expressions: list[Any] = []
    needs: list[tuple[str, ...]] = [(text,)]
    try:
        expressions.append(_compiled(f"(?m){_widened(text)}"))
        needs.append(_words_of(text))
    except ValueError:
        if text[0] not in "*?" and (not set(text) & set("*?") or set(text) & _NO_GLOB):
            raise  # an expression that was meant as one is not taken for a glob that never fits
    if set(text) & set("*?["):
        expressions.append(_compiled(rf"(?s)\A{_glob(text)}\z"))
        needs.append(tuple(word for word in _IN_A_GLOB.split(text) if word))
    return Pattern(text, lambda said: any(one.search(said) is not None for one in expressions), tuple(needs))


_IN_A_GLOB = re.compile(r"[*?]+|\[[^\]]*+\]?")


def _words_of(expression: str) -> tuple[str, ...]:
    """The words that are in every match of a regular expression; none where that cannot be told."""
    try:
        parsed = re._parser.parse(expression)  # noqa: SLF001 - there is no other reader of expressions
    except (re.error, OverflowError, RecursionError):
        return ()
    words = [""]
    _gather(parsed, words)
    return tuple(word for word in words if word)


def _gather(parsed: Any, words: list[str]) -> None:
    """Add to the last of the words what follows it at once; begin another behind what may be anything."""
    for kind, value in parsed:
        name = str(kind)
        if name == "LITERAL":
            words[-1] += chr(value)
        elif name == "SUBPATTERN":
            _gather(value[-1], words)
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] > 0:
            words.append("")
            _gather(value[-1], words)
            words.append("")
        elif name != "AT":
            words.append("")


def _compiled(expression: str) -> Any:
    """Raises ValueError."""
    try:
        import re2  # noqa: PLC0415 - loaded where somebody has written an expression
    except ImportError:
        msg = "regular expressions and globs need the package google-re2, which this system has no build of; write plain words"
        raise ValueError(msg) from None
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        why = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        msg = f"it is no regular expression that can be matched in linear time: {why} (see RE2's syntax)"
        raise ValueError(msg) from None


def _widened(text: str) -> str:
    r"""The expression with `\w`, `\d`, `\s` for every alphabet, and Python's `\Z`."""

    def wide(found: re.Match[str]) -> str:
        if found[1] is None:
            return _escape(found[2], in_class=False)
        return _ESCAPED.sub(lambda inner: _escape(inner[1], in_class=True), found[1])

    return _CLASS_OR_ESCAPED.sub(wide, text)


_ESCAPED = re.compile(r"(?s)\\(.)")
_CLASS_OR_ESCAPED = re.compile(r"(?s)(\[\^?+\]?+(?:\\.|[^\]\\])*+)|\\(.)")


def _escape(letter: str, *, in_class: bool) -> str:
    if letter == "Z" and not in_class:
        return r"\z"
    wide = _WIDER.get(letter.lower())
    if wide is None or (in_class and letter.isupper()):
        return f"\\{letter}"
    if in_class:
        return wide
    return f"[^{wide}]" if letter.isupper() else f"[{wide}]"


def _glob(text: str) -> str:
    out, at = [], 0
    while at < len(text):
        character = text[at]
        end = text.find("]", at + 2) if character == "[" else -1
        if character == "*":
            out.append(".*")
        elif character == "?":
            out.append(".")
        elif end > 0:
            inside = text[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            out.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
            at = end
        else:
            out.append(character if character.isalnum() or not character.isascii() else rf"\x{{{ord(character):x}}}")
        at += 1
    return "".join(out)
