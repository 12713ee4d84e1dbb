"""`coasty-desk schedules` and `triggers` with this computer's own service, and `serve --install`."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from coasty_desk.automation.webhook_signature import is_signed
from tests.cli.conftest import Result, Shell
from tests.server.run_services import RunningService, running_service


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of which nothing is carried out: there is no display."""
    with running_service(tmp_path_factory.mktemp("home"), "", "--provider", "script") as found:
        yield found


def _added(home: RunningService, *words: str) -> str:
    done = home.cli("schedules", "add", *words, "--zone", "UTC")
    assert done.code == 0, done.err
    assert "It fires next at " in done.err
    return done.out.strip()


def test_a_schedule_from_its_beginning_to_its_end(home: RunningService) -> None:
    """Added, listed, shown, told its next times, paused, resumed, deleted; by id, its beginning, and name."""
    key = _added(home, "mornings", "[done]", "--every", "weekly", "--time", "07:30", "--day", "friday")
    listed = home.cli("schedules", "list")
    assert [word for word in (key, "mornings", "weekly (30 7 * * 5)", "[done]") if word not in listed.out] == []
    assert "weekly (30 7 * * 5) (UTC)" in home.cli("schedules", "show", key[:8]).out
    coming = json.loads(home.cli("schedules", "next", "3", "--of", "mornings", "--json").out)
    times = [one["at"] for one in coming]
    assert len(times) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT07:30:00Z", one) for one in times)
    assert json.loads(home.cli("schedules", "show", key, "--json").out)["next_run_at"].startswith(times[0][:19])
    assert home.cli("schedules", "pause", "mornings").code == 0
    assert "paused: manual" in home.cli("schedules", "list").out
    assert "Nothing is to fire" in home.cli("schedules", "next", "--of", "mornings").out
    assert "fires next at" in home.cli("schedules", "resume", "mornings").out
    assert home.cli("schedules", "delete", "mornings").out == "Deleted mornings.\n"
    gone = home.cli("schedules", "show", "mornings")
    assert (gone.code, "There is no schedule mornings" in gone.err) == (4, True)


def test_a_workflow_is_started_by_the_clock_with_its_inputs(home: RunningService, tmp_path: Path) -> None:
    """Saved, named by its name, with inputs that are held against its schema before anything is made."""
    definition = {"steps": [{"id": "a", "type": "task", "task": "{{inputs.word}} {{inputs.rows}}"}]}
    schema = {"type": "object", "required": ["word"], "properties": {"word": {"type": "string"}}}
    file, rows = tmp_path / "flow.json", tmp_path / "rows.csv"
    file.write_text(json.dumps({"name": "Night check", "definition": definition, "inputs_schema": schema}))
    rows.write_text("who,what\nAda,7\n")
    assert home.cli("workflows", "save", str(file)).code == 0
    when = ("--every", "daily")
    key = _added(home, "nightly", "--workflow", "night check", "--input", "word=7", "--input", f"rows=@{rows}", *when)
    made = json.loads(home.cli("schedules", "show", key, "--json").out)
    assert made["inputs"] == {"word": "7", "rows": [{"who": "Ada", "what": "7"}]}
    assert made["task_prompt"] == "Start the workflow Night check."
    assert made["workflow_id"] in home.cli("schedules", "show", "nightly").out
    before = home.cli("schedules", "list", "--json").out
    (tmp_path / "bad.json").write_text("{")
    for words, said in (
        (("x", *when), "There is nothing to do."),
        (("x", "y", "--input", "a=b", *when), "no --workflow is named"),
        (("x", "--workflow", "night-check", *when), "does not take these inputs: word"),
        (("x", "--workflow", "none-such", *when), "There is no workflow none-such"),
        (("x", "--workflow", "night-check", "--input", f"word=@{tmp_path}/bad.json", *when), "is no JSON"),
        (("x", "--workflow", "night-check", "--input", f"word=@{tmp_path}/none.csv", *when), "cannot be read"),
    ):
        done = home.cli("schedules", "add", *words)
        assert (done.code in (2, 4), said in done.err, "Traceback" in done.err) == (True, True, False), done.err
    assert home.cli("schedules", "list", "--json").out == before


def test_run_now_and_its_runs(home: RunningService) -> None:
    """A run's id on stdout, and the same one in the list."""
    _added(home, "now", "[done]", "--cron", "0 0 1 1 *")
    started = home.cli("schedules", "run", "now", "--context", '{"order": 7}')
    assert started.code == 0, started.err
    assert started.out.strip() in home.cli("schedules", "runs", "now").out
    assert json.loads(home.cli("schedules", "runs", "now", "--json").out)[0]["trigger"] == "manual"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "One of --every, --cron and --at"),
        (("--every", "daily", "--cron", "* * * * *"), "One of --every, --cron and --at"),
        (("--at", "tomorrow"), "no time"),
        (("--every", "weekly", "--day", "someday"), "no day"),
        (("--cron", "0 0 30 2 *"), "day-of-month"),
        (("--every", "yearly"), "frequency"),
    ],
)
def test_what_makes_no_sense_is_said_in_two_sentences(home: RunningService, words: tuple[str, ...], said: str) -> None:
    """And nothing is made."""
    done = home.cli("schedules", "add", "x", "y", *words, "--zone", "UTC")
    assert done.code != 0
    assert said in done.err


def test_triggers_are_added_listed_and_deleted_and_a_call_is_signed(home: RunningService) -> None:
    """The secret is on stdout once; what `sign` prints is what curl sends."""
    _added(home, "called", "[done]", "--every", "monthly")
    made = home.cli("triggers", "add", "called")
    trigger, address, secret = (row.split()[-1] for row in made.out.splitlines())
    assert trigger.startswith("trg_")
    listed = home.cli("triggers", "list", "called").out
    assert trigger in listed
    assert address in listed
    assert secret not in listed
    _added(home, "after", "[done]", "--every", "monthly")
    assert home.cli("triggers", "add", "after", "--after", "called", "--event", "on_any").code == 0
    assert "on_any" in home.cli("triggers", "list", "after").out
    circle = home.cli("triggers", "add", "called", "--after", "after")
    assert (circle.code != 0, "follow itself" in circle.err) == (True, True)
    body = home.shell.home / "body.json"
    body.write_bytes(b'{"n": 1}')
    shell = Shell(home.shell.home)
    signed = shell("triggers", "sign", address, "--body", str(body), COASTY_DESK_WEBHOOK_SECRET=secret)
    words = shlex.split(signed.out)
    header = words[words.index("-H") + 1].partition(": ")
    assert words[-1] == address
    assert is_signed(secret, body.read_bytes(), header[2], time.time())
    assert "no secret in COASTY_DESK_WEBHOOK_SECRET" in shell("triggers", "sign", address).err
    assert home.cli("triggers", "delete", "called", trigger).code == 0
    assert trigger not in home.cli("triggers", "list", "called").out


def _with(tmp_path: Path, tool: str, *words: str) -> Result:
    """`serve` on a system that has this tool."""
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    (tools / tool).write_text("#!/bin/sh\n")
    (tools / tool).chmod(0o755)
    return Shell(tmp_path)("serve", *words, PATH=str(tools))


def test_a_user_service_is_written_told_and_taken_away(tmp_path: Path) -> None:
    """For systemd, with the options; what somebody else has written stays."""
    done = _with(tmp_path, "systemctl", "--install", "--provider", "offline", "--port", "9000")
    assert done.code == 0, done.err
    path = tmp_path / ".config" / "systemd" / "user" / "coasty-desk.service"
    text = path.read_text()
    assert '"serve" "--provider" "offline" "--port" "9000"' in text or '"--port" "9000"' in text
    assert str(path) in done.out
    assert text in done.out
    assert "systemctl --user enable --now coasty-desk.service" in done.out
    assert _with(tmp_path, "systemctl", "--uninstall").code == 0
    assert not path.exists()
    assert _with(tmp_path, "systemctl", "--uninstall").code == 2
    path.write_text("[Service]\nExecStart=/bin/true\n")
    for word in ("--install", "--uninstall"):
        refused = _with(tmp_path, "systemctl", word)
        assert (refused.code, "not written by this program" in refused.err) == (2, True)
    secret = _with(tmp_path, "systemctl", "--install", "--database", "postgresql://me:secret@host/db")
    assert (secret.code, "secret@" in secret.out + secret.err) == (2, False)


def test_an_agent_is_written_where_there_is_launchd(tmp_path: Path) -> None:
    """Well-formed."""
    done = _with(tmp_path, "launchctl", "--install", "--allow-host", "a&b")
    path = tmp_path / "Library" / "LaunchAgents" / "ai.coasty.desk.plist"
    assert done.code == 0, done.err
    words = [one.text for one in ET.fromstring(path.read_text()).iter("string")]  # noqa: S314 - our own
    assert words[-2:] == ["--allow-host", "a&b"]
    assert _with(tmp_path, "launchctl", "--uninstall").code == 0
    neither = Shell(tmp_path)("serve", "--install", PATH=str(tmp_path / "none"))
    assert (neither.code, "Neither systemd nor launchd" in neither.err) == (2, True)
