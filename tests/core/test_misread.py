"""Whether a value can be read in a line: as it is, in a long piece, as an OCR misreads it; and no other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.core.redaction.misread import LONG_PIECE, legible

READ: list[tuple[str, str]] = [
    ("hunter2-Zz", "hunter2-Zz"),
    ("Password: HUNTER2-ZZ", "hunter2-Zz"),
    ("hunterz—2z", "hunter2-Zz"),
    ("Tr0ub4dor&3", "TrOub4dor83"),
    ("kox7Q", "kox7q"),
    ("4929131288420042", "4929 1312 8842 0042"),
    ("…-horse-bat…", "correct-horse-battery"),
    ("zwolf kleine Boxkampfer", "zwölf kleine Boxkämpfer"),
    ("mysql -phunter2-Zz -u me", "hunter2-Zz"),
]


@pytest.mark.parametrize(("line", "value"), READ)
def test_what_an_ocr_makes_of_a_value_is_the_value(line: str, value: str) -> None:
    """Letters that look alike, case, accents and blanks make no difference; one or two wrong ones do not either."""
    assert legible(line, value) is not None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("••••••••••", "hunter2-Zz"),
        ("**********", "hunter2-Zz"),
        ("The quick brown fox jumps over the lazy dog", "hunter2-Zz"),
        ("Sign in with your e-mail address", "Tr0ub4dor&3"),
        ("14:21", "4821"),
        ("abc", "abc"),
        ("", "hunter2-Zz"),
        ("anything", ""),
    ],
)
def test_other_words_are_not(line: str, value: str) -> None:
    """Nor the dots of a password field; a value of less than four letters is looked for nowhere."""
    assert legible(line, value) is None


def test_where_it_stands_is_told() -> None:
    """From its first letter to its last, blanks before it not counted."""
    line = "the code is  48 21, say it"
    span = legible(line, "4821")
    assert span is not None
    assert line[slice(*span)] == "48 21"


_LETTERS = st.characters(categories=("L", "Nd"), max_codepoint=0x17F)


@given(st.text(_LETTERS, min_size=4, max_size=30), st.text(_LETTERS), st.text(_LETTERS))
def test_a_value_is_found_between_whatever_stands_around_it(value: str, before: str, after: str) -> None:
    """The whole of it, and what is found is at least as long as a long piece of it."""
    span = legible(f"{before}{value}{after}", value)
    assert span is not None
    assert span[1] - span[0] >= min(len(value), LONG_PIECE) * 0.6
