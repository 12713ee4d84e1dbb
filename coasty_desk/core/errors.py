"""Every way a run can go wrong, divided first by whose fault it is.

CoastyDeskError
├── UsageError      the person's: wrong usage or configuration; nothing was started
│   └── TakenError  another run drives the target
├── ServiceError    the service's: no key, refused, unreachable, an answer that makes no sense
├── DesktopError    the desktop's: no display, no permission, capture or input failed
├── OverBudgetError nobody's: going on would cost more than the run may
├── UnpaidError     nobody's: a question of an earlier sitting was never paid for, and needs no answer any more
├── GaveUpError     nobody's: whoever predicts can tell that it cannot go on
└── BrokenOffError  nobody's: the rest of an action that had begun must not be done

Aborted             not an error: a stop. It derives from BaseException, so that no
                    `except Exception` on its way up can swallow it.
"""

from __future__ import annotations

from collections.abc import Mapping


class CoastyDeskError(Exception):
    """One sentence that says what is wrong, and one that says what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(CoastyDeskError):
    """Wrong usage or configuration; nothing was started."""


class TakenError(UsageError):
    """Another run drives the target; who can wait may have it later."""


class ServiceError(CoastyDeskError):
    """The service refused, could not be reached, or answered nonsense.

    `code` is the service's own error code (API.md §7) or one of ours for what has none
    (`NO_ANSWER`, `NOT_JSON`, `BAD_ANSWER`, `NO_KEY`); `status` is the HTTP status, if any.
    `in_doubt`: what was asked for may have been charged all the same; `unpaid`: it certainly was not. `figures` are those that
    the service has told beside its words: `retry_after` in seconds; `required`, `balance` and `refunded` in cents.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        code: str = "BAD_ANSWER",
        status: int | None = None,
        request_id: str | None = None,
        in_doubt: bool = False,
        unpaid: bool = False,
        figures: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.figures = figures or {}
        self.code = code
        self.status = status
        self.request_id = request_id
        self.in_doubt = in_doubt
        self.unpaid = unpaid

    def reworded(self, message: str, remedy: str) -> ServiceError:
        """The same in other words; `figures` belong to the first ones."""
        return ServiceError(
            *(message, remedy),
            code=self.code,
            status=self.status,
            request_id=self.request_id,
            in_doubt=self.in_doubt,
            unpaid=self.unpaid,
        )


class DesktopError(CoastyDeskError):
    """The display cannot be seen or driven."""


class NoDisplayError(DesktopError):
    """Nothing names a display here, so that nothing drives one either."""


class OverBudgetError(CoastyDeskError):
    """What must be bought to go on costs more than the run may spend; the loop ends it as a limit reached.

    `cost` is what it may come to, where that is more than the step's own price; `spent` went on the step before.
    """

    def __init__(self, message: str, remedy: str = "", *, cost: int = 0, spent: int = 0) -> None:
        super().__init__(message, remedy)
        self.cost = cost
        self.spent = spent


class UnpaidError(CoastyDeskError):
    """What an earlier sitting asked was never paid for, and its screen is gone; the loop looks afresh, under the same number."""


class GaveUpError(CoastyDeskError):
    """Whoever predicts cannot go on, and can say why; the loop ends the run as one that the agent failed."""


class BrokenOffError(CoastyDeskError):
    """An executor ends an action that has begun, because its rest would go wrong; the loop tells the model and goes on.

    `message` says why and how much was done, as a clause ("another window has the focus; 128 of 500
    characters were typed"); `by` is who ended it, as in `core.actions.Refusal`.
    """

    def __init__(self, message: str, by: str) -> None:
        super().__init__(message)
        self.by = by


class Aborted(BaseException):
    """The run was told to stop; `reason` is one of `core.stop.Reason`'s words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
