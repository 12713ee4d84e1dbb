"""What a fault means to the person: one sentence that says what is wrong, and one that says what to do."""

from __future__ import annotations

from coasty_desk.core.errors import ServiceError
from coasty_desk.service import retry, unanswered
from coasty_desk.wire.errors import Fault

AGAIN = "Try again in a while."
ADDRESS = "Check COASTY_BASE_URL, the network and the proxy, then try again."
KEY = "Check COASTY_API_KEY, or store another key with `coasty-desk auth login`."


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
    return ServiceError(message, remedy, code=fault.code, status=fault.status or None, request_id=fault.request_id)


def _words(fault: Fault, host: str) -> tuple[str, str]:
    said = fault.message.rstrip(".")
    advice = fault.suggestion or AGAIN
    match fault.code:
        case retry.UNREACHABLE:
            return f"{host} cannot be reached: {said}.", ADDRESS
        case retry.NO_ANSWER:
            return f"{host} gave no answer: {said}.", ADDRESS
        case retry.NOT_JSON:
            return f"{host} answers, but not as the service does: {said}.", ADDRESS
        case unanswered.REDIRECTED:
            return f"{host} does not answer as the service does: {said}, which is not followed.", ADDRESS
        case unanswered.TOO_LARGE:
            return f"{host} does not answer as the service does: {said}.", ADDRESS
        case unanswered.BAD_CERTIFICATE:
            return f"The certificate of {host} is not to be trusted: {said}.", (
                "Check COASTY_BASE_URL and this computer's clock; for a certificate authority of your own set REQUESTS_CA_BUNDLE."
            )
        case unanswered.BAD_SETUP:
            return f"No request to {host} can be made: {said}.", (
                "Check COASTY_BASE_URL and the variables HTTPS_PROXY and REQUESTS_CA_BUNDLE."
            )
        case "INVALID_API_KEY":
            return f"The service does not accept the API key: {said}.", KEY
        case "INSUFFICIENT_CREDITS" | "WALLET_EXHAUSTED":
            return f"There are not enough credits for this step{_amounts(fault)}: {said}.", (
                "Top up the wallet on the service's page, or lower --memory or --max-steps."
            )
        case "INSUFFICIENT_SCOPE":
            scope = f" the scope {fault.required_scope}" if fault.required_scope else " a scope that this needs"
            return f"The API key lacks{scope}: {said}.", "Make a key with the scopes session and predict."
        case "FEATURE_NOT_AVAILABLE":
            return f"The account's plan does not have this: {said}.", (
                "Instructions need a paid plan: add `--preset none`; else choose another --cua-version."
            )
        case "PAYLOAD_TOO_LARGE" | "INVALID_SCREENSHOT":
            return f"The service refuses the screenshot: {said}.", "Choose a smaller --max-size."
        case retry.IN_FLIGHT:
            return "The service has been at work on this step for too long.", AGAIN
        case _:
            return _by_status(fault, host, said, advice)


def _by_status(fault: Fault, host: str, said: str, advice: str) -> tuple[str, str]:
    label = f"{fault.status} {fault.code}"
    match fault.status:
        case 401 if fault.synthetic:
            return f"{host} asks for other credentials ({label}): {said}.", KEY
        case 403 if fault.synthetic:
            return f"{host} forbids this ({label}): {said}.", f"{KEY} A proxy or a firewall can be the cause too."
        case 404 if fault.synthetic:
            return f"{host} has no such address ({label}): {said}.", ADDRESS
        case 429:
            return f"The service is asked too often ({label}): {said}.", advice
        case status if status >= 500:
            return f"The service failed ({label}): {said}.", advice
        case _:
            return f"The service refuses the request ({label}): {said}.", advice


def _amounts(fault: Fault) -> str:
    if fault.required is None or fault.balance is None:
        return ""
    return f" (it needs {fault.required:g}, there are {fault.balance:g})"
