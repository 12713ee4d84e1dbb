"""What `/v1` answers when it refuses (API.md §7): a table of codes, and the exception that carries one."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

ErrorType = Literal[
    "auth_error",
    "forbidden",
    "validation_error",
    "rate_limit_error",
    "billing_error",
    "not_found_error",
    "state_error",
    "server_error",
]


class ErrorCode(Struct, frozen=True):
    """What stands behind a code. `retryable`: the same may succeed later; `same_key`: with the same idempotency key."""

    status: int
    kind: ErrorType
    retryable: bool = False
    same_key: bool = False
    suggestion: str = ""


class ApiError(Exception):
    """A refusal in the envelope of `/v1`: `code` is one of the table, `context` its further fields, `refunded` in cents.

    `status` and `suggestion` are the table's unless given; `headers` go out with it.
    """

    def __init__(
        self,
        code: str,
        message: str,
        suggestion: str = "",
        *,
        status: int | None = None,
        retry_after: int | None = None,
        refunded: int = 0,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.status = status
        self.retry_after = retry_after
        self.refunded = refunded
        self.headers = headers or {}
        self.context = context
