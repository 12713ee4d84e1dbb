"""The port of what starts the applications of a desktop."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from coasty_desk.core.actions import Launch
from coasty_desk.core.applications import Application


class Applications(Protocol):
    """Looks for them, and starts them, by an environment."""

    def menu(self, environment: Mapping[str, str]) -> tuple[Application, ...] | None:
        """The applications that can be started; None where only the system knows them."""
        ...

    def lacking(self, launch: Launch, environment: Mapping[str, str]) -> str:
        """Why it cannot be started at all, as a clause; empty where it can."""
        ...

    def start(
        self,
        launch: Launch,
        environment: Mapping[str, str],
        starting: Callable[[Sequence[str]], Sequence[str]] = tuple,
    ) -> None:
        """Start it, by the command that `starting` makes of its own. Raises OSError where it cannot be started."""
        ...


def started(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start a program in a session of its own, with this environment. Raises OSError where it cannot be started."""
    subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
