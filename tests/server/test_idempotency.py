"""The same request once: repeated, awaited, refused, and gone on with after the service was killed."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.table import OPERATIONS
from tests.server.served import Client, Served, served

KEYED = {"Idempotency-Key": "step-1"}


class Work(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done: `say` what comes of it."""

    say: str
    number: Annotated[int, Meta(ge=0)] | None = None


class Workshop:
    """Does things, and counts them."""

    def __init__(self) -> None:
        self.done: list[Call] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.says: Callable[[str], str] = lambda say: say

    def __call__(self, call: Call) -> CallReply:
        self.done.append(call)
        self.begun.set()
        assert self.may_end.wait(30)
        match self.says(call.body.say):
            case "refund":
                raise ApiError("PREDICTION_FAILED", "It failed.", refunded=5)
            case "upstream":
                raise ApiError("UPSTREAM_UNAVAILABLE", "Nobody answers.", retry_after=1)
            case "state":
                raise ApiError("INVALID_STATE", "Not now.", current_state="stopped")
            case "unknown":
                raise ApiError("SNAPSHOT_OUTCOME_UNKNOWN", "Who knows.")
            case "fault":
                raise ZeroDivisionError
        usage = {"credits_charged": 5, "cost_cents": 5, "billed": True, "breakdown": [{"item": "base", "credits": 5}]}
        return CallReply({"request_id": "", "said": call.body.say, "secret": "whsec_once", "usage": usage}, charged=5)


@pytest.fixture
def shop() -> Workshop:
    """Who does the work."""
    return Workshop()


@pytest.fixture
def keyed(tmp_path: Path, shop: Workshop) -> Iterator[Served]:
    """A service with one operation more, which heeds the key."""
    work = Operation(
        "work",
        "POST",
        "/things/{id}/work",
        "Do it",
        dict,
        shop,
        scope="predict",
        body=Work,
        idempotent=True,
        priced=True,
    )
    with served(tmp_path, (*OPERATIONS, work)) as found:
        yield found


def _work(
    keyed: Served, say: Any = "done", path: str = "/v1/things/1/work", client: Client | None = None, **headers: str
) -> Any:
    body = say if isinstance(say, dict | bytes) else {"say": say}
    return (client or keyed.client)("POST", path, body, **{**KEYED, **headers})


def test_the_same_request_is_done_once_and_answered_the_same(keyed: Served, shop: Workshop) -> None:
    """The same request is done once and answered the same."""
    first = _work(keyed, {"say": "done", "number": 1})
    again = _work(keyed, b'{"number": 1.0, "say": "done"}')
    assert len(shop.done) == 1
    assert first.headers["x-credits-charged"] == "5"
    assert "x-coasty-idempotent-replay" not in first.headers
    assert again.headers["x-coasty-idempotent-replay"] == "true"
    assert again.headers["x-credits-charged"] == "0"
    assert again.headers["idempotency-status"] == "completed"
    assert again.headers["x-coasty-request-id"] != first.headers["x-coasty-request-id"]
    free = {"credits_charged": 0, "cost_cents": 0, "billed": False, "breakdown": None}
    assert again.json == {**first.json, "usage": free}
    assert again.json["secret"] == "whsec_once"
    used = keyed.client("GET", "/v1/usage").json
    assert used["breakdown"]["work"] == {"requests": 2, "credits": 5}
    assert used["total_credits"] == 5


def test_another_body_another_path_and_another_key_are_other_requests(keyed: Served, shop: Workshop) -> None:
    """Another body another path and another key are other requests."""
    _work(keyed)
    refused = _work(keyed, "something else")
    assert (refused.status, refused.code) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert _work(keyed, path="/v1/things/2/work").status == 200
    assert _work(keyed, "a name with a slash", path="/v1/things/1%2Fwork/work").status == 200
    made = keyed.client("POST", "/v1/keys", {"name": "other", "scopes": ["predict"]}).json["key"]
    other = Client(keyed.client.port, made)
    assert _work(keyed, client=other).status == 200
    assert _work(keyed, Idempotency_Key="step-2").status == 200
    assert len({call.operation_id for call in shop.done}) == len(shop.done) == 5


def test_without_a_key_each_is_a_request_of_its_own(keyed: Served, shop: Workshop) -> None:
    """Without a key each is a request of its own."""
    for _ in range(2):
        assert keyed.client("POST", "/v1/things/1/work", {"say": "done"}).status == 200
    assert [call.operation_id for call in shop.done] == ["", ""]


@pytest.mark.parametrize("key", ["a b", "x" * 129, "ümlaut", "semi;colon"])
def test_a_malformed_key_is_refused_before_anything_is_done(keyed: Served, shop: Workshop, key: str) -> None:
    """A malformed key is refused before anything is done."""
    assert _work(keyed, Idempotency_Key=key).code == "VALIDATION_ERROR"
    assert shop.done == []


def test_a_key_is_ignored_where_nothing_is_repeated(keyed: Served) -> None:
    """A key is ignored where nothing is repeated."""
    for _ in range(2):
        assert keyed.client("POST", "/v1/keys", {"name": "a"}, Idempotency_Key="k").status == 200


def test_of_ten_at_once_one_is_carried_out_and_all_get_its_answer(keyed: Served, shop: Workshop) -> None:
    """Of ten at once one is carried out and all get its answer."""
    shop.may_end.clear()
    with ThreadPoolExecutor(10) as threads:
        waiting = [threads.submit(_work, keyed) for _ in range(10)]
        assert shop.begun.wait(10)
        shop.may_end.set()
        answers = [one.result() for one in waiting]
    assert len(shop.done) == 1
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["request_id"] for answer in answers}) == 1
    assert sorted(answer.headers["x-credits-charged"] for answer in answers) == ["0"] * 9 + ["5"]


def test_who_has_waited_long_enough_is_told_that_it_is_in_flight(
    keyed: Served, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has waited long enough is told that it is in flight."""
    monkeypatch.setattr("coasty_desk.server.application.IN_FLIGHT", 0.2)
    shop.may_end.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(_work, keyed)
        assert shop.begun.wait(10)
        refused = _work(keyed)
        looked = keyed.client("GET", "/v1/idempotency/step-1")
        shop.may_end.set()
        assert first.result().status == 200
    assert (refused.status, refused.code) == (409, "IDEMPOTENCY_IN_FLIGHT")
    error = refused.json["error"]
    assert (error["retryable"], error["retry_with_same_idempotency_key"]) == (True, True)
    assert int(refused.headers["retry-after"]) == error["retry_after"]
    assert looked.json["status"] == "processing"


def test_a_lost_answer_can_be_collected(keyed: Served) -> None:
    """A lost answer can be collected."""
    first = _work(keyed)
    looked = keyed.client("GET", "/v1/idempotency/step-1").json
    assert (looked["status"], looked["original_status"], looked["result"]) == ("completed", 200, first.json)
    assert keyed.client("GET", "/v1/idempotency/never").status == 404
    made = keyed.client("POST", "/v1/keys", {"name": "other", "scopes": ["predict"]}).json["key"]
    assert Client(keyed.client.port, made)("GET", "/v1/idempotency/step-1").status == 404


def test_what_failed_and_came_back_needs_a_new_key(keyed: Served, shop: Workshop) -> None:
    """What failed and came back needs a new key."""
    failed = _work(keyed, "refund")
    assert (failed.status, failed.code, failed.headers["x-credits-refunded"]) == (500, "PREDICTION_FAILED", "5")
    assert failed.json["error"]["retry_with_same_idempotency_key"] is False
    again = _work(keyed, "refund")
    assert (again.status, again.code) == (409, "IDEMPOTENCY_ALREADY_REFUNDED")
    assert (again.json["error"]["retryable"], again.json["error"]["retry_with_same_idempotency_key"]) == (True, False)
    assert len(shop.done) == 1


@pytest.mark.parametrize("say", ["upstream", "fault"])
def test_what_nobody_knows_the_end_of_is_gone_on_with_under_the_same_id(
    keyed: Served, shop: Workshop, say: str
) -> None:
    """What nobody knows the end of is gone on with under the same id."""
    assert _work(keyed, say).json["error"]["retry_with_same_idempotency_key"] is True
    _work(keyed, say)
    first, second = shop.done
    assert first.operation_id == second.operation_id
    assert (first.resumed, second.resumed) == (False, True)


def test_what_was_refused_before_anything_was_done_may_be_asked_again(keyed: Served, shop: Workshop) -> None:
    """What was refused before anything was done may be asked again."""
    assert _work(keyed, "state").status == 409
    assert _work(keyed, "state").code == "INVALID_STATE"
    assert [call.resumed for call in shop.done] == [False, False]


def test_a_refusal_of_what_was_gone_on_with_keeps_its_id(keyed: Served, shop: Workshop) -> None:
    """It may have been done by the first attempt: were it forgotten, the next one would do it again."""
    outcomes = iter(["upstream", "state", "state", "done"])
    shop.says = lambda _say: next(outcomes)
    assert [_work(keyed).status for _ in range(4)] == [503, 409, 409, 200]
    assert len({call.operation_id for call in shop.done}) == 1
    assert [call.resumed for call in shop.done] == [False, True, True, True]


def test_a_failure_that_must_not_be_tried_again_is_repeated(keyed: Served, shop: Workshop) -> None:
    """A failure that must not be tried again is repeated."""
    assert _work(keyed, "unknown").status == 503
    again = _work(keyed, "unknown")
    assert (again.status, again.code, len(shop.done)) == (503, "SNAPSHOT_OUTCOME_UNKNOWN", 1)


def test_after_a_day_it_is_another_request(keyed: Served, shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a day it is another request."""
    _work(keyed)
    monkeypatch.setattr("coasty_desk.server.idempotency.KEPT", 0)
    _work(keyed, "something else")
    assert len(shop.done) == 2


def test_all_answers_together_take_so_much_room_and_no_more(
    keyed: Served, shop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The oldest large ones go; what was done is not done again, and the small and the newest are repeated still."""
    monkeypatch.setattr("coasty_desk.server.idempotency.MOST_KEPT", 600_000)
    names = [f"step-{number}" for number in range(8)]

    def ask(name: str) -> Any:
        said = name if name == "step-0" else name + secrets.token_hex(150_000)
        return asked.setdefault(name, {"say": said})

    asked: dict[str, dict[str, str]] = {}
    for name in names:
        assert keyed.client("POST", "/v1/things/a/work", ask(name), Idempotency_Key=name).status == 200
    again = {name: keyed.client("POST", "/v1/things/a/work", ask(name), Idempotency_Key=name) for name in names}
    assert len(shop.done) == 8
    assert {name: answer.status for name, answer in again.items()} == {
        **dict.fromkeys(names, 409),
        **dict.fromkeys(["step-0", *names[-3:]], 200),
    }
    assert again["step-1"].code == "CONFLICT"
    assert again["step-7"].json["said"] == asked["step-7"]["say"]
    assert sum(path.stat().st_size for path in tmp_path.glob("service.sqlite3*")) < 6_000_000


def test_no_answer_lies_in_the_database_in_plain_text(keyed: Served, tmp_path: Path) -> None:
    """No answer lies in the database in plain text."""
    assert _work(keyed).json["secret"] == "whsec_once"
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"whsec_once" not in kept


SERVER = """
import sys, threading, time
from pathlib import Path
from tests.server.served import served
from tests.server.test_idempotency import Work
from coasty_desk.server.operation import Operation, CallReply
from coasty_desk.server.table import OPERATIONS

folder = Path(sys.argv[1])

def work(call):
    with open(folder / "done", "a") as file:
        file.write(f"{call.operation_id} {call.resumed}\\n")
    if call.body.say == "slow" and not call.resumed:
        print("begun", flush=True)
        time.sleep(60)
    return CallReply({"said": call.body.say})

row = Operation("work", "POST", "/things/{id}/work", "", dict, work, scope="predict", body=Work, idempotent=True)
with served(folder, (*OPERATIONS, row)) as found:
    print(found.client.port, found.client.key, flush=True)
    threading.Event().wait()
"""


def _killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    with process:
        pass


def _unanswered(client: Client) -> None:
    with pytest.raises((OSError, HTTPException)):
        client("POST", "/v1/things/1/work", {"say": "slow"}, Idempotency_Key="b")


def _process(folder: Path) -> tuple[subprocess.Popen[str], Client]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    port, key = process.stdout.readline().split()
    return process, Client(int(port), key)


def test_after_a_kill_the_answer_stands_and_what_was_under_way_is_gone_on_with(tmp_path: Path) -> None:
    """It is killed between the effect and the answer: the retry is told so, under the same id, and nothing is done blindly."""
    process, client = _process(tmp_path)
    try:
        answered = client("POST", "/v1/things/1/work", {"say": "done"}, Idempotency_Key="a")
        threading.Thread(target=_unanswered, args=(client,), daemon=True).start()
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
    finally:
        _killed(process)
    again, other = _process(tmp_path)
    try:
        client.port = other.port
        replay = client("POST", "/v1/things/1/work", {"say": "done"}, Idempotency_Key="a")
        assert (replay.json, replay.headers["x-coasty-idempotent-replay"]) == (answered.json, "true")
        assert client("GET", "/v1/idempotency/b").json["status"] == "processing"
        assert client("POST", "/v1/things/1/work", {"say": "slow"}, Idempotency_Key="b").json == {"said": "slow"}
    finally:
        _killed(again)
    lines = (tmp_path / "done").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].split() == [lines[2].split()[0], "False"]
    assert lines[2].endswith("True")
    assert json.loads(answered.body) == {"said": "done"}
