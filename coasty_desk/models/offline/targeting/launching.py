"""Which application of the menu a name means: what `open NAME` is about. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from coasty_desk.core.actions import Launch
from coasty_desk.core.applications import Application
from coasty_desk.models.offline.steps.context import CannotError
from coasty_desk.models.offline.targeting.matching import folded


def named(name: str, menu: Sequence[Application] | None) -> Launch:
    """The start of the one application that the name means; without a menu, of whatever the system calls so. Raises CannotError."""
    if menu is None:
        return Launch(name)
    found = chosen(name, menu)
    return Launch(found.name, found.entry)


def chosen(name: str, known: Sequence[Application]) -> Application:
    """The one application that the name means. Raises CannotError where there is none, or where several are meant."""
    for fits in (_is_named, _has_word):
        for rank in range(4):
            found = [one for one in known if len(one.known_as) > rank and fits(name, one.known_as[rank])]
            found = [one for one in found if not one.in_terminal] or found
            if len({one.command for one in found}) == 1:
                return _not_in_terminal(found[0])
            if found:
                names = ", ".join(sorted({f"“{one.name}”" for one in found}))
                raise CannotError(why=f"several applications are called “{name}”: {names}")
    names = ", ".join(f"“{one.name}”" for one in known[:12])
    there = f"there are {names}" if names else "no menu entries were found"
    raise CannotError(why=f"no application is called “{name}”; {there}")


def _is_named(name: str, known: str) -> bool:
    return bool(known) and folded(name) == folded(known)


def _has_word(name: str, known: str) -> bool:
    words = [folded(word) for word in known.replace("-", " ").split()]
    return all(folded(word) in words for word in name.split())


def _not_in_terminal(one: Application) -> Application:
    if one.in_terminal:
        raise CannotError(why=f"“{one.name}” runs in a terminal: open a terminal and type {shlex.join(one.command)}")
    return one
