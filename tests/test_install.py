"""What an installation brings: one owner for each file, no compiler, no developer's tools, and the command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def _closure(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of all distributions that `name` brings on this system, with itself."""
    left, seen = [(name, extras)], set[tuple[str, frozenset[str]]]()
    while left:
        name, extras = left.pop()
        name = canonicalize_name(name)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        yield name
        for text in distribution(name).requires or ():
            wanted = Requirement(text)
            chosen = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if wanted.marker is None or any(wanted.marker.evaluate(each) for each in chosen):
                left.append((wanted.name, frozenset(wanted.extras)))


def test_no_file_is_installed_by_two_packages() -> None:
    """Two packages that own `Xlib/` made a program that cannot run, whenever the wrong one was unpacked last."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    brought = set(_closure("coasty-desk"))
    for name in brought:
        for file in distribution(name).files or ():
            if not file.parts[0].endswith((".dist-info", "__pycache__")) and ".." not in file.parts:
                owners[str(file)].add(name)
    assert {file: names for file, names in owners.items() if len(names) > 1} == {}
    assert "python-xlib" in brought
    assert not brought & {"pyautogui", "pynput", "evdev", "python3-xlib"}


def test_the_script_installs_a_command_that_runs(tmp_path: Path) -> None:
    """Without a compiler and without the checks' tools; taken away, nothing of it is left."""
    environment = os.environ | {"HOME": str(tmp_path), "BIN": str(tmp_path / "bin"), "CC": "/bin/false"}
    environment.pop("XDG_DATA_HOME", None)
    subprocess.run([ROOT / "scripts" / "install"], env=environment, check=True, capture_output=True)
    command = tmp_path / "bin" / "coasty-desk"
    said = subprocess.run([command, "--version"], env=environment, check=True, capture_output=True, text=True)
    assert said.stdout.startswith("coasty-desk ")
    python = command.resolve().parent / "python"
    tools = subprocess.run([python, "-m", "pip", "list"], env=environment, check=True, capture_output=True, text=True)
    brought = {line.split()[0] for line in tools.stdout.splitlines()}
    assert not {"pytest", "mypy", "ruff"} & brought
    assert {"uvicorn", "aiosmtpd", "mcp"} <= brought  # `serve`, mails to it and `mcp` work as they are
    subprocess.run([ROOT / "scripts" / "install", "--uninstall"], env=environment, check=True, capture_output=True)
    assert not command.is_symlink()


OLD_SYSTEM = "def manylinux_compatible(major, minor, arch): return (major, minor) <= (2, 31)"
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "coasty-desk"
version = "1"
dependencies = ["faster-paddle==1.0.4; sys_platform == 'linux'"]
[project.optional-dependencies]
rapidocr = ["certifi"]
other = ["idna"]
"""
BACKEND = """
import pathlib, zipfile
def build_wheel(folder, *_):
    info, name = "coasty_desk-1.dist-info/", "coasty_desk-1-py3-none-any.whl"
    said = "Metadata-Version: 2.1\\nName: coasty-desk\\nVersion: 1\\nRequires-Dist: faster-paddle==1.0.4\\n"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr(info + "METADATA", said + "Provides-Extra: rapidocr\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""


def test_where_the_engine_has_no_wheel_the_rest_is_installed(tmp_path: Path) -> None:
    """A glibc older than its wheel (pip asks `_manylinux` which fit): nothing is compiled, and what is left out is named."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "_manylinux.py").write_text(OLD_SYSTEM)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    (tmp_path / "backend.py").write_text(BACKEND)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    command = ["bash", "-c", "source scripts/setup.sh; install_project venv rapidocr,other"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "old"), "CC": "/bin/false", "CARGO": "/bin/false"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert "left out: faster-paddle" in done.stderr
    listed = subprocess.run(["venv/bin/pip", "list"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    named = {line.split()[0] for line in listed.splitlines()}
    assert {"coasty-desk", "certifi", "idna", "faster-paddle"} & named == {"coasty-desk", "certifi", "idna"}
