"""What the agent itself does never stops the run: the gate that keeps its keys from being the abort ways (DESIGN.md A5)."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.abort.gestures import ESCAPES, WITHIN
from coasty_desk.core.actions import HoldKeys, Prediction, strokes_of
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.ports import HandPause, Judging
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.stop import Stop

MARGIN = 0.2
"""Seconds beyond the second itself: a key is noted a moment before it is seen."""


class OwnKeys(Struct, frozen=True):
    """Refuses a chord that would be the abort key and three Escs in one action; spaces a third Esc that comes within a second."""

    key: AbortKey
    ledger: ActionLog
    stop: Stop
    clock: Callable[[], float] = time.monotonic

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Raises Aborted while it waits."""
        del prediction
        pressed = strokes_of(placed.sent)
        if any(self.key.within(stroke) for stroke in pressed):
            return refusal(placed, "abort", f"{self.key.text} is the key that stops this run; only a person presses it")
        escapes = sum("esc" in stroke for stroke in pressed)
        if escapes and isinstance(placed.sent, HoldKeys):
            return refusal(
                placed, "abort", "Esc repeats while it is held, and three in a row is how a person stops this run"
            )
        if escapes >= ESCAPES:
            return refusal(placed, "abort", f"Esc {ESCAPES} times in a row is how a person stops this run")
        wait = self._until_apart(escapes)
        if wait > 0:
            yield HandPause(f"a third Esc within a second would be a person's stop: it waits {wait:.1f} s")
            self.stop.pause(wait)
        return None

    def _until_apart(self, escapes: int) -> float:
        """Seconds until so many more Escs are no three within a second."""
        before = self.ledger.escaped[-(ESCAPES - escapes) :] if escapes else ()
        if len(before) + escapes < ESCAPES:
            return 0.0
        return before[0] + WITHIN + MARGIN - self.clock()
