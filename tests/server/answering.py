"""A service whose model is chosen, behind a real socket; pictures to send; the published API with the calls that a run does not make."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from coasty_desk.server.api_keys import SCOPES
from coasty_desk.server.database import Database
from coasty_desk.server.service import Service
from coasty_desk.server.serving import listening, serving
from coasty_desk.server.table import OPERATIONS
from coasty_desk.settings import Settings
from tests import stub_service
from tests.server.served import Client, Served
from tests.stub_service import Charge, Request, Response, Session, error, reply


@contextmanager
def answering(
    folder: Path, provider: str, environment: Mapping[str, str] | None = None, key: str = "", **chosen: Any
) -> Iterator[Served]:
    """Serve from this folder with this model; `key`: one that an earlier service there has made."""
    settings = Settings(provider=provider, **chosen)
    with closing(Service(Database(folder / "service.sqlite3"), settings, environment or {})) as service:
        key = key or service.keys.make("test", SCOPES)[0]
        listener = listening("127.0.0.1", 0)
        server = serving(service, (), OPERATIONS)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield Served(service, Client(listener.getsockname()[1], key))
        finally:
            server.end()
            thread.join(10)
            assert not thread.is_alive()


@cache
def shot(*buttons: tuple[str, int, int], size: tuple[int, int] = (1280, 720), kind: str = "PNG") -> str:
    """A screenshot in base64, with buttons of these names at these places."""
    image = Image.new("RGB", size, "#f0f0f0")
    draw = ImageDraw.Draw(image)
    for name, x, y in buttons:
        draw.rectangle((x - 70, y - 22, x + 70, y + 22), fill="#ffffff", outline="#404040")
        draw.text((x, y), name, fill="#000000", anchor="mm", font=ImageFont.load_default(22))
    written = io.BytesIO()
    image.save(written, kind)
    return base64.b64encode(written.getvalue()).decode()


class Upstream(stub_service.Service):
    """The stand-in of the published API, with stateless predictions, `ground` and resets."""

    def __init__(self, script: list[dict[str, object]] | None = None) -> None:
        super().__init__(script)
        self.resets: list[str] = []

    def _proceed(self, request: Request) -> Response:
        if request.method == "POST" and request.path.endswith("/reset"):
            session_id = request.path.split("/")[3]
            if session_id not in self.sessions:
                return error(404, "SESSION_NOT_FOUND")
            self.sessions[session_id].predictions = 0
            self.resets.append(session_id)
            return reply({"status": "ok", "session_id": session_id})
        if request.method == "POST" and request.path == "/v1/ground":
            with self._lock:
                return self._keyed(request)
        return super()._proceed(request)

    def _predict(self, request: Request) -> Response:
        body = json.loads(request.body)
        if request.path == "/v1/ground":
            self.charges.append(Charge("ground", request.key, 3))
            usage = {"credits_charged": 3, "cost_cents": 3}
            return reply({"x": 11, "y": 22, "usage": usage, "request_id": "req_g"}, {"X-Credits-Charged": "3"})
        if request.path == "/v1/predict":
            named = request.path.split("/")[2]  # as the stand-in of sessions finds one
            request = Request(request.method, f"/v1/sessions/{named}/predict", request.headers, request.body)
            remembered = len(body.get("trajectory", []))
            options = {"max_trajectory_length": 20, "screen_width": 1280, "screen_height": 720, "cua_version": "v3"}
            self.sessions[named] = Session(options, remembered)
            answer = super()._predict(request)
            del self.sessions[named]
            self.charges[-1] = Charge("predict", request.key, self.charges[-1].cents + 1)
            assert isinstance(answer.body, bytes)
            document = json.loads(answer.body)
            cents = 5 + 2 * remembered
            document["usage"] |= {"credits_charged": cents, "cost_cents": cents}
            return reply(document, {"X-Credits-Charged": str(cents)})
        return super()._predict(request)


def account(url: str) -> dict[str, str]:
    """The environment of a service that passes on to this address."""
    return {"COASTY_API_KEY": stub_service.KEY, "COASTY_BASE_URL": url}
