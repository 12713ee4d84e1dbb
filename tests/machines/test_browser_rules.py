"""What a policy says holds for a machine's browser as well, or the command is refused."""

from __future__ import annotations

from typing import Any

import pytest

from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.policy import Bounds, Policy
from coasty_desk.core.scaling import Rect
from coasty_desk.machines import commands
from coasty_desk.machines.browser_rules import refusal
from coasty_desk.machines.command import parsed
from coasty_desk.wire.regular_expressions import pattern

SAID: dict[str, dict[str, Any]] = {
    "browser_click": {"selector": "a"},
    "browser_type": {"text": "rm -rf /"},
    "browser_scroll": {"direction": "down"},
    "browser_navigate": {"url": "https://example.com"},
    "browser_execute": {"code": "1"},
    "browser_close": {},
    "browser_get_dom": {},
}


def refused(rules: GuardRules) -> set[str]:
    """Those that the rules do not let pass."""
    known = commands.known()
    return {name for name, said in SAID.items() if refusal(rules, name, parsed(known[name].command, said))}


@pytest.mark.parametrize(
    ("rules", "which"),
    [
        (GuardRules(), set()),
        (GuardRules(policies=(Policy(blocked_actions=frozenset({"click"})),)), {"browser_click", "browser_execute"}),
        (
            GuardRules(policies=(Policy(typed_text_denied=(pattern("rm -rf"),)),)),
            {"browser_type", "browser_execute"},
        ),
        (
            GuardRules(policies=(Policy(allowed_actions=frozenset({"scroll"})),)),
            set(SAID) - {"browser_scroll", "browser_get_dom"},
        ),
        (GuardRules(policies=(Policy(block_window_close=True),)), {"browser_close", "browser_execute"}),
        (
            GuardRules(policies=(Policy(coordinate_bounds=Bounds(0, 0, 9, 9)),)),
            {"browser_click", "browser_scroll", "browser_type", "browser_execute"},
        ),
        (GuardRules(policies=(Policy(windows_denied=(pattern("bank"),)),)), set(SAID) - {"browser_get_dom"}),
        (GuardRules(confirm="always"), set(SAID) - {"browser_get_dom"}),
        (GuardRules(masks=[lambda: (Rect(0, 0, 1, 1),)]), set(SAID)),
    ],
)
def test_what_the_rules_forbid_or_cannot_judge_is_refused(rules: GuardRules, which: set[str]) -> None:
    """And nothing else."""
    assert refused(rules) == which
