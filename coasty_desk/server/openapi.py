"""The document of the service (OpenAPI 3.1), made from the same table that routes and validates. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from coasty_desk.server.api_errors import CODES
from coasty_desk.server.operation import Operation
from coasty_desk.server.route_table import LONGEST_NAME
from coasty_desk.wire.inference_resources import LLM_PROVIDERS

_REF = "#/components/schemas/{name}"

_ALWAYS = ("BAD_REQUEST", "FOREIGN_ORIGIN", "MISDIRECTED_REQUEST", "INTERNAL_ERROR", "DB_UNAVAILABLE")
"""What any request may come to."""

_WITH_KEY = ("INVALID_API_KEY", "INSUFFICIENT_SCOPE")
_WITH_NAMES = ("NOT_FOUND",)
_WITH_BODY = ("PAYLOAD_TOO_LARGE", "VALIDATION_ERROR", "REQUEST_TIMEOUT")
_WITH_BYTES = ("PAYLOAD_TOO_LARGE", "REQUEST_TIMEOUT")
_WITH_QUERY = ("VALIDATION_ERROR",)
_WITH_IDEMPOTENCY = (
    *(
        "IDEMPOTENCY_KEY_REUSED",
        "IDEMPOTENCY_IN_FLIGHT",
        "IDEMPOTENCY_ALREADY_REFUNDED",
        "VALIDATION_ERROR",
        "CONFLICT",
    ),
)

_REASONS = {400: "Not understood", 401: "No key", 402: "Not paid for", 403: "Not allowed", 404: "Not found"}
_REASONS |= {408: "Too slow", 409: "Not in this state", 413: "Too large", 421: "Not for this service", 422: "Not valid"}
_REASONS |= {429: "Too often", 500: "Went wrong", 502: "Who was asked failed", 503: "Not now", 504: "Took too long"}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "type", "request_id", "retryable", "retry_with_same_idempotency_key"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "type": {"type": "string", "enum": sorted({code.kind for code in CODES.values()})},
                "request_id": {"type": "string"},
                "suggestion": {"type": "string", "description": "What to do about it."},
                "docs_url": {"type": "string"},
                "retryable": {"type": "boolean", "description": "Whether the same may succeed later."},
                "retry_with_same_idempotency_key": {"type": "boolean"},
                "retry_after": {"type": "integer", "minimum": 0},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["loc", "msg", "type"],
                        "properties": {
                            "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                            "msg": {"type": "string"},
                            "type": {"type": "string"},
                        },
                    },
                },
            },
        }
    },
}


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The whole of it."""
    rows = list(operations)
    kinds = {
        kind
        for row in rows
        for kind in (row.body, row.reply, row.other_reply)
        if kind is not None and kind is not bytes
    }
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    asked = _below([row.body for row in rows if row.body is not None and row.body is not bytes], components)
    for name in components.keys() - asked:
        _demand_what_is_sent(components[name])
    schema_of = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.whole_path, {})[row.method.lower()] = _operation(row, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "coasty-desk",
            "version": version,
            "description": "This computer's desktop, and virtual ones, by the published /v1. Made from the table that answers.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}, {"bearerAuth": []}],
        "tags": [{"name": name} for name in sorted({row.tag for row in rows} - {""})],
        "paths": paths,
        "components": {
            "schemas": {**components, "ApiError": _ERROR},
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearerAuth": {"type": "http", "scheme": "bearer"},
            },
            "headers": {"RequestId": {"schema": {"type": "string", "pattern": "^req_[0-9a-f]{24}$"}}},
        },
    }


def _below(kinds: list[type], components: Mapping[str, Any]) -> set[str]:
    """The names of what these types are made of, and of themselves."""
    found: set[str] = set()
    left = [kind.__name__ for kind in kinds]
    while left:
        name = left.pop()
        if name in components and name not in found:
            found.add(name)
            left += re.findall(r"#/components/schemas/(\w+)", str(components[name]))
    return found


def _demand_what_is_sent(schema: dict[str, Any]) -> None:
    """Of a reply: a field that has a default is sent with it, so that nobody need know the default."""
    properties = schema.get("properties", {})
    sent = {name for name, field in properties.items() if "default" in field} | set(schema.get("required", ()))
    if sent:
        schema["required"] = [name for name in properties if name in sent]
    for field in properties.values():
        field.pop("default", None)


def _operation(row: Operation, schema_of: Mapping[type, Any]) -> dict[str, Any]:
    dynamic = row.scopes is not None
    told: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "tags": [row.tag] if row.tag else [],
        "parameters": [*_path_parameters(row), *_query_parameters(row), *_header_parameters(row)],
        "responses": _responses(row, schema_of),
        "x-auth-mode": "public" if row.scope is None else "api_key",
        "x-required-scope": row.scope or None,
        "x-required-scopes": [row.scope] if row.scope else [],
        "x-scope-policy": "dynamic" if dynamic else "required" if row.scope else "none",
        "x-billing-code": row.billing,
        "x-idempotency": "reserve-and-replay" if row.idempotent else "none",
    }
    if dynamic:
        told["x-required-scope"], scopes = row.scopes_told
        told["x-required-scopes"] = list(scopes)
    if row.scope is None:
        told["security"] = []
    if row.body is bytes:
        whatever = ("application/json", "text/plain", "application/octet-stream")
        told["requestBody"] = {"required": False, "content": {name: {"schema": {}} for name in whatever}}
    elif row.body is not None:
        schema = {"allOf": [schema_of[row.body], dict(row.body_rule)]} if row.body_rule else schema_of[row.body]
        if not row.body_required:
            schema = {"anyOf": [schema, {"type": "null"}]}
        content = {"application/json": {"schema": schema}}
        told["requestBody"] = {"required": row.body_required, "content": content}
    return told


def _path_parameters(row: Operation) -> list[dict[str, Any]]:
    usual = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
    types = {name: msgspec.json.schema(kind) for name, kind in row.names.items()}
    names = re.findall(r"\{(\w+)\}", row.path)
    return [{"name": name, "in": "path", "required": True, "schema": types.get(name, usual)} for name in names]


def _query_parameters(row: Operation) -> list[dict[str, Any]]:
    if row.query is None:
        return []
    found = []
    for field in msgspec.structs.fields(row.query):
        schema = msgspec.json.schema(field.type)
        choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
        schema = (
            {**schema, **choices[0]} if len(choices) == 1 else schema if not choices else {**schema, "anyOf": choices}
        )
        if field.default not in (msgspec.NODEFAULT, None):
            schema["default"] = field.default
        found.append({"name": field.encode_name, "in": "query", "required": field.required, "schema": schema})
    return found


def _header_parameters(row: Operation) -> list[dict[str, Any]]:
    names = [*(("Idempotency-Key",) if row.idempotent else ()), *(_OWN_KEY if row.byok else ())]
    return [{"name": name, "in": "header", "required": False, **_HEADERS[name]} for name in names]


_OWN_KEY = ("X-LLM-Provider", "X-LLM-Api-Key", "X-LLM-Model")

_HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "The same for every attempt at one request: it is carried out once, and its answer is repeated for 24 hours.",
        "schema": {"type": "string", "pattern": r"^[A-Za-z0-9_\-:]{1,128}$", "minLength": 1, "maxLength": 128},
    },
    "X-LLM-Provider": {
        "description": "Whose model is to answer, with the caller's own key.",
        "schema": {"type": "string", "enum": list(LLM_PROVIDERS)},
    },
    "X-LLM-Api-Key": {
        "description": "That key, for this request alone; a provider goes with it.",
        "schema": {"type": "string", "pattern": "^[!-~]{16,512}$", "minLength": 16, "maxLength": 512},
    },
    "X-LLM-Model": {
        "description": "The model's name there.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 512},
    },
}


def _responses(row: Operation, schema_of: Mapping[type, Any]) -> dict[str, Any]:
    kinds = [schema_of[kind] for kind in (row.reply, row.other_reply) if kind is not None]
    schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    whole: dict[str, Any] = {"application/json": {"schema": schema}} if kinds else {}
    if row.reply is None or row.streams:
        whole["text/event-stream"] = {"schema": {"type": "string"}}
    headers = {"X-Coasty-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    responses: dict[str, Any] = {"200": {"description": "Done", "headers": headers, "content": whole}}
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(_codes(row)):
        by_status.setdefault(CODES[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        schema = {"$ref": "#/components/schemas/ApiError"}
        responses[str(status)] = {
            "description": _REASONS.get(status, "Refused"),
            "headers": headers,
            "content": {"application/json": {"schema": schema}},
            "x-error-codes": codes,
        }
    return responses


def _codes(row: Operation) -> list[str]:
    return [
        *_ALWAYS,
        *(_WITH_KEY if row.scope is not None else ()),
        *(_WITH_NAMES if "{" in row.path else ()),
        *(_WITH_BODY if row.body is not None and row.body is not bytes else ()),
        *(_WITH_BYTES if row.body is bytes else ()),
        *(_WITH_QUERY if row.query is not None else ()),
        *(_WITH_IDEMPOTENCY if row.idempotent else ()),
        *(("RATE_LIMITED",) if row.limited else ()),
        *_of_query(row),
        *row.errors,
    ]


def _of_query(row: Operation) -> list[str]:
    names = [] if row.query is None else [field.encode_name for field in msgspec.structs.fields(row.query)]
    told = {"limit": "INVALID_LIMIT", "status": "INVALID_STATUS_FILTER"}
    return [code for name, code in told.items() if name in names]
