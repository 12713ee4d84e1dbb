"""`POST /v1/responses`, nothing stored at the vendor: every item that it answered goes back as it came, until a new beginning."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from coasty_desk.core.actions import Verdict
from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.token_prices import Tokens
from coasty_desk.models.readers.reading import Reading
from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.models.vendor.answer_parts import beside, count, without_call
from coasty_desk.models.vendor.call_history import (
    CallResult,
    OpenCall,
    read_calls,
    results,
)
from coasty_desk.models.vendor.own_tools import OWN_TOOLS, SYSTEM, done_so_far
from coasty_desk.models.vendor.token_tariff import MOST_OUT
from coasty_desk.models.vendor.vendor_conversation import VendorConversation
from coasty_desk.models.vendor.vendor_faults import VendorFault
from coasty_desk.models.vendor.vendor_wire import Heard
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse, short, sound

NOTCH = 100
"""Pixels of a scroll that are one notch of the wheel."""

_OLDER = ("computer-use-preview",)
_PREVIEW: set[str] = set()
"""Models that have turned out to know the older tool only."""


class OpenAIWire(VendorConversation):
    """One run's conversation. Safety checks are put to the person, and nothing is done until they have agreed."""

    vendor, variable = "OpenAI", "OPENAI_API_KEY"
    path = "responses"

    def __init__(self, model: str, done: Sequence[str] = ()) -> None:
        """`done`: what was done before, in words, where the run is taken up."""
        super().__init__(model, done)
        self._kinds: dict[str, str] = {}
        self._checks: list[dict[str, Any]] = []

    @property
    def _is_older(self) -> bool:
        return self._model in _PREVIEW or self._model.startswith(_OLDER)

    def show(self, ask: PredictRequest) -> None:
        """The outputs of the last calls, the last with the picture; or a new beginning."""
        told = beside(ask)
        known = results(self._open, ask.outcomes, self._unread)
        failed = any(not one.ran for one in known)  # no output says that a call was not carried out
        if self._begins(ask, anew=failed or self._sent != ask.frame.sent):
            self._entries = [self._user(f"{ask.whole_task}{done_so_far(self._done)}", told, ask)]
        else:
            self._entries.extend(self._output(one, ask) for one in known)
            if told or not any(self._kinds.get(one.call.call_id) == "computer_call" for one in known):
                self._entries.append(self._user("", told or "This is the screen now.", ask))
        self._shown(ask)
        self._checks = []

    def body(self) -> dict[str, Any]:
        """The request."""
        request: dict[str, Any] = {
            "model": self._model,
            "instructions": SYSTEM,
            "tools": self._tools(),
            "input": list(self._entries),
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "parallel_tool_calls": False,
            "max_output_tokens": MOST_OUT,
        }
        if self._is_older:
            request["truncation"] = "auto"
        return request

    def heard(self, document: object) -> Heard:
        """Its items go into the conversation as they came."""
        answer = Fields.of(document, "the answer")
        output = answer.values.get("output")
        if not isinstance(output, list):
            msg = "it has no output"
            raise UnreadableError(msg)
        items = [one for one in output if isinstance(one, dict)]
        self._entries.extend(items)
        usage = Fields.of(answer.values.get("usage"), "the usage")
        details = usage.values.get("input_tokens_details")
        inner = Fields(details) if isinstance(details, dict) else Fields({})
        read, kept, written = (
            count(usage, "input_tokens"),
            count(inner, "cached_tokens"),
            count(inner, "cache_write_tokens"),
        )
        tokens = Tokens(max(read - kept - written, 0), kept, written, count(usage, "output_tokens"))
        self._read = tokens.read
        name = answer.values.get("id")
        named = name[:200] if isinstance(name, str) else None
        space = (self._sent.width, self._sent.height)
        reading = self._reading(items, answer)
        self._done.append(reading.thought or "; ".join(one.name for one in self._open))
        heard = Heard(reading, tokens, named, space)
        if self._checks and not reading.is_unreadable:
            self._held = Heard(reading, Tokens(), named, space)
            self._question = _question(self._checks)
            return Heard(Reading((), Verdict.ASK, reading.thought, question=self._question), tokens, named, space)
        return heard

    def mend(self, why: str) -> bool:
        """In a sentence, from a new beginning: a call without its output would be an error."""
        self._entries = [
            one for one in self._entries if one.get("type") not in ("computer_call", "function_call", "reasoning")
        ]
        words = f"Your last answer could not be read: {why}. Answer with exactly one call."
        self._entries.append({"role": "user", "content": [{"type": "input_text", "text": words}]})
        self._open, self._unread = [], ""
        return True

    def step_down(self, fault: VendorFault) -> bool:
        """To the older tool."""
        if fault.kind != "tool" or self._is_older:
            return False
        _PREVIEW.add(self._model)
        return True

    def _tools(self) -> list[dict[str, Any]]:
        ends = [
            {"type": "function", "name": one.name, "description": one.what, "parameters": one.schema, "strict": False}
            for one in OWN_TOOLS
            if one.name in ("finish", "ask_user")
        ]
        if not self._is_older:
            return [{"type": "computer"}, *ends]
        size = {"display_width": self._sent.width, "display_height": self._sent.height}
        return [{"type": "computer_use_preview", "environment": "linux", **size}, *ends]

    def _user(self, task: str, told: str, ask: PredictRequest) -> dict[str, Any]:
        texts = [{"type": "input_text", "text": text} for text in (task, told) if text]
        return {
            "role": "user",
            "content": [*texts, {"type": "input_image", "image_url": _url(ask), "detail": "original"}],
        }

    def _output(self, one: CallResult, ask: PredictRequest) -> dict[str, Any]:
        call_id = one.call.call_id
        if self._kinds.get(call_id) != "computer_call":
            return {"type": "function_call_output", "call_id": call_id, "output": one.words}
        detail = {} if self._is_older else {"detail": "original"}
        return {
            "type": "computer_call_output",
            "call_id": call_id,
            "output": {"type": "computer_screenshot", "image_url": _url(ask), **detail},
            "acknowledged_safety_checks": self._checks,
        }

    def _reading(self, items: list[dict[str, Any]], answer: Fields) -> Reading:
        said = _said(items)
        calls: list[tuple[str, WrittenCall]] = []
        self._kinds = {}
        for item in items:
            kind = item.get("type")
            if kind not in ("computer_call", "function_call"):
                continue
            call_id = item.get("call_id")
            if not isinstance(call_id, str):
                msg = f"a call makes no sense: {glimpse(item, 60)}"
                raise UnreadableError(msg)
            self._kinds[call_id] = kind
            if kind == "function_call":
                calls.append((call_id, _function(item)))
                continue
            checks = item.get("pending_safety_checks")
            self._checks = [one for one in checks if isinstance(one, dict)] if isinstance(checks, list) else []
            calls.extend((call_id, call) for action in _actions(item) for call in _computer(action))
        if calls:
            reading, opened = read_calls(calls, "; ".join(call.name for _, call in calls), said)
            self._open, self._unread = _together(opened), reading.why
            return reading
        incomplete = answer.values.get("incomplete_details")
        reason = incomplete.get("reason") if isinstance(incomplete, dict) else ""
        refusal = any(part.get("type") == "refusal" for part in _parts(items))
        stopped = "refusal" if refusal or reason == "content_filter" else "max_tokens" if reason else ""
        return without_call(said, stopped)


def _together(opened: list[OpenCall]) -> list[OpenCall]:
    """One entry a call: several actions share one."""
    found: dict[str, OpenCall] = {}
    for one in opened:
        before = found.get(one.call_id)
        found[one.call_id] = one if before is None else OpenCall(one.call_id, before.name, before.actions + one.actions)
    return list(found.values())


def _actions(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the new form and of the older one; a call with neither is refused, not passed over."""
    several, one = item.get("actions"), item.get("action")
    given = several if isinstance(several, list) else [one]
    found = [action for action in given if isinstance(action, dict)]
    if not found or len(found) < len(given):
        msg = "a computer call has no action"
        raise UnreadableError(msg)
    return found


def _computer(action: dict[str, Any]) -> list[WrittenCall]:
    """OpenAI's action in the words of `call_meanings`; a scroll in both directions is two."""
    kind = action.get("type")
    given = {key: value for key, value in action.items() if key != "type"}
    held = {"modifiers": given.pop("keys")} if kind != "keypress" and given.get("keys") else {}
    match kind:
        case "keypress":
            return [WrittenCall("key", given)]
        case "wait":
            return [WrittenCall("wait", {"seconds": 2})]
        case "scroll":
            return _scroll({**given, **held})
        case _:
            return [WrittenCall(str(kind), {**given, **held})]


def _scroll(given: dict[str, Any]) -> list[WrittenCall]:
    rest = {key: value for key, value in given.items() if key in ("x", "y", "modifiers")}
    turned = [("scroll_y", ("down", "up")), ("scroll_x", ("right", "left"))]
    calls = []
    for name, ways in turned:
        pixels = given.get(name) or 0
        if not isinstance(pixels, int | float):
            return [WrittenCall(f"scroll by {glimpse(pixels, 20)}", rest)]
        if pixels:
            notches = max(1, round(abs(pixels) / NOTCH))
            calls.append(WrittenCall("scroll", {**rest, "direction": ways[pixels < 0], "amount": notches}))
    return calls or [WrittenCall("screenshot", {})]


def _function(item: dict[str, Any]) -> WrittenCall:
    try:
        given = json.loads(str(item.get("arguments") or "{}"), strict=False)
    except (ValueError, RecursionError):
        given = None
    return WrittenCall(str(item.get("name")), given if isinstance(given, dict) else {"unreadable": ""})


def _parts(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lists = [item.get("content") for item in items if item.get("type") == "message"]
    return [part for parts in lists if isinstance(parts, list) for part in parts if isinstance(part, dict)]


def _said(items: list[dict[str, Any]]) -> str:
    texts = [part.get("text") or part.get("refusal") for part in _parts(items)]
    return sound("\n".join(text for text in texts if isinstance(text, str))).strip()


def _question(checks: list[dict[str, Any]]) -> str:
    why = "; ".join(short(str(one.get("message") or one.get("code")), 300) for one in checks)
    return f"The model's vendor asks for your agreement before the next action: {why}. Go on (yes or no)?"


def _url(ask: PredictRequest) -> str:
    return f"data:{ask.frame.media_type};base64,{base64.b64encode(ask.frame.image).decode()}"
