"""A vendor's server: one JSON request after the other, each until it is answered or there is no hope, any wait ended by the stop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.errors import Aborted, ServiceError
from coasty_desk.core.ports import Retry
from coasty_desk.core.redaction.disguises import put, spans
from coasty_desk.core.stop import Stop
from coasty_desk.models.transport.transport import (
    NO_ANSWER,
    UNREACHABLE,
    Outgoing,
    Reply,
    Sending,
    Transport,
    UnansweredError,
)
from coasty_desk.models.vendor.vendor_faults import VendorFault, pause_after, read_fault
from coasty_desk.version import VERSION
from coasty_desk.wire.json_fields import UnreadableError, parse_json

TIMEOUT = 300.0
"""Seconds for an answer: a model on one's own computer takes its time over a picture."""


class Endpoint(Struct):
    """Where a vendor's model is asked. `key` goes into `key_headers` and shows in nothing that comes back.

    `late_key` gives one, and its headers, for a server that turns out to want it.
    """

    url: str
    key: str
    key_headers: Mapping[str, str]
    stop: Stop
    transport: Transport
    late_key: Callable[[], tuple[str, Mapping[str, str]]] | None = None

    @property
    def host(self) -> str:
        """As a person knows it."""
        return urlsplit(self.url).netloc

    def ask(
        self,
        path: str,
        headers: Mapping[str, str],
        body: dict[str, Any],
        seconds_left: float | None,
        lost: Callable[[], None],
    ) -> Generator[Retry, None, object]:
        """The answer's document. `lost` is told of each request that went out and had no answer.

        Raises VendorRefusal for what is final, ServiceError, Aborted.
        """
        request = Outgoing(
            "POST",
            path,
            {**self._common(), "Content-Type": "application/json", **headers},
            json.dumps(body, separators=(",", ":")).encode("ascii"),
            TIMEOUT,
        )
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            found = self._once(request)
            if isinstance(found, VendorFault) and found.kind == "key" and self._found_late():
                request = replace(request, headers={**request.headers, **self.key_headers})
                continue
            if not isinstance(found, VendorFault):
                return found
            if found.sent and not found.status:
                lost()
            waited = time.monotonic() - began
            pause = pause_after(found, tries, waited)
            if pause is None or (seconds_left is not None and waited + pause >= seconds_left):
                raise VendorRefusal(found, tries)
            yield Retry("LOADING" if found.kind == "loading" else found.code or str(found.status), pause, tries + 1)
            self.stop.pause(pause)

    def get(self, path: str) -> object:
        """A document that costs nothing; None where there is none."""
        try:
            reply = self.stop.race(
                lambda: self.transport.send(Outgoing("GET", path, self._common(), None, 15.0), Sending())
            )
        except UnansweredError:
            return None
        try:
            return parse_json(reply.body) if reply.status == 200 else None
        except UnreadableError:
            return None

    def _found_late(self) -> bool:
        """Whether there is a key after all, which was not sent so far."""
        if self.late_key is None:
            return False
        self.key, self.key_headers = self.late_key()
        self.late_key = None
        return bool(self.key)

    def _common(self) -> dict[str, str]:
        return {
            "User-Agent": f"coasty-desk/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **self.key_headers,
        }

    def _once(self, request: Outgoing) -> object | VendorFault:
        sending = Sending()
        try:
            reply = self.stop.race(lambda: self.transport.send(request, sending))
        except Aborted:
            sending.cut()
            raise
        except UnansweredError as none:
            certain = none.fault.code != NO_ANSWER
            return VendorFault(
                "wait" if not certain or none.fault.code == UNREACHABLE else "final",
                0,
                none.fault.code,
                none.fault.message,
                sent=not certain,
            )
        reply = Reply(
            reply.status,
            {name.lower(): self._hidden(said) for name, said in reply.headers.items()},
            self._clean(reply.body),
        )
        if not 200 <= reply.status < 300:
            return read_fault(reply.status, reply.headers, reply.body)
        try:
            return parse_json(reply.body)
        except UnreadableError as error:
            return VendorFault("wait", 0, "NOT_JSON", str(error))

    def _clean(self, body: bytes) -> bytes:
        return (
            self._hidden(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            if self.key
            else body
        )

    def _hidden(self, text: str) -> str:
        return put(text, spans(text, self.key), "[the key]") if self.key else text


class VendorRefusal(ServiceError):  # noqa: N818 - it is what the vendor's server did
    """What the server said, after all that could be tried."""

    def __init__(self, fault: VendorFault, tries: int) -> None:
        super().__init__(fault.said or fault.code, code=fault.code or str(fault.status), status=fault.status or None)
        self.fault = fault
        self.tries = tries
