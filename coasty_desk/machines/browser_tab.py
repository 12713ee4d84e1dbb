"""What is known of the browser's tabs, from what it tells by itself. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

DIALOG_TEXT = 500
"""Characters that are told of a dialog."""


class PageDialog(Struct, frozen=True):
    """A question of a page: `kind` is alert, confirm, prompt or beforeunload."""

    kind: str
    message: str


class BrowserTabState(Struct):
    """One tab. `frame` is its main frame, `loader` the document that is in it, `loaded` the last that was loaded to its end."""

    target: str
    session: str
    url: str = ""
    title: str = ""
    frame: str = ""
    loader: str = ""
    loaded: str = ""
    loading: bool = False
    crashed: bool = False
    dialog: PageDialog | None = None
    context: int = 0

    def hear(self, method: str, said: Mapping[str, Any]) -> None:
        """Take in what the browser says of it."""
        frame = said.get("frameId", "")
        match method:
            case "Page.frameNavigated":
                document = said.get("frame", {})
                if not document.get("parentId"):
                    self.frame, self.loader = str(document.get("id", "")), str(document.get("loaderId", ""))
                    self.url = str(document.get("url", ""))
                    self.context, self.crashed = 0, False
            case "Page.navigatedWithinDocument" if frame == self.frame:
                self.url = str(said.get("url", ""))
            case "Page.frameStartedLoading" | "Page.frameStartedNavigating" if frame == self.frame:
                self.loading = True
            case "Page.frameRequestedNavigation" if frame == self.frame:
                self.loading = self.loading or said.get("disposition") == "currentTab"
            case "Page.frameStoppedLoading" | "Page.frameClearedScheduledNavigation" if frame == self.frame:
                self.loading = False
            case "Page.lifecycleEvent" if frame == self.frame and said.get("name") == "load":
                self.loaded = str(said.get("loaderId", ""))
            case "Page.javascriptDialogOpening":
                self.dialog = PageDialog(str(said.get("type", "")), str(said.get("message", ""))[:DIALOG_TEXT])
            case "Page.javascriptDialogClosed":
                self.dialog = None
            case "Inspector.targetCrashed":
                self.crashed, self.loading = True, False
            case _:
                pass


class PageDownload(Struct):
    """A file that the browser fetches. `state` is inProgress, completed or canceled; sizes in bytes."""

    name: str
    url: str
    state: str = "inProgress"
    received: int = 0
    total: int = 0

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "url": self.url[:500],
            "state": self.state,
            "received": self.received,
            "size": self.total,
        }
