"""Nothing that a model says may command the terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.cli.terminal.terminal_text import line, safe


@given(st.text())
def test_no_control_or_format_character_passes(text: str) -> None:
    """Whatever goes in, out come printable characters, spaces and newlines."""
    for char in safe(text):
        assert char == "\n" or char in "\u200d\ufe0f" or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}


def test_an_escape_sequence_is_shown_not_sent() -> None:
    """A colour, a window title, a bell, a bidirectional override: all made visible."""
    assert safe(
        "\x1b[31mred\x07\x9b0m\u202e"
    ) == "\N{REPLACEMENT CHARACTER}[31mred" + "\N{REPLACEMENT CHARACTER}" * 2 + ("0m\N{REPLACEMENT CHARACTER}")


def test_a_flood_is_cut() -> None:
    """Three megabytes of reasoning are not printed."""
    assert len(safe("x" * 3_000_000)) < 3000
    assert "\n" not in line("a\nb\r\nc")
