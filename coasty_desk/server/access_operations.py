"""The operations that tell of the service itself: health, its document, keys, usage, and what became of an idempotency key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from coasty_desk.server import request_values, served_runs
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import DEFAULT_SCOPES, SCOPES, ServiceKey
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.service import BALANCE
from coasty_desk.server.timestamps import iso
from coasty_desk.server.usage_meter import OperationUsage, this_month
from coasty_desk.wire.machine_resources import Moment

TIER = "enterprise"
"""Of every key: this service withholds nothing for money."""

# fmt: off
ScopeName = Literal[
    "predict", "session", "ground", "parse", "keys", "usage", "machines:read", "machines:write", "actions:exec",
    "terminal:exec", "files:read", "files:write", "browser:execute", "snapshots:write", "connection:read",
    "schedules:read", "schedules:write", "triggers:write", "runs:read", "runs:write", "workflows:read",
    "workflows:write", "llm_keys",
]
# fmt: on
"""As `api_keys.SCOPES`, for the types."""


class Health(Struct, frozen=True):
    """It answers."""

    status: Literal["ok"]
    service: str
    api_version: str


class CreateKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be made: with the scopes that every key has where there are none. `this_desktop`: terminal, files and browser scopes hold there too."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    scopes: Annotated[list[ScopeName], Meta(max_length=len(SCOPES), extra_json_schema={"uniqueItems": True})] = []
    this_desktop: bool = False


class KeyMade(Struct, frozen=True):
    """A key that was made: `key` is told here and never again."""

    key: str
    key_id: str
    name: str
    tier: str
    scopes: list[str]
    this_desktop: bool
    created_at: Moment
    request_id: str = ""


class KeyListed(Struct, frozen=True):
    """What is known of a key."""

    key_id: str
    name: str
    tier: str
    scopes: list[str]
    this_desktop: bool
    created_at: Moment
    last_used_at: Moment | None
    key_prefix: str


class KeyList(Struct, frozen=True):
    """All keys, the oldest first."""

    keys: list[KeyListed]
    request_id: str = ""


class KeyDeleted(Struct, frozen=True):
    """It is nobody's key any more."""

    status: Literal["ok"]
    key_id: str
    request_id: str = ""


class UsageQuery(Struct, frozen=True):
    """Of which month: this one, where none is named."""

    period: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)] | None = None


class UsageOf(Struct, frozen=True):
    """Of one operation."""

    requests: Annotated[int, Meta(ge=0)]
    credits: Annotated[int, Meta(ge=0)]


class UsageSummary(Struct, frozen=True):
    """What was asked and charged in a month, in credits of one cent, by operation; the parts are the whole."""

    period: str
    total_requests: int
    total_credits: int
    total_cost_cents: int
    breakdown: dict[str, UsageOf]
    balance: int = BALANCE
    wallet_balance_cents: int = BALANCE
    wallet_balance_usd: float = BALANCE / 100
    request_id: str = ""


class KeyLookup(Struct, frozen=True):
    """What became of the request with that idempotency key: its answer, as it was, once there is one."""

    status: Literal["completed", "processing"]
    request_id: str = ""
    result: Any = None
    original_status: int | None = None


class ActiveBilling(Struct, frozen=True):
    """What is charged for at this moment: nothing, since a key of this service bills nothing."""

    active: list[dict[str, Any]]
    current_run_rate_cents_per_hour: int
    request_id: str = ""


def _health(_call: Call) -> CallReply:
    return CallReply(Health("ok", "coasty-desk", "v1"))


def _document(call: Call) -> CallReply:
    return CallReply(call.service.openapi())


def _make_key(call: Call) -> CallReply:
    asked: CreateKey = call.body
    scopes = set(asked.scopes)
    if len(scopes) < len(asked.scopes):
        raise request_values.refused(["body", "scopes"], "a scope is named twice")
    maker = _asking(call)
    beyond = sorted(scopes - maker.scopes)
    if beyond or (asked.this_desktop and not maker.this_desktop):
        message = "A key cannot make one that may do more than itself."
        raise ApiError(
            "INSUFFICIENT_SCOPE",
            message,
            "Make it with `coasty-desk keys create`.",
            required_scope=beyond[0] if beyond else "this_desktop",
            current_scopes=sorted(maker.scopes),
        )
    granted = scopes or maker.scopes & set(DEFAULT_SCOPES)
    key, made = call.service.keys.make(asked.name.strip(), granted, this_desktop=asked.this_desktop)
    created = iso(made.created_at)
    return CallReply(KeyMade(key, made.key_id, made.name, TIER, sorted(made.scopes), made.this_desktop, created))


def _list_keys(call: Call) -> CallReply:
    return CallReply(KeyList([_listed(key) for key in call.service.keys.all()]))


def _listed(key: ServiceKey) -> KeyListed:
    used = None if key.last_used_at is None else iso(key.last_used_at)
    scopes = sorted(key.scopes)
    return KeyListed(key.key_id, key.name, TIER, scopes, key.this_desktop, iso(key.created_at), used, key.prefix)


def _delete_key(call: Call) -> CallReply:
    key_id = call.path["key_id"]
    if not call.service.keys.delete(key_id):
        message = "There is no such key."
        raise ApiError("NOT_FOUND", message, "List the keys: GET /v1/keys.")
    return CallReply(KeyDeleted("ok", key_id))


def _usage(call: Call) -> CallReply:
    asked: UsageQuery = call.query
    period = asked.period or this_month()
    found = call.service.usage.of(period)
    for name, cents in served_runs.charged(call.service, period).items():
        used = found.get(name, OperationUsage())
        found[name] = OperationUsage(used.requests, used.credits + cents)
    breakdown = {name: UsageOf(used.requests, used.credits) for name, used in found.items()}
    charged = sum(used.credits for used in found.values())
    return CallReply(UsageSummary(period, sum(used.requests for used in found.values()), charged, charged, breakdown))


def _look_up(call: Call) -> CallReply:
    found = call.service.idempotency.looked_up(_asking(call), call.path["key"])
    if found is None:
        message = "There is no request with this Idempotency-Key, or it was more than a day ago."
        raise ApiError("NOT_FOUND", message, "Send the request with this key: it will be the first.")
    if found.answer is None:
        return CallReply(KeyLookup("processing"), headers={"Idempotency-Status": "processing"})
    result = KeyLookup("completed", result=msgspec.Raw(found.answer.body), original_status=found.answer.status)
    return CallReply(result, headers={"Idempotency-Status": "completed"})


def _active_billing(_call: Call) -> CallReply:
    return CallReply(ActiveBilling([], 0))


def _asking(call: Call) -> ServiceKey:
    assert call.key is not None  # noqa: S101 - these operations have a scope
    return call.key


OPERATIONS = (
    Operation("health", "GET", "/health", "Whether the service answers", Health, _health, scope=None, tag="service"),
    Operation("openapi", "GET", "/openapi.json", "This document", dict, _document, scope=None, tag="service"),
    Operation(
        *("createApiKey", "POST", "/keys", "Make a key; it is told once", KeyMade, _make_key),
        scope="keys",
        body=CreateKey,
        limited=True,
        tag="keys",
    ),
    Operation(
        "listApiKeys", "GET", "/keys", "List the keys", KeyList, _list_keys, scope="keys", limited=True, tag="keys"
    ),
    Operation(
        *("revokeApiKey", "DELETE", "/keys/{key_id}", "Delete a key", KeyDeleted, _delete_key),
        scope="keys",
        errors=("NOT_FOUND",),
        limited=True,
        tag="keys",
    ),
    Operation(
        *("getUsage", "GET", "/usage", "What was asked and charged in a month", UsageSummary, _usage),
        scope="usage",
        query=UsageQuery,
        limited=True,
        tag="keys",
    ),
    Operation(
        *("getIdempotencyResult", "GET", "/idempotency/{key}", "What became of a request", KeyLookup, _look_up),
        errors=("NOT_FOUND", "CONFLICT"),
        tag="keys",
    ),
    Operation(
        *("getActiveBilling", "GET", "/billing/active", "What is charged for now", ActiveBilling, _active_billing),
        scope="machines:read",
        tag="machines",
    ),
)
