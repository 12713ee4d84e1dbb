"""The API key and the base URL as a person gives them: checked before anything is sent (API.md §1.1)."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.models.transport.loopback import is_loopback

BASE_URL = "https://coasty.ai/v1"

Kind = Literal["live", "test", "legacy", "unknown"]

_PREFIXES: dict[str, Kind] = {"sk-coasty-live-": "live", "sk-coasty-test-": "test", "cua_sk_": "legacy"}
_WHERE = "Set COASTY_API_KEY, or store the key with `coasty-desk auth login`."


class ApiKey:
    """A key that can be sent. Its text shows in no repr and no message. `is_passed_on`: whoever takes it pays with a key that bills."""

    __slots__ = ("is_passed_on", "text")

    def __init__(self, text: str) -> None:
        """Take the key with white space around it removed. Raises ServiceError NO_KEY or BAD_KEY."""
        self.text = text.strip()
        self.is_passed_on = False
        if not self.text:
            message = "There is no API key, and the service needs one."
            raise ServiceError(message, f"{_WHERE} `--provider offline` needs none.", code="NO_KEY")
        if re.match(r"bearer\s", self.text, re.IGNORECASE):
            message = "The API key begins with “Bearer”, which is no part of it."
            raise ServiceError(message, f"Take the word away. {_WHERE}", code="BAD_KEY")
        if not re.fullmatch(r"[!-~]+", self.text):
            message = "The API key has white space or letters in it that no key has."
            raise ServiceError(message, f"Copy it once more from the service's page. {_WHERE}", code="BAD_KEY")

    def __repr__(self) -> str:
        return f"ApiKey({self.kind})"

    @property
    def kind(self) -> Kind:
        """Who pays: `live` and `legacy` keys bill, `test` keys never do; of an `unknown` one nothing is known."""
        return next((kind for prefix, kind in _PREFIXES.items() if self.text.startswith(prefix)), "unknown")

    @property
    def bills(self) -> bool:
        """Whether predictions with this key may cost money."""
        return self.kind != "test" or self.is_passed_on


def host(url: str = BASE_URL) -> str:
    """The host that a key for this address is stored under. Raises UsageError where it is no address."""
    return urlsplit(base_url(url)).hostname or ""


def base_url(text: str) -> str:
    """The address under which the service's paths lie, with `/v1` at its end. Raises UsageError."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f\x7f]", url):
        message = "COASTY_BASE_URL is not an http or https address."
        raise UsageError(message, f"Set it to an address such as {BASE_URL}, or leave it out.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        message = "COASTY_BASE_URL has a name, a password or a query in it."
        raise UsageError(message, f"Set it to an address such as {BASE_URL}; the key goes into COASTY_API_KEY.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = (
            f"COASTY_BASE_URL is an http address, by which everybody on the way to {parts.hostname} can read the key."
        )
        raise UsageError(message, "Set it to an https address; http is for this machine itself, such as 127.0.0.1.")
    return url if parts.path.endswith("/v1") else f"{url}/v1"
