"""What `/v1` answers when it refuses (API.md §7): a table of codes, and the exception that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

DOCS = "https://coasty.ai/api-docs#errors"
"""Where the vendor explains the codes that are its own."""

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


def status_of(error: ApiError) -> int:
    """The HTTP status that it goes out with."""
    return error.status or _of(error.code).status


def kills_key(error: ApiError) -> bool:
    """Whether an idempotency key is used up by it: what was charged came back, and a retry takes a new key."""
    known = _of(error.code)
    return known.retryable and not known.same_key


def may_have_happened(error: ApiError) -> bool:
    """Whether it leaves open what came of the request."""
    return status_of(error) >= 500


def envelope(error: ApiError, request_id: str, *, keyed: bool) -> dict[str, Any]:
    """The body that it goes out with. `keyed`: the request had an idempotency key, on an operation that heeds it."""
    known = _of(error.code)
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "type": known.kind,
        "request_id": request_id,
        "suggestion": error.suggestion or known.suggestion,
        "docs_url": DOCS,
        "retryable": known.retryable,
        "retry_with_same_idempotency_key": known.retryable and known.same_key and keyed,
    }
    if error.retry_after is not None:
        body["retry_after"] = error.retry_after
    return {"error": {**error.context, **body}}


def headers_of(error: ApiError) -> dict[str, str]:
    """What goes out with it beside what every answer has."""
    headers = {"Link": f'<{DOCS}>; rel="help"', **error.headers}
    if status_of(error) == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.refunded:
        headers["X-Credits-Refunded"] = str(error.refunded)
    return headers


def _of(code: str) -> ErrorCode:
    return CODES.get(code, _UNKNOWN)


_UNKNOWN = ErrorCode(500, "server_error")
"""What a handler has made up."""

_AGAIN = "Ask again; with the same Idempotency-Key nothing is done twice."
_NEW_KEY = "Ask again, with a new Idempotency-Key."
_STATE = "Read the state that it is in now, and go on from there."
_LIST = "List what there is, and use an id from there."

CODES: Mapping[str, ErrorCode] = {
    # 4xx: the caller's
    "BAD_REQUEST": ErrorCode(400, "validation_error", suggestion="Send a request as HTTP/1.1 has it."),
    "INVALID_LIMIT": ErrorCode(400, "validation_error", suggestion="Give a limit within these bounds, or none."),
    "INVALID_STATUS_FILTER": ErrorCode(400, "validation_error", suggestion="Give one of these, or none."),
    "FEATURE_NOT_AVAILABLE": ErrorCode(400, "validation_error", suggestion="Do without it."),
    "EMPTY_UPDATE": ErrorCode(400, "validation_error", suggestion="Send at least one field to change."),
    "INVALID_API_KEY": ErrorCode(
        401,
        "auth_error",
        suggestion="Send a key of this service as X-API-Key, or as `Authorization: Bearer`; `coasty-desk keys create` makes one.",
    ),
    "INVALID_SIGNATURE": ErrorCode(401, "auth_error", suggestion="Sign the raw body with the trigger's secret, now."),
    "INSUFFICIENT_CREDITS": ErrorCode(402, "billing_error", suggestion="Top up the wallet of the account that pays."),
    "WALLET_EXHAUSTED": ErrorCode(402, "billing_error", suggestion="Top up the wallet of the account that pays."),
    "INSUFFICIENT_SCOPE": ErrorCode(
        403, "forbidden", suggestion="Use a key that has this scope; `coasty-desk keys create --scope` makes one."
    ),
    "FOREIGN_ORIGIN": ErrorCode(
        403, "auth_error", suggestion="Ask from a program: pages of other addresses are not answered."
    ),
    "NOT_FOUND": ErrorCode(404, "not_found_error", suggestion=f"{_LIST} GET /v1/openapi.json has every operation."),
    "SESSION_NOT_FOUND": ErrorCode(404, "not_found_error", suggestion="Open a new session: POST /v1/sessions."),
    "RUN_NOT_FOUND": ErrorCode(404, "not_found_error", suggestion=_LIST),
    "WORKFLOW_NOT_FOUND": ErrorCode(404, "not_found_error", suggestion=_LIST),
    "MACHINE_NOT_FOUND": ErrorCode(404, "not_found_error", suggestion=f"{_LIST} GET /v1/machines has them."),
    "LLM_KEY_NOT_FOUND": ErrorCode(404, "not_found_error", suggestion="Store one first: PUT /v1/llm/keys/{provider}."),
    "METHOD_NOT_ALLOWED": ErrorCode(405, "validation_error", suggestion="Use a method that the header Allow names."),
    "REQUEST_TIMEOUT": ErrorCode(
        408, "validation_error", retryable=True, same_key=True, suggestion="Send the whole request without a pause."
    ),
    "INVALID_STATE": ErrorCode(409, "state_error", suggestion=_STATE),
    "NOT_AWAITING_HUMAN": ErrorCode(409, "state_error", suggestion=_STATE),
    "RESUME_CONFLICT": ErrorCode(409, "state_error", suggestion=_STATE),
    "CONFLICT": ErrorCode(409, "state_error", suggestion=_STATE),
    "IDEMPOTENCY_KEY_REUSED": ErrorCode(
        409, "validation_error", suggestion="Use a new Idempotency-Key for a request that is not the same."
    ),
    "IDEMPOTENCY_IN_FLIGHT": ErrorCode(
        409,
        "state_error",
        retryable=True,
        same_key=True,
        suggestion="Ask again with the same key in a moment, or look it up: GET /v1/idempotency/{key}.",
    ),
    "IDEMPOTENCY_ALREADY_REFUNDED": ErrorCode(409, "state_error", retryable=True, suggestion=_NEW_KEY),
    "PAYLOAD_TOO_LARGE": ErrorCode(413, "validation_error", suggestion="Send less: the limit is in max_bytes."),
    "MISDIRECTED_REQUEST": ErrorCode(
        421,
        "validation_error",
        suggestion="Ask by the address that `coasty-desk serve` prints, or allow the name with --allow-host.",
    ),
    "VALIDATION_ERROR": ErrorCode(422, "validation_error", suggestion="Mend what details names."),
    "INVALID_SCREENSHOT": ErrorCode(
        422, "validation_error", suggestion="Send a whole PNG or JPEG in standard base64, without a data: prefix."
    ),
    "LLM_PROVIDER_UNSUPPORTED": ErrorCode(
        422, "validation_error", suggestion="Name anthropic or openai, with its key."
    ),
    "LLM_MODEL_INVALID": ErrorCode(422, "validation_error", suggestion="Name a model, and no key."),
    "LLM_KEY_NOT_CONFIGURED": ErrorCode(
        422, "validation_error", suggestion="Store a key: PUT /v1/llm/keys/{provider}."
    ),
    "RATE_LIMITED": ErrorCode(
        429, "rate_limit_error", retryable=True, same_key=True, suggestion="Wait for Retry-After."
    ),
    "TOO_MANY_RUNS": ErrorCode(
        429, "rate_limit_error", retryable=True, same_key=True, suggestion="Wait until one has ended."
    ),
    "LLM_PROVIDER_RATE_LIMITED": ErrorCode(
        429, "rate_limit_error", retryable=True, same_key=True, suggestion="Wait for Retry-After."
    ),
    # 5xx: the service's, or of those that it asks
    "INTERNAL_ERROR": ErrorCode(500, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "PREDICTION_FAILED": ErrorCode(500, "server_error", retryable=True, suggestion=_NEW_KEY),
    "GROUNDING_FAILED": ErrorCode(500, "server_error", retryable=True, suggestion=_NEW_KEY),
    "RUN_CREATE_FAILED": ErrorCode(500, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "WORKFLOW_RUN_CREATE_FAILED": ErrorCode(500, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "UPSTREAM_ERROR": ErrorCode(502, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "UPSTREAM_UNAVAILABLE": ErrorCode(503, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "MACHINE_UNREACHABLE": ErrorCode(
        503,
        "server_error",
        retryable=True,
        same_key=True,
        suggestion="Ask again once its host is there, or ask that host itself.",
    ),
    "SERVICE_UNAVAILABLE": ErrorCode(503, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "DB_UNAVAILABLE": ErrorCode(503, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
    "BILLING_UNAVAILABLE": ErrorCode(503, "server_error", suggestion="Look at the usage before you ask again."),
    "SNAPSHOT_OUTCOME_UNKNOWN": ErrorCode(503, "server_error", suggestion="Look at the machine before you ask again."),
    "OUTCOME_UNKNOWN": ErrorCode(
        503,
        "server_error",
        suggestion="Look at the screen and at the usage before you ask again, with a new Idempotency-Key.",
    ),
    "UPSTREAM_TIMEOUT": ErrorCode(504, "server_error", retryable=True, same_key=True, suggestion=_AGAIN),
}
"""Every code, with its status and what a caller may do."""
