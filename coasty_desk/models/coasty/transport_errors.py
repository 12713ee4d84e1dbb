"""Why a request has no answer, in our words; those of the system and of libraries repeat the whole address."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator

from coasty_desk.models.coasty.retry import NO_ANSWER, UNREACHABLE
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import short

BAD_CERTIFICATE = "BAD_CERTIFICATE"
BAD_SETUP = "BAD_SETUP"
TOO_LARGE = "TOO_LARGE"
REDIRECTED = "REDIRECTED"
NOT_SENT = (UNREACHABLE, BAD_CERTIFICATE, BAD_SETUP)
"""The request has not left this machine."""


class UnansweredError(Exception):
    """There is no answer, or none that could be read to its end; the `fault` says why."""

    def __init__(self, code: str, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.fault = Fault(code, short(why, 300), status)


def unanswered(error: Exception) -> UnansweredError:
    """Our word for what went wrong while a request was under way."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, UnansweredError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnansweredError(BAD_CERTIFICATE, cause.verify_message or "it cannot be verified")
    for kind, code, said in (*_of_requests(), *_WORDS):
        if any(isinstance(cause, kind) for cause in causes):
            return UnansweredError(code, said)
    return UnansweredError(NO_ANSWER, "the connection broke off before the answer was whole")


def not_sent(error: OSError) -> UnansweredError:
    """Our word for what went wrong while a connection was being made, before anything was sent on it."""
    found = unanswered(error)
    if found.fault.code == BAD_CERTIFICATE:
        return found
    said = next((said for kind, said in _CONNECTING if isinstance(error, kind)), "no connection came about")
    return UnansweredError(UNREACHABLE, said)


_CONNECTING: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name is not known here"),
    (ConnectionRefusedError, "the connection was refused"),
    (TimeoutError, "no connection came about in time"),
    (ssl.SSLError, "no encrypted connection could be agreed on"),
    (ConnectionError, "the connection was closed before it came about"),
)

_WORDS: tuple[tuple[type[BaseException], str, str], ...] = (
    (socket.gaierror, UNREACHABLE, "its name is not known here"),
    (ConnectionRefusedError, UNREACHABLE, "the connection was refused"),
    (TimeoutError, NO_ANSWER, "no answer came in time"),
    (ssl.SSLError, NO_ANSWER, "no encrypted connection could be agreed on"),
)


def _of_requests() -> Iterator[tuple[type[BaseException], str, str]]:
    if "requests" in sys.modules:  # else nothing can have come from there
        from requests import exceptions  # noqa: PLC0415 - see above

        yield exceptions.ProxyError, UNREACHABLE, "the proxy could not be reached or would not connect"
        yield exceptions.ConnectTimeout, UNREACHABLE, "no connection came about in time"
        yield exceptions.Timeout, NO_ANSWER, "no answer came in time"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything inside it: urllib3 keeps its causes in `reason` and `args`."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [getattr(current, "reason", None), current.__cause__, current.__context__, *current.args]
