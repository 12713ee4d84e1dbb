"""OpenAI's Responses API against a server that refuses what its documents forbid; the shapes are from the documents."""

from __future__ import annotations

from typing import Any

import pytest

from coasty_desk.core.actions import (
    Click,
    Done,
    Drag,
    KeyCombo,
    Look,
    Move,
    Point,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.resume_point import in_answer
from coasty_desk.models.openai import openai_wire
from coasty_desk.models.openai.openai_wire import OpenAIWire
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.speaking import KEY, speaking

HEADERS = {"Authorization": f"Bearer {KEY}"}
USAGE = {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 900}, "output_tokens": 40}
CHECK = {"id": "sc_1", "code": "malicious_instructions", "message": "The page tells the model what to do."}


@pytest.fixture(autouse=True)
def _newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_wire, "_PREVIEW", set())


def says(
    *actions: dict[str, Any], older: bool = False, checks: tuple[dict[str, str], ...] = (), number: int = 0
) -> Says:
    """An answer with these actions in one call."""
    shape = {"action": actions[0]} if older else {"actions": list(actions)}
    call = {
        "type": "computer_call",
        "id": f"cu_{number}",
        "call_id": f"call_{number}",
        **shape,
        "pending_safety_checks": list(checks),
        "status": "completed",
    }
    thought = {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": "x"}
    return Says({"id": "resp_1", "output": [thought, call], "usage": USAGE, "status": "completed"})


def words(text: str) -> Says:
    """An answer without a call."""
    return Says(
        {
            "id": "resp_2",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
            "usage": USAGE,
        }
    )


EVERY: list[tuple[dict[str, Any], Any]] = [
    ({"type": "click", "button": "left", "x": 10, "y": 20}, Click(Point(10, 20))),
    (
        {"type": "click", "button": "right", "x": 10, "y": 20, "keys": ["CTRL"]},
        Click(Point(10, 20), "right", 1, ("CTRL",)),
    ),
    ({"type": "click", "button": "wheel", "x": 10, "y": 20}, Click(Point(10, 20), "middle")),
    ({"type": "double_click", "x": 10, "y": 20}, Click(Point(10, 20), "left", 2)),
    ({"type": "drag", "path": [{"x": 1, "y": 1}, {"x": 300, "y": 1}]}, Drag(Point(1, 1), Point(300, 1))),
    (
        {"type": "drag", "path": [{"x": 1, "y": 1}, {"x": 1, "y": 300}, {"x": 300, "y": 300}]},
        Drag(Point(1, 1), Point(300, 300), via=(Point(1, 300),)),
    ),
    ({"type": "keypress", "keys": ["CTRL", "A"]}, KeyCombo(("CTRL", "A"))),
    ({"type": "move", "x": 10, "y": 20}, Move(Point(10, 20))),
    ({"type": "scroll", "x": 10, "y": 20, "scroll_x": 0, "scroll_y": 250}, Scroll(-2, "vertical", Point(10, 20))),
    ({"type": "scroll", "x": 10, "y": 20, "scroll_x": -20, "scroll_y": 0}, Scroll(-1, "horizontal", Point(10, 20))),
    ({"type": "type", "text": "a\nb"}, TypeText("a\nb")),
    ({"type": "wait"}, Wait(2)),
    ({"type": "screenshot"}, Look()),
]


def test_a_scroll_in_two_directions_is_two() -> None:
    """And one by nothing is a look."""
    both = {"type": "scroll", "x": 10, "y": 20, "scroll_x": 300, "scroll_y": -100}
    nothing = {"type": "scroll", "x": 10, "y": 20, "scroll_x": 0, "scroll_y": 0}
    stub = VendorStub(strict_rules.openai, [says(both, number=1), says(nothing, number=2)])
    with speaking(OpenAIWire("gpt-6.1-sol"), stub, HEADERS) as run:
        down, across = run.ask().actions
        assert (down, across) == (Scroll(1, "vertical", Point(10, 20)), Scroll(3, "horizontal", Point(10, 20)))
        assert run.ask([Done(), Done()]).actions == (Look(),)
    assert stub.forbidden == []


@pytest.mark.parametrize("older", [False, True])
def test_every_action_of_the_table_is_meant_as_it_is_read(older: bool) -> None:  # noqa: FBT001
    """In the new form and in the older one."""
    stub = VendorStub(strict_rules.openai, [says(action, older=older, number=n) for n, (action, _) in enumerate(EVERY)])
    with speaking(OpenAIWire("gpt-6.1-sol"), stub, HEADERS) as run:
        outcomes: list[Any] = []
        for _, action in EVERY:
            assert run.ask(outcomes).actions == (action,)
            outcomes = [Done()]
    assert stub.forbidden == []


def test_several_actions_of_one_call_are_carried_out_in_order_and_answered_once() -> None:
    """With one picture."""
    stub = VendorStub(
        strict_rules.openai,
        [
            says({"type": "click", "button": "left", "x": 1, "y": 2}, {"type": "type", "text": "a"}),
            words("It is done."),
        ],
    )
    with speaking(OpenAIWire("m"), stub, HEADERS) as run:
        assert run.ask().actions == (Click(Point(1, 2)), TypeText("a"))
        end = run.ask([Done(), Done()])
    assert (end.verdict, end.answer) == (Verdict.DONE, "It is done.")
    assert [item["type"] for item in stub.requests[1]["input"] if "type" in item] == [
        "reasoning",
        "computer_call",
        "computer_call_output",
    ]
    assert stub.forbidden == []


@pytest.mark.parametrize("agrees", [True, False])
def test_a_safety_check_is_the_persons_to_answer(agrees: bool) -> None:  # noqa: FBT001
    """Nothing is done before; agreed to, it is acknowledged as it came; else a new conversation begins."""
    stub = VendorStub(
        strict_rules.openai,
        [says({"type": "click", "button": "left", "x": 1, "y": 2}, checks=(CHECK,)), words("Done.")],
    )
    with speaking(OpenAIWire("m"), stub, HEADERS) as run:
        asked = run.ask()
        assert (asked.verdict, asked.actions) == (Verdict.ASK, ())
        assert "tells the model what to do" in asked.question
        if agrees:
            assert run.ask(said=(in_answer(asked.question, "yes"),)).actions == (Click(Point(1, 2)),)
            run.ask([Done()])
            output = stub.requests[1]["input"][-1]
            assert output["acknowledged_safety_checks"] == [CHECK]
        else:
            run.ask(said=(in_answer(asked.question, "yes, but not this one"),))
            assert [item["role"] for item in stub.requests[1]["input"]] == ["user"]
    assert stub.forbidden == []


def test_a_call_that_was_refused_is_never_said_to_be_carried_out() -> None:
    """No output says so: a new conversation begins, which is told what was refused."""
    stub = VendorStub(strict_rules.openai, [says({"type": "type", "text": "a"}), words("Then not.")])
    with speaking(OpenAIWire("m"), stub, HEADERS) as run:
        run.ask()
        run.ask(
            [Refusal("type", "policy", "typing is not allowed")],
            notes=("This action was refused: typing is not allowed.",),
        )
    begins = stub.requests[1]["input"]
    assert len(begins) == 1
    assert "typing is not allowed" in begins[0]["content"][1]["text"]
    assert stub.forbidden == []


def test_a_call_with_neither_form_is_asked_for_once_more() -> None:
    """It is not passed over, and not taken for the end."""
    broken = Says(
        {"output": [{"type": "computer_call", "id": "c", "call_id": "c", "pending_safety_checks": []}], "usage": USAGE}
    )
    stub = VendorStub(strict_rules.openai, [broken, words("Done.")])
    with speaking(OpenAIWire("m"), stub, HEADERS) as run, pytest.raises(Exception, match="makes no sense"):
        run.ask()


def test_sixty_steps_stay_within_what_the_vendor_takes() -> None:
    """And what is remembered costs what it costs."""
    stub = VendorStub(
        strict_rules.openai, [says({"type": "click", "button": "left", "x": n, "y": 1}, number=n) for n in range(60)]
    )
    with speaking(OpenAIWire("m"), stub, HEADERS) as run:
        for number in range(60):
            answer = run.ask([Done()] if number else [])
            assert answer.actions == (Click(Point(number, 1)),)
            assert answer.usage.cost == 100 * 2 + 900 * 0.2 + 40 * 10
    assert stub.forbidden == []
    pictures = [sum(item.get("type") == "computer_call_output" for item in body["input"]) for body in stub.requests]
    assert max(pictures) <= 40
