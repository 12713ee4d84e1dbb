"""Times as the wire has them."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def iso(at: float | None = None) -> str:
    """A Unix time, now without one, as ISO 8601 in UTC with milliseconds: `2026-07-18T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def iso_or_none(at: float | None) -> str | None:
    """The same of a moment that may not have come."""
    return None if at is None else iso(at)
