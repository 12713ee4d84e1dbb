"""A service that answers at once and says what arrived when: for the benchmark's own processes, plain or by TLS, near or far.

As a program: `bench_service.py STEPS ROUND_TRIP_MS [CERTIFICATE]` writes its port, then a JSON line for each request
(what, when on the monotonic clock, how many bytes, over which connection), until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

SCROLLS = ({"action_type": "scroll", "params": {"x": 900, "y": 500, "clicks": clicks}} for clicks in (-2, 2))
ACTIONS = tuple(SCROLLS)
DONE = {"status": "done", "actions": [{"action_type": "done", "params": {}}]}


class Service:
    """A service in a process of its own, and what it has told so far."""

    def __init__(self, process: subprocess.Popen[str], scheme: str) -> None:
        assert process.stdout is not None
        self._told: IO[str] = process.stdout
        self.url = f"{scheme}://127.0.0.1:{int(self._told.readline())}/v1"
        self.connections: set[int] = set()

    def next(self, what: str) -> tuple[float, int]:
        """Wait for the next request of this kind: when it was there to the last byte, and its bytes."""
        while True:
            name, when, size, connection = json.loads(self._told.readline())
            self.connections.add(connection)
            if name == what:
                return when, size


@contextmanager
def serving(steps: int = 1, round_trip_ms: int = 0, certificate: Path | None = None) -> Iterator[Service]:
    command = [sys.executable, __file__, str(steps), str(round_trip_ms), *([str(certificate)] if certificate else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Service(process, "https" if certificate else "http")
    finally:
        process.kill()
        process.wait()


def make_certificate(folder: Path) -> Path:
    """A certificate for this machine and its key, in one file."""
    both, key = folder / "both.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         key, "-out", both, "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both.write_bytes(both.read_bytes() + key.read_bytes())
    return both


def environment(url: str, home: str) -> dict[str, str]:
    """For a client of the service."""
    return {**os.environ, "HOME": home, "COASTY_BASE_URL": url, "COASTY_API_KEY": "sk-coasty-test-" + "5a" * 24}


def _server(steps: int, certificate: str | None) -> ThreadingHTTPServer:
    left = {"steps": steps}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            name = "predict" if self.path.endswith("/predict") else f"{self.command} {self.path}"
            print(json.dumps([name, time.monotonic(), len(body), self.client_address[1]]), flush=True)
            answer: dict[str, object] = {"session_id": "sess_bench"}
            if name == "predict":
                left["steps"] -= 1
                more = {"status": "continue", "actions": [ACTIONS[left["steps"] % 2]]}
                answer = more if left["steps"] > 0 else DONE
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - http.server's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


async def _far_away(port: int, seconds: float) -> asyncio.Server:
    """The same service, a round trip away: a connection takes one to come about, and every byte half of one."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, data = await on_the_way.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    writer.close()
                    return
                writer.write(data)

        arriving = asyncio.create_task(arrive())
        while data := await reader.read(1 << 16):
            on_the_way.put_nowait((time.monotonic() + seconds / 2, data))
        on_the_way.put_nowait((time.monotonic() + seconds / 2, b""))
        await arriving

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    return await asyncio.start_server(come, "127.0.0.1", 0)


async def _serve(steps: int, round_trip_ms: int, certificate: str | None) -> None:
    server = _server(steps, certificate)
    port = server.server_address[1]
    if round_trip_ms:
        port = (await _far_away(port, round_trip_ms / 1000)).sockets[0].getsockname()[1]
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))
