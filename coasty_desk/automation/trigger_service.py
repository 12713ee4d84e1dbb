"""What has schedules fire besides time: a signed call from outside, a mail, and another schedule that has ended."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import uuid
from base64 import b64decode, b64encode
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from msgspec import Struct

from coasty_desk.automation.quoted_context import quoted
from coasty_desk.automation.schedule_row import DEEPEST_CHAIN, ChainEvent, FireRow, ScheduleRow, TriggerKind, TriggerRow
from coasty_desk.automation.schedule_service import NoScheduleError, ScheduleService, fire_id_of
from coasty_desk.automation.webhook_signature import is_signed
from coasty_desk.core.mail_places import is_word, new_word, word_of
from coasty_desk.schedules.chain_rules import longest_chain
from coasty_desk.schedules.schedule_rule import RuleError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.mail_message import TriggerMail

REPEATED = 60.0
"""Seconds in which a call with the very same body is taken for the same one."""

MINUTE = 60.0
MOST_TRIGGERS = 50
"""Of one schedule."""

MOST_COUNTED = 10_000
"""Webhooks whose calls are counted at a time."""

_IDS = uuid.UUID("b5b34a0e-5a6b-4a55-8e36-0f1f8b0c7d52")


class NoTriggerError(Exception):
    """There is no such trigger, or no such webhook."""


class TooManyTriggersError(Exception):
    """The schedule has so many that no more are taken."""


class UnsignedError(Exception):
    """The call was not signed with the trigger's secret just now."""


class TooOftenError(Exception):
    """The webhook was called too often; it may be again in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class SecretSeal(Protocol):
    """Closes what may not be read in the database, and opens it."""

    def close(self, name: str, content: bytes) -> bytes:
        """Seal it; `name` must be used once."""

    def open(self, name: str, sealed: bytes) -> bytes:
        """What was sealed by that name. Raises ValueError."""


class NewTrigger(Struct, frozen=True, kw_only=True):
    """What is asked for."""

    kind: TriggerKind
    enabled: bool = True
    rate: int = 60
    source_schedule_id: str | None = None
    event: ChainEvent = "on_complete"
    pass_output: bool = True
    label: str = ""
    """What a mail's address begins with."""


MailOutcome: TypeAlias = Literal["fired", "known", "off", "automatic", "stranger"]
"""What came of a mail: a time was written down, or had been; the trigger or its schedule does not fire; a program has sent it; it is nobody's."""


class HookOutcome(Struct, frozen=True):
    """What came of a webhook's call: the fire that it has made or would have made again; None where the schedule does not fire now."""

    schedule_id: str
    fire: FireRow | None
    deduplicated: bool = False
    why: str = ""


class CallRate:
    """How often each webhook was called within the last minute. In memory: it is there to keep load off."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._keeping = threading.Lock()

    def count(self, webhook_id: str, most: int) -> None:
        """One more call. Raises TooOftenError where there were so many; that one is not counted."""
        now = self._clock()
        with self._keeping:
            calls = self._calls.setdefault(webhook_id, deque())
            self._calls.move_to_end(webhook_id)
            while len(self._calls) > MOST_COUNTED:
                self._calls.popitem(last=False)
            while calls and now - calls[0] >= MINUTE:
                calls.popleft()
            if len(calls) >= most:
                raise TooOftenError(MINUTE - (now - calls[0]))
            calls.append(now)


class TriggerService:
    """Of one service's schedules; from any thread. `clock`: seconds since the epoch."""

    def __init__(
        self,
        schedules: ScheduleService,
        seal: SecretSeal,
        clock: Callable[[], float] = time.time,
        rate: CallRate | None = None,
    ) -> None:
        self._schedules, self._store, self._seal, self._clock = schedules, schedules.store, seal, clock
        self._rate = rate or CallRate()

    def add(self, schedule_id: str, asked: NewTrigger, operation_id: str = "") -> tuple[TriggerRow, str]:
        """A new one, and its secret; the same ones again for the same operation. Raises NoScheduleError, RuleError, TooManyTriggersError."""
        name = uuid.uuid5(_IDS, operation_id) if operation_id else uuid.uuid4()
        trigger_id, webhook_id = f"trg_{name.hex}", None
        known = self._store.trigger(trigger_id) if operation_id else None
        if known is not None:
            return known, self._opened(known)
        secret = ""
        if asked.kind == "webhook":
            webhook_id, secret = f"whk_{secrets.token_hex(16)}", f"whsec_{secrets.token_hex(32)}"
        row = TriggerRow(
            id=trigger_id,
            schedule_id=schedule_id,
            kind=asked.kind,
            created_at=self._clock(),
            enabled=asked.enabled,
            rate=asked.rate,
            webhook_id=webhook_id,
            secret=self._closed(trigger_id, webhook_id, secret),
            source_schedule_id=asked.source_schedule_id,
            event=asked.event if asked.kind == "chain" else None,
            pass_output=asked.pass_output,
            address=new_word(asked.label) if asked.kind == "email" else None,
        )
        with self._store.storage.transaction() as connection:
            if self._store.one(connection, schedule_id) is None:
                raise NoScheduleError
            if asked.kind == "chain":
                self._demand_chain(connection, row)
            if self._store.count_triggers(connection, schedule_id) >= MOST_TRIGGERS:
                raise TooManyTriggersError
            self._store.add_trigger(connection, row)
        kept = self._store.trigger(trigger_id)
        if kept is None:
            raise NoScheduleError
        return kept, self._opened(kept)

    def all(self, schedule_id: str) -> list[TriggerRow]:
        """Those of a schedule, the oldest first. Raises NoScheduleError."""
        self._schedules.get(schedule_id)
        return self._store.triggers(schedule_id)

    def delete(self, schedule_id: str, trigger_id: str) -> None:
        """It is there no more. Raises NoScheduleError, NoTriggerError."""
        self._schedules.get(schedule_id)
        if not self._store.delete_trigger(schedule_id, trigger_id):
            raise NoTriggerError

    def called(self, webhook_id: str, signature: str, body: bytes) -> HookOutcome:
        """Somebody has called the webhook. Raises NoTriggerError, UnsignedError, TooOftenError, in this order."""
        row = self._store.of_webhook(webhook_id)
        if row is None:
            raise NoTriggerError
        now = self._clock()
        secret = self._opened(row)
        if not secret or not is_signed(secret, body, signature, now):
            raise UnsignedError
        self._rate.count(webhook_id, row.rate)
        digest = hashlib.sha256(body).hexdigest()
        context = quoted("the body of a webhook call", body.decode("utf-8", "replace"))
        operation = f"webhook {row.id} {uuid.uuid4()}"
        with self._store.storage.transaction() as connection:
            schedule = self._store.one(connection, row.schedule_id)
            why = _why_not(row, schedule)
            if schedule is None or why:
                return HookOutcome(row.schedule_id, None, why=why)
            own = fire_id_of(schedule, operation)
            first = self._store.first_call(connection, webhook_id, digest, own, now, REPEATED)
            if first != own:
                return HookOutcome(row.schedule_id, self._store.one_fire(connection, first), deduplicated=True)
            fire = self._schedules.fired(connection, schedule, operation, "webhook", context=context)
        return HookOutcome(row.schedule_id, self._schedules.started(fire))

    def is_address(self, local: str) -> bool:
        """Whether mails are for a trigger in whose address that stands before the `@`."""
        word = word_of(local)
        return is_word(word) and self._store.of_address(word) is not None

    def mailed(self, local: str, mail: TriggerMail) -> MailOutcome:
        """A mail has come to such an address: it fires once, however often it comes. Raises TooOftenError."""
        row = self._store.of_address(word_of(local))
        if row is None or mail.automatic:
            return "stranger" if row is None else "automatic"
        context = quoted("a mail to this schedule's address", mail.told)
        with self._store.storage.transaction() as connection:
            schedule = self._store.one(connection, row.schedule_id)
            if schedule is None or _why_not(row, schedule):
                return "off"
            operation = f"mail {row.id} {mail.digest}"
            if self._store.one_fire(connection, fire_id_of(schedule, operation)) is not None:
                return "known"
            self._rate.count(row.id, row.rate)
            fire = self._schedules.fired(connection, schedule, operation, "email", context=context)
        self._schedules.started(fire)
        return "fired"

    def _demand_chain(self, connection: Connection, row: TriggerRow) -> None:
        """Raise RuleError for what has nothing to follow, leads back to itself, or is too long."""
        place = "source_schedule_id"
        if row.source_schedule_id is None:
            words = "a chain needs one"
            raise RuleError(words, place)
        if self._store.one(connection, row.source_schedule_id) is None:
            words = "there is no such schedule"
            raise RuleError(words, place)
        links = [(one.source_schedule_id or "", one.schedule_id) for one in self._store.chains(connection)]
        length = longest_chain([*links, (row.source_schedule_id, row.schedule_id)])
        if length is None:
            words = "the schedule would follow itself"
            raise RuleError(words, place)
        if length > DEEPEST_CHAIN:
            words = f"more than {DEEPEST_CHAIN} schedules would follow one another"
            raise RuleError(words, place)

    def _closed(self, trigger_id: str, webhook_id: str | None, secret: str) -> str:
        name = _name(trigger_id, webhook_id)
        return b64encode(self._seal.close(name, secret.encode())).decode() if secret else ""

    def _opened(self, row: TriggerRow) -> str:
        """Empty where it has none, or where it was sealed by another host."""
        try:
            return self._seal.open(_name(row.id, row.webhook_id), b64decode(row.secret)).decode() if row.secret else ""
        except ValueError:
            return ""


def _name(trigger_id: str, webhook_id: str | None) -> str:
    return f"secret of {trigger_id} {webhook_id}"  # the second is drawn anew each time


def _why_not(trigger: TriggerRow, schedule: ScheduleRow | None) -> str:
    if schedule is None or not trigger.enabled:
        return "The trigger is not enabled: nothing was started."
    return "" if schedule.enabled else "The schedule is paused: nothing was started."
