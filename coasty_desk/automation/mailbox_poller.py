"""A mailbox that is looked into now and then: what has come for triggers fires them; nothing else of it is read, and nothing is changed.

The mailbox is opened read-only. Of each new mail only the headers that name whom it is for are asked for first; the whole only of one that is
for a trigger. Which number was read last is kept: after a kill the same mail is met once more, and known. A mail to an address that has had
too many within a minute waits for a later look, and holds up none behind it to others.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.automation import mail_message
from coasty_desk.automation.mail_message import LARGEST, MOST_HEADERS, TO, UnreadableMailError
from coasty_desk.automation.schedule_row import MailboxRow
from coasty_desk.automation.trigger_service import TooOftenError, TriggerService
from coasty_desk.core.errors import UsageError
from coasty_desk.core.mail_places import MailboxPlace, word_of
from coasty_desk.guard import secret_sources

if TYPE_CHECKING:
    from coasty_desk.automation.schedule_store import ScheduleStore

INTERVAL = 30.0
"""Seconds between two looks."""

LONGEST_PAUSE = 900.0
"""Seconds between two looks at a server that is away: twice as long after each."""

PATIENCE = 20.0
"""Seconds in which a server must say something."""

MOST_AT_ONCE = 200
"""Mails that are looked at before the place is kept."""

MOST_AHEAD = 10_000
"""Mails that are looked at beyond the first that waits."""

_NUMBERS = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """What is wrong with it, in a sentence without its password."""


def password(source: str, environment: Mapping[str, str]) -> str:
    """Of `env:VARIABLE` or `keyring:SERVICE/USER`. Raises UsageError where there is none; it is in nothing that is said."""
    return secret_sources.read([f"MAILBOX={source}"], environment).filled("{{secret:MAILBOX}}")


class MailboxState(Struct, frozen=True):
    """What the last look came to: when, in seconds since the epoch, and what was wrong; both None before the first."""

    looked_at: float | None = None
    error: str | None = None


class MailboxPoller:
    """Looks into one in a thread of its own. `password` is asked for at each look, and may raise UsageError."""

    def __init__(
        self,
        place: MailboxPlace,
        password: Callable[[], str],
        triggers: TriggerService,
        store: ScheduleStore,
        interval: float = INTERVAL,
    ) -> None:
        self.state = MailboxState()
        self._place, self._password, self._triggers, self._store = place, password, triggers, store
        self._interval = interval
        self._ending = threading.Event()
        self._ahead: dict[int, tuple[str, ...]] = {}
        """From the first mail on that waits: the words of the triggers that each has still to fire."""
        self._connection: imaplib.IMAP4 | None = None

    def begin(self) -> None:
        """Look now and then from now on."""
        threading.Thread(target=self._look_on, name="coasty-desk mailbox", daemon=True).start()

    def close(self) -> None:
        """Look no more, at once."""
        self._ending.set()
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _look_on(self) -> None:
        pause = self._interval
        while not self._ending.wait(0 if self.state.looked_at is None else pause):
            try:
                if self._store.has_addresses() or self._store.mailbox(self._place.name) is None:
                    self.look()
                self.state = MailboxState(time.time())
                pause = self._interval
            except Exception as error:  # noqa: BLE001 - of a server, a network or a database: it is looked again
                self.state = MailboxState(time.time(), _said(error))
                pause = min(LONGEST_PAUSE, 2 * pause)

    def look(self) -> None:
        """Have what has come since the last look fire. Raises MailboxError, OSError, and what the database does."""
        password = self._password()
        connection = self._connection = self._connected()
        try:
            self._log_in(connection, password)
            self._read(connection)
        finally:
            self._connection = None
            with suppress(OSError, imaplib.IMAP4.error):
                connection.logout()
            with suppress(OSError):
                connection.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        place = self._place
        if not place.secure:
            return imaplib.IMAP4(place.host, place.port, timeout=PATIENCE)
        return imaplib.IMAP4_SSL(place.host, place.port, ssl_context=ssl.create_default_context(), timeout=PATIENCE)

    def _log_in(self, connection: imaplib.IMAP4, password: str) -> None:
        user = self._place.user
        try:
            if "AUTH=PLAIN" in connection.capabilities:
                connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                connection.login(_in_quotes(user), password)
        except imaplib.IMAP4.abort:  # it has broken off
            raise
        except UnicodeEncodeError as error:
            message = "The mail server takes no password with other letters than a to z, digits and signs."
            raise MailboxError(message) from error
        except imaplib.IMAP4.error as error:
            message = "The mail server does not accept the user or the password."
            raise MailboxError(message) from error

    def _read(self, connection: imaplib.IMAP4) -> None:
        if connection.select(f'"{self._place.folder}"', readonly=True)[0] != "OK":
            message = "The mail server has no such folder."
            raise MailboxError(message)
        validity = _number(connection.response("UIDVALIDITY")[1])
        following = _number(connection.response("UIDNEXT")[1])
        kept = self._store.mailbox(self._place.name)
        if kept is None:  # what came before has nothing to do with us
            self._keep(validity, following - 1)
            return
        if kept.validity == validity:
            last = kept.last_uid
            numbers = self._found(connection, f"UID {last + 1}:*", last)
        else:  # the numbers mean others now: all of the last days, of which most are known
            since = time.strftime("%d-%b-%Y", time.gmtime(kept.looked_at - 2 * 86_400))
            numbers = self._found(connection, f"SINCE {since}", 0)
            # not from the first of all: of what is old it may be forgotten that it has fired
            last = numbers[0] - 1 if numbers else following - 1
            self._ahead.clear()
        self._keep(validity, self._take_all(connection, numbers, validity, last))

    def _take_all(self, connection: imaplib.IMAP4, numbers: list[int], validity: int, last: int) -> int:
        """The number up to which nothing is left to do; `last` was it before."""
        full, held = set[str](), False
        for count, number in enumerate(numbers, 1):
            if self._ending.is_set() or len(self._ahead) > MOST_AHEAD:
                break
            waits = self._ahead.get(number)
            if waits is None or any(word not in full for word in waits):
                waits = self._take(connection, number, full)
            held = held or bool(waits)
            if held:
                self._ahead[number] = waits
                continue
            self._ahead.pop(number, None)
            last = number
            if count % MOST_AT_ONCE == 0:
                self._keep(validity, last)
        return last

    def _keep(self, validity: int, last: int) -> None:
        self._store.keep_mailbox(MailboxRow(self._place.name, validity, last, time.time()))

    def _found(self, connection: imaplib.IMAP4, criterion: str, after: int) -> list[int]:
        kind, found = connection.uid("SEARCH", criterion)
        if kind != "OK":
            message = "The mail server does not search."
            raise MailboxError(message)
        words = (found[0] or b"").split() if found else []
        return sorted(int(word) for word in words if word.isdigit() and int(word) > after)

    def _take(self, connection: imaplib.IMAP4, number: int, full: set[str]) -> tuple[str, ...]:
        """The words of those that it has still to fire; `full` gets those that have fired too often just now."""
        wanted = f"(RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(TO).upper()})]<0.{MOST_HEADERS}>)"
        answer = list(_literals(connection.uid("FETCH", str(number), wanted)[1]))
        if not answer:  # it is gone
            return ()
        told, head = answer[0]
        size = _SIZE.search(told)
        with suppress(UnreadableMailError):
            locals_ = mail_message.read(head + b"\r\n").recipients
            ours = tuple(word_of(one) for one in locals_ if self._triggers.is_address(one))
            if not ours or size is None or int(size[1]) > LARGEST:
                return ()
            if full.issuperset(ours):
                return ours
            whole = next(_literals(connection.uid("FETCH", str(number), "(BODY.PEEK[])")[1]), (b"", b""))[1]
            mail = mail_message.read(whole)
            for word in ours:
                try:
                    self._triggers.mailed(word, mail)
                except TooOftenError:
                    full.add(word)
            return tuple(word for word in ours if word in full)
        return ()


def _in_quotes(user: str) -> str:
    """As a command has it: the library does that for the password alone."""
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literals(answer: object) -> Iterator[tuple[bytes, bytes]]:
    """Of what the library makes of a FETCH: what was said before each literal, and the literal."""
    for part in answer if isinstance(answer, list) else ():
        if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], bytes) and isinstance(part[1], bytes):
            yield part


def _number(answer: object) -> int:
    """Raises MailboxError."""
    word = answer[0] if isinstance(answer, list) and answer else None
    if not isinstance(word, bytes) or not word.isdigit():
        message = "The mail server does not number its mails, which is needed to know them again."
        raise MailboxError(message)
    return int(word)


def _said(error: Exception) -> str:
    match error:
        case MailboxError() | UsageError():
            return str(error)
        case ssl.SSLCertVerificationError():
            return "The mail server's certificate is not one that this computer trusts."
        case TimeoutError():
            return "The mail server does not answer in time."
        case OSError() | imaplib.IMAP4.error():
            return "The mail server cannot be reached, or has broken off."
        case _:
            return "The service's own database does not answer."
