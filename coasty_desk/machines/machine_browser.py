"""The browser of a machine, as its commands drive it: visible on its display, with real input, told of what becomes of it."""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from coasty_desk.machines.browser_page import QUICK, BrowserPage, aim_of, nothing_like
from coasty_desk.machines.browser_parameters import (
    BrowserActing,
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
from coasty_desk.machines.browser_session import BrowserSession, quoted, sentence
from coasty_desk.machines.browser_tab import BrowserTabState
from coasty_desk.machines.command import CommandError, CommandResult
from coasty_desk.machines.posix_cdp_pipe import CdpError, CdpTimeoutError
from coasty_desk.machines.world import MachineWorld

TABS = 50
"""Tabs that are opened by commands at most."""

_TALLEST = 16384
_LARGEST_PICTURE = 40_000_000
"""Pixels."""

_LONGEST_RESULT = 100_000

_NO_SANDBOX = (
    "The browser runs without its own sandbox, which cannot work for this user or on this system: "
    "what breaks out of a page has the machine."
)


class MachineBrowser:
    """The browser of one machine. Every command raises CommandError for what cannot be done; one at a time, from any thread."""

    def __init__(self, world: MachineWorld) -> None:
        self._world = world
        self._session = BrowserSession(world)

    def close(self) -> None:
        """End the browser."""
        self._session.close()

    def halt(self) -> None:
        """End the command that is under way, where it is: nothing more of it is sent, and nothing stays pressed. From any thread."""
        self._session.halt()

    def open(self, asked: BrowserOpen, seconds: float) -> CommandResult:
        """Open the browser, and a page in it."""
        address = None if asked.url is None else _address(asked.url, self._world)
        with self._session.turn(asked, seconds, start=True) as until:
            loaded = {} if address is None else self._navigate(address, until, wait=True)
            return self._shown(asked, until, loaded)

    def navigate(self, asked: BrowserNavigate, seconds: float) -> CommandResult:
        """Go to a page, and wait until it has been loaded; opens the browser where it is not."""
        address = _address(asked.url, self._world)
        with self._session.turn(asked, seconds, start=True) as until:
            loaded = self._navigate(address, until, wait=asked.wait_until == "load")
            return self._shown(asked, until, loaded)

    def click(self, asked: BrowserClick, seconds: float) -> CommandResult:
        """Click where it is seen, with the mouse."""
        with self._session.turn(asked, seconds) as until:
            page = self._in_front(until)
            place = page.place(asked, until, asked.text)
            if place is None:
                message = "What is to be clicked must be said: `selector`, `index`, `text`, or `x` and `y`."
                raise CommandError(message)
            if place.get("disabled"):
                message = f"{place['element']} is disabled; nothing was clicked."
                raise CommandError(message)
            before = set(self._session.tabs)
            page.press(place, until, button=asked.button, clicks=asked.clicks, modifiers=asked.modifiers)
            page.settle(until)
            opened = [target for target in self._session.tabs if target not in before]
            return self._shown(asked, until, {"clicked": place, **_opened(opened)})

    def type(self, asked: BrowserType, seconds: float) -> CommandResult:
        """Type with the keyboard, into what is meant or what has the focus; choose, in a list."""
        with self._session.turn(asked, seconds) as until:
            page = self._in_front(until)
            aim = aim_of(asked)
            kind = "text" if aim is None else page.ask("field", until, aim)
            if kind is None:
                raise CommandError(nothing_like(asked))
            if kind in ("choice", "value"):
                page.ask("choose" if kind == "choice" else "put", until, aim, asked.text)
            else:
                place = page.place(asked, until)
                if place is not None:
                    page.press(place, until)
                if not page.ask("caret", until, asked.clear):
                    message = "Nothing on the page has the focus, so nothing was typed. Say what is to be typed into."
                    raise CommandError(message)
                if asked.clear:
                    page.key("\b", until)
                page.write(asked.text, until)
            if asked.press_enter:
                page.key("\n", until)
            page.settle(until)
            return self._shown(asked, until, {"typed": len(asked.text)})

    def scroll(self, asked: BrowserScroll, seconds: float) -> CommandResult:
        """Turn the wheel, or scroll an element into view."""
        with self._session.turn(asked, seconds) as until:
            page = self._in_front(until)
            place = page.place(asked, until)
            if place is None or asked.direction is not None:
                if place is None:
                    window = page.ask("scrolled", until)
                    place = {"x": window["width"] / 2, "y": window["height"] / 2}
                way = asked.direction or "down"
                by = asked.amount if way in ("down", "right") else -asked.amount
                deltas = {"deltaX": by, "deltaY": 0} if way in ("left", "right") else {"deltaX": 0, "deltaY": by}
                wheel = {"x": place["x"], "y": place["y"], **deltas}
                self._session.call("Input.dispatchMouseEvent", until, page.tab, type="mouseWheel", **wheel)
                page.drawn(until)
            return self._shown(asked, until, {"scroll": page.ask("scrolled", until)})

    def content(self, asked: BrowserContent, seconds: float) -> CommandResult:
        """What the page is made of, as HTML or as the text that is seen."""
        with self._session.turn(None, seconds) as until:
            page = self._page()
            found = page.ask("content", until, asked.selector, asked.format, asked.max_characters)
            if found is None:
                message = f"There is nothing on the page with the selector {quoted(str(asked.selector))}."
                raise CommandError(message)
            page.name(until)
            return CommandResult(
                {
                    "dom": found["text"],
                    "content": found["text"],
                    "format": asked.format,
                    "characters": found["total"],
                    "truncated": found["total"] > len(found["text"].encode("utf-16-le", "surrogatepass")) // 2,
                    **self._session.state(),
                }
            )

    def clickables(self, asked: BrowserClickables, seconds: float) -> CommandResult:
        """What can be clicked or typed into, each with the index by which the next commands may name it."""
        with self._session.turn(None, seconds) as until:
            page = self._page()
            found = page.ask("clickables", until, asked.limit)
            items = found["items"]
            page.name(until)
            return CommandResult(
                {
                    "clickables": items,
                    "elements": items,
                    "count": len(items),
                    "total": found["total"],
                    "truncated": found["total"] > len(items),
                    **self._session.state(),
                }
            )

    def state(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Whether the browser is open, and at which page; also while a dialog is open or another command is under way."""
        return CommandResult(self._session.state())

    def info(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Which browser it is, its tabs and its downloads."""
        chromium = self._session.running()
        about = {} if chromium is None else {"browser": chromium.version, "sandboxed": chromium.sandboxed}
        note = {} if chromium is None or chromium.sandboxed else {"note": _NO_SANDBOX}
        return CommandResult(
            {
                **self._session.state(),
                **about,
                **note,
                "tabs": self._session.listed(),
                "downloads": self._session.fetched(),
            }
        )

    def shut(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """Close the browser with all its tabs."""
        chromium = self._session.running()
        if chromium is not None:
            chromium.close()
        self._session.put_away = True
        return CommandResult({"closed": chromium is not None, "is_open": False})

    def screenshot(self, asked: BrowserScreenshot, seconds: float) -> CommandResult:
        """A picture of the page, without the browser around it."""
        with self._session.turn(None, seconds) as until:
            page = self._in_front(until)
            window = page.ask("scrolled", until)
            width, height = window["width"], window["height"]
            whole: dict[str, Any] = {}
            if asked.full_page:
                width = min(window["page_width"], _TALLEST)
                height = min(window["page_height"], _TALLEST, _LARGEST_PICTURE // max(1, width))
                clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
                whole = {"captureBeyondViewport": True, "clip": clip}
            shot = str(
                self._session.call("Page.captureScreenshot", until, page.tab, format=asked.format, **whole)["data"]
            )
            told = {"image_b64": shot, "mime_type": f"image/{asked.format}", "width": width, "height": height}
            return CommandResult({**told, **self._session.state()}, b64decode(shot))

    def wait(self, asked: BrowserWait, seconds: float) -> CommandResult:
        """Wait for something on the page, or for the page."""
        with self._session.turn(asked, seconds) as until:
            least = until if asked.timeout_ms is None else min(until, time.monotonic() + asked.timeout_ms / 1000)
            page = self._page()
            if asked.milliseconds is not None:
                end = min(least, time.monotonic() + asked.milliseconds / 1000)
                self._session.waited(lambda: self._session.running() is None, end)
            elif asked.selector is None and asked.text is None:
                if not self._session.waited(lambda: not page.tab.loading or page.tab.crashed, least):
                    message = "The page had not been loaded in time."
                    raise CommandError(message, self._session.state())
            else:
                page.until_there(asked, least)
            return self._shown(asked, until, {"waited": True})

    def tabs(self, _asked: BrowserNothing, _seconds: float) -> CommandResult:
        """The tabs, in the order in which they were opened."""
        return CommandResult(
            {"tabs": self._session.listed(), "count": len(self._session.tabs), **self._session.state()}
        )

    def open_tab(self, asked: BrowserOpenTab, seconds: float) -> CommandResult:
        """Open another tab, and a page in it."""
        address = None if asked.url is None else _address(asked.url, self._world)
        with self._session.turn(asked, seconds, start=True) as until:
            if len(self._session.tabs) >= TABS:
                message = (
                    f"There are {len(self._session.tabs)} tabs, as many as may be. `browser_close_tab` closes one."
                )
                raise CommandError(message)
            self._session.new_tab(until)
            loaded = {} if address is None else self._navigate(address, until, wait=True)
            return self._shown(asked, until, loaded)

    def close_tab(self, asked: BrowserTab, seconds: float) -> CommandResult:
        """Close a tab. With the last one the browser closes."""
        with self._session.turn(asked, seconds) as until:
            tab = self._session.meant(asked)
            self._session.call("Target.closeTarget", until, None, targetId=tab.target)
            if not self._session.waited(
                lambda: tab.target not in self._session.tabs or self._session.running() is None, until
            ):
                message = "The tab did not close in time."
                raise CommandError(message)
            self._session.put_away = not self._session.tabs
            if self._session.put_away:
                self._session.waited(lambda: self._session.running() is None, min(until, time.monotonic() + QUICK))
            told = {"closed": True, "closed_tab_id": tab.target}
            return (
                self._shown(asked, until, told) if self._session.tabs else CommandResult(told | self._session.state())
            )

    def switch_tab(self, asked: BrowserTab, seconds: float) -> CommandResult:
        """Bring a tab to the front; the next commands are about it."""
        with self._session.turn(asked, seconds) as until:
            if asked.index is None and asked.tab_id is None:
                message = "Which tab is meant must be said: `index` or `tab_id`."
                raise CommandError(message)
            self._session.current = self._session.meant(asked).target
            self._in_front(until)
            return self._shown(asked, until, {})

    def execute(self, asked: BrowserExecute, seconds: float) -> CommandResult:
        """Run JavaScript in the page, as the page's own."""
        with self._session.turn(asked, seconds) as until:
            page = self._page()
            answer = page.evaluated(asked.code, until)
            thrown = answer.get("exceptionDetails")
            if thrown is not None:
                said = thrown.get("exception", {}).get("description") or thrown.get("text", "")
                message = f"The code failed: {sentence(str(said))}"
                raise CommandError(message)
            value = answer.get("result", {})
            found = value.get("value", value.get("unserializableValue"))
            text = json.dumps(found)
            if len(text) > _LONGEST_RESULT:
                found = text[:_LONGEST_RESULT]
            told = {"result": found, "type": value.get("type", ""), "truncated": len(text) > _LONGEST_RESULT}
            page.settle(until)
            return self._shown(asked, until, told)

    def _page(self) -> BrowserPage:
        """The present tab's."""
        return BrowserPage(self._session, self._session.tab())

    def _in_front(self, until: float) -> BrowserPage:
        """The same, where it gets input."""
        page = self._page()
        self._session.call("Page.bringToFront", until, page.tab)
        return page

    def _navigate(self, address: str, until: float, *, wait: bool) -> dict[str, Any]:
        with self._session.changed:
            tab = self._session.tabs.get(self._session.current) or next(reversed(self._session.tabs.values()))
            self._session.current, crashed, was = tab.target, tab.crashed, tab.loader
            tab.crashed = False
        self._session.call("Page.bringToFront", until, tab)
        if not crashed:
            BrowserPage(self._session, tab).free(until)
        try:
            answer = self._session.call("Page.navigate", until, tab, url=address)
        except CdpError as error:
            message = f"The page could not be opened: {sentence(str(error))}"
            raise CommandError(message, self._session.state()) from error
        failed, loader = str(answer.get("errorText", "")), str(answer.get("loaderId", ""))
        if failed and not (answer.get("isDownload") or self._session.fresh):
            message = f"The page could not be opened: {sentence(failed)}"
            raise CommandError(message, self._session.state())
        if failed or not loader or not wait:
            return {"loaded": not failed}
        done = self._session.waited(
            lambda: _is_loaded(tab, loader, was) or tab.crashed or tab.target not in self._session.tabs,
            until - QUICK / 4,
        )
        return {"loaded": done and not tab.crashed}

    def _shown(self, asked: BrowserActing, until: float, told: Mapping[str, Any]) -> CommandResult:
        """What is told of what was done, with a picture of how the page looks now if that can be had."""
        picture = None
        soon = max(until, time.monotonic() + QUICK)
        tab = self._session.tabs.get(self._session.current)
        if tab is not None and not tab.crashed and tab.dialog is None:
            BrowserPage(self._session, tab).name(soon)
            if asked.screenshot:
                with suppress(CdpError, CdpTimeoutError):
                    how = {"format": "jpeg", "quality": 75, "optimizeForSpeed": True}
                    picture = b64decode(str(self._session.call("Page.captureScreenshot", soon, tab, **how)["data"]))
        return CommandResult({**told, **self._session.state(), **self._session.happened()}, picture)


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
    message = f"The browser is not sent to addresses of the kind {quoted(scheme[1])}, only to {', '.join(allowed)} and about:blank."
    raise CommandError(message)


def _opened(targets: list[str]) -> dict[str, Any]:
    return {"new_tab_id": targets[-1]} if targets else {}
