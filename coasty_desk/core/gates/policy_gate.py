"""The policy as a gate: what it needs to know of the desktop, looked up when an action is judged."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from coasty_desk.core.actions import Point, Prediction, Refusal, points
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.last_frame import LastFrame, sent_points
from coasty_desk.core.gates.policy import Policy, Situation, forbids, of_windows
from coasty_desk.core.gates.reached_windows import NamedWindow, Windows, known
from coasty_desk.core.ports import Judging
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.typed_text.terminal_input import in_terminal, matters


class PolicyGate(Struct, frozen=True):
    """Refuses what `policy` does not let pass. `pointer` gives where the pointer is, in real pixels; raises DesktopError."""

    policy: Policy
    ledger: ActionLog
    seen: LastFrame
    windows: Windows
    pointer: Callable[[], Point]

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Never asks, so it never yields."""
        yield from ()
        situation = Situation(
            points=self._points(placed, prediction),
            done=self.ledger.done,
            typed=self.ledger.typed,
            windows=self._windows(placed),
            terminal=self._terminal(placed),
        )
        why = forbids(self.policy, placed.sent, situation)
        return refusal(placed, "policy", why) if why else None

    def again(self, placed: Placed) -> Refusal | None:
        """Ask for the windows once more, where the input goes out: another may have come."""
        why = of_windows(self.policy, placed.real, self._windows(placed))
        return refusal(placed, "policy", why) if why else None

    def _points(self, placed: Placed, prediction: Prediction) -> tuple[Point | None, ...]:
        frame = self.seen.frame
        if self.policy.coordinate_bounds is None or frame is None:
            return points(placed.sent)
        return sent_points(frame, placed, prediction.space, self._pointer() if None in points(placed.sent) else None)

    def _terminal(self, placed: Placed) -> bool | None:
        """Whether the keys go to a terminal, where denied text makes a difference of it."""
        asked = self.policy.typed_text_denied and matters(placed.sent)
        self.ledger.terminal = in_terminal(known(placed.real, self.windows, self.pointer)) if asked else None
        return self.ledger.terminal

    def _pointer(self) -> Point | None:
        try:
            return self.pointer()
        except DesktopError:
            return None

    def _windows(self, placed: Placed) -> tuple[NamedWindow, ...] | None:
        """Those that it reaches, where a rule asks for them; None where they cannot be told."""
        return known(placed.real, self.windows, self.pointer) if self.policy.asks_for_windows else ()
