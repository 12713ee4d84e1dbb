"""The browser commands of a machine: their names, their parameters, and what carries them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coasty_desk.machines import browser_parameters as parameters
from coasty_desk.machines.command import Command, CommandResult, first_line
from coasty_desk.machines.machine_browser import MachineBrowser

_OTHER_NAMES: dict[str, str] = {
    "element_index": "index",
    "tabId": "tab_id",
    "script": "code",
    "javascript": "code",
    "expression": "code",
    "pressEnter": "press_enter",
    "submit": "press_enter",
    "clickCount": "clicks",
    "click_count": "clicks",
    "fullPage": "full_page",
    "timeout": "timeout_ms",
    "ms": "milliseconds",
    "coordinates": "coordinate",
    "max_length": "max_characters",
    "pixels": "amount",
}

_OF: Mapping[type, dict[str, str]] = {
    parameters.BrowserTab: {"tab_index": "index"},
    parameters.BrowserWait: {"waitForText": "text"},
}
"""Those that would say something else of other commands."""


def _command(
    name: str, takes: type, run: Callable[[MachineBrowser, Any, float], CommandResult], scope: str = "actions:exec"
) -> Command:
    fields = takes.__struct_fields__  # type: ignore[attr-defined] # every Struct has them
    other = {alias: field for alias, field in (_OTHER_NAMES | _OF.get(takes, {})).items() if field in fields}
    return Command(name, scope, takes, run, other, first_line(run))


BROWSER_COMMANDS: tuple[Command, ...] = (
    _command("browser_open", parameters.BrowserOpen, MachineBrowser.open),
    _command("browser_navigate", parameters.BrowserNavigate, MachineBrowser.navigate),
    _command("browser_click", parameters.BrowserClick, MachineBrowser.click),
    _command("browser_type", parameters.BrowserType, MachineBrowser.type),
    _command("browser_get_dom", parameters.BrowserContent, MachineBrowser.content),
    _command("browser_get_clickables", parameters.BrowserClickables, MachineBrowser.clickables),
    _command("browser_state", parameters.BrowserNothing, MachineBrowser.state),
    _command("browser_info", parameters.BrowserNothing, MachineBrowser.info),
    _command("browser_scroll", parameters.BrowserScroll, MachineBrowser.scroll),
    _command("browser_close", parameters.BrowserNothing, MachineBrowser.shut),
    _command("browser_screenshot", parameters.BrowserScreenshot, MachineBrowser.screenshot),
    _command("browser_wait", parameters.BrowserWait, MachineBrowser.wait),
    _command("browser_list_tabs", parameters.BrowserNothing, MachineBrowser.tabs),
    _command("browser_open_tab", parameters.BrowserOpenTab, MachineBrowser.open_tab),
    _command("browser_close_tab", parameters.BrowserTab, MachineBrowser.close_tab),
    _command("browser_switch_tab", parameters.BrowserTab, MachineBrowser.switch_tab),
    _command("browser_execute", parameters.BrowserExecute, MachineBrowser.execute, "browser:execute"),
)
"""The browser commands of API.md §13.3. Their tool is MachineBrowser."""

BROWSER_OPERATIONS: Mapping[str, str] = {
    "open": "browser_open",
    "navigate": "browser_navigate",
    "click": "browser_click",
    "type": "browser_type",
    "dom": "browser_get_dom",
    "clickables": "browser_get_clickables",
    "state": "browser_state",
    "info": "browser_info",
    "scroll": "browser_scroll",
    "close": "browser_close",
    "screenshot": "browser_screenshot",
    "wait": "browser_wait",
    "list-tabs": "browser_list_tabs",
    "open-tab": "browser_open_tab",
    "close-tab": "browser_close_tab",
    "switch-tab": "browser_switch_tab",
}
"""What `/machines/{id}/browser/{op}` is short for."""
