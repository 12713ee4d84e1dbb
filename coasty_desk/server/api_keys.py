"""The service's own keys: who may do what. Only the hash of a key is kept; it is told once, to whoever has it made."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable

from msgspec import Struct

from coasty_desk.server.database import Database

PREFIX = "sk-coasty-test-"
"""As of the vendor's sandbox: programs look at it, and a key of this service is charged nothing."""

SCOPES = (
    *("predict", "session", "ground", "parse", "keys", "usage", "machines:read", "machines:write", "actions:exec"),
    *("terminal:exec", "files:read", "files:write", "browser:execute", "snapshots:write", "connection:read"),
    *("schedules:read", "schedules:write", "triggers:write", "runs:read", "runs:write", "workflows:read"),
    *("workflows:write", "llm_keys"),
)
"""All that there are (API.md §16)."""

DEFAULT_SCOPES = (
    *("predict", "session", "ground", "parse", "machines:read", "machines:write", "actions:exec", "terminal:exec"),
    *("files:read", "files:write", "snapshots:write", "runs:read", "runs:write", "workflows:read", "workflows:write"),
    "llm_keys",
)
"""What a key may do of which nothing is said."""

ASKED_FOR_ON_DESKTOP = frozenset({"terminal:exec", "files:read", "files:write", "browser:execute"})
"""What a key may not do on this desktop unless it was made for that (`ServiceKey.this_desktop`): there it would be the user's own files."""

OWNER_ID = "owner"
"""The key id of this user's own command line."""

_SHOWN = 16
"""Characters by which a key is known again."""

_VERSIONS = (
    """
    CREATE TABLE api_keys (
        id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, prefix TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL,
        this_desktop INTEGER NOT NULL, created_at REAL NOT NULL, last_used_at REAL
    );
    CREATE TABLE owner_seal (seal BLOB NOT NULL)
    """,
)


class Seal:
    """Closes and opens what is kept for a key, so that it cannot be read in the database without that key.

    The keystream is SHAKE-256 over a secret of the key and the name of what is sealed, which is never the same twice; HMAC-SHA256
    over both shows whether it was changed.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.digest(secret, b"coasty-desk: what is kept for this key", "sha256")

    def close(self, name: str, content: bytes) -> bytes:
        """Seal it; `name` must be used once."""
        hidden = self._mixed(name, content)
        return self._sum(name, hidden) + hidden

    def open(self, name: str, sealed: bytes) -> bytes:
        """What was sealed by that name. Raises ValueError where it was not, by this key."""
        told, hidden = sealed[:32], sealed[32:]
        if not hmac.compare_digest(told, self._sum(name, hidden)):
            message = "it was not sealed by this key"
            raise ValueError(message)
        return self._mixed(name, hidden)

    def _mixed(self, name: str, content: bytes) -> bytes:
        stream = hashlib.shake_256(hmac.digest(self._secret, b"hide " + name.encode(), "sha256")).digest(len(content))
        return (int.from_bytes(content, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(content), "little")

    def _sum(self, name: str, hidden: bytes) -> bytes:
        return hmac.digest(self._secret, b"sum " + len(name).to_bytes(4, "big") + name.encode() + hidden, "sha256")


class ServiceKey(Struct, frozen=True):
    """Who asks, and what they may. Times are Unix times; `seal` closes what is kept for this key alone.

    `this_desktop`: its terminal, files and browser scopes hold on this desktop as well, and not on virtual machines alone.
    `relayed_by` is the host whose key it is, where that is another one.
    """

    key_id: str
    name: str
    prefix: str
    scopes: frozenset[str]
    this_desktop: bool
    created_at: float
    last_used_at: float | None = None
    seal: Seal | None = None
    relayed_by: str = ""

    def may(self, scope: str, *, on_desktop: bool = False) -> bool:
        """Whether it has the scope; `on_desktop`: for this desktop."""
        return scope in self.scopes and (self.this_desktop or not on_desktop or scope not in ASKED_FOR_ON_DESKTOP)


class ApiKeys:
    """Those of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.upgrade("api_keys", _VERSIONS)
        with database.transaction() as connection:
            row = connection.execute("SELECT seal FROM owner_seal").fetchone()
            if row is None:
                row = (secrets.token_bytes(32),)
                connection.execute("INSERT INTO owner_seal VALUES (?)", row)
        self.owner_token = f"desk-{secrets.token_hex(24)}"
        """By which this user's own command line is known, for as long as this process lives: it is in no database."""
        self._seal = row[0]
        self.own_seal = Seal(row[0])
        """Of what is this service's own, and no one key's."""
        self._owner = ServiceKey(OWNER_ID, "this user", "", frozenset(SCOPES), True, 0.0, seal=self.own_seal)  # noqa: FBT003 - as its fields say

    def make(self, name: str, scopes: Iterable[str], *, this_desktop: bool = False) -> tuple[str, ServiceKey]:
        """A new key: itself, which is kept nowhere, and what is known of it."""
        key = PREFIX + secrets.token_hex(24)
        made = ServiceKey(
            f"key_{secrets.token_hex(12)}",
            name,
            key[:_SHOWN],
            frozenset(scopes) & frozenset(SCOPES),
            this_desktop,
            time.time(),
        )
        values = (
            made.key_id,
            _hash(key),
            made.prefix,
            name,
            " ".join(sorted(made.scopes)),
            this_desktop,
            made.created_at,
        )
        with self._database.transaction(durable=True) as connection:
            connection.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", values)
        return key, made

    def of(self, key: str) -> ServiceKey | None:
        """Whose key it is; None where it is nobody's."""
        if hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self.owner_token.encode()):
            return self._owner
        if not key.startswith(PREFIX) or len(key) > 200:
            return None
        row = self._database.row(f"{_SELECT} WHERE hash = ?", (_hash(key),))
        return None if row is None else _key(row, Seal(key.encode("utf-8", "surrogateescape")))

    def relayed(self, key_id: str, scopes: Iterable[str], host: str) -> ServiceKey:
        """A key of another host, which vouches for it; never for this desktop's own files and shells."""
        name = f"{key_id}@{host}"
        seal = Seal(hmac.digest(self._seal, name.encode(), "sha256"))
        may = frozenset(scopes) & frozenset(SCOPES)
        return ServiceKey(
            name, "of another host", "", may, this_desktop=False, created_at=0.0, seal=seal, relayed_by=host
        )

    def all(self) -> list[ServiceKey]:
        """Every one, the oldest first."""
        return [_key(row) for row in self._database.rows(f"{_SELECT} ORDER BY created_at, id")]

    def delete(self, key_id: str) -> bool:
        """From now on it is nobody's; whether there was one of that id."""
        with self._database.transaction(durable=True) as connection:
            return connection.execute("DELETE FROM api_keys WHERE id = ?", (key_id,)).rowcount > 0


_SELECT = "SELECT id, name, prefix, scopes, this_desktop, created_at, last_used_at FROM api_keys"


def _key(row: tuple[str, str, str, str, int, float, float | None], seal: Seal | None = None) -> ServiceKey:
    key_id, name, prefix, scopes, this_desktop, created_at, last_used_at = row
    return ServiceKey(
        key_id, name, prefix, frozenset(scopes.split()), bool(this_desktop), created_at, last_used_at, seal
    )


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
