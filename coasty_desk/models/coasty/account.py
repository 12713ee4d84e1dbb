"""A look at the service that costs nothing: whether it is there, whether it takes the key, and what the key may do."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from msgspec import Struct

from coasty_desk.models.coasty import inquiry
from coasty_desk.models.coasty.api_key import BASE_URL, ApiKey, Kind
from coasty_desk.models.coasty.http import Connection
from coasty_desk.wire.json_fields import Fields, UnreadableError, number_in


class Account(Struct, frozen=True):
    """What the service says of the key: its kind, whether it bills, the cents left where it says so."""

    host: str
    kind: Kind
    bills: bool
    cents_left: int | None


def check(key: str, url: str = BASE_URL) -> Account:
    """Ask for `GET /models`, which needs a key, no scope and no money (API.md §2.5).

    Raises ServiceError (no key, a bad one, refused, unreachable, no such service) and UsageError (a bad `url`).
    """
    with closing(Connection(url, ApiKey(key))) as connection:
        told = inquiry.ask(connection, "models")
    said = told.headers.get("x-coasty-key-kind", "")
    kind: Kind = next((known for known in ("live", "test", "legacy") if known == said), connection.key.kind)
    return Account(connection.host, kind, kind != "test", number_in(told.headers.get("x-credits-remaining", "")))


def balance(key: str, url: str = BASE_URL) -> int | None:
    """The cents left in the wallet by `GET /usage` (API.md §2.6); None where the answer names none.

    Raises ServiceError, with INSUFFICIENT_SCOPE for a key that may not ask: few may.
    """
    with closing(Connection(url, ApiKey(key))) as connection:
        told = inquiry.ask(connection, f"usage?period={datetime.now(UTC):%Y-%m}")
    try:
        fields = Fields.of(told.document, "the answer")
        cents = fields.number("wallet_balance_cents", "balance", at_most=10**12)
        dollars = fields.number("wallet_balance_usd", at_most=10**10)
    except UnreadableError:
        return None
    if cents is None and dollars is None:
        return None
    return int(cents if cents is not None else round((dollars or 0) * 100))
