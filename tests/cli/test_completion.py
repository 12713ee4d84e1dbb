"""Shell completion as a shell asks for it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.automation import kept_runs
from coasty_desk.cli.app import main
from coasty_desk.core.actions import Click, Point, Prediction, Verdict
from tests.record.recorded import Slides, desktop, record

ASK = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$(($# - 2))
_coasty_desk_completion coasty-desk
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash to complete in")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("coasty-desk rep", ["replay"]),
        ("coasty-desk machines scr", ["screenshot"]),
        ("coasty-desk machines files wr", ["write"]),
        ("coasty-desk runs de", ["delete"]),
        ("coasty-desk run --max-", ["--max-steps", "--max-size", "--max-actions"]),
        ("coasty-desk run --preset ca", ["cautious"]),
        ("coasty-desk runs report 2026", ["20260101-000000-abcdef"]),
        ("coasty-desk runs delete la", ["last"]),
        ("coasty-desk runs watch la", ["last"]),
        ("coasty-desk runs answer ", ["last", "0a1b2c3d-waits"]),
        ("coasty-desk runs cancel 0a", ["0a1b2c3d-waits"]),
        ("coasty-desk run --provider o", ["offline", "openai"]),
        ("coasty-desk run --provider = o", ["offline", "openai"]),
        ("coasty-desk run --confirm =", ["never", "risky", "always"]),
        ("coasty-desk replay last --on-human-input ", ["pause", "stop", "ignore"]),
        ("coasty-desk run --image-format j", ["jpeg"]),
        ("coasty-desk run --monitor p", ["primary"]),
        ("coasty-desk run --cua-version v", ["v1", "v3", "v4", "v5"]),
        ("coasty-desk cost --preset fo", ["forms"]),
        ("coasty-desk presets show q", ["qa"]),
        ("coasty-desk completion z", ["zsh"]),
        (
            "coasty-desk help s",
            ["schedules", "secrets", "serve", "served-runs", "sessions", "settings", "stop", "stopping"],
        ),
        ("coasty-desk help runs re", ["report"]),
        ("coasty-desk run --policy po", []),
    ],
)
def test_bash_completes_commands_options_and_runs(
    tmp_path: Path, line: str, wanted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed script, sourced by a real bash."""
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "completion.sh"
    script.write_text(capsys.readouterr().out)
    folder = tmp_path / "data" / "coasty-desk" / "runs" / "20260101-000000-abcdef"
    record(folder, [Prediction(Verdict.CONTINUE, (Click(Point(3, 2)),))], Slides([desktop([], (640, 480))]))
    with closing(sqlite3.connect(tmp_path / "data" / "coasty-desk" / kept_runs.STORE)) as store:
        store.execute("CREATE TABLE runs (id, status, task, created_at, steps, cost)")
        store.execute(
            "INSERT INTO runs VALUES ('0a1b2c3d-waits', 'awaiting_human', 'x', 1, 0, 0), ('0b-is-over', 'failed', 'x', 1, 0, 0)"
        )
        store.commit()
    bin_folder = Path(sys.executable).parent
    environment = {
        "PATH": f"{bin_folder}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    done = subprocess.run(
        ["bash", "-c", ASK, "bash", str(script), *line.split(" ")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.split()) == sorted(wanted)


@pytest.mark.parametrize(
    ("shell", "wanted"),
    [
        ("zsh", '_arguments \'*: :(("never"\n"risky"\n"always"))\''),
        ("fish", "never\nrisky\nalways"),
    ],
)
def test_other_shells_are_answered_in_their_own_form(
    shell: str, wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As their scripts ask."""
    monkeypatch.setenv("_COASTY_DESK_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "coasty-desk run --confirm ")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert main() == 0
    assert capsys.readouterr().out.strip() == wanted


def test_a_task_is_no_command_to_the_shell_that_completes_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Zsh evaluates what it is told: of a task only letters, digits and blanks are."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "coasty-desk" / "runs" / "20260101-000000-abcdef"
    script = [Prediction(Verdict.CONTINUE, (Click(Point(3, 2)),))]
    record(folder, script, Slides([desktop([], (640, 480))]), task="open $(touch x) `y`; 'z' )) & | \"")
    monkeypatch.setenv("_COASTY_DESK_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "coasty-desk runs show 2026")
    assert main([]) == 0
    assert '"20260101-000000-abcdef":"open touch x y z "' in capsys.readouterr().out


def test_every_shell_has_a_script_and_others_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Four shells; a fifth is wrong usage."""
    for shell in ("bash", "zsh", "fish", "powershell"):
        assert main(["completion", shell]) == 0
        assert "coasty" in capsys.readouterr().out
    assert main(["completion", "csh"]) == 2
