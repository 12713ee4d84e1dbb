"""What is wrong and what to do, for each way that a command line can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from coasty_desk.cli.app import main

RANGE = "Give it a whole number from 1 to 1000000."

WRONG = {
    "nosuch": ("There is no command `coasty-desk nosuch`.", "`coasty-desk --help` says which there are."),
    "rnu --help": ("There is no command `coasty-desk rnu`.", "Did you mean `coasty-desk run`?"),
    "runs lst": ("There is no command `coasty-desk runs lst`.", "`coasty-desk runs --help` says which"),
    "--nosuch": ("No such option: --nosuch.", "See `coasty-desk --help`"),
    "runs list --nosuch": ("No such option: --nosuch.", "See `coasty-desk runs list --help`"),
    "runs show": ("Missing argument 'RUN'.", "See `coasty-desk runs show --help`"),
    "runs list --limit 0": ("--limit cannot be '0'.", RANGE),
    "runs list --limit x": ("--limit cannot be 'x'.", RANGE),
    "run --max-steps 0 x": ("--max-steps cannot be '0'.", RANGE),
    "run --max-steps= x": ("--max-steps cannot be empty.", RANGE),
    "run --budget -1 x": ("--budget cannot be '-1'.", "from 0 to 1000000"),
    "cost --steps -1": ("--steps cannot be '-1'.", "from 0 to 100000."),
    "cost --memory x": ("--memory cannot be 'x'.", "from 1 to 20."),
    "run --mask 1,2,3,4 --mask 1,2,3 x": ("--mask cannot be '1,2,3'.", "X,Y,WIDTH,HEIGHT in real pixels"),
    "run open the settings": ("extra argument(s) (the settings).", "What has blanks in it goes in quotes."),
    "run --file missing": ("missing cannot be read: there is no such file.", "Give a text file"),
    "run --file folder": ("folder cannot be read: it is a folder", "Give a text file"),
    "run --file bytes": ("bytes cannot be read: it is no text in UTF-8.", "Give a text file"),
    "run --file nul": ("The task has the character NUL in it", "Take it out"),
    "run --policy missing x": ("missing cannot be read: there is no such file.", "TOML or JSON"),
    "run --preset bytes x": ("no preset 'bytes', and as a file it cannot be read: it is no text", "Use one of"),
    "parse missing": ("missing cannot be read: there is no such file.", "pyautogui source"),
    "ground x --image missing": ("missing cannot be read: there is no such file.", "PNG or JPEG"),
    "ground x --image=": ("The name of a file is empty.", "Give the path of a file."),
    "resume last --budget=": ("There is no recorded run.", "Make one"),
}
"""A command line, and what must be in the sentence that says what is wrong, and in the one that says what to do."""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COASTY_API_KEY", "")
    for name in ("DISPLAY", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("bytes").write_bytes(b"\xff\xfe\xff")
    Path("nul").write_bytes(b"click\0here")


@pytest.mark.parametrize("words", WRONG)
def test_it_is_said_what_is_wrong_and_what_to_do(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, two sentences, and none of them about something else."""
    assert main(words.split()) == 2
    wrong, remedy = capsys.readouterr().err.splitlines()
    for said, expected in zip((wrong, remedy), WRONG[words], strict=True):
        assert expected in said
    assert "?." not in wrong


def test_a_note_may_not_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """It may be left out."""
    assert main(["resume", "last", ""]) == 2
    said = capsys.readouterr().err
    assert "The note is empty." in said
    assert "Leave it out" in said


@pytest.mark.parametrize(
    ("content", "wrong", "remedy"),
    [
        ("[[run]]\nmemory = 2\n", "has no table [run]", "Write [run] once, in single brackets"),
        ("run = 3\n", "has no table [run]", "Write [run] once, in single brackets"),
        ("[runs]\nmemory = 2\n", "unknown key: [runs]", "Did you mean [run]?"),
        ("memory = 2\n", "has memory where it does not belong", "Write it under [run]."),
        ("[run]\nkeep_days = 2\n", "has keep_days where it does not belong", "Write it under [record]."),
        ("[prices]\nx = 3\n", "prices in", "tables such as"),
    ],
)
def test_a_file_is_told_what_it_has_wrong(
    content: str, wrong: str, remedy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has the right name in the wrong form is not told to take the right name."""
    file = tmp_path / ".config" / "coasty-desk" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    assert main(["config", "show"]) == 2
    said = capsys.readouterr().err
    assert wrong in said
    assert remedy in said


@pytest.mark.parametrize("words", ["runs list", "resume last", "runs show 2026"])
def test_records_that_cannot_be_read_are_not_said_to_be_none(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here: a link to itself."""
    runs = tmp_path / ".local" / "share" / "coasty-desk" / "runs"
    runs.parent.mkdir(parents=True)
    runs.symlink_to(runs)
    assert main(words.split()) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_help_is_there_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """`help`, and `help` with a command."""
    assert main(["help"]) == 0
    first = capsys.readouterr().out
    assert "resume RUN      go on with a run that was cut off, stopped, or ended at a limit" in first
    assert main(["help", "runs", "list"]) == 0
    assert "Usage: coasty-desk runs list" in capsys.readouterr().out


def test_nothing_spent_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Without headings over nothing."""
    assert main(["cost", "--spent"]) == 0
    assert capsys.readouterr().out == "Nothing was spent so far.\n"
