"""The browser that runs on a machine: its tabs, its dialogs and downloads as it tells of them, and whose turn it is with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from coasty_desk.core.printable import printable
from coasty_desk.machines.browser_parameters import BrowserActing, BrowserTab
from coasty_desk.machines.browser_tab import BrowserTabState, PageDownload
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.file_commands import DOWNLOADS
from coasty_desk.machines.posix_cdp_pipe import CdpError, CdpGoneError, CdpHaltedError, CdpMessage, CdpTimeoutError
from coasty_desk.machines.posix_chromium import Chromium
from coasty_desk.machines.world import MachineWorld

_SAID = 300
_REPORTED = 20


class _Ready(Protocol):
    def __call__(self) -> object: ...


class BrowserSession:
    """One browser, which may end and be begun anew; commands take turns, from any thread.

    `tabs` by their targets, in the order in which they were opened; `current` is the one that the next command is about, `put_away` whether the
    browser was closed as somebody asked, `fresh` the downloads that have begun in this turn. `changed` is held to read or change them, and notified.
    """

    def __init__(self, world: MachineWorld) -> None:
        self._world = world
        self._alone = threading.Lock()
        self.changed = threading.Condition()
        self._chromium: Chromium | None = None
        self.tabs: dict[str, BrowserTabState] = {}
        self._by_session: dict[str, BrowserTabState] = {}
        self.current = ""
        self._halted = False
        self._answering: BrowserActing | None = None
        self._dialogs: list[dict[str, Any]] = []
        self._downloads: dict[str, PageDownload] = {}
        self.fresh: list[str] = []
        self.put_away = False

    def close(self) -> None:
        """End the browser."""
        chromium = self._chromium
        if chromium is not None:
            chromium.close()

    def halt(self) -> None:
        """End the command that is under way, where it is: nothing more of it is sent, and nothing stays pressed. From any thread."""
        with self.changed:
            self._halted = True
            self.changed.notify_all()
        chromium = self._chromium
        if chromium is not None:
            chromium.pipe.halt()

    @contextmanager
    def turn(self, asked: BrowserActing | None, seconds: float, *, start: bool = False) -> Iterator[float]:
        """One command, until the time that is given; what the browser refuses is told in words."""
        until = time.monotonic() + seconds
        if not self._alone.acquire(timeout=seconds):
            message = "Another command is still under way in the browser; nothing was done."
            raise CommandError(message)
        try:
            with self.changed:
                self._answering = asked
                self._dialogs, self.fresh = [], []
            if self.running() is None:
                if not start:
                    raise CommandError(self.ended or "No browser is open on this machine. `browser_open` opens it.")
                self._begin(until)
            elif start and not self.tabs:
                self.new_tab(until)
            if asked is not None:
                self._answer_open_dialogs()
            yield until
        except CdpGoneError as error:
            raise CommandError(self.ended or "The browser ended.") from error
        except CdpHaltedError as error:
            message = "It was stopped in the middle."
            raise CommandError(message) from error
        except CdpTimeoutError as error:
            message = "The browser did not do it in time; it may still do it."
            raise CommandError(message, self.state()) from error
        except CdpError as error:
            message = f"The browser refused: {sentence(str(error))}"
            raise CommandError(message, self.state()) from error
        finally:
            with self.changed:
                # only now: one that was halted before it began is not done either
                self._answering, self._halted = None, False
            self._alone.release()

    @property
    def ended(self) -> str:
        """Why there is no browser any more, where nobody asked for that; known as soon as it does not run."""
        if self._chromium is None or self._chromium.runs or self.put_away:
            return ""
        return "The browser has ended: it was closed, or it crashed. `browser_open` opens it again."

    def running(self) -> Chromium | None:
        """The browser, where there is one."""
        chromium = self._chromium
        return chromium if chromium is not None and chromium.runs else None

    def call(self, method: str, until: float, tab: BrowserTabState | None, **parameters: object) -> Mapping[str, Any]:
        """What the browser answers, of a tab or of itself. Raises CdpError and its like."""
        chromium = self._chromium
        if chromium is None:
            raise CdpGoneError
        if self._halted:
            raise CdpHaltedError
        return chromium.pipe.call(method, until, "" if tab is None else tab.session, **parameters)

    def send(self, method: str, tab: BrowserTabState, **parameters: object) -> None:
        """The same without an answer, also where the turn has been stopped: what is pressed is let go so."""
        if self._chromium is not None:
            self._chromium.pipe.send(method, tab.session, **parameters)

    def tab(self) -> BrowserTabState:
        """The present tab. Raises CommandError where it has crashed, or there is none."""
        with self.changed:
            tab = self.tabs.get(self.current) or next(reversed(self.tabs.values()), None)
            if tab is None:
                message = "The browser has no tab. `browser_open_tab` opens one."
                raise CommandError(message)
            self.current = tab.target
            if tab.crashed:
                message = "The page has crashed. `browser_navigate` loads it, or another one, again."
                raise CommandError(message)
            if tab.dialog is not None and self._answering is None:
                message = (
                    f"The page waits for the answer to a dialog: {quoted(tab.dialog.message)} ({tab.dialog.kind}). A command "
                    "that acts answers it, as its `dialog` says."
                )
                raise CommandError(message, self.state())
            return tab

    def new_tab(self, until: float) -> None:
        """Open an empty one; the next command is about it."""
        window = {} if self.tabs else {"newWindow": True}
        target = str(self.call("Target.createTarget", until, None, url="about:blank", **window)["targetId"])
        if not self.waited(lambda: target in self.tabs and self.tabs[target].frame, until):
            raise CdpTimeoutError
        self.current = target

    def meant(self, asked: BrowserTab) -> BrowserTabState:
        """The tab that is named, else the present one. Raises CommandError."""
        with self.changed:
            tabs = list(self.tabs.values())
            if asked.tab_id is not None:
                found = self.tabs.get(asked.tab_id)
            elif asked.index is not None:
                found = tabs[asked.index] if asked.index < len(tabs) else None
            else:
                found = self.tabs.get(self.current)
        if found is None:
            message = f"There is no such tab; there are {len(tabs)}, from 0 on."
            raise CommandError(message)
        return found

    def waited(self, ready: _Ready, until: float) -> bool:
        """Whether that came about in time."""
        with self.changed:
            came = self.changed.wait_for(lambda: self._halted or ready(), max(0.0, until - time.monotonic()))
            if self._halted:
                raise CdpHaltedError
            return bool(came)

    def state(self) -> dict[str, Any]:
        """Whether it is open, and at which page, as every answer tells."""
        if self.running() is None:
            return {"is_open": False, **({"message": self.ended} if self.ended else {})}
        with self.changed:
            tab = self.tabs.get(self.current)
            told: dict[str, Any] = {"is_open": True, "tab_count": len(self.tabs)}
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

    def listed(self) -> list[dict[str, Any]]:
        """The tabs, as JSON has them."""
        with self.changed:
            return [
                {
                    "index": index,
                    "tab_id": tab.target,
                    "url": tab.url[:8192],
                    "title": tab.title[:1000],
                    "active": tab.target == self.current,
                }
                for index, tab in enumerate(self.tabs.values())
            ]

    def happened(self) -> dict[str, Any]:
        """The dialogs that were answered in this turn, and the downloads that have begun."""
        with self.changed:
            told: dict[str, Any] = {}
            if self._dialogs:
                told["dialogs"] = list(self._dialogs)
            if self.fresh:
                told["downloads"] = [self._downloads[one].told() for one in self.fresh if one in self._downloads]
            return told

    def fetched(self) -> list[dict[str, Any]]:
        """The newest downloads, as JSON has them."""
        with self.changed:
            return [one.told() for one in list(self._downloads.values())[-_REPORTED:]]

    def _begin(self, until: float) -> None:
        if self._chromium is not None:
            self._chromium.close()
        with self.changed:
            self.tabs, self._by_session, self.current, self.put_away = {}, {}, "", False
            self._downloads = {}
        self._chromium = Chromium(self._world, self._hear, until)
        folder = f"{self._world.inside_home.rstrip('/')}/{DOWNLOADS}"
        self.call("Browser.setDownloadBehavior", until, None, behavior="allow", downloadPath=folder, eventsEnabled=True)
        self.call("Target.setDiscoverTargets", until, None, discover=True, filter=[{"type": "page"}])
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True, "filter": [{"type": "page"}]}
        self.call("Target.setAutoAttach", until, None, **attach)
        if not self.waited(lambda: any(tab.frame for tab in self.tabs.values()), until):
            raise CdpTimeoutError

    def _hear(self, message: CdpMessage) -> None:
        """In the thread that reads: it waits for nothing."""
        with self.changed:
            said = message.params
            if message.sessionId:
                tab = self._by_session.get(message.sessionId)
                if tab is not None:
                    tab.hear(message.method, said)
                    if message.method == "Page.javascriptDialogOpening":
                        self._answer(tab)
            else:
                self._hear_browser(message.method, said)
            self.changed.notify_all()

    def _hear_browser(self, method: str, said: Mapping[str, Any]) -> None:
        about = said.get("targetInfo", {})
        match method:
            case "Target.attachedToTarget" if about.get("type") == "page":
                tab = BrowserTabState(
                    str(about.get("targetId", "")), str(said.get("sessionId", "")), str(about.get("url", ""))
                )
                self.tabs[tab.target] = self._by_session[tab.session] = tab
                if not self.current or (about.get("openerId") and self._answering is not None):
                    self.current = tab.target  # what a command has opened is what the next one is about
                threading.Thread(target=self._introduce, args=(tab,), name="browser tab", daemon=True).start()
            case "Target.detachedFromTarget":
                gone = self._by_session.pop(str(said.get("sessionId", "")), None)
                if gone is not None:
                    self.tabs.pop(gone.target, None)
                    if self.current == gone.target:
                        self.current = next(reversed(self.tabs), "")
            case "Target.targetInfoChanged":
                tab_of = self.tabs.get(str(about.get("targetId", "")))
                if tab_of is not None:
                    tab_of.url, tab_of.title = str(about.get("url", "")), str(about.get("title", ""))
            case "Browser.downloadWillBegin":
                name = str(said.get("suggestedFilename", ""))[:255]
                self._downloads[str(said.get("guid", ""))] = PageDownload(name, str(said.get("url", "")))
                if len(self.fresh) < _REPORTED:
                    self.fresh.append(str(said.get("guid", "")))
                while len(self._downloads) > 10 * _REPORTED:
                    del self._downloads[next(iter(self._downloads))]
            case "Browser.downloadProgress":
                one = self._downloads.get(str(said.get("guid", "")))
                if one is not None:
                    one.state = str(said.get("state", ""))[:40]
                    one.received, one.total = _whole(said.get("receivedBytes")), _whole(said.get("totalBytes"))
            case "gone":
                self.tabs, self._by_session, self.current = {}, {}, ""
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
            with self.changed:
                if not tab.frame:
                    tab.hear("Page.frameNavigated", {"frame": frame})
                self.changed.notify_all()

    def _answer_open_dialogs(self) -> None:
        with self.changed:
            for tab in self.tabs.values():
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


def quoted(text: str) -> str:
    """Somebody else's words, in a sentence of ours."""
    return f"“{printable(text[:_SAID])}”"


def sentence(text: str) -> str:
    """What a browser or a page says, in a sentence."""
    return printable(text[:_SAID]).strip().rstrip(".")


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0
