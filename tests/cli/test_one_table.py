"""The one table of settings: every place where a person meets them has all of them, and says what the table says."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

import pytest

from coasty_desk import settings
from coasty_desk.cli import fast_path, setting_options, typer_app
from coasty_desk.cli.app import main
from coasty_desk.core.errors import Aborted
from coasty_desk.settings import Setting, Settings

OF_RUN = settings.of("run")


def test_every_field_of_the_settings_is_a_row() -> None:
    """But for what is worked out; each has a line to say, without a full stop, and an example that it takes."""
    assert set(Settings.__struct_fields__) - set(settings.TABLE) == {"capped_by_project"}
    for row in settings.TABLE.values():
        assert not row.about.endswith(".")
        if row.name != "prices":  # a table of tables is no value of JSON's form
            assert row.read(row.example) == row.read(tomllib.loads(f"it = {json.dumps(row.example)}")["it"])


def test_every_option_of_run_is_a_row_and_none_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """In typer's command, in its help, and in the short way past it."""
    assert main(["run", "--help"]) == 0
    helped = " ".join(capsys.readouterr().out.split())
    told = helped.split("Options: ")[1].split(" -h, --help")[0]
    assert re.findall(r"(?:^|(?<= ))--[a-z-]+", told) == ["--detach", *(row.flag for row in OF_RUN)]
    for row in OF_RUN:
        shown = f"{row.flag} {row.read.metavar}".rstrip() if row.takes is not bool else row.flag
        assert f"{shown} {row.line}" in helped
    assert {row.flag: row for row in OF_RUN} == fast_path._OPTIONS


def test_an_option_of_another_command_that_is_a_setting_says_the_same() -> None:
    """What it takes; and what it is for, but where it means something else there."""
    otherwise = {("resume", name) for name in ("max_steps", "deadline", "budget")}
    otherwise |= {("replay", "max_steps"), ("replay", "budget")}
    otherwise |= {("ground", name) for name in ("provider", "json", "yes")} | {("cost", "json")}
    for command in ("resume", "replay", "ground", "cost"):
        told = {flag: option for option in typer_app.loaded(command).params for flag in option.opts}
        shared = {row.name: told[row.flag] for row in settings.TABLE.values() if row.flag in told}
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
    for section in (name for name in settings.SECTIONS if name != "prices"):
        lines = said.split(f"[{section}]\n", 1)[1].split("\n\n")[0].splitlines()
        rows = settings.of(section)
        assert [line.split(" = ")[0] for line in lines] == [f"# {row.name}" for row in rows]
        assert all(f"  # {row.line}" in line for row, line in zip(rows, lines, strict=True))
    assert '[prices]\n# "claude-sonnet-5-5" = { in = 2.0' in said


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
    real = setting_options.given

    def found(rows: Iterable[Setting], values: Mapping[str, object]) -> setting_options.Options:
        handed.append(real(rows, values))
        raise Aborted("interrupt")

    monkeypatch.setattr(setting_options, "given", found)
    assert main(words) == 130
    assert handed == [options]
