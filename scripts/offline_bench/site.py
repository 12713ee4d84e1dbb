"""The web site of the bench: serves its pages, keeps what forms send, and where a page says its things are."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}
SCRIPT = b"<script src=/places.js></script>"


class Site:
    """A server on a free port. `sent` are the forms that arrived, `shown` the pages whose script has run; each answer takes `latency` seconds."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[dict[str, str]] = []
        self.shown: set[str] = set()
        self.places: dict[str, dict[str, Any]] = {}
        self.next = ""
        self.latency = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, folder))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, page: str = "") -> str:
        """The address of a page."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{page}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _handler(site: Site, folder: Path) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urllib.parse.urlsplit(self.path).path.lstrip("/")
            if path == "next":
                to, site.next = site.next, ""
                self._answer(200, "text/plain", to.encode())
                return
            file = (folder / path).resolve()
            if not file.is_file() or folder.resolve() not in file.parents:
                self._answer(404, "text/plain", b"no such page")
                return
            body = file.read_bytes()
            if file.suffix == ".html" and SCRIPT not in body:
                body = body.replace(b"<style>", SCRIPT + b"<style>", 1)
            self._answer(200, TYPES.get(file.suffix, "application/octet-stream"), body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            path = urllib.parse.urlsplit(self.path).path
            if path == "/places":
                told = json.loads(body)
                site.places[told["page"]] = told
                site.shown.add(told["page"])
                self._answer(204, "text/plain", b"")
                return
            site.sent.append(dict(urllib.parse.parse_qsl(body, keep_blank_values=True)) | {"path": path})
            if path == "/quiet":
                self._answer(204, "text/plain", b"")
                return
            said = "<title>Received</title><h1>Thank you</h1><p>Your entry has been received.</p>"
            self._answer(200, TYPES[".html"], f"<link rel=stylesheet href=/plain.css>{said}".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, code: int, kind: str, body: bytes) -> None:
            time.sleep(site.latency)
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
