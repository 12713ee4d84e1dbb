"""Asks `/v1` for something, again where that is safe: one key an operation, the same bytes each time (API.md §6, §8)."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from msgspec import Struct

from coasty_desk.core.errors import Aborted, ServiceError
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty import retry
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.inquiry import Told
from coasty_desk.models.coasty.remedies import as_error
from coasty_desk.models.transport.transport import (
    NO_ANSWER,
    NOT_SENT,
    UNREACHABLE,
    USUAL_ANSWER,
    Outgoing,
    Sending,
    UnansweredError,
)
from coasty_desk.wire import error_envelope
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import UnreadableError, parse_json

USUAL = 30.0
"""Seconds that a request may take, where nothing else is said of it."""

GRACE = 10.0
"""Seconds beyond those that the service is given for an action, for its answer to come."""

START = "Start it with `coasty-desk serve`, in another terminal; --remote asks your Coasty account instead."


class Inquiry(Struct, frozen=True):
    """What is asked for: its path below `/v1`, a body (an object), the seconds and the bytes that the answer may take.

    `key` is the Idempotency-Key of one of the operations that know it again (`minted`). `repeats`: the same may be done
    twice without harm; what is neither that nor keyed, nor only looks or deletes, goes out once.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    key: str = ""
    timeout: float = USUAL
    most: int = USUAL_ANSWER
    repeats: bool = False


def minted(what: str) -> str:
    """A key for one operation, however often its request goes out."""
    return f"{what}:{uuid.uuid4().hex}"


class ServiceClient:
    """Speaks with one service. `here`: it is this computer's own. For several threads at a time."""

    def __init__(
        self,
        connection: Connection,
        stop: Stop | None = None,
        *,
        here: bool = False,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.connection = connection
        self.here = here
        self.meanwhile: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()
        """What is shown while it, by its name, is asked for something."""
        self._stop = stop
        self._chance = chance

    @property
    def name(self) -> str:
        """Who it is, as a person says it."""
        return "this computer's own service" if self.here else self.connection.host

    @property
    def bills(self) -> bool:
        """Whether what is asked for may cost money at the service itself."""
        return not self.here and self.connection.key.bills

    def get(self, path: str, *, timeout: float = USUAL, most: int = USUAL_ANSWER) -> Told:
        """What lies there. Raises ServiceError, Aborted."""
        return self.ask(Inquiry("GET", path, timeout=timeout, most=most))

    def ask(self, inquiry: Inquiry) -> Told:
        """The answer, after as many tries as are safe. Raises ServiceError, with `in_doubt` where it may have been done; Aborted."""
        with self.meanwhile(self.name):
            return self._answer(inquiry)

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], silence: float, sending: Sending | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The pieces of what is told there as it happens, each whole lines, tried once; `silence`: seconds that each may take.

        Raises ServiceError, in the block too.
        """
        try:
            with self.connection.stream(Outgoing("GET", path, headers, None, silence), sending) as streamed:
                head = streamed.head
                if head.status != 200:
                    fault = error_envelope.decode(head.status, head.headers, head.body)
                    raise self._error(fault, 1, doubt=False)
                yield streamed.pieces
        except UnansweredError as none:
            raise self._error(none.fault, 1, doubt=False) from None

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _answer(self, inquiry: Inquiry) -> Told:
        body = None if inquiry.body is None else json.dumps(inquiry.body).encode("ascii")
        key, generation, counted, began, doubt = inquiry.key, 1, 0, time.monotonic(), False
        safe = inquiry.method in ("GET", "DELETE") or inquiry.repeats or bool(key)
        while True:
            outcome = self._once(inquiry, body, f"{key}:{generation}" if key else "")
            if isinstance(outcome, Told):
                return outcome
            counted += outcome.code != retry.IN_FLIGHT
            lost = outcome.code in (NO_ANSWER, retry.NOT_JSON) or outcome.status >= 500
            doubt = doubt or (lost and inquiry.method != "GET" and not retry.unpaid(outcome))
            decision = retry.decide(
                *(outcome,), attempt=counted, elapsed=time.monotonic() - began, left=None, chance=self._chance()
            )
            again = isinstance(decision, retry.RetryWith) and (safe or outcome.code in NOT_SENT)
            again = again and not (self.here and outcome.code == UNREACHABLE)
            if not again or not isinstance(decision, retry.RetryWith) or (decision.new_key and not key):
                raise self._error(outcome, counted, doubt=doubt and inquiry.method == "POST")
            if decision.new_key:
                generation, doubt = generation + 1, False
            self._pause(decision.delay)

    def _once(self, inquiry: Inquiry, body: bytes | None, key: str) -> Told | Fault:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Idempotency-Key"] = key
        request = Outgoing(inquiry.method, inquiry.path, headers, body, inquiry.timeout, inquiry.most)
        sending = Sending()
        try:
            if self._stop is None:
                reply = self.connection.request(request, sending)
            else:
                reply = self._stop.race(
                    lambda: self.connection.request(request, sending), within=inquiry.timeout + GRACE
                )
        except UnansweredError as none:
            return none.fault
        except TimeoutError:
            sending.cut()
            return Fault(NO_ANSWER, f"no answer came within {inquiry.timeout:g} s", 0)
        except Aborted:
            sending.cut()
            raise
        if not 200 <= reply.status < 300:
            return error_envelope.decode(reply.status, reply.headers, reply.body)
        try:
            return Told(parse_json(reply.body) if reply.body.strip() else None, reply.headers)
        except UnreadableError as error:
            return Fault(retry.NOT_JSON, str(error), reply.status)

    def _pause(self, seconds: float) -> None:
        if self._stop is None:
            time.sleep(seconds)
        else:
            self._stop.pause(seconds)

    def _error(self, fault: Fault, tries: int, *, doubt: bool) -> ServiceError:
        """What the fault means, in the words of whoever asked for one thing and for no run."""
        if self.here and fault.code in NOT_SENT:
            message = "This computer's own service is not running any more."
            return ServiceError(message, START, code=fault.code, unpaid=True)
        if self.here and fault.suggestion and not fault.synthetic and fault.code not in _OURS:
            return ServiceError(
                f"{fault.message.rstrip('.')}.",
                _REMEDIES.get(fault.code, fault.suggestion),
                code=fault.code,
                status=fault.status,
                request_id=fault.request_id,
                in_doubt=doubt,
                unpaid=retry.unpaid(fault),
            )
        error = as_error(fault, self.connection.host, None, tries, doubt=doubt)
        message = error.message.replace("for this step", "for this").replace(
            "the step may have been charged", "it may have been done"
        )
        remedy = _REMEDIES.get(fault.code, error.remedy)
        for said, better in _OTHER_WORDS:
            remedy = remedy.replace(said, better)
        return error.reworded(message, remedy)


_OURS = ("MACHINE_NOT_FOUND", "VALIDATION_ERROR")
"""Codes of which more is said here than this computer's own service, which words its advice for people, says of all others."""

_REMEDIES = {
    "MACHINE_NOT_FOUND": "List them with `coasty-desk machines list`; --remote lists those of your Coasty account.",
    "INVALID_STATE": "`coasty-desk machines show` says how it is, and `machines start` starts one that is stopped.",
    "INSUFFICIENT_CREDITS": "Top up the wallet on the service's page.",
    "WALLET_EXHAUSTED": "Top up the wallet on the service's page.",
}

_OTHER_WORDS = (
    ("Start the run anew;", "Try again;"),
    (" or lower --memory or --max-steps.", "."),
)
"""Advice for a run, which nobody has here."""
