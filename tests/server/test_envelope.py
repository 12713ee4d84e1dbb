"""What a request may look like, and what is answered to one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.served import Client, Served


def test_every_answer_has_its_request_id_and_no_page_may_read_it(here: Served) -> None:
    """Every answer has its request id and no page may read it."""
    for path in ("/v1/health", "/v1/keys", "/v1/nothing", "/"):
        answer = here.client("GET", path)
        assert answer.headers["x-coasty-request-id"].startswith("req_")
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cache-control"] == "no-store"
        if answer.status >= 400:
            error = answer.json["error"]
            assert error["request_id"] == answer.headers["x-coasty-request-id"]
            assert {"message", "type", "suggestion", "docs_url", "retryable", "retry_with_same_idempotency_key"} <= set(
                error
            )
            assert answer.headers["link"].endswith('rel="help"')


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/", "/v1/keys/", "/v1//keys", "/v1/keys/a/b", "/v1/keys/%2e%2e", "/v1/keys/%ff", "/v1/keys/%0a"],
)
def test_an_unknown_path_is_a_404_with_the_envelope(here: Served, path: str) -> None:
    """An unknown path is a 404 with the envelope."""
    answer = here.client("GET" if "%" not in path else "DELETE", path)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_a_method_that_a_path_has_not_is_told_which_it_has(here: Served) -> None:
    """A method that a path has not is told which it has."""
    answer = here.client("PATCH", "/v1/keys")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    answer = here.client("OPTIONS", "/v1/keys", Access_Control_Request_Method="POST")
    assert answer.status == 405
    assert here.client("HEAD", "/v1/health").status == 200


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (b"", ["body"]),
        (b"{", ["body"]),
        (b'"\xff"', ["body"]),
        (b"[" * 10_000, ["body"]),
        (b'{"name": "a", "scopes": ' + b"[" * 100 + b"]" * 100 + b"}", ["body"]),
        ([], ["body"]),
        ({}, ["body", "name"]),
        ({"name": 1}, ["body", "name"]),
        ({"name": ""}, ["body", "name"]),
        ({"name": " "}, ["body", "name"]),
        ({"name": "x" * 101}, ["body", "name"]),
        ({"name": "a", "scopes": ["all"]}, ["body", "scopes", 0]),
        ({"name": "a", "scopes": ["usage", "usage"]}, ["body", "scopes"]),
        ({"name": "a", "else": 1}, ["body", "else"]),
        ({"name": "a", "this_desktop": "true"}, ["body", "this_desktop"]),
    ],
)
def test_a_body_that_is_not_as_it_must_be_is_refused_with_the_place(here: Served, body: Any, loc: list[str]) -> None:
    """A body that is not as it must be is refused with the place."""
    answer = here.client("POST", "/v1/keys", body)
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert answer.json["error"]["details"][0]["loc"] == loc
    assert set(answer.json["error"]["details"][0]) == {"loc", "msg", "type"}


def test_everything_that_is_wrong_is_told_at_once(here: Served) -> None:
    """Every field that is wrong, each with the first thing that is, and which fields there are where one is not among them."""
    answer = here.client("POST", "/v1/keys", {"scopes": ["all"], "this_desktop": 1, "else": 1, "other": 2})
    error = answer.json["error"]
    assert [detail["loc"] for detail in error["details"]] == [
        ["body", "name"],
        ["body", "scopes", 0],
        ["body", "this_desktop"],
        ["body", "else"],
        ["body", "other"],
    ]
    assert [detail["type"] for detail in error["details"]] == [
        "missing",
        "value_error",
        "value_error",
        "extra_forbidden",
        "extra_forbidden",
    ]
    assert error["message"] == "body.name: it is required. 4 more are wrong."
    assert error["suggestion"] == "The fields are name, scopes, this_desktop: mend what details names."
    many = here.client("POST", "/v1/keys", {"name": "a"} | {f"x{at}": at for at in range(10_000)})
    assert many.status == 422
    assert len(many.body) < 5000


def test_what_is_unknown_is_told_shortly_and_in_printable_characters(here: Served) -> None:
    """What is unknown is told shortly and in printable characters."""
    answer = here.client("POST", "/v1/keys", {"name": "a", "\x1b[31m" + "z" * 5000: 1})
    assert answer.status == 422
    assert len(answer.body) < 2000
    assert b"\\u001b" not in answer.body


def test_the_rate_is_told_where_it_counts(here: Served) -> None:
    """The rate is told where it counts."""
    told = here.client("GET", "/v1/keys").headers
    assert int(told["x-ratelimit-remaining"]) == int(told["ratelimit-limit"]) - 1
    assert "x-ratelimit-limit" not in here.client("GET", "/v1/billing/active").headers
    assert told["x-coasty-key-kind"] == "test"
    assert told["x-coasty-test-mode"] == "true"


def test_a_stranger_learns_nothing_of_what_is_there(here: Served) -> None:
    """A stranger learns nothing of what is there."""
    stranger = Client(here.client.port, "")
    assert stranger("DELETE", "/v1/keys/key_1").body.count(b"INVALID_API_KEY") == 1
    assert stranger("POST", "/v1/keys", b"{").code == "INVALID_API_KEY"
