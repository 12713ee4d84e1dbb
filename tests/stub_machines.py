"""A stand-in for the service's machines, keys and usage, beside what `stub_service` has: it keeps what was done to each machine."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from tests.stub_service import Json, Request, Response, Service, error, reply

NEEDS_NO_DOING = ("screenshot",)


@dataclass
class StubMachine:
    """One machine: what was done on it, in order, and what is drawn on its screen."""

    machine_id: str
    name: str
    status: str = "running"
    os_type: str = "linux"
    done: list[tuple[str, Json]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (1280, 720)
    picture: Callable[[StubMachine], Image.Image] | None = None
    ttl: int | None = None

    def told(self) -> Json:
        """As the service tells of it."""
        rate = {"running_credits_per_hour": 9 if self.os_type == "windows" else 5}
        return {
            "id": self.machine_id,
            "display_name": self.name,
            "status": self.status,
            "os_type": self.os_type,
            "created_at": "2026-11-26T04:00:00Z",
            "ttl_minutes": self.ttl,
            "auto_destroy_at": f"2026-11-26T{4 + self.ttl // 60:02}:00:00Z" if self.ttl and self.ttl < 600 else None,
            "billing": rate,
        }

    def seen(self) -> Image.Image:
        """Its screen: a click leaves a dot, a text stands where it was typed."""
        if self.picture is not None:
            return self.picture(self)
        image = Image.new("RGB", self.size, (40, 60, 80))
        draw = ImageDraw.Draw(image)
        for number, (command, parameters) in enumerate(self.done):
            if command == "click":
                x, y = parameters["x"], parameters["y"]
                assert isinstance(x, int)
                assert isinstance(y, int)
                draw.ellipse((x - 8, y - 8, x + 8, y + 8), (250, 250, 250))
            else:
                draw.rectangle((20, 20 + 12 * number, 200, 28 + 12 * number), (200, 200, 0))
        return image


class MachineService(Service):
    """Answers for machines, too. `bare`: in the older shapes."""

    def __init__(self, script: list[Json] | None = None, *, bare: bool = False) -> None:
        super().__init__(script)
        self.bare = bare
        self.machines: dict[str, StubMachine] = {}
        self.keys: list[Json] = []
        self.fails: dict[str, str] = {}
        """Commands that are not done, and why."""
        self.unknown: set[str] = {"move", "wait", "type_text"}
        self.format = "JPEG"

    def add(self, name: str = "scratch", machine_id: str = "mch_test_00000001", **fields: object) -> StubMachine:
        """A machine."""
        machine = StubMachine(machine_id, name, **fields)  # type: ignore[arg-type]  # a test's fields
        self.machines[machine_id] = machine
        return machine

    def _proceed(self, request: Request) -> Response:
        path = request.path.partition("?")[0].removeprefix("/v1/").split("/")
        if path[0] not in ("machines", "keys"):
            return super()._proceed(request)
        with self._lock:
            known = self._answers.get(request.key) if request.key else None
            if known is not None:
                return error(409, "IDEMPOTENCY_KEY_REUSED") if known[1] != request.body else known[2]
            body = json.loads(request.body) if request.body else {}
            answer = self._keys(request, path) if path[0] == "keys" else self._machines(request.method, path[1:], body)
            if request.key and answer.status == 200:
                self._answers[request.key] = (request.path, request.body, answer)
            return answer

    def _keys(self, request: Request, path: list[str]) -> Response:
        if request.method == "POST":
            said = json.loads(request.body)
            key: Json = {"key_id": f"key_{len(self.keys) + 1}", "key_prefix": "sk-coasty-test-a", **said}
            self.keys.append(key)
            return reply({**key, "key": "sk-coasty-test-" + "ab" * 24})
        if request.method == "DELETE":
            before = len(self.keys)
            self.keys = [key for key in self.keys if key["key_id"] != path[1]]
            return reply({"status": "ok"}) if len(self.keys) < before else error(404, "NOT_FOUND")
        return reply({"keys": self.keys})

    def _machines(self, method: str, path: list[str], body: Json) -> Response:
        if not path:
            if method == "GET":
                return reply({"data": [one.told() for one in self.machines.values()], "has_more": False})
            number = len(self.machines) + 1
            made = self.add(
                str(body["display_name"]), f"mch_test_{number:08x}", os_type=str(body.get("os_type", "linux"))
            )
            made.ttl = body.get("ttl_minutes")  # type: ignore[assignment]  # a number
            return reply({"machine": made.told(), "connection": {}})
        machine = self.machines.get(path[0])
        if machine is None:
            return error(404, "MACHINE_NOT_FOUND")
        if len(path) == 1:
            return self._whole(method, machine, body)
        return self._part(machine, path[1:], body)

    def _whole(self, method: str, machine: StubMachine, body: Json) -> Response:
        if method == "DELETE":
            machine.status = "terminated"
            return reply({"machine_id": machine.machine_id, "status": "terminated"})
        if method == "PATCH":
            machine.ttl = body["ttl_minutes"]  # type: ignore[assignment]  # a number
            return reply({"machine_id": machine.machine_id, "ttl_minutes": machine.ttl})
        return reply(machine.told() if self.bare else {"machine": machine.told()})

    def _part(self, machine: StubMachine, what: list[str], body: Json) -> Response:
        match what:
            case ["start" | "stop" | "restart" as change]:
                if machine.status == ("running" if change == "start" else "stopped"):
                    return error(409, "INVALID_STATE", current_state=machine.status)
                machine.status = "stopped" if change == "stop" else "running"
                return reply({"machine_id": machine.machine_id, "status": machine.status})
            case ["snapshot"]:
                return reply({"machine_id": machine.machine_id, "snapshot_id": "snap_1", "credits_charged": 1})
            case ["screenshot"]:
                if machine.status != "running":
                    return error(409, "INVALID_STATE", current_state=machine.status)
                written = io.BytesIO()
                machine.seen().save(written, self.format)
                text = base64.b64encode(written.getvalue()).decode()
                return reply({"machine_id": machine.machine_id, "image_b64": text, "width": 1280, "height": 720})
            case ["actions"]:
                return self._act(machine, body)
            case ["actions", "batch"]:
                return self._batch(machine, body)
            case ["terminal"]:
                machine.done.append(("terminal", body))
                printed = "" if body["command"] == "true" else f"ran {body['command']}\n"
                return self._result("terminal", {"output": printed, "exit_code": 0})
            case ["files", operation]:
                return self._files(machine, operation, body["parameters"])  # type: ignore[arg-type]  # an object
        return error(404, "NOT_FOUND")

    def _act(self, machine: StubMachine, body: Json) -> Response:
        command, parameters = str(body["command"]), body.get("parameters", {})
        assert isinstance(parameters, dict)
        if command in self.unknown:
            return error(422, "VALIDATION_ERROR", details=[{"loc": "command", "msg": "unknown command"}])
        if command in self.fails:
            return reply({"command": command, "success": False, "error": self.fails[command], "duration_ms": 1})
        machine.done.append((command, parameters))
        return self._result(command, {})

    def _batch(self, machine: StubMachine, body: Json) -> Response:
        results = []
        steps = body["steps"]
        assert isinstance(steps, list)
        if any(step["command"] in self.unknown for step in steps):
            return error(422, "VALIDATION_ERROR")
        for step in steps:
            answer = self._act(machine, step)
            assert isinstance(answer.body, bytes)
            results.append(json.loads(answer.body))
            if not results[-1]["success"]:
                break
        return reply({"machine_id": machine.machine_id, "results": results, "completed_count": len(results)})

    def _files(self, machine: StubMachine, operation: str, said: Json) -> Response:
        path = str(said.get("path", "."))
        if operation == "write":
            machine.files[path] = json.dumps({name: said.get(name) for name in ("content", "encoding")})
            return self._result("file_write", {"path": path})
        if operation == "read" and path in machine.files:
            return self._result("file_read", {"path": path, **json.loads(machine.files[path])})
        if operation == "list":
            return self._result("directory_list", {"entries": [{"name": name} for name in machine.files]})
        return reply({"command": operation, "success": False, "error": "there is no such file", "duration_ms": 1})

    def _result(self, command: str, result: Json) -> Response:
        told: Json = {"command": command, "success": True, "error": None, "duration_ms": 1}
        return reply(told | (result if self.bare else {"result": result}))
