"""The one table of settings: every place where a person meets them has all of them, and says what the table says."""

from __future__ import annotations

import importlib
import json
import re
import tomllib

import pytest
from typer.main import get_command

from coasty_desk import settings
from coasty_desk.cli import configured, fast_path, typer_app
from coasty_desk.cli.app import main
from coasty_desk.settings import Settings

OF_RUN = settings.of("run")


def test_every_field_of_the_settings_is_a_row() -> None:
    """But for what is worked out; each has a line to say, without a full stop, and an example that it takes."""
    assert set(Settings.__struct_fields__) - set(settings.TABLE) == {"capped_by_project"}
    for row in settings.TABLE.values():
        assert not row.about.endswith(".")
        assert row.read(row.example) == row.read(tomllib.loads(f"it = {json.dumps(row.example)}")["it"])


def test_every_option_of_run_is_a_row_and_none_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """In typer's command, in its help, and in the short way past it."""
    assert main(["run", "--help"]) == 0
    helped = " ".join(capsys.readouterr().out.split())
    told = helped.split("Options: ")[1].split(" -h, --help")[0]
    assert re.findall(r"(?:^|(?<= ))--[a-z-]+", told) == [row.flag for row in OF_RUN]
    for row in OF_RUN:
        shown = f"{row.flag} {row.read.metavar}".rstrip() if row.takes is not bool else row.flag
        assert f"{shown} {row.line}" in helped
    assert {row.flag: row.takes for row in OF_RUN} == fast_path._OPTIONS


def test_an_option_of_another_command_that_is_a_setting_says_the_same() -> None:
    """What it takes; and what it is for, but where it means something else there."""
    otherwise = {("resume", name) for name in ("max_steps", "deadline", "budget")}
    otherwise |= {("replay", "max_steps"), ("replay", "budget")}
    otherwise |= {("ground", name) for name in ("provider", "json", "yes")} | {("cost", "json")}
    commands = get_command(typer_app.app).commands  # type: ignore[attr-defined]  # it is a group
    for command in ("resume", "replay", "ground", "cost"):
        shared = {option.name: option for option in commands[command].params if option.name in settings.TABLE}
        assert len(shared) >= 5
        for name, option in shared.items():
            row = settings.TABLE[name]
            assert option.opts == [row.flag]
            assert option.metavar == (row.read.metavar or None)
            assert option.multiple is (row.takes is tuple)
            assert option.help.startswith(f"{row.about}.") is ((command, name) not in otherwise), (command, name)


def test_the_example_file_has_every_row_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """With its example, and in the words of the table."""
    assert main(["config", "init"]) == 0
    said = capsys.readouterr().out
    for section in settings.SECTIONS:
        lines = said.split(f"[{section}]\n", 1)[1].split("\n\n")[0].splitlines()
        rows = settings.of(section)
        assert [line.split(" = ")[0] for line in lines] == [f"# {row.name}" for row in rows]
        assert all(f"  # {row.line}" in line for row, line in zip(rows, lines, strict=True))


GIVEN: list[tuple[list[str], dict[str, object]]] = [
    (["run", "--policy", "a", "--policy=b", "--dry-run", "--", "look"], {"policy": ["a", "b"], "dry_run": True}),
    (["resume", "last"], {}),
    (["resume", "last", "--yes", "--max-steps", "3"], {"yes": True, "max_steps": "3"}),
    (["replay", "last", "--policy", "a", "--policy", "b"], {"policy": ["a", "b"]}),
    (["ground", "it", "--mask", "1,2,3,4"], {"mask": ["1,2,3,4"]}),
    (["cost"], {}),
]


@pytest.mark.parametrize(("words", "options"), GIVEN, ids=[" ".join(words) for words, _ in GIVEN])
def test_what_is_given_is_handed_over_and_the_rest_left_to_the_configuration(
    words: list[str], options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A switch that is not given is not off; what may be given several times is all there."""
    handed: list[object] = []
    body = importlib.import_module(f"coasty_desk.cli.commands.{words[0]}_command")
    monkeypatch.setattr(body, words[0], lambda *said, **more: handed.append(more.get("options", said[-1])) or 0)  # type: ignore[func-returns-value]  # of a list
    monkeypatch.setattr(configured, "load", lambda given: (given, {}))
    assert main(words) == 0
    assert handed == [options]
