"""What is done about each way in which a vendor's server can fail (MODELS.md §1.5), one table for all of them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from coasty_desk.wire.json_fields import Fields, UnreadableError, parse_json, short

TRIES = 4
"""Requests for one step, where a pause may help."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two of them, doubled each time, where the server names none."""

LONGEST_ASKED = 120.0
"""Seconds that a server may ask to be let alone: more ends the run."""

LOADING = 300.0
"""Seconds that a server may take to load its model."""

Kind = Literal["wait", "loading", "no money", "key", "no model", "tool", "too large", "final"]


class VendorFault(Struct, frozen=True):
    """An answer that is none: the status, the server's own code and words, and what is to be done (`kind`).

    `pause` are the seconds that it asks for, where it does. `sent`: the body went out, so that it may be paid for.
    """

    kind: Kind
    status: int
    code: str
    said: str
    pause: float | None = None
    sent: bool = True


def read_fault(status: int, headers: Mapping[str, str], body: bytes) -> VendorFault:
    """What an answer with an error's status says; headers with their names in small letters. Never raises."""
    code, said, details = _envelope(body)
    words = f"{code}\n{said}".lower()
    return VendorFault(_kind(status, words), status, code, said, _asked_pause(headers, details))


def pause_after(fault: VendorFault, tries: int, waited: float) -> float | None:
    """Seconds until the same request goes out once more, as the `tries`-th has failed; None where it does not."""
    if fault.kind == "loading":
        return min(2.0, LOADING - waited) if waited < LOADING else None
    if fault.kind != "wait" or tries >= TRIES:
        return None
    if fault.pause is not None:
        return fault.pause if fault.pause <= LONGEST_ASKED else None
    return min(FIRST_PAUSE * (1 << (tries - 1)), LONGEST_PAUSE)


def _kind(status: int, words: str) -> Kind:
    if status == 402 or any(sign in words for sign in _NO_MONEY):
        return "no money"
    if status in (503, 500, 404, 425) and "model" in words and _is_loading(words):
        return "loading"
    if status in (408, 429, 500, 502, 503, 504, 529):
        return "wait"
    if status in (401, 403):
        return "key"
    if status == 404 or (status == 400 and "model" in words and ("not found" in words or "does not exist" in words)):
        return "no model"
    if status == 413:
        return "too large"
    if status == 400 and any(sign in words for sign in _TOOL):
        return "tool"
    return "final"


def _is_loading(words: str) -> bool:
    """Whether it is on its way, and did not fail to come."""
    return any(sign in words for sign in _LOADING) and not any(sign in words for sign in _NOT_LOADED)


_LOADING = ("loading", "being loaded")
_NOT_LOADED = ("error loading", "failed", "failure", "unable", "cannot", "could not")
_NO_MONEY = (
    "insufficient_quota",
    "enforced_spend_limit_reached",
    "billing_error",
    "credit balance is too low",
    "insufficient credits",
)
_TOOL = ("computer_toolset", "computer_2025", "computer_use", "tools.", "tool type", "computer tool")


def _envelope(body: bytes) -> tuple[str, str, object]:
    """The code and the words of an error, as Anthropic, OpenAI, Google, Ollama and llama.cpp write them."""
    try:
        document = parse_json(body)
        outer = Fields.of(document[0] if isinstance(document, list) and document else document, "the answer")
        inner = outer.values.get("error", outer.values)
        if isinstance(inner, str):
            return "", short(inner, 300), None
        fields = Fields.of(inner, "the error")
    except UnreadableError:
        return "", short(body[:300].decode("utf-8", "replace"), 300), None
    details = fields.values.get("details")
    codes = [fields.values.get(name) for name in ("code", "type", "status")]
    if isinstance(details, dict) and isinstance(details.get("error_code"), str):
        codes.insert(0, details["error_code"])
    code = next((one for one in codes if isinstance(one, str)), "")
    said = fields.values.get("message")
    return short(code, 80), short(said, 300) if isinstance(said, str) else "", details


def _asked_pause(headers: Mapping[str, str], details: object) -> float | None:
    """`retry-after-ms`, `retry-after` in seconds or as a date, or Google's RetryInfo."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    seconds = _number(said)
    if seconds is not None:
        return seconds
    if said:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - 6 ms, and few name a date

        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        found = _number(delay[:-1]) if isinstance(delay, str) and delay.endswith("s") else None
        if found is not None:
            return found
    return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text) else None
