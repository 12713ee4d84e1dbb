"""`coasty-desk run --provider script`: a run as any other, without a model."""

from __future__ import annotations

import json

from tests.cli.conftest import Shell, recording


def test_a_run_plays_its_script(shell: Shell, display: str) -> None:
    """With real input on a real display, for nothing."""
    lines = [
        {
            "status": "continue",
            "actions": [{"action_type": "click", "params": {"x": 100, "y": 80}}],
            "reasoning": "there",
        },
        {"status": "done", "actions": [{"action_type": "type_text", "params": {"text": "hello"}}]},
    ]
    (shell.home / "script.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with recording(display):
        done = shell("run", "--provider", "script", "--script", "script.jsonl", "--json", "anything", DISPLAY=display)
        assert done.code == 0, done.err
    assert [event["action"]["action_type"] for event in done.of("acting")] == ["click", "type_text"]
    assert done.of("run_ended")[0]["cost_cents"] == 0


def test_markers_end_a_run_and_the_file_is_named_where_it_is_wrong(shell: Shell, display: str) -> None:
    """As a person would see it."""
    failed = shell("run", "--provider", "script", "--json", "[steps:1][fail]", DISPLAY=display)
    assert (failed.code, failed.of("run_ended")[0]["reason"]) == (1, "agent_failed")
    missing = shell("run", "--provider", "script", "x", DISPLAY=display, COASTY_DESK_SCRIPT="nonesuch.jsonl")
    assert missing.code == 2
    assert "nonesuch.jsonl" in missing.err
