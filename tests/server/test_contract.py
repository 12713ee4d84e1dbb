"""The service against its own document, as a contract fuzzer asks it; `scripts/bench --contract` asks ten times as much."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest

from coasty_desk.machines.browser_commands import BROWSER_OPERATIONS
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
}
"""The 18 (API.md §6)."""


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
    assert all(row.scope is not None or row.method == "GET" for row in OPERATIONS)


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
        assert ("401" in told["responses"]) == (row.scope is not None)
        assert ("422" in told["responses"]) or row.body is None
        assert told["x-idempotency"] == ("reserve-and-replay" if row.idempotent else "none")
