"""What a fault says to a person: which field, which option, and nothing that is for who writes a client."""

from __future__ import annotations

import re

import pytest

from coasty_desk.models.coasty.remedies import as_error
from coasty_desk.wire import error_envelope
from coasty_desk.wire.error_envelope import Fault
from tests import stub_service

DETAILS: dict[str, tuple[object, str, str]] = {
    "a path": ("body.screen_width", "screen_width", "--max-size"),
    "a list of what pydantic says": (
        [{"loc": ["body", "max_trajectory_length"], "msg": "must be at most 20", "type": "x", "input": "SECRET"}],
        "max_trajectory_length: must be at most 20",
        "--memory",
    ),
    "a list of words": (["cua_version: unknown", "tools.0"], "cua_version: unknown; tools.0", "--cua-version"),
    "an object": ({"instructions": ["too long", "too loud"]}, "instructions: too long; too loud", "--preset"),
    "no field of ours": (
        [{"field": "colour", "message": "\x1b[31mmust be red"}],
        "colour: \ufffd[31mmust be red",
        "anew",
    ),
    "nonsense": ([None, 5, [], {"loc": {}}], "It was VALIDATION_ERROR.", "anew"),
}


@pytest.mark.parametrize(("details", "said", "remedy"), DETAILS.values(), ids=DETAILS)
def test_a_request_that_is_refused_names_its_field_and_the_option_for_it(
    details: object, said: str, remedy: str
) -> None:
    """In whatever shape the service says it, and never with what was in the field."""
    body = stub_service.error(422, "VALIDATION_ERROR", details=details).body
    assert isinstance(body, bytes)
    error = as_error(error_envelope.decode(422, {}, body), "coasty.ai")
    assert said in error.message
    assert "SECRET" not in error.message
    assert remedy in error.remedy


CODES = (
    (400, "INVALID_LIMIT INVALID_STATUS_FILTER FEATURE_NOT_AVAILABLE EMPTY_UPDATE"),
    (401, "INVALID_API_KEY INVALID_SIGNATURE UPSTREAM_ERROR"),
    (402, "INSUFFICIENT_CREDITS WALLET_EXHAUSTED"),
    (403, "INSUFFICIENT_SCOPE"),
    (404, "NOT_FOUND SESSION_NOT_FOUND RUN_NOT_FOUND WORKFLOW_NOT_FOUND MACHINE_NOT_FOUND LLM_KEY_NOT_FOUND"),
    (409, "INVALID_STATE NOT_AWAITING_HUMAN RESUME_CONFLICT CONFLICT IDEMPOTENCY_KEY_REUSED IDEMPOTENCY_IN_FLIGHT"),
    (409, "IDEMPOTENCY_ALREADY_REFUNDED"),
    (413, "PAYLOAD_TOO_LARGE"),
    (422, "VALIDATION_ERROR INVALID_SCREENSHOT LLM_PROVIDER_UNSUPPORTED LLM_MODEL_INVALID LLM_KEY_NOT_CONFIGURED"),
    (429, "RATE_LIMITED RATE_LIMIT_EXCEEDED TOO_MANY_RUNS LLM_PROVIDER_RATE_LIMITED"),
    (500, "INTERNAL_ERROR PREDICTION_FAILED GROUNDING_FAILED RUN_CREATE_FAILED"),
    (503, "UPSTREAM_UNAVAILABLE SERVICE_UNAVAILABLE DB_UNAVAILABLE BILLING_UNAVAILABLE SNAPSHOT_OUTCOME_UNKNOWN"),
    (504, "UPSTREAM_TIMEOUT SOMETHING_NEW"),
)
HINT = "Set the X-API-Key header, or call GET /v1/usage with a fresh Idempotency-Key."


@pytest.mark.parametrize(("status", "code"), [(status, code) for status, codes in CODES for code in codes.split()])
def test_every_remedy_is_for_the_person_at_this_program(status: int, code: str) -> None:
    """Two sentences for every code of API.md §7, and none of the service's hints for who writes a client."""
    error = as_error(Fault(code, "It was so.", status, suggestion=HINT), "coasty.ai")
    assert error.message.endswith(".")
    assert error.remedy.endswith(".")
    assert not re.search(r"header|GET|/v1|Idempotency|[{}]", error.remedy)


def test_a_hint_that_a_person_can_follow_is_passed_on() -> None:
    """Where we have no better one."""
    hint = "Confirm your address in the account first."
    assert as_error(Fault("ADDRESS_UNCONFIRMED", "No.", 400, suggestion=hint), "coasty.ai").remedy == hint


def test_the_scope_that_is_asked_for_is_named() -> None:
    """Another than a run's own is not said to be one of those."""
    error = as_error(Fault("INSUFFICIENT_SCOPE", "No.", 403, required_scope="usage"), "coasty.ai")
    assert "the scope usage" in error.remedy
