"""When a lossless picture takes too long to send: the rule of `--image-format auto`, from the run's own requests. Pure."""

from __future__ import annotations

from typing import Literal

SLOW = 0.4
"""Seconds of sending from which on the upload is what a step waits for: below some 10 Mbit/s bytes rule, above it latency."""

VERY_SLOW = 1.0
"""Seconds that are no hiccup, however often they are seen."""


class Uploads:
    """PNG until two uploads in a row were slow, or one very slow; then JPEG, for the rest of the run."""

    def __init__(self) -> None:
        self._slow_before = False
        self._jpeg = False

    @property
    def format(self) -> Literal["png", "jpeg"]:
        """What the next picture is to be sent as."""
        return "jpeg" if self._jpeg else "png"

    def sent(self, size: int, seconds: float) -> None:
        """A body of `size` bytes has been sent in so many seconds."""
        del size
        slow = seconds >= SLOW
        self._jpeg = self._jpeg or seconds >= VERY_SLOW or (slow and self._slow_before)
        self._slow_before = slow
