"""The answer to a predict or a session predict (API.md §2.1, §3) as a `core.actions.Prediction`."""

from __future__ import annotations

from msgspec.structs import replace

from coasty_desk.core.actions import Action, Prediction, Refusal, Usage, Verdict
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.money import from_cents
from coasty_desk.core.scaling import SENT_MAX, SENT_MIN
from coasty_desk.wire import action_json
from coasty_desk.wire.action_json import Decoded
from coasty_desk.wire.json_fields import UnreadableError, count_of, glimpse, kind, line_of, text_of, unreadable

MAX_ACTIONS = 100
"""More entries than this in one answer make no sense: a service asked for its most gives ten (API.md §2.1)."""

MAX_EXPANDED = 1000
"""Actions of one answer, with those that pyautogui source comes to."""

MAX_CODE = 60_000
"""Characters of pyautogui source in one answer."""

MAX_REASONING = 100_000
"""Characters of reasoning, and of a description, that are kept."""


def decode(body: object) -> Prediction:
    """Read an answer's JSON document; missing and unknown fields are tolerated. Raises ServiceError BAD_ANSWER.

    Actions after the first `done` or `fail` are left out. `usage.cost` is 0 where the answer
    does not say (see `charged`): the response's headers are the caller's to read.
    """
    request_id = (line_of(body.get("request_id"), 200) or None) if isinstance(body, dict) else None
    try:
        return _decode(body, request_id)
    except UnreadableError as error:
        msg = f"The service's answer makes no sense: {error}."
        raise ServiceError(msg, _REMEDY, code="BAD_ANSWER", request_id=request_id) from None


def _decode(body: object, request_id: str | None) -> Prediction:
    if not isinstance(body, dict):
        unreadable(f"it is {kind(body)}, not an object")
    entries, status = body.get("actions"), body.get("status")
    if entries is None and status is None:
        unreadable("it has neither actions nor a status")
    verdict = Verdict.CONTINUE if status is None else _verdict(status)
    said, descriptions = _in_order(_entries(entries))
    reasoning = text_of(body.get("reasoning"), MAX_REASONING)
    return Prediction(
        verdict=verdict if said.verdict is Verdict.CONTINUE else said.verdict,
        actions=said.actions,
        reasoning=reasoning if reasoning.strip() else said.reason,
        request_id=request_id,
        usage=_usage(body.get("usage")),
        space=_space(body),
        descriptions=descriptions if any(descriptions) else (),
    )


def charged(body: object) -> int | None:
    """The cents that an answer's `usage` says were charged (1 credit = 1 cent), or None where it does not say."""
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return None
    if usage.get("billed") is False:
        return 0
    amounts = (count_of(usage.get(name)) for name in ("credits_charged", "cost_cents"))
    return next((amount for amount in amounts if amount is not None), None)


_REMEDY = "Try again; if it happens again, look whether COASTY_BASE_URL points at the service."


def _verdict(status: object) -> Verdict:
    known = {verdict.value: verdict for verdict in Verdict if verdict is not Verdict.ASK}
    if not isinstance(status, str) or status not in known:
        unreadable(f"its status is {glimpse(status, 40)}, none of {', '.join(known)}")
    return known[status]


def _entries(entries: object) -> list[object]:
    if entries is None:
        return []
    if not isinstance(entries, list):
        unreadable(f"its actions are {kind(entries)}, not a list")
    if len(entries) > MAX_ACTIONS:
        unreadable(f"it has {len(entries)} actions, more than {MAX_ACTIONS}")
    return entries


def _in_order(entries: list[object]) -> tuple[Decoded, tuple[str, ...]]:
    """Everything up to the first `done` or `fail`, as one, with the model's words for each action."""
    code = sum(map(_code, entries))
    if code > MAX_CODE:
        return _too_much(f"its source has {code} characters, more than {MAX_CODE}")
    actions: list[Action | Refusal] = []
    descriptions: list[str] = []
    decoded = Decoded()
    for entry in entries:
        decoded = action_json.decode(entry)
        actions.extend(decoded.actions)
        if len(actions) > MAX_EXPANDED:
            return _too_much(f"it has more than {MAX_EXPANDED} actions")
        description = text_of(entry.get("description"), MAX_REASONING) if isinstance(entry, dict) else ""
        descriptions.extend([description] * len(decoded.actions))
        if decoded.verdict is not Verdict.CONTINUE:
            break
    return replace(decoded, actions=tuple(actions)), tuple(descriptions)


def _too_much(why: str) -> tuple[Decoded, tuple[str, ...]]:
    """Refused whole: half a plan is another plan."""
    return Decoded((Refusal("an answer of many actions", "wire", why),)), ()


def _code(entry: object) -> int:
    params = entry.get("params") if isinstance(entry, dict) and entry.get("action_type") == "raw" else None
    code = params.get("code") if isinstance(params, dict) else None
    return len(code) if isinstance(code, str) else 0


def _usage(usage: object) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    tokens = (count_of(usage.get(name)) or 0 for name in ("input_tokens", "output_tokens"))
    return Usage(from_cents(charged({"usage": usage}) or 0), *tokens)


def _space(body: dict[str, object]) -> tuple[int, int] | None:
    """The echoed coordinate space (API.md §4.2), where it is one that the service can have (API.md §4.3)."""
    width, height = count_of(body.get("screen_width")), count_of(body.get("screen_height"))
    if width is None or height is None:
        return None
    sane = SENT_MIN.width <= width <= SENT_MAX.width and SENT_MIN.height <= height <= SENT_MAX.height
    return (width, height) if sane else None
