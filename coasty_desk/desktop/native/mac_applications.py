"""The applications of a Mac, which the system's own `open -a` knows. A `base.app_starter.Applications`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from coasty_desk.core.actions import Launch
from coasty_desk.core.applications import Application
from coasty_desk.desktop.base.app_starter import started


def menu(environment: Mapping[str, str]) -> tuple[Application, ...] | None:
    """Only the system knows them."""
    del environment
    return None


def lacking(launch: Launch, environment: Mapping[str, str]) -> str:
    """Nothing is known to be lacking."""
    del launch, environment
    return ""


def start(
    launch: Launch, environment: Mapping[str, str], starting: Callable[[Sequence[str]], Sequence[str]] = tuple
) -> None:
    """Start it. Raises OSError where it cannot be started."""
    started(starting(("open", "-a", launch.name)), environment)
