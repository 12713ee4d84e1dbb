"""The parameters of the browser's commands."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

LONGEST_TEXT = 100_000
"""Characters that are typed at a time."""

LONGEST_DOM = 1_000_000
"""Characters of a page that are told at a time."""

Url = Annotated[str, Meta(min_length=1, max_length=8192)]
Selector = Annotated[str, Meta(min_length=1, max_length=2000)]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Index = Annotated[int, Meta(ge=0, le=100_000)]
Pixels = Annotated[float, Meta(ge=-100_000, le=100_000)]
Milliseconds = Annotated[int, Meta(ge=0, le=120_000)]
TabId = Annotated[str, Meta(min_length=1, max_length=128)]
Modifier = Literal["alt", "ctrl", "control", "meta", "super", "cmd", "shift"]


class BrowserActing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dialog`: how a question that the page asks meanwhile is answered, with `dialog_text` where it asks for one. `screenshot`: whether one is taken afterwards."""

    dialog: Literal["accept", "dismiss"] = "dismiss"
    dialog_text: Annotated[str, Meta(max_length=2000)] = ""
    screenshot: bool = True


class BrowserAimed(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is meant: the element of a CSS `selector`, the one of that `index` in browser_get_clickables' last list, or the point `x`, `y` in pixels of the page's window."""

    selector: Selector | None = None
    index: Index | None = None
    x: Pixels | None = None
    y: Pixels | None = None
    coordinate: tuple[Pixels, Pixels] | None = None


class BrowserOpen(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url`: the page to open; nothing, or what is open already, unless given."""

    url: Url | None = None


class BrowserNavigate(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url`: http, https, data or about:blank; `https://` is put before what has none. `wait_until`: when it has been loaded, or at once."""

    url: Url
    wait_until: Literal["load", "none"] = "load"


class BrowserClick(BrowserAimed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Or what has that `text`. `clicks`: 2 is a double click."""

    text: Words | None = None
    button: Literal["left", "middle", "right"] = "left"
    clicks: Annotated[int, Meta(ge=1, le=3)] = 1
    modifiers: Annotated[list[Modifier], Meta(max_length=4)] = []


class BrowserType(BrowserAimed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text` is typed at the end of what is meant, or of what has the focus. `clear`: instead of what is there. `press_enter`: at its end."""

    text: Annotated[str, Meta(max_length=LONGEST_TEXT)]
    clear: bool = False
    press_enter: bool = False


class BrowserScroll(BrowserAimed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By `amount` pixels, where the pointer would be; an element without a `direction` is scrolled into view."""

    direction: Literal["up", "down", "left", "right"] | None = None
    amount: Annotated[int, Meta(ge=1, le=100_000)] = 600


class BrowserContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`selector`: a part of the page. `format`: html or text. `max_characters`: what is beyond is left out, and said to be."""

    selector: Selector | None = None
    format: Literal["html", "text"] = "html"
    max_characters: Annotated[int, Meta(ge=1, le=LONGEST_DOM)] = 100_000


class BrowserClickables(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`limit`: how many are told, in the page's order."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 200


class BrowserNothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is to be said."""


class BrowserScreenshot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`full_page`: also what would have to be scrolled to, as far as 16384 pixels. `format`: png or jpeg."""

    full_page: bool = False
    format: Literal["png", "jpeg"] = "png"


class BrowserWait(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until an element or a `text` is there, by `state`; for `milliseconds`; or, with neither, until the page has been loaded. `timeout_ms`: how long at most."""

    selector: Selector | None = None
    text: Words | None = None
    state: Literal["visible", "attached", "hidden", "detached"] = "visible"
    milliseconds: Milliseconds | None = None
    timeout_ms: Milliseconds | None = None


class BrowserOpenTab(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url`: as for browser_navigate; an empty tab unless given."""

    url: Url | None = None


class BrowserTab(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`index` in browser_list_tabs, or `tab_id`; the present one unless given, to be closed."""

    index: Index | None = None
    tab_id: TabId | None = None


class BrowserExecute(BrowserActing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`code`: JavaScript for the page; its last value is the result, or what it returns. A promise is waited for."""

    code: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
