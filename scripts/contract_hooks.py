"""What the fuzzer must know of the service that no document can say: a picture is a picture, and nobody else's models are asked."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import schemathesis


def picture(width: int = 640, height: int = 480) -> str:
    """A grey PNG, in base64."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    ).decode()


PICTURE = picture()

CONFIGURED = ("model", "llm")
"""A model by any name may be no name of one: what looks like a key is refused."""


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Of a request that is to be accepted: a real picture, no wish for others' models, and a key that no other case has."""
    headers = case.headers or {}
    for name in [name for name in headers if str(name).lower().startswith("x-llm-")]:
        del headers[name]
    positive = case.meta is None or case.meta.generation.mode.value == "positive"
    if not positive:
        return
    for name in [name for name in headers if str(name).lower() == "idempotency-key"]:
        del headers[name]  # what it stands for is another case's request
    if isinstance(case.body, dict):
        if isinstance(case.body.get("screenshot"), str):
            case.body["screenshot"] = PICTURE
        for step in case.body.get("trajectory") or []:
            if isinstance(step, dict) and isinstance(step.get("screenshot"), str):
                step["screenshot"] = PICTURE
        for name in CONFIGURED:
            case.body.pop(name, None)
