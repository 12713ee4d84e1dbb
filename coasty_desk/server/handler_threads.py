"""Threads in which handlers run, none of which keeps the process from ending.

Those of `concurrent.futures` are waited for when the interpreter ends, and a handler may wait for a model for a minute.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class HandlerThreads:
    """At most so many, made as they are needed; more work than that waits for its turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._work: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._ended = False

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, or raises, done in one of the threads. Where whoever waits is cancelled, it is done all the same."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - whoever waits is to have it, whatever it is
                _tell(loop, future, error=error)
            else:
                _tell(loop, future, result=result)

        self._add(done)
        return await future

    def end(self, last: Callable[[], None]) -> None:
        """Have the threads end, once they have done what is waiting and `last`; nothing may be asked of them any more."""

        def ended() -> None:
            self._ended = True
            with suppress(Exception):  # nobody waits for it
                last()

        self._add(ended)

    def _add(self, work: Callable[[], None]) -> None:
        with self._changed:
            self._work.append(work)
            if self._idle >= len(self._work):
                self._changed.notify()
                return
            if self._threads >= self._most:
                return
            self._threads += 1
        threading.Thread(target=self._carry_out, name="coasty-desk handler", daemon=True).start()

    def _carry_out(self) -> None:
        while not self._ended:
            with self._changed:
                self._idle += 1
                while not self._work:
                    self._changed.wait()
                self._idle -= 1
                work = self._work.popleft()
            work()
            del work  # what it was about is not to be kept until the next


def _tell(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[T],
    *,
    result: T | None = None,
    error: BaseException | None = None,
) -> None:
    def told() -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # one of both is there

    try:
        loop.call_soon_threadsafe(told)
    except RuntimeError:
        return  # the loop has ended: nobody waits any more
