"""What the engine on disk has to keep besides: kills, other processes, new versions, and what DBOS would do if it were let."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from coasty_desk.automation import dbos_engine, storage
from coasty_desk.automation.dbos_engine import DbosEngine
from coasty_desk.automation.named_lock import NamedLock
from coasty_desk.core.errors import UsageError
from tests.automation.engines import PATIENCE, Bench, DbosWorld, saying, work
from tests.automation.postgres import new_database

ROOT = Path(__file__).parent.parent.parent


class Processes:
    """Processes on one place, one after another, and what they wrote down."""

    def __init__(self, place: Path | str, folder: Path) -> None:
        self.place = place
        self.lock = folder / "engine.lock"
        self.log = folder / "log"
        self.errors = folder / "errors"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """One that is ready or was refused."""
        before = self.count("ready", "refused")
        with self.errors.open("ab") as errors:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.automation.engine_process",
                    str(self.place),
                    str(self.lock),
                    str(self.log),
                ],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **environment},
            )
        self._started.append(process)
        self.until(lambda: self.count("ready", "refused") > before or process.poll() is not None)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def submit(self, *names: str, payload: str, queue: str = "q") -> None:
        engine = DbosEngine(self.place, self.lock)
        for name in names:
            engine.submit(work(name, payload=payload, queue=queue))
        engine.close()

    def lines(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []

    def count(self, *words: str) -> int:
        return sum(line.split()[0] in words for line in self.lines())

    def until(self, condition: Callable[[], bool]) -> None:
        last = time.monotonic() + 3 * PATIENCE
        while not condition():
            assert time.monotonic() < last, (self.lines(), self.errors.read_text("utf-8"))
            time.sleep(0.02)

    def wait(self, *lines: str) -> None:
        self.until(lambda: set(lines) <= set(self.lines()))

    def close(self) -> None:
        for process in self._started:
            if process.stdin:
                process.stdin.close()
            process.kill()
            process.wait()


@pytest.fixture
def processes(place: Path | str, tmp_path: Path) -> Iterator[Processes]:
    """On SQLite and on Postgres."""
    found = Processes(place, tmp_path)
    yield found
    found.close()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Processes]:
    """On SQLite alone."""
    found = Processes(tmp_path / "engine.sqlite3", tmp_path)
    yield found
    found.close()


def test_a_process_killed_in_the_middle_of_its_work_is_followed_by_one_that_goes_on(processes: Processes) -> None:
    """Rule 1: the handler is called again, and knows that it is; what waits behind it goes on waiting."""
    processes.submit("b", payload="stays")
    processes.submit("a", payload="short")
    first = processes.start()
    processes.wait("begin b 1")
    processes.kill(first)
    processes.start()
    processes.wait("begin b 2")
    assert processes.lines() == ["ready", "begin b 1", "ready", "begin b 2"]


def test_no_kill_loses_work_or_lets_two_of_one_queue_overlap(on_sqlite: Processes) -> None:
    """Rules 1 and 7: whenever it dies; each is carried out to its end, and its end is its end."""
    names = [f"{queue}{number}" for queue in "pq" for number in range(8)]
    for queue in "pq":
        on_sqlite.submit(*(name for name in names if name[0] == queue), payload="short", queue=queue)
    for done in (2, 5, 9):
        process = on_sqlite.start()
        on_sqlite.until(lambda done=done: on_sqlite.count("end") >= done)  # type: ignore[misc]
        on_sqlite.kill(process)
    on_sqlite.start()
    on_sqlite.wait(*(f"end {name}" for name in names))
    inside: dict[str, str] = {}
    for line in on_sqlite.lines():
        word, _, rest = line.partition(" ")
        name = rest.split(" ")[0]
        if word == "ready":
            inside.clear()
        elif word == "begin":
            assert name[0] not in inside, line
            inside[name[0]] = name
        else:
            assert inside.pop(name[0]) == name
    ends = Counter(line for line in on_sqlite.lines() if line.startswith("end"))
    assert sum(ends.values()) <= len(names) + 3, "a kill between a handler's end and what is written of it, at most"
    firsts = [line.split()[1] for line in on_sqlite.lines() if line.startswith("begin") and line.endswith(" 1")]
    assert [name for name in firsts if name[0] == "p"] == [f"p{number}" for number in range(8)]


def test_a_message_survives_the_kill_of_who_waits_for_it(processes: Processes) -> None:
    """Rule 4: a wait is one for a message; who sends it need not know who is there to hear it."""
    processes.submit("1", payload="answered")
    first = processes.start()
    processes.wait("begin 1 1")
    processes.kill(first)
    engine = DbosEngine(processes.place, processes.lock)
    assert not engine.cancel("1"), "rule 2: what has begun has its queue until its handler has returned"
    engine.signal("1", "answer", "yes", once="n")
    engine.signal("1", "answer", "yes", once="n")
    engine.close()
    processes.start()
    processes.wait("hears yes", "end 1")


def test_another_process_is_heard_while_one_waits(on_sqlite: Processes) -> None:
    """What is submitted and said elsewhere is seen without anybody telling."""
    on_sqlite.start()
    on_sqlite.submit("1", payload="answered")
    on_sqlite.wait("begin 1 1")
    engine = DbosEngine(on_sqlite.place, on_sqlite.lock)
    engine.signal("1", "answer", "no")
    engine.close()
    on_sqlite.wait("hears no", "end 1")


def test_a_second_process_is_refused_and_does_not_run_the_firsts_work_again(on_sqlite: Processes) -> None:
    """Rule 6: two that carry out one database's work would do it twice."""
    on_sqlite.submit("1", payload="stays")
    on_sqlite.start()
    on_sqlite.wait("begin 1 1")
    on_sqlite.start()
    assert on_sqlite.lines()[2].startswith("refused Another process carries out the work of ")
    assert on_sqlite.count("begin") == 1


def test_two_computers_of_one_name_do_not_carry_out_one_databases_work(postgres: Any, tmp_path: Path) -> None:
    """Each has a lock file of its own; the database knows the other one, until that has ended."""
    address = new_database(postgres)
    first, second, third = (DbosEngine(address, tmp_path / f"{name}.lock") for name in "abc")
    first.begin({})
    try:
        with pytest.raises(UsageError, match="Another computer") as caught:
            second.begin({})
        assert "--database" in caught.value.remedy
    finally:
        second.close()
        first.close()
    try:
        third.begin({})
    finally:
        third.close()


def test_a_lock_whose_connection_is_lost_is_taken_again_or_all_ends(
    postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Safety sentence: whoever has lost the database for a moment has it again, and whoever has lost it to another computer carries out nothing more."""
    monkeypatch.setattr(dbos_engine, "HELD", 0.5)
    address = new_database(postgres)
    usurped = threading.Event()
    first = DbosEngine(address, tmp_path / "a.lock", usurped=usurped.set)
    first.begin({})
    pool = storage.postgres_pool(address)
    other = NamedLock(pool, "coasty-desk this-computer")

    def cut() -> int:
        ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'coasty-desk this-computer'"
        with pool.connect() as connection:
            pid = connection.execute(text(ours)).scalar() or 0
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            return int(pid)

    def again(before: int) -> bool:
        ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'coasty-desk this-computer' AND pid <> :pid"
        with pool.connect() as connection:
            return bool(connection.execute(text(ours), {"pid": before}).first())

    try:
        lease = first.lease()
        assert lease is not None
        before = cut()
        until = time.monotonic() + 20
        while not again(before):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert lease.holds()
        assert not other.take()
        assert not usurped.is_set()
        while not other.take():  # whoever is first
            cut()
        assert usurped.wait(10)
        assert not lease.holds()
        assert first.ending.is_set()
    finally:
        other.let_go()
        pool.dispose()
        first.close()


def test_the_environment_and_a_new_version_change_nothing(on_sqlite: Processes) -> None:
    """Rules 5 and 6: another version goes on with what was cut off, and nothing is reported to another computer."""
    on_sqlite.submit("1", payload="stays")
    on_sqlite.kill(on_sqlite.start(DBOS__APPVERSION="a-hash"))
    started = on_sqlite.count("begin")
    on_sqlite.start(
        DBOS__APPVERSION="another-hash",
        DBOS__VMID="another",
        DBOS__CLOUD="true",
        DBOS__CONDUCTOR_KEY="k",
        DBOS__CONDUCTOR_URL="wss://192.0.2.1/",
        DBOS__CONDUCTOR_APP_NAME="x",
    )
    on_sqlite.until(lambda: on_sqlite.count("begin") > started)
    with sqlite3.connect(on_sqlite.place) as kept:
        rows = kept.execute("SELECT application_version, executor_id FROM workflow_status").fetchall()
    kept.close()
    assert rows == [(dbos_engine.VERSION, "this-computer")]
    assert on_sqlite.count("network") == 0, on_sqlite.lines()


def test_an_end_in_order_leaves_what_is_under_way_to_the_next(on_sqlite: Processes) -> None:
    """Nothing holds up the program's end, not a handler that waits for an hour."""
    on_sqlite.submit("1", payload="answered")
    process = on_sqlite.start()
    on_sqlite.wait("begin 1 1")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(3 * PATIENCE) == 0
    on_sqlite.start()
    on_sqlite.wait("begin 1 2")


def test_the_file_is_for_its_owner_alone_and_holds_nothing_that_would_be_executed(tmp_path: Path) -> None:
    """Rule 8: 0600 and in WAL before DBOS opens it, and what it keeps of ours is JSON."""
    path = tmp_path / "engine.sqlite3"
    before = os.umask(0)
    bench = Bench(DbosWorld(path, tmp_path / "engine.lock"))
    try:
        engine = bench.begin(k=saying(bench))
        engine.submit(work("1", payload="secret-free"))
        engine.submit(work("2"))
        bench.wait("2")
        modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir() if each.name.startswith("engine")}
        with sqlite3.connect(path) as kept:
            journal = kept.execute("PRAGMA journal_mode").fetchone()
            kinds = kept.execute("SELECT DISTINCT serialization FROM workflow_status").fetchall()
            dump = "".join(kept.iterdump())
        kept.close()
    finally:
        os.umask(before)
        bench.close()
    assert modes == {0o600}
    assert journal == ("wal",)
    assert kinds == [("coasty-desk-json",)]
    assert "gAS" not in dump, "as a pickle begins"


def test_what_dbos_finds_wrong_is_one_line_of_our_own_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Rule 8: no traceback on anybody's terminal, and nothing below an error at all."""
    bench = Bench(DbosWorld(tmp_path / "engine.sqlite3", tmp_path / "engine.lock"))
    bench.begin(k=saying(bench))
    log = logging.getLogger("dbos")
    log.error("it failed", exc_info=ZeroDivisionError("by\nnothing"))
    log.warning("it may fail")
    bench.close()
    ours = [each for each in caplog.records if each.name == "coasty_desk.engine"]
    assert [(each.levelname, each.getMessage()) for each in ours] == [("ERROR", "it failed ZeroDivisionError: by")]
    assert not any(each.exc_info for each in ours)
    assert "Traceback" not in capfd.readouterr().err


def test_where_dbos_cannot_be_nudged_it_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that is nudged is DBOS's own affair, which another version may not have."""
    monkeypatch.setattr(dbos_engine, "import_module", lambda name: object())
    bench = Bench(DbosWorld(tmp_path / "engine.sqlite3", tmp_path / "engine.lock"))
    engine = bench.begin(k=saying(bench))
    engine.submit(work("1"))
    engine.submit(work("2"))
    bench.wait("1", "2")
    bench.close()
