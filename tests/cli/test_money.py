"""What a run may cost, from outside: the question before it, the caps on it, the bill and the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coasty_desk.record.spending import LEDGER
from tests.cli.conftest import Shell, service
from tests.desktop.xvfb import xvfb
from tests.stub_service import KEY, SANDBOX_KEY, click, expired, go, held

SCRIPT = [go(click(10 + 9 * n, 20)) for n in range(9)]


def test_the_first_run_that_costs_asks_and_nobody_means_no(shell: Shell, display: str) -> None:
    """Without a terminal, --yes, --budget or a test key nothing is started, and the worst case is named."""
    (shell.data / LEDGER).unlink()
    with service() as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        refused = shell("run", "--max-steps", "25", "click", **where)
        assert refused.code == 2
        assert "$2.48" in refused.err
        assert "--yes" in refused.err
        assert stand_in.requests == []
        assert shell("run", "click", **where, COASTY_API_KEY=KEY.replace("live", "test")).code == 4
        assert shell("run", "--budget", "14", "click", **where).code == 0
        assert shell("run", "click", **where).code == 2
        assert shell("run", "--max-steps", "1", "click", **where).code == 0


def test_what_was_agreed_is_an_amount(shell: Shell, display: str) -> None:
    """Safety sentence: a yes to $2.48 starts no run of $29.98; whoever has paid before has agreed to the usual run."""
    with service() as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "click", **where).code == 0
        asked = len(stand_in.requests)
        for dearer, price in (
            (("--max-steps", "300"), "$29.98"),
            (("--memory", "8"), "$4.38"),
            (("--cua-version", "v1"), "$3.23"),
            (("--max-size", "1920x1080"), "$3.42"),
        ):
            refused = shell("run", *dearer, "click", **where)
            assert (refused.code, price in refused.err, "$2.48" in refused.err) == (2, True, True)
        assert len(stand_in.requests) == asked
        assert shell("run", "--yes", "--max-steps", "300", "click", **where).code == 0
        assert shell("run", "--max-steps", "299", "click", **where).code == 0
        assert shell("run", "--max-steps", "301", "click", **where).code == 2


def test_the_header_says_what_it_costs_at_most(shell: Shell, display: str) -> None:
    """With a budget, the budget."""
    with service() as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert "at most 25 steps, at most $2.48" in shell("run", "click", **where).out
        for budget in ("50", "700"):
            said = shell("run", "--budget", budget, "click", **where).out
            assert f"at most 25 steps, at most ${int(budget) / 100:.2f}" in said


def test_sessions_that_expire_stay_within_the_promise(shell: Shell, display: str) -> None:
    """Safety sentence: "at most" is a cap; each new session says its price, and the run ends before it would cost more."""
    with service(*SCRIPT) as (stand_in, url):
        stand_in.plan("predict", None, *[expired, None] * 9)
        result = shell("run", "--max-steps", "4", "click", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 3
    assert "at most $0.38" in result.out
    assert 14 < stand_in.charged <= 38
    assert result.out.count("a new session: $0.10") == sum(charge.what == "session" for charge in stand_in.charges)
    assert "$0.38" not in result.err
    assert "--budget" in result.err


def test_a_days_cap_holds_for_a_session_that_is_opened_anew(shell: Shell, display: str) -> None:
    """It was asked for the step alone."""
    (shell.home / "coasty-desk.toml").write_text("[limits]\ndaily_cents = 22\n")
    with service(*SCRIPT) as (stand_in, url):
        stand_in.plan("predict", None, expired)
        result = shell("run", "--json", "click", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.of("run_ended")[0]["reason"] == "budget"
    assert stand_in.charged == 14


def test_a_sandbox_key_costs_nothing(shell: Shell, display: str) -> None:
    """Its worst case is 0: nobody is asked, no budget is in the way, and the bill says so."""
    (shell.data / LEDGER).unlink()
    with service(*SCRIPT) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url, "COASTY_API_KEY": SANDBOX_KEY}
        result = shell("run", "--json", "--max-steps", "3", "--budget", "0", "click", **where)
        assert "at most $0.00" in shell("run", "--max-steps", "1", "click", **where).out
    assert (result.code, result.of("run_ended")[0]["reason"], result.of("run_ended")[0]["steps"]) == (3, "max_steps", 3)
    assert result.of("run_started")[0]["estimate"] == 0
    assert {event["worst_case_cents"] for event in result.of("observed")} == {0}
    assert stand_in.charged == 0
    assert "sandbox" in shell("cost", **where).out
    assert "sandbox" not in shell("cost").out


@pytest.mark.parametrize(("budget", "bought"), [(9, 0), (13, 0), (14, 1), (28, 3)])
def test_a_budget_is_kept_to_the_cent(shell: Shell, display: str, budget: int, bought: int) -> None:
    """It is checked before the session is opened and before each step."""
    with service(*SCRIPT) as (stand_in, url):
        result = shell("run", "--json", "--budget", str(budget), "click", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 3
    end = result.of("run_ended")[0]
    assert (end["reason"], end["steps"]) == ("budget", bought)
    assert stand_in.paid_for == bought
    assert end["cost_cents"] == stand_in.charged == (budget if bought else 0)


def test_a_days_cap_holds_over_its_runs(shell: Shell, display: str) -> None:
    """What the first run has spent is not there for the second."""
    (shell.home / "coasty-desk.toml").write_text("[limits]\ndaily_cents = 30\n")
    with service(*SCRIPT) as (stand_in, url):
        for limit, reason in (("2", "max_steps"), ("9", "budget")):
            result = shell("run", "--json", "--max-steps", limit, "click", DISPLAY=display, COASTY_BASE_URL=url)
            assert result.of("run_ended")[0]["reason"] == reason
    assert stand_in.charged == 20
    month = f"{datetime.now(UTC).astimezone():%Y-%m}"
    assert json.loads(shell("cost", "--spent", "--json").out)["by_month"] == {month: 20, "2026-01": 4}
    assert "$0.20" in shell("cost", "--spent").out


def test_a_days_cap_holds_for_runs_at_once(shell: Shell, display: str) -> None:
    """Safety sentence: two runs on two displays spend no more than the day has, though each alone would have had enough."""
    (shell.home / "coasty-desk.toml").write_text("[limits]\ndaily_cents = 20\n")
    with service(*SCRIPT) as (stand_in, url), xvfb(1280, 720) as other:
        stand_in.plan("session", held(1.0), held(1.0))
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "coasty_desk", "run", "--json", "click"],
                env=shell.environment | {"DISPLAY": name, "COASTY_BASE_URL": url},
                cwd=shell.home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in (display, other)
        ]
        ends = [json.loads(run.communicate(timeout=60)[0].splitlines()[-1]) for run in runs]
    assert {end["reason"] for end in ends} == {"budget"}
    assert 14 <= stand_in.charged <= 20
    assert stand_in.charged == sum(end["cost_cents"] for end in ends)
    told = json.loads(shell("cost", "--spent", "--json").out)
    assert (sum(told["by_day"].values()), told["reserved_cents"]) == (stand_in.charged + 4, 0)


def test_the_bill_is_itemised(shell: Shell) -> None:
    """Every line, their sum, and what would be cheaper with the memory kept."""
    said = shell("cost", "--steps", "10", "--max-size", "1920x1080").out
    assert "$1.32" in said
    assert "--max-size 1280x720 would save 34 cents" in said
    bill = json.loads(shell("cost", "--steps", "25", "--memory", "8", "--cua-version", "v1", "--json").out)
    assert bill["total_cents"] == sum(item["cents"] for item in bill["items"]) == 438 + 75
    assert bill["cheapest_cents"] == 438


def test_without_a_record_nothing_is_kept(shell: Shell, display: str) -> None:
    """No journal, no picture, no line of what it cost; so a live key is asked about every time."""
    for path in shell.data.iterdir():
        path.unlink()
    with service() as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "--no-record", "--yes", "click", **where).code == 0
        assert [path for path in shell.home.rglob("*") if path.is_file()] == []
        assert shell("run", "--no-record", "click", **where).code == 2


def test_old_runs_make_room_for_new_ones(shell: Shell, display: str) -> None:
    """After a run, and never that run itself."""
    config = shell.home / ".config" / "coasty-desk" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[record]\nkeep_mb = 0\n")
    with service() as (_, url):
        for _ in range(2):
            assert shell("run", "click", DISPLAY=display, COASTY_BASE_URL=url).code == 0
    assert len(json.loads(shell("runs", "list", "--json").out)) == 1


def test_the_key_is_nowhere_on_the_disk(shell: Shell, display: str) -> None:
    """Not in the journal, the pictures, the ledger, nor in what was printed, though the service repeats it."""
    script: dict[str, object] = {"status": "done", "actions": [], "reasoning": f"the key is {KEY}", "request_id": KEY}
    with service(script) as (_, url):
        result = shell("run", "--json", "click", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 0
    assert KEY not in result.out + result.err
    written = [path for path in Path(shell.home).rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
