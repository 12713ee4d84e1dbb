"""The document of a tab, as commands ask it, point at it and press it, until a moment in time.

What comes from pages is data: it is bounded, and never taken for anything else. What is asked of a page runs in a world of its own
there (page_script.js), where the page can neither see it nor change what it uses.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any

from coasty_desk.machines.browser_parameters import BrowserAimed, BrowserWait
from coasty_desk.machines.browser_session import BrowserSession, quoted, sentence
from coasty_desk.machines.browser_tab import BrowserTabState
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.posix_cdp_pipe import CdpError, CdpGoneError, CdpTimeoutError

QUICK = 2.0
"""Seconds for what must not hold up the rest: a picture, a look at whether the page has drawn."""

_POLL = 0.1
_TRIES = 20
_LONGEST_TYPED = 2000

_MODIFIERS = {"alt": 1, "ctrl": 2, "control": 2, "meta": 4, "super": 4, "cmd": 4, "shift": 8}
_KEYS: Mapping[str, Mapping[str, object]] = {
    "\n": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "\t": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "\b": {"key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8},
}


class BrowserPage:
    """What one command does with one tab. Everything raises CommandError for what cannot be done, CdpError and its like."""

    def __init__(self, session: BrowserSession, tab: BrowserTabState) -> None:
        self._session = session
        self.tab = tab

    def ask(self, function: str, until: float, *arguments: object) -> Any:
        """What a function of page_script.js gives, in the tab's present document. Raises CommandError with what it says is wrong."""
        for _ in range(_TRIES):
            try:
                if not self.tab.context:
                    world = {"frameId": self.tab.frame, "worldName": "coasty-desk"}
                    made = int(
                        self._session.call("Page.createIsolatedWorld", until, self.tab, **world)["executionContextId"]
                    )
                    self._session.call(
                        "Runtime.evaluate", until, self.tab, expression=_script(), contextId=made, returnByValue=True
                    )
                    self.tab.context = made
                answer = self._session.call(
                    "Runtime.callFunctionOn",
                    until,
                    self.tab,
                    functionDeclaration=f"function(...given) {{ return coastyDesk.{function}(...given) }}",
                    executionContextId=self.tab.context,
                    arguments=[{"value": each} for each in arguments],
                    returnByValue=True,
                    awaitPromise=True,
                )
            except CdpError as error:
                if "context" not in str(error).lower() and "frame" not in str(error).lower():
                    raise
                self.tab.context = 0  # the document has just become another one
                self._session.waited(lambda: not self.tab.loading, min(until, time.monotonic() + _POLL))
                continue
            thrown = answer.get("exceptionDetails")
            if thrown is not None:
                said = str(thrown.get("exception", {}).get("description", "")).partition("\n")[0]
                message = f"Nothing was done: {sentence(said.removeprefix('Error: '))}."
                raise CommandError(message)
            return answer.get("result", {}).get("value")
        message = "The page changes too fast to be asked anything."
        raise CommandError(message)

    def place(self, asked: BrowserAimed, until: float, text: str | None = None) -> Mapping[str, Any] | None:
        """Where the mouse is to go; None where nothing is said of it."""
        aim = aim_of(asked, text)
        if aim is not None:
            place = self.ask("point", until, aim)
            if place is None:
                raise CommandError(nothing_like(asked, text))
            found: Mapping[str, Any] = place
            return found
        x, y = asked.coordinate or (asked.x, asked.y)
        if x is None and y is None:
            return None
        if x is None or y is None:
            message = "A place has an `x` and a `y`."
            raise CommandError(message)
        window = self.ask("scrolled", until)
        if not (0 <= x < window["width"] and 0 <= y < window["height"]):
            message = (
                f"({x}, {y}) is outside of the page's window, which has {window['width']}x{window['height']} pixels."
            )
            raise CommandError(message)
        return {"x": x, "y": y}

    def press(
        self,
        place: Mapping[str, Any],
        until: float,
        *,
        button: str = "left",
        clicks: int = 1,
        modifiers: list[Any] | None = None,
    ) -> None:
        """Click there, with the mouse."""
        held = 0
        for each in modifiers or []:
            held |= _MODIFIERS[each]
        where = {"x": place["x"], "y": place["y"], "modifiers": held}
        self._session.call("Input.dispatchMouseEvent", until, self.tab, type="mouseMoved", **where)
        for count in range(1, clicks + 1):
            what = {"button": button, "clickCount": count, **where}
            with self._let_go("Input.dispatchMouseEvent", type="mouseReleased", **what):
                self._session.call("Input.dispatchMouseEvent", until, self.tab, type="mousePressed", **what)
                self._session.call("Input.dispatchMouseEvent", until, self.tab, type="mouseReleased", **what)

    def write(self, text: str, until: float) -> None:
        """Type it, a key each; what is very long comes as one."""
        if len(text) > _LONGEST_TYPED:
            self._session.call("Input.insertText", until, self.tab, text=text)
            return
        for char in text.replace("\r\n", "\n"):
            self.key(char, until)

    def key(self, char: str, until: float) -> None:
        """Press the key of a character; one that no key has comes as text."""
        known = _KEYS.get("\n" if char == "\r" else char)
        if known is None and not char.isprintable():
            self._session.call("Input.insertText", until, self.tab, text=char)
            return
        code = {"windowsVirtualKeyCode": ord(char.upper())} if char.isascii() and char.isalnum() else {}
        key = known or {"key": char, "text": char, "unmodifiedText": char, **code}
        up = {name: value for name, value in key.items() if "ext" not in name}
        with self._let_go("Input.dispatchKeyEvent", type="keyUp", **up):
            self._session.call(
                "Input.dispatchKeyEvent", until, self.tab, type="keyDown" if "text" in key else "rawKeyDown", **key
            )
            self._session.call("Input.dispatchKeyEvent", until, self.tab, type="keyUp", **up)

    def drawn(self, until: float) -> None:
        """Until it has drawn what it was told last, if that does not take long."""
        with suppress(CdpError, CdpTimeoutError, CommandError):
            self.ask("drawn", min(until, time.monotonic() + QUICK))

    def settle(self, until: float) -> None:
        """Until what the input led to is there: drawn, and loaded where it led to another page. Never raises for a page that is slow."""
        self.drawn(until)
        self._session.waited(
            lambda: not self.tab.loading or self.tab.crashed or self.tab.target not in self._session.tabs,
            until - QUICK / 4,
        )

    def free(self, until: float) -> None:
        """End a script that never ends, or its whole process: the page that comes next may have to run where it does."""
        for way in ("Runtime.terminateExecution", "Page.crash"):
            try:
                self._session.call(
                    "Runtime.evaluate", min(until, time.monotonic() + QUICK / 2), self.tab, expression="0"
                )
            except CdpTimeoutError:
                self._session.send(way, self.tab)
            except CdpError:
                return
            else:
                return
        self._session.waited(lambda: self.tab.crashed, min(until, time.monotonic() + QUICK))
        self.tab.crashed = False

    def until_there(self, asked: BrowserWait, until: float) -> None:
        """Until an element or a text is, or is not, there."""
        aim = {"selector": asked.selector, "index": None, "text": asked.text}
        while True:
            there = False
            with suppress(CdpError):
                there = bool(self.ask("is", until, aim, asked.state))
            if there:
                return
            if time.monotonic() + _POLL > until:
                message = f"It was not {asked.state} in time: {quoted(asked.selector or asked.text or '')}."
                raise CommandError(message, self._session.state())
            self._session.waited(lambda: self._session.running() is None, time.monotonic() + _POLL)
            if self._session.running() is None:
                raise CdpGoneError

    def name(self, until: float) -> None:
        """Have the tab's address and title as they are now: the browser tells of them a little late."""
        with suppress(CdpError, CdpTimeoutError, CommandError):
            found = self.ask("named", min(until, time.monotonic() + QUICK))
            with self._session.changed:
                self.tab.title = str(found["title"])
                # that is what stands in the place of a page that did not come
                if not str(found["url"]).startswith("chrome-error:"):
                    self.tab.url = str(found["url"])

    def evaluated(self, code: str, until: float) -> Mapping[str, Any]:
        """What code comes to, be it an expression, a script that waits for something, or what stands in a function and returns."""
        answer = self._evaluate(code, until, replMode=_declares(code))
        if _unreadable(answer) and "Illegal return" not in _unreadable(answer):
            answer = self._evaluate(code, until, replMode=True)
        if "Illegal return" in _unreadable(answer):
            answer = self._evaluate(f"(async () => {{\n{code}\n}})()", until)
        return answer

    def _evaluate(self, code: str, until: float, **more: object) -> Mapping[str, Any]:
        least = max(1, round((until - time.monotonic()) * 1000) - 200)
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True, "timeout": least, **more}
        try:
            return self._session.call("Runtime.evaluate", until, self.tab, expression=code, **how)
        except CdpError as error:
            # it was ended when its time was over, which the browser calls an error of its own
            if time.monotonic() > until - 1:
                raise CdpTimeoutError from error
            raise

    @contextmanager
    def _let_go(self, method: str, **release: object) -> Iterator[None]:
        """Within the block something is pressed: if it is left early, that is let go all the same."""
        try:
            yield
        except BaseException:
            self._session.send(method, self.tab, **release)
            raise


def aim_of(asked: BrowserAimed, text: str | None = None) -> dict[str, object] | None:
    """The element that is meant, as page_script.js takes it."""
    if asked.selector is None and asked.index is None and text is None:
        return None
    return {"selector": asked.selector, "index": asked.index, "text": text}


def nothing_like(asked: BrowserAimed, text: str | None = None) -> str:
    """That there is nothing of what is meant, as a sentence."""
    if asked.selector is not None:
        return f"There is nothing on the page with the selector {quoted(asked.selector)}."
    return f"There is nothing to click on the page with the text {quoted(text or '')}."


def _declares(code: str) -> bool:
    """Whether it gives names that a later one may give again."""
    return re.search(r"^[ \t]*(const|let|class)\b", code, re.MULTILINE) is not None and "return" not in code


def _unreadable(answer: Mapping[str, Any]) -> str:
    """Why code could not be read, and nothing of it was done; what fails while it runs tells where, too."""
    said = str(answer.get("exceptionDetails", {}).get("exception", {}).get("description", ""))
    return said if said.startswith("SyntaxError") and "\n    at " not in said else ""


def _script() -> str:
    if not _texts:
        _texts.append(files("coasty_desk.machines").joinpath("page_script.js").read_text("utf-8"))
    return _texts[0]


_texts: list[str] = []
