"""What the service keeps of what is over, for so long and no longer: rows of runs, workflows, fires and deliveries, and the engine's own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coasty_desk.automation.storage import reason

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.engine import Engine
    from coasty_desk.automation.storage import Storage

LEAST = 62
"""Days that all is kept at least: so that the usage of this month and of the last one is whole, however soon records go."""

SECRETS = 2
"""Days after a run's end in which its receiver's secret may be asked for again, with the request that made it."""

FIRST, AGAIN = 60.0, 6 * 3600.0
"""Seconds after the beginning, and between two times after that."""

DAY = 86_400

_ENDED = "status IN ('succeeded', 'failed', 'cancelled', 'timed_out')"

_SECRETS = (
    "UPDATE runs SET webhook_secret = '' WHERE webhook_secret <> '' AND host = :host AND finished_at < :recent",
    "UPDATE workflow_runs SET webhook_secret = '' WHERE webhook_secret <> '' AND host = :host AND finished_at < :recent",
)
_OLD_FLOWS = f"SELECT id FROM workflow_runs WHERE host = :host AND {_ENDED} AND finished_at < :old"  # noqa: S608 - of our own words
_OLD = (
    f"DELETE FROM workflow_happenings WHERE run_id IN ({_OLD_FLOWS})",  # noqa: S608 - as above
    f"DELETE FROM workflow_events WHERE run_id IN ({_OLD_FLOWS})",  # noqa: S608 - as above
    f"DELETE FROM workflow_runs WHERE id IN ({_OLD_FLOWS})",  # noqa: S608 - as above
    f"DELETE FROM runs WHERE host = :host AND {_ENDED} AND finished_at < :old AND (machine IS NULL OR machine NOT LIKE '%pending%')",  # noqa: S608 - as above
    "DELETE FROM deliveries WHERE host = :host AND state IN ('delivered', 'given up') AND made_at < :old",
    "DELETE FROM fires WHERE finished_at < :old",
    "DELETE FROM schedules WHERE deleted_at < :old AND id NOT IN (SELECT schedule_id FROM fires)",
)

_log = logging.getLogger("coasty_desk.housekeeping")


class Housekeeping:
    """Of one storage and its engine. `policies` is the folder in which runs have policies of their own; `host`: of many, each sees to its own.

    The tables are those of the stores, which have been made before.
    """

    def __init__(
        self,
        storage: Storage,
        engine: Engine,
        policies: Path,
        days: int,
        *,
        host: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage, self._engine, self._policies, self._host = storage, engine, policies, host
        self._seconds = max(days, LEAST) * DAY
        self._clock = clock
        self._ending = threading.Event()

    def begin(self) -> None:
        """See to it now and then, in a thread of its own."""
        threading.Thread(target=self._see_on, name="coasty-desk housekeeping", daemon=True).start()

    def close(self) -> None:
        """No more."""
        self._ending.set()

    def see(self) -> None:
        """Have what is too old gone. Raises what the database does."""
        now = self._clock()
        recent = now - SECRETS * DAY
        times = {"old": now - self._seconds, "recent": recent, "host": self._host}
        for statement in (*_SECRETS, *_OLD):  # each by itself: a long one must not hold up who writes
            with self._storage.transaction() as connection:
                _run(connection, statement, times)
        self._engine.forget(recent)
        for path in self._policies.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < now - self._seconds:
                    path.unlink()

    def _see_on(self) -> None:
        pause = FIRST
        while not self._ending.wait(pause):
            try:
                self.see()
            except Exception as error:  # noqa: BLE001 - the database's own faults pass
                _log.error("what is too old cannot be deleted: %s", reason(error))
            pause = AGAIN


def _run(connection: Connection, statement: str, values: dict[str, Any]) -> None:
    from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

    connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
