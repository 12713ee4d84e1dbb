"""The seam below everything that is said to the service: one request goes out, its reply comes back, nothing is tried twice.

Why a request has no answer is said in our words; those of the system and of libraries repeat the whole address.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from msgspec import Struct

from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import short

UNREACHABLE = "UNREACHABLE"
NO_ANSWER = "NO_ANSWER"
"""Codes of ours for what has none: nothing was sent; it was sent, and no answer came."""

BAD_CERTIFICATE = "BAD_CERTIFICATE"
BAD_SETUP = "BAD_SETUP"
TOO_LARGE = "TOO_LARGE"
REDIRECTED = "REDIRECTED"
NOT_SENT = (UNREACHABLE, BAD_CERTIFICATE, BAD_SETUP)
"""The request has not left this machine."""


class UnansweredError(Exception):
    """There is no answer, or none that could be read to its end; the `fault` says why."""

    def __init__(self, code: str, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.fault = Fault(code, short(why, 300), status)


USUAL_ANSWER = 5_000_000
"""Bytes of an answer that are read; a prediction has a thousandth of it."""


class Outgoing(Struct, frozen=True):
    """A request: its path below the service's address, the seconds that it may take in all, the most bytes that its answer may have."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float
    most: int = USUAL_ANSWER


class Reply(Struct, frozen=True):
    """An answer as it came: the status, the headers, the body whole; a redirect's is not read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Streamed(Struct, frozen=True):
    """An answer whose body is read as it comes: its `head`, with a body where it is no good one, and the `pieces` of a good one's.

    To take the next piece raises UnansweredError where none comes in time, or the connection breaks off.
    """

    head: Reply
    pieces: Iterator[bytes]


class Sending:
    """A request under way, which any thread may cut off: whoever waits for it then hears so, and nothing more of it goes out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hang_up: Callable[[], object] = bool
        self.is_cut = False

    def cut(self) -> None:
        """End it, whatever it waits for; before it has begun, let it not begin; afterwards nothing."""
        with self._lock:
            self.is_cut = True
            self._hang_up()

    @contextmanager
    def under_way(self, hang_up: Callable[[], object]) -> Iterator[None]:
        """Within the block it goes out, and `hang_up` ends it. Raises UnansweredError where it has been cut off before."""
        with self._lock:
            if self.is_cut:
                raise UnansweredError(UNREACHABLE, "it was cut off before the request went out")
            self._hang_up = hang_up
        try:
            yield
        finally:
            with self._lock:
                self._hang_up = bool


class Transport(Protocol):
    """A way to the service's address. For several threads at a time."""

    def send(self, request: Outgoing, sending: Sending) -> Reply:
        """Send it once. Raises UnansweredError, whose code says whether it was certainly not sent."""
        ...

    def stream(self, request: Outgoing, sending: Sending) -> AbstractContextManager[Streamed]:
        """The same, with its answer read as it comes, within the block; the request's time is that of each wait. Raises UnansweredError."""
        ...

    def open_ahead(self) -> None:
        """Open a connection for the next request, sending nothing. Never raises: what is wrong is that request's to say."""
        ...

    def close(self) -> None:
        """Close what is open and idle."""
        ...
