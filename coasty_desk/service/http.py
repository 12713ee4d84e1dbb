"""Requests and their replies: the one file that knows the `requests` library and translates its errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from coasty_desk.service.key import ApiKey, base_url
from coasty_desk.service.retry import NO_ANSWER, UNREACHABLE
from coasty_desk.service.sockets import Sent, open_ahead, pools
from coasty_desk.version import VERSION
from coasty_desk.wire.errors import Fault
from coasty_desk.wire.fields import short

if TYPE_CHECKING:
    import requests

TIMEOUT = 120.0
"""Seconds for a whole request; a prediction may take as long (API.md §8.5)."""

CONNECT_TIMEOUT = 15.0

WARM_TIMEOUT = 5.0
"""Seconds after which a connection that is opened ahead is given up; the request then tries anew, and says what is wrong."""

BODY_TIMEOUT = 20.0
"""Seconds from the first byte of a body to its last: an answer is a few kilobytes, and longer is a drip."""

MAX_BODY = 5_000_000
"""Bytes of an answer that are read; real ones have a thousandth of it."""

BAD_CERTIFICATE = "BAD_CERTIFICATE"
BAD_SETUP = "BAD_SETUP"
TOO_LARGE = "TOO_LARGE"
REDIRECTED = "REDIRECTED"

_LOCAL = ("localhost", "127.0.0.1", "::1")


class UnansweredError(Exception):
    """There is no answer, or none that could be read to its end; the `fault` says why."""

    def __init__(self, code: str, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.fault = Fault(code, short(why, 300), status)


class Reply(Struct, frozen=True):
    """An answer as it came: the status, the headers with their names in lower case, the body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One kept-open connection to the service, made at the first request or by `warm`.

    Each request is one attempt: nothing is retried here, no redirect is followed (the key must
    not travel), no other credentials are looked for, and the key shows in nothing that comes back.
    """

    def __init__(self, url: str, key: ApiKey, sent: Sent = lambda _size, _seconds: None) -> None:
        """`url` is the service's base; `sent` is told of each large body. Raises UsageError where `url` is none."""
        self.url = base_url(url)
        self.host = urlsplit(self.url).hostname or ""
        self.key = key
        self._sent = sent
        self._warming: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def post(self, path: str, body: bytes, idempotency_key: str) -> Reply:
        """Send JSON once. Raises UnansweredError."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        return self._send("POST", path, TIMEOUT, body, headers)

    def get(self, path: str, timeout: float = CONNECT_TIMEOUT) -> Reply:
        """Ask once. Raises UnansweredError."""
        return self._send("GET", path, timeout)

    def delete(self, path: str, timeout: float) -> Reply:
        """Delete once. Raises UnansweredError."""
        return self._send("DELETE", path, timeout)

    def warm(self) -> None:
        """Open the connection in the background, without a request on it: the first one then finds it open.

        Never raises: what is wrong with the connection is the first request's to say.
        """
        if self._warming is None:
            import requests  # noqa: F401, PLC0415 - not in the thread: an import that silences warnings must not race another

            self._warming = threading.Thread(target=self._open_ahead, name="coasty-desk warming", daemon=True)
            self._warming.start()

    def close(self) -> None:
        """Close what is open and idle."""
        if "_session" in self.__dict__:
            self._session.close()

    @cached_property
    def _session(self) -> requests.Session:
        return _session(self.key, self._sent)

    def _open_ahead(self) -> None:
        import requests  # noqa: PLC0415 - 100 ms, and only for those who ask the service
        import urllib3  # noqa: PLC0415 - as it comes with requests

        with suppress(requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            session = self._session
            request = session.prepare_request(requests.Request("GET", self.url))
            found = session.merge_environment_settings(self.url, _straight(), stream=True, verify=None, cert=None)
            adapter = session.get_adapter(self.url)
            if isinstance(adapter, requests.adapters.HTTPAdapter):
                pool = adapter.get_connection_with_tls_context(
                    request, found["verify"], proxies=found["proxies"], cert=found["cert"]
                )
                adapter.cert_verify(pool, self.url, found["verify"], found["cert"])  # type: ignore[no-untyped-call]
                if isinstance(pool, urllib3.HTTPConnectionPool):
                    open_ahead(pool, WARM_TIMEOUT, TIMEOUT)

    def _send(
        self,
        method: str,
        path: str,
        timeout: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        import requests  # noqa: PLC0415 - 100 ms, and only for those who ask the service
        import urllib3  # noqa: PLC0415 - as it comes with requests

        if self._warming is not None:
            self._warming.join()  # it is this request's connection that is being opened
        try:
            with self._session.request(
                method,
                f"{self.url}/{path.lstrip('/')}",
                data=body,
                headers=headers,
                timeout=(min(timeout, CONNECT_TIMEOUT), timeout),
                allow_redirects=False,
                stream=True,
                proxies=_straight(),
            ) as response:
                if 300 <= response.status_code < 400:
                    raise UnansweredError(REDIRECTED, _redirect(response.headers), response.status_code)
                length = response.headers.get("Content-Length", "")
                content = self._clean(b"".join(_body(response.raw, length, time.monotonic() + timeout)))
                return Reply(response.status_code, self._clean_headers(response.headers), content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _translated(error) from None

    def _clean(self, body: bytes) -> bytes:
        return body.replace(self.key.text.encode("ascii"), b"[the key]")

    def _clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name.lower(): value.replace(self.key.text, "[the key]") for name, value in headers.items()}


def _straight() -> dict[str, str]:
    """To this machine itself no proxy is asked."""
    return {"no_proxy": ",".join(_LOCAL)}


def _session(key: ApiKey, sent: Sent) -> requests.Session:
    import requests  # noqa: PLC0415 - see above
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - see above
    from requests.auth import AuthBase  # noqa: PLC0415 - see above

    class KeyAuth(AuthBase):
        """Adds the key. With an `auth` of our own, requests looks into no .netrc."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["X-API-Key"] = key.text
            return request

    class Straight(requests.Session):
        """Looks at no redirect at all: even one that is not followed would have its body read without end."""

        def get_redirect_target(self, resp: requests.Response) -> str | None:
            del resp
            return None

    session = Straight()
    timed = HTTPAdapter()
    timed.poolmanager.pool_classes_by_scheme = dict(pools(sent))
    for scheme in ("https://", "http://"):
        session.mount(scheme, timed)
    session.auth = KeyAuth()
    session.headers.update(
        {
            "User-Agent": f"coasty-desk/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
    )
    return session


def _body(raw: object, length: str, until: float) -> Iterator[bytes]:
    """The body's pieces as they come, within `MAX_BODY` bytes and both limits of time."""
    if length.isdecimal() and int(length) > MAX_BODY:
        raise _too_large()
    size, begun = 0, False  # blanks before the JSON only keep the connection alive
    while True:
        piece: bytes = raw.read1(65536, decode_content=True)  # type: ignore[attr-defined]  # requests types it Any
        if not piece:
            return
        if not begun and not piece.isspace():
            begun = True
            until = min(until, time.monotonic() + BODY_TIMEOUT)
        size += len(piece)
        if size > MAX_BODY:
            raise _too_large()
        if time.monotonic() > until:
            raise UnansweredError(NO_ANSWER, "the answer came too slowly to wait for its end")
        yield piece


def _too_large() -> UnansweredError:
    return UnansweredError(TOO_LARGE, f"the answer is larger than {MAX_BODY // 1_000_000} MB")


def _redirect(headers: Mapping[str, str]) -> str:
    try:
        target = urlsplit(headers.get("Location", "")).hostname
    except ValueError:
        target = None
    return f"the answer is a redirect{f' to {target}' if target else ''}"


def _translated(error: Exception) -> UnansweredError:
    """Our word for an error of requests, urllib3 or the system; their own texts repeat the whole address."""
    import socket  # noqa: PLC0415 - see above
    import ssl  # noqa: PLC0415 - see above

    import requests  # noqa: PLC0415 - see above

    words: tuple[tuple[type[BaseException], str, str], ...] = (
        (socket.gaierror, UNREACHABLE, "its name is not known here"),
        (ConnectionRefusedError, UNREACHABLE, "the connection was refused"),
        (requests.exceptions.ProxyError, UNREACHABLE, "the proxy could not be reached or would not connect"),
        (requests.exceptions.ConnectTimeout, UNREACHABLE, "no connection came about in time"),
        (requests.exceptions.Timeout, NO_ANSWER, "no answer came in time"),
        (TimeoutError, NO_ANSWER, "no answer came in time"),
        (ssl.SSLError, NO_ANSWER, "no encrypted connection could be agreed on"),
    )
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnansweredError(BAD_CERTIFICATE, cause.verify_message or "it cannot be verified")
    local = isinstance(error, ValueError | OSError) and not isinstance(
        error, requests.RequestException | ConnectionError
    )
    if local or isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return UnansweredError(BAD_SETUP, str(error))
    for kind, code, said in words:
        if any(isinstance(cause, kind) for cause in causes):
            return UnansweredError(code, said)
    return UnansweredError(NO_ANSWER, "the connection broke off before the answer was whole")


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
