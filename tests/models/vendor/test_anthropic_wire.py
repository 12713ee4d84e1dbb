"""Anthropic's protocol against a server that refuses what its documents forbid; the shapes are from the documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from coasty_desk.core.actions import (
    Click,
    Done,
    Drag,
    HoldKeys,
    KeyCombo,
    Look,
    Move,
    NotDone,
    Point,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.ports import PredictRequest
from coasty_desk.models.anthropic import anthropic_wire
from coasty_desk.models.anthropic.anthropic_wire import NOT_EXECUTED, AnthropicWire
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.speaking import KEY, Speaker, frame, speaking

HEADERS = {"x-api-key": KEY}
USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 2000,
    "cache_read_input_tokens": 10_000,
    "output_tokens": 50,
}


def says(*calls: tuple[str, dict[str, Any]], text: str = "") -> Says:
    """An answer with these calls."""
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for number, (name, given) in enumerate(calls):
        toolset = {} if name in ("finish", "ask_user") else {"toolset_name": "computer"}
        content.append({"type": "tool_use", "id": f"toolu_{number}_{name}", "name": name, **toolset, "input": given})
    reason = "tool_use" if calls else "end_turn"
    return Says({"id": "msg_1", "type": "message", "content": content, "stop_reason": reason, "usage": USAGE})


@pytest.fixture(autouse=True)
def _newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anthropic_wire, "_TAKEN", {})


EVERY: list[tuple[tuple[str, dict[str, Any]], Any]] = [
    (("left_click", {"coordinate": [10, 20]}), Click(Point(10, 20))),
    (
        ("left_click", {"coordinate": [10, 20], "text": "ctrl+shift"}),
        Click(Point(10, 20), "left", 1, ("ctrl", "shift")),
    ),
    (("left_click", {}), Click(None)),
    (("right_click", {"coordinate": [10, 20]}), Click(Point(10, 20), "right")),
    (("middle_click", {"coordinate": [10, 20]}), Click(Point(10, 20), "middle")),
    (("double_click", {"coordinate": [10, 20]}), Click(Point(10, 20), "left", 2)),
    (("triple_click", {"coordinate": [10, 20]}), Click(Point(10, 20), "left", 3)),
    (("left_click_drag", {"start_coordinate": [1, 2], "coordinate": [300, 400]}), Drag(Point(1, 2), Point(300, 400))),
    (("mouse_move", {"coordinate": [10, 20]}), Move(Point(10, 20))),
    (
        ("scroll", {"scroll_direction": "down", "scroll_amount": 3, "coordinate": [5, 6]}),
        Scroll(-3, "vertical", Point(5, 6)),
    ),
    (("scroll", {"scroll_direction": "right", "scroll_amount": 3}), Scroll(3, "horizontal")),
    (("key", {"text": "ctrl+s"}), KeyCombo(("ctrl", "s"))),
    (("hold_key", {"text": "shift", "duration": 2}), HoldKeys(("shift",), seconds=2)),
    (("type", {"text": "it's"}), TypeText("it's")),
    (("wait", {"duration": 2}), Wait(2)),
    (("wait", {"duration": 300}), Wait(60)),
    (("screenshot", {}), Look()),
]


def test_every_action_of_the_table_is_meant_as_it_is_read() -> None:
    """One a turn, and each is answered in the next request."""
    stub = VendorStub(
        strict_rules.anthropic,
        [*(says(call) for call, _ in EVERY), says(("finish", {"status": "done", "answer": "42"}))],
    )
    with speaking(AnthropicWire("claude-sonnet-5-5"), stub, HEADERS) as run:
        outcomes: list[Any] = []
        for _, action in EVERY:
            answer = run.ask(outcomes)
            assert answer.actions == (action,)
            outcomes = [Done()]
        end = run.ask(outcomes)
    assert (end.verdict, end.answer) == (Verdict.DONE, "42")
    assert stub.forbidden == []


def test_a_step_costs_what_its_tokens_do() -> None:
    """To the micro-dollar, what is remembered too."""
    stub = VendorStub(strict_rules.anthropic, [says(("wait", {"duration": 1}))])
    with speaking(AnthropicWire("m"), stub, HEADERS) as run:
        assert run.predictor.price(PredictRequest(1, "do it", frame())) > 0
        answer = run.ask()
    assert answer.usage.cost == 100 * 2 + 2000 * 2.5 + 10_000 * 0.2 + 50 * 10


def test_what_was_refused_and_what_was_not_tried_is_told_in_the_documents_words() -> None:
    """Every call has its result."""
    stub = VendorStub(
        strict_rules.anthropic,
        [
            says(("left_click", {"coordinate": [1, 2]}), ("type", {"text": "a"}), ("key", {"text": "enter"})),
            says(text="Done."),
        ],
    )
    with speaking(AnthropicWire("m"), stub, HEADERS) as run:
        assert len(run.ask().actions) == 3
        run.ask([Done(), Refusal("type", "policy", "typing is not allowed"), NotDone("the one before it was refused")])
    assert stub.forbidden == []
    results = [part for part in stub.requests[1]["messages"][-1]["content"] if part["type"] == "tool_result"]
    assert [one.get("is_error", False) for one in results] == [False, True, True]
    assert [one["content"][0]["text"] for one in results] == ["OK", "typing is not allowed", NOT_EXECUTED]
    assert results[-1]["content"][-1]["type"] == "image"


def test_an_older_tool_is_taken_where_the_newest_is_refused_and_that_is_remembered() -> None:
    """Down to functions of our own."""
    refused = Says(
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "tools.0: computer_toolset_20260801 is not supported by this model",
            },
        },
        400,
    )
    older = Says(
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "'computer_20251124' is not a supported tool type"},
        },
        400,
    )

    def answer(body: dict[str, Any]) -> Says:
        kind = body["tools"][0].get("type")
        return (
            refused
            if kind == strict_rules.TOOLSET
            else older
            if kind == "computer_20251124"
            else Says(
                {
                    "content": [
                        {
                            "type": "tool_use",
                            "id": "t",
                            "name": "computer",
                            "input": {"action": "left_click", "coordinate": [3, 4]},
                        }
                    ],
                    "usage": USAGE,
                }
            )
        )

    stub = VendorStub(strict_rules.anthropic, [answer] * 8)
    with speaking(AnthropicWire("old"), stub, HEADERS) as run:
        assert run.ask().actions == (Click(Point(3, 4)),)
        assert run.ask([Done()]).actions == (Click(Point(3, 4)),)
    assert stub.forbidden == []
    assert [body["tools"][0].get("type") for body in stub.requests] == [
        strict_rules.TOOLSET,
        "computer_20251124",
        "computer_20250124",
        "computer_20250124",
    ]
    assert stub.headers[-1]["anthropic-beta"] == "computer-use-2025-01-24"


def test_words_alone_are_the_end_or_a_question_and_nothing_is_asked_for() -> None:
    """An empty answer is asked for once more."""
    for script, verdict, words in (
        ([says(text="The total is 42.")], Verdict.DONE, "The total is 42."),
        ([says(text="Which account?")], Verdict.ASK, "Which account?"),
        ([says(("ask_user", {"question": "Which one?"}))], Verdict.ASK, "Which one?"),
        ([says(), says(text="Done.")], Verdict.DONE, "Done."),
        (
            [Says({"content": [{"type": "text", "text": "No."}], "stop_reason": "refusal", "usage": USAGE})],
            Verdict.FAIL,
            "",
        ),
    ):
        stub = VendorStub(strict_rules.anthropic, script)
        with speaking(AnthropicWire("m"), stub, HEADERS) as run:
            answer = run.ask()
        assert answer.verdict is verdict
        assert words in (answer.answer, answer.question)
        assert stub.forbidden == []


def test_a_long_run_stays_within_what_the_vendor_takes() -> None:
    """It is begun anew, with what was done in words; nothing that was said before, and no thought, is changed in between."""

    def thinking(number: int) -> Callable[[dict[str, Any]], Says]:
        def line(body: dict[str, Any]) -> Says:
            answer = says(("left_click", {"coordinate": [number, 1]}), text=f"click number {number}")
            thought = {"type": "thinking", "thinking": "", "signature": strict_rules.bound(body, len(body["messages"]))}
            answer.document["content"].insert(0, thought)  # type: ignore[index]  # it is an answer's
            return answer

        return line

    stub = VendorStub(strict_rules.anthropic, [thinking(number) for number in range(60)])
    with speaking(AnthropicWire("m"), stub, HEADERS) as run:
        for number in range(60):
            assert run.ask([Done()] if number else []).actions == (Click(Point(number, 1)),)
    assert stub.forbidden == []
    lengths = [len(body["messages"]) for body in stub.requests]
    assert max(lengths) < 100
    begins = [body["messages"] for body in stub.requests if len(body["messages"]) == 1]
    assert len(begins) == 2
    assert "click number 12" in begins[1][0]["content"][0]["text"]
    for before, after in zip(stub.requests, stub.requests[1:], strict=False):
        if len(after["messages"]) > 1:
            kept = [_plain(message) for message in after["messages"][: len(before["messages"])]]
            assert kept == [_plain(message) for message in before["messages"]]


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """Without the mark of what is to be remembered."""
    return {
        **message,
        "content": [
            {key: value for key, value in part.items() if key != "cache_control"} for part in message["content"]
        ],
    }


def test_the_key_goes_to_the_vendor_and_comes_back_from_nowhere() -> None:
    """Also where the server repeats it."""
    stub = VendorStub(strict_rules.anthropic, [Says({"error": {"type": "x", "message": f"bad {KEY}"}}, 401)])
    with (
        speaking(AnthropicWire("m"), stub, HEADERS) as run,
        pytest.raises(Exception, match="does not accept the key") as caught,
    ):
        run.ask()
    assert KEY not in str(caught.value)
    assert isinstance(run, Speaker)


def test_a_button_that_is_held_is_refused_with_what_to_do_instead() -> None:
    """No answer's end leaves anything down."""
    stub = VendorStub(strict_rules.anthropic, [says(("left_mouse_down", {}))] * 2)
    with speaking(AnthropicWire("m"), stub, HEADERS) as run:
        answer = run.ask()
    assert "drag, or press keys together, in one call" in getattr(answer.actions[0], "why", "")
    assert "drag, or press keys together, in one call" in str(stub.requests[1]["messages"][-1])
    assert stub.forbidden == []
