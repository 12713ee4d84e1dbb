"""Requests of `/v1` that are passed on to the Coasty API with the account's key, each paid for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from coasty_desk.core.relay import Relayed
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.http import INQUIRY_TIMEOUT, Connection
from coasty_desk.models.coasty.outbox import Memory
from coasty_desk.models.coasty.purchase import Exchange
from coasty_desk.models.coasty.remedies import as_error
from coasty_desk.models.coasty.retry import NOT_JSON
from coasty_desk.models.transport.transport import Reply, UnansweredError
from coasty_desk.wire import error_envelope
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import UnreadableError, parse_json
from coasty_desk.wire.open_purchase import Posted

LONGEST_PAUSE = 15.0
"""Seconds that are waited on a caller's behalf; of a longer pause the caller is told, who has a patience of its own."""


class CoastyRelay:
    """A `core.relay.Relay` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.bills = connection.key.bills

    def buy(
        self,
        path: str,
        body: bytes,
        name: str,
        stop: Stop,
        *,
        price: int,
        generation: int = 1,
        renewed: Callable[[int], None] = lambda _generation: None,
        headers: Mapping[str, str] | None = None,
    ) -> Relayed:
        """By the rules of every purchase (API.md §8)."""
        exchange = Exchange(self._connection.beside(headers or {}), stop, _Kept(renewed), longest=LONGEST_PAUSE)
        buying = exchange.buy(Posted("predict", 1, path, name, body, generation), None)
        while True:
            try:
                next(buying)
            except StopIteration as end:
                answer = end.value
                return Relayed(answer.document, answer.request_id, answer.cents(price))

    def tell(self, method: Literal["GET", "POST", "DELETE"], path: str, stop: Stop) -> Any:
        """Asked once."""

        def ask() -> Reply:
            match method:
                case "GET":
                    return self._connection.get(path)
                case "DELETE":
                    return self._connection.delete(path, INQUIRY_TIMEOUT)
                case "POST":
                    return self._connection.post(path, b"{}", "")

        host = self._connection.host
        try:
            reply = stop.race(ask)
            if not 200 <= reply.status < 300:
                raise as_error(error_envelope.decode(reply.status, reply.headers, reply.body), host)
            return parse_json(reply.body) if reply.body.strip() else None
        except UnansweredError as none:
            raise as_error(none.fault, host) from None
        except UnreadableError as error:
            raise as_error(Fault(NOT_JSON, str(error), 200), host) from None


class _Kept(Memory):
    """Tells of each generation of the key before a request goes out by it."""

    def __init__(self, renewed: Callable[[int], None]) -> None:
        super().__init__()
        self._renewed = renewed

    def keep(self, posted: Posted) -> None:
        """Have its number safe: its body is its caller's."""
        super().keep(posted)
        self._renewed(posted.generation)
