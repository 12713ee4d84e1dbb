"""Keys that a caller brings for a vendor's model, kept sealed with the API key that stored them: the database alone does not tell them."""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import UTC, datetime
from typing import Literal, cast

from coasty_desk.server.api_keys import OWNER_ID, ServiceKey
from coasty_desk.server.database import Database
from coasty_desk.wire.inference_resources import LlmKeyEntry, LlmKeyStored

LlmProvider = Literal["anthropic", "openai"]

_VERSIONS = (
    """
    CREATE TABLE llm_keys (
        key_id TEXT NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL, fingerprint TEXT NOT NULL,
        created_at REAL NOT NULL, updated_at REAL NOT NULL, PRIMARY KEY (key_id, provider)
    ) WITHOUT ROWID
    """,
)


class LlmKeyStore:
    """Of one database; each API key has keys of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.upgrade("llm_keys", _VERSIONS)

    def store(self, owner: ServiceKey, provider: LlmProvider, key: str) -> LlmKeyStored:
        """Keep it, in the place of an older one."""
        name, now = f"llm key {secrets.token_hex(16)}", time.time()
        assert owner.seal is not None  # noqa: S101 - who was let in has one
        sealed = owner.seal.close(name, key.encode())
        fingerprint = _fingerprint(key)
        with self._database.transaction(durable=True) as connection:
            connection.execute(  # what nobody can open any more
                "DELETE FROM llm_keys WHERE key_id <> ? AND key_id NOT IN (SELECT id FROM api_keys)", (OWNER_ID,)
            )
            connection.execute(
                "INSERT INTO llm_keys VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "name = excluded.name, sealed = excluded.sealed, fingerprint = excluded.fingerprint, updated_at = excluded.updated_at",
                (owner.key_id, provider, name, sealed, fingerprint, now, now),
            )
        return LlmKeyStored(provider, fingerprint)

    def read(self, owner: ServiceKey, provider: str) -> str:
        """The key; empty where there is none."""
        row = self._database.row(
            "SELECT name, sealed FROM llm_keys WHERE key_id = ? AND provider = ?", (owner.key_id, provider)
        )
        if row is None or owner.seal is None:
            return ""
        try:
            return owner.seal.open(*row).decode()
        except ValueError:
            return ""

    def all(self, owner: ServiceKey) -> list[LlmKeyEntry]:
        """What is stored, without the keys."""
        query = "SELECT provider, fingerprint, created_at, updated_at FROM llm_keys WHERE key_id = ? ORDER BY provider"
        return [
            LlmKeyEntry(cast("LlmProvider", provider), fingerprint, _time(created), _time(updated))
            for provider, fingerprint, created, updated in self._database.rows(query, (owner.key_id,))
        ]

    def delete(self, owner: ServiceKey, provider: str) -> bool:
        """Whether there was one."""
        with self._database.transaction(durable=True) as connection:
            done = connection.execute(
                "DELETE FROM llm_keys WHERE key_id = ? AND provider = ?", (owner.key_id, provider)
            )
        return done.rowcount > 0


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
