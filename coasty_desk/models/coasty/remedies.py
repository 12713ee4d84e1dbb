"""What a fault means to the person: one sentence that says what is wrong, and one that says what to do.

What to do is always in this program's own words: the service's advice is for whoever writes a client.
"""

from __future__ import annotations

import re

from coasty_desk.core.errors import ServiceError
from coasty_desk.models.coasty import retry, transport
from coasty_desk.wire.error_envelope import Fault

AGAIN = "Try again in a while."
ADDRESS = "Check COASTY_BASE_URL, the network and the proxy, then try again."
KEY = "Check COASTY_API_KEY, or store another key with `coasty-desk auth login`."
ANEW = "Start the run anew; if it happens again, look for a newer version of coasty-desk."
SESSIONS = "`coasty-desk sessions list` shows what is open, and `sessions delete` closes it."
SCREENSHOT = "Choose a smaller --max-size."
PROVIDER = "Set the model provider and its key right in the account, on the service's page."
BALANCE = "See with `coasty-desk auth status` what is left, then try again in a while."
TOP_UP = "Top up the wallet on the service's page, or lower --memory or --max-steps."

_TABLE: dict[str, tuple[str, str]] = {
    retry.UNREACHABLE: ("{host} cannot be reached: {said}.", ADDRESS),
    retry.NO_ANSWER: ("{host} gave no answer: {said}.", ADDRESS),
    retry.NOT_JSON: ("{host} answers, but not as the service does: {said}.", ADDRESS),
    transport.REDIRECTED: (
        "{host} does not answer as the service does: {said}, which is not followed.",
        ADDRESS,
    ),
    transport.TOO_LARGE: ("{host} does not answer as the service does: {said}.", ADDRESS),
    transport.BAD_CERTIFICATE: (
        "The certificate of {host} is not to be trusted: {said}.",
        "Check COASTY_BASE_URL and this computer's clock; for a certificate authority of your own set REQUESTS_CA_BUNDLE.",
    ),
    transport.BAD_SETUP: (
        "No request to {host} can be made: {said}.",
        "Check COASTY_BASE_URL and the variables HTTPS_PROXY and REQUESTS_CA_BUNDLE.",
    ),
    "INVALID_API_KEY": ("The service does not accept the API key: {said}.", KEY),
    "INSUFFICIENT_CREDITS": ("There are not enough credits for this step{amounts}: {said}.", TOP_UP),
    "WALLET_EXHAUSTED": ("There are not enough credits for this step{amounts}: {said}.", TOP_UP),
    "INSUFFICIENT_SCOPE": (
        "The API key lacks {scope}: {said}.",
        "Make a key with {scopes} on the service's page, and store it with `coasty-desk auth login`.",
    ),
    "FEATURE_NOT_AVAILABLE": (
        "The account's plan does not have this: {said}.",
        "Instructions need a paid plan: add `--preset none`; else choose another --cua-version.",
    ),
    "SESSION_NOT_FOUND": ("The service does not know this session: {said}.", f"It may have expired. {SESSIONS}"),
    "PAYLOAD_TOO_LARGE": ("The service refuses the screenshot: {said}.", SCREENSHOT),
    "INVALID_SCREENSHOT": ("The service refuses the screenshot: {said}.", f"{SCREENSHOT[:-1]}, or --image-format png."),
    retry.IN_FLIGHT: ("The service has been at work on this step for too long.", AGAIN),
    "IDEMPOTENCY_KEY_REUSED": (
        "The service takes this for another request than the one it knows ({label}): {said}.",
        ANEW,
    ),
    "IDEMPOTENCY_ALREADY_REFUNDED": ("The service gave the money for this step back ({label}): {said}.", AGAIN),
    "PREDICTION_FAILED": ("The service found no next step, and takes no money for it ({label}): {said}.", AGAIN),
    "LLM_PROVIDER_UNSUPPORTED": ("The account's model provider does not work here ({label}): {said}.", PROVIDER),
    "LLM_MODEL_INVALID": ("The account's model provider does not work here ({label}): {said}.", PROVIDER),
    "LLM_KEY_NOT_CONFIGURED": ("The account's model provider has no key ({label}): {said}.", PROVIDER),
    "LLM_KEY_NOT_FOUND": ("The account's model provider has no key ({label}): {said}.", PROVIDER),
    "LLM_PROVIDER_RATE_LIMITED": ("The account's model provider is asked too often ({label}): {said}.", AGAIN),
    "BILLING_UNAVAILABLE": ("The service failed in charging the step ({label}): {said}.", BALANCE),
}
"""By the code (API.md §7). What is not here goes by its status: no other code asks for another deed of a person."""

_OF_PROXIES: dict[int, tuple[str, str]] = {
    401: ("{host} asks for other credentials ({label}): {said}.", KEY),
    403: ("{host} forbids this ({label}): {said}.", f"{KEY} A proxy or a firewall can be the cause too."),
    404: ("{host} has no such address ({label}): {said}.", ADDRESS),
}
"""By the status, where the answer is not the service's own."""

_OPTIONS: dict[str, str] = {
    "screenshot": f"The screenshot is at fault: {SCREENSHOT.lower()}",
    "screen_width": "The screenshot's size is at fault: choose another --max-size.",
    "screen_height": "The screenshot's size is at fault: choose another --max-size.",
    "max_trajectory_length": "Choose another --memory.",
    "trajectory": "Choose a smaller --memory.",
    "cua_version": "Choose another --cua-version.",
    "instructions": "Choose another --preset, or `--preset none`.",
    "system_prompt": "Choose another --preset, or `--preset none`.",
    "instruction": "Say the task in other words, or shorter.",
    "element": "Say in other words what to look for, or in fewer.",
    "period": "Check this computer's clock.",
    "model": PROVIDER,
    "llm": PROVIDER,
}
"""What a person sets a field of a request by."""

_FOR_PROGRAMMERS = re.compile(
    r"/v\d|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\b|\b(?:X|Idempotency)-|[{}<>]|\w_\w|\w\(\)"
    r"|\b(?:api|body|client|backoff|base64|curl|docs?|documentation|endpoint|fields?|headers?|http|https|idempoten\w+"
    r"|json|keys?|param(?:eter)?s?|payload|poll\w*|quer(?:y|ies)|request\w*|respons\w+|retr(?:y|ies)\w*|routes?|schema"
    r"|scopes?|sdk|token\w*|webhooks?)\b",
    re.IGNORECASE,
)
"""Words that say something to who writes a client, and nothing to who runs one."""


def as_error(
    fault: Fault, host: str, given_up: retry.GiveUp | None = None, tries: int = 1, *, doubt: bool = False
) -> ServiceError:
    """The error that ends a run after `fault` from `host`; `given_up` and `tries` say how hard it was tried.

    `doubt`: what was asked for may have been charged, and nobody can say.
    """
    message, remedy = _words(fault, host)
    if given_up is not None and given_up.why == "deadline":
        wait = f"asks for a pause of {fault.retry_after:g} s" if fault.retry_after else "needs another try"
        message = f"{message.removesuffix('.')}, and it {wait}, longer than the run's deadline allows."
        remedy = "Raise --deadline, or try again later."
    elif tries > 1:
        message = f"{message.removesuffix('.')}, {tries} times."
    if doubt:
        message = f"{message.removesuffix('.')}; the step may have been charged all the same."
    status = fault.status or None
    unpaid = not doubt and (fault.code in transport.NOT_SENT or retry.unpaid(fault))
    return ServiceError(
        *(message, remedy), code=fault.code, status=status, request_id=fault.request_id, in_doubt=doubt, unpaid=unpaid
    )


def _words(fault: Fault, host: str) -> tuple[str, str]:
    message, remedy = _TABLE.get(fault.code) or (fault.synthetic and _OF_PROXIES.get(fault.status)) or _by_status(fault)
    scope = fault.required_scope
    for_runs = scope in (None, "session", "predict")
    told = {
        "host": host,
        "said": _said(fault),
        "label": f"{fault.status} {fault.code}",
        "amounts": _amounts(fault),
        "scope": f"the scope {scope}" if scope else "a scope that this needs",
        "scopes": "the scopes session and predict" if for_runs else f"the scope {scope}",
    }
    return message.format_map(told), remedy.format_map(told)


def _said(fault: Fault) -> str:
    """The service's words, and the fields that it finds fault with, once each."""
    said = fault.message.rstrip(". ")
    more = "; ".join(str(detail) for detail in fault.details if str(detail) not in said)
    return f"{said} ({more})" if more else said


def _by_status(fault: Fault) -> tuple[str, str]:
    advice = fault.suggestion if fault.suggestion and not _FOR_PROGRAMMERS.search(fault.suggestion) else ""
    if fault.status == 429:
        return "The service is asked too often ({label}): {said}.", advice or f"{AGAIN} {SESSIONS}"
    if fault.status >= 500:
        return "The service failed ({label}): {said}.", advice or AGAIN
    options = [_OPTIONS[detail.field] for detail in fault.details if detail.field in _OPTIONS]
    return "The service refuses the request ({label}): {said}.", " ".join(dict.fromkeys(options)) or advice or ANEW


def _amounts(fault: Fault) -> str:
    if fault.required is None or fault.balance is None:
        return ""
    return f" (it needs {fault.required:g}, there are {fault.balance:g})"
