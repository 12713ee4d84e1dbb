"""What the service goes by with workflows: what a task may cost at worst, and what a receiver is told of a run."""

from __future__ import annotations

import json

import pytest

from coasty_desk.automation.run_row import RunFault, RunOptions
from coasty_desk.automation.workflow_row import WorkflowQuestion, WorkflowRunRow
from coasty_desk.core.errors import UsageError
from coasty_desk.core.money import from_cents
from coasty_desk.models.coasty_model import MODEL
from coasty_desk.server.served_runs import worst
from coasty_desk.server.told_workflows import workflow_told_outside
from coasty_desk.settings import Settings

LIVE = {"COASTY_API_KEY": "sk-coasty-live-" + "0" * 48}


def test_what_a_task_may_cost_is_that_of_all_its_steps() -> None:
    """By the model's own prices, its version and the length of what it is told."""
    chosen, options = Settings(), RunOptions(max_steps=7)
    usual = MODEL.prices(chosen, chosen.max_size).run(7)
    assert worst(chosen, LIVE, options) == from_cents(usual)
    assert worst(chosen, LIVE, RunOptions(max_steps=7, cua_version="v1")) > from_cents(usual)
    assert worst(chosen, LIVE, RunOptions(max_steps=7, instructions="x" * 501)) == from_cents(usual + 7)


def test_what_costs_nothing_costs_nothing_and_what_nobody_knows_is_refused() -> None:
    """A sandbox key, the embedded predictor; a vendor's model without a price."""
    assert worst(Settings(), {"COASTY_API_KEY": "sk-coasty-test-" + "0" * 48}, RunOptions()) == 0
    assert worst(Settings(provider="script"), {}, RunOptions()) == 0
    with pytest.raises(UsageError):
        worst(Settings(provider="anthropic", model="some-model"), {"ANTHROPIC_API_KEY": "k" * 20}, RunOptions())


def test_a_receiver_is_told_of_a_workflows_run_in_every_shape() -> None:
    """Its id by both names, and the run as it is shown, without its secret."""
    row = WorkflowRunRow(
        id="r",
        created_at=1.0,
        definition={"steps": []},
        machine_id="m",
        workflow_id="w",
        workflow_version=2,
        status="awaiting_human",
        asked=WorkflowQuestion("0", "ok", "Go on?"),
        awaiting_since=2.0,
        spent=30_000,
        error=RunFault("C", "m"),
        webhook_secret="whsec_secret",
    )
    body = workflow_told_outside(row, "workflow_run.awaiting_human")
    said = json.loads(body)
    assert b"whsec_secret" not in body
    assert {name: said[name] for name in ("event", "run_id", "workflow_run_id", "workflow_id", "awaiting_step_id")} == {
        "event": "workflow_run.awaiting_human",
        "run_id": "r",
        "workflow_run_id": "r",
        "workflow_id": "w",
        "awaiting_step_id": "ok",
    }
    assert (said["reason"], said["run"]["spent_cents"], said["run"]["object"]) == ("Go on?", 3, "workflow.run")
