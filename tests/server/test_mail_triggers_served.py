"""Mails to a real service: by a mail server's LMTP, by SMTP, and from a mailbox, through its kills."""

from __future__ import annotations

import json
import smtplib
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.automation.test_mail_triggers import letter
from tests.cli.conftest import Shell
from tests.server.mail_servers import PASSWORD, dovecot
from tests.server.run_services import RunningService, running_service, until

DAILY = {"name": "mornings", "machine_id": "desktop", "task_prompt": "[done]", "frequency": "daily"}


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _fires(service: RunningService, schedule: str) -> list[Any]:
    found: list[Any] = service("GET", f"/schedules/{schedule}/runs").json["data"]
    return found


def _added(service: RunningService, **more: object) -> tuple[str, Any]:
    """A schedule, and its trigger for mails."""
    schedule = service("POST", "/schedules", DAILY).json["id"]
    answer = service("POST", f"/schedules/{schedule}/triggers", {"kind": "email", "email_label": "orders", **more})
    assert answer.status == 200, answer.body
    return schedule, answer.json


@pytest.mark.slow
def test_a_mail_server_of_this_machine_brings_mails(tmp_path: Path) -> None:
    """Over LMTP and SMTP: only to who is there, taken once it is written down, once through a kill; nothing of it in what is said."""
    port = _port()
    options = ("--provider", "script", "--mail-listen", f"127.0.0.1:{port}", "--mail-address", "@Desk.example")
    with running_service(tmp_path, "", *options) as service:
        schedule, trigger = _added(service, rate_limit_per_minute=3)
        to = trigger["email_address"]
        assert to.startswith("orders.")
        assert to.endswith("@desk.example")
        content = letter(to, "first").replace(b"\n", b"\r\n")
        with smtplib.LMTP("127.0.0.1", port) as door:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                door.sendmail("a@example.com", "nobody@desk.example", content)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                door.sendmail("a@example.com", to.replace("desk.example", "elsewhere.example"), content)
            door.sendmail("a@example.com", to, content)
        service.kill()
        service.start()
        with smtplib.SMTP("127.0.0.1", port) as door:
            door.sendmail("a@example.com", to, content)  # brought once more, as after an answer that was lost
            door.sendmail("a@example.com", to.upper(), letter(to, "second"))
            door.sendmail("", to, letter(to, "a report"))
            door.sendmail("a@example.com", to, letter(to, "a list's", List_Id="<x>"))
            door.sendmail("a@example.com", to, letter(to, "third"))
            door.sendmail("a@example.com", to, letter(to, "fourth"))
            with pytest.raises(smtplib.SMTPDataError, match="Too many mails"):
                door.sendmail("a@example.com", to, letter(to, "fifth"))
            with pytest.raises(smtplib.SMTPException):
                door.sendmail("a@example.com", to, letter(to, "x" * 1_100_000))
        assert (
            len(_fires(service, schedule)) == 4
        )  # of three a minute: the first was before the kill, which forgets them
        assert {one["trigger"] for one in _fires(service, schedule)} == {"email"}
        listed = service("GET", f"/schedules/{schedule}/triggers").json["data"]
        assert [one["email_address"] for one in listed] == [to]
        told = service("GET", "/triggers/email-mailbox").json
        assert (told["enabled"], told["address"], told["listens_at"]) == (True, "@desk.example", f"127.0.0.1:{port}")
        said = service.end()
    assert to.partition("@")[0] not in said
    assert "Traceback" not in said
    taken = Shell(tmp_path)("serve", "--port", "0", "--mail-listen", "0.0.0.0:2525")
    assert (taken.code, "a port of this machine alone" in taken.err) == (2, True)


@pytest.mark.slow
def test_a_mailbox_is_looked_into_through_kills(tmp_path: Path) -> None:
    """From the first look on; the password is in nothing, and the command line shows where mails go."""
    with dovecot() as mailbox:
        url = f"imap://me%40example.org@127.0.0.1:{mailbox.port}"
        options = ("--provider", "script", "--mailbox", url)
        refused = Shell(tmp_path)("serve", "--port", "0", "--mailbox", url)
        assert (refused.code, "COASTY_DESK_MAIL_PASSWORD" in refused.err) == (2, True)
        with running_service(tmp_path, "", *options, COASTY_DESK_MAIL_PASSWORD=PASSWORD) as service:
            looked = lambda: service("GET", "/triggers/email-mailbox").json["last_polled_at"]  # noqa: E731
            until(looked)
            service("POST", "/schedules", DAILY)
            added = service.cli("triggers", "add", "mornings", "--email", "orders")
            assert added.code == 0, added.err
            to = added.out.partition("address: ")[2].strip()
            assert to.startswith("me+orders.")
            mailbox.lay(letter(to))
            for _ in range(2):
                service.kill()
                service.start()
                until(looked)
            schedule = service("GET", "/schedules").json["data"][0]["id"]
            assert [one["trigger"] for one in _fires(service, schedule)] == ["email"]
            shown = service.cli("triggers", "mailbox")
            assert (shown.code, "me@example.org" in shown.out) == (0, True)
            assert json.loads(service.cli("triggers", "mailbox", "--json").out)["error"] is None
            assert to in service.cli("triggers", "list", "mornings").out
            said = service.end()
        kept = [path.read_bytes() for path in service.data.rglob("*") if path.is_file()]
        assert PASSWORD not in said
        assert not any(PASSWORD.encode() in each for each in kept)


def test_without_mails_there_are_no_addresses(tmp_path: Path) -> None:
    """It is said how to have them; and a label that makes too long an address is refused."""
    with running_service(tmp_path, "", "--provider", "script") as service:
        schedule = service("POST", "/schedules", DAILY).json["id"]
        refused = service("POST", f"/schedules/{schedule}/triggers", {"kind": "email"})
        assert (refused.code, "--mailbox" in refused.json["error"]["suggestion"]) == ("FEATURE_NOT_AVAILABLE", True)
        assert service("GET", "/triggers/email-mailbox").json["enabled"] is False
        shown = service.cli("triggers", "mailbox")
        assert (shown.code, "Mails fire nothing here" in shown.out) == (0, True)
