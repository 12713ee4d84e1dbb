"""What a fault means to the person: one sentence that says what is wrong, and one that says what to do (remedies.toml)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from coasty_desk.core.errors import ServiceError
from coasty_desk.models.coasty import retry
from coasty_desk.models.transport import transport
from coasty_desk.wire.error_envelope import Fault


@cache
def sentences() -> dict[str, dict[str, Any]]:
    """The tables of remedies.toml, by their names."""
    import tomllib  # noqa: PLC0415 - for errors alone

    return tomllib.loads(Path(__file__).with_name("remedies.toml").read_text("utf-8"))


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
    said = {
        "retry_after": fault.retry_after,
        "required": fault.required,
        "balance": fault.balance,
        "refunded": fault.refunded or None,
    }
    return ServiceError(
        *(message, remedy),
        code=fault.code,
        status=status,
        request_id=fault.request_id,
        in_doubt=doubt,
        unpaid=unpaid,
        figures={name: figure for name, figure in said.items() if figure is not None},
    )


def _words(fault: Fault, host: str) -> tuple[str, str]:
    known, proxies = sentences()["codes"].get(fault.code), sentences()["proxies"]
    message, remedy = known or (fault.synthetic and proxies.get(f"{fault.status}")) or _by_status(fault)
    scope, amounts = fault.required_scope, (fault.required, fault.balance)
    for_runs = scope in (None, "session", "predict")
    told = {
        **sentences()["phrases"],
        "host": host,
        "said": _said(fault),
        "label": f"{fault.status} {fault.code}",
        "amounts": "" if None in amounts else f" (it needs {amounts[0]:g}, there are {amounts[1]:g})",
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
        return "The service is asked too often ({label}): {said}.", advice or "{again} {sessions}"
    if fault.status >= 500:
        return "The service failed ({label}): {said}.", advice or "{again}"
    options = filter(None, (sentences()["options"].get(detail.field) for detail in fault.details))
    return "The service refuses the request ({label}): {said}.", " ".join(dict.fromkeys(options)) or advice or "{anew}"
