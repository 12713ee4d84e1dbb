"""Nothing in the folder that a person works in is imported or run, whatever it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from coasty_desk import __main__ as program
from tests.cli.conftest import Shell, service
from tests.stub_service import done

TRAP = "import os\nopen({marker!r}, 'a').write(__name__ + '\\n')\nos._exit(77)\n"

SCRIPT = Path(sys.executable).with_name("coasty-desk")

OPTIONAL = {"cv2", "numpy", "pyscreeze", "mouseinfo", "pygetwindow", "pymsgbox", "pytweening", "gi", "brotli", "socks"}
"""What libraries try to import, and is not installed."""


def laid(folder: Path, names: set[str]) -> Path:
    """Traps of these names; the file that tells which of them were sprung."""
    marker = folder.parent / "sprung"
    for name in names:
        (folder / f"{name}.py").write_text(TRAP.format(marker=str(marker)))
    return marker


def everything() -> set[str]:
    """The standard library, whatever is installed, and what is looked for in vain; not this package, of which there is one."""
    installed = {name for name in metadata.packages_distributions() if name.isidentifier()}
    return (set(sys.stdlib_module_names) | installed | OPTIONAL) - {"coasty_desk", "__main__"}


def loaded_before(folder: Path, code: str = "") -> set[str]:
    """What the interpreter loads for `-m`, or with the code of a command's script, before anything of ours."""
    (folder / "told.py").write_text("import sys; print(*{name.partition('.')[0] for name in sys.modules})")
    how = ["-c", f"{code}; import told"] if code else ["-m", "told"]
    said = subprocess.run([sys.executable, *how], cwd=folder, capture_output=True, text=True, check=True)
    (folder / "told.py").unlink()
    return {*said.stdout.split(), "sitecustomize", "usercustomize"}


COMMANDS = (
    ("--version",),
    ("cost",),
    ("config", "show"),
    ("presets", "list"),
    ("runs", "list"),
    ("runs", "report", "last"),
    ("doctor",),
    ("completion", "bash"),
    ("run", "--json", "--image-format", "jpeg", "x"),
    ("run", "--provider", "offline", "--yes", 'click "nothing of that name"'),
    ("parse", "-"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_module_in_the_working_folder_is_not_imported(shell: Shell, display: str, command: tuple[str, ...]) -> None:
    """Safety sentence: `python -m` puts that folder first; it is off the path before anything of ours is imported."""
    with service(done()) as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        if "report" in command:
            assert shell("run", "x", **where).code == 0
        work = shell.home / "work"
        work.mkdir()
        marker = laid(work, everything() - loaded_before(work))
        result = _run(shell, [sys.executable, "-m", "coasty_desk"], command, work, where)
    assert not marker.exists(), marker.read_text()
    assert result.returncode in (0, 1, 4), result.stderr
    assert "Something went wrong" not in result.stderr


@pytest.mark.parametrize("entry", ["", ".", ":", "work/.."])
def test_nor_by_an_entry_of_pythonpath_that_means_it(shell: Shell, display: str, entry: str) -> None:
    """As it comes of `PYTHONPATH=$PYTHONPATH:...`; what Python itself loads first is beyond us."""
    work = shell.home / "work"
    work.mkdir()
    (work / "work").mkdir()
    marker = laid(work, everything() - loaded_before(work, "import re"))
    where = {"DISPLAY": display, "PYTHONPATH": entry + ":/nowhere"}
    result = _run(shell, [str(SCRIPT)], ("runs", "list"), work, where)
    assert not marker.exists(), marker.read_text()
    assert result.returncode == 0, result.stderr


def test_nor_is_a_program_found_there(shell: Shell, display: str) -> None:
    """Safety sentence: not with an empty or relative entry in PATH, nor one in the folders of menu entries."""
    work = shell.home / "work"
    marker = shell.home / "sprung"
    (work / "applications").mkdir(parents=True)
    for name in ("ldconfig", "gcc", "cc", "ld", "objdump", "ps", "stty", "tmux", "screen", "mousepad", "xterm", "sh"):
        (work / name).write_text(f"#!/bin/sh\necho {name} >> {marker}\n")
        (work / name).chmod(0o755)
    entry = f"[Desktop Entry]\nType=Application\nName=Trap\nExec={work}/xterm\n"
    (work / "applications" / "trap.desktop").write_text(entry)
    where = {"DISPLAY": display, "PATH": f":.:bin/..:{os.environ['PATH']}:", "XDG_DATA_DIRS": ":.:/usr/share"}
    for command in (("doctor",), ("run", "--provider", "offline", "--yes", 'open "Trap"')):
        _run(shell, [sys.executable, "-m", "coasty_desk"], command, work, where | {"XDG_DATA_HOME": "."})
    assert not marker.exists(), marker.read_text()


def test_what_is_off_the_path_is_that_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes behind the standard library stays, as where the packages lie in the working directory."""
    library = str(Path(os.__file__).parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ":.")
    (tmp_path / "link").symlink_to(tmp_path)
    path = [str(tmp_path), "", ".", "lib", str(tmp_path / "link"), "/opt/mine", library, str(tmp_path), ""]
    assert program._without_working_folder(path) == ["/opt/mine", library, str(tmp_path)]
    monkeypatch.setenv("PYTHONPATH", f"/opt:{tmp_path}")  # written out, it is meant
    assert program._without_working_folder([str(tmp_path), "", library]) == [str(tmp_path), library]


def test_a_process_of_our_own_has_no_working_folder_on_its_path_either(tmp_path: Path) -> None:
    """The window of the self-test where there is Tk: nor does Tk run a profile that lies there."""
    marker = laid(tmp_path, everything())
    (tmp_path / ".Tk.py").write_text(TRAP.format(marker=str(marker)))
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "DISPLAY")}
    command = [sys.executable, "-P", "-m", "coasty_desk.desktop.selftest.tk_window"]
    subprocess.run(command, cwd=tmp_path, env=environment, input=b"", capture_output=True, timeout=30, check=False)
    assert not marker.exists(), marker.read_text()


def _run(
    shell: Shell, program: list[str], command: tuple[str, ...], work: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *command],
        cwd=work,
        env=shell.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
