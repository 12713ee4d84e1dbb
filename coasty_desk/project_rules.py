"""What a project's file may do with a setting of the person's own: tighten it, be added to it, or nothing unless it is trusted. Pure.

A rule is given the person's own `settings.Settings` (options included), the setting's name, and the value that the
project's file has for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from coasty_desk import presets
from coasty_desk.core.scaling import Size

Allowed = Literal["harmless", "tightened", "left out", "added", "by trust", "never"]
"""What becomes of the value.

`harmless` is taken; `tightened` is taken, because what holds without it is weaker or the same; `left out` would loosen
that; `added` is in force beside it; `by trust` is an error unless the person trusts the file; `never` is of no effect
even then.
"""


class ProjectRule(Struct, frozen=True):
    """Judges a value; `says` is what such a file may do with the setting, for the person to read."""

    says: str
    judge: Callable[[Any, str, Any], Allowed]

    def __call__(self, own: Any, name: str, value: Any) -> Allowed:
        """What becomes of it."""
        return self.judge(own, name, value)


def _switched_on(own: Any, name: str, value: bool) -> Allowed:  # noqa: FBT001 - a rule takes any value
    return "tightened" if value or not getattr(own, name) else "left out"


def _smaller(own: Any, name: str, value: float) -> Allowed:
    limit = own.steps if name == "max_steps" else getattr(own, name)
    return "tightened" if limit is None or value <= limit else "left out"


def _day_capped(own: Any, name: str, value: int) -> Allowed:
    """To keep to a day's cap, what is spent is written down: not where the person wants nothing kept."""
    return "left out" if own.no_record and own.daily_cents is None else _smaller(own, name, value)


def _stricter(*weakest_first: str) -> ProjectRule:
    """A choice may be exchanged for a stricter one."""

    def rule(own: Any, name: str, value: str) -> Allowed:
        loosened = weakest_first.index(value) < weakest_first.index(getattr(own, name))
        return "left out" if loosened else "tightened"

    return ProjectRule("may make it stricter", rule)


def _asks_more(own: Any, _name: str, value: str) -> Allowed:
    """More may be asked about than the person's setting or preset says."""
    order = ("never", "risky", "always")
    before = own.confirm or presets.load(own.preset).confirm
    return "tightened" if order.index(value) >= order.index(before) else "left out"


def _smaller_picture(own: Any, _name: str, value: Size) -> Allowed:
    """Less of the screen may be sent. A policy's bounds are in these pixels, and would mean other places."""
    return "tightened" if value == own.max_size or (own.max_size.holds(value) and not own.policy) else "left out"


def _built_in(own: Any, _name: str, value: str) -> Allowed:
    """Another text may tell the model anything."""
    if not presets.is_built_in(value):
        return "by trust"
    return "harmless" if own.preset in (presets.DEFAULT, value) else "left out"


HARMLESS = ProjectRule("may set it", lambda _own, _name, _value: "harmless")
ADDED = ProjectRule("may add to it", lambda _own, _name, _value: "added")
BY_TRUST = ProjectRule("may set it only where you trust it", lambda _own, _name, _value: "by trust")
NEVER = ProjectRule("may not set it", lambda _own, _name, _value: "never")
SWITCHED_ON = ProjectRule("may switch it on", _switched_on)
SMALLER = ProjectRule("may lower it", _smaller)
DAY_CAPPED = ProjectRule("may lower it", _day_capped)
ASKS_MORE = ProjectRule("may have more asked about", _asks_more)
SMALLER_PICTURE = ProjectRule("may make it smaller, where you have no policy", _smaller_picture)
STRICTER_AT_INPUT = _stricter("ignore", "pause", "stop")
STRICTER_ON_TERMINAL = _stricter("show", "auto", "hide")
BUILT_IN = ProjectRule("may choose another of the program's own, where you have chosen none", _built_in)
