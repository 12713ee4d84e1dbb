"""The port between the predictor and one vendor's protocol: what is sent for a step, and what the answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.token_prices import Tokens
from coasty_desk.models.readers.reading import Reading
from coasty_desk.models.vendor.vendor_faults import VendorFault


class Heard(Struct, frozen=True):
    """An answer: what it means, what it cost in tokens, and the vendor's name for it. `charged` are micro-dollars, where it says so itself."""

    reading: Reading
    tokens: Tokens
    request_id: str | None = None
    space: tuple[int, int] | None = None
    charged: int | None = None


class VendorWire(Protocol):
    """One run's conversation in a vendor's protocol; it holds what has been said."""

    vendor: str
    """As a person calls it: Anthropic, OpenAI, Google, the server."""
    variable: str
    """Of the environment, in which the key is looked for; empty where none is needed."""
    path: str
    """Below the vendor's address."""

    def headers(self) -> Mapping[str, str]:
        """Besides the key and what every request has."""
        ...

    def held(self, ask: PredictRequest) -> Heard | None:
        """An earlier answer that waited for the person's word, which they have given; None where there is none, or they did not agree."""
        ...

    def show(self, ask: PredictRequest) -> None:
        """Put the step's picture into the conversation, with what became of the last actions."""
        ...

    def body(self) -> dict[str, Any]:
        """The request as it stands; JSON values only."""
        ...

    def heard(self, document: object) -> Heard:
        """Take an answer into the conversation. Raises UnreadableError where it is none of this vendor's."""
        ...

    def mend(self, why: str) -> bool:
        """Ask for the last answer once more, as it cannot be read; whether that can be asked."""
        ...

    def step_down(self, fault: VendorFault) -> bool:
        """Choose an older form of the request where the fault names what is new in it; whether there is one."""
        ...

    def at_most(self, ask: PredictRequest) -> int:
        """Tokens that the next request may have at most, all that is held and what is asked counted."""
        ...
