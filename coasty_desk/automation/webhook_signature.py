"""How a receiver knows that a message is ours and new: `Coasty-Signature: t=<seconds>,v1=<hex>`, as the API signs (API.md §11)."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Coasty-Signature"


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for these bytes, sent `at` that second since the epoch. The whole secret is the key, `whsec_` and all."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


WINDOW = 300
"""Seconds by which a message's time may differ from ours."""

_LONGEST = 4096


def is_signed(secret: str, body: bytes, header: str, now: float) -> bool:
    """Whether the header says that whoever has the secret has signed these very bytes, at most `WINDOW` seconds from now.

    It may have several `v1`, of which one must be right; what it has besides is ignored.
    """
    if len(header) > _LONGEST:
        return False
    times: list[str] = []
    digests: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip(" \t").partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            digests.append(value)
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
        return False
    at = int(times[0])
    if abs(now - at) > WINDOW:
        return False
    right = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    found = [hmac.compare_digest(right, digest.encode("utf-8", "replace")) for digest in digests]
    return any(found)
