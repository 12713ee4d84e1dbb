"""Every way in which a vendor's server fails, and what is done about it."""

from __future__ import annotations

import json
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from coasty_desk.core.actions import Done
from coasty_desk.core.errors import Aborted, OverBudgetError, ServiceError
from coasty_desk.core.ports import PredictRequest, Retry, StepCharge
from coasty_desk.models.chat.chat_wire import ChatWire
from coasty_desk.models.chat.profiles import PROFILES
from coasty_desk.models.vendor.vendor_faults import pause_after, read_fault
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.speaking import frame, speaking

GOOD = Says(
    {
        "choices": [{"message": {"content": "Thought: t\nAction: wait()"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }
)


def error(status: int, code: str, said: str, **headers: str) -> Says:
    """As most servers write it."""
    return Says(
        {"error": {"type": code, "code": code, "message": said}},
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def wire() -> ChatWire:
    """Of a model on one's own machine."""
    return ChatWire("a-model", PROFILES["uitars-1.5"], "the server", "")


@pytest.mark.parametrize(
    ("says", "pause"),
    [
        (error(429, "rate_limit_error", "slow down", retry_after="7"), 7),
        (error(429, "rate_limit", "slow down", retry_after_ms="1500"), 1.5),
        (error(529, "overloaded_error", "Overloaded"), 0.5),
        (error(503, "x", "unavailable"), 0.5),
        (error(408, "x", "timeout"), 0.5),
        (error(429, "insufficient_quota", "You exceeded your current quota"), None),
        (
            Says(
                {
                    "type": "error",
                    "error": {
                        "type": "rate_limit_error",
                        "message": "limit",
                        "details": {"error_code": "enforced_spend_limit_reached"},
                    },
                },
                429,
            ),
            None,
        ),
        (error(402, "billing_error", "no"), None),
        (error(401, "authentication_error", "no"), None),
        (
            Says(
                [
                    {
                        "error": {
                            "code": 429,
                            "status": "RESOURCE_EXHAUSTED",
                            "message": "x",
                            "details": [{"@type": "RetryInfo", "retryDelay": "31s"}],
                        }
                    }
                ],
                429,
            ),
            31,
        ),
        (error(429, "x", "come back tomorrow", retry_after="86400"), None),
        (Says({"error": {"message": "error loading model: out of memory", "code": 500}}, 500), 0.5),
        (Says({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, 503), 2.0),
    ],
)
def test_a_fault_is_waited_for_as_long_as_it_asks_or_not_at_all(says: Says, pause: float | None) -> None:
    """By its status, its code and its headers."""
    fault = read_fault(
        says.status, {name.lower(): value for name, value in says.headers.items()}, json.dumps(says.document).encode()
    )
    assert pause_after(fault, 1, 0.0) == pause


def test_a_pause_may_be_a_date() -> None:
    """Of HTTP."""
    fault = read_fault(429, {"retry-after": formatdate(time.time() + 30, usegmt=True)}, b"{}")
    pause = pause_after(fault, 1, 0.0)
    assert pause is not None
    assert 25 < pause < 31


def test_a_model_that_is_being_loaded_is_waited_for_and_not_for_ever() -> None:
    """Five minutes."""
    fault = read_fault(503, {}, b'{"error":{"message":"Loading model"}}')
    assert pause_after(fault, 100, 290.0) == 2.0
    assert pause_after(fault, 100, 301.0) is None


@pytest.mark.parametrize(
    ("says", "message", "remedy"),
    [
        (error(429, "insufficient_quota", "exceeded"), "no money left", "--provider"),
        (error(401, "invalid_api_key", "no"), "does not accept the key", "key"),
        (error(404, "not_found", "model 'a-model' not found"), "has no model a-model", "It has: llava, qwen3-vl."),
        (error(413, "request_too_large", "big"), "so large", "--max-size"),
    ],
)
def test_what_is_final_ends_the_run_with_what_helps(says: Says, message: str, remedy: str) -> None:
    """In two sentences."""
    stub = VendorStub(strict_rules.chat, [says], {"/models": {"data": [{"id": "llava"}, {"id": "qwen3-vl"}]}})
    with speaking(wire(), stub, {}) as run, pytest.raises(ServiceError) as caught:
        run.ask()
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert len(stub.requests) == 1


def test_what_passes_is_asked_again_with_the_same_bytes() -> None:
    """And said."""
    stub = VendorStub(
        strict_rules.chat,
        [error(529, "overloaded_error", "busy", retry_after_ms="5"), error(500, "x", "y", retry_after_ms="5"), GOOD],
    )
    with speaking(wire(), stub, {}) as run:
        assert run.ask().attempts == 3
    assert [word.code for word in run.said if isinstance(word, Retry)] == ["overloaded_error", "x"]
    assert stub.requests[0] == stub.requests[1] == stub.requests[2]


def test_an_answer_that_was_lost_is_booked_at_its_worst() -> None:
    """No vendor knows a request again: what is asked once more may be paid twice."""
    stub = VendorStub(strict_rules.chat, [Says({}, lost=True), GOOD])
    with speaking(wire(), stub, {}) as run:
        worst = run.predictor.price(PredictRequest(1, "do it", frame()))
        answer = run.ask()
    booked = [word.cost for word in run.said if isinstance(word, StepCharge)]
    assert len(booked) == 1
    assert booked[0] >= worst > answer.usage.cost > 0


def test_a_stop_ends_a_request_that_hangs() -> None:
    """At once."""
    stub = VendorStub(strict_rules.chat, [Says({}, after=3)])
    with speaking(wire(), stub, {}) as run:
        threading.Timer(0.3, run.stop.trip, ("stop",)).start()
        began = time.monotonic()
        with pytest.raises(Aborted):
            run.ask()
        assert time.monotonic() - began < 1.5


def test_an_answer_that_cannot_be_read_is_asked_for_once_more_and_then_refused() -> None:
    """In one sentence, and both are paid."""
    words: dict[str, Any] = {
        "choices": [{"message": {"content": "I would click the button."}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }
    stub = VendorStub(strict_rules.chat, [Says(words), Says(words)])
    with speaking(wire(), stub, {}) as run:
        answer = run.ask()
    assert len(stub.requests) == 2
    assert "could not be read" in stub.requests[1]["messages"][-1]["content"]
    assert len(answer.actions) == 1
    assert "no action" in getattr(answer.actions[0], "why", "")
    charged = [word.cost for word in run.said if isinstance(word, StepCharge)]
    assert [*charged, answer.usage.cost] == [10 * 2 + 5 * 10] * 2


def test_nothing_is_asked_again_that_the_run_may_not_pay() -> None:
    """Neither an answer that cannot be read nor one that was lost: each may cost its worst case once more."""
    unreadable = Says({"choices": [{"message": {"content": "I see."}}], "usage": {"prompt_tokens": 10}})
    stub = VendorStub(strict_rules.chat, [unreadable, Says({}, lost=True), GOOD])
    with speaking(wire(), stub, {}) as run:
        left = run.predictor.price(PredictRequest(1, "do it", frame()))
        answer = run.ask(money_left=left)
        assert (len(stub.requests), len(answer.actions)) == (1, 1)
        with pytest.raises(OverBudgetError, match="an answer was lost, the next step may cost"):
            run.ask(money_left=left * 3 // 2)
    assert len(stub.requests) == 2
    assert [word.cost >= left for word in run.said if isinstance(word, StepCharge)] == [True]


def test_sixty_steps_of_a_chat_stay_of_one_size() -> None:
    """The last pictures, and what was done before in words."""
    stub = VendorStub(strict_rules.chat, [GOOD] * 60)
    with speaking(wire(), stub, {}) as run:
        for number in range(60):
            run.ask([Done()] if number else [])
    assert stub.forbidden == []
    pictures = [str(body["messages"]).count("image_url'") // 2 for body in stub.requests]
    assert max(pictures) == pictures[-1] == PROFILES["uitars-1.5"].images
    sizes = [len(json.dumps(body)) for body in stub.requests]
    assert sizes[-1] < 1.5 * sizes[10]
