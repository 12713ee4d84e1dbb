"""What goes wrong with a model, as `/v1` says it: the published API's own codes where it has spoken, ours for all others."""

from __future__ import annotations

import math
from typing import Any

from coasty_desk.core.errors import CoastyDeskError, GaveUpError, OverBudgetError, ServiceError, UsageError
from coasty_desk.models.transport.transport import NO_ANSWER, NOT_SENT
from coasty_desk.server.api_errors import CODES, ApiError
from coasty_desk.server.whom_to_ask import Whom

UNKNOWN = "OUTCOME_UNKNOWN"
"""The model was asked, and nobody can say what came of it: it is not asked again."""

RETRY_AFTER = 10
"""Seconds, where a model is asked too often: it was waited for already."""

_ACCOUNT = ("INVALID_API_KEY", "UNAUTHORIZED", "NO_KEY", "BAD_KEY")
"""Of the account's key, or a vendor's: the caller's own is not meant, and is not to be thrown away."""


def as_api_error(error: CoastyDeskError, whom: Whom, *, repeatable: bool, keyed: bool) -> ApiError:
    """The refusal. `repeatable`: the same question can be asked again without being paid twice, where it is `keyed`."""
    match error:
        case OverBudgetError():
            return ApiError("INSUFFICIENT_CREDITS", _sentence(error), error.remedy)
        case GaveUpError():
            return ApiError("GROUNDING_FAILED", _sentence(error), error.remedy)
        case UsageError():
            return ApiError("SERVICE_UNAVAILABLE", _sentence(error), error.remedy)
        case ServiceError():
            return _of_service(error, whom, repeatable=repeatable, keyed=keyed)
        case _:
            return ApiError("INTERNAL_ERROR", _sentence(error), error.remedy)


def is_unknown(error: CoastyDeskError) -> bool:
    """Whether what was asked for may have been answered, and charged, all the same."""
    return isinstance(error, ServiceError) and not error.unpaid and (error.in_doubt or error.code == NO_ANSWER)


def outcome_unknown(why: str = "") -> ApiError:
    """The model was asked by an earlier request of this key; its answer is lost."""
    message = (
        why
        or "The model was asked, and the service was ended before its answer was kept. It is not asked again by itself."
    )
    suggestion = "Look at the screen and at the usage; if the question still stands, ask it with a new Idempotency-Key: it may be charged again."
    return ApiError(UNKNOWN, message, suggestion)


def _of_service(error: ServiceError, whom: Whom, *, repeatable: bool, keyed: bool) -> ApiError:
    if is_unknown(error):
        if repeatable and keyed:
            return ApiError(
                "UPSTREAM_TIMEOUT",
                _sentence(error),
                "Ask again with the same Idempotency-Key: it is not paid twice.",
                retry_after=1,
            )
        if whom.model.passes_on or not repeatable:
            return outcome_unknown(_sentence(error))
        return ApiError("UPSTREAM_TIMEOUT", _sentence(error), error.remedy)
    if error.code in _ACCOUNT or (error.status in (401, 403) and not whom.model.passes_on):
        return ApiError("SERVICE_UNAVAILABLE", _sentence(error), error.remedy)
    if error.code in NOT_SENT:
        return ApiError("UPSTREAM_UNAVAILABLE", _sentence(error), error.remedy)
    if whom.model.passes_on and error.code in CODES:
        return _passed_back(error)
    match error.status:
        case 402:
            return ApiError("INSUFFICIENT_CREDITS", _sentence(error), error.remedy)
        case 429:
            return ApiError("LLM_PROVIDER_RATE_LIMITED", _sentence(error), error.remedy, retry_after=RETRY_AFTER)
        case None if error.code in ("BAD_ANSWER", "NOT_JSON"):
            return ApiError("UPSTREAM_ERROR", _sentence(error), error.remedy)
        case status if status is not None and status >= 500:
            return ApiError("UPSTREAM_UNAVAILABLE", _sentence(error), error.remedy)
        case _:
            return ApiError("SERVICE_UNAVAILABLE", _sentence(error), error.remedy)


def _passed_back(error: ServiceError) -> ApiError:
    """The published API's own refusal, with the figures that programs look at."""
    figures = error.figures
    wait = figures.get("retry_after", RETRY_AFTER if error.status == 429 else None)
    told: dict[str, Any] = {name: figures[name] for name in ("required", "balance") if name in figures}
    return ApiError(
        error.code,
        _sentence(error),
        error.remedy,
        status=error.status,
        retry_after=None if wait is None else math.ceil(wait),
        refunded=int(figures.get("refunded", 0)),
        **told,
    )


def _sentence(error: CoastyDeskError) -> str:
    said = error.message.strip()
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
