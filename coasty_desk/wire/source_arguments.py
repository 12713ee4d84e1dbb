"""The literal arguments of a call in pyautogui source. Values are read off the syntax tree; nothing is evaluated."""

from __future__ import annotations

import ast
from typing import TypeAlias

from coasty_desk.wire.json_fields import Fields, short, unreadable

Literal: TypeAlias = "str | int | float | bool | list[Literal] | None"

Names: TypeAlias = dict[str, str]
"""What a name in the source stands for: a module (`pyautogui`) or one of its functions (`pyautogui.click`)."""

_CONSTANTS = {f"pyautogui.{name.upper()}": name for name in ("left", "middle", "right", "primary", "secondary")}


def dotted(node: ast.expr, names: Names) -> str | None:
    """`pyautogui.click` for `pg.click` after `import pyautogui as pg`; None for whatever is not a known name."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = names.get(node.value.id)
        return None if module is None or "." in module else f"{module}.{node.attr}"
    return None


def bind(call: ast.Call, parameters: tuple[str, ...], names: Names) -> Fields:
    """The call's arguments by the names of its parameters. Raises UnreadableError where one is not a literal."""
    given = positional(call, names)
    if len(given) > len(parameters):
        unreadable(f"it has {len(given)} arguments, more than {len(parameters)}")
    bound = dict(zip(parameters, given, strict=False))
    keywords = named(call, parameters, names)
    twice = bound.keys() & keywords.keys()
    if twice:
        unreadable(f"{min(twice)} is given twice")
    return Fields({**bound, **keywords})


def named(call: ast.Call, parameters: tuple[str, ...], names: Names) -> dict[str, Literal]:
    """The arguments with a name, which is to be one of `parameters`. Raises UnreadableError."""
    given: dict[str, Literal] = {}
    for keyword in call.keywords:
        if keyword.arg not in parameters:
            unreadable(
                "an argument is unpacked" if keyword.arg is None else f"there is no argument {short(keyword.arg, 30)}"
            )
        given[keyword.arg] = literal(keyword.value, names)
    return given


def positional(call: ast.Call, names: Names) -> list[Literal]:
    """The arguments without a name; a literal list behind a star is unpacked. Raises UnreadableError."""
    given: list[Literal] = []
    for node in call.args:
        if isinstance(node, ast.Starred):
            several = literal(node.value, names)
            given.extend(several if isinstance(several, list) else [several])
        else:
            given.append(literal(node, names))
    return given


def literal(node: ast.expr, names: Names) -> Literal:
    """The value that is written there, lists for tuples. Raises UnreadableError for whatever would have to be computed."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as value)):
            return -value if isinstance(sign, ast.USub) else +value
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [literal(element, names) for element in elements]
        case ast.JoinedStr(values=parts):
            if any(isinstance(part, ast.FormattedValue) for part in parts):
                unreadable("an f-string has a placeholder")
            return "".join(str(literal(part, names)) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):  # as a long text is often written
            before, after = literal(left, names), literal(right, names)
            if not isinstance(before, str) or not isinstance(after, str):
                unreadable("an argument is computed")
            return before + after
        case ast.Attribute(attr=attribute):
            name = dotted(node, names) or ""
            if name in _CONSTANTS:
                return _CONSTANTS[name]
            if name.startswith("pyautogui.ease") or name == "pyautogui.linear":
                return attribute  # of an easing, which every call ignores here
    return unreadable("an argument is not a plain value")
