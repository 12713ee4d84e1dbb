"""Google's Interactions API against a server that refuses what its documents forbid; the shapes are from the documents."""

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
    PressKeys,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.resume_point import in_answer
from coasty_desk.models.gemini.gemini_wire import GeminiWire
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.speaking import KEY, speaking

HEADERS = {"x-goog-api-key": KEY}
USAGE = {"total_input_tokens": 1000, "total_cached_tokens": 800, "total_output_tokens": 20, "total_thought_tokens": 30}


def says(name: str, given: dict[str, Any], number: int = 0) -> Says:
    """An answer with this call."""
    call = {"type": "function_call", "id": f"fc_{number}", "name": name, "arguments": given}
    return Says(
        {
            "id": "int_1",
            "status": "requires_action",
            "steps": [{"type": "thought", "signature": "x"}, call],
            "usage": USAGE,
        }
    )


def words(text: str) -> Says:
    """An answer without a call."""
    return Says(
        {
            "id": "int_2",
            "status": "completed",
            "steps": [{"type": "model_output", "content": [{"type": "text", "text": text}]}],
            "usage": USAGE,
        }
    )


EVERY: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("click", {"x": 10, "y": 20, "intent": "the button"}, (Click(Point(10, 20)),)),
    ("double_click", {"x": 10, "y": 20}, (Click(Point(10, 20), "left", 2),)),
    ("triple_click", {"x": 10, "y": 20}, (Click(Point(10, 20), "left", 3),)),
    ("right_click", {"x": 10, "y": 20}, (Click(Point(10, 20), "right"),)),
    ("middle_click", {"x": 10, "y": 20}, (Click(Point(10, 20), "middle"),)),
    ("move", {"x": 10, "y": 20}, (Move(Point(10, 20)),)),
    ("type", {"text": "a", "press_enter": True}, (TypeText("a"), PressKeys(("enter",)))),
    ("drag_and_drop", {"start_x": 1, "start_y": 2, "end_x": 300, "end_y": 4}, (Drag(Point(1, 2), Point(300, 4)),)),
    ("drag_and_drop", {"x": 1, "y": 2, "destination_x": 300, "destination_y": 4}, (Drag(Point(1, 2), Point(300, 4)),)),
    ("wait", {"seconds": 3}, (Wait(3),)),
    ("press_key", {"key": "enter"}, (KeyCombo(("enter",)),)),
    ("hotkey", {"keys": ["ctrl", "s"]}, (KeyCombo(("ctrl", "s")),)),
    ("take_screenshot", {}, (Look(),)),
    (
        "type_text_at",
        {"x": 10, "y": 20, "text": "a"},
        (Click(Point(10, 20)), KeyCombo(("ctrl", "a")), PressKeys(("delete",)), TypeText("a"), PressKeys(("enter",))),
    ),
    (
        "scroll",
        {"x": 500, "y": 500, "direction": "down", "magnitude_in_pixels": 300},
        (Scroll(-2, "vertical", Point(500, 500)),),
    ),
    (
        "scroll",
        {"x": 500, "y": 500, "direction": "right", "magnitude": 500},
        (Scroll(6, "horizontal", Point(500, 500)),),
    ),
]


def test_every_action_of_the_table_is_meant_as_it_is_read() -> None:
    """In thousandths of the picture."""
    stub = VendorStub(strict_rules.gemini, [says(name, given, n) for n, (name, given, _) in enumerate(EVERY)])
    with speaking(GeminiWire("gemini-3.5-flash"), stub, HEADERS) as run:
        outcomes: list[Any] = []
        for _, _, actions in EVERY:
            answer = run.ask(outcomes)
            assert (answer.actions, answer.space) == (actions, (1000, 1000))
            assert answer.usage.cost == 200 * 2 + 800 * 0.2 + 50 * 10
            outcomes = [Done()] * len(actions)
    assert stub.forbidden == []


def test_words_alone_are_the_end() -> None:
    """With what they say."""
    stub = VendorStub(strict_rules.gemini, [words("The total is 42.")])
    with speaking(GeminiWire("m"), stub, HEADERS) as run:
        answer = run.ask()
    assert (answer.verdict, answer.answer) == (Verdict.DONE, "The total is 42.")


@pytest.mark.parametrize("agrees", [True, False])
def test_a_confirmation_is_the_persons_to_give(agrees: bool) -> None:  # noqa: FBT001
    """Nothing is done before; given, it is acknowledged."""
    given = {
        "x": 1,
        "y": 2,
        "safety_decision": {"decision": "require_confirmation", "explanation": "It accepts cookies."},
    }
    stub = VendorStub(strict_rules.gemini, [says("click", given), words("Done.")])
    with speaking(GeminiWire("m"), stub, HEADERS) as run:
        asked = run.ask()
        assert (asked.verdict, asked.actions) == (Verdict.ASK, ())
        assert "It accepts cookies" in asked.question
        if agrees:
            assert run.ask(said=(in_answer("Is it red?", "no"), in_answer(asked.question, "Yes."))).actions == (
                Click(Point(1, 2)),
            )
            run.ask([Done()])
        else:
            run.ask(said=(in_answer("Is it red?", "yes"),))
            assert [item["type"] for item in stub.requests[1]["input"]] == ["user_input"]
    assert stub.forbidden == []


def test_what_the_vendor_blocks_fails() -> None:
    """With its reason."""
    given = {"x": 1, "y": 2, "safety_decision": {"decision": "blocked", "explanation": "It is not allowed."}}
    stub = VendorStub(strict_rules.gemini, [says("click", given)])
    with speaking(GeminiWire("m"), stub, HEADERS) as run:
        answer = run.ask()
    assert answer.verdict is Verdict.FAIL
    assert "It is not allowed" in answer.reasoning


def test_sixty_steps_stay_within_what_the_vendor_takes() -> None:
    """It is begun anew now and then."""
    stub = VendorStub(strict_rules.gemini, [says("click", {"x": n, "y": 1}, n) for n in range(60)])
    with speaking(GeminiWire("m"), stub, HEADERS) as run:
        for number in range(60):
            assert run.ask([Done()] if number else []).actions == (Click(Point(number, 1)),)
    assert stub.forbidden == []
    assert max(len(body["input"]) for body in stub.requests) < 140
