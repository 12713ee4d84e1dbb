"""Snapshots: what was in a home is in the other one, whatever its programs had put there, and nothing of anywhere else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.screens.virtual import machine_archive
from coasty_desk.screens.virtual.virtual_machine import VirtualMachine
from tests.screens.virtual.conftest import inside


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One with files of every kind."""
    home = tmp_path / "one" / "home"
    (home / "Documents" / "deep").mkdir(parents=True)
    (home / "Documents" / "deep" / "note.txt").write_text("naïve")
    (home / "run.sh").write_text("#!/bin/sh")
    (home / "run.sh").chmod(0o755)
    (home / "-rf --files-from=x\nline").write_text("odd")
    Path(os.fsdecode(os.fsencode(home) + b"/\xff\xfe")).write_text("no text")
    (home / "out").symlink_to("/etc/passwd")
    (home / "up").symlink_to("../..")
    (home / "nowhere").symlink_to("gone")
    os.link(home / "run.sh", home / "same.sh")
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(home / "socket"))
    with (home / "holes").open("wb") as file:
        file.truncate(8_000_000_000)
    return home


def test_what_was_there_is_there_again(home: Path, tmp_path: Path) -> None:
    """Files with their bytes and whether they are programs, links as links; pipes and sockets are left out."""
    archive = tmp_path / "snapshots" / "one.tar"
    size = machine_archive.snapshot(home, archive)
    assert size == archive.stat().st_size < 1_000_000
    assert archive.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "two" / "home"
    machine_archive.restore(archive, other)
    before, after = (sorted(os.fsencode(path.relative_to(top)) for path in top.rglob("*")) for top in (home, other))
    assert set(before) - set(after) == {b"pipe", b"socket"}
    assert set(after) <= set(before)
    assert (other / "Documents" / "deep" / "note.txt").read_text() == "naïve"
    assert os.access(other / "run.sh", os.X_OK)
    assert (other / "out").readlink() == Path("/etc/passwd")
    assert (other / "holes").stat().st_size == 8_000_000_000
    assert (other / "holes").stat().st_blocks < 1000
    assert [path.name for path in other.parent.iterdir()] == ["home"]


def test_more_than_is_allowed_is_refused_and_nothing_stays(home: Path, tmp_path: Path) -> None:
    """Neither a piece of an archive, nor a home that is half there."""
    (home / "big").write_bytes(os.urandom(3_000_000))
    archive = tmp_path / "snapshots" / "one.tar"
    with pytest.raises(DesktopError, match="more than 2 MB"):
        machine_archive.snapshot(home, archive, 2_000_000)
    assert list(archive.parent.iterdir()) == []
    machine_archive.snapshot(home, archive)
    other = tmp_path / "two" / "home"
    other.mkdir(parents=True)
    (other / "mine").write_text("x")
    with pytest.raises(DesktopError, match="more than 2 MB"):
        machine_archive.restore(archive, other, 2_000_000)
    assert [path.name for path in other.iterdir()] == ["mine"]
    assert [path.name for path in other.parent.iterdir()] == ["home"]


def test_an_archive_that_leads_out_does_not(tmp_path: Path) -> None:
    """A link and then a file through it, a path upwards, a whole path."""
    (tmp_path / "outside").mkdir()
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        link = tarfile.TarInfo("./door")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "outside")
        tar.addfile(link)
        for name in ("./door/file", "../outside/up", str(tmp_path / "outside" / "whole")):
            tar.addfile(tarfile.TarInfo(name))
    with suppress(DesktopError):
        machine_archive.restore(archive, tmp_path / "m" / "home")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100])
def test_what_is_no_archive_leaves_the_home(tmp_path: Path, content: bytes) -> None:
    """It is as it was."""
    home = tmp_path / "m" / "home"
    home.mkdir(parents=True)
    (home / "mine").write_text("x")
    (tmp_path / "bad.tar").write_bytes(content)
    with pytest.raises(DesktopError):
        machine_archive.restore(tmp_path / "bad.tar", home)
    assert (home / "mine").read_text() == "x"


def test_a_machine_goes_on_from_another_ones_snapshot(clean: None, tmp_path: Path) -> None:
    """What a program wrote on the one, a program reads on the other; what was made for nobody to write goes too."""
    with VirtualMachine.start(tmp_path / "one") as machine:
        made = "mkdir -p a/b; echo 42 > a/b/c; chmod 0 a/b/c a/b; chmod 500 a"
        assert inside(machine, "sh", "-c", made).returncode == 0
        home = machine.home
    machine_archive.snapshot(home, tmp_path / "one.tar")
    machine_archive.restore(tmp_path / "one.tar", tmp_path / "two" / "home")
    with VirtualMachine.start(tmp_path / "two") as machine:
        assert inside(machine, "ls", "-l", "a/b/c").stdout[:10] == "-r--------"
        assert inside(machine, "cat", "a/b/c").stdout == "42\n"
    for name in ("one", "two"):
        machine_archive.remove(tmp_path / name)
        assert not (tmp_path / name).exists()
    assert subprocess.run(["tar", "--list", "--file", tmp_path / "one.tar"], capture_output=True, check=True).stdout


def test_what_is_deeper_than_a_path_can_be_long_is_removed(tmp_path: Path) -> None:
    """And what is closed to its owner within."""
    folder = tmp_path / "m"
    folder.mkdir()
    chain = "import os\nfor _ in range(3000):\n os.mkdir('deep')\n os.chdir('deep')\nos.chmod('.', 0)"
    subprocess.run([sys.executable, "-c", chain], cwd=folder, check=True)
    machine_archive.remove(folder)
    assert list(tmp_path.iterdir()) == []
