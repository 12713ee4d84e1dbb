"""Whether a condition holds (API.md §12.2): equality by type, comparison of numbers, nothing evaluated as code."""

from __future__ import annotations

import re
from typing import Any

from coasty_desk.workflows.definition import CheckValue, Combine, Compare, Condition, Negate
from coasty_desk.workflows.references import Scope, filled, text

LONGEST = 1_000_000
"""Characters of what is compared."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{0,400})?(?:[eE][+-]?[0-9]{1,4})?")


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether it does, with what is known. Raises TooLongError."""
    match condition:
        case Combine("and", conditions):
            return all(holds(one, scope) for one in conditions)
        case Combine(_, conditions):
            return any(holds(one, scope) for one in conditions)
        case Negate(inner):
            return not holds(inner, scope)
        case CheckValue(op, value):
            found = filled(value, scope, LONGEST)
            if op == "exists":
                return found is not None
            return bool(found) is (op == "truthy")
        case Compare(op, left, right):
            one, other = filled(left, scope, LONGEST), filled(right, scope, LONGEST)
            match op:
                case "eq":
                    return same(one, other)
                case "ne":
                    return not same(one, other)
                case "contains":
                    return _contains(one, other)
                case _:
                    return _compares(op, one, other)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values: `1` is `1.0`, but neither `"1"` nor `true`; lists and objects all through."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return type(one) is type(other) and bool(one == other)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, str):
        return part is not None and text(part) in whole
    if isinstance(whole, list):
        return any(same(one, part) for one in whole)
    return isinstance(whole, dict) and isinstance(part, str) and part in whole


def _compares(op: str, left: Any, right: Any) -> bool:
    one, other = _number(left), _number(right)
    if one is None or other is None:
        return False
    match op:
        case "lt":
            return one < other
        case "gt":
            return one > other
        case "lte":
            return one <= other
        case _:
            return one >= other


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None
