"""A service in this process behind a real socket, and a plain client of it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from coasty_desk.server.api_keys import SCOPES
from coasty_desk.server.database import Database
from coasty_desk.server.operation import Operation
from coasty_desk.server.service import Service
from coasty_desk.server.serving import listening, serving
from coasty_desk.server.table import OPERATIONS
from coasty_desk.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        found = self.json["error"]["code"]
        assert isinstance(found, str)
        return found


@dataclass
class Client:
    """Asks at one address, with one key."""

    port: int
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, over a connection of its own; `_` in a header's name for `-`, an empty one is left out."""
        said = {"X-API-Key": self.key, **self.headers} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=40)) as connection:
            connection.request(method, path, content, {name: value for name, value in said.items() if value})
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())

    def raw(self, sent: bytes, *, seconds: float = 10.0, shut: bool = False) -> bytes:
        """What these bytes are answered with until the connection is closed, or nothing comes any more."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            try:
                connection.sendall(sent)
                if shut:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was refused before all of it was read
            pieces = b""
            try:
                while piece := connection.recv(65536):
                    pieces += piece
            except (TimeoutError, ConnectionResetError):
                pass
            return pieces


@dataclass(frozen=True)
class Served:
    """The service, and who asks it with a key that may do all."""

    service: Service
    client: Client


@contextmanager
def served(
    folder: Path,
    operations: Sequence[Operation] = OPERATIONS,
    allowed: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    provider: str = "offline",
) -> Iterator[Served]:
    """Serve from this folder while the block runs."""
    database = Database(folder / "service.sqlite3")
    with closing(Service(database, Settings(provider=provider), environment or {})) as service:
        key, _ = service.keys.make("test", SCOPES)
        listener = listening("127.0.0.1", 0)
        server = serving(service, allowed, operations)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        port = listener.getsockname()[1]
        thread.start()
        try:
            yield Served(service, Client(port, key))
        finally:
            server.end()
            thread.join(10)
            assert not thread.is_alive()
