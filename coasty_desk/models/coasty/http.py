"""Requests and their replies: what a request may take, and how much of what comes back is believed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from urllib.parse import urlsplit

from msgspec import Struct

from coasty_desk.core.redaction.disguises import put, spans
from coasty_desk.models.coasty import direct, proxied
from coasty_desk.models.coasty.api_key import ApiKey, base_url
from coasty_desk.models.coasty.direct import Direct, Sent
from coasty_desk.models.coasty.proxied import Proxied
from coasty_desk.models.coasty.retry import NO_ANSWER
from coasty_desk.models.coasty.transport_errors import REDIRECTED, TOO_LARGE, UnansweredError, unanswered
from coasty_desk.version import VERSION

TIMEOUT = 120.0
"""Seconds for a whole request; a prediction may take as long (API.md §8.5)."""

CONNECT_TIMEOUT = 15.0

WARM_TIMEOUT = 5.0
"""Seconds after which a connection that is opened ahead is given up; the request then tries anew, and says what is wrong."""

BODY_TIMEOUT = 20.0
"""Seconds from the first byte of a body to its last: an answer is a few kilobytes, and longer is a drip."""

READ_CLOSELY = 200_000
"""Bytes of an answer in which the key is looked for in every way that it can be written."""

MAX_BODY = 5_000_000
"""Bytes of an answer that are read; real ones have a thousandth of it."""


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
        """`url` is the service's base; `sent` is told of each large body, unless a proxy takes it. Raises UsageError where `url` is none."""
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
        way = self._way
        if self._warming is None and isinstance(way, Direct):
            self._warming = threading.Thread(target=_open_ahead, args=(way,), name="coasty-desk warming", daemon=True)
            self._warming.start()

    def close(self) -> None:
        """Close what is open and idle."""
        if "_way" in self.__dict__:
            self._way.close()

    @cached_property
    def _way(self) -> Direct | Proxied:
        return Proxied(self.url) if proxied.has_proxy(self.url) else Direct(self.url, self._sent)

    def _send(
        self, method: str, path: str, timeout: float, body: bytes | None = None, more: Mapping[str, str] | None = None
    ) -> Reply:
        if self._warming is not None:
            self._warming.join()  # it is this request's connection that is being opened
        headers = {
            "User-Agent": f"coasty-desk/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "X-API-Key": self.key.text,
            **(more or {}),
        }
        patience = min(timeout, CONNECT_TIMEOUT), timeout
        until = time.monotonic() + timeout
        try:
            with self._way.asking(method, path.lstrip("/"), body, headers, *patience) as answer:
                said = self._clean_headers(answer.headers)
                if 300 <= answer.status < 400:
                    raise UnansweredError(REDIRECTED, _redirect(said.get("location", "")), answer.status)
                length = said.get("content-length", "")
                content = self._clean(b"".join(_body(answer.pieces, length, until)))
                if time.monotonic() > until:
                    raise _too_slow()  # where it was cut off, what is there looks whole
                return Reply(answer.status, said, content)
        except direct.ERRORS as error:
            raise unanswered(error) from None

    def _clean(self, body: bytes) -> bytes:
        body = body.replace(self.key.text.encode("ascii"), b"[the key]")
        if len(body) > READ_CLOSELY:
            return self._escaped.sub(b"[the key]", body) if b"\\u00" in body else body
        return self._hidden(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        """The key as JSON may also write it, any letter of it as its number."""
        ways = (rf"(?:{re.escape(letter)}|\\u00(?i:{ord(letter):02x}))" for letter in self.key.text)
        return re.compile("".join(ways).encode("ascii"))

    def _clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name.lower(): self._hidden(value) for name, value in headers.items()}

    def _hidden(self, text: str) -> str:
        """Without the key, however it is written: escaped, encoded, spelled out."""
        return put(text, spans(text, self.key.text), "[the key]")


def _open_ahead(way: Direct) -> None:
    with suppress(UnansweredError, *direct.ERRORS):
        way.open_ahead(WARM_TIMEOUT)


def _body(pieces: Iterator[bytes], length: str, until: float) -> Iterator[bytes]:
    """The body's pieces as they come, within `MAX_BODY` bytes and both limits of time."""
    if length.isdecimal() and (len(length) > 12 or int(length) > MAX_BODY):
        raise _too_large()
    size, begun = 0, False  # blanks before the JSON only keep the connection alive
    for piece in pieces:
        if not begun and not piece.isspace():
            begun = True
            until = min(until, time.monotonic() + BODY_TIMEOUT)
        size += len(piece)
        if size > MAX_BODY:
            raise _too_large()
        if time.monotonic() > until:
            raise _too_slow()
        yield piece


def _too_slow() -> UnansweredError:
    return UnansweredError(NO_ANSWER, "the answer came too slowly to wait for its end")


def _too_large() -> UnansweredError:
    return UnansweredError(TOO_LARGE, f"the answer is larger than {MAX_BODY // 1_000_000} MB")


def _redirect(location: str) -> str:
    try:
        target = urlsplit(location).hostname
    except ValueError:
        target = None
    return f"the answer is a redirect{f' to {target}' if target else ''}"
