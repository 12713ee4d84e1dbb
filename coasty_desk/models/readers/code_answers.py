"""pyautogui code as OpenCUA and Kimi answer: prose around a fence, a `computer` beside pyautogui, names that slip.

What is not plain pyautogui is written so, and read by `wire.pyautogui_source`, which executes nothing.
"""

from __future__ import annotations

import ast
import re
import warnings

from coasty_desk.core.actions import Verdict
from coasty_desk.models.readers.call_meanings import CallWords
from coasty_desk.wire.canonical_actions import MAX_CODE
from coasty_desk.wire.json_fields import UnreadableError, glimpse

_FENCE = re.compile(r"```[ \t]*(\w*)[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_RENAMED = {
    "click": "click",
    "double_click": "doubleClick",
    "triple_click": "tripleClick",
    "right_click": "rightClick",
    "middle_click": "middleClick",
    "tripleClick": "tripleClick",
    "move": "moveTo",
    "drag": "dragTo",
    "type": "write",
    "key": "press",
    "hotkey": "hotkey",
    "scroll": "scroll",
}
_ARGUMENTS = {("write", "text"): "message", ("typewrite", "text"): "message", ("press", "key"): "keys"}
WAITED = 5.0
"""Seconds of a `computer.wait()`, as in OpenCUA's own executor."""


def code_of(text: str) -> str:
    """The last fenced block, or the text where there is none."""
    blocks = [found[2] for found in _FENCE.finditer(text)]
    if blocks:
        return blocks[-1]
    _, marked, rest = text.rpartition("## Code:")
    return rest if marked else text


def plain_source(code: str, told: CallWords) -> str:
    """The same as pyautogui's own code; what it tells of the task is noted. Raises UnreadableError where it is no code."""
    if len(code) > MAX_CODE:
        msg = f"its code has {len(code)} characters, more than {MAX_CODE}"
        raise UnreadableError(msg)
    if code.count("{") > 2000 or sum(map(code.count, ";\n\r")) > 5000:
        msg = "its code is too long"
        raise UnreadableError(msg)
    if not re.search(
        r"\bcomputer\.|\b(?:text|key)\s*=|\bkeys\s*=|^[ \t]*\w+[ \t]*(?:,[ \t]*\w+[ \t]*)*=[^=]", code, re.MULTILINE
    ):
        return code
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code.strip())
        return ast.unparse(ast.fix_missing_locations(_Plain(told).visit(tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, UnreadableError):
            raise
        msg = "its code is not Python"
        raise UnreadableError(msg) from None


class _Plain(ast.NodeTransformer):
    """Rewrites a tree; constants that the code names itself are put in their place."""

    def __init__(self, told: CallWords) -> None:
        self._told = told
        self._named: dict[str, ast.Constant] = {}

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        pairs = _constants(node)
        if pairs is None:
            return node
        self._named |= pairs
        return None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._named.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            return node
        module, name = node.func.value.id, node.func.attr
        if module == "computer":
            if name == "terminate":
                return self._end(node)
            if name == "wait":
                seconds = [*node.args, *(one.value for one in node.keywords)] or [ast.Constant(WAITED)]
                return ast.Call(_attribute("time", "sleep"), seconds[:1], [])
            if name not in _RENAMED:
                msg = f"there is no action {glimpse(name, 40)}"
                raise UnreadableError(msg)
            name = _RENAMED[name]
        if module not in ("computer", "pyautogui"):
            return node
        for keyword in node.keywords:
            keyword.arg = _ARGUMENTS.get((name, keyword.arg or ""), keyword.arg)
        if name == "hotkey":
            node = _spread(node)
        node.func = _attribute("pyautogui", name)
        return node

    def _end(self, node: ast.Call) -> ast.AST:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        status, answer = (
            value.value if isinstance(value := given.get(name), ast.Constant) and isinstance(value.value, str) else None
            for name in ("status", "answer")
        )
        self._told.answer = answer or self._told.answer
        if (status or "success").lower() in ("success", "done"):
            return ast.Name(Verdict.DONE.name, ast.Load())
        if status is not None and status.lower() in ("failure", "fail", "failed", "infeasible"):
            return ast.Name(Verdict.FAIL.name, ast.Load())
        msg = f"there is no status {glimpse(status, 40)}"
        raise UnreadableError(msg)


def _spread(node: ast.Call) -> ast.Call:
    """`hotkey(keys=[…])` and `hotkey([…])` name the keys that `hotkey` takes one by one."""
    lists = [keyword.value for keyword in node.keywords if keyword.arg in ("keys", "key")]
    others = [keyword for keyword in node.keywords if keyword.arg not in ("keys", "key")]
    given = [*node.args, *lists]
    if len(given) == 1 and isinstance(given[0], ast.List | ast.Tuple):
        given = list(given[0].elts)
    return ast.Call(node.func, given, others)


def _constants(node: ast.Assign) -> dict[str, ast.Constant] | None:
    """The plain values that a statement gives names to; None for any other statement."""
    if len(node.targets) != 1:
        return None
    target, value = node.targets[0], node.value
    pairs = (
        list(zip(target.elts, value.elts, strict=False))
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)
        else [(target, value)]
    )
    found: dict[str, ast.Constant] = {}
    for name, constant in pairs:
        if not isinstance(name, ast.Name) or not isinstance(constant, ast.Constant):
            return None
        found[name.id] = constant
    return found


def _attribute(module: str, name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(module, ast.Load()), name, ast.Load())
