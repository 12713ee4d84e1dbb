"""Things without a text, that have a name for assistive technology alone: icons, switches, tabs, in GTK, Qt and a browser; and menus of these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scripts.offline_bench.checks import json_has, sent
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import SYSTEM_PYTHON
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_web import page


def _window(kit: str) -> Callable[[Desk], None]:
    def lay(desk: Desk) -> None:
        program = str(Path(__file__).with_name("icon_window.py"))
        desk.open("Icons", SYSTEM_PYTHON, program, kit, str(desk.home / "icons.json"))

    return lay


def _pressed(kit: str, say: str, **state: object) -> Task:
    told = {name.replace("_", " "): value for name, value in state.items()}
    return Task(f"named {kit} {' '.join(told)}", _window(kit), say, json_has("icons.json", told))


def _on_page(say: str, **state: str) -> Task:
    told = {name.replace("_", " "): value for name, value in state.items()}
    return Task(f"named web {' '.join(told)}", page("icons.html"), say, sent(told))


def _trap(name: str, lay: Callable[[Desk], None], say: str) -> Task:
    return Task(f"named trap {name}", lay, say, lambda _: None, possible=False)


TASKS = [
    _pressed("gtk", 'click "Save"', Save=True),
    _pressed("gtk", 'click the button "Reload"', Reload=True),
    _pressed("gtk", 'click the icon "Delete"', Delete=True),
    _pressed("gtk", 'check "Airplane mode"', Airplane_mode=True),
    _pressed("qt", 'click "Save"', Save=True),
    _pressed("qt", 'click "Reload"', Reload=True),
    _pressed("qt", 'click the button "Delete"', Delete=True),
    _pressed("qt", 'check "Night light"', Night_light=True),
    _pressed("qt", 'click "Edit", then click "Wrap lines"', Wrap_lines=True),
    _pressed("qt", 'click "File", then click "More", then click "Deep one"', Deep_one=True),
    _on_page('click "Search"', Search="true"),
    _on_page('click the button "Preferences"', Preferences="true"),
    _on_page('click the icon "Share"', Share="true"),
    _on_page('click the tab "History"', History="true"),
    _on_page('check "Dark mode"', Dark_mode="true"),
    _on_page('click "Account", then click "Sign out"', Sign_out="true"),
]
TRAPS = [
    _trap("twins", page("icons.html"), 'click "Remove"'),
    _trap("disabled on a page", page("icons.html"), 'click "Upload"'),
    _trap("disabled in gtk", _window("gtk"), 'click "Print"'),
    _trap("disabled in qt", _window("qt"), 'click "Print"'),
]
