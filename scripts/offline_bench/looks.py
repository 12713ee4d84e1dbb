"""Boxes as they are drawn: each look is checked and unchecked, on and off before; and boxes that do not do what they are clicked for."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator

from scripts.offline_bench.desk import Desk, wait_until
from scripts.offline_bench.task import Task

PAGE = "boxes.html"
LOOKS = {
    "native": "native",
    "native pale": "native:accent-color:#f7c6d9",
    "native large": "native:width:26px;height:26px",
    "native dark": "native/dark",
    "native far right": "native/far",
    "glyph": "line glyph",
    "filled": "thick soft fill tick",
    "filled round": "thick round fill tick",
    "shaded": "shade tick --mark=#333",
    "shaded deep": "deep soft tick --mark=#222",
    "gradient": "glow soft tick",
    "bevelled": "bevel tick --mark=#000",
    "sunk": "sunk tick --mark=#2456a8",
    "glossy dot": "gloss round dot --mark=#222",
    "square inside": "line square",
    "solid": "line fill",
    "solid pale": "pale fillpale",
    "cross": "line times",
    "ring": "ring",
    "hollow dark": "line tick --mark=#eee/dark",
    "faint when off": "todo",
    "red and green": "yesno",
    "grey and blue": "solid",
    "switch": "s go",
    "switch grey": "s",
    "switch outlined": "s m3",
    "switch thin": "s m2",
    "switch with words": "s green said",
}
STUBBORN = {
    "dead": "native?does=dead",
    "dead solid": "line fill/focus?does=dead",
    "dead switch": "s go?does=dead",
    "disabled": "native?does=disabled",
    "goes back at once": "native?does=back&ms=200",
    "goes back": "native?does=back&ms=1200",
    "goes back switch": "s go?does=back&ms=600",
}
"""What stays as it is whatever is done."""


def tasks() -> Iterator[Task]:
    """Each look with both instructions in both states, then what cannot be done."""
    for name, look in (LOOKS | STUBBORN).items():
        for on in (True, False):
            for wanted in (True, False):
                possible = name in LOOKS
                if possible or on != wanted:
                    yield Task(
                        f"box {name}, {'on' if on else 'off'}, {'check' if wanted else 'uncheck'}",
                        _lay(look, on=on),
                        f'{"check" if wanted else "uncheck"} "Send me news"',
                        _is(on=wanted) if possible else lambda _desk: "it stays as it is",
                        possible=possible,
                    )


def _lay(look: str, *, on: bool) -> Callable[[Desk], None]:
    look, _, does = look.partition("?")
    look, _, how = look.partition("/")
    query = {"tour": "1", "look": look, "how": how, "on": str(int(on))} | dict(urllib.parse.parse_qsl(does))
    page = f"{PAGE}?{urllib.parse.urlencode(query)}"

    def lay(desk: Desk) -> None:
        desk.site.sent.clear()
        if PAGE in desk.site.shown:
            desk.site.next = f"/{page}"
        else:
            desk.browser(page)
        wait_until(lambda: desk.site.sent and desk.site.sent[-1].get("clicks") == "0", f"the look {look}")

    return lay


def _is(*, on: bool) -> Callable[[Desk], str | None]:
    def check(desk: Desk) -> str | None:
        last = desk.site.sent[-1]
        return None if last["on"] == str(int(on)) else f"it is {last}"

    return check
