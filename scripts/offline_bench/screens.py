"""Screens with labelled things on them, whose places are known from the page's own layout or the toolkit's."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.offline_bench import looks, programs
from scripts.offline_bench.desk import Desk, wait_until

PAGES = sorted(page.name for page in Path(__file__).with_name("pages").glob("*.html") if page.name != looks.PAGE)
DRAWN = {"<-", "*", "/", "-", "sqrt"}
"""What a calculator calls its keys, and shows otherwise: these names are no texts on the screen."""

TREE = Path(__file__).with_name("told.py")


@dataclass(frozen=True)
class Thing:
    """Something that a label names: its kind, and its rectangle (left, top, right, bottom) in real pixels."""

    kind: str
    label: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Labelled:
    """A screenshot (PNG) and what is on it."""

    name: str
    image: bytes
    things: tuple[Thing, ...]


def pages(desk: Desk) -> Iterator[Labelled]:
    """Every page of the site, one after the other in a browser that fills the screen."""
    for page in PAGES:
        if page == PAGES[0]:
            desk.browser(f"{page}?tour")
        else:
            desk.site.next = f"/{page}?tour"
            wait_until(lambda name=page: name in desk.site.shown, f"the page {page}")
        time.sleep(0.5)
        told = desk.site.places[page]["found"]
        yield Labelled(page, picture(desk), tuple(Thing(t["kind"], t["label"], tuple(t["box"])) for t in told))


def windows(desk: Desk) -> Iterator[Labelled]:
    """Windows of GTK 3 and Tk, with their menus and dialogs open."""
    for name, lay, keys in (
        ("editor", programs.editor("Some words in a file\n"), ()),
        ("editor file menu", programs.editor(), ("alt+f",)),
        ("editor edit menu", programs.editor(), ("alt+e",)),
        ("editor view menu", programs.editor(), ("alt+v",)),
        ("editor replace", programs.editor("red\n"), ("ctrl+r",)),
        ("editor open", programs.editor(), ("ctrl+o",)),
        ("pocket calculator", programs.pocket_calculator, ()),
        ("viewer menu", programs.pictures, ("alt+f",)),
        ("gtk form", programs.gtk_form, ()),
        ("gtk form, second tab", programs.gtk_form, ("ctrl+Page_Down",)),
        ("tk form", programs.tk_form, ()),
    ):
        (desk.home / "work").mkdir(exist_ok=True)
        lay(desk)
        for key in keys:
            desk.run("xdotool", "key", key)
        time.sleep(1.5)
        if name == "tk form":
            yield Labelled(name, picture(desk), tuple(_of_tk(desk)))
        else:
            yield Labelled(name, picture(desk), tuple(_as_seen(thing, name) for thing in _of_tree(desk)))
        desk.clear()


def _as_seen(thing: Thing, screen: str) -> Thing:
    """The viewer's buttons show pictures: their names are no texts on the screen."""
    return replace(thing, kind="icon") if screen == "viewer menu" and thing.kind == "button" else thing


def picture(desk: Desk) -> bytes:
    """The screen as a PNG."""
    file = desk.home / "screen.png"
    desk.run(sys.executable, "-m", "mss", "--monitor", "1", "--output", str(file), "--quiet")
    return file.read_bytes()


def _of_tk(desk: Desk) -> Iterator[Thing]:
    told = wait_until(
        lambda: (desk.home / "tk.json.places").is_file() and (desk.home / "tk.json.places").read_text(), "the places"
    )
    for kind, label, box in json.loads(str(told)):
        yield Thing(kind, label, tuple(box))


def _of_tree(desk: Desk) -> Iterator[Thing]:
    """What the toolkit says, asked with the toolkit's own client library, not with ours."""
    asked = subprocess.run(
        [programs.SYSTEM_PYTHON, str(TREE)],
        env=desk.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for kind, label, box in json.loads(asked.stdout):
        if label not in DRAWN and label.isprintable():
            yield Thing(kind, label, tuple(box))
