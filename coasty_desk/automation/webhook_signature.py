"""How a receiver knows that a message is ours and new: `Coasty-Signature: t=<seconds>,v1=<hex>`, as the API signs (API.md §11)."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Coasty-Signature"


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for these bytes, sent `at` that second since the epoch. The whole secret is the key, `whsec_` and all."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
