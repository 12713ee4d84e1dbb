"""Lists in the terminal: each value below its name, whoever gave it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from coasty_desk.cli.terminal.columns import print_columns


def test_each_value_stands_below_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Short, long, wide and hostile ones, those of figures at their ends."""
    rows = [("a", 5, "one"), ("735b457c-e408-57eb-a9e4-5c9a23d936b2", 1200, "two"), ("机器\x1b[2J", "", "three words")]
    print_columns(("RUN", "STEPS", "TASK"), rows, right=("STEPS",))
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 4
    assert "\x1b" not in told[3]
    tasks = [each.index(word) for each, word in zip(told, ("TASK", "one", "two", "three"), strict=True)]
    assert [cell_len(each[:at]) for each, at in zip(told, tasks, strict=True)] == [tasks[0]] * 4
    assert told[1][: tasks[1]].rstrip().endswith("5")
    assert told[2].index("1200") + 4 == told[0].index("STEPS") + 5


def test_nothing_trails_and_nothing_is_cut_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty last value leaves no spaces; the last one of a line may be long."""
    print_columns(("NAME", "ENDS"), [("x", ""), ("y", "z" * 200)])
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "x"
    assert told[2].endswith("z" * 200)
