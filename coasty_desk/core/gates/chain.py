"""Gates made of gates."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from coasty_desk.core.actions import Prediction
from coasty_desk.core.ports import Gate, Judging
from coasty_desk.core.scaling import Placed


class InOrder(Struct, frozen=True):
    """Asks each gate in turn; the first that does not agree has said it. None at all lets everything pass."""

    gates: Sequence[Gate] = ()

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """The first judgement that is not None."""
        for gate in self.gates:
            judgement = yield from gate.judge(placed, prediction)
            if judgement is not None:
                return judgement
        return None
