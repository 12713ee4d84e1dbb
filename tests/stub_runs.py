"""A stand-in for the service's runs, beside the machines: each is carried out by the script of its events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.stub_machines import MachineService
from tests.stub_service import Json, Request, Response, error, reply

OVER = ("succeeded", "failed", "cancelled", "timed_out")


@dataclass
class StubRun:
    """One run: its object, and what there is to tell of it until now."""

    document: Json
    events: list[tuple[str, Json]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, name: str, **data: object) -> None:
        """Let it happen; a `status` is the run's."""
        with self.changed:
            self.document |= {"status": data["status"]} if name == "status" else {}
            self.events.append((name, dict(data)))
            self.changed.notify_all()


class RunService(MachineService):
    """Answers for runs, too, in the older shape: its stream ends with `terminal`, and each connection to it has `most` events."""

    def __init__(self, most: int = 3) -> None:
        super().__init__()
        self.scopes |= {"runs:read", "runs:write"}
        self.runs: dict[str, StubRun] = {}
        self.most = most
        self.asked: list[str] = []

    def _proceed(self, request: Request) -> Response:
        path = request.path.partition("?")[0].removeprefix("/v1/").split("/")
        if path[0] != "runs":
            return super()._proceed(request)
        if path[1:] == []:
            return self._begin(request) if request.method == "POST" else self._listed()
        run = self.runs.get(path[1])
        if run is None:
            return error(404, "RUN_NOT_FOUND")
        if path[2:] == ["events"]:
            self.asked.append(request.headers.get("last-event-id", ""))
            return Response(
                200, lambda: self._events(run, int(self.asked[-1] or 0)), {"Content-Type": "text/event-stream"}
            )
        if path[2:] == ["cancel"]:
            if run.document["status"] in OVER:
                return error(409, "INVALID_STATE")
            run.tell("status", status="cancelled")
            run.tell("terminal")
        if path[2:] == ["resume"]:
            if run.document["status"] != "awaiting_human":
                return error(409, "NOT_AWAITING_HUMAN")
            run.document["answered"] = json.loads(request.body)
            run.tell("status", status="running")
        return reply(run.document)

    def _begin(self, request: Request) -> Response:
        with self._lock:
            known = self._answers.get(request.key)
            if known is not None:
                return error(409, "IDEMPOTENCY_KEY_REUSED") if known[1] != request.body else known[2]
            body = json.loads(request.body)
            run_id = f"run_test_{len(self.runs) + 1:08x}"
            self.runs[run_id] = run = StubRun({**body, "id": run_id, "created_at": "2026-11-27T09:00:00Z"})
            run.tell("status", status="queued")
            answer = reply(dict(run.document))
            self._answers[request.key] = (request.path, request.body, answer)
            return answer

    def _listed(self) -> Response:
        return reply({"data": [run.document for run in reversed(self.runs.values())], "has_more": False})

    def _events(self, run: StubRun, after: int) -> Iterator[bytes]:
        for number in range(after, after + self.most):
            with run.changed:
                while len(run.events) <= number and run.document["status"] not in OVER:
                    run.changed.wait(0.1)
                if len(run.events) <= number:
                    return
                name, data = run.events[number]
            yield f"id: {number + 1}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()
