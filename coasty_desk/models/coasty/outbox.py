"""Where a request is kept from before it goes out until its answer is known: what makes paying twice impossible."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from coasty_desk.wire.open_purchase import Posted, What


class Outbox(Protocol):
    """Keeps the open step's requests."""

    def keep(self, posted: Posted) -> None:
        """Have it safe before this returns; a later generation takes its place. Raises DesktopError where it cannot."""
        ...

    def kept(self, step: int, what: What) -> Posted | None:
        """The request of this step that was kept last, unless its answer is safe; one without a body came to nothing."""
        ...


class Memory:
    """An outbox for a run that leaves nothing on disk, and so cannot be taken up again."""

    def __init__(self) -> None:
        self._kept: dict[What, Posted] = {}

    def keep(self, posted: Posted) -> None:
        """Remember it in place of the last one."""
        self._kept[posted.what] = posted

    def kept(self, step: int, what: What) -> Posted | None:
        """The last one, if it is this step's."""
        posted = self._kept.get(what)
        return posted if posted is not None and posted.step == step else None


def as_kept(outbox: Outbox, posted: Posted) -> tuple[Posted, bool]:
    """The same purchase as it may have gone out already, and whether it may.

    One under the same name elsewhere, in a session that is gone, is made anew with what it asked.
    """
    kept = outbox.kept(posted.step, posted.what)
    if kept is None or kept.name != posted.name:
        return posted, False
    if not kept.body:
        return replace(posted, generation=kept.generation), False
    if kept.path != posted.path:
        return replace(kept, path=posted.path, generation=kept.generation + 1), False
    return kept, True


def void(outbox: Outbox, step: int, what: What) -> None:
    """The purchase came to nothing: what is asked next is another one."""
    kept = outbox.kept(step, what)
    if kept is not None:
        outbox.keep(kept.void())
