"""The run's end of `coasty-desk stop` (stop_socket.py): listens while the run lasts, and trips its stop."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from coasty_desk.desktop.linux.stop_socket import ASK, address, peer


def listening(display: str, who: bytes, stop: Callable[[], None]) -> AbstractContextManager[None]:
    """As `listening_at`, by the name of a display."""
    return listening_at(address(display), who, stop)


@contextmanager
def listening_at(name: bytes | None, who: bytes, stop: Callable[[], None]) -> Iterator[None]:
    """Within the block whoever asks is told `who`, and `stop` is called; without a socket where there can be none."""
    listener = socket.socket(socket.AF_UNIX) if name is not None else None
    if listener is None or name is None:
        yield
        return
    callers: list[socket.socket] = []
    try:
        listener.bind(name)
        listener.listen()
    except OSError:  # somebody else has it: then the display itself is the only way
        listener.close()
        yield
        return
    thread = threading.Thread(target=_answer, args=(listener, callers, who, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(1.0)
        for each in (listener, *callers):
            each.close()


def _answer(listener: socket.socket, callers: list[socket.socket], who: bytes, stop: Callable[[], None]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError):
            if peer(caller)[1] not in (os.getuid(), 0):
                caller.close()
                continue
            caller.settimeout(0.5)
            if caller.recv(len(ASK)) == ASK:
                stop()
                caller.sendall(who)
        callers.append(caller)
