"""The short way through the command line reads what typer reads, or leaves it to typer."""

from __future__ import annotations

import pytest

from coasty_desk import merged_settings, settings
from coasty_desk.cli.app import main
from coasty_desk.cli.commands import driving as body
from coasty_desk.cli.fast_path import run_arguments
from coasty_desk.settings import Settings

READ = [
    ["look"],
    ["--dry-run", "look", "--max-steps", "3"],
    ["--json", "--yes", "--no-record", "--max-size=640x480", "--settle", "0.5", "look around"],
    ["look", "--mask", "0,0,10,10", "--mask=20,20,5,5", "--secret", "A=env:B", "--budget", "60"],
    ["--file", "task.txt", "--image-format", "auto", "--monitor", "2", "--memory", "1", "--provider", "offline"],
    [],
]
LEFT_TO_TYPER = [
    ["--help"],
    ["look", "-h"],
    ["look", "twice"],
    ["look", "--no-such-thing"],
    ["look", "--max-steps"],
    ["look", "--max-steps", "-1"],
    ["look", "--yes=1"],
    ["--", "look"],
]


@pytest.mark.parametrize("words", READ, ids=" ".join)
def test_what_is_read_is_what_typer_reads(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """After the settings have made sense of it."""
    taken: list[tuple[str | None, Settings]] = []
    monkeypatch.setattr(body, "run", lambda task, chosen: taken.append((task, chosen)) or 0)  # type: ignore[func-returns-value]  # of a list
    monkeypatch.delenv(settings.BASE_URL_VARIABLE, raising=False)
    monkeypatch.setattr(merged_settings, "configuration_files", list)
    monkeypatch.setattr("coasty_desk.cli.fast_path.run_arguments", lambda _words: None)
    main(["run", *words])
    monkeypatch.undo()
    short = run_arguments(words)
    assert short is not None
    assert [(short[0], merged_settings.load(short[1], {}, [])[0])] == taken


@pytest.mark.parametrize("words", LEFT_TO_TYPER, ids=" ".join)
def test_what_is_not_plain_is_left_to_typer(words: list[str]) -> None:
    """It knows what to say."""
    assert run_arguments(words) is None
