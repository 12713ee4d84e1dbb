"""How one host of many asks another one in a key's name: signed with the secret that the other has told in the shared database. Pure.

Nothing is sent by which somebody who listens could ask as well: the signature is of this one request, holds for a minute, and once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

HEADER = "X-Coasty-Relay"

HOLDS = 60.0
"""Seconds on either side of the database's time, which both hosts go by."""

LARGEST = 8000
"""Characters."""

SIGNED_HEADERS = ("idempotency-key", "accept", "last-event-id")
"""Of a request's headers, those that an operation heeds."""


class RelayPass(Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks through whom: host `by` says that its key `key_id` has these scopes. `body` is the SHA-256 of the request's body, in hex."""

    by: str
    key_id: str
    scopes: list[str]
    body: str
    at: float
    nonce: str


class NoPassError(Exception):
    """It is signed by nobody who may, or for another request, or was so before."""


def made(by: str, key_id: str, scopes: frozenset[str], body: bytes, at: float) -> RelayPass:
    """One for a request with that body."""
    return RelayPass(by, key_id, sorted(scopes), hashlib.sha256(body).hexdigest(), at, secrets.token_hex(16))


def signed(secret: str, said: RelayPass, method: str, target: str, headers: Mapping[str, str]) -> str:
    """The header's value; `headers` have lower-case names, `target` is the path with its query."""
    content = urlsafe_b64encode(msgspec.json.encode(said)).decode("ascii")
    return f"{content}.{_signature(secret, content, method, target, headers)}"


class PassCheck:
    """For one host; `clock` gives the database's time. For several threads at a time."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        self._secret, self._clock = secret, clock
        self._keeping = threading.Lock()
        self._seen: dict[str, float] = {}

    def checked(self, value: str, method: str, target: str, headers: Mapping[str, str]) -> RelayPass:
        """What the header says. Raises NoPassError."""
        content, _, told = value.partition(".")
        right = _signature(self._secret, content, method, target, headers)
        if len(value) > LARGEST or not hmac.compare_digest(told.encode("utf-8", "replace"), right.encode()):
            raise NoPassError
        try:
            said = msgspec.json.decode(urlsafe_b64decode(content), type=RelayPass)
        except (ValueError, msgspec.DecodeError) as error:
            raise NoPassError from error
        now = self._clock()
        if abs(now - said.at) > HOLDS or not self._is_first(said, now):
            raise NoPassError
        return said

    def _is_first(self, said: RelayPass, now: float) -> bool:
        with self._keeping:
            for nonce in [nonce for nonce, at in self._seen.items() if now - at > 2 * HOLDS]:
                del self._seen[nonce]
            if said.nonce in self._seen:
                return False
            self._seen[said.nonce] = said.at
            return True


def _signature(secret: str, content: str, method: str, target: str, headers: Mapping[str, str]) -> str:
    parts = [content, method, target, *(headers.get(name, "") for name in SIGNED_HEADERS)]
    return hmac.digest(secret.encode(), msgspec.json.encode(parts), "sha256").hex()
