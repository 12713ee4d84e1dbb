"""`POST /v1/messages` with the newest computer tool that the model takes; the conversation only ever grows, or is begun anew.

Thinking is bound to what stood before it, so nothing that was said is changed: a conversation that has become too
long is given up for a new one, with the task, what was done in words, and the picture of now.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.token_prices import Tokens
from coasty_desk.models.readers.reading import Reading
from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.models.vendor.answer_parts import PAUSED, beside, count, without_call
from coasty_desk.models.vendor.call_history import read_calls, results
from coasty_desk.models.vendor.own_tools import OWN_TOOLS, SYSTEM, done_so_far
from coasty_desk.models.vendor.token_tariff import MOST_OUT
from coasty_desk.models.vendor.vendor_conversation import VendorConversation
from coasty_desk.models.vendor.vendor_faults import VendorFault
from coasty_desk.models.vendor.vendor_wire import Heard
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse, sound

NOT_EXECUTED = "Not executed: an earlier computer action in this turn failed."
"""The documents' exact words for a call behind one that failed."""


class Tool(Struct, frozen=True):
    """One generation of the computer tool: its type, and the beta that has to be named."""

    type: str
    beta: str = ""


TOOLS = (
    Tool("computer_toolset_20260801"),
    Tool("computer_20251124", "computer-use-2025-11-24"),
    Tool("computer_20250124", "computer-use-2025-01-24"),
    Tool(""),
)
"""The newest first; the last is no tool of theirs but functions of our own."""

_TAKEN: dict[str, int] = {}
"""Which of them each model takes, by its name, as far as this process has found out."""

_MOUSE = ("left_click", "right_click", "middle_click", "double_click", "triple_click", "left_click_drag", "scroll")


class AnthropicWire(VendorConversation):
    """One run's conversation."""

    vendor, variable = "Anthropic", "ANTHROPIC_API_KEY"
    path = "messages"

    @property
    def _tool(self) -> Tool:
        return TOOLS[_TAKEN.get(self._model, 0)]

    def headers(self) -> Mapping[str, str]:
        """The version, and the beta of an older tool."""
        beta = {"anthropic-beta": self._tool.beta} if self._tool.beta else {}
        return {"anthropic-version": "2023-06-01", **beta}

    def show(self, ask: PredictRequest) -> None:
        """The results of the last calls, then the picture; or a new beginning."""
        image = _image(ask)
        told = beside(ask)
        if self._begins(ask, anew=self._sent != ask.frame.sent):
            self._begin(ask, image, told)
        elif self._open:
            content = [self._result(one) for one in results(self._open, ask.outcomes, self._unread)]
            content[-1]["content"].append(image)
            self._say("user", [*content, *_texts(told)])
        else:
            self._say("user", [*_texts(told or "This is the screen now."), image])
        self._shown(ask)

    def body(self) -> dict[str, Any]:
        """The request, with what stands before its last block remembered by the vendor."""
        messages = list(self._entries)
        last = dict(messages[-1])
        last["content"] = [*last["content"][:-1], {**last["content"][-1], "cache_control": {"type": "ephemeral"}}]
        messages[-1] = last
        return {
            "model": self._model,
            "max_tokens": MOST_OUT,
            "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
            "tools": self._tools(),
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
            "messages": messages,
        }

    def heard(self, document: object) -> Heard:
        """Its blocks go into the conversation as they came."""
        answer = Fields.of(document, "the answer")
        content = answer.values.get("content")
        if not isinstance(content, list):
            msg = "it has no content"
            raise UnreadableError(msg)
        if content:
            self._say("assistant", content)
        usage = Fields.of(answer.values.get("usage"), "the usage")
        tokens = Tokens(*(count(usage, name) for name in _USAGE))
        self._read = tokens.read
        reading = self._reading(content, answer.values.get("stop_reason"))
        self._done.append(reading.thought or "; ".join(one.name for one in self._open))
        name = answer.values.get("id")
        sent = (self._sent.width, self._sent.height)
        return Heard(reading, tokens, name[:200] if isinstance(name, str) else None, sent)

    def mend(self, why: str) -> bool:
        """Results for what could not be read, or a nudge; nothing where the vendor only paused."""
        if self._entries[-1]["role"] == "assistant" and why != PAUSED:
            words = f"This could not be read: {why}. Answer with exactly one call."
            content = [self._result(one) for one in results(self._open, (), words)] or _texts(words)
            self._say("user", content)
        self._open, self._unread = [], ""
        return True

    def step_down(self, fault: VendorFault) -> bool:
        """To the next older tool, and remember that for the model."""
        level = _TAKEN.get(self._model, 0)
        if fault.kind != "tool" or level + 1 >= len(TOOLS):
            return False
        _TAKEN[self._model] = level + 1
        return True

    def _tools(self) -> list[dict[str, Any]]:
        own = [{"name": one.name, "description": one.what, "input_schema": one.schema} for one in OWN_TOOLS]
        ends = [one for one in own if one["name"] in ("finish", "ask_user")]
        tool = self._tool
        if not tool.type:
            return own
        if tool is TOOLS[0]:
            return [{"type": tool.type, "configs": {"zoom": {"enabled": False}}}, *ends]
        size = {"display_width_px": self._sent.width, "display_height_px": self._sent.height}
        return [{"type": tool.type, "name": "computer", **size}, *ends]

    def _begin(self, ask: PredictRequest, image: dict[str, Any], told: str) -> None:
        self._entries = []
        self._say("user", [*_texts(f"{ask.whole_task}{done_so_far(self._done)}"), *_texts(told), image])

    def _say(self, role: str, content: list[dict[str, Any]]) -> None:
        self._entries.append({"role": role, "content": content})

    def _reading(self, content: list[Any], stopped: object) -> Reading:
        texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        said = sound("\n".join(texts)).strip()
        calls = [_call(part) for part in content if isinstance(part, dict) and part.get("type") == "tool_use"]
        if calls:
            reading, self._open = read_calls(calls, "; ".join(call.name for _, call in calls), said)
            self._unread = reading.why
            return reading
        return without_call(said, str(stopped))

    def _result(self, one: Any) -> dict[str, Any]:
        named = (
            {"toolset_name": "computer"}
            if self._tool is TOOLS[0] and one.call.name not in ("finish", "ask_user")
            else {}
        )
        words = one.words if one.ran or one.was_tried else NOT_EXECUTED
        failed = {} if one.ran else {"is_error": True}
        return {"type": "tool_result", "tool_use_id": one.call.call_id, **named, **failed, "content": _texts(words)}


_USAGE = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


def _call(part: dict[str, Any]) -> tuple[str, WrittenCall]:
    name, given, call_id = part.get("name"), part.get("input"), part.get("id")
    if not isinstance(call_id, str) or not isinstance(name, str) or not isinstance(given, dict):
        msg = f"a call makes no sense: {glimpse(part, 60)}"
        raise UnreadableError(msg)
    if name == "computer":
        action = given.get("action")
        name, given = str(action), {key: value for key, value in given.items() if key != "action"}
    if name in _MOUSE and "text" in given:
        given = {**given, "modifiers": given["text"]}
    if name.endswith("_click") and given.get("coordinate") is None:
        given = {**given, "at_pointer": True}
    return call_id, WrittenCall(name, given)


def _image(ask: PredictRequest) -> dict[str, Any]:
    data = base64.b64encode(ask.frame.image).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": ask.frame.media_type, "data": data}}


def _texts(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
