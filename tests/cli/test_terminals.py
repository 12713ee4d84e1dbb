"""Terminals and homes as others have them: no UTF-8, no colours, a light background, no home at all."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Result, Shell, service
from tests.desktop.xvfb import xvfb
from tests.stub_service import click, done, go

FOREIGN = "Öffne „Größe“ 長\u200d…"
DRY = ("run", "--dry-run", "--max-steps", "2", "--yes")

LATIN = {"PYTHONIOENCODING": "latin-1"}
ENCODINGS: dict[str, dict[str, str]] = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": LATIN,
    "C": {"LC_ALL": "C", "LANG": ""},
}


def raw(shell: Shell, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The same as the shell does, with what is said as the bytes that it is."""
    merged = {name: value for name, value in (shell.environment | environment).items() if value}
    command = [sys.executable, "-m", "coasty_desk", *arguments]
    return subprocess.run(
        command, env=merged, cwd=shell.home, capture_output=True, timeout=90, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize("environment", ENCODINGS.values(), ids=ENCODINGS)
def test_a_letter_that_the_terminal_lacks_ends_no_command(
    shell: Shell, display: str, environment: dict[str, str]
) -> None:
    """Of a run, of what lists and shows it, of any command's help: what can be shown is, the rest is replaced."""
    with service(go(click(5, 5)) | {"reasoning": FOREIGN}, done()) as (_, url):
        told = {"DISPLAY": display, "COASTY_BASE_URL": url, **environment}
        assert raw(shell, *DRY, FOREIGN, **told).returncode == 0
        commands: tuple[tuple[str, ...], ...] = (
            ("runs", "list"),
            ("runs", "show", "last"),
            ("runs", "show", "last", "--json"),
            ("replay", "--help"),
            ("config", "init"),
            ("presets", "show", "precise"),
            ("parse", FOREIGN),
            ("runs", "show", FOREIGN),
        )
        for command in commands:
            said = raw(shell, *command, **told)
            assert b"inside coasty-desk" not in said.stderr, said.stderr
            assert b"Traceback" not in said.stderr, said.stderr
            assert (said.returncode == 0) is (command[-1] != FOREIGN)
        assert b"ffne" in raw(shell, "runs", "list", **told).stdout
        assert (
            "Öffne".encode("latin-1" if environment is LATIN else "utf-8")
            in raw(shell, "runs", "list", **LATIN if environment is LATIN else {}).stdout
        )


def test_without_a_home_it_is_said_in_two_sentences(shell: Shell, display: str) -> None:
    """HOME unset and a user that the system does not know, as in a container: only what must be kept needs a home."""
    without = shell.home / "site"
    without.mkdir()
    (without / "sitecustomize.py").write_text(
        "import pwd\ndef unknown(_):\n    raise KeyError\npwd.getpwuid = pwd.getpwnam = unknown\n"
    )
    bare = {"HOME": "", "PYTHONPATH": str(without), "DISPLAY": display, "COASTY_API_KEY": ""}
    before = set(shell.home.iterdir())
    for command in (("run", "--provider", "offline", "--yes", "wait 0 seconds"), ("runs", "list"), ("cost", "--spent")):
        result = shell(*command, **bare)
        assert (result.code, result.out) == (2, "")
        assert "There is no home folder" in result.err
        assert "Set HOME" in result.err
    kept = shell("run", "--provider", "offline", "--no-record", "--yes", "wait 0 seconds", **bare)
    assert kept.code == 0, kept.err
    for command in (
        ("config", "show"),
        ("cost", "--json"),
        ("presets", "list"),
        ("doctor", "--json"),
        ("completion", "bash"),
    ):
        assert shell(*command, **bare).code == 0
    assert (
        "no application is called" in shell("run", "--provider", "offline", "--no-record", 'open "Flurb"', **bare).err
    )
    assert shell("auth", "status", **bare).code == 2
    assert shell("run", "--no-record", "--yes", "--policy", "~/policy.toml", "x", **bare).code == 2
    with service(done()) as (_, url):
        bare |= {"COASTY_API_KEY": shell.environment["COASTY_API_KEY"], "COASTY_BASE_URL": url}
        assert shell(*DRY, "--no-record", "x", **bare).code == 0
        assert shell("sessions", "list", **bare).code == 0
    assert set(shell.home.iterdir()) == before


def test_a_home_that_cannot_be_written_in_is_named(shell: Shell, display: str) -> None:
    """A run that is to be recorded does not begin, and costs nothing; one that is not does."""
    with service(done()) as (stand_in, url):
        environment = {"HOME": "/dev/null", "DISPLAY": display, "COASTY_BASE_URL": url}
        result = shell("run", "--yes", "x", **environment)
        assert result.code == 5
        assert "/dev/null/.local" in result.err
        assert "--no-record" in result.err
        assert stand_in.charged == 0
        assert shell("ground", "x", **environment).code == 5
        assert stand_in.charged == 0
        assert shell(*DRY, "--no-record", "x", **environment).code == 0


def on_a_terminal(shell: Shell, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code, and all that a terminal of 100 columns was sent."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    merged = shell.environment | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", *arguments],
        env={name: value for name, value in merged.items() if value},
        cwd=shell.home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        if not select.select([ours], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(ours, 65536)
        except OSError:  # the last one that had it open is gone
            break
    code = process.wait(10)
    os.close(ours)
    return code, seen.decode("utf-8", "replace")


def drawn(shell: Shell, display: str, **environment: str) -> str:
    """All that a refused and a done action bring to a terminal."""
    (shell.home / "policy.toml").write_text('blocked_actions = ["drag"]')
    refused = {"action_type": "drag", "params": {"x1": 1, "y1": 1, "x2": 9, "y2": 9}}
    with service(go(refused), done(click(5, 5))) as (_, url):
        code, seen = on_a_terminal(
            shell, *DRY, "--policy", "policy.toml", "x", DISPLAY=display, COASTY_BASE_URL=url, **environment
        )
    assert code == 0, seen
    return seen


def colours(seen: str) -> set[int]:
    """The colours of letters that were asked for, as the numbers of SGR."""
    numbers = {int(n) for sgr in re.findall(r"\x1b\[([\d;]*)m", seen) for n in sgr.split(";") if n}
    return {n for n in numbers if n >= 30 and n != 39}


UP = "\x1b[1A"
"""How a foot is drawn over."""


def test_no_color_keeps_the_foot_and_takes_the_colours(shell: Shell, display: str) -> None:
    """NO_COLOR is about colours; a dumb terminal has no foot."""
    plain = drawn(shell, display, NO_COLOR="1")
    assert UP in plain
    assert "To stop:" in plain
    assert colours(plain) == set()
    assert UP not in drawn(shell, display, TERM="dumb")


def test_every_colour_can_be_read_on_white_and_on_black(shell: Shell, display: str) -> None:
    """Of the eight that each terminal has, red and magenta: contrast by WCAG at least 3 on both, as xterm shows them."""

    def luminance(*rgb: int) -> float:
        linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    xterm = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205)]
    used = colours(drawn(shell, display))
    assert used
    for number in used:
        light = luminance(*xterm[number - 30])
        assert 1.05 / (light + 0.05) >= 3
        assert (light + 0.05) / 0.05 >= 3


def test_a_refusal_is_shown_in_real_pixels_as_an_action_is(shell: Shell, tmp_path: Path) -> None:
    """On the terminal, in the journal, by `runs show`; the model is told in its own."""
    (tmp_path / "policy.toml").write_text('blocked_actions = ["drag"]')
    refused = {"action_type": "drag", "params": {"x1": 100, "y1": 100, "x2": 300, "y2": 200}}
    options = ("--max-steps", "4", "--policy", str(tmp_path / "policy.toml"))
    with xvfb(2560, 1440) as name, service(go(refused), done(), go(refused), done()) as (stand_in, url):
        environment = {"DISPLAY": name, "COASTY_BASE_URL": url}
        words = "drag from (200, 200) to (600, 400)"
        shown = shell("run", "--dry-run", *options, "x", **environment)
        assert f"refused (policy): {words}" in shown.out
        assert f"refused (policy): {words}" in shell("runs", "show", "last").out
        assert "(100, 100)" in json.loads(stand_in.posts("predict")[1].body)["instruction"]
        (event,) = shell("run", "--dry-run", "--json", *options, "x", **environment).of("refused")
        assert event["words"] == words
        assert event["real_action"]["params"]["x1"] == 200
        assert "(100, 100)" in event["action"]


@pytest.mark.parametrize(("steps", "words"), [("1", "at most 1 step,"), ("2", "at most 2 steps,")])
def test_one_is_not_many(shell: Shell, display: str, steps: str, words: str) -> None:
    """A step, a cent, an action: in the header, the list, the costs."""
    with service(done()) as (_, url):
        out = shell("run", "--dry-run", "--yes", "--max-steps", steps, "x", DISPLAY=display, COASTY_BASE_URL=url).out
    assert words in out
    assert "(1 step, " in out
    assert "A run of 1 step costs" in shell("cost", "--steps", "1").out


GROUPS = ("runs", "auth", "presets", "config", "sessions")


@pytest.mark.parametrize("group", GROUPS)
def test_a_groups_help_has_a_whole_line_for_each_command(shell: Shell, group: str) -> None:
    """With `--help` (0), and where the command is missing (2)."""

    def rows(result: Result) -> list[str]:
        return result.out.split("Commands:\n", 1)[1].splitlines()

    asked, missing = shell(group, "--help"), shell(group)
    assert (asked.code, missing.code, missing.err) == (0, 2, "")
    assert rows(asked) == rows(missing)
    assert all(row.startswith("  ") for row in rows(asked))
    assert "..." not in " ".join(rows(asked))
    assert max(map(len, rows(asked))) <= 80
