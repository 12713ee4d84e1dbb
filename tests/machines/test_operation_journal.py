"""What a worker has begun and what came of it, kept for a day and within bounds."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.machines import operation_journal
from coasty_desk.machines.operation_journal import OperationJournal
from coasty_desk.machines.worker_protocol import StepResult, WorkerAnswer


def test_pictures_of_long_ago_go_where_all_are_too_much_and_what_was_done_stays_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest keep theirs; the file does not grow for ever."""
    monkeypatch.setattr(operation_journal, "MOST_KEPT", 1_000_000)
    with closing(OperationJournal(tmp_path)) as journal:
        for number in range(600):
            result = StepResult("browser_click", success=True, result={"n": number}, screenshot=os.urandom(10_000))
            journal.begin(f"op{number}", (), 0)
            journal.begin(f"op{number}", (result,), 1)
            journal.finish(f"op{number}", WorkerAnswer((result, result)))
        kept = {number: journal.find(f"op{number}") for number in range(600)}
    for number, entry in kept.items():
        assert entry is not None
        assert entry.answer is not None
        assert [result.result for result in entry.answer.results] == [{"n": number}] * 2
    pictured = [
        number for number, entry in kept.items() if entry and entry.answer and entry.answer.results[0].screenshot
    ]
    assert pictured
    assert pictured == list(range(pictured[0], 600))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 12_000_000
