"""What a person has agreed that a run may cost, beside the runs: a dearer one is asked about again."""

from __future__ import annotations

import json
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk.record import disk_errors
from coasty_desk.record.spending import SpendingLedger
from coasty_desk.wire.json_fields import Fields, UnreadableError, parse_json

AGREED = "agreed.json"

BEFORE = 248
"""Cents that a run of the usual size costs at most: what somebody has agreed to who has paid before this was kept."""


class Agreed:
    """A file with one amount in cents."""

    def __init__(self, path: Path, ledger: SpendingLedger) -> None:
        self._path = path
        self._ledger = ledger

    def cents(self) -> int:
        """The dearest run that was agreed to; 0 where none was."""
        try:
            found = Fields.of(parse_json(plain_files.read(self._path, 10_000)), "the file").whole(
                "cents", at_most=10**9
            )
        except (OSError, UnreadableError):
            found = None
        if found is None:
            return BEFORE if self._ledger.entries() else 0
        return max(found, 0)

    def add(self, cents: int) -> None:
        """A run that may cost so much was agreed to. Raises DesktopError."""
        if self._path.exists() and cents <= self.cents():
            return
        with disk_errors.disk_errors():
            plain_files.folder(self._path.parent)
            plain_files.write(self._path, json.dumps({"cents": max(cents, self.cents())}).encode("ascii"))
