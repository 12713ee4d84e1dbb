"""Files of words that anybody can add to."""

from __future__ import annotations

from pathlib import Path

from coasty_desk.core.word_file import entries


def test_a_line_is_a_name_and_its_words_and_any_other_is_a_remark(tmp_path: Path) -> None:
    """A name may have several lines, and be a sign, also the one that stands between."""
    file = tmp_path / "words.txt"
    file.write_text("# a remark\n\nsend = senden, =teilen\nsend = posten\n= = equal\n# = hash\nnothing =\n", "utf-8")
    assert list(entries(file)) == [("send", "senden, =teilen"), ("send", "posten"), ("=", "equal"), ("#", "hash")]
