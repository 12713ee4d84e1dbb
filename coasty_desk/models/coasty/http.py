"""Requests and their replies as the rest sees them: with the key in each request, and in nothing that comes back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from urllib.parse import urlsplit

from msgspec.structs import replace

from coasty_desk.core.redaction.disguises import put, spans
from coasty_desk.models.coasty.api_key import ApiKey, base_url
from coasty_desk.models.transport.transport import (
    REDIRECTED,
    TOO_LARGE,
    Outgoing,
    Reply,
    Sending,
    Streamed,
    Transport,
    UnansweredError,
)
from coasty_desk.version import VERSION

TIMEOUT = 120.0
"""Seconds for a whole request; a prediction may take as long (API.md §8.5)."""

INQUIRY_TIMEOUT = 15.0
"""Seconds for one that only asks."""

SECRET_HEADER = "x-llm-api-key"  # noqa: S105 - the name of a header
"""Of a caller's own key for a vendor (API.md §2.9)."""

LONGEST_LINE = 5_000_000
"""Bytes of an answer that is read as it comes."""

READ_CLOSELY = 200_000
"""Bytes of an answer in which the key is looked for in every way that it can be written."""


class Connection:
    """One kept-open connection to the service, made at the first request or by `warm`.

    Each request is one attempt: nothing is retried here, no redirect is followed (the key must
    not travel), no other credentials are looked for, and the key shows in nothing that comes back.
    """

    def __init__(
        self,
        url: str,
        key: ApiKey,
        sent: Callable[[int, float], None] = lambda _size, _seconds: None,
        transport: Transport | None = None,
        also: Mapping[str, str] | None = None,
    ) -> None:
        """`url` is the service's base; `sent` is told of each large body: its bytes, and the seconds until the other side had them.

        `transport` carries all of it where it is not to go out by HTTP. `also` are further headers of each request, whose values
        show in nothing that comes back either. Raises UsageError where `url` is no address.
        """
        self.url = base_url(url)
        self.host = urlsplit(self.url).hostname or ""
        self.key = key
        self._sent, self._given = sent, transport
        self._also = dict(also or {})
        self._warming: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def beside(self, also: Mapping[str, str]) -> Connection:
        """One with these headers besides, over what this one has open."""
        return Connection(self.url, self.key, self._sent, self._transport, also) if also else self

    def post(self, path: str, body: bytes, idempotency_key: str, sending: Sending | None = None) -> Reply:
        """Send JSON once, by a key where it is to be paid for once; whoever may want to cut it off gives the `sending`. Raises UnansweredError."""
        headers = {"Content-Type": "application/json"} | (
            {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        )
        return self._send(Outgoing("POST", path, headers, body, TIMEOUT), sending)

    def get(self, path: str, timeout: float = INQUIRY_TIMEOUT) -> Reply:
        """Ask once. Raises UnansweredError."""
        return self._send(Outgoing("GET", path, {}, None, timeout))

    def delete(self, path: str, timeout: float) -> Reply:
        """Delete once. Raises UnansweredError."""
        return self._send(Outgoing("DELETE", path, {}, None, timeout))

    def request(self, request: Outgoing, sending: Sending | None = None) -> Reply:
        """Send any other once. Raises UnansweredError."""
        return self._send(request, sending)

    @contextmanager
    def stream(self, request: Outgoing, sending: Sending | None = None) -> Iterator[Streamed]:
        """Send it once, with its answer read as it comes, in pieces that end with a line. Raises UnansweredError, in the block too."""
        with self._transport.stream(self._addressed(request), sending or Sending()) as streamed:
            yield Streamed(self._seen(streamed.head), self._lines(streamed.pieces))

    def warm(self) -> None:
        """Load what a request needs and open the connection, in the background: the first request then finds it open.

        Never raises: what is wrong with the connection is the first request's to say.
        """
        if self._warming is None:
            self._warming = threading.Thread(target=self._warm, name="coasty-desk warming", daemon=True)
            self._warming.start()

    def _warm(self) -> None:
        self._transport.open_ahead()

    def close(self) -> None:
        """Close what is open and idle."""
        if "_transport" in self.__dict__:
            self._transport.close()

    @cached_property
    def _transport(self) -> Transport:
        if self._given is not None:
            return self._given
        from coasty_desk.models.transport.http_transport import HttpTransport  # noqa: PLC0415 - offline runs need none of it

        return HttpTransport(self.url, self._sent)

    def _send(self, request: Outgoing, sending: Sending | None = None) -> Reply:
        if self._warming is not None:
            self._warming.join()  # it is this request's connection that is being opened
        return self._seen(self._transport.send(self._addressed(request), sending or Sending()))

    def _addressed(self, request: Outgoing) -> Outgoing:
        headers = {
            "User-Agent": f"coasty-desk/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "X-API-Key": self.key.text,
            **self._also,
            **request.headers,
        }
        return replace(request, headers=headers)

    def _seen(self, reply: Reply) -> Reply:
        """As the rest sees it. Raises UnansweredError for a redirect."""
        said = {name.lower(): self._hidden(value) for name, value in reply.headers.items()}
        if 300 <= reply.status < 400:
            raise UnansweredError(REDIRECTED, _redirect(said.get("location", "")), reply.status)
        return Reply(reply.status, said, self._clean(reply.body))

    def _lines(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same, each up to the end of a line, so that no key is in two of them; what is left at the end is dropped."""
        held = bytearray()
        for piece in pieces:
            whole, newline, rest = piece.rpartition(b"\n")
            held += whole + newline if newline else rest
            if newline:
                yield self._clean(bytes(held))
                held[:] = rest
            if len(held) > LONGEST_LINE:
                raise UnansweredError(TOO_LARGE, f"a line of the answer is larger than {LONGEST_LINE // 1_000_000} MB")

    def _clean(self, body: bytes) -> bytes:
        for secret in self._secrets:
            body = body.replace(secret.encode("ascii"), b"[the key]")
        if len(body) > READ_CLOSELY:
            return self._escaped.sub(b"[the key]", body) if b"\\u00" in body else body
        return self._hidden(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        """The key, and a caller's own that goes along with it."""
        return (self.key.text, *(text for name, text in self._also.items() if name.lower() == SECRET_HEADER))

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        """The keys as JSON may also write them, any letter of them as its number."""
        keys = (
            "".join(rf"(?:{re.escape(letter)}|\\u00(?i:{ord(letter):02x}))" for letter in secret)
            for secret in self._secrets
        )
        return re.compile("|".join(keys).encode("ascii"))

    def _hidden(self, text: str) -> str:
        """Without the keys, however they are written: escaped, encoded, spelled out."""
        for secret in self._secrets:
            text = put(text, spans(text, secret), "[the key]")
        return text


def _redirect(location: str) -> str:
    try:
        target = urlsplit(location).hostname
    except ValueError:
        target = None
    return f"the answer is a redirect{f' to {target}' if target else ''}"
