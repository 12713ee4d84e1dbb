"""`POST /v1beta/interactions`, nothing stored at the vendor; places are in thousandths of the picture."""

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
from coasty_desk.models.vendor.vendor_conversation import VendorConversation
from coasty_desk.models.vendor.vendor_faults import VendorFault
from coasty_desk.models.vendor.vendor_wire import Heard
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse, short, sound

SIDE = 1000
"""Of the space that places are in, whatever the picture's size."""

NOTCH = 100
"""Pixels of a scroll that are one notch of the wheel."""

SCROLLED = 300
"""Thousandths of a scroll that names none."""

EXCLUDED = ("navigate", "search", "open_web_browser", "go_back", "go_forward", "open_app", "list_apps", "long_press")
"""Functions of browsers and phones: a desktop has none of them."""


class GeminiWire(VendorConversation):
    """One run's conversation. What the vendor wants confirmed is put to the person, and nothing is done until they have agreed."""

    vendor, variable = "Google", "GEMINI_API_KEY"
    path = "interactions"

    def __init__(self, model: str, done: Sequence[str] = ()) -> None:
        """`done`: what was done before, in words, where the run is taken up."""
        super().__init__(model, done)
        self._asked: dict[str, str] = {}

    def show(self, ask: PredictRequest) -> None:
        """The results of the last calls, the last with the picture; or a new beginning."""
        image = {"type": "image", "data": base64.b64encode(ask.frame.image).decode(), "mime_type": ask.frame.media_type}
        told = beside(ask)
        if self._begins(ask):
            texts = [SYSTEM, f"{ask.whole_task}{done_so_far(self._done)}", told]
            self._entries = [
                {"type": "user_input", "content": [*({"type": "text", "text": text} for text in texts if text), image]}
            ]
        else:
            known = results(self._open, ask.outcomes, self._unread)
            for number, one in enumerate(known, 1):
                self._entries.append(self._result(one, [image] if number == len(known) else []))
            if told or not known:
                more = [] if known else [image]
                self._entries.append(
                    {
                        "type": "user_input",
                        "content": [{"type": "text", "text": told or "This is the screen now."}, *more],
                    }
                )
        self._shown(ask)
        self._asked = {}

    def body(self) -> dict[str, Any]:
        """The request."""
        tool = {
            "type": "computer_use",
            "environment": "desktop",
            "enable_prompt_injection_detection": True,
            "excluded_predefined_functions": list(EXCLUDED),
        }
        ends = [
            {"type": "function", "name": name, "description": one.what, "parameters": one.schema}
            for one in OWN_TOOLS
            for name in (_OURS.get(one.name),)
            if name
        ]
        return {"model": self._model, "input": list(self._entries), "tools": [tool, *ends], "store": False}

    def heard(self, document: object) -> Heard:
        """Its steps go into the conversation as they came, thoughts too."""
        answer = Fields.of(document, "the answer")
        steps = answer.values.get("steps", answer.values.get("outputs"))
        if not isinstance(steps, list):
            msg = "it has no steps"
            raise UnreadableError(msg)
        items = [one for one in steps if isinstance(one, dict)]
        self._entries.extend(items)
        usage = Fields.of(answer.values.get("usage"), "the usage")
        read, kept = count(usage, "total_input_tokens"), count(usage, "total_cached_tokens")
        out = count(usage, "total_output_tokens") + count(usage, "total_thought_tokens")
        tokens = Tokens(max(read - kept, 0), min(kept, read), 0, out)
        self._read = tokens.read
        name = answer.values.get("id")
        named = name[:200] if isinstance(name, str) else None
        reading, blocked, confirm = self._reading(items)
        self._done.append(reading.thought or "; ".join(one.name for one in self._open))
        if blocked:
            return Heard(Reading((), Verdict.FAIL, f"the vendor has blocked the next action: {blocked}"), tokens, named)
        if confirm and not reading.is_unreadable:
            self._held = Heard(reading, Tokens(), named, (SIDE, SIDE))
            self._question = (
                f"The model's vendor asks for your agreement before the next action: {confirm}. Go on (yes or no)?"
            )
            return Heard(Reading((), Verdict.ASK, reading.thought, question=self._question), tokens, named)
        return Heard(reading, tokens, named, (SIDE, SIDE))

    def mend(self, why: str) -> bool:
        """Results for what could not be read, and a sentence."""
        words = f"Your last answer could not be read: {why}. Answer with exactly one call."
        self._entries.extend(self._result(one, []) for one in results(self._open, (), words))
        self._entries.append({"type": "user_input", "content": [{"type": "text", "text": words}]})
        self._open, self._unread = [], ""
        return True

    def step_down(self, fault: VendorFault) -> bool:
        """There is one form."""
        del fault
        return False

    def _result(self, one: CallResult, more: list[dict[str, Any]]) -> dict[str, Any]:
        told: dict[str, Any] = (
            {"url": ""} if one.ran else {"error": one.words or "not executed: an earlier action failed"}
        )
        if one.call.call_id in self._asked:
            told["safety_acknowledgement"] = True
        text = {"type": "text", "text": json.dumps(told, ensure_ascii=False)}
        return {"type": "function_result", "call_id": one.call.call_id, "name": one.call.name, "result": [text, *more]}

    def _reading(self, items: list[dict[str, Any]]) -> tuple[Reading, str, str]:
        texts = [part.get("text") for item in items if item.get("type") == "model_output" for part in _content(item)]
        said = sound("\n".join(text for text in texts if isinstance(text, str))).strip()
        calls: list[tuple[str, WrittenCall]] = []
        blocked = confirm = ""
        for item in items:
            if item.get("type") != "function_call":
                continue
            name, call_id, given = item.get("name"), item.get("id", item.get("call_id")), item.get("arguments")
            if not isinstance(name, str) or not isinstance(call_id, str) or not isinstance(given, dict):
                msg = f"a call makes no sense: {glimpse(item, 60)}"
                raise UnreadableError(msg)
            decision = given.get("safety_decision")
            if isinstance(decision, dict):
                why = short(str(decision.get("explanation") or "it gives no reason"), 300)
                if decision.get("decision") == "require_confirmation":
                    confirm = why
                    self._asked[call_id] = why
                elif decision.get("decision") in ("blocked", "block"):
                    blocked = why
            said = said or sound(str(given.get("intent") or ""))
            calls.append((call_id, self._call(name, given)))
        if not calls:
            return without_call(said, ""), "", ""
        reading, self._open = read_calls(calls, "; ".join(call.name for _, call in calls), said)
        self._open = [
            OpenCall(one.call_id, name, one.actions) for one, name in zip(self._open, _names(items), strict=False)
        ]
        self._unread = reading.why
        return reading, blocked, confirm

    def _call(self, name: str, given: dict[str, Any]) -> WrittenCall:
        """Google's function in the words of `call_meanings`."""
        rest = {key: value for key, value in given.items() if key not in ("intent", "safety_decision")}
        name = {"click_at": "click", "hover_at": "move", "wait_5_seconds": "wait", "yield_to_user": "ask_user"}.get(
            name, name
        )
        match name:
            case "drag_and_drop":
                ends = {
                    "end_x": rest.get("end_x", rest.get("destination_x")),
                    "end_y": rest.get("end_y", rest.get("destination_y")),
                }
                starts = {"start_x": rest.get("start_x", rest.get("x")), "start_y": rest.get("start_y", rest.get("y"))}
                return WrittenCall("drag", {**starts, **ends})
            case "scroll" | "scroll_at":
                return WrittenCall("scroll", self._scrolled(rest))
            case "key_combination":
                return WrittenCall("key", rest)
            case "wait":
                return WrittenCall("wait", {"seconds": rest.get("seconds", 1 if "wait" in given or not rest else 5)})
            case "type_text_at":
                clear = rest.get("clear_before_typing", True)
                return WrittenCall(
                    "type_text_at", {**rest, "clear": clear, "press_enter": rest.get("press_enter", True)}
                )
            case _:
                return WrittenCall(name, rest)

    def _scrolled(self, given: dict[str, Any]) -> dict[str, Any]:
        magnitude = given.get("magnitude_in_pixels", given.get("magnitude", SCROLLED))
        side = self._sent.height if given.get("direction") in ("up", "down") else self._sent.width
        pixels = float(magnitude) * side / SIDE if isinstance(magnitude, int | float) else NOTCH
        return {
            **{key: given[key] for key in ("x", "y", "direction") if key in given},
            "amount": max(1, round(pixels / NOTCH)),
        }


_OURS = {"finish": "finish", "ask_user": "yield_to_user"}


def _names(items: list[dict[str, Any]]) -> list[str]:
    return [str(item.get("name")) for item in items if item.get("type") == "function_call"]


def _content(item: dict[str, Any]) -> list[dict[str, Any]]:
    content = item.get("content", item.get("text"))
    if isinstance(content, str):
        return [{"text": content}]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
