"""The service is killed at random moments, with callers at work who retry: nothing is paid twice, nothing that was answered is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.cli.conftest import Shell
from tests.server.answering import Upstream, account, shot
from tests.server.killed_service import PATIENCE, KilledService
from tests.server.served import Answer
from tests.stub_service import Request, Response, click, go, serving

SHOT = shot(("Save", 640, 400))
PREDICT = {"screenshot": SHOT, "instruction": "save it"}


class SlowUpstream(Upstream):
    """One whose answers take their time, so that a kill meets them on their way."""

    def __init__(self, seed: int) -> None:
        super().__init__([go(click(1, 2))])
        self._chance = random.Random(seed)  # noqa: S311 - moments, and no secrets

    def answer(self, request: Request) -> Response:
        time.sleep(self._chance.random() * 0.05)
        response = super().answer(request)
        time.sleep(self._chance.random() * 0.05)
        return response


def callers(service: KilledService, name: str, over: threading.Event, done: dict[str, Answer]) -> Callable[[], None]:
    """A program that opens a session, asks in it and beside it, and closes it, again and again."""
    return lambda: _caller(service, name, over, done)


def _caller(service: KilledService, name: str, over: threading.Event, done: dict[str, Answer]) -> None:
    turn = 0
    while not over.is_set():
        turn += 1
        keyed: list[tuple[str, str, object]] = []
        opened = service.ask("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720}, f"{name}-{turn}-s")
        assert opened.status == 200, opened.body
        done[f"{name}-{turn}-s"] = opened
        place = f"/v1/sessions/{opened.json['session_id']}"
        keyed += [(f"{name}-{turn}-{step}", f"{place}/predict", PREDICT) for step in (1, 2, 3)]
        keyed += [(f"{name}-{turn}-p", "/v1/predict", PREDICT)]
        keyed += [(f"{name}-{turn}-g", "/v1/ground", {"screenshot": SHOT, "element": "Save"})]
        for key, path, body in keyed:
            answer = done[key] = service.ask("POST", path, body, key)
            assert answer.status == 200, answer.body
            assert answer.json.get("step", int(key[-1]) if key[-1].isdigit() else None) == answer.json.get("step")
            if key[-1].isdigit():
                assert answer.json["step"] == int(key[-1])
        deleted = service.ask("DELETE", place)
        assert deleted.status in (200, 404), deleted.body


def trials(shell: Shell, kills: int, seed: int, callers: int = 3) -> Counter[str]:
    """Kill it so often; what was asked, by what it was. Raises AssertionError for the first thing that was paid or done wrongly."""
    chance, there = random.Random(seed), SlowUpstream(seed)  # noqa: S311 - as above
    done: dict[str, Answer] = {}
    over = threading.Event()
    failed: list[BaseException] = []
    with serving(there) as url:
        service = KilledService(shell, ("--provider", "coasty"), account(url))
        service.start()
        assert "costs what that charges" in service.said

        def call(name: str) -> None:
            try:
                _caller(service, name, over, done)
            except BaseException as error:  # noqa: BLE001 - told by whoever waits for all of them
                failed.append(error)

        threads = [threading.Thread(target=call, args=(f"c{number}",), daemon=True) for number in range(callers)]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            time.sleep(chance.random() * 0.6)
            service.kill()
            service.start()
            assert not failed, failed
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert not failed, failed
        compare(service, there, done)
        service.kill()
    return Counter(key.rsplit("-", 1)[1] for key in done)


def compare(service: KilledService, there: Upstream, done: dict[str, Answer]) -> None:
    """The books of the API, those of the service, and what was answered."""
    paid = Counter(charge.key for charge in there.charges)
    assert set(paid.values()) == {1}, "something was paid twice"
    assert len(paid) == len(done), "so many were asked for, each once"
    assert there.reused == [], "a key stood for two requests"
    charged = {key: int(answer.headers["x-credits-charged"]) for key, answer in done.items()}
    used = service.ask("GET", f"/v1/usage?period={time.strftime('%Y-%m', time.gmtime())}").json
    assert used["total_credits"] == there.charged, "what is told adds up to what was paid"
    assert sum(charged.values()) <= there.charged, "a repeated answer is free"
    assert service.ask("GET", "/v1/sessions").json["sessions"] == []
    assert there.sessions == {}, "a session was left open there"
    for key in list(done)[:40]:
        looked = service.ask("GET", f"/v1/idempotency/{key}").json
        assert looked["status"] == "completed", key
        kept, given = looked["result"], done[key].json
        assert {**kept, "usage": 0} == {**given, "usage": 0}, "what was answered is what is kept"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A home of its own."""
    return Shell(tmp_path)


def test_kills_at_random_moments_lose_nothing_and_pay_nothing_twice(shell: Shell) -> None:
    """Six operations, three callers; `scripts/bench --serve-kills` has all operations, and as many kills as one likes."""
    came = trials(shell, kills=8, seed=7)
    assert came["p"] >= 1


def _vendors_answer(_body: dict[str, Any]) -> Says:
    time.sleep(0.5)
    call = {"type": "function", "id": "c", "function": {"name": "click", "arguments": '{"x": 5, "y": 6}'}}
    message = {"content": None, "tool_calls": [call]}
    return Says({"id": "c", "choices": [{"message": message}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


def test_a_vendor_that_was_asked_when_the_service_was_killed_is_not_asked_again(shell: Shell) -> None:
    """It may have been paid, and knows no idempotency."""
    stub = VendorStub(strict_rules.chat, [_vendors_answer] * 10)
    config = shell.home / ".config" / "coasty-desk" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[prices."a-model"]\nin = 1.0\nout = 1.0\n', "utf-8")
    with stub.serving() as url:
        options = ("--provider", "chat", "--base-url", url, "--model", "a-model", "--profile", "plain")
        service = KilledService(shell, options, {})
        service.start()
        found: list[Answer] = []
        asking = threading.Thread(target=lambda: found.append(service.ask("POST", "/v1/predict", PREDICT, "k")))
        asking.start()
        until = time.monotonic() + 30
        while not stub.requests and time.monotonic() < until:
            time.sleep(0.01)
        service.kill()
        service.start()
        asking.join(60)
        (answer,) = found
        assert (answer.status, answer.code) == (503, "OUTCOME_UNKNOWN"), answer.body
        assert len(stub.requests) == 1
        assert service.ask("POST", "/v1/predict", PREDICT, "k2").status == 200
        service.kill()


def test_a_free_model_of_this_process_is_simply_asked_again(shell: Shell) -> None:
    """Nobody was paid; a session of a script goes on after the kill."""
    script: Path = shell.home / "script.jsonl"
    lines = [{"status": "continue", "actions": [click(1, 2)], "delay": 1}, {"status": "done", "actions": []}]
    script.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    service = KilledService(shell, ("--provider", "script", "--script", str(script)), {})
    service.start()
    assert "charges" not in service.said
    opened = service.ask("POST", "/v1/sessions", {}, "s").json["session_id"]
    found: list[Answer] = []
    place = f"/v1/sessions/{opened}/predict"
    asking = threading.Thread(target=lambda: found.append(service.ask("POST", place, PREDICT, "one")))
    asking.start()
    time.sleep(0.5)
    service.kill()
    service.start()
    asking.join(60)
    assert (found[0].json["step"], found[0].json["status"]) == (1, "continue")
    last = service.ask("POST", place, PREDICT, "two").json
    assert (last["step"], last["status"]) == (2, "done")
    service.kill()
