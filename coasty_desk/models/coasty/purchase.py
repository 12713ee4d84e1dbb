"""One purchase, carried through whatever comes between: one key, the same bytes, an answer or a clear error."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Generator
from typing import TypeAlias
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.errors import Aborted
from coasty_desk.core.ports import Retry
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty import retry
from coasty_desk.models.coasty.http import TIMEOUT, Connection
from coasty_desk.models.coasty.outbox import Outbox
from coasty_desk.models.coasty.remedies import as_error
from coasty_desk.models.transport.transport import NO_ANSWER, Reply, Sending, UnansweredError
from coasty_desk.wire import error_envelope
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import UnreadableError, number_in, parse_json
from coasty_desk.wire.open_purchase import Posted
from coasty_desk.wire.predictions import charged

Around: TypeAlias = Callable[[Callable[[], Reply], str], Reply]
"""Does a sending, of a request by this key, in the thread that may outlive the run, and so sees its reply in any case."""


class ServiceAnswer(Struct, frozen=True):
    """What the service says to a purchase.

    `told` are the cents that this very answer names as charged, None where it names none;
    `replayed` where it is the repetition of an answer that got lost, which names the original's
    charge or 0; `tries` counts the requests that it took. `free`: the key is one that never bills.
    """

    document: object
    request_id: str | None
    told: int | None
    replayed: bool
    free: bool
    tries: int = 1

    def cents(self, price: int) -> int:
        """What was really charged for it, `price` being what it must have been where the answer does not say.

        A replay is only ever seen by one who never saw the original, so its charge is counted here, once.
        """
        if self.told is not None and (self.told > 0 or not self.replayed):
            return self.told
        return 0 if self.free else price


class Exchange(Struct):
    """Sends purchases over one connection; every wait in it ends at once when the run is stopped.

    A pause of more than `longest` seconds is left to whoever asked.
    """

    connection: Connection
    stop: Stop
    outbox: Outbox
    chance: Callable[[], float] = field(default=random.random)
    longest: float = math.inf

    def buy(
        self, posted: Posted, seconds_left: float | None, around: Around | None = None, *, doubt: bool = False
    ) -> Generator[Retry, None, ServiceAnswer]:
        """Send `posted` until it is answered; `around` does each sending.

        `doubt`: it may have been sent and charged before. Raises ServiceError, DesktopError, Aborted.
        """
        began, tries, counted = time.monotonic(), 0, 0
        self.outbox.keep(posted)
        outcome: ServiceAnswer | Fault | None = None
        while True:
            if outcome is None:
                tries += 1
                outcome = self._send(posted, around)
            if isinstance(outcome, ServiceAnswer):
                return replace(outcome, tries=tries)
            fault = outcome
            counted += fault.code != retry.IN_FLIGHT
            doubt = doubt or _in_doubt(fault)
            elapsed = time.monotonic() - began
            left = None if seconds_left is None else seconds_left - elapsed
            decision = retry.decide(fault, attempt=counted, elapsed=elapsed, left=left, chance=self.chance())
            if isinstance(decision, retry.RetryWith) and decision.delay > self.longest:
                decision = retry.GiveUp("final")
            if isinstance(decision, retry.GiveUp):
                found = self.collect(posted) if doubt and decision.why != "deadline" else fault
                if isinstance(found, ServiceAnswer):
                    return replace(found, tries=tries)
                raise as_error(fault, self.connection.host, decision, counted, doubt=doubt and found is not None)
            yield Retry(fault.code, decision.delay, tries + 1)
            self.stop.pause(decision.delay)
            if decision.new_key:
                posted, doubt = posted.renewed(), False
                self.outbox.keep(posted)
            outcome = self.collect(posted) if decision.collect else None
            if isinstance(outcome, Fault) and outcome.code == NO_ANSWER:
                outcome = None

    def _send(self, posted: Posted, around: Around | None) -> ServiceAnswer | Fault:
        sending = Sending()

        def post() -> Reply:
            return self.connection.post(posted.path, posted.body, posted.key, sending)

        try:
            reply = self.stop.race(lambda: around(post, posted.key) if around else post(), within=TIMEOUT + 5)
        except Aborted:
            if around is None:
                sending.cut()  # nobody waits for it any more; whoever is around it may
            raise
        except UnansweredError as none:
            return none.fault
        except TimeoutError:
            return Fault(NO_ANSWER, f"no answer came within {TIMEOUT:g} s", 0)
        return self.read(reply)

    def read(self, reply: Reply) -> ServiceAnswer | Fault:
        """What a reply to a purchase says."""
        if not 200 <= reply.status < 300:
            return error_envelope.decode(reply.status, reply.headers, reply.body)
        try:
            document = parse_json(reply.body)
        except UnreadableError as error:
            return Fault(retry.NOT_JSON, str(error), reply.status, reply.headers.get("x-coasty-request-id"))
        headers = reply.headers
        told = number_in(headers.get("x-credits-charged", ""))
        return ServiceAnswer(
            document,
            headers.get("x-coasty-request-id"),
            charged(document) if told is None else told,
            any(headers.get(name, "").lower() == "true" for name in _REPLAYED),
            not self.connection.key.bills or headers.get("x-coasty-test-mode", "").lower() == "true",
        )

    def collect(self, posted: Posted) -> ServiceAnswer | Fault | None:
        """What has become of a request in flight (API.md §2.7); None where the service does not know it."""
        path = f"idempotency/{quote(posted.key, safe='')}"
        try:
            return self.found(self.stop.race(lambda: self.connection.get(path), within=TIMEOUT))
        except (UnansweredError, TimeoutError):
            return _NOT_TOLD

    def found(self, reply: Reply) -> ServiceAnswer | Fault | None:
        """What the service says has become of a request; None where it does not know it, or it came to nothing."""
        if reply.status == 404:
            return None
        try:
            document = parse_json(reply.body) if reply.status == 200 else None
        except UnreadableError:
            document = None
        if not isinstance(document, dict):
            return _NOT_TOLD
        if document.get("status") == "processing":
            return Fault(retry.IN_FLIGHT, "the service is still at work on this step", 409)
        result, status = document.get("result"), document.get("original_status", 200)
        if not isinstance(result, dict) or status != 200:
            return None
        free = not self.connection.key.bills
        request_id = document.get("request_id")
        return ServiceAnswer(
            result, request_id if isinstance(request_id, str) else None, charged(result), replayed=True, free=free
        )


_NOT_TOLD = Fault(NO_ANSWER, "nor could it be asked what became of it", 0)

_REPLAYED = ("x-coasty-idempotent-replay", "idempotency-replayed")


def _in_doubt(fault: Fault) -> bool:
    """Whether the step may have been charged all the same: the answer was lost on its way, or the service broke off in it."""
    lost = fault.code in (NO_ANSWER, retry.NOT_JSON) or fault.status >= 500
    return lost and not retry.unpaid(fault)
