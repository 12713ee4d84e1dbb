"""The inference operations of `/v1` (API.md §2), and what existing programs ask besides (API.md §18 row 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from coasty_desk.core.errors import UsageError
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.service import Service
from coasty_desk.wire.inference_resources import (
    ACTION_TYPES,
    LLM_PROVIDERS,
    PICTURES,
    TRAJECTORY,
    ActionEntry,
    GroundBody,
    GroundReply,
    LlmKeyBody,
    LlmKeyDeleted,
    LlmKeyList,
    LlmKeyStored,
    ModelEntry,
    ModelsReply,
    OcrBody,
    OcrReply,
    OcrText,
    ParseBody,
    ParseReply,
    PredictBody,
    PredictReply,
    PriceList,
    SessionBody,
    SessionChanged,
    SessionInfo,
    SessionList,
    SessionPredictBody,
    SessionPredictReply,
    SessionReply,
    UsageReport,
    VersionEntry,
)

if TYPE_CHECKING:
    from coasty_desk.server.inference import Inference
    from coasty_desk.server.llm_key_store import LlmProvider

# The table is loaded before the first request is answered, what a handler needs with the first of its own.

VERSIONS = [
    VersionEntry("v1", "One action at a time, with reflection.", "9-10s", ["single-action", "reflection"]),
    VersionEntry("v3", "Several actions at a time; what is taken where none is named.", "3.5-4s", ["multi-action"]),
    VersionEntry("v4", "As v3, and the result is verified.", "3.5-4s", ["multi-action", "verifier"]),
    VersionEntry("v5", "As v4.", "3.5-4s", ["multi-action", "verifier"], latest=True),
]
"""Taken by the published API as they are; a model of this program takes any of them for what it can."""


def _made(service: Service) -> Inference:
    from coasty_desk.server.inference import made_for

    return made_for(service)


def _inference(call: Call) -> Inference:
    return call.service.kept(_made)


def _predict(call: Call) -> CallReply:
    return _inference(call).predict(call, call.body)


def _ground(call: Call) -> CallReply:
    return _inference(call).ground(call, call.body)


def _open_session(call: Call) -> CallReply:
    return _inference(call).open_session(call, call.body)


def _step(call: Call) -> CallReply:
    return _inference(call).step(call, call.path["session_id"], call.body)


def _sessions(call: Call) -> CallReply:
    return CallReply(SessionList(_inference(call).sessions(call)))


def _session(call: Call) -> CallReply:
    return CallReply(_inference(call).session(call, call.path["session_id"]))


def _reset(call: Call) -> CallReply:
    _inference(call).reset(call, call.path["session_id"])
    return CallReply(SessionChanged(call.path["session_id"]))


def _delete_session(call: Call) -> CallReply:
    _inference(call).delete(call, call.path["session_id"])
    return CallReply(SessionChanged(call.path["session_id"]))


def _parse(call: Call) -> CallReply:
    from coasty_desk.wire import lenient_source

    found = lenient_source.parse_leniently(cast("ParseBody", call.body).code)
    return CallReply(
        ParseReply(
            [
                ActionEntry(cast("Literal['click']", one["action_type"]), cast("dict[str, object]", one["params"]))
                for one in found
            ]
        )
    )


def _models(call: Call) -> CallReply:
    own = _inference(call).models.own
    where = "the published API, with the account's key" if own.model.passes_on else f"the provider {own.provider}"
    models = [ModelEntry("default", f"What this service was started with: {where}.")]
    if own.name not in ("default", own.provider):
        models.append(ModelEntry(own.name, f"The same, by its name at {own.provider}."))
    return CallReply(ModelsReply(models, VERSIONS, list(ACTION_TYPES), _is_charged(call)))


def _ocr(call: Call) -> CallReply:
    from coasty_desk.models.offline.vision.engines import shared_engine
    from coasty_desk.server.sent_pictures import picture

    shown = picture(cast("OcrBody", call.body).screenshot)
    frame = shown.frame(shown.size, shown.size)
    try:
        texts = call.stop.race(lambda: shared_engine().lines(frame.image))
    except UsageError as error:
        raise ApiError("FEATURE_NOT_AVAILABLE", error.message, error.remedy) from error
    lines = [
        OcrText(
            one.text,
            *(round(one.box.left), round(one.box.top), round(one.box.width), round(one.box.height)),
            round(min(max(one.confidence, 0.0), 1.0), 3),
        )
        for one in sorted(texts, key=lambda text: (text.box.top, text.box.left))
    ]
    return CallReply(
        OcrReply("\n".join(one.text for one in lines), lines, shown.size.width, shown.size.height, UsageReport())
    )


def _prices(call: Call) -> CallReply:
    from coasty_desk.server import price_list

    return CallReply(PriceList(price_list.prices(charged=_is_charged(call))))


def _is_charged(call: Call) -> bool:
    """Whether a call of this service's own model is paid for by its account."""
    own = _inference(call).models.own
    return own.model.passes_on and own.model.bills(own.chosen, own.environment)


def _llm_keys(call: Call) -> CallReply:
    assert call.key is not None  # noqa: S101 - the operation wants one
    return CallReply(LlmKeyList(_inference(call).keys.all(call.key)))


def _provider(call: Call) -> LlmProvider:
    provider = call.path["provider"]
    if provider not in LLM_PROVIDERS:
        message = "There is no such provider."
        raise ApiError("LLM_PROVIDER_UNSUPPORTED", message, f"Name one of: {', '.join(LLM_PROVIDERS)}.")
    return cast("LlmProvider", provider)


def _store_llm_key(call: Call) -> CallReply:
    assert call.key is not None  # noqa: S101 - as above
    provider, key = _provider(call), cast("LlmKeyBody", call.body).api_key
    if not (key.isascii() and key.isprintable() and " " not in key):
        message = "The key has white space or letters in it that no key has."
        raise ApiError(
            "VALIDATION_ERROR",
            message,
            details=[{"loc": ["body", "api_key"], "msg": "it is no key", "type": "value_error"}],
        )
    return CallReply(_inference(call).keys.store(call.key, provider, key))


def _delete_llm_key(call: Call) -> CallReply:
    assert call.key is not None  # noqa: S101 - as above
    if not _inference(call).keys.delete(call.key, _provider(call)):
        message = "No key is stored for that provider."
        raise ApiError("LLM_KEY_NOT_FOUND", message)
    return CallReply(LlmKeyDeleted())


_ASKED = (
    *(
        "INSUFFICIENT_CREDITS",
        "WALLET_EXHAUSTED",
        "FEATURE_NOT_AVAILABLE",
        "INVALID_SCREENSHOT",
        "LLM_PROVIDER_UNSUPPORTED",
    ),
    *("LLM_MODEL_INVALID", "LLM_KEY_NOT_CONFIGURED", "LLM_PROVIDER_RATE_LIMITED", "RATE_LIMITED", "PREDICTION_FAILED"),
    *("UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT", "SERVICE_UNAVAILABLE", "BILLING_UNAVAILABLE"),
    *("OUTCOME_UNKNOWN", "PAYLOAD_TOO_LARGE"),
)
"""What may come of asking a model."""

_OF_SESSION = ("SESSION_NOT_FOUND", "CONFLICT")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        *("predict", "POST", "/predict", "What to do next on a screenshot", PredictReply, _predict),
        scope="predict",
        body=PredictBody,
        errors=_ASKED,
        priced=True,
        billing="predict",
        limited=True,
        idempotent=True,
        body_limit=TRAJECTORY,
        tag="inference",
        streams=True,
        byok=True,
    ),
    Operation(
        *(
            "createSession",
            "POST",
            "/sessions",
            "Open a session, which remembers what came before",
            SessionReply,
            _open_session,
        ),
        scope="session",
        body=SessionBody,
        errors=_ASKED,
        priced=True,
        billing="session_create",
        byok=True,
        limited=True,
        idempotent=True,
        tag="sessions",
    ),
    Operation(
        *("listSessions", "GET", "/sessions", "The sessions that are open", SessionList, _sessions),
        scope="session",
        tag="sessions",
    ),
    Operation(
        *("getSession", "GET", "/sessions/{session_id}", "One session", SessionInfo, _session),
        scope="session",
        errors=("SESSION_NOT_FOUND",),
        tag="sessions",
    ),
    Operation(
        *(
            "sessionPredict",
            "POST",
            "/sessions/{session_id}/predict",
            "What to do next in a session",
            SessionPredictReply,
            _step,
        ),
        scope="session",
        body=SessionPredictBody,
        errors=(*_ASKED, *_OF_SESSION),
        priced=True,
        billing="session_predict",
        limited=True,
        idempotent=True,
        body_limit=PICTURES,
        tag="sessions",
        streams=True,
    ),
    Operation(
        *("resetSession", "POST", "/sessions/{session_id}/reset", "Let a session begin anew", SessionChanged, _reset),
        scope="session",
        errors=(*_OF_SESSION, "UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"),
        tag="sessions",
    ),
    Operation(
        *("deleteSession", "DELETE", "/sessions/{session_id}", "Close a session", SessionChanged, _delete_session),
        scope="session",
        errors=(*_OF_SESSION, "UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"),
        tag="sessions",
    ),
    Operation(
        *("ground", "POST", "/ground", "Where something is on a screenshot", GroundReply, _ground),
        scope="ground",
        body=GroundBody,
        body_rule={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "string"}}} for name in ("element", "description")
            ]
        },
        errors=(*_ASKED, "GROUNDING_FAILED"),
        priced=True,
        billing="ground",
        limited=True,
        idempotent=True,
        body_limit=PICTURES,
        tag="inference",
    ),
    Operation(
        *("parse", "POST", "/parse", "pyautogui source to actions; nothing is executed", ParseReply, _parse),
        scope="parse",
        body=ParseBody,
        tag="inference",
    ),
    Operation(
        *("ocr", "POST", "/ocr", "What is written on a screenshot, read on this computer", OcrReply, _ocr),
        scope="parse",
        body=OcrBody,
        errors=("INVALID_SCREENSHOT", "FEATURE_NOT_AVAILABLE", "PAYLOAD_TOO_LARGE"),
        body_limit=PICTURES,
        tag="inference",
    ),
    Operation(
        *("listModels", "GET", "/models", "Who answers here, and with what", ModelsReply, _models), tag="inference"
    ),
    Operation(
        *("pricing", "GET", "/pricing", "What a call costs before its answer says so", PriceList, _prices),
        scope=None,
        tag="inference",
        root="/api",
    ),
    Operation(
        *("listLlmKeys", "GET", "/llm/keys", "The stored keys of vendors, without the keys", LlmKeyList, _llm_keys),
        scope="llm_keys",
        tag="llm keys",
    ),
    Operation(
        *("storeLlmKey", "PUT", "/llm/keys/{provider}", "Store a key of a vendor's", LlmKeyStored, _store_llm_key),
        scope="llm_keys",
        names={"provider": Literal["anthropic", "openai"]},
        body=LlmKeyBody,
        errors=("LLM_PROVIDER_UNSUPPORTED",),
        tag="llm keys",
    ),
    Operation(
        *("deleteLlmKey", "DELETE", "/llm/keys/{provider}", "Delete a stored key", LlmKeyDeleted, _delete_llm_key),
        scope="llm_keys",
        names={"provider": Literal["anthropic", "openai"]},
        errors=("LLM_KEY_NOT_FOUND", "LLM_PROVIDER_UNSUPPORTED"),
        tag="llm keys",
    ),
)
