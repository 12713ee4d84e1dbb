"""The manual: every page is there, can be read in a terminal and in a pipe, and says nothing that the program does not have."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coasty_desk import settings
from coasty_desk.cli import manual, typer_app
from coasty_desk.cli.app import main
from coasty_desk.cli.help import ABOUT, COMMANDS, TOPICS
from coasty_desk.machines import commands

ROOT = Path(__file__).parents[2]
PAGES = {topic: manual.page(topic) for topic in TOPICS}
TEXTS = {**PAGES, "README": (ROOT / "README.md").read_text("utf-8")}


def test_the_index_names_every_page_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """And each page that is there."""
    assert main(["help"]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"^  ([a-z-]+)", said, re.MULTILINE) == [*TOPICS, "run", *(name.split()[0] for name in COMMANDS)]
    assert {path.stem for path in manual.PAGES.glob("*.md")} == set(TOPICS)
    assert main(["--help"]) == 0
    first = capsys.readouterr().out
    assert all(topic in first for topic in TOPICS)
    assert max(map(len, said.splitlines())) <= 110


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_in_a_pipe_is_as_it_is_written(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain text, with one title."""
    assert main(["help", topic]) == 0
    said = capsys.readouterr().out
    assert said == PAGES[topic]
    assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", said, flags=re.DOTALL), re.MULTILINE)) == 1
    assert "\x1b" not in said
    blocks = re.findall(r"^```\w*\n(.*?)^```", said, re.DOTALL | re.MULTILINE)
    assert all(len(line) <= 78 for block in blocks for line in block.splitlines())  # what it is on a terminal of 80


def test_a_commands_help_is_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """`help run` is `run --help`, also of a command in a group."""
    for words in (["run"], ["runs", "report"]):
        assert main(["help", *words]) == 0
        helped = capsys.readouterr().out
        assert main([*words, "--help"]) == 0
        assert capsys.readouterr().out == helped


def test_what_is_no_topic_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what was probably meant."""
    assert main(["help", "stoping"]) == 2
    assert "`coasty-desk help stopping`" in capsys.readouterr().err
    assert main(["help", "xyzzy"]) == 2
    assert "`coasty-desk help` says which there are" in capsys.readouterr().err


@pytest.mark.parametrize(("columns", "widest"), [(80, 80), (140, manual.WIDEST)])
@pytest.mark.parametrize("topic", ["stopping", "policy", "settings"])
def test_a_page_at_a_terminal_is_set_for_it(topic: str, columns: int, widest: int) -> None:
    """In its width, to a width that can be read, with its headings and code told by their looks."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "coasty_desk", "help", topic]
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, env=environment) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 65536):
                said += piece
        assert process.wait(60) == 0
    os.close(ours)
    assert b"\x1b[1" in said
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).splitlines()
    assert widest - 20 < max(len(line.rstrip()) for line in lines) <= widest
    assert not any("`" in line or "|--" in line or line.startswith("#") for line in lines)


def _said() -> Iterator[tuple[str, str]]:
    """Each command line of ours in a page: in a block of code a line, in a sentence a piece of code."""
    for name, text in TEXTS.items():
        blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        spans = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        for line in [*(line for block in blocks for line in block.splitlines()), *spans]:
            told = re.search(r"(?:^|[|(] ?)coasty-desk (.*?)(?: \||\)\"|  #|$)", " ".join(line.split(" ")))
            if told:
                yield name, told[1]


@pytest.mark.parametrize(("page", "line"), list(_said()))
def test_every_command_that_is_told_of_is_one(page: str, line: str) -> None:
    """It is there, and has the options that it is told with; so is every page that another leads to."""
    words = [word for word in shlex.split(line) if word != "--debug"]
    if words[0] == "help":
        assert not words[1:] or words[1] in {*TOPICS, "TOPIC", "COMMAND"} or words[1] in typer_app.app.commands, page
        return
    command = typer_app.loaded(words.pop(0))
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    flags = {flag for option in command.params for flag in option.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= flags, page


@pytest.mark.parametrize("text", TEXTS)
def test_every_option_that_is_told_of_is_one(text: str) -> None:
    """Of some command; other programs' stand with their name before them."""
    commands, options = [typer_app.loaded(name) for name in ABOUT if name != "help"], {"--version", "--debug"}
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        options |= {flag for option in command.params for flag in option.opts}
    told = set(re.findall(r"`(--[a-z-]+)", TEXTS[text]))
    assert told - options <= {"--named", "--uninstall"}


def test_the_reference_has_every_setting() -> None:
    """Each once, with what it takes and what a project's file may do with it."""
    told = re.findall(r"^- \*\*`(?:--)?([A-Za-z_-]+)", PAGES["settings"], re.MULTILINE)
    assert [name.replace("-", "_") for name in told] == [row.name for row in settings.TABLE.values()]
    assert all(
        row.about in PAGES["settings"] and row.project.says in PAGES["settings"] for row in settings.TABLE.values()
    )
    assert {row.see for row in settings.TABLE.values()} <= {*TOPICS, ""}


def test_a_setting_that_is_added_is_in_every_place() -> None:
    """One row: the option, the short way, the example file, the reference and what a shell offers have it."""
    code = """
import sys
from msgspec.structs import replace
from coasty_desk import settings
from coasty_desk.setting_readers import one_of
row = replace(settings.TABLE["monitor"], name="zoom_level", about="How near", default="near", read=one_of("near", "far"))
settings.TABLE[row.name] = row
from coasty_desk.cli import fast_path, manual
from coasty_desk.cli.app import main
print(fast_path.run_arguments(["look", "--zoom-level", "far"]))
print(manual.page("settings"))
main(["run", "--help"])
main(["config", "init"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    said = " ".join(done.stdout.split())
    assert "('look', {'zoom_level': 'far'})" in said
    assert "- **`--zoom-level near|far`**\\ How near. Unless set: `near`." in said
    assert "--zoom-level near|far How near. [near]" in said
    assert '# zoom_level = "near" # How near. [near]' in said


def test_the_reference_has_every_command_of_a_machine() -> None:
    """Each once, with all its parameters and its scope."""
    text = PAGES["machines-commands"]
    entries = dict(re.findall(r"^- \*\*`([a-z_]+)(.*)`\*\*\\\n", text, re.MULTILINE))
    assert list(entries) == list(commands.known())
    assert len(entries) >= 49
    for name, known in commands.known().items():
        assert set(re.findall(r"([a-z0-9_]+)=", entries[name])) == set(known.command.parameters.__struct_fields__)  # type: ignore[attr-defined] # every Struct has them
    assert all(known.command.scope in text for known in commands.known().values())


def test_every_command_has_an_example_in_its_help() -> None:
    """Also each of a group; the command that is shown is that very one."""
    for name in ABOUT.keys() - {"help"}:
        command = typer_app.loaded(name)
        within = getattr(command, "commands", {"": command})
        for each, one in within.items():
            spelled = f"coasty-desk {name} {each}".strip()
            assert one.epilog, f"{spelled} has no example"
            assert spelled in one.epilog, one.epilog
