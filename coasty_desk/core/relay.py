"""A port to the published API itself, where it is that which answers: requests of `/v1` are passed on, and its answers passed back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from coasty_desk.core.stop import Stop

ACCOUNTS_OWN = "mch_"
"""How the id of a machine begins that only an account of the published API can have."""


class Relayed(Struct, frozen=True):
    """What the published API answered: its JSON, its name for the request, and the cents that it charged."""

    document: Any
    request_id: str | None
    cents: int


class Relay(Protocol):
    """The published API itself, to which requests of `/v1` are passed on with the account's key. For several threads at a time."""

    bills: bool
    """Whether the account is charged."""

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
        """Send a priced request until it is answered, with an idempotency key made of `name` and `generation`, which `renewed` is told of.

        The same name, generation and body are never charged twice. `price` is what it costs where the answer does not
        say. Raises ServiceError, with the API's own code, and Aborted.
        """
        ...

    def tell(self, method: Literal["GET", "POST", "DELETE"], path: str, stop: Stop) -> Any:
        """The JSON that a request which costs nothing is answered with. Raises ServiceError, Aborted."""
        ...
