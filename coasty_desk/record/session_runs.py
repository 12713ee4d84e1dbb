"""Which recorded run opened which session at the service, and what a run that was cut off may have left open there."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from coasty_desk.core import events as ev
from coasty_desk.record import listing
from coasty_desk.record.journal import request_in
from coasty_desk.record.spending import SpendingLedger


class LeftOpen(Struct, frozen=True):
    """Sessions that a run has opened, and the keys of requests for one whose answer it did not live to see."""

    sessions: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sessions or self.requests)


def runs_of(runs: Path, ledger: SpendingLedger) -> dict[str, str]:
    """The run of each session that is on record: in a journal, or in the ledger where the journal is gone."""
    spent = {entry.what: entry.run_id for entry in ledger.entries() if not entry.what.isdecimal()}
    kept = {session: one.run_id for one in listing.summaries(runs) for session in _opened(runs / one.run_id)[0]}
    return spent | kept


def left_open(folder: Path) -> LeftOpen:
    """What the run in the folder may have left open; where it has come to its end, what that says."""
    sessions, ended = _opened(folder)
    if ended is None:
        kept = map(request_in, sorted(folder.glob("request-*-session.json")))
        return LeftOpen(sessions, tuple(posted.key for posted in kept if posted is not None and posted.body))
    return LeftOpen(
        tuple(name for name in ended.left_open if name in sessions),
        tuple(name for name in ended.left_open if name not in sessions),
    )


def _opened(folder: Path) -> tuple[tuple[str, ...], ev.RunEnded | None]:
    sessions: dict[str, None] = {}
    ended: ev.RunEnded | None = None
    for event in listing.events(folder):
        ended = event if isinstance(event, ev.RunEnded) else None
        if isinstance(event, ev.Charged) and event.session_id is not None:
            sessions[event.session_id] = None
    return tuple(sessions), ended
