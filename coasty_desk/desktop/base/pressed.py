"""What we hold down at this moment: written down before it is sent, so that it can always be let go.

A key that is down when its process dies stays down, so every
press goes through here, and `release_all` runs on every way out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

BUTTONS = {1: "left button", 2: "middle button", 3: "right button"}


class Down(Struct, frozen=True):
    """Something that is down: a key or button by the platform's `code`, and its `name` for a person."""

    code: int
    name: str
    button: bool = False


class HeldKeys(Protocol):
    """What knows which keys and buttons are down, whoever holds them."""

    def down(self) -> tuple[Down, ...]:
        """Those that are down now. Raises DesktopError."""
        ...

    def release_one(self, one: Down) -> None:
        """Let go of it. Raises DesktopError."""
        ...


class Pressed:
    """The keys and buttons that are down, in the order in which they went down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._down: dict[str, Callable[[], None]] = {}
        self._let_go_at: dict[str, float] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What is held, for example `key 37` or `left button`."""
        return tuple(self._down)

    def lately(self, seconds: float) -> tuple[str, ...]:
        """What is held, or was let go of within so many seconds: a display that did not answer may not know of it."""
        since = time.monotonic() - seconds
        gone = tuple(name for name, at in tuple(self._let_go_at.items()) if at >= since)
        return tuple(dict.fromkeys((*self.names, *gone)))

    @contextmanager
    def down(self, name: str, press: Callable[[], None], let_go: Callable[[], None]) -> Iterator[None]:
        """Hold `name` within the block; what is held already stays as it is.

        `let_go` may be called from another thread, and must not mind being called twice.
        """
        with self._lock:
            ours = name not in self._down
            if ours:
                self._down[name] = let_go
        try:
            if ours:
                press()
            yield
        finally:
            if ours:
                self._release(name)

    def release_all(self) -> None:
        """Let go of everything, last held first. Never raises: what cannot be released is tried and left."""
        for name in reversed(self.names):
            try:
                self._release(name)
            except Exception:  # noqa: BLE001, S112 - a dead display must not keep the next key from being tried
                continue

    def _release(self, name: str) -> None:
        with self._lock:
            let_go = self._down.pop(name, None)
            self._let_go_at[name] = time.monotonic()
        if let_go is not None:
            let_go()
