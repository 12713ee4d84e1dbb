"""What every operation has to do with: the database, who may ask, by which settings. Each store of the rooms above is a field here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from coasty_desk.server.api_keys import ApiKeys
from coasty_desk.server.database import Database
from coasty_desk.server.idempotency import Idempotency
from coasty_desk.server.usage_meter import UsageMeter
from coasty_desk.settings import Settings

if TYPE_CHECKING:
    import socket

    from coasty_desk.automation.host_membership import HostMembership
    from coasty_desk.server.relay_signature import PassCheck

T = TypeVar("T")

BALANCE = 1_000_000
"""Cents in the wallet that programs are told of: nothing is taken from it, and some will not ask a service that says 0."""


class Service:
    """Made by whoever serves, and closed by them. `settings` are those of the program: who predicts, and how.

    `ending` is set when the service is to end: what waits for long waits on it too. `openapi` gives the document of the operations. `hosts` is
    its part among many hosts, and `passes` by which those ask, where it is one of many (`joined_hosts`).
    """

    def __init__(self, database: Database, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self.database = database
        self.settings = settings
        self.environment = os.environ if environment is None else environment
        self.ending = threading.Event()
        self.keys = ApiKeys(database)
        self.usage = UsageMeter(database)
        self.idempotency = Idempotency(database)
        self.hosts: HostMembership | None = None
        self.passes: PassCheck | None = None
        self.mail_door: socket.socket | None = None
        """Where mails are brought to, once it listens."""
        self.end: Callable[[str], None] = lambda _why: None
        """Ends the program that serves, which says why."""
        self.openapi: Callable[[], Mapping[str, Any]] = dict
        self._at_end: list[Callable[[], None]] = []
        self._keeping = threading.RLock()
        self._kept: dict[Callable[[Service], Any], Any] = {}

    def at_end(self, close: Callable[[], None]) -> None:
        """Have it called when the service ends, the last first."""
        self._at_end.append(close)

    def kept(self, make: Callable[[Service], T]) -> T:
        """What some operations share beside all this, made for the service when it is first asked for."""
        found = self._kept.get(make)
        if found is None:
            with self._keeping:
                found = self._kept.get(make)
                if found is None:
                    found = self._kept[make] = make(self)
        return cast("T", found)

    def close(self) -> None:
        """Close all that is open; the database last."""
        self.ending.set()
        while self._at_end:
            self._at_end.pop()()
        self.database.close()
