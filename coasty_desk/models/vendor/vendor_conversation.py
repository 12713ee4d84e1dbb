"""What a conversation with a vendor's own computer tool holds, whatever its protocol calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Size
from coasty_desk.models.vendor.answer_parts import agreed, asked_tokens
from coasty_desk.models.vendor.call_history import LONGEST_BODY, MOST_PICTURES, OpenCall
from coasty_desk.models.vendor.token_tariff import MOST_OUT
from coasty_desk.models.vendor.vendor_wire import Heard


class VendorConversation:
    """The part of a `VendorWire` that every vendor's has. `_entries` is what has been said, in the vendor's own entries."""

    def __init__(self, model: str, done: Sequence[str] = ()) -> None:
        """`done`: what was done before, in words, where the run is taken up."""
        self._model = model
        self._entries: list[dict[str, Any]] = []
        self._open: list[OpenCall] = []
        self._held: Heard | None = None
        self._question = ""
        self._unread = ""
        self._done = list(done)
        self._task = ""
        self._sent = Size(1, 1)
        self._bytes = self._pictures = self._read = 0

    def headers(self) -> Mapping[str, str]:
        """None besides."""
        return {}

    def held(self, ask: PredictRequest) -> Heard | None:
        """The answer that waited for the person's word, now that they have agreed; a refusal begins anew."""
        waiting, self._held = self._held, None
        if waiting is None:
            return None
        if agreed(ask.said, self._question):
            return waiting
        self._entries, self._open = [], []
        self._done.append("the person did not agree to the last action")
        return None

    def at_most(self, ask: PredictRequest) -> int:
        """What was read last, the answer to it, and what is asked now."""
        return self._read + MOST_OUT + asked_tokens(ask)

    def _begins(self, ask: PredictRequest, *, anew: bool = False) -> bool:
        """Count the picture in; whether it begins a conversation, as it does of another task, and of one that has grown too long."""
        size = len(ask.frame.image) * 4 // 3
        self._bytes, self._pictures = self._bytes + size, self._pictures + 1
        is_full = self._bytes > LONGEST_BODY or self._pictures > MOST_PICTURES
        begins = anew or is_full or not self._entries or self._task != ask.task
        if begins:
            self._bytes, self._pictures = size, 1
        return begins

    def _shown(self, ask: PredictRequest) -> None:
        """The picture is in the conversation, and no call waits any more."""
        self._sent, self._task, self._open, self._unread = ask.frame.sent, ask.task, [], ""
