"""What one host signs for another one: this request alone, in this minute, and once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coasty_desk.server.relay_signature import HOLDS, NoPassError, PassCheck, made, signed

SECRET = "s" * 64
TARGET = "/v1/machines/m/terminal?a=b"
HEADERS = {"idempotency-key": "op_1", "accept": "image/png"}


def _signed(at: float = 1000.0, secret: str = SECRET) -> str:
    said = made("host-a", "key_1", frozenset({"terminal:exec", "machines:read"}), b"body", at)
    return signed(secret, said, "POST", TARGET, HEADERS)


def _check(value: str, method: str = "POST", target: str = TARGET, headers: Mapping[str, str] = HEADERS) -> None:
    PassCheck(SECRET, lambda: 1000.0).checked(value, method, target, {**headers, "host": "127.0.0.1:1"})


def test_it_says_who_asks_through_whom_with_which_scopes() -> None:
    """And the body's hash, which whoever reads the body compares."""
    said = PassCheck(SECRET, lambda: 1000.0).checked(_signed(), "POST", TARGET, HEADERS)
    assert (said.by, said.key_id, said.scopes) == ("host-a", "key_1", ["machines:read", "terminal:exec"])
    assert said.body == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", TARGET, HEADERS),
        ("POST", "/v1/machines/m/terminal", HEADERS),
        ("POST", "/v1/machines/n/terminal?a=b", HEADERS),
        ("POST", TARGET, {"accept": "image/png"}),
        ("POST", TARGET, {**HEADERS, "idempotency-key": "op_2"}),
        ("POST", TARGET, {**HEADERS, "last-event-id": "7"}),
    ],
)
def test_it_holds_for_that_request_alone(method: str, target: str, headers: dict[str, str]) -> None:
    """Not for another method, path, query, key or position."""
    with pytest.raises(NoPassError):
        _check(_signed(), method, target, headers)


@pytest.mark.parametrize("at", [1000.0 - HOLDS - 1, 1000.0 + HOLDS + 1, float("nan")])
def test_it_holds_for_a_minute(at: float) -> None:
    """On either side."""
    with pytest.raises(NoPassError):
        _check(_signed(at))


def test_it_holds_once_and_is_forgotten_when_it_would_not_hold_any_more() -> None:
    """A second time it is refused, whenever that is."""
    now = [1000.0]
    check = PassCheck(SECRET, lambda: now[0])
    value = _signed()
    check.checked(value, "POST", TARGET, HEADERS)
    for now[0] in (1000.0, 1059.0, 1200.0):
        with pytest.raises(NoPassError):
            check.checked(value, "POST", TARGET, HEADERS)
    check.checked(_signed(1200.0), "POST", TARGET, HEADERS)
    assert len(check._seen) == 1


def test_nobody_signs_with_another_secret_and_what_is_torn_says_nothing() -> None:
    """Nor with scopes that were put in afterwards."""
    value = _signed()
    content, _, mac = value.partition(".")
    for wrong in ("", ".", "a.b", content, f"{content}.", f"{content}.{mac[:-1]}", f"{content}.{mac}é", f"A{value}"):
        with pytest.raises(NoPassError):
            _check(wrong)
    with pytest.raises(NoPassError):
        _check(_signed(secret="t" * 64))
