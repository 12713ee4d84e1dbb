"""What `doctor` says of virtual machines: what is missing, and how to get it; and that none of it fails a person who has no use for them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from coasty_desk.screens.virtual import confinement, installed_programs, machine_requirements, walls


def said() -> dict[str, tuple[bool | None, str, str]]:
    """The checks by their names."""
    return {one.name: (one.ok, one.detail, one.remedy) for one in machine_requirements.checks()}


def test_what_is_here_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With walls or without."""
    found = said()
    assert found["virtual machines"] == (True, "Xvfb and openbox are there", "")
    assert set(found) == {"virtual machines", "machine walls", "machine limits", "machine programs"}
    assert False not in {ok for ok, _, _ in found.values()}
    monkeypatch.setattr(
        walls, "here", lambda: walls.Walls(up=False, fault="bubblewrap is not installed", remedy="Get it.")
    )
    ok, detail, remedy = said()["machine walls"]
    assert (ok, remedy) == (None, "Get it.")
    assert "none: bubblewrap is not installed; the programs of a virtual machine can do what you can do" in detail


def test_a_kernel_that_cannot_keep_them_from_abstract_sockets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no small thing: an X server may be reached by one."""
    monkeypatch.setattr(walls, "here", lambda: walls.Walls(up=True))
    monkeypatch.setattr(confinement, "scopes_abstract_sockets", lambda: False)
    monkeypatch.setattr(walls, "found", lambda _name: None)
    ok, detail, _ = said()["machine walls"]
    assert ok is None
    assert "which Linux 6.12 or slirp4netns" in detail


def test_what_is_missing_is_told_with_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is looked for then."""
    monkeypatch.setattr(installed_programs, "found", lambda name: None if name == "openbox" else f"/usr/bin/{name}")
    remedy = "Install what is missing, on Debian and Ubuntu with: sudo apt-get install openbox"
    assert said() == {"virtual machines": (None, "there can be none: openbox missing", remedy)}


def test_a_snap_is_no_program_of_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by its link nor by the script that stands for it; one behind neither is."""
    monkeypatch.setattr(installed_programs, "PLACES", str(tmp_path))
    (tmp_path / "snap").write_text("#!/bin/sh\n")
    (tmp_path / "firefox").symlink_to(tmp_path / "snap")
    (tmp_path / "chromium").write_text('#!/bin/sh\nexec /snap/bin/chromium "$@"\n')
    (tmp_path / "xterm").write_text("#!/bin/sh\n")
    for path in tmp_path.iterdir():
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert installed_programs.found("firefox") is None
    assert installed_programs.found("chromium") is None
    assert installed_programs.found("xterm") == str(tmp_path / "xterm")
    assert [offer.what for offer in installed_programs.offered()] == ["Terminal"]
