"""The service's error envelope (API.md §7), or whatever stands in its place, as a `Fault`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from msgspec import Struct

from coasty_desk.wire import error_details
from coasty_desk.wire.error_details import Detail
from coasty_desk.wire.json_fields import UnreadableError, amount, line_of, parse_json

MAX_SENTENCE = 500
"""Characters of the service's own words that are passed on."""


class Fault(Struct, frozen=True):
    """An answer that is an error. Branch on `code`, then on `status`, never on `message`.

    `code` is the service's, or made up from the status where the body has none (`synthetic`:
    a proxy spoke, not the service). The flags are None where the envelope does not carry them.
    `retry_after` is in seconds, `refunded` in cents. `required` and `balance` are in cents, for
    INSUFFICIENT_CREDITS; `required_scope` is for INSUFFICIENT_SCOPE, `details` for VALIDATION_ERROR.
    """

    code: str
    message: str
    status: int
    request_id: str | None = None
    retryable: bool | None = None
    retry_with_same_key: bool | None = None
    retry_after: float | None = None
    suggestion: str = ""
    refunded: int = 0
    synthetic: bool = False
    required: float | None = None
    balance: float | None = None
    required_scope: str | None = None
    details: tuple[Detail, ...] = ()


def decode(status: int, headers: Mapping[str, str], body: bytes) -> Fault:
    """Read an error response. Never raises, whatever the body is."""
    named = {name.lower(): value for name, value in headers.items()}
    envelope, words = _envelope(body)
    code = line_of(envelope.get("code"), 100)
    same = envelope.get("retry_with_same_idempotency_key")
    retryable = envelope.get("retryable")
    return Fault(
        code=code or _FROM_STATUS.get(status, f"HTTP_{status}"),
        message=line_of(envelope.get("message"), MAX_SENTENCE) or words or _standing_for(status),
        status=status,
        request_id=line_of(envelope.get("request_id"), 200) or line_of(named.get("x-coasty-request-id"), 200) or None,
        retryable=retryable if isinstance(retryable, bool) else None,
        retry_with_same_key=same if isinstance(same, bool) else None,
        retry_after=_retry_after(named.get("retry-after"), envelope.get("retry_after")),
        suggestion=line_of(envelope.get("suggestion"), MAX_SENTENCE),
        refunded=int(_number(named.get("x-credits-refunded")) or 0),
        synthetic=not code,
        required=amount(envelope.get("required")),
        balance=amount(envelope.get("balance")),
        required_scope=line_of(envelope.get("required_scope"), 100) or None,
        details=error_details.read(envelope.get("details")),
    )


_FROM_STATUS = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "INSUFFICIENT_CREDITS",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    408: "UPSTREAM_TIMEOUT",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    502: "UPSTREAM_ERROR",
    503: "UPSTREAM_UNAVAILABLE",
    504: "UPSTREAM_TIMEOUT",
}
"""Codes for answers that have none. A bare 401 is not INVALID_API_KEY: nobody said that of the key (API.md §8.6)."""


def _envelope(body: bytes) -> tuple[dict[str, object], str]:
    """The envelope's fields, and the words of a body that has another shape."""
    try:
        document = parse_json(body)
    except UnreadableError:
        document = None
    if not isinstance(document, dict):
        return {}, ""
    error = document.get("error")
    if isinstance(error, dict):
        return error, ""
    found = (line_of(value, MAX_SENTENCE) for value in (error, document.get("message"), document.get("detail")))
    told = document.get("details") or document.get("detail")
    return {"details": told if isinstance(told, list | dict) else None}, next(filter(None, found), "")


def _standing_for(status: int) -> str:
    phrase = next((f" {known.phrase}" for known in HTTPStatus if known == status), "")
    return f"the answer was {status}{phrase}, without a word from the service itself"


def _retry_after(header: str | None, field: object) -> float | None:
    """Seconds from the header, else from the envelope; the header's date form is ignored (API.md §8.4)."""
    seconds = _number(header)
    found = amount(field) if seconds is None else seconds
    return None if found is None else float(found)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else amount(float(text))
    except ValueError:
        return None
