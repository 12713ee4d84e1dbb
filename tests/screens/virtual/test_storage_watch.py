"""A home that takes too much is told of; one that did so from the first may be cleared."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.screens.virtual import storage_watch
from coasty_desk.screens.virtual.storage_watch import StorageWatch, taken


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_watch, "PAUSE", 0.02)
    monkeypatch.setattr(storage_watch, "ROOM_TO_CLEAR", 1_000_000)


def _told(watch: StorageWatch, seconds: float = 10.0) -> str:
    until = time.monotonic() + seconds
    while not watch.fault and time.monotonic() < until:
        time.sleep(0.01)
    return watch.fault


def _grow(path: Path, size: int) -> None:
    path.write_bytes(os.urandom(size))


def test_files_that_take_too_much_together_are_told_of(tmp_path: Path) -> None:
    """However many there are, and whatever names they have; those of several names once."""
    for number in range(4):
        _grow(tmp_path / f"-n\n{number}", 100_000)
        os.link(tmp_path / f"-n\n{number}", tmp_path / f"again{number}")
    assert 400_000 <= taken(tmp_path) < 600_000
    with closing(StorageWatch(tmp_path, 700_000)) as watch:
        assert not _told(watch, 1.0)
        _grow(tmp_path / "more", 400_000)
        assert "it has 0.0" in _told(watch)


def test_a_home_that_is_too_large_already_may_be_cleared_and_not_grow(tmp_path: Path) -> None:
    """By a little, since programs write whatever they do."""
    _grow(tmp_path / "large", 2_000_000)
    with closing(StorageWatch(tmp_path, 1_000_000)) as watch:
        assert not _told(watch, 1.0)
        _grow(tmp_path / "more", 2_000_000)
        assert _told(watch)
