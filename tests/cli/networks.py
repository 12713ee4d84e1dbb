"""What may lie between a run and the service: names that are not found out, handshakes and uploads that do not come to an end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from Xlib import X
from Xlib.display import Display

NAMELESS = "service.invalid"

SITE = f"""
import pathlib, socket, time
found = socket.getaddrinfo
def search(host, *arguments, **named):
    if host == {NAMELESS!r}:
        pathlib.Path(__file__).with_name("asked").touch()
        time.sleep(60)
    return found(host, *arguments, **named)
socket.getaddrinfo = search
"""
"""A resolver that hangs, as the system's does where its name server is gone: it holds its thread, and hears no timeout."""

TILE = 200
"""Pixels, each way, of a noise that is as good as endless: no format of pictures sees it repeat."""

SMALL_SEGMENT, SMALL_BUFFER = 536, 4096
"""Bytes: with these the system takes no more than some 100 kB that the other end does not read."""


@dataclass(frozen=True)
class Way:
    """How the service is reached, and whether a request has come to where it is held up."""

    url: str
    reached: Callable[[], bool] = lambda: True
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def straight(url: str, display: str) -> Iterator[Way]:
    """Nothing lies between."""
    del display
    yield Way(url)


@contextmanager
def no_name(url: str, display: str) -> Iterator[Way]:
    """The search for the service's address goes on for a minute."""
    del url, display
    with TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(SITE)
        yield Way(f"https://{NAMELESS}", (Path(folder) / "asked").exists, {"PYTHONPATH": folder})


@contextmanager
def no_handshake(url: str, display: str) -> Iterator[Way]:
    """Somebody takes the connection, hears the first words of TLS, and never answers."""
    del url, display
    reached = threading.Event()

    def hear(connection: socket.socket) -> None:
        if connection.recv(1):
            reached.set()

    with _listening(hear) as port:
        yield Way(f"https://127.0.0.1:{port}", reached.is_set)


@contextmanager
def no_upload(url: str, display: str) -> Iterator[Way]:
    """All passes but what follows the first words of a prediction's request, and the screen is full of noise."""
    reached, port_there = threading.Event(), urlsplit(url).port

    def pass_on(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port_there)) as upstream:
            threading.Thread(target=_copy, args=(upstream, connection), daemon=True).start()
            while said := connection.recv(1024):
                if b"/predict" in said:
                    reached.set()
                    over.wait()
                upstream.sendall(said)

    over = threading.Event()
    with noise(display), _listening(pass_on) as port:
        yield Way(f"http://127.0.0.1:{port}", reached.is_set)
        over.set()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while said := source.recv(65_536):
            target.sendall(said)
    except OSError:  # the block is over
        return


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Each connection to the port is served in a thread, and stays open until the block ends."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.enter_context(connection)
            threading.Thread(target=_served, args=(serve, connection), daemon=True).start()

    with ExitStack() as open_ones, socket.socket() as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _served(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        serve(connection)
    except OSError:  # the other end is gone, or the block is over
        return


@contextmanager
def noise(display: str) -> Iterator[None]:
    """A window over everything that no format of pictures makes small."""
    server = Display(display)
    screen = server.screen()
    tile = screen.root.create_pixmap(TILE, TILE, screen.root_depth)
    context = tile.create_gc()
    tile.put_image(context, 0, 0, TILE, TILE, X.ZPixmap, screen.root_depth, 0, os.urandom(TILE * TILE * 4))
    size = screen.width_in_pixels, screen.height_in_pixels
    window = screen.root.create_window(0, 0, *size, 0, screen.root_depth, background_pixmap=tile, override_redirect=1)
    window.map()
    server.sync()
    try:
        yield
    finally:
        server.close()
