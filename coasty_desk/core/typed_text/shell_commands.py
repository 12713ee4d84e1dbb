"""What typed shell commands do: read word by word, once from left to right, whatever stands in them. Pure.

Which commands do what stands in `shell_commands.txt`: add to it. A line is a kind, what such a command does, and its
names; or besides, which names do it with which marks: a word, the letter of an option (`-r…`, `-r…first` where it is the
option's first), or a beginning (`of=…`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from coasty_desk.core.typed_text.folding import disguised
from coasty_desk.core.word_file import entries

EFFECTS = ("removes", "overwrites", "elevates", "ends", "downloads and runs", "publishes")
"""What a line may do; of several, the first is said."""
REMOVES, OVERWRITES, ELEVATES, ENDS, RUNS, PUBLISHES = EFFECTS

LONGEST = 20_000
"""Characters of a line that is read; a longer one is told apart by nobody."""

_TOKENS = re.compile(r"[\n;&|()`{}]|[<>]+|[^\s;&|()`{}<>]+")
_NAMES = re.compile(r"[^\w.+-]+")
"""What lies between the names in one word: `a=/bin/rm` names `a`, `bin` and `rm`."""

_ENDS_A_COMMAND = frozenset("\n;&|()`{}")
_QUOTES = {ord(quote): None for quote in "\\'\"^"}
"""r\\m, "rm" and r^m are rm to a shell."""

_Rule: TypeAlias = tuple[str, tuple[str, ...]]
"""What a command does, and the marks that say so; none: by its name alone."""

_VERBS_WITHIN = 12
"""So many words behind a command of commands are looked at."""


@cache
def _known() -> dict[str, dict[str, list[_Rule]]]:
    """The rules of `shell_commands.txt`, by their kind and by a name."""
    known: dict[str, dict[str, list[_Rule]]] = {}
    for said, listed in entries(Path(__file__).with_suffix(".txt")):
        kind, *about = said.split()
        words, names = tuple(listed.split()), about[1:]
        rule = ("".join(about[:1]).replace("-", " "), words if names else ())
        for name in names or words:
            known.setdefault(kind, {}).setdefault(name, []).append(rule)
    return known


def _rules(kind: str, name: str) -> list[_Rule]:
    return _known()[kind].get(name, [])


class _Word(Struct):
    text: str
    names: tuple[str, ...]
    command: int
    """Which command of the line it is in."""
    head: bool
    """Whether a shell takes it for a command."""


def what_it_does(line: str) -> str:
    """What a line does that a person should see first (REMOVES, OVERWRITES, …); empty where it is harmless as far as can be told."""
    if len(line) > LONGEST:
        return RUNS
    bare = disguised(line.replace("\\\n", "").replace("${IFS}", " ").replace("$IFS", " ").translate(_QUOTES))
    tokens = _TOKENS.findall(bare)
    words = list(_words(tokens))
    found = {what for word in words for what in _of_a_word(word)}
    for _, command in groupby(words, lambda word: word.command):
        found.update(_of_a_command(list(command)))
    found.update(_of_the_line(bare, tokens, words))
    return next((what for what in EFFECTS if what in found), "")


def _words(tokens: list[str]) -> Iterator[_Word]:
    command, head = 0, True
    for token in tokens:
        if token in _ENDS_A_COMMAND:
            command, head = command + 1, True
            continue
        if token[0] in "<>":
            continue
        names = tuple(name.strip(".") or name for name in _NAMES.split(token) if name)
        yield _Word(token, names, command, head)
        if head and not _goes_on(token, names):
            head = False


def _goes_on(token: str, names: tuple[str, ...]) -> bool:
    """Whether the next word may be a command too: after `sudo`, after `A=1`, after an option of either."""
    assigned = "=" in token[1:] and token[0].isalpha()
    return assigned or token[0] in "-!$" or token.isdecimal() or (bool(names) and names[-1] in _known()["before"])


def _of_a_word(word: _Word) -> Iterator[str]:
    for name in word.names:
        if name.startswith("mkfs."):
            yield OVERWRITES
        yield from (what for what, _ in _rules("anywhere", name))


class _Rest(Struct, frozen=True):
    """What follows a word in its command. Asked in no time, however many words there are."""

    at: int
    texts: list[str]
    last: dict[str, int]
    """Where a word, an option's letter (`-r`) or a beginning (`of=…`) is last."""
    plain: list[str]
    """The first word from each place on that is no option, nor the value of Git's."""

    def __bool__(self) -> bool:
        return self.at + 1 < len(self.texts)

    @property
    def following(self) -> str:
        return self.texts[self.at + 1] if self else ""

    @property
    def doing(self) -> str:
        """The first of the next words that is no option, nor the value of Git's `-C` or `-c`."""
        return self.plain[self.at + 1]

    def has(self, *texts: str) -> bool:
        return any(self.last.get(text, -1) > self.at for text in texts)


def _of_a_command(words: list[_Word]) -> Iterator[str]:
    texts = [word.text for word in words]
    plain = [""] * (len(texts) + 2)
    for at in reversed(range(len(texts))):
        plain[at] = plain[at + (2 if texts[at] == "-c" else 1)] if texts[at].startswith("-") else texts[at]
    last = {mark: at for at, text in enumerate(texts) for mark in _marks(text)}
    for at, word in enumerate(words):
        rest, name = _Rest(at, texts, last, plain), word.names[-1] if word.names else word.text
        yield from _of_a_name(name, rest)
        if word.head:
            yield from _of_a_head(name, rest)


def _marks(text: str) -> Iterator[str]:
    yield text
    if text.startswith("-") and not text.startswith("--"):
        yield from {f"-{letter}…" for letter in text[1:20]}
        yield f"{text[:2]}…first"
    if text.startswith("of="):
        yield "of=…"


def _of_a_head(name: str, rest: _Rest) -> Iterator[str]:
    for what, marks in _rules("command", name):
        if rest.has(*marks) if marks else (rest or what in (ENDS, ELEVATES)):
            yield what
    if name == "su" and (
        len(rest.texts) - rest.at < 3 or rest.has("-c…", "--command") or rest.following.startswith("-")
    ):
        yield ELEVATES
    if name == "install" and rest.following.startswith("-"):
        yield OVERWRITES
    if _rules("program", name):
        verbs = {part for text in rest.texts[rest.at + 1 :][:_VERBS_WITHIN] for part in _verbs(text)}
        verbs &= {"delete"} if _rules("english", name) else verbs
        yield from (what for verb in verbs for what, _ in _rules("verb", verb))


def _verbs(text: str) -> Iterator[str]:
    """`terminate-instances`, `apps:destroy` and `/delete` say what they do in a part of the word; of options only those that say it whole."""
    if text.startswith("-"):
        yield text.lstrip("-") if text.startswith("--") else ""
    else:
        yield text.lstrip("/")
        yield from re.split(r"[-:/.()]", text)


def _of_a_name(name: str, rest: _Rest) -> Iterator[str]:
    following = rest.following
    for what, marks in _rules("with", name):
        if rest.has(*marks) if marks else rest:
            yield what
    yield from (what for what, words in _rules("next", name) if following in words)
    match name:
        case "git":
            yield from (what for what, marks in _rules("git", rest.doing) if not marks or rest.has(*marks))
        case "erase" | "trash" if any(mark in following for mark in "/:*."):
            yield REMOVES
        case "format" if following[1:2] == ":" and following[0].isalpha():
            yield OVERWRITES
        case "crontab" if following and following != "-l":
            yield OVERWRITES
        case "service" if rest.texts[rest.at + 2 : rest.at + 3] == ["stop"]:
            yield ENDS
        case "kill" if following[:1] and (following[0] in "-%$" or following[0].isdecimal()):
            yield ENDS


def _of_the_line(bare: str, tokens: list[str], words: list[_Word]) -> Iterator[str]:
    if _redirects(bare, words):
        yield OVERWRITES
    if ":(){" in bare.replace(" ", ""):
        yield ENDS
    if "/dev/tcp/" in bare:
        yield RUNS
    known, names = _known(), [set(word.names) | {word.text} for word in words]
    code = next(
        (at for at, word in enumerate(words) if word.head and word.names and word.names[-1] in known["interpreter"]),
        len(words),
    )
    if any(word.text in known["code"] for word in words[code : code + 5]):
        called = {part for all_of_it in names[code:] for name in all_of_it for part in name.split(".")}
        if called & known["undoing"].keys():
            yield REMOVES
    runners = known["running"].keys()
    getting = next((at for at, all_of_it in enumerate(names) if all_of_it & known["getting"].keys()), None)
    if getting is None:
        decodes = next((at for at, all_of_it in enumerate(names) if all_of_it & {"base64", "xxd"}), len(names))
        if "|" in tokens and any(word.head and set(word.names) & runners for word in words[decodes + 1 :]):
            yield RUNS
        return
    # what is got is run: by what is behind it, or by what it is handed to
    before = any(all_of_it & runners for all_of_it in names[:getting]) and set(tokens) & {"(", "`"}
    behind = any(word.head and set(word.names) & runners for word in words[getting + 1 :])
    if before or behind or (len({word.command for word in words[getting:]}) > 1 and set(tokens) & {";", "&"}):
        yield RUNS


def _redirects(bare: str, words: list[_Word]) -> bool:
    """Whether something is written over: `> file`, but not `5 > 3`, `<b>bold` or `2>/dev/null`."""
    shell = any(word.head and set(word.names) & _known()["shell"].keys() for word in words)
    at = bare.find(">")
    while at >= 0:
        end = at + 1
        while bare[end : end + 1] in (">", "|"):
            end += 1
        before = bare[at - 1] if at else " "
        free = before.isspace() or before == "&" or (before.isdecimal() and (at == 1 or bare[at - 2].isspace()))
        if (free or shell) and before not in "-=<" and _is_a_file(bare[end : end + 80].lstrip(" \t")):
            return True
        at = bare.find(">", end)
    return False


def _is_a_file(text: str) -> bool:
    target = text.split(maxsplit=1)[0] if text.split() else ""
    known = target in ("/dev/null", "nul", "$null") or target[:1] == "&"
    return bool(target) and not known and not target.isdecimal() and (target[0].isalnum() or target[0] in "_./~$-")
