"""The rooms: who may import whom, which library is known where, and that each name stands once."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "coasty_desk"
MODULES = sorted(PACKAGE.rglob("*.py"))
PLATFORM = PACKAGE / "desktop" / "platform.py"
"""Its table names modules by strings, which count as imports."""

BELOW: dict[str, set[str]] = {
    "core": set(),
    "plain_files": set(),
    "toml_text": set(),
    "file_lock": {"plain_files"},
    "socket_frames": set(),
    "serve_file": {"plain_files"},
    "wire": {"core", "plain_files", "toml_text"},
    "workflows": set(),
    "schedules": set(),
    "desktop": {"core", "wire", "plain_files", "file_lock", "lifetimes", "shell"},
    "shell": {"core"},
    "catalog": set(),
    "lifetimes": {"core", "catalog", "record", "settings", "shell"},
    "guard": {"core", "wire", "models.offline", "presets", "settings", "lifetimes"},
    "testing": {"core", "automation", "desktop", "models.scripted", "models.transport"},
    "models": {
        *("core", "lifetimes", "presets", "record", "settings", "models.coasty", "models.offline", "models.transport"),
        *("models.vendor", "models.chat", "models.anthropic", "models.openai", "models.gemini", "models.scripted"),
    },
    "models.transport": {"core", "wire"},
    "models.readers": {"core", "wire"},
    "models.vendor": {"core", "wire", "version", "models.readers", "models.transport"},
    "models.chat": {"core", "wire", "plain_files", "models.readers", "models.vendor"},
    "models.anthropic": {"core", "wire", "models.readers", "models.vendor"},
    "models.openai": {"core", "wire", "models.readers", "models.vendor"},
    "models.gemini": {"core", "wire", "models.readers", "models.vendor"},
    "models.offline": {"core", "wire"},
    "models.scripted": {"core", "wire", "plain_files", "file_lock"},
    "models.coasty": {"core", "wire", "version", "models.transport"},
    "client": {"core", "wire", "plain_files", "file_lock", "serve_file", "models.coasty", "models.transport"},
    "record": {"core", "wire", "plain_files", "file_lock"},
    "presets": {"core", "plain_files"},
    "project_file": {"core", "plain_files"},
    "project_rules": {"core", "presets"},
    "setting_readers": {"core", "catalog"},
    "settings": {"core", "wire", "presets", "project_file", "project_rules", "setting_readers"},
    "merged_settings": {
        "core",
        "settings",
        "presets",
        "plain_files",
        "toml_text",
        "project_file",
        "project_rules",
        "setting_readers",
    },
    "screens.machine": {
        *("core", "desktop", "lifetimes", "client", "models", "plain_files", "file_lock", "screens", "settings"),
    },
    "screens": {"core", "plain_files", "file_lock", "lifetimes", "desktop", "settings", "shell"},
    "compose": {
        "merged_settings",
        "core",
        "wire",
        "desktop",
        "guard",
        "record",
        "settings",
        "catalog",
        "lifetimes",
        "shell",
    },
    "machines": {
        *("merged_settings", "core", "wire", "desktop", "guard", "lifetimes", "screens", "settings", "shell", "record"),
        *("plain_files", "file_lock", "socket_frames", "catalog"),
    },
    "automation": {
        "merged_settings",
        *(
            "core",
            "wire",
            "desktop",
            "guard",
            "record",
            "catalog",
            "lifetimes",
            "screens",
            "settings",
            "shell",
            "compose",
        ),
        *("machines", "plain_files", "file_lock", "socket_frames", "presets", "schedules", "workflows"),
    },
    "task": {"core"},
    "api": {"core", "record", "settings", "merged_settings", "shell", "compose", "task"},
    "benchmark_agent": {"core", "wire", "desktop", "settings", "merged_settings", "lifetimes"},
    "server": {
        *(
            "core",
            "wire",
            "plain_files",
            "presets",
            "settings",
            "version",
            "lifetimes",
            "compose",
            "record",
            "desktop",
            "machines",
            "automation",
            "workflows",
            "schedules",
        ),
        *("models.coasty", "models.offline", "models.transport"),
    },
    "mcp": {"core", "wire", "desktop", "record", "settings", "compose", "version"},
    "version": set(),
    "cli": {
        "merged_settings",
        "mcp",
        "client",
        "workflows",
        "core",
        "screens",
        "wire",
        "desktop",
        "models.offline",
        "models.coasty",
        "models.transport",
        "record",
        "presets",
        "settings",
        "compose",
        "lifetimes",
        "models",
        "shell",
        "version",
        "task",
        "plain_files",
        "project_file",
        "project_rules",
        "file_lock",
        "serve_file",
        "machines",
        "automation",
        "server",
        "schedules",
    },
}
"""Each room and those that it may import (besides itself)."""

KNOWN_ONLY_IN: dict[str, tuple[str, ...]] = {
    "mss": ("desktop/",),
    "pyautogui": ("desktop/",),
    "pynput": ("desktop/",),
    "Xlib": ("desktop/",),
    "urllib3": ("models/transport/proxies.py",),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "jinja2": ("record/report/html_report.py",),
    "re2": ("wire/regular_expressions.py",),
    "uvicorn": ("server/serving.py",),
    "dbos": ("automation/dbos_engine.py",),
    "sqlalchemy": ("automation/",),
    "cronsim": ("schedules/fire_times.py",),
    "h11": ("server/serving.py",),
    "mcp": ("mcp/",),
    "anyio": ("mcp/",),
    "pydantic": ("mcp/",),
    "keyring": ("models/transport/stored_key.py", "guard/secret_sources.py"),
}
"""Foreign libraries and the only places that may import them."""


def _room_of(module: str) -> str:
    """The longest room that a module (without the package's own name) is in."""
    parts = module.split(".")
    return next((room for n in range(len(parts), 0, -1) if (room := ".".join(parts[:n])) in BELOW), "")


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def _imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif (
            path == PLATFORM
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"\w+\.\w+(:\w+)?", node.value)
        ):
            names.add(f"coasty_desk.desktop.{node.value}".replace(":", "."))
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_the_rooms_below_its_own(path: Path) -> None:
    """Imports point down; nothing imports cli; core knows nothing but the standard library and what its values are made of."""
    if _module_of(path) in {"__init__", "__main__"}:
        return
    room = _room_of(_module_of(path))
    assert room, f"{path} is in no room: say in BELOW what it may import"
    for name in _imports_of(path):
        top, _, rest = name.partition(".")
        if top == "coasty_desk":
            assert _room_of(rest) in BELOW[room] | {room, ""}, f"{path} may not import {name}"
        elif room == "core":
            assert top in sys.stdlib_module_names | {"msgspec"}, f"core may not import {name}"


def test_no_module_leads_back_to_itself() -> None:
    """Nowhere, not by an import that waits for a call or is for types alone, and not within a room either."""
    modules = {f"coasty_desk.{_module_of(path)}": path for path in MODULES}
    below = {
        name: {named if named in modules else named.rpartition(".")[0] for named in _imports_of(path)} & set(modules)
        for name, path in modules.items()
    }
    TopologicalSorter(below).prepare()  # which raises with the circle


def test_no_file_and_no_class_has_the_name_of_another() -> None:
    """Whoever reads a name knows what it is, wherever it stands."""
    files = Counter(path.name for path in MODULES if path.name != "__init__.py")
    trees = [ast.parse(path.read_text("utf-8")) for path in MODULES]
    classes = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
    assert [name for name, times in (files + classes).items() if times > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_foreign_library_is_known_in_its_room_alone(path: Path) -> None:
    """Only desktop/ knows the screen and the input, only the client knows HTTP, only cli/ knows the terminal."""
    here = str(path.relative_to(PACKAGE))
    for name in _imports_of(path):
        rooms = KNOWN_ONLY_IN.get(name.split(".")[0])
        assert rooms is None or here.startswith(rooms), f"{here} may not import {name}"


def test_one_module_looks_at_the_platform() -> None:
    """`desktop/platform.py`: whoever wants to know has a port there, or asks whether the system has what is wanted (`hasattr`)."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in MODULES
        if path != PLATFORM
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", ""), node.attr) in {("sys", "platform"), ("os", "name"), ("platform", "system")}
    ]
    assert found == []
    assert [path for path in MODULES if {"sys.platform", "os.name", "platform.system"} & _imports_of(path)] == []


def test_importing_any_module_does_nothing() -> None:
    """No display, no library of another room, no word on stdout: in a process with no environment at all."""
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    heavy = "{'pyautogui', 'pynput', 'Xlib', 'mss', 'PIL', 'urllib3', 'lark', 'faster_paddle', 'jinja2', 'keyring', 're2', 'sqlalchemy', 'dbos'}"
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
