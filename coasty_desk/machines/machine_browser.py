"""The browser of a machine, as its commands drive it: visible on its display, with real input, told of what becomes of it.

What comes from pages is data: it is bounded, and never taken for anything else. What is asked of a page runs in a world of its own
there (page_script.js), where the page can neither see it nor change what it uses.
"""

from __future__ import annotations

import json
import re
import threading
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, Protocol

from coasty_desk.core.printable import printable
from coasty_desk.machines.browser_parameters import (
    BrowserActing,
    BrowserAimed,
    BrowserClick,
    BrowserClickables,
    BrowserContent,
    BrowserExecute,
    BrowserNavigate,
    BrowserNothing,
    BrowserOpen,
    BrowserOpenTab,
    BrowserScreenshot,
    BrowserScroll,
    BrowserTab,
    BrowserType,
    BrowserWait,
)
from coasty_desk.machines.browser_tab import BrowserTabState, PageDownload
from coasty_desk.machines.command import CommandError, CommandResult
from coasty_desk.machines.file_commands import DOWNLOADS
from coasty_desk.machines.posix_cdp_pipe import CdpError, CdpGoneError, CdpHaltedError, CdpMessage, CdpTimeoutError
from coasty_desk.machines.posix_chromium import Chromium
from coasty_desk.machines.world import MachineWorld

TABS = 50
"""Tabs that are opened by commands at most."""

_QUICK = 2.0
"""Seconds for what must not hold up the rest: a picture, a look at whether the page has drawn."""

_POLL = 0.1
_TRIES = 20
_TALLEST = 16384
_LARGEST_PICTURE = 40_000_000
"""Pixels."""

_LONGEST_RESULT = 100_000
_LONGEST_TYPED = 2000
_SAID = 300
_REPORTED = 20

_NO_SANDBOX = (
    "The browser runs without its own sandbox, which cannot work for this user or on this system: "
    "what breaks out of a page has the machine."
)

_MODIFIERS = {"alt": 1, "ctrl": 2, "control": 2, "meta": 4, "super": 4, "cmd": 4, "shift": 8}
_KEYS: Mapping[str, Mapping[str, object]] = {
    "\n": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "\t": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "\b": {"key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8},
}


class _Ready(Protocol):
    def __call__(self) -> object: ...


class MachineBrowser:
    """The browser of one machine. Every command raises CommandError for what cannot be done; one at a time, from any thread."""

    def __init__(self, world: MachineWorld) -> None:
        self._world = world
        self._alone = threading.Lock()
        self._changed = threading.Condition()
        self._chromium: Chromium | None = None
        self._tabs: dict[str, BrowserTabState] = {}
        self._by_session: dict[str, BrowserTabState] = {}
        self._current = ""
        self._halted = False
        self._answering: BrowserActing | None = None
        self._dialogs: list[dict[str, Any]] = []
        self._downloads: dict[str, PageDownload] = {}
        self._fresh: list[str] = []
        self._ended = ""

    def close(self) -> None:
        """End the browser."""
        chromium = self._chromium
        if chromium is not None:
            chromium.close()

    def halt(self) -> None:
        """End the command that is under way, where it is: nothing more of it is sent, and nothing stays pressed. From any thread."""
        with self._changed:
            self._halted = True
            self._changed.notify_all()
        chromium = self._chromium
        if chromium is not None:
            chromium.pipe.halt()

    # -- what the commands do ------------------------------------------------------------------------------------------------

    def open(self, asked: BrowserOpen, seconds: float) -> CommandResult:
        """Open the browser, and a page in it."""
        address = None if asked.url is None else _address(asked.url, self._world)
        with self._turn(asked, seconds, start=True) as until:
            loaded = {} if address is None else self._navigate(address, until, wait=True)
            return self._shown(asked, until, loaded)

    def navigate(self, asked: BrowserNavigate, seconds: float) -> CommandResult:
        """Go to a page, and wait until it has been loaded; opens the browser where it is not."""
        address = _address(asked.url, self._world)
        with self._turn(asked, seconds, start=True) as until:
            loaded = self._navigate(address, until, wait=asked.wait_until == "load")
            return self._shown(asked, until, loaded)

    def click(self, asked: BrowserClick, seconds: float) -> CommandResult:
        """Click where it is seen, with the mouse."""
        with self._turn(asked, seconds) as until:
            tab = self._to_the_front(until)
            place = self._place(tab, asked, until, asked.text)
            if place is None:
                message = "What is to be clicked must be said: `selector`, `index`, `text`, or `x` and `y`."
                raise CommandError(message)
            if place.get("disabled"):
                message = f"{place['element']} is disabled; nothing was clicked."
                raise CommandError(message)
            before = set(self._tabs)
            self._press(tab, place, until, button=asked.button, clicks=asked.clicks, modifiers=asked.modifiers)
            self._settle(tab, until)
            opened = [target for target in self._tabs if target not in before]
            return self._shown(asked, until, {"clicked": place, **_opened(opened)})

    def type(self, asked: BrowserType, seconds: float) -> CommandResult:
        """Type with the keyboard, into what is meant or what has the focus; choose, in a list."""
        with self._turn(asked, seconds) as until:
            tab = self._to_the_front(until)
            aim = _aim(asked)
            kind = "text" if aim is None else self._ask(tab, "field", until, aim)
            if kind is None:
                raise CommandError(_nothing(asked))
            if kind in ("choice", "value"):
                self._ask(tab, "choose" if kind == "choice" else "put", until, aim, asked.text)
            else:
                place = self._place(tab, asked, until)
                if place is not None:
                    self._press(tab, place, until)
                if not self._ask(tab, "caret", until, asked.clear):
                    message = "Nothing on the page has the focus, so nothing was typed. Say what is to be typed into."
                    raise CommandError(message)
                if asked.clear:
                    self._key(tab, "\b", until)
                self._write(tab, asked.text, until)
            if asked.press_enter:
                self._key(tab, "\n", until)
            self._settle(tab, until)
            return self._shown(asked, until, {"typed": len(asked.text)})

    def scroll(self, asked: BrowserScroll, seconds: float) -> CommandResult:
        """Turn the wheel, or scroll an element into view."""
        with self._turn(asked, seconds) as until:
            tab = self._to_the_front(until)
            place = self._place(tab, asked, until)
            if place is None or asked.direction is not None:
                if place is None:
                    window = self._ask(tab, "scrolled", until)
                    place = {"x": window["width"] / 2, "y": window["height"] / 2}
                way = asked.direction or "down"
                by = asked.amount if way in ("down", "right") else -asked.amount
                deltas = {"deltaX": by, "deltaY": 0} if way in ("left", "right") else {"deltaX": 0, "deltaY": by}
                wheel = {"x": place["x"], "y": place["y"], **deltas}
                self._call("Input.dispatchMouseEvent", until, tab, type="mouseWheel", **wheel)
                self._drawn(tab, until)
            return self._shown(asked, until, {"scroll": self._ask(tab, "scrolled", until)})

    def content(self, asked: BrowserContent, seconds: float) -> CommandResult:
        """What the page is made of, as HTML or as the text that is seen."""
        with self._turn(None, seconds) as until:
            tab = self._tab()
            found = self._ask(tab, "content", until, asked.selector, asked.format, asked.max_characters)
            if found is None:
                message = f"There is nothing on the page with the selector {_quoted(str(asked.selector))}."
                raise CommandError(message)
            self._name(tab, until)
            return CommandResult(
                {
                    "dom": found["text"],
                    "content": found["text"],
                    "format": asked.format,
                    "characters": found["total"],
                    "truncated": found["total"] > len(found["text"].encode("utf-16-le", "surrogatepass")) // 2,
                    **self._state(),
                }
            )

    def clickables(self, asked: BrowserClickables, seconds: float) -> CommandResult:
        """What can be clicked or typed into, each with the index by which the next commands may name it."""
        with self._turn(None, seconds) as until:
            found = self._ask(self._tab(), "clickables", until, asked.limit)
            items = found["items"]
            self._name(self._tab(), until)
            return CommandResult(
                {
                    "clickables": items,
                    "elements": items,
                    "count": len(items),
                    "total": found["total"],
                    "truncated": found["total"] > len(items),
                    **self._state(),
                }
            )

    def state(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Whether the browser is open, and at which page; also while a dialog is open or another command is under way."""
        return CommandResult(self._state())

    def info(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Which browser it is, its tabs and its downloads."""
        chromium = self._running()
        about = {} if chromium is None else {"browser": chromium.version, "sandboxed": chromium.sandboxed}
        note = {} if chromium is None or chromium.sandboxed else {"note": _NO_SANDBOX}
        return CommandResult({**self._state(), **about, **note, "tabs": self._listed(), "downloads": self._fetched()})

    def shut(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Close the browser with all its tabs."""
        chromium = self._running()
        if chromium is not None:
            chromium.close()
        self._ended = ""
        return CommandResult({"closed": chromium is not None, "is_open": False})

    def screenshot(self, asked: BrowserScreenshot, seconds: float) -> CommandResult:
        """A picture of the page, without the browser around it."""
        with self._turn(None, seconds) as until:
            tab = self._to_the_front(until)
            window = self._ask(tab, "scrolled", until)
            width, height = window["width"], window["height"]
            whole: dict[str, Any] = {}
            if asked.full_page:
                width = min(window["page_width"], _TALLEST)
                height = min(window["page_height"], _TALLEST, _LARGEST_PICTURE // max(1, width))
                clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
                whole = {"captureBeyondViewport": True, "clip": clip}
            shot = str(self._call("Page.captureScreenshot", until, tab, format=asked.format, **whole)["data"])
            told = {"image_b64": shot, "mime_type": f"image/{asked.format}", "width": width, "height": height}
            return CommandResult({**told, **self._state()}, b64decode(shot))

    def wait(self, asked: BrowserWait, seconds: float) -> CommandResult:
        """Wait for something on the page, or for the page."""
        with self._turn(asked, seconds) as until:
            least = until if asked.timeout_ms is None else min(until, time.monotonic() + asked.timeout_ms / 1000)
            tab = self._tab()
            if asked.milliseconds is not None:
                end = min(least, time.monotonic() + asked.milliseconds / 1000)
                self._waited(lambda: self._running() is None, end)
            elif asked.selector is None and asked.text is None:
                if not self._waited(lambda: not tab.loading or tab.crashed, least):
                    message = "The page had not been loaded in time."
                    raise CommandError(message, self._state())
            else:
                self._until_there(tab, asked, least)
            return self._shown(asked, until, {"waited": True})

    def tabs(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """The tabs, in the order in which they were opened."""
        return CommandResult({"tabs": self._listed(), "count": len(self._tabs), **self._state()})

    def open_tab(self, asked: BrowserOpenTab, seconds: float) -> CommandResult:
        """Open another tab, and a page in it."""
        address = None if asked.url is None else _address(asked.url, self._world)
        with self._turn(asked, seconds, start=True) as until:
            if len(self._tabs) >= TABS:
                message = f"There are {len(self._tabs)} tabs, as many as may be. `browser_close_tab` closes one."
                raise CommandError(message)
            self._new_tab(until)
            loaded = {} if address is None else self._navigate(address, until, wait=True)
            return self._shown(asked, until, loaded)

    def close_tab(self, asked: BrowserTab, seconds: float) -> CommandResult:
        """Close a tab. With the last one the browser closes."""
        with self._turn(asked, seconds) as until:
            tab = self._meant(asked)
            self._call("Target.closeTarget", until, None, targetId=tab.target)
            if not self._waited(lambda: tab.target not in self._tabs or self._running() is None, until):
                message = "The tab did not close in time."
                raise CommandError(message)
            self._ended = ""
            if not self._tabs:
                self._waited(lambda: self._running() is None, min(until, time.monotonic() + _QUICK))
            told = {"closed": True, "closed_tab_id": tab.target}
            return self._shown(asked, until, told) if self._tabs else CommandResult(told | self._state())

    def switch_tab(self, asked: BrowserTab, seconds: float) -> CommandResult:
        """Bring a tab to the front; the next commands are about it."""
        with self._turn(asked, seconds) as until:
            if asked.index is None and asked.tab_id is None:
                message = "Which tab is meant must be said: `index` or `tab_id`."
                raise CommandError(message)
            self._current = self._meant(asked).target
            self._to_the_front(until)
            return self._shown(asked, until, {})

    def execute(self, asked: BrowserExecute, seconds: float) -> CommandResult:
        """Run JavaScript in the page, as the page's own."""
        with self._turn(asked, seconds) as until:
            tab = self._tab()
            answer = self._evaluated(tab, asked.code, until)
            thrown = answer.get("exceptionDetails")
            if thrown is not None:
                said = thrown.get("exception", {}).get("description") or thrown.get("text", "")
                message = f"The code failed: {_said(str(said))}"
                raise CommandError(message)
            value = answer.get("result", {})
            found = value.get("value", value.get("unserializableValue"))
            text = json.dumps(found)
            if len(text) > _LONGEST_RESULT:
                found = text[:_LONGEST_RESULT]
            told = {"result": found, "type": value.get("type", ""), "truncated": len(text) > _LONGEST_RESULT}
            self._settle(tab, until)
            return self._shown(asked, until, told)

    # -- how -----------------------------------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self, asked: BrowserActing | None, seconds: float, *, start: bool = False) -> Iterator[float]:
        """One command, until the time that is given; what the browser refuses is told in words."""
        until = time.monotonic() + seconds
        if not self._alone.acquire(timeout=seconds):
            message = "Another command is still under way in the browser; nothing was done."
            raise CommandError(message)
        try:
            with self._changed:
                self._answering = asked
                self._dialogs, self._fresh = [], []
            if self._running() is None:
                if not start:
                    raise CommandError(self._ended or "No browser is open on this machine. `browser_open` opens it.")
                self._begin(until)
            elif start and not self._tabs:
                self._new_tab(until)
            if asked is not None:
                self._answer_open_dialogs()
            yield until
        except CdpGoneError as error:
            raise CommandError(self._ended or "The browser ended.") from error
        except CdpHaltedError as error:
            message = "It was stopped in the middle."
            raise CommandError(message) from error
        except CdpTimeoutError as error:
            message = "The browser did not do it in time; it may still do it."
            raise CommandError(message, self._state()) from error
        except CdpError as error:
            message = f"The browser refused: {_said(str(error))}"
            raise CommandError(message, self._state()) from error
        finally:
            with self._changed:
                self._answering, self._halted = (
                    None,
                    False,
                )  # only now: one that was halted before it began is not done either
            self._alone.release()

    def _begin(self, until: float) -> None:
        if self._chromium is not None:
            self._chromium.close()
        with self._changed:
            self._tabs, self._by_session, self._current, self._ended = {}, {}, "", ""
            self._downloads = {}
        self._chromium = Chromium(self._world, self._hear, until)
        folder = f"{self._world.inside_home.rstrip('/')}/{DOWNLOADS}"
        self._call(
            "Browser.setDownloadBehavior", until, None, behavior="allow", downloadPath=folder, eventsEnabled=True
        )
        self._call("Target.setDiscoverTargets", until, None, discover=True, filter=[{"type": "page"}])
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True, "filter": [{"type": "page"}]}
        self._call("Target.setAutoAttach", until, None, **attach)
        if not self._waited(lambda: any(tab.frame for tab in self._tabs.values()), until):
            raise CdpTimeoutError

    def _running(self) -> Chromium | None:
        chromium = self._chromium
        return chromium if chromium is not None and chromium.runs else None

    def _call(self, method: str, until: float, tab: BrowserTabState | None, **parameters: object) -> Mapping[str, Any]:
        chromium = self._chromium
        if chromium is None:
            raise CdpGoneError
        if self._halted:
            raise CdpHaltedError
        return chromium.pipe.call(method, until, "" if tab is None else tab.session, **parameters)

    def _tab(self) -> BrowserTabState:
        """The present tab. Raises CommandError where it has crashed, or there is none."""
        with self._changed:
            tab = self._tabs.get(self._current) or next(reversed(self._tabs.values()), None)
            if tab is None:
                message = "The browser has no tab. `browser_open_tab` opens one."
                raise CommandError(message)
            self._current = tab.target
            if tab.crashed:
                message = "The page has crashed. `browser_navigate` loads it, or another one, again."
                raise CommandError(message)
            if tab.dialog is not None and self._answering is None:
                message = (
                    f"The page waits for the answer to a dialog: {_quoted(tab.dialog.message)} ({tab.dialog.kind}). A command "
                    "that acts answers it, as its `dialog` says."
                )
                raise CommandError(message, self._state())
            return tab

    def _to_the_front(self, until: float) -> BrowserTabState:
        """The present tab, where it gets input."""
        tab = self._tab()
        self._call("Page.bringToFront", until, tab)
        return tab

    def _new_tab(self, until: float) -> None:
        window = {} if self._tabs else {"newWindow": True}
        target = str(self._call("Target.createTarget", until, None, url="about:blank", **window)["targetId"])
        if not self._waited(lambda: target in self._tabs and self._tabs[target].frame, until):
            raise CdpTimeoutError
        self._current = target

    def _navigate(self, address: str, until: float, *, wait: bool) -> dict[str, Any]:
        with self._changed:
            tab = self._tabs.get(self._current) or next(reversed(self._tabs.values()))
            self._current, crashed, was = tab.target, tab.crashed, tab.loader
            tab.crashed = False
        self._call("Page.bringToFront", until, tab)
        if not crashed:
            self._free(tab, until)
        try:
            answer = self._call("Page.navigate", until, tab, url=address)
        except CdpError as error:
            message = f"The page could not be opened: {_said(str(error))}"
            raise CommandError(message, self._state()) from error
        failed, loader = str(answer.get("errorText", "")), str(answer.get("loaderId", ""))
        if failed and not (answer.get("isDownload") or self._fresh):
            message = f"The page could not be opened: {_said(failed)}"
            raise CommandError(message, self._state())
        if failed or not loader or not wait:
            return {"loaded": not failed}
        done = self._waited(
            lambda: _is_loaded(tab, loader, was) or tab.crashed or tab.target not in self._tabs, until - _QUICK / 4
        )
        return {"loaded": done and not tab.crashed}

    def _free(self, tab: BrowserTabState, until: float) -> None:
        """End a script that never ends, or its whole process: the page that comes next may have to run where it does."""
        for way in ("Runtime.terminateExecution", "Page.crash"):
            try:
                self._call("Runtime.evaluate", min(until, time.monotonic() + _QUICK / 2), tab, expression="0")
            except CdpTimeoutError:
                if self._chromium is not None:
                    self._chromium.pipe.send(way, tab.session)
            except CdpError:
                return
            else:
                return
        self._waited(lambda: tab.crashed, min(until, time.monotonic() + _QUICK))
        tab.crashed = False

    def _settle(self, tab: BrowserTabState, until: float) -> None:
        """Until what the input led to is there: drawn, and loaded where it led to another page. Never raises for a page that is slow."""
        self._drawn(tab, until)
        self._waited(lambda: not tab.loading or tab.crashed or tab.target not in self._tabs, until - _QUICK / 4)

    def _drawn(self, tab: BrowserTabState, until: float) -> None:
        with suppress(CdpError, CdpTimeoutError, CommandError):
            self._ask(tab, "drawn", min(until, time.monotonic() + _QUICK))

    def _place(
        self, tab: BrowserTabState, asked: BrowserAimed, until: float, text: str | None = None
    ) -> Mapping[str, Any] | None:
        """Where the mouse is to go; None where nothing is said of it."""
        aim = _aim(asked, text)
        if aim is not None:
            place = self._ask(tab, "point", until, aim)
            if place is None:
                raise CommandError(_nothing(asked, text))
            found: Mapping[str, Any] = place
            return found
        x, y = asked.coordinate or (asked.x, asked.y)
        if x is None and y is None:
            return None
        if x is None or y is None:
            message = "A place has an `x` and a `y`."
            raise CommandError(message)
        window = self._ask(tab, "scrolled", until)
        if not (0 <= x < window["width"] and 0 <= y < window["height"]):
            message = (
                f"({x}, {y}) is outside of the page's window, which has {window['width']}x{window['height']} pixels."
            )
            raise CommandError(message)
        return {"x": x, "y": y}

    def _press(
        self,
        tab: BrowserTabState,
        place: Mapping[str, Any],
        until: float,
        *,
        button: str = "left",
        clicks: int = 1,
        modifiers: list[Any] | None = None,
    ) -> None:
        held = 0
        for each in modifiers or []:
            held |= _MODIFIERS[each]
        where = {"x": place["x"], "y": place["y"], "modifiers": held}
        self._call("Input.dispatchMouseEvent", until, tab, type="mouseMoved", **where)
        for count in range(1, clicks + 1):
            what = {"button": button, "clickCount": count, **where}
            with self._let_go("Input.dispatchMouseEvent", tab, type="mouseReleased", **what):
                self._call("Input.dispatchMouseEvent", until, tab, type="mousePressed", **what)
                self._call("Input.dispatchMouseEvent", until, tab, type="mouseReleased", **what)

    def _write(self, tab: BrowserTabState, text: str, until: float) -> None:
        if len(text) > _LONGEST_TYPED:
            self._call("Input.insertText", until, tab, text=text)
            return
        for char in text.replace("\r\n", "\n"):
            self._key(tab, char, until)

    def _key(self, tab: BrowserTabState, char: str, until: float) -> None:
        known = _KEYS.get("\n" if char == "\r" else char)
        if known is None and not char.isprintable():
            self._call("Input.insertText", until, tab, text=char)
            return
        code = {"windowsVirtualKeyCode": ord(char.upper())} if char.isascii() and char.isalnum() else {}
        key = known or {"key": char, "text": char, "unmodifiedText": char, **code}
        up = {name: value for name, value in key.items() if "ext" not in name}
        with self._let_go("Input.dispatchKeyEvent", tab, type="keyUp", **up):
            self._call("Input.dispatchKeyEvent", until, tab, type="keyDown" if "text" in key else "rawKeyDown", **key)
            self._call("Input.dispatchKeyEvent", until, tab, type="keyUp", **up)

    @contextmanager
    def _let_go(self, method: str, tab: BrowserTabState, **release: object) -> Iterator[None]:
        """Within the block something is pressed: if it is left early, that is let go all the same."""
        try:
            yield
        except BaseException:
            if self._chromium is not None:
                self._chromium.pipe.send(method, tab.session, **release)
            raise

    def _ask(self, tab: BrowserTabState, function: str, until: float, *arguments: object) -> Any:
        """What a function of page_script.js gives, in the tab's present document. Raises CommandError with what it says is wrong."""
        for _ in range(_TRIES):
            try:
                if not tab.context:
                    world = {"frameId": tab.frame, "worldName": "coasty-desk"}
                    made = int(self._call("Page.createIsolatedWorld", until, tab, **world)["executionContextId"])
                    self._call("Runtime.evaluate", until, tab, expression=_script(), contextId=made, returnByValue=True)
                    tab.context = made
                answer = self._call(
                    "Runtime.callFunctionOn",
                    until,
                    tab,
                    functionDeclaration=f"function(...given) {{ return coastyDesk.{function}(...given) }}",
                    executionContextId=tab.context,
                    arguments=[{"value": each} for each in arguments],
                    returnByValue=True,
                    awaitPromise=True,
                )
            except CdpError as error:
                if "context" not in str(error).lower() and "frame" not in str(error).lower():
                    raise
                tab.context = 0  # the document has just become another one
                self._waited(lambda: not tab.loading, min(until, time.monotonic() + _POLL))
                continue
            thrown = answer.get("exceptionDetails")
            if thrown is not None:
                said = str(thrown.get("exception", {}).get("description", "")).partition("\n")[0]
                message = f"Nothing was done: {_said(said.removeprefix('Error: '))}."
                raise CommandError(message)
            return answer.get("result", {}).get("value")
        message = "The page changes too fast to be asked anything."
        raise CommandError(message)

    def _evaluated(self, tab: BrowserTabState, code: str, until: float) -> Mapping[str, Any]:
        """What code comes to, be it an expression, a script that waits for something, or what stands in a function and returns."""
        answer = self._evaluate(tab, code, until, replMode=_declares(code))
        if _unreadable(answer) and "Illegal return" not in _unreadable(answer):
            answer = self._evaluate(tab, code, until, replMode=True)
        if "Illegal return" in _unreadable(answer):
            answer = self._evaluate(tab, f"(async () => {{\n{code}\n}})()", until)
        return answer

    def _evaluate(self, tab: BrowserTabState, code: str, until: float, **more: object) -> Mapping[str, Any]:
        least = max(1, round((until - time.monotonic()) * 1000) - 200)
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True, "timeout": least, **more}
        try:
            return self._call("Runtime.evaluate", until, tab, expression=code, **how)
        except CdpError as error:
            if (
                time.monotonic() > until - 1
            ):  # it was ended when its time was over, which the browser calls an error of its own
                raise CdpTimeoutError from error
            raise

    def _until_there(self, tab: BrowserTabState, asked: BrowserWait, until: float) -> None:
        aim = {"selector": asked.selector, "index": None, "text": asked.text}
        while True:
            there = False
            with suppress(CdpError):
                there = bool(self._ask(tab, "is", until, aim, asked.state))
            if there:
                return
            if time.monotonic() + _POLL > until:
                message = f"It was not {asked.state} in time: {_quoted(asked.selector or asked.text or '')}."
                raise CommandError(message, self._state())
            self._waited(lambda: self._running() is None, time.monotonic() + _POLL)
            if self._running() is None:
                raise CdpGoneError

    def _meant(self, asked: BrowserTab) -> BrowserTabState:
        with self._changed:
            tabs = list(self._tabs.values())
            if asked.tab_id is not None:
                found = self._tabs.get(asked.tab_id)
            elif asked.index is not None:
                found = tabs[asked.index] if asked.index < len(tabs) else None
            else:
                found = self._tabs.get(self._current)
        if found is None:
            message = f"There is no such tab; there are {len(tabs)}, from 0 on."
            raise CommandError(message)
        return found

    def _shown(self, asked: BrowserActing, until: float, told: Mapping[str, Any]) -> CommandResult:
        """What is told of what was done, with a picture of how the page looks now if that can be had."""
        picture = None
        soon = max(until, time.monotonic() + _QUICK)
        tab = self._tabs.get(self._current)
        if tab is not None and not tab.crashed and tab.dialog is None:
            self._name(tab, soon)
            if asked.screenshot:
                with suppress(CdpError, CdpTimeoutError):
                    how = {"format": "jpeg", "quality": 75, "optimizeForSpeed": True}
                    picture = b64decode(str(self._call("Page.captureScreenshot", soon, tab, **how)["data"]))
        with self._changed:
            more: dict[str, Any] = {}
            if self._dialogs:
                more["dialogs"] = list(self._dialogs)
            if self._fresh:
                fresh = [self._downloads[one] for one in self._fresh if one in self._downloads]
                more["downloads"] = [one.told() for one in fresh]
        return CommandResult({**told, **self._state(), **more}, picture)

    def _name(self, tab: BrowserTabState, until: float) -> None:
        """Have the tab's address and title as they are now: the browser tells of them a little late."""
        with suppress(CdpError, CdpTimeoutError, CommandError):
            found = self._ask(tab, "named", min(until, time.monotonic() + _QUICK))
            with self._changed:
                tab.title = str(found["title"])
                if not str(found["url"]).startswith(
                    "chrome-error:"
                ):  # that is what stands in the place of a page that did not come
                    tab.url = str(found["url"])

    def _state(self) -> dict[str, Any]:
        if self._running() is None:
            return {"is_open": False, **({"message": self._ended} if self._ended else {})}
        with self._changed:
            tab = self._tabs.get(self._current)
            told: dict[str, Any] = {"is_open": True, "tab_count": len(self._tabs)}
            if tab is not None:
                told |= {
                    "url": tab.url[:8192],
                    "title": tab.title[:1000],
                    "tab_id": tab.target,
                    "loading": tab.loading,
                    "ready": not tab.loading and not tab.crashed,
                    "crashed": tab.crashed,
                }
                if tab.dialog is not None:
                    told["dialog"] = {"type": tab.dialog.kind, "message": tab.dialog.message}
            return told

    def _listed(self) -> list[dict[str, Any]]:
        with self._changed:
            return [
                {
                    "index": index,
                    "tab_id": tab.target,
                    "url": tab.url[:8192],
                    "title": tab.title[:1000],
                    "active": tab.target == self._current,
                }
                for index, tab in enumerate(self._tabs.values())
            ]

    def _fetched(self) -> list[dict[str, Any]]:
        with self._changed:
            return [one.told() for one in list(self._downloads.values())[-_REPORTED:]]

    def _waited(self, ready: _Ready, until: float) -> bool:
        """Whether that came about in time."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._halted or ready(), max(0.0, until - time.monotonic()))
            if self._halted:
                raise CdpHaltedError
            return bool(came)

    # -- what the browser says -----------------------------------------------------------------------------------------------

    def _hear(self, message: CdpMessage) -> None:
        """In the thread that reads: it waits for nothing."""
        with self._changed:
            said = message.params
            if message.sessionId:
                tab = self._by_session.get(message.sessionId)
                if tab is not None:
                    tab.hear(message.method, said)
                    if message.method == "Page.javascriptDialogOpening":
                        self._answer(tab)
            else:
                self._hear_browser(message.method, said)
            self._changed.notify_all()

    def _hear_browser(self, method: str, said: Mapping[str, Any]) -> None:
        about = said.get("targetInfo", {})
        match method:
            case "Target.attachedToTarget" if about.get("type") == "page":
                tab = BrowserTabState(
                    str(about.get("targetId", "")), str(said.get("sessionId", "")), str(about.get("url", ""))
                )
                self._tabs[tab.target] = self._by_session[tab.session] = tab
                if not self._current or (about.get("openerId") and self._answering is not None):
                    self._current = tab.target  # what a command has opened is what the next one is about
                threading.Thread(target=self._introduce, args=(tab,), name="browser tab", daemon=True).start()
            case "Target.detachedFromTarget":
                gone = self._by_session.pop(str(said.get("sessionId", "")), None)
                if gone is not None:
                    self._tabs.pop(gone.target, None)
                    if self._current == gone.target:
                        self._current = next(reversed(self._tabs), "")
            case "Target.targetInfoChanged":
                tab_of = self._tabs.get(str(about.get("targetId", "")))
                if tab_of is not None:
                    tab_of.url, tab_of.title = str(about.get("url", "")), str(about.get("title", ""))
            case "Browser.downloadWillBegin":
                name = str(said.get("suggestedFilename", ""))[:255]
                self._downloads[str(said.get("guid", ""))] = PageDownload(name, str(said.get("url", "")))
                if len(self._fresh) < _REPORTED:
                    self._fresh.append(str(said.get("guid", "")))
                while len(self._downloads) > 10 * _REPORTED:
                    del self._downloads[next(iter(self._downloads))]
            case "Browser.downloadProgress":
                one = self._downloads.get(str(said.get("guid", "")))
                if one is not None:
                    one.state = str(said.get("state", ""))[:40]
                    one.received, one.total = _whole(said.get("receivedBytes")), _whole(said.get("totalBytes"))
            case "gone":
                self._ended = "The browser has ended: it was closed, or it crashed. `browser_open` opens it again."
                self._tabs, self._by_session, self._current = {}, {}, ""
            case _:
                pass

    def _introduce(self, tab: BrowserTabState) -> None:
        """Have a new tab tell of itself."""
        until, chromium = time.monotonic() + 10, self._chromium
        if chromium is None:
            return
        with suppress(CdpError, CdpTimeoutError, CdpGoneError, CdpHaltedError):
            for domain in ("Page", "Inspector"):
                chromium.pipe.call(f"{domain}.enable", until, tab.session)
            chromium.pipe.call("Page.setLifecycleEventsEnabled", until, tab.session, enabled=True)
            frame = chromium.pipe.call("Page.getFrameTree", until, tab.session)["frameTree"]["frame"]
            with self._changed:
                if not tab.frame:
                    tab.hear("Page.frameNavigated", {"frame": frame})
                self._changed.notify_all()

    def _answer_open_dialogs(self) -> None:
        with self._changed:
            for tab in self._tabs.values():
                if tab.dialog is not None:
                    self._answer(tab)

    def _answer(self, tab: BrowserTabState) -> None:
        """Answer a dialog as the command that is under way says; where there is none it stays, for whoever sees it."""
        asked, dialog, chromium = self._answering, tab.dialog, self._chromium
        if asked is None or dialog is None or chromium is None:
            return
        accept = dialog.kind in ("alert", "beforeunload") or asked.dialog == "accept"
        text = {"promptText": asked.dialog_text} if dialog.kind == "prompt" and accept else {}
        chromium.pipe.send("Page.handleJavaScriptDialog", tab.session, accept=accept, **text)
        if len(self._dialogs) < _REPORTED:
            self._dialogs.append(
                {"type": dialog.kind, "message": dialog.message, "answer": "accepted" if accept else "dismissed"}
            )


def _declares(code: str) -> bool:
    """Whether it gives names that a later one may give again."""
    return re.search(r"^[ \t]*(const|let|class)\b", code, re.MULTILINE) is not None and "return" not in code


def _unreadable(answer: Mapping[str, Any]) -> str:
    """Why code could not be read, and nothing of it was done; what fails while it runs tells where, too."""
    said = str(answer.get("exceptionDetails", {}).get("exception", {}).get("description", ""))
    return said if said.startswith("SyntaxError") and "\n    at " not in said else ""


def _is_loaded(tab: BrowserTabState, loader: str, was: str) -> bool:
    """Whether the document is there to its end, or the one that it has led to; `was` is the one before."""
    return tab.loaded == loader or (tab.loader not in (was, loader) and tab.loaded == tab.loader)


def _address(url: str, world: MachineWorld) -> str:
    """The address that a command may go to. Raises CommandError for all others."""
    text = url.strip()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)", text)
    if scheme is None:
        near = re.match(r"(localhost|127\.|\[::1\])", text)
        return f"http{'' if near else 's'}://{text}"
    behind_walls = world.confined and world.inside_home != str(world.home)  # else its files are this computer's
    allowed = ["http", "https", "data", *(["file"] if behind_walls else [])]
    if scheme[1].lower() in allowed or text.lower() in ("about:blank", "about:blank#"):
        return text
    message = f"The browser is not sent to addresses of the kind {_quoted(scheme[1])}, only to {', '.join(allowed)} and about:blank."
    raise CommandError(message)


def _aim(asked: BrowserAimed, text: str | None = None) -> dict[str, object] | None:
    """The element that is meant, as page_script.js takes it."""
    if asked.selector is None and asked.index is None and text is None:
        return None
    return {"selector": asked.selector, "index": asked.index, "text": text}


def _nothing(asked: BrowserAimed, text: str | None = None) -> str:
    if asked.selector is not None:
        return f"There is nothing on the page with the selector {_quoted(asked.selector)}."
    return f"There is nothing to click on the page with the text {_quoted(text or '')}."


def _opened(targets: list[str]) -> dict[str, Any]:
    return {"new_tab_id": targets[-1]} if targets else {}


def _quoted(text: str) -> str:
    return f"“{printable(text[:_SAID])}”"


def _said(text: str) -> str:
    """What a browser or a page says, in a sentence."""
    return printable(text[:_SAID]).strip().rstrip(".")


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0


def _script() -> str:
    if not _texts:
        _texts.append(files("coasty_desk.machines").joinpath("page_script.js").read_text("utf-8"))
    return _texts[0]


_texts: list[str] = []
