"""The way to an address, made ready in the background: a run's first request finds what it needs loaded, and its connection open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coasty_desk.models.transport.transport import Outgoing, Reply, Sending, Streamed, Transport


class WarmTransport:
    """A `transport.Transport` that is made where it is first used; `load` loads what else the first request will need."""

    def __init__(self, url: str, load: Callable[[], object] = bool) -> None:
        self._url, self._load = url, load
        self._warming: threading.Thread | None = None

    def open_ahead(self) -> None:
        """Load and connect, in a thread of its own. Never raises: what is wrong is the first request's to say."""
        self._warming = threading.Thread(target=self._warm, name="coasty-desk warming", daemon=True)
        self._warming.start()

    def send(self, request: Outgoing, sending: Sending) -> Reply:
        """As the port says."""
        if self._warming is not None:
            self._warming.join()  # it is this request's connection that is being opened
        return self._transport.send(request, sending)

    def stream(self, request: Outgoing, sending: Sending) -> AbstractContextManager[Streamed]:
        """As the port says."""
        if self._warming is not None:
            self._warming.join()
        return self._transport.stream(request, sending)

    def close(self) -> None:
        """Close what is open and idle."""
        if "_transport" in self.__dict__:
            self._transport.close()

    def _warm(self) -> None:
        self._transport.open_ahead()
        self._load()

    @cached_property
    def _transport(self) -> Transport:
        from coasty_desk.models.transport.http_transport import HttpTransport  # noqa: PLC0415 - see above

        return HttpTransport(self._url, lambda _size, _seconds: None)
