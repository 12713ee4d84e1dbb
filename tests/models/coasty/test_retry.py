"""What follows from every error code of API.md §7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from coasty_desk.models.coasty.retry import (
    ATTEMPTS,
    FIRST_DELAY,
    IN_FLIGHT_PATIENCE,
    LONGEST_DELAY,
    NOT_JSON,
    GiveUp,
    RetryWith,
    decide,
)
from coasty_desk.models.transport.transport import NO_ANSWER, UNREACHABLE
from coasty_desk.wire.error_envelope import Fault

SAME, NEW, COLLECT, NEVER = "same key", "new key", "collect", "never"
CODES = {
    ("INVALID_LIMIT", 400): NEVER,
    ("INVALID_STATUS_FILTER", 400): NEVER,
    ("FEATURE_NOT_AVAILABLE", 400): NEVER,
    ("FEATURE_NOT_AVAILABLE", 403): NEVER,
    ("EMPTY_UPDATE", 400): NEVER,
    ("INVALID_API_KEY", 401): NEVER,
    ("INVALID_SIGNATURE", 401): NEVER,
    ("INSUFFICIENT_CREDITS", 402): NEVER,
    ("WALLET_EXHAUSTED", 402): NEVER,
    ("INSUFFICIENT_SCOPE", 403): NEVER,
    ("NOT_FOUND", 404): NEVER,
    ("SESSION_NOT_FOUND", 404): NEVER,
    ("RUN_NOT_FOUND", 404): NEVER,
    ("WORKFLOW_NOT_FOUND", 404): NEVER,
    ("MACHINE_NOT_FOUND", 404): NEVER,
    ("LLM_KEY_NOT_FOUND", 404): NEVER,
    ("INVALID_STATE", 409): NEVER,
    ("NOT_AWAITING_HUMAN", 409): NEVER,
    ("RESUME_CONFLICT", 409): NEVER,
    ("CONFLICT", 409): NEVER,
    ("IDEMPOTENCY_KEY_REUSED", 409): NEVER,
    ("IDEMPOTENCY_KEY_REUSED", 422): NEVER,
    ("IDEMPOTENCY_IN_FLIGHT", 409): COLLECT,
    ("IDEMPOTENCY_ALREADY_REFUNDED", 409): NEW,
    ("PAYLOAD_TOO_LARGE", 413): NEVER,
    ("VALIDATION_ERROR", 422): NEVER,
    ("VALIDATION_ERROR", 400): NEVER,
    ("INVALID_SCREENSHOT", 422): NEVER,
    ("LLM_PROVIDER_UNSUPPORTED", 422): NEVER,
    ("LLM_MODEL_INVALID", 422): NEVER,
    ("LLM_KEY_NOT_CONFIGURED", 422): NEVER,
    ("RATE_LIMITED", 429): SAME,
    ("RATE_LIMIT_EXCEEDED", 429): SAME,
    ("TOO_MANY_RUNS", 429): SAME,
    ("LLM_PROVIDER_RATE_LIMITED", 429): SAME,
    ("INTERNAL_ERROR", 500): SAME,
    ("PREDICTION_FAILED", 500): NEW,
    ("GROUNDING_FAILED", 500): NEW,
    ("RUN_CREATE_FAILED", 500): SAME,
    ("WORKFLOW_RUN_CREATE_FAILED", 503): SAME,
    ("UPSTREAM_ERROR", 502): SAME,
    ("UPSTREAM_ERROR", 401): NEVER,
    ("UPSTREAM_UNAVAILABLE", 503): SAME,
    ("SERVICE_UNAVAILABLE", 503): SAME,
    ("DB_UNAVAILABLE", 503): SAME,
    ("BILLING_UNAVAILABLE", 503): NEVER,
    ("SNAPSHOT_OUTCOME_UNKNOWN", 503): NEVER,
    ("UPSTREAM_TIMEOUT", 504): SAME,
    (UNREACHABLE, 0): SAME,
    (NO_ANSWER, 0): SAME,
    (NOT_JSON, 200): SAME,
    ("HTTP_520", 520): SAME,
    ("HTTP_501", 501): NEVER,
    ("HTTP_418", 418): NEVER,
    ("REDIRECTED", 302): NEVER,
    ("BAD_CERTIFICATE", 0): NEVER,
    ("TOO_LARGE", 200): NEVER,
}


def decided(
    fault: Fault, attempt: int = 1, left: float | None = None, elapsed: float = 0.0
) -> str | RetryWith | GiveUp:
    """The decision in one word, where one says it."""
    decision = decide(fault, attempt=attempt, elapsed=elapsed, left=left, chance=0.5)
    if decision == GiveUp("final"):
        return NEVER
    if isinstance(decision, RetryWith):
        return COLLECT if decision.collect else NEW if decision.new_key else SAME
    return decision


@pytest.mark.parametrize(("case", "expected"), CODES.items(), ids=str)
def test_every_code_without_flags(case: tuple[str, int], expected: str) -> None:
    """The code decides, then the status."""
    code, status = case
    assert decided(Fault(code, "", status)) == expected


@pytest.mark.parametrize(("code", "status"), CODES)
@pytest.mark.parametrize(
    ("retryable", "same", "expected"),
    [(False, None, NEVER), (False, True, NEVER), (True, True, SAME), (True, False, NEW)],
)
def test_the_flags_win_over_code_and_status(
    code: str, status: int, *, retryable: bool, same: bool | None, expected: str
) -> None:
    """Whatever the code, the envelope's word stands; only a request in flight is still asked for first."""
    fault = Fault(code, "", status, retryable=retryable, retry_with_same_key=same)
    if code == "IDEMPOTENCY_IN_FLIGHT" and retryable:
        expected = COLLECT
    assert decided(fault) == expected


def test_a_refund_in_the_headers_means_a_new_key() -> None:
    """A charge that came back makes its key a dead one."""
    assert decided(Fault("INTERNAL_ERROR", "", 500, refunded=4)) == NEW


@pytest.mark.parametrize("code", ["UPSTREAM_UNAVAILABLE", "PREDICTION_FAILED", NO_ANSWER])
def test_the_fourth_attempt_is_the_last(code: str) -> None:
    """Four requests a step, whichever keys they carry."""
    fault = Fault(code, "", 503)
    decisions = [decided(fault, attempt) for attempt in range(1, ATTEMPTS + 1)]
    assert decisions[-1] == GiveUp("attempts")
    assert GiveUp("attempts") not in decisions[:-1]


def test_a_request_in_flight_uses_up_patience_and_not_attempts() -> None:
    """The service is at work on it, so only time makes us give up."""
    fault = Fault("IDEMPOTENCY_IN_FLIGHT", "", 409)
    assert decided(fault, attempt=ATTEMPTS) == COLLECT
    assert decided(fault, elapsed=IN_FLIGHT_PATIENCE) == GiveUp("attempts")


def test_retry_after_is_honoured_uncapped() -> None:
    """An hour is an hour when no deadline stands against it."""
    fault = Fault("RATE_LIMITED", "", 429, retry_after=3600.0)
    assert decide(fault, attempt=1, elapsed=0, left=None, chance=0.9) == RetryWith(3600.0)
    assert decide(fault, attempt=1, elapsed=0, left=3601.0, chance=0.9) == RetryWith(3600.0)


@pytest.mark.parametrize("seconds", [7201.0, 1e9, 1e12])
def test_a_retry_after_beyond_all_patience_is_not_waited_for(seconds: float) -> None:
    """Nor is it shortened."""
    fault = Fault("RATE_LIMITED", "", 429, retry_after=seconds)
    assert decide(fault, attempt=1, elapsed=0, left=None, chance=0.9) == GiveUp("final")


def test_a_pause_that_outlasts_the_deadline_is_not_begun() -> None:
    """It is not shortened either: the service said how long."""
    fault = Fault("RATE_LIMITED", "", 429, retry_after=30.0)
    assert decided(fault, left=30.0) == GiveUp("deadline")


@given(st.integers(1, ATTEMPTS - 1), st.floats(0, 1, exclude_max=True))
def test_the_jitter_is_full_and_its_cap_doubles(attempt: int, chance: float) -> None:
    """Between nothing and 0.5, 1, 2 … 8 seconds."""
    decision = decide(Fault(NO_ANSWER, "", 0), attempt=attempt, elapsed=0, left=None, chance=chance)
    assert isinstance(decision, RetryWith)
    assert 0 <= decision.delay <= min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1))


@given(
    chance=st.floats(0, 1, exclude_max=True),
    case=st.sampled_from(sorted(CODES)),
    retryable=st.booleans() | st.none(),
)
def test_a_new_key_is_never_taken_while_the_old_one_may_have_been_charged(
    *, chance: float, case: tuple[str, int], retryable: bool | None
) -> None:
    """Without a refund or the service's word, the key stays."""
    fault = replace(Fault(case[0], "", case[1]), retryable=retryable)
    decision = decide(fault, attempt=1, elapsed=0, left=None, chance=chance)
    refund = case[0] in {"PREDICTION_FAILED", "GROUNDING_FAILED", "IDEMPOTENCY_ALREADY_REFUNDED"}
    assert not (isinstance(decision, RetryWith) and decision.new_key and not refund)
