"""What a project's file may do with a setting of the person's own: tighten it, be added to it, or nothing unless it is trusted. Pure.

A rule is given the person's own `settings.Settings` (options included), the setting's name, and the value that the
project's file has for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from coasty_desk import presets
from coasty_desk.core.scaling import Size

Allowed = Literal["harmless", "tightened", "left out", "added", "by trust", "never"]
"""What becomes of the value.

`harmless` is taken; `tightened` is taken, because what holds without it is weaker or the same; `left out` would loosen
that; `added` is in force beside it; `by trust` is an error unless the person trusts the file; `never` is of no effect
even then.
"""

Rule: TypeAlias = Callable[[Any, str, Any], Allowed]


def _always(allowed: Allowed) -> Rule:
    return lambda _own, _name, _value: allowed


HARMLESS, ADDED, BY_TRUST, NEVER = _always("harmless"), _always("added"), _always("by trust"), _always("never")


def switched_on(own: Any, name: str, value: bool) -> Allowed:  # noqa: FBT001 - a rule takes any value
    """A protection may be switched on."""
    return "tightened" if value or not getattr(own, name) else "left out"


def smaller(own: Any, name: str, value: float) -> Allowed:
    """A limit may be lowered; None is none."""
    limit = own.steps if name == "max_steps" else getattr(own, name)
    return "tightened" if limit is None or value <= limit else "left out"


def day_capped(own: Any, name: str, value: int) -> Allowed:
    """To keep to a day's cap, what is spent is written down: not where the person wants nothing kept."""
    return "left out" if own.no_record and own.daily_cents is None else smaller(own, name, value)


def stricter(*weakest_first: str) -> Rule:
    """A choice may be exchanged for a stricter one."""

    def rule(own: Any, name: str, value: str) -> Allowed:
        loosened = weakest_first.index(value) < weakest_first.index(getattr(own, name))
        return "left out" if loosened else "tightened"

    return rule


def asks_more(own: Any, _name: str, value: str) -> Allowed:
    """More may be asked about than the person's setting or preset says."""
    order = ("never", "risky", "always")
    before = own.confirm or presets.load(own.preset).confirm
    return "tightened" if order.index(value) >= order.index(before) else "left out"


def smaller_picture(own: Any, _name: str, value: Size) -> Allowed:
    """Less of the screen may be sent. A policy's bounds are in these pixels, and would mean other places."""
    return "tightened" if value == own.max_size or (own.max_size.holds(value) and not own.policy) else "left out"


def built_in(own: Any, _name: str, value: str) -> Allowed:
    """One of the program's own texts may be chosen where the person has chosen none; another text may tell the model anything."""
    if not presets.is_built_in(value):
        return "by trust"
    return "harmless" if own.preset in (presets.DEFAULT, value) else "left out"
