"""What each vendor's documents forbid of a request (MODELS.md §1.1 to §1.4)."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

TOOLSET = "computer_toolset_20260801"
NOT_EXECUTED = "Not executed: an earlier computer action in this turn failed."
_OLDER = {"computer_20251124": "computer-use-2025-11-24", "computer_20250124": "computer-use-2025-01-24"}


def size_of(data: str) -> tuple[int, int]:
    """Width and height of a PNG in base64; (0, 0) for whatever is none."""
    head = base64.b64decode(data[:64])
    return struct.unpack(">II", head[16:24]) if head[:4] == b"\x89PNG" else (0, 0)


def chat(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """An OpenAI-compatible server's."""
    del headers
    if unknown := body.keys() - {"model", "messages", "temperature", "max_tokens", "stream", "tools", "tool_choice"}:
        return f"unknown field {min(unknown)}"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages is empty"
    roles = [message.get("role") for message in messages]
    if "system" in roles[1:]:
        return "a system message must come first"
    spoken = [role for role in roles if role != "system"]
    if spoken[:1] != ["user"] or spoken[-1] != "user" or any(a == b == "assistant" for a, b in pairwise(spoken)):
        return f"roles must alternate and end with the user: {spoken}"
    for message in messages:
        for part in message["content"] if isinstance(message["content"], list) else []:
            if part["type"] == "image_url" and not part["image_url"]["url"].startswith("data:image/"):
                return "an image is no data URL"
    return None


def anthropic(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """The Messages API's, with any generation of the computer tool."""
    if "x-api-key" not in headers or "anthropic-version" not in headers:
        return "x-api-key and anthropic-version are required"
    if unknown := body.keys() - {
        "model",
        "max_tokens",
        "system",
        "tools",
        "tool_choice",
        "messages",
        "thinking",
        "output_config",
    }:
        return f"{min(unknown)}: Extra inputs are not permitted"
    choice = body.get("tool_choice", {})
    if choice.get("type") not in (None, "auto", "none"):
        return "tool_choice: any and tool are not supported with this model"
    return _anthropic_tools(headers, body["tools"]) or _anthropic_messages(body)


def _anthropic_tools(headers: Mapping[str, str], tools: list[dict[str, Any]]) -> str | None:
    computers = [tool for tool in tools if str(tool.get("type", "")).startswith("computer")]
    for tool in computers:
        if tool["type"] == TOOLSET:
            if forbidden := tool.keys() - {"type", "configs", "cache_control"}:
                return f"tools.0.{TOOLSET}.{min(forbidden)}: Extra inputs are not permitted"
            if "anthropic-beta" in headers:
                return "anthropic-beta: no beta is needed for this tool"
        elif headers.get("anthropic-beta") != _OLDER.get(tool["type"]):
            return f"tools: {tool['type']} needs its beta header"
        elif not {"name", "display_width_px", "display_height_px"} <= tool.keys():
            return "tools: display_width_px: Field required"
    if len(computers) > 1:
        return "tools: only one computer tool"
    return None


def _anthropic_messages(body: dict[str, Any]) -> str | None:
    messages, toolset = body["messages"], any(tool.get("type") == TOOLSET for tool in body["tools"])
    if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        return "messages: the conversation must begin and end with the user"
    pictures = [part for message in messages for part in _images(message["content"])]
    for part in pictures:
        width, height = size_of(part["source"]["data"])
        if max(width, height) > 2576 or (len(pictures) > 20 and max(width, height) > 2000):
            return f"messages: an image of {width}x{height} is too large"
    for before, after in pairwise(messages):
        if before["role"] == after["role"]:
            return "messages: roles must alternate"
        calls = [part for part in before["content"] if isinstance(part, dict) and part.get("type") == "tool_use"]
        results = [part for part in after["content"] if part.get("type") == "tool_result"]
        if calls and [part["tool_use_id"] for part in results] != [call["id"] for call in calls]:
            return "messages: `tool_use` ids were found without `tool_result` blocks immediately after"
        if after["content"][: len(results)] != results:
            return "messages: tool_result blocks must come first"
        for call, result in zip(calls, results, strict=False):
            named = call.get("toolset_name")
            if toolset and named is not None and result.get("toolset_name") != named:
                return "messages: tool_result.toolset_name must be the call's"
            if named is None and "toolset_name" in result:
                return "messages: tool_result.toolset_name: unexpected"
            if result.get("is_error") and not result.get("content"):
                return "messages: tool_result: content may not be empty where is_error is true"
    marked = sum(
        "cache_control" in part for message in messages for part in message["content"] if isinstance(part, dict)
    )
    if marked > 3:
        return "at most 4 blocks may have cache_control"
    return "messages: The block is bound to a different conversation" if _is_changed(body) else None


def bound(body: Mapping[str, Any], before: int) -> str:
    """The signature of a thinking block that stands behind so many messages: it holds for what they say, and for no other prefix."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: bare(one) for name, one in value.items() if name != "cache_control"}
        return [bare(one) for one in value] if isinstance(value, list) else value

    prefix = [bare(body.get("system")), bare(body["tools"]), bare(body["messages"][:before])]
    return f"bound:{hashlib.sha256(json.dumps(prefix, sort_keys=True).encode()).hexdigest()}"


def _is_changed(body: Mapping[str, Any]) -> bool:
    """Whether a thinking block stands in another conversation than it was thought in."""
    return any(
        isinstance(part, dict)
        and part.get("type") == "thinking"
        and part.get("signature") not in (None, bound(body, at))
        for at, message in enumerate(body["messages"])
        for part in message["content"]
        if message["role"] == "assistant"
    )


def _images(content: Iterable[Any]) -> list[dict[str, Any]]:
    found = []
    for part in content if isinstance(content, list) else []:
        if part.get("type") == "image":
            found.append(part)
        elif part.get("type") == "tool_result":
            found.extend(_images(part.get("content", [])))
    return found


def openai(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """The Responses API's."""
    if not headers.get("authorization", "").startswith("Bearer "):
        return "You didn't provide an API key"
    known = {
        "model",
        "instructions",
        "tools",
        "input",
        "store",
        "include",
        "parallel_tool_calls",
        "max_output_tokens",
        "truncation",
        "reasoning",
    }
    if unknown := body.keys() - known:
        return f"Unknown parameter: {min(unknown)}"
    if body.get("store") is not False or "previous_response_id" in body:
        return "this test keeps nothing at the vendor"
    for tool in body["tools"]:
        if tool["type"] == "computer" and tool.keys() != {"type"}:
            return f"Unknown parameter: tools[0].{min(tool.keys() - {'type'})}"
        if tool["type"] == "computer_use_preview" and body.get("truncation") != "auto":
            return "truncation must be auto with computer_use_preview"
    calls = {item["call_id"]: item for item in body["input"] if item.get("type") in ("computer_call", "function_call")}
    answered: set[str] = set()
    for item in body["input"]:
        if item.get("type") in ("computer_call_output", "function_call_output"):
            call = calls.get(item["call_id"])
            if call is None:
                return f"No tool call found for {item['call_id']}"
            answered.add(item["call_id"])
            if item["type"] == "computer_call_output":
                pending = call.get("pending_safety_checks", [])
                if pending != item.get("acknowledged_safety_checks", []):
                    return "safety checks must be acknowledged"
                if item["output"].get("type") != "computer_screenshot":
                    return "output must be a computer_screenshot"
    if missing := calls.keys() - answered:
        return f"No tool output found for computer call {min(missing)}"
    return None


def gemini(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """The Interactions API's."""
    if "x-goog-api-key" not in headers:
        return "API key not valid"
    if unknown := body.keys() - {"model", "input", "tools", "store", "generation_config", "system_instruction"}:
        return f"Unknown name {min(unknown)!r}"
    if body.get("store") is not False:
        return "this test keeps nothing at the vendor"
    computers = [tool for tool in body["tools"] if tool["type"] == "computer_use"]
    if len(computers) != 1 or computers[0].get("environment") != "desktop":
        return "one computer_use tool, of the desktop"
    calls = {item["id"]: item for item in body["input"] if item.get("type") == "function_call"}
    answered: set[str] = set()
    for item in body["input"]:
        if item.get("type") == "function_result":
            call = calls.get(item["call_id"])
            if call is None or call["name"] != item["name"]:
                return f"no function call {item['call_id']}"
            answered.add(item["call_id"])
            asked = call["arguments"].get("safety_decision", {}).get("decision") == "require_confirmation"
            told = item["result"][0]["text"]
            if asked and '"safety_acknowledgement": true' not in told and '"error"' not in told:
                return "safety_acknowledgement is missing"
    if missing := calls.keys() - answered:
        return f"function call {min(missing)} has no result"
    return None
