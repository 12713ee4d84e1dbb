"""What a machine's worker has begun and what came of it, so that an operation that is asked for again is not done again.

Written before its input goes out, and readable by the service where the worker has died: what has begun and has no outcome is in
doubt, and stays so.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from coasty_desk import plain_files
from coasty_desk.machines.worker_protocol import CommandStep, StepResult, WorkerAnswer

FILE = "operations.db"

KEPT = 25 * 3600.0
"""Seconds: a little longer than the day for which a key is answered."""

MOST_KEPT = 100_000_000
"""Bytes of all answers: beyond that the pictures in the older half of them go. What was done stays known."""

_PRUNE_EVERY = 500

IN_DOUBT = (
    "It is not known whether this was done: what drives the machine ended while it was under way. "
    "Look at the screen before you ask for it again."
)
NOT_TRIED = "It was not tried: what drives the machine ended before."

_results = msgspec.msgpack.Decoder(tuple[StepResult, ...])
_answer = msgspec.msgpack.Decoder(WorkerAnswer)


class JournalEntry(Struct, frozen=True):
    """An operation: the `results` so far, the number of the step that was `begun` last, and its `answer` once it has one."""

    results: tuple[StepResult, ...]
    begun: int
    answer: WorkerAnswer | None


class OperationJournal:
    """One machine's journal; from any thread, and from several processes where only one writes."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where it cannot be written."""
        path = folder / FILE
        os.close(plain_files.made(path, os.O_RDWR))
        self._lock = threading.Lock()
        self._written = 0
        try:
            self._database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS operations (id TEXT PRIMARY KEY, at REAL, results BLOB, begun INTEGER, answer BLOB)"
            )
        except sqlite3.Error as error:
            message = f"the journal cannot be written: {error}"
            raise OSError(message) from error

    def find(self, operation: str) -> JournalEntry | None:
        """What is known of it."""
        with self._lock:
            row = self._database.execute(
                "SELECT results, begun, answer FROM operations WHERE id = ?", (operation,)
            ).fetchone()
        if row is None:
            return None
        return JournalEntry(_results.decode(row[0]), row[1], None if row[2] is None else _answer.decode(row[2]))

    def begin(self, operation: str, results: tuple[StepResult, ...], step: int) -> None:
        """That step is about to be done, after the earlier ones came to `results`."""
        self._put(
            "INSERT INTO operations VALUES (?, ?, ?, ?, NULL) "
            "ON CONFLICT (id) DO UPDATE SET results = excluded.results, begun = excluded.begun",
            (operation, time.time(), msgspec.msgpack.encode(results), step),
        )

    def finish(self, operation: str, answer: WorkerAnswer) -> None:
        """That is what came of it, once and for all."""
        self._put(
            "INSERT INTO operations VALUES (?, ?, ?, -1, ?) "
            "ON CONFLICT (id) DO UPDATE SET answer = excluded.answer, results = excluded.results",  # which are in the answer
            (operation, time.time(), msgspec.msgpack.encode(()), msgspec.msgpack.encode(answer)),
        )

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._database.close()

    def _put(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock:
            self._database.execute(statement, values)
            self._written += 1
            if self._written % _PRUNE_EVERY == 0:
                self._prune()

    def _prune(self) -> None:
        self._database.execute("DELETE FROM operations WHERE at < ?", (time.time() - KEPT,))
        (kept,) = self._database.execute("SELECT total(length(answer)) FROM operations").fetchone()
        if kept <= MOST_KEPT:
            return
        rows = self._database.execute("SELECT id, length(answer) FROM operations WHERE answer IS NOT NULL ORDER BY at")
        for operation, size in rows.fetchall():
            (answer,) = self._database.execute("SELECT answer FROM operations WHERE id = ?", (operation,)).fetchone()
            bare = _without_pictures(_answer.decode(answer))
            self._database.execute("UPDATE operations SET answer = ? WHERE id = ?", (bare, operation))
            kept -= size - len(bare)
            if kept <= MOST_KEPT / 2:
                return


def _without_pictures(answer: WorkerAnswer) -> bytes:
    results = tuple(msgspec.structs.replace(result, screenshot=None) for result in answer.results)
    return msgspec.msgpack.encode(msgspec.structs.replace(answer, results=results))


def cut_off(entry: JournalEntry, steps: tuple[CommandStep, ...]) -> WorkerAnswer:
    """What there is to answer of an operation whose worker died: what was done, the step in doubt, and what was never tried."""
    results = list(entry.results)
    for number, step in enumerate(steps[len(results) :], len(results)):
        doubt = number <= entry.begun
        results.append(StepResult(step.command, success=False, error=IN_DOUBT if doubt else NOT_TRIED, known=not doubt))
    return WorkerAnswer(tuple(results), aborted=True)
