"""The display of a machine that another process has brought up, as a target of this one: for a run's process of the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from coasty_desk.lifetimes import OpenTarget, TargetRequest
from coasty_desk.screens.virtual.display_elsewhere import DisplayElsewhere, keys_of_person


class LentDisplay(DisplayElsewhere):
    """Opened as any target; the machine stays when it is given back."""

    @contextmanager
    def opened(self, asked: TargetRequest) -> Iterator[OpenTarget]:
        """Raises TakenError while the machine's worker, or another run, drives it."""
        with ExitStack() as given_back:
            yield given_back.enter_context(self.driven(asked, keys_of_person(asked, given_back)))


TARGET: LentDisplay
"""That of this process, which is lent one display at most."""


def borrow(
    display: Mapping[str, str], environment: Mapping[str, str], argv: Sequence[str], risks: Sequence[str]
) -> None:
    """From now on that display is `TARGET`; `argv` stands before the command line of a program there."""
    global TARGET  # noqa: PLW0603 - where the catalog finds a target
    TARGET = LentDisplay(display, environment, lambda command: [*argv, *command], risks)
