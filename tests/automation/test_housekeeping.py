"""What is over is kept for so long and no longer; what goes on stays whatever its age."""

from __future__ import annotations

import os
import time
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import text

from coasty_desk.automation.housekeeping import DAY, LEAST, Housekeeping
from coasty_desk.automation.run_row import OwnMachine, RunOptions, RunRow
from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.schedule_store import ScheduleStore
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.webhook_outbox import WebhookOutbox
from coasty_desk.automation.workflow_store import WorkflowStore
from coasty_desk.testing.engine_stub import EngineStub


def test_what_is_old_goes_and_what_is_not_over_stays(place: Path | str, tmp_path: Path) -> None:
    """Rows of runs and what was to be told of them; a receiver's secret goes sooner; and no less than two months are kept."""
    storage, now = Storage(place), time.time()
    runs, outbox = RunStore(storage), WebhookOutbox(storage, clock=lambda: now - 100 * DAY)
    for store in (WorkflowStore, ScheduleStore):
        store(storage)
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "old.json").write_text("{}")
    os.utime(policies / "old.json", (now - 100 * DAY, now - 100 * DAY))
    (policies / "new.json").write_text("{}")
    over = RunRow(
        id="old",
        created_at=now - 100 * DAY,
        machine_id="m",
        task="t",
        options=RunOptions(),
        status="succeeded",
        finished_at=now - 99 * DAY,
        webhook_secret="whsec_x",
    )
    rows = [
        over,
        replace(over, id="waits", status="awaiting_human", finished_at=None),
        replace(over, id="to be cleaned", machine=OwnMachine()),
        replace(over, id="last month", finished_at=now - (LEAST - 1) * DAY),
        replace(over, id="just now", finished_at=now - DAY / 2),
        replace(over, id="another host's", host="b"),
    ]
    for row in rows:
        runs.insert(row)
    with storage.transaction() as connection:
        for run_id in ("old", "waits"):
            outbox.add(connection, run_id=run_id, event="e", url="u", secret="s", body=b"{}")
    for _ in range(2):
        delivery = outbox.take()
        assert delivery is not None
        if delivery.run_id == "old":
            outbox.settle(delivery, arrived=True, said="200")
    Housekeeping(storage, EngineStub(), policies, 1).see()
    kept = {row.id: row.webhook_secret for row in runs.all()}
    assert kept == {
        "waits": "whsec_x",
        "to be cleaned": "",
        "last month": "",
        "just now": "whsec_x",
        "another host's": "whsec_x",
    }
    with storage.reading() as connection:
        assert connection.execute(text("SELECT run_id FROM deliveries")).scalars().all() == ["waits"]
    assert [path.name for path in policies.iterdir()] == ["new.json"]
    storage.close()
