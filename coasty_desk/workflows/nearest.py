"""The right word for a wrong one, as a mistake in a definition tells it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

_LOOKED_AT = 60
"""Letters of a word: what is longer is near to nothing."""

OPERATORS: Mapping[str, str] = {
    **dict.fromkeys(("=", "==", "===", "equals", "equal", "is"), "eq"),
    **dict.fromkeys(("!=", "<>", "not_equals", "neq", "is_not"), "ne"),
    **dict.fromkeys((">", "greater_than", "greater", "more_than"), "gt"),
    **dict.fromkeys((">=", "gte", "ge", "at_least"), "gte"),
    **dict.fromkeys(("<", "less_than", "less"), "lt"),
    **dict.fromkeys(("<=", "lte", "le", "at_most"), "lte"),
    **dict.fromkeys(("&&", "all"), "and"),
    **dict.fromkeys(("||", "any"), "or"),
    **dict.fromkeys(("!",), "not"),
    **dict.fromkeys(("includes", "has", "in"), "contains"),
    **dict.fromkeys(("true", "is_true"), "truthy"),
}
"""What operators are called elsewhere."""

STEPS: Mapping[str, str] = {
    **dict.fromkeys(("run", "action", "agent", "prompt", "do"), "task"),
    **dict.fromkeys(("for", "foreach", "for_each", "while", "repeat", "each"), "loop"),
    **dict.fromkeys(("condition", "branch", "switch", "when"), "if"),
    **dict.fromkeys(("approval", "approve", "confirm", "ask", "human"), "human_approval"),
    **dict.fromkeys(("check", "verify", "expect"), "assert"),
    **dict.fromkeys(("error", "abort", "stop", "throw"), "fail"),
    **dict.fromkeys(("done", "finish", "end", "return", "success"), "succeed"),
    **dict.fromkeys(("concurrent", "fork"), "parallel"),
    **dict.fromkeys(("try",), "retry"),
}
"""What steps are called elsewhere."""


def near(said: object, known: Collection[str], called: Mapping[str, str] | None = None, *, all_of: str = "") -> str:
    """`; did you mean X?`, where one of the known words is near to it, or is what others call it: those are in `called`.

    Where none is, all of them, with `all_of` as what they are; nothing without that.
    """
    if isinstance(said, str):
        word = said.strip().lower()[:_LOOKED_AT]
        other = (called or {}).get(word.replace("-", "_").replace(" ", "_"))
        found = [other] if other in known else difflib.get_close_matches(said[:_LOOKED_AT], list(known), n=1)
        found = found or difflib.get_close_matches(word, list(known), n=1)
        if found:
            return f"; did you mean {found[0]}?"
    return f"; {all_of} are {', '.join(known)}" if all_of else ""
