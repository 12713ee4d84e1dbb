"""Error envelopes as the service writes them, and what proxies put in their place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.wire.error_envelope import Fault, decode
from coasty_desk.wire.json_fields import number_in
from tests.wire.test_action_json import JSON


def test_a_whole_envelope_is_read() -> None:
    """Every field of API.md §7 that a client acts on has its place."""
    error = {
        "code": "PREDICTION_FAILED",
        "message": "It failed.",
        "type": "server_error",
        "request_id": "req_9",
        "suggestion": "Send it again.",
        "docs_url": "https://coasty.ai/api-docs#errors",
        "retryable": True,
        "retry_with_same_idempotency_key": False,
        "retry_after": 3,
    }
    fault = decode(500, {"X-Credits-Refunded": "4"}, json.dumps({"error": error}).encode())
    assert fault == Fault(
        "PREDICTION_FAILED",
        "It failed.",
        500,
        "req_9",
        retryable=True,
        retry_with_same_key=False,
        retry_after=3.0,
        suggestion="Send it again.",
        refunded=4,
    )


def test_the_seeds_envelope_has_no_flags() -> None:
    """An absent flag is None, which is neither yes nor no."""
    fault = decode(402, {}, b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "m", "required": 5, "balance": 1}}')
    assert (fault.retryable, fault.retry_with_same_key, fault.retry_after) == (None, None, None)
    assert (fault.required, fault.balance) == (5, 1)


@pytest.mark.parametrize(
    ("header", "field", "seconds"),
    [
        ("7", 3, 7.0),
        ("0", 3, 0.0),
        ("1.5", None, 1.5),
        (None, 3, 3.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 3, 3.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None, None),
        ("-1", None, None),
        ("nan", None, None),
        ("inf", 2, 2.0),
        (None, "3", None),
        (None, True, None),
        (None, 10**400, None),
    ],
)
def test_retry_after_is_seconds_from_the_header_or_the_body(
    header: str | None, field: object, seconds: float | None
) -> None:
    """The header wins, the date form is ignored, nonsense counts as absent."""
    headers = {} if header is None else {"RETRY-AFTER": header}
    body = '{"error": {"code": "RATE_LIMITED", "retry_after": %s}}'
    assert decode(429, headers, (body % json.dumps(field)).encode()).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "UNAUTHORIZED"),
        (402, "INSUFFICIENT_CREDITS"),
        (404, "NOT_FOUND"),
        (413, "PAYLOAD_TOO_LARGE"),
        (429, "RATE_LIMITED"),
        (500, "INTERNAL_ERROR"),
        (502, "UPSTREAM_ERROR"),
        (503, "UPSTREAM_UNAVAILABLE"),
        (504, "UPSTREAM_TIMEOUT"),
        (520, "HTTP_520"),
        (302, "HTTP_302"),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html><h1>Bad Gateway</h1></html>", b"\xff\x00", b"[" * 100_000, b"null", b'"x"']
)
def test_a_body_without_an_envelope_gets_its_code_from_the_status(status: int, code: str, body: bytes) -> None:
    """A gateway's own page is an error like another, and marked as not the service's word."""
    fault = decode(status, {"x-coasty-request-id": "req_h"}, body)
    assert (fault.code, fault.synthetic, fault.request_id) == (code, True, "req_h")
    assert str(status) in fault.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "Too bad"}, "Too bad"),
        ({"message": "Too bad"}, "Too bad"),
        ({"detail": "Too bad"}, "Too bad"),
        ({"error": {"message": "Too bad", "code": 5}}, "Too bad"),
        ({"error": {"message": "Too \x1b[31mbad\n", "code": []}}, "Too \N{REPLACEMENT CHARACTER}[31mbad"),
    ],
)
def test_words_in_other_shapes_are_kept(body: object, message: str) -> None:
    """What was said is passed on, harmless to a terminal."""
    assert decode(400, {}, json.dumps(body).encode()).message == message


@given(st.integers(100, 599), JSON | st.fixed_dictionaries({"error": JSON}), st.dictionaries(st.text(), st.text()))
def test_no_error_breaks_the_reader(status: int, body: object, headers: dict[str, str]) -> None:
    """Whatever comes, there is a code and one printable line."""
    fault = decode(status, headers, json.dumps(body).encode())
    assert fault.code
    assert fault.message.isprintable()


@given(st.binary())
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """Whatever comes, there is a code."""
    assert decode(503, {}, body).code


@pytest.mark.parametrize("said", ["9" * 5000, "1e308", "inf", "nan", "-1", "1" * 13, "٣", ""])
def test_numbers_from_outside_are_within_bounds(said: str) -> None:
    """A header of five thousand digits is no number."""
    assert number_in(said) is None
    fault = decode(429, {"Retry-After": said, "X-Credits-Refunded": said}, b"")
    assert fault.retry_after is None or 0 <= fault.retry_after <= 10**12
    assert 0 <= fault.refunded <= 10**12
