"""What the client of `/v1` does with refusals, lost answers and nonsense: API.md §8, and answers that nobody would give in good faith."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.client import keys_api, machines_api
from coasty_desk.client.machine_values import machine_in
from coasty_desk.client.service_client import Inquiry, ServiceClient
from coasty_desk.core.errors import Aborted, CoastyDeskError, ServiceError
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.transport import NO_ANSWER, UNREACHABLE, Outgoing, Reply, UnansweredError
from coasty_desk.testing import AnsweringTransport

KEY = "sk-coasty-live-" + "5a" * 24


class PatientStop(Stop):
    """Waits for nothing, and keeps how long it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def pause(self, seconds: float) -> None:
        """Not at all."""
        self.waited.append(seconds)


def asking(*answers: Reply | Exception, here: bool = False) -> tuple[ServiceClient, AnsweringTransport, PatientStop]:
    """A client whose requests are answered in turn."""
    left: Iterator[Reply | Exception] = iter(answers)

    def answer(_request: Outgoing) -> Reply:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    transport, stop = AnsweringTransport(answer), PatientStop()
    connection = Connection("http://127.0.0.1/v1", ApiKey(KEY), transport=transport)
    return ServiceClient(connection, stop, here=here, chance=lambda: 1.0), transport, stop


def good(document: object) -> Reply:
    """A good answer."""
    return Reply(200, {}, json.dumps(document).encode())


def refused(status: int, code: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
    """The envelope."""
    error = {"code": code, "message": f"It was {code}.", **more}
    return Reply(status, headers or {}, json.dumps({"error": error}).encode())


LOST = UnansweredError(NO_ANSWER, "the connection broke off")
DOWN = UnansweredError(UNREACHABLE, "the connection was refused")
KEYED = Inquiry("POST", "machines", {"display_name": "x"}, key="machine:1")
ONCE = Inquiry("POST", "machines/m/stop", {})


def test_a_keyed_request_goes_out_again_the_same() -> None:
    """After a lost answer, a 429 with its pause, a 503 and one that is in flight; key and bytes stay."""
    answers = (
        *(LOST, refused(429, "RATE_LIMITED", {"Retry-After": "7"}), refused(409, "IDEMPOTENCY_IN_FLIGHT")),
        *(refused(503, "SERVICE_UNAVAILABLE"), good({"id": "m"})),
    )
    client, transport, stop = asking(*answers)
    assert client.ask(KEYED).document == {"id": "m"}
    assert len({(sent.headers["Idempotency-Key"], sent.body) for sent in transport.sent}) == 1
    assert len(transport.sent) == 5
    assert 7.0 in stop.waited


def test_a_refund_needs_another_key() -> None:
    """The envelope says so, or the code does."""
    said = refused(500, "UPSTREAM", retryable=True, retry_with_same_idempotency_key=False)
    for refusal in (refused(500, "PREDICTION_FAILED"), said):
        client, transport, _ = asking(refusal, good({}))
        client.ask(KEYED)
        assert [sent.headers["Idempotency-Key"] for sent in transport.sent] == ["machine:1:1", "machine:1:2"]


@pytest.mark.parametrize(
    ("inquiry", "answer", "tries"),
    [
        (KEYED, refused(503, "SNAPSHOT_OUTCOME_UNKNOWN"), 1),
        (KEYED, refused(503, "BILLING_UNAVAILABLE"), 1),
        (KEYED, refused(503, "SERVICE_UNAVAILABLE", retryable=False), 1),
        (KEYED, refused(422, "VALIDATION_ERROR"), 1),
        (KEYED, refused(402, "INSUFFICIENT_CREDITS"), 1),
        (ONCE, LOST, 1),
        (ONCE, refused(503, "SERVICE_UNAVAILABLE"), 1),
        (ONCE, DOWN, 4),
        (Inquiry("GET", "machines"), LOST, 4),
        (Inquiry("DELETE", "machines/m"), refused(502, "UPSTREAM_ERROR"), 4),
        (Inquiry("PATCH", "machines/m", {"ttl_minutes": 5}, repeats=True), LOST, 4),
    ],
)
def test_what_is_not_safe_to_repeat_goes_out_once(inquiry: Inquiry, answer: Reply | Exception, tries: int) -> None:
    """And nothing more often than four times."""
    client, transport, _ = asking(*[answer] * 9)
    with pytest.raises(ServiceError) as failed:
        client.ask(inquiry)
    assert len(transport.sent) == tries
    assert failed.value.message.endswith(".")


def test_a_service_of_this_computer_that_is_gone_is_not_waited_for() -> None:
    """It is said how to start it."""
    client, transport, _ = asking(DOWN, here=True)
    with pytest.raises(ServiceError, match="not running any more") as failed:
        client.get("machines")
    assert "coasty-desk serve" in failed.value.remedy
    assert len(transport.sent) == 1


def test_a_stop_ends_a_request_that_hangs() -> None:
    """At once, and what comes of it is nobody's any more."""
    stop = Stop()

    def hang(_request: Outgoing) -> Reply:
        stop.trip("interrupt")
        Stop().wait(5)
        return good({})

    connection = Connection("http://127.0.0.1/v1", ApiKey(KEY), transport=AnsweringTransport(hang))
    with pytest.raises(Aborted):
        ServiceClient(connection, stop).get("machines")


def test_the_key_is_in_nothing_that_comes_back() -> None:
    """Though the service repeats it."""
    client, _, _ = asking(refused(403, "FORBIDDEN", suggestion=f"Use {KEY}."))
    with pytest.raises(ServiceError) as failed:
        client.get("machines")
    assert KEY not in f"{failed.value.message}{failed.value.remedy}{client.connection!r}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "machine", "id", "status", "billing", "success", "result", "results", "image_b64", "error"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)

READERS: list[Callable[[ServiceClient], object]] = [
    machines_api.listed,
    lambda client: machines_api.shown(client, "m"),
    lambda client: machines_api.looked_at(client, "m"),
    lambda client: machines_api.acted(client, "m", "click", {}),
    lambda client: machines_api.acted_in_turn(client, "m", [("click", {}), ("type", {})]),
    lambda client: machines_api.changed(client, "m", "stop"),
    lambda client: machines_api.snapshot(client, "m"),
    lambda client: machines_api.lives(client, "m", 5),
    lambda client: machines_api.typed(client, "m", {"command": "ls"}, 5.0),
    keys_api.keys_listed,
    keys_api.models,
    lambda client: keys_api.usage(client, "2026-11"),
]


@given(json_values, st.sampled_from(READERS))
def test_whatever_a_service_says_is_read_or_refused(document: object, read: Callable[[ServiceClient], object]) -> None:
    """Never anything but a value of ours or a sentence for a person."""
    client, _, _ = asking(good(document))
    try:
        read(client)
    except CoastyDeskError as error:
        said = error.message
    else:
        said = "read"
    assert said
    assert said.isprintable()


@given(json_values)
def test_a_machine_that_is_read_can_be_asked_for_and_shown(document: object) -> None:
    """Its id is one that a path can have, and no word of it can steer a terminal."""
    machine = machine_in(document)
    if machine is not None:
        assert machine.machine_id.isascii()
        assert "/" not in machine.machine_id
        assert f"{machine.name}{machine.status}{machine.os_type}".isprintable()
