"""`sessions` and `runs delete` from outside: what a killed run left open is named with its run, and closed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Shell, service
from tests.stub_service import DroppedError, Fault, Request, Response, Service, click, error, go, held, saying, serving

RUN = ("run", "--json", "--yes", "--dry-run", "--max-steps", "9", "--settle", "0", "click all over")


def started(shell: Shell, display: str, url: str) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", *RUN],
        env=shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url},
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def going_on(shell: Shell, display: str, stand_in: Service, url: str) -> Iterator[str]:
    """The id of a run that has opened a session and waits for its second answer; killed at the end."""
    stand_in.plan("predict", None, held(60))
    with started(shell, display, url) as process:
        try:
            with stand_in.arrived:
                assert stand_in.arrived.wait_for(lambda: len(stand_in.posts("predict")) == 2, 60)
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["run_id"]
        finally:
            process.kill()


def killed(shell: Shell, display: str, stand_in: Service, url: str) -> str:
    """The id of a run that was killed with a session open."""
    with going_on(shell, display, stand_in, url) as run_id:
        pass
    assert list(stand_in.sessions) == ["ses_1"]
    return run_id


def test_what_a_killed_run_left_open_is_listed_with_its_run_and_closed(shell: Shell, display: str) -> None:
    """By `list`, `show` and `delete`, as lines and as JSON; afterwards nothing is open."""
    with service(go(click(5, 5))) as (stand_in, url):
        run_id = killed(shell, display, stand_in, url)
        listed = shell("sessions", "list", COASTY_BASE_URL=url)
        assert listed.code == 0
        head, row = listed.out.splitlines()
        assert head.split() == ["SESSION", "OPENED", "EXPIRES", "STEPS", "COST", "RUN"]
        assert row.split() == ["ses_1", "2026-11-26T04:00:00Z", "2026-11-26T06:00:00Z", "2", "$0.18", run_id]
        (told,) = json.loads(shell("sessions", "list", "--json", COASTY_BASE_URL=url).out)
        assert (told["session_id"], told["run_id"], told["going_on"]) == ("ses_1", run_id, False)
        assert f"run            {run_id}" in shell("sessions", "show", "ses_1", COASTY_BASE_URL=url).out
        gone = shell("sessions", "delete", "ses_1", COASTY_BASE_URL=url)
        assert (gone.code, gone.out) == (0, f"Closed ses_1 ({run_id}).\n")
        assert stand_in.deleted == ["ses_1"]
        assert "No session is open" in shell("sessions", "list", COASTY_BASE_URL=url).out


def test_all_closes_every_session_but_that_of_a_run_that_goes_on(shell: Shell, display: str) -> None:
    """Also those of no run that is recorded here; the run is not pulled away from under a person."""
    with service(go(click(5, 5))) as (stand_in, url), going_on(shell, display, stand_in, url):
        stand_in.sessions["ses_other"] = stand_in.sessions["ses_1"]
        one = shell("sessions", "delete", "ses_1", COASTY_BASE_URL=url)
        assert (one.code, one.out) == (2, "")
        assert "going on" in one.err
        result = shell("sessions", "delete", "--all", "--json", COASTY_BASE_URL=url)
        assert result.code == 0
        assert json.loads(result.out) == {"closed": ["ses_other"], "left": ["ses_1"]}
        assert "1 session of a run that is going on here stayed open" in result.err


@pytest.mark.parametrize("arguments", [("delete",), ("delete", "x", "--all"), ("delete", "../models"), ("show", "a b")])
def test_what_names_no_session_is_wrong_usage(shell: Shell, arguments: tuple[str, ...]) -> None:
    """And nothing is asked of the service."""
    with service() as (stand_in, url):
        assert shell("sessions", *arguments, COASTY_BASE_URL=url).code == 2
        assert stand_in.requests == []


@pytest.mark.parametrize("verb", ["show", "delete"])
def test_a_session_that_is_not_open_is_said_and_exit_four(shell: Shell, verb: str) -> None:
    """A misspelt id is no success."""
    with service() as (_, url):
        result = shell("sessions", verb, "ses_9", COASTY_BASE_URL=url)
        assert (result.code, result.out) == (4, "")
        assert "No session ses_9 is open" in result.err


def test_deleting_a_run_closes_what_it_left_open(shell: Shell, display: str) -> None:
    """First the session, then the record, and both are said."""
    with service(go(click(5, 5))) as (stand_in, url):
        run_id = killed(shell, display, stand_in, url)
        result = shell("runs", "delete", run_id, COASTY_BASE_URL=url)
        assert (result.code, result.out) == (0, f"Closed the session ses_1.\nDeleted {run_id}.\n")
        assert stand_in.deleted == ["ses_1"]
        assert not (shell.data / "runs" / run_id).exists()


def test_a_session_whose_opening_was_not_answered_any_more_is_closed_too(shell: Shell, display: str) -> None:
    """The journal does not know it; the kept request does."""
    running: list[subprocess.Popen[str]] = []

    def opened_and_killed(request: Request, proceed: object) -> Response:
        assert callable(proceed)
        proceed(request)
        running[0].kill()
        raise DroppedError

    fault: Fault = opened_and_killed
    with service(go(click(5, 5))) as (stand_in, url):
        stand_in.plan("session", fault)
        running.append(started(shell, display, url))
        running[0].communicate(timeout=60)
        (run,) = json.loads(shell("runs", "list", "--json").out)
        assert (run["status"], list(stand_in.sessions)) == ("interrupted", ["ses_1"])
        assert "Closed the session ses_1." in shell("runs", "delete", "last", COASTY_BASE_URL=url).out
        assert stand_in.deleted == ["ses_1"]


def test_a_session_that_cannot_be_closed_keeps_the_record(shell: Shell, display: str) -> None:
    """With the way to delete it all the same; a run that ended needs no service at all."""
    with service(go(click(5, 5))) as (stand_in, url):
        run_id = killed(shell, display, stand_in, url)
        stand_in.plan("DELETE /v1/sessions/ses_1", saying(error(503, "SERVICE_UNAVAILABLE")))
        result = shell("runs", "delete", run_id, COASTY_BASE_URL=url)
        assert (result.code, result.out) == (4, "")
        assert "its record was kept" in result.err
        assert "--record-only" in result.err
        assert shell("runs", "delete", "--record-only", run_id, COASTY_BASE_URL=url).code == 0
        assert stand_in.deleted == []
    with serving(Service()) as url:
        shell(*RUN, DISPLAY=display, COASTY_BASE_URL=url)
    assert shell("runs", "delete", "last", COASTY_BASE_URL=url, COASTY_API_KEY="").code == 0


def test_the_balance_is_shown_where_the_key_may_ask_for_it(shell: Shell) -> None:
    """And why it is not, where it may not: that is no error."""
    with service() as (stand_in, url):
        result = shell("auth", "status", COASTY_BASE_URL=url)
        assert result.code == 0
        assert "not known: the key lacks the scope usage" in result.out
        stand_in.scopes.add("usage")
        assert "$12.34 left" in shell("auth", "status", COASTY_BASE_URL=url).out
        assert json.loads(shell("auth", "status", "--json", COASTY_BASE_URL=url).out)["cents_left"] == 1234


def test_a_key_that_may_open_no_session_fails_in_doctor(shell: Shell, display: str) -> None:
    """Before a run finds out; nothing is charged for it. What is open is told."""
    with service() as (stand_in, url):
        result = shell("doctor", DISPLAY=display, COASTY_BASE_URL=url)
        assert result.code == 0
        assert "0 are open" in result.out
        stand_in.scopes.remove("session")
        result = shell("doctor", DISPLAY=display, COASTY_BASE_URL=url)
        assert result.code == 4
        assert "FAIL  sessions" in result.out
        assert "lacks the scope session" in result.out
        assert stand_in.charged == 0
