"""No regular expression of ours takes more than its share of time over a text, whoever wrote the text.

`re` holds the interpreter while it matches: no thread, no timer and no signal handler runs. So
each pattern in the package is tried on texts that are pumped up from its own parts, and its work
at twice the length may be little more than twice as much.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from coasty_desk.core.actions import Action, Click, Point, PressKeys, TypeText
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.core.gates.risk import Around, risk
from coasty_desk.core.typed_text.typed_line import Typed
from coasty_desk.wire.regular_expressions import pattern

PACKAGE = Path(__file__).parent.parent / "coasty_desk"
LENGTH = 1500
FLOOR = 0.001
"""Seconds of CPU: what takes less at 2 * LENGTH characters holds nobody, and cannot be compared."""

TRIES = 3
MORE_THAN_TWICE = 3.0

METHODS = ("search", "match", "fullmatch", "sub", "split", "findall", "finditer")

COMPUTED = {
    "models/coasty/http.py",
    "core/secrets.py",
    "models/offline/language/phrasebook.py",
    "models/offline/vision/coloured_words.py",
    "models/chat/profiles.py",
}
"""Where a pattern is put together at run time: of the key's own letters; of a name's spelling, and tried as it is compiled;
of the tables of words, for the person's own task; of a text that was read, letter for letter; of the table of families, for a model's name in the person's own settings."""


def _modules() -> Iterator[tuple[str, ast.Module]]:
    """Those that may have one: taking apart the rest would be most of the work, in every process that collects the tests."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        if re.search(r"^\s*(import|from) re\b", text, re.MULTILINE):
            yield path.relative_to(PACKAGE).as_posix(), ast.parse(text)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[_, *_]) if name != "escape":
                yield node


class Used(NamedTuple):
    """A pattern and the ways in which it is asked."""

    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: tuple[str, ...]


def _inline() -> Iterator[tuple[str, Used]]:
    """Patterns that are written where they are used."""
    for name, tree in _modules():
        for call in _calls(tree):
            first = call.args[0]
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and method != "compile":
                yield f"{name}:{call.lineno}:{call.col_offset}", Used(re.compile(first.value, _flags(call)), (method,))


def _flags(call: ast.Call) -> re.RegexFlag:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    given = [argument for argument in (*call.args[1:], *named) if "re." in ast.unparse(argument)]
    flags = re.RegexFlag(0)
    for argument in given:
        for node in ast.walk(argument):
            flag = (
                getattr(re, node.attr) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "re" else None
            )
            if isinstance(flag, re.RegexFlag):
                flags |= flag
    return flags


def _compiled() -> Iterator[tuple[str, Used]]:
    """Patterns that stand in a module under a name; one that others import is asked in each way."""
    for name, tree in _modules():
        if not any(_calls(tree)) or name.endswith("__main__.py"):
            continue
        asked = [(ast.unparse(node.value), node.attr) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        module = importlib.import_module(
            f"coasty_desk.{name.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
        )
        for key, value in vars(module).items():
            if isinstance(value, re.Pattern):
                here = tuple(attr for on, attr in asked if on == key and attr in METHODS)
                yield f"{name}:{key}", Used(value, tuple(dict.fromkeys(here)) or ("search",))


PATTERNS: dict[str, Used] = dict([*_inline(), *_compiled()])


def _parts(pattern: re.Pattern[str] | re.Pattern[bytes]) -> list[str]:
    """What texts are made of that the pattern may begin to match: its words, its letters, and a few that most classes hold."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    words = [word for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"\\.|\(\?\w+\)", " ", source)) if len(word) < 20]
    signs = [sign for sign in dict.fromkeys(re.findall(r"[^\w\s\\]", source)) if sign not in "()?*+|^$"]
    return [*dict.fromkeys([" ", "a", "0", "_", "\n", "A", ".", "-", *words[:6], *signs[:6]])]


def _texts(pattern: re.Pattern[str] | re.Pattern[bytes], length: int) -> Iterator[str]:
    parts = _parts(pattern)
    for one, other in itertools.product(parts, repeat=2):
        pump = one if one == other else one + other
        yield pump * (length // len(pump)) + "\x00"
        yield one + other * ((length - len(one)) // len(other)) + "\x00"


def _seconds(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _grows(used: Used, text: str, twice: str) -> bool:
    """Whether twice the text takes far more than twice the work, each time it is tried."""

    def at_work(on: str) -> Callable[[], object]:
        told: Any = on if isinstance(used.pattern.pattern, str) else on.encode("latin-1")
        return lambda: [_ask(used.pattern, method, told) for method in used.methods]

    for _ in range(TRIES):
        much = _seconds(at_work(twice))
        if much < FLOOR or much < MORE_THAN_TWICE * _seconds(at_work(text)):
            return False
    return True


def _ask(pattern: Any, method: str, text: Any) -> object:
    if method == "finditer":
        return list(pattern.finditer(text))
    return getattr(pattern, method)(text[:0], text) if method in ("sub", "subn") else getattr(pattern, method)(text)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_of_ours_is_linear_in_the_text(name: str) -> None:
    """Safety sentence: nothing that a model, a page or a window says can hold the program."""
    used = PATTERNS[name]
    for text, twice in zip(_texts(used.pattern, LENGTH), _texts(used.pattern, 2 * LENGTH), strict=True):
        assert not _grows(used, text, twice), f"{used.pattern.pattern!r} on {text[:20]!r}…"


@pytest.mark.parametrize(
    ("bad", "length"), [(r"\s+$", LENGTH), (r"(?:a|aa)+\d", 24), (r"\bfind\b.*\s-delete", LENGTH), (r"(\w+\s?)*;", 18)]
)
def test_the_measure_finds_what_it_is_for(bad: str, length: int) -> None:
    """Patterns of the kinds that held the program."""
    used = Used(re.compile(bad), ("search",))
    twice = 2 * LENGTH if length == LENGTH else length + 4
    texts = zip(_texts(used.pattern, length), _texts(used.pattern, twice), strict=True)
    assert any(_grows(used, text, longer) for text, longer in texts), bad


def test_every_pattern_is_known() -> None:
    """One that is put together where it is used could not be tried."""
    for name, tree in _modules():
        for call in _calls(tree):
            first = call.args[0]
            module_level = any(
                call in ast.walk(node) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
            )
            assert (
                isinstance(first, ast.Constant) or module_level or name in COMPUTED | {"wire/regular_expressions.py"}
            ), f"{name}:{call.lineno}"


ODD: dict[str, Callable[[int], Action]] = {
    "blanks": lambda n: TypeText("sudo" + " " * n + "x"),
    "words": lambda n: TypeText("git -a " * (n // 7)),
    "options": lambda n: TypeText("git -c " * (n // 7)),
    "marks": lambda n: TypeText("> ;|(`" * (n // 6)),
    "letters": lambda n: TypeText("aab" * (n // 3)),
    "wide": lambda n: TypeText("ﷺ😀" * (n // 2)),
    "lines": lambda n: TypeText("do\nsu" * (n // 20)),
    "tabs": lambda n: TypeText("su\tdo" * (n // 40)),
    "corrections": lambda n: TypeText("su\bdo" * (n // 40)),
    "keys": lambda n: PressKeys(("s", "left", "o", "backspace") * (n // 160)),
    "chords": lambda n: PressKeys(("ctrl+k ctrl+s",) * (n // 160)),
}


@pytest.mark.parametrize("name", ODD)
def test_judging_an_action_grows_with_its_length_alone(name: str) -> None:
    """Safety sentence: policy, confirmation and what follows the line take no more than their share, however odd the text is."""
    policy = Policy(typed_text_denied=(pattern("sudo"), pattern(r"(a+)+$"), pattern("xyz*"), pattern(r"no.*\n")))

    def judge(action: Action) -> Callable[[], object]:
        def work() -> None:
            typed = Typed().then(TypeText("so")).then(Click(Point(1, 1)))
            forbids(policy, action, Situation(typed=typed))
            risk(action, Around(typed=(typed,), said=(str(action)[:19_000],)))
            typed.then(action)

        return work

    short, long = ODD[name](10_000), ODD[name](20_000)
    judge(long)()  # what is met for the first time is learned

    def grows() -> bool:
        much = _seconds(judge(long))
        return much > 20 * FLOOR and much > MORE_THAN_TWICE * 1.2 * _seconds(judge(short))

    assert not all(grows() for _ in range(TRIES))
