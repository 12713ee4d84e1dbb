"""Where a request is kept from before it goes out until its answer is known: what makes paying twice impossible."""

from __future__ import annotations

from typing import Protocol

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
