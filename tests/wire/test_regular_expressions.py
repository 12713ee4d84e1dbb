"""Patterns as people write them, matched in linear time or refused when they are read."""

from __future__ import annotations

import pytest

from coasty_desk.wire.regular_expressions import pattern


@pytest.mark.parametrize(
    ("said", "found", "not_found"),
    [
        ("Terminal", "my TERMINAL 1", "term"),
        ("*Terminal*", "my terminal 1", "term"),
        ("*Notepad++*", "a - notepad++", "notepad"),
        ("*(private)", "Mail (Private)", "(private) mail"),
        ("?ank", "bank", "ban"),
        ("*[!b]ank", "the tank", "the bank"),
        ("Term.*nal", "the Terminal", "Term\nnal"),
        (r"^su\b", "ls\nsu -", "visum"),
        (r"\w+ß", "größß", "- ß"),
        (r"[\w.]+@", "юля.a@b", " @"),
        (r"shutdown.*\n", "shutdown now\n", "shutdown now"),
        (r"end\Z", "the end", "end of it"),
        ("notes.txt", "NOTES.TXT", "notes"),
        ("kontö*", "Kontö 1", "Bank"),
    ],
)
def test_a_pattern_does_what_it_looks_like(said: str, found: str, not_found: str) -> None:
    """Words, globs and expressions, with case left aside."""
    assert pattern(said).found_in(found)
    assert not pattern(said).found_in(not_found)


@pytest.mark.parametrize(
    "spelled",
    [
        "SUDO",
        "ｓｕｄｏ",
        "s\u200bu\u00addo",
        "ѕudо",
        "sudó",
        "𝓼𝓾𝓭𝓸",
        "su\ufe0fdo",
    ],
)
def test_plain_words_are_found_however_they_are_spelled(spelled: str) -> None:
    """In capitals, full width, with characters that show nothing, with letters of other alphabets that look alike."""
    assert pattern("sudo").found_in(f"x {spelled} y")
    assert pattern(r"su(do)").found_in(f"x {spelled} y")
    assert pattern("rm -rf").found_in("rm\u00a0\u2003–rf")


@pytest.mark.parametrize(
    "said",
    [
        r"(?=a)b",
        r"(?<!a)b",
        r"(a)\1",
        r"a++",
        r"(?>a)b",
        "(",
        "a{2,1}",
        "x{100000}",
        r"(\w+\s*){100}y",
        r"(.{0,100}a){20}",
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_named_when_it_is_read(said: str) -> None:
    """No look-around, no back-references, and nothing so large that linear is long; the words say which part it is."""
    with pytest.raises(ValueError, match=r"linear time: .*RE2"):
        pattern(said)


@pytest.mark.parametrize("said", ["", "  ", "a" * 1001])
def test_a_pattern_of_nothing_or_of_too_much_is_none(said: str) -> None:
    """It would match everything, or nobody could read it."""
    with pytest.raises(ValueError, match=r"it is empty|more than 1000"):
        pattern(said)


def test_words_alone_need_no_engine() -> None:
    """What most people write is looked for as it stands."""
    assert pattern("rm -rf").search is None
    assert pattern("*Bank*").search is None
    assert pattern("*Bank*").words == "Bank"


@pytest.mark.parametrize(
    "said", ["(a+)+$", "(a|a)*b", r"(\w+\s?)*$", "(a?){30}a{30}", "*a*a*a*a*a*a*b", "(.*)(.*)(.*)x"]
)
def test_a_hostile_text_is_soon_judged(said: str) -> None:
    """Python's own engine is at these until the end of days: that this test comes to its end is what it shows."""
    hostile = pattern(said)
    for text in ("a" * 100_000 + "!", "a " * 50_000 + "!", "ab" * 50_000 + "\x00"):
        hostile.found_in(text)


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        (r"rm\s+-rf?", ("rm", "-r")),
        (r"(?i)pass(word|phrase)x", ("pass", "x")),
        (r"^(sudo|doas)\b", ()),
        (r"shutdown.*\n", ("shutdown", "\n")),
        (r"(ab)+c", ("ab", "c")),
        (r"\d{16}", ()),
        (r"\pL", ()),
    ],
)
def test_what_every_match_of_an_expression_holds_is_known(said: str, needs: tuple[str, ...]) -> None:
    """So that text whose places are unknown is refused only where it could become a match."""
    assert needs in pattern(said).needs


def test_a_glob_needs_its_words() -> None:
    """Between its stars."""
    assert ("rm ", "-rf") in pattern("*rm *-rf*").needs
