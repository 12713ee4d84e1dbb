"""Whether, when and with which key a request goes out again: API.md §8 as a pure function."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from coasty_desk.models.transport.transport import NO_ANSWER, UNREACHABLE
from coasty_desk.wire.error_envelope import Fault

ATTEMPTS = 4
"""So many requests are sent for one step, whatever becomes of them; waiting for one in flight is not counted."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
"""Seconds. The pause before a retry is drawn between 0 and a cap that doubles from the first to the longest."""

LONGEST_RETRY_AFTER = 7200.0
"""Seconds. A service that asks for more patience than that is not waited for."""

IN_FLIGHT_PAUSE = 1.0
IN_FLIGHT_PATIENCE = 180.0
"""Seconds between two looks at a request that the service is still at, and until we no longer believe that it is."""

NOT_JSON = "NOT_JSON"
IN_FLIGHT = "IDEMPOTENCY_IN_FLIGHT"
"""Codes of ours for what has none (not the service's answer), and one of the service's."""

_PASSING = frozenset({429, 500, 502, 503, 504, *range(520, 528)})
"""Statuses that pass by themselves; 520-527 are those that an edge proxy gives for a service it cannot reach."""

_NEVER = frozenset({"BILLING_UNAVAILABLE", "SNAPSHOT_OUTCOME_UNKNOWN"})
_REFUNDED = frozenset({"PREDICTION_FAILED", "GROUNDING_FAILED", "IDEMPOTENCY_ALREADY_REFUNDED"})
"""The charge came back, so the old key is dead and a retry needs a new one (API.md §6)."""


class RetryWith(Struct, frozen=True):
    """Send the same bytes after `delay` seconds, with a `new_key` or the same; `collect`: ask for the answer first."""

    delay: float
    new_key: bool = False
    collect: bool = False


class GiveUp(Struct, frozen=True):
    """Don't: the fault is `final`, the `attempts` are used up, or the pause would outlast the `deadline`."""

    why: Literal["final", "attempts", "deadline"]


def decide(fault: Fault, *, attempt: int, elapsed: float, left: float | None, chance: float) -> RetryWith | GiveUp:
    """What to do after the `attempt`-th request (from 1) of a step has come to `fault`.

    `elapsed` are the seconds since the first one went out, `left` those until the run's
    deadline (None: there is none), `chance` is a random number of [0, 1).
    """
    collect = fault.code == IN_FLIGHT
    if not _passes(fault):
        return GiveUp("final")
    if elapsed >= IN_FLIGHT_PATIENCE if collect else attempt >= ATTEMPTS:
        return GiveUp("attempts")
    delay = fault.retry_after
    if delay is not None and delay > LONGEST_RETRY_AFTER:
        return GiveUp("final")  # it is not shortened (API.md §8.4)
    if delay is None:
        delay = IN_FLIGHT_PAUSE if collect else chance * min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1))
    if left is not None and delay >= left:
        return GiveUp("deadline")
    return RetryWith(delay, new_key=_needs_new_key(fault) and not collect, collect=collect)


def unpaid(fault: Fault) -> bool:
    """Whether it says for certain that its request has cost nothing: it was refused, or the money came back."""
    refused = 400 <= fault.status < 500 and fault.status not in (408, 409) and not fault.synthetic
    refused = refused and fault.code != "IDEMPOTENCY_KEY_REUSED"  # whoever had it first may have paid
    return refused or fault.code in _REFUNDED or fault.refunded > 0


def _passes(fault: Fault) -> bool:
    """The envelope's flag wins over everything; then the code; then the status."""
    if fault.retryable is not None:
        return fault.retryable
    if fault.code in _NEVER:
        return False
    return fault.code in (*_REFUNDED, UNREACHABLE, NO_ANSWER, NOT_JSON, IN_FLIGHT) or fault.status in _PASSING


def _needs_new_key(fault: Fault) -> bool:
    if fault.retry_with_same_key is not None:
        return not fault.retry_with_same_key
    return fault.code in _REFUNDED or fault.refunded > 0
