"""A name in a Postgres database that one process at a time has, for as long as its connection is open."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Engine as Pool

_SETTINGS = {
    "statement_timeout": 5000,
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""So that neither end waits long for the other one's computer, where that has lost its power or its network."""


class NamedLock:
    """Of one thread at a time. `connection` is the one that holds it, None where none does; it is in autocommit."""

    def __init__(self, pool: Pool, name: str) -> None:
        self.connection: Connection | None = None
        self._pool, self._name = pool, name
        self._session = 0

    def take(self) -> bool:
        """Have it, if nobody else has. Raises what the database does."""
        from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

        connection = self._pool.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            for setting, value in _SETTINGS.items():
                connection.execute(text(f"SET {setting} = {value}"))
            if self._session:  # our own one, of which the database does not know yet that it has gone
                statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND application_name = :name"
                connection.execute(text(statement), {"pid": self._session, "name": self._name})
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": self._name})
            taken = connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": self._number})
            if taken.scalar_one():
                self._session = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
                self.connection = connection
                return True
        except BaseException:
            _dropped(connection)
            raise
        _dropped(connection)
        return False

    def holds(self) -> bool:
        """Whether it is had still, by asking. Raises what the database does where that cannot be told."""
        from sqlalchemy import text  # noqa: PLC0415 - as above

        if self.connection is None:
            return False
        self.connection.execute(text("SELECT 1"))
        return True

    def let_go(self) -> None:
        """Have it no more."""
        connection, self.connection = self.connection, None
        if connection is not None:
            _dropped(connection)

    @property
    def _number(self) -> int:
        return int.from_bytes(hashlib.sha256(self._name.encode()).digest()[:8], "big", signed=True)


def _dropped(connection: Connection) -> None:
    connection.invalidate()  # given back to the pool, it would keep the lock, and what was set
    connection.close()
