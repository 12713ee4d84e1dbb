"""The service against its own document, as a contract fuzzer asks it; `scripts/bench --contract` asks ten times as much."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest

from coasty_desk.machines import commands
from coasty_desk.machines.browser_commands import BROWSER_OPERATIONS
from coasty_desk.server import openapi
from coasty_desk.server.api_errors import CODES
from coasty_desk.server.machine_operations import BrowserOp
from coasty_desk.server.table import OPERATIONS
from tests.server.served import Client, served

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import bench_contract  # type: ignore[import-not-found]  # noqa: E402 - the scripts are no package

IDEMPOTENT = {
    *("predict", "createSession", "sessionPredict", "ground", "provisionMachine", "snapshotMachine", "executeAction"),
    *(
        "executeBatch",
        "browserOp",
        "terminalExec",
        "filesOp",
        "createSchedule",
        "runScheduleNow",
        "addTrigger",
        "createRun",
    ),
    *("createWorkflow", "startAdhocWorkflowRun", "startWorkflowRun"),
    "createTask",
}
"""The 18 (API.md §6), and one that is in no document and starts a run like another (§10.5)."""


SIGNED = {"fireWebhook"}
"""What asks for no key: whoever calls it signs with the webhook's own secret."""


@pytest.mark.skipif(
    not bench_contract.FUZZER.exists(), reason="scripts/test installs the fuzzer beside the environment"
)
@pytest.mark.slow
def test_a_contract_fuzzer_finds_nothing(tmp_path: Path) -> None:
    """What the document allows is accepted, what it does not is refused, and every answer is as it says."""
    with served(tmp_path, provider="script") as found:
        for more in bench_contract.PARTS:
            where = f"http://127.0.0.1:{found.client.port}"
            cases, failures, said = bench_contract.fuzz(where, found.client.key, 1, 7, "fuzzing", *more)
            assert cases > 0
            assert failures == 0, said


def test_the_table_is_whole() -> None:
    """Each operation once, each code in its table, and what is repeated is one of the 18."""
    assert len({row.name for row in OPERATIONS}) == len(OPERATIONS)
    assert len({(row.method, row.whole_path) for row in OPERATIONS}) == len(OPERATIONS)
    assert {code for row in OPERATIONS for code in row.errors} <= set(CODES)
    assert {row.name for row in OPERATIONS if row.idempotent} <= IDEMPOTENT
    assert set(get_args(BrowserOp)) == set(BROWSER_OPERATIONS)
    assert all(row.scope is not None or row.method == "GET" or row.name in SIGNED for row in OPERATIONS)


def test_the_document_is_one_by_its_own_standard(tmp_path: Path) -> None:
    """Every reference leads somewhere, every operation has its id, its scope and its refusals."""
    with served(tmp_path) as found:
        document = Client(found.client.port, "")("GET", "/v1/openapi.json").json
    schemas = document["components"]["schemas"]
    text = str(document)
    for part in text.split("#/components/schemas/")[1:]:
        assert part.split("'")[0] in schemas
    for row in OPERATIONS:
        told = document["paths"][row.whole_path][row.method.lower()]
        assert told["operationId"] == row.name
        assert ("401" in told["responses"]) == (row.scope is not None or row.name in SIGNED)
        assert ("422" in told["responses"]) or row.body in (None, bytes)
        assert told["x-idempotency"] == ("reserve-and-replay" if row.idempotent else "none")


def test_what_is_always_sent_is_promised(tmp_path: Path) -> None:
    """A program made from the document may rely on every field that is there: required, and times of a format."""
    with served(tmp_path) as found:
        document = Client(found.client.port, "")("GET", "/v1/openapi.json").json
        schemas = document["components"]["schemas"]
        for path in ("/v1/health", "/v1/keys", "/v1/usage", "/v1/models", "/v1/billing/active", "/v1/machines/pricing"):
            told = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            promised = schemas[told["$ref"].rpartition("/")[2]]["required"]
            assert set(promised) == set(found.client("GET", path).json), path
    assert {"machine", "connection", "request_id"} <= set(schemas["MachineMade"]["required"])
    assert "raw_code" not in schemas["PredictReply"]["required"]
    assert schemas["PredictBody"]["required"] == ["screenshot", "instruction"]
    assert schemas["PredictBody"]["properties"]["cua_version"]["default"] == "v3"
    assert schemas["MachineResource"]["properties"]["created_at"]["anyOf"][0]["format"] == "date-time"


def test_the_document_tells_the_scopes_of_what_depends_on_the_request() -> None:
    """In the published words, with every scope that it may come to."""
    told = openapi.document(OPERATIONS, "1")["paths"]
    files = told["/v1/machines/{machine_id}/files/{op}"]["post"]
    assert (files["x-required-scope"], files["x-scope-policy"]) == ("files:read-or-files:write", "dynamic")
    assert files["x-required-scopes"] == ["files:read", "files:write"]
    acts = told["/v1/machines/{machine_id}/actions"]["post"]
    assert acts["x-required-scope"] == "per-command"
    assert set(acts["x-required-scopes"]) == {row.command.scope for row in commands.known().values()}
    assert all((row.scopes is None) == (row.scopes_told == ("", ())) for row in OPERATIONS)
