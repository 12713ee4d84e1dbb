"""The rules of a run, as far as they can be kept by a browser that is driven by its own protocol: what cannot be judged is refused."""

from __future__ import annotations

from typing import Any

from coasty_desk.core.actions import Action, Click, Point, Scroll, TypeText
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.machines import commands

_SOMEWHERE = Point(0, 0)


def refusal(rules: GuardRules, command: str, parameters: Any) -> str:
    """Why the command must not be carried out, in words; empty where it may be. `parameters` are its own Struct."""
    if rules.masks or rules.mask_windows:
        return "parts of this screen are masked, and what a page in its browser shows of them cannot be"
    if command in commands.LOOKS:
        return ""
    if rules.confirm == "always":
        return "every action here waits for a person's yes, and nobody is there to give it"
    return next(filter(None, (_forbidden(policy, command, parameters) for policy in rules.policies)), "")


def _forbidden(policy: Policy, command: str, parameters: Any) -> str:
    action = _likeness(command, parameters)
    if action is None:
        if policy.allowed_actions is not None:
            return "the policy allows only the actions that it names, and this is none of them"
        if command == "browser_execute" and policy != Policy():
            return "there is a policy, and what a script would do cannot be judged by it"
        if command in ("browser_close", "browser_close_tab") and policy.block_window_close:
            return "the policy blocks what closes a window"
        action = Click(_SOMEWHERE)
        policy = Policy(windows_allowed=policy.windows_allowed, windows_denied=policy.windows_denied)
    return forbids(policy, action, Situation(points=(None,), windows=None))


def _likeness(command: str, parameters: Any) -> Action | None:
    """The action of a run that it is like."""
    match command:
        case "browser_click":
            return Click(_SOMEWHERE, parameters.button)
        case "browser_type":
            return TypeText(parameters.text + "\n" * bool(parameters.press_enter))
        case "browser_scroll":
            return Scroll(1)
        case _:
            return None
