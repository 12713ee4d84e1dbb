"""The protocol of OpenAI-compatible servers: where an answer may stand, and what goes out with each family's profile."""

from __future__ import annotations

from typing import Any

import pytest

from coasty_desk.core.actions import Click, Done, KeyCombo, Look, Point, TypeText, Verdict
from coasty_desk.models.chat import chat_wire
from coasty_desk.models.chat.chat_wire import ChatWire
from coasty_desk.models.chat.profiles import PROFILES, profile_for
from coasty_desk.models.vendor.own_tools import OWN_TOOLS
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.speaking import speaking


def says(**message: Any) -> Says:
    """An answer with this message."""
    return Says({"id": "c", "choices": [{"message": message}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


def calls(*named: tuple[str, str]) -> Says:
    """One whose calls the server has read already."""
    return says(
        content=None,
        tool_calls=[
            {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": given}}
            for n, (name, given) in enumerate(named)
        ],
    )


def test_a_model_without_a_form_of_its_own_is_given_functions() -> None:
    """Whose calls come read, as text or in pieces; the next request says what was called."""
    script = [
        calls(("click", '{"x": 640, "y": 360}')),
        calls(("type", '{"text": "it\'s"}')),
        says(content='{"name": "key", "arguments": {"keys": ["ctrl", "s"]}}'),
        says(content=[{"type": "text", "text": '{"action": "screenshot"}'}]),
        calls(("finish", '{"status": "done", "answer": "42"}')),
    ]
    stub = VendorStub(strict_rules.chat, script)
    with speaking(ChatWire("m", PROFILES["plain"], "the server", ""), stub, {}) as run:
        expected = [Click(Point(640, 360)), TypeText("it's"), KeyCombo(("ctrl", "s")), Look()]
        for number, action in enumerate(expected):
            assert run.ask([Done()] if number else []).actions == (action,)
        end = run.ask([Done()])
    assert (end.verdict, end.answer) == (Verdict.DONE, "42")
    assert stub.forbidden == []
    assert [tool["function"]["name"] for tool in stub.requests[0]["tools"]] == [tool.name for tool in OWN_TOOLS]
    assert "click" in str(stub.requests[1]["messages"][-2])


@pytest.mark.parametrize("where", ["content", "reasoning", "reasoning_content"])
def test_an_answer_is_found_wherever_the_server_puts_it(where: str) -> None:
    """A server that reads thoughts apart may leave the content empty."""
    message = {"content": "", where: "Thought: t\nAction: click(start_box='(5,6)')"}
    stub = VendorStub(strict_rules.chat, [says(**message)])
    with speaking(ChatWire("m", PROFILES["uitars-1.5"], "the server", ""), stub, {}) as run:
        assert run.ask().actions == (Click(Point(5, 6)),)


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_speaks_in_a_form_that_servers_take(name: str) -> None:
    """Each says the task, shows the picture and stays strict over several steps."""
    words = (
        "Thought: t\nAction: wait()"
        if PROFILES[name].form in ("uitars", "seed")
        else '{"action": "wait", "seconds": 1}'
    )
    stub = VendorStub(strict_rules.chat, [says(content=words)] * 16)
    with speaking(ChatWire("m", PROFILES[name], "the server", ""), stub, {}) as run:
        for number in range(7):
            run.ask([Done()] if number else [], task="pack the {suitcase}")
    assert stub.forbidden == []
    for body in stub.requests:
        assert "pack the {suitcase}" in str(body["messages"])
        assert 1 <= str(body["messages"]).count("'url'") <= PROFILES[name].images


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        ("qwen2.5vl:7b", "qwen2.5-vl"),
        ("Qwen/Qwen2.5-VL-72B-Instruct", "qwen2.5-vl"),
        ("qwen3-vl:8b", "qwen3-vl"),
        ("qwen/qwen3.5-35b-a3b", "qwen3-vl"),
        ("ByteDance-Seed/UI-TARS-1.5-7B", "uitars-1.5"),
        ("bytedance/ui-tars-1.5-7b", "uitars-1.5"),
        ("UI-TARS-72B-DPO", "uitars-1.0"),
        ("ByteDance-Seed/UI-TARS-2B-SFT", "uitars-1.0"),
        ("ui-tars-2", "uitars-2"),
        ("mPLUG/GUI-Owl-7B", "qwen3-vl"),
        ("doubao-seed-1.6-vision", "uitars-2"),
        ("Hcompany/Holo1.5-7B", "holo1.5"),
        ("Holo3-35B-A3B", "holo"),
        ("xlangai/OpenCUA-7B", "opencua"),
        ("OpenCUA-A3B", "kimi"),
        ("moonshotai/kimi-k2.6", "kimi"),
        ("z-ai/glm-4.5v", "glm"),
        ("HelloKKMe/GTA1-7B", "gta1"),
        ("llama3.2-vision", "plain"),
        ("google/gemma-3-27b-it", "plain"),
    ],
)
def test_a_models_family_is_told_by_its_name(model: str, profile: str) -> None:
    """As the servers and hubs write them."""
    assert profile_for(model).name == profile


def test_a_server_that_takes_no_functions_is_told_of_them_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of many models that can see; that is found out once."""
    monkeypatch.setattr(chat_wire, "_IN_WORDS", set())
    refusal = Says(
        {"error": {"message": "registry.ollama.ai/library/llava does not support tools", "type": "api_error"}}, 400
    )
    click = says(content='{"name": "click", "arguments": {"x": 5, "y": 6}}')
    stub = VendorStub(strict_rules.chat, [refusal, click, click])
    with speaking(ChatWire("llava", PROFILES["plain"], "the server", ""), stub, {}) as run:
        assert run.ask().actions == (Click(Point(5, 6)),)
        assert run.ask([Done()]).actions == (Click(Point(5, 6)),)
    assert stub.forbidden == []
    assert ["tools" in body for body in stub.requests] == [True, False, False]
    assert "- ask_user(question): " in stub.requests[2]["messages"][0]["content"]
