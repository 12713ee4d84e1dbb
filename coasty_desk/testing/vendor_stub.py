"""A vendor's server on this machine: it checks each request as its documents say, and answers with the next line of a script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from msgspec import Struct, field

Body: TypeAlias = dict[str, Any]
Strict: TypeAlias = Callable[[Mapping[str, str], Body], str | None]
"""What the documents forbid of a request, by its headers (names in small letters) and its body; None where it is right."""


class Says(Struct, frozen=True):
    """One answer: a document, or an error's with its status and headers. `after` so many seconds; `lost`: none comes at all."""

    document: object
    status: int = 200
    headers: dict[str, str] = {}
    after: float = 0.0
    lost: bool = False


class VendorStub(Struct):
    """`script` gives the answers in order, one of them for the rest; `get` answers to what is only asked. `requests`, `headers` (of what is only asked too) and `forbidden` are what came."""

    strict: Strict
    script: Iterable[Says | Callable[[Body], Says]]
    get: Mapping[str, object] = {}
    requests: list[Body] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, within the block."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, iter(self.script), threading.Lock()))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def _handler(
    stub: VendorStub, script: Iterator[Says | Callable[[Body], Says]], lock: threading.Lock
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Check, then answer."""
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                wrong = stub.strict(headers, body)
                if wrong is not None:
                    stub.forbidden.append(wrong)
                    self._reply(
                        Says({"type": "error", "error": {"type": "invalid_request_error", "message": wrong}}, 400)
                    )
                    return
                stub.requests.append(body)
                stub.headers.append(headers)
                line = next(script, None)
            if line is None:
                self._reply(Says({"error": {"message": "the script has come to its end", "type": "server_error"}}, 400))
                return
            self._reply(line if isinstance(line, Says) else line(body))

        def do_GET(self) -> None:
            """What is only asked."""
            with lock:
                stub.headers.append({name.lower(): value for name, value in self.headers.items()})
            found = next((said for path, said in stub.get.items() if self.path.endswith(path)), None)
            self._reply(Says(found) if found is not None else Says({"error": "not found"}, 404))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
            """Nothing."""

        def _reply(self, says: Says) -> None:
            time.sleep(says.after)
            if says.lost:
                self.close_connection = True
                return
            data = json.dumps(says.document).encode()
            self.send_response(says.status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **says.headers,
            }.items():
                self.send_header(name, value)
            with suppress(OSError):  # whoever asked may have been stopped meanwhile
                self.end_headers()
                self.wfile.write(data)

    return Handler
