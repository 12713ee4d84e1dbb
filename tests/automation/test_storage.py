"""What automation keeps: for its owner alone, whole or not at all, the same in SQLite and in Postgres."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from coasty_desk.automation.storage import Storage
from coasty_desk.core.errors import UsageError

TABLES = (("CREATE TABLE things (name VARCHAR(64) PRIMARY KEY, size INTEGER NOT NULL)",),)


def _kept(place: Path | str) -> Storage:
    storage = Storage(place)
    storage.upgrade("things", TABLES)
    return storage


def _put(storage: Storage, name: str, size: int = 1) -> None:
    with storage.transaction() as connection:
        connection.execute(text("INSERT INTO things VALUES (:name, :size)"), {"name": name, "size": size})


def _put_twice(storage: Storage, name: str) -> None:
    with storage.transaction() as connection:
        for _ in range(2):
            connection.execute(text("INSERT INTO things VALUES (:name, 1)"), {"name": name})


def _names(storage: Storage) -> list[str]:
    with storage.reading() as connection:
        return list(connection.execute(text("SELECT name FROM things ORDER BY name")).scalars())


def test_what_was_written_is_there_for_the_next_one_who_opens_it(place: Path | str) -> None:
    """And its tables are made once."""
    first = _kept(place)
    _put(first, "a")
    first.close()
    second = _kept(place)
    assert _names(second) == ["a"]
    second.close()


def test_a_transaction_that_fails_leaves_nothing(place: Path | str) -> None:
    """All of its changes or none."""
    storage = _kept(place)
    with pytest.raises(IntegrityError):
        _put_twice(storage, "a")
    assert _names(storage) == []
    storage.close()


def test_one_of_many_wins_a_change_that_says_what_it_depends_on(place: Path | str) -> None:
    """Compare and set in one statement: whoever changes no row has lost."""
    storage = _kept(place)
    _put(storage, "a", 0)
    won: list[int] = []

    def change() -> None:
        with storage.transaction() as connection:
            changed = connection.execute(text("UPDATE things SET size = 1 WHERE name = 'a' AND size = 0"))
            won.append(changed.rowcount)

    threads = [threading.Thread(target=change) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [0, 0, 0, 0, 0, 1]
    storage.close()


def test_tables_are_brought_to_their_newest_version_one_by_one(place: Path | str) -> None:
    """What is there is kept, and tables of a later version are left alone."""
    storage = _kept(place)
    _put(storage, "a")
    newer = (*TABLES, ("ALTER TABLE things ADD COLUMN colour VARCHAR(9)", "UPDATE things SET colour = 'red'"))
    storage.upgrade("things", newer)
    storage.upgrade("things", newer)
    with storage.reading() as connection:
        assert connection.execute(text("SELECT name, colour FROM things")).one() == ("a", "red")
    with pytest.raises(UsageError, match="a later version of coasty-desk"):
        storage.upgrade("things", TABLES)
    storage.close()


def test_a_question_sees_no_half_of_a_change_and_does_not_wait_for_it(place: Path | str) -> None:
    """Who looks at a run is not held up by who writes it."""
    storage = _kept(place)
    _put(storage, "a")
    with storage.transaction() as connection:
        connection.execute(text("INSERT INTO things VALUES ('b', 1)"))
        assert _names(storage) == ["a"]
    assert _names(storage) == ["a", "b"]
    storage.close()


def test_the_file_and_what_is_beside_it_are_for_their_owner_alone_before_anything_is_in_them(tmp_path: Path) -> None:
    """Whatever the umask, and whoever looks while it is open."""
    path = tmp_path / "folder" / "kept.sqlite3"
    before = os.umask(0)
    try:
        storage = _kept(path)
        _put(storage, "a")
    finally:
        os.umask(before)
    found = sorted(path.parent.iterdir())
    assert [each.name for each in found] == ["kept.sqlite3", "kept.sqlite3-shm", "kept.sqlite3-wal"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in found} == {0o600}
    storage.close()


def test_a_place_that_cannot_be_had_is_said_with_what_to_do(tmp_path: Path) -> None:
    """A file that is none, a link to somewhere else, one that is no database."""
    (tmp_path / "link").symlink_to(tmp_path / "else")
    (tmp_path / "text").write_text("no database, but a text of some length that is longer than a header is")
    for name in ("link", "text"):
        with pytest.raises(UsageError, match="cannot be used") as caught:
            Storage(tmp_path / name)
        assert "--database" in caught.value.remedy
    assert not (tmp_path / "else").exists()


@pytest.mark.parametrize("address", ["postgresql://", "postgresql:///", "mysql://me:hunter2@host/base"])
def test_an_address_that_is_none_is_said_without_its_password(address: str) -> None:
    """It may be read over a shoulder, and is kept in logs."""
    with pytest.raises(UsageError) as caught:
        Storage(address)
    assert "hunter2" not in str(caught.value) + caught.value.remedy


def test_a_server_that_does_not_answer_is_said_without_its_password(tmp_path: Path) -> None:
    """Nor is it in what the driver has to say."""
    with pytest.raises(UsageError, match="base at") as caught:
        Storage("postgresql://me:hunter2@127.0.0.1:1/base")
    assert "hunter2" not in str(caught.value) + caught.value.remedy


@pytest.mark.parametrize("missing", ["psycopg", "psycopg.pq"])
def test_a_driver_that_cannot_be_loaded_is_said_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """It is not there, or has no library of Postgres to ask."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match="cannot be loaded") as caught:
        Storage("postgresql://me:hunter2@127.0.0.1:1/base")
    assert "pip install" in caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_another_process_that_writes_is_waited_for(tmp_path: Path) -> None:
    """Its transaction is short, as ours are."""
    storage = _kept(tmp_path / "kept.sqlite3")
    other = sqlite3.connect(tmp_path / "kept.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.1, other.execute, ("COMMIT",)).start()
    _put(storage, "a")
    assert _names(storage) == ["a"]
    other.close()
    storage.close()


def test_to_open_a_file_once_more_lets_go_of_no_lock_of_those_who_have_it_open(tmp_path: Path) -> None:
    """Or another process takes it for nobody's, and throws away the log that this one reads."""
    path = tmp_path / "kept.sqlite3"
    first = _kept(path)
    second = Storage(path)
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('INSERT INTO things VALUES (?, 1)', ('other',))"
    subprocess.run([sys.executable, "-c", f"{other}.connection.commit()", path], check=True)
    assert path.with_name(f"{path.name}-wal").exists()
    _put(first, "a")
    _put(second, "b")
    assert _names(first) == ["a", "b", "other"]
    first.close()
    second.close()
