"""Settling beside the guide's fixed half second: twenty mixed steps, and how often the picture at rest is the final one."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import bench_guide as guide
from bench_cases import TEXT, Case, browser, browser_cases, office, office_cases
from bench_desk import HEARD, Desk, desk
from PIL import Image, ImageChops

from coasty_desk.core.actions import Action, Click, KeyCombo, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.ports import Ask, Rest
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import settle
from coasty_desk.desktop.capture import MonitorScreen
from coasty_desk.desktop.changes import Cells, changed, everything, total
from coasty_desk.desktop.executor import DesktopExecutor
from coasty_desk.desktop.picture import Shot
from coasty_desk.service.client import _question

SENT = Size(1280, 720)
FULL_HD = Size(1920, 1080)
AFTER = 1.5
"""Seconds of watching after the rest; what is on the screen then is taken to be final."""

KINDS = {"browser": (browser, browser_cases), "office": (office, office_cases)}
Found = TypeVar("Found")

RESTLESS = 3
"""In so many of the last looks a cell must have changed to be one that changes by itself."""

SCRIPT: list[Action] = [Click(Point(150, 117)), TEXT, KeyCombo(("ctrl", "a")), Scroll(-3, point=Point(900, 600))]
ROUNDS = 5


@dataclass(slots=True)
class Watched:
    """A screen and the hands, and every change that was seen: when, and where."""

    opened: Desk
    hands: DesktopExecutor = field(default_factory=lambda: DesktopExecutor(Stop()))
    screen: MonitorScreen = field(default_factory=lambda: MonitorScreen(Stop(), max_size=SENT))
    last: Shot | None = None
    seen: list[tuple[float, Cells]] = field(default_factory=list)
    taking: bool = False

    def __post_init__(self) -> None:
        def seen(before: bytearray, after: bytearray, size: Size) -> Cells:
            cells = changed(before, after, size)
            if cells and self.taking:
                self.seen.append((time.perf_counter(), cells))
            return cells

        settle.changed = seen  # what it sees is measured, at no price of its own
        watcher = self.screen._watcher  # noqa: SLF001 - its pictures are compared
        take = watcher._take  # noqa: SLF001

        def taken(watch: object, shot: Shot, **how: bool) -> None:
            self.last = shot
            self.taking = True
            take(watch, shot, **how)
            self.taking = False

        watcher._take = taken  # noqa: SLF001

    def note(self, shot: Shot) -> None:
        if self.last is not None:
            cells = changed(self.last.raw, shot.raw, shot.size)
            if cells:
                self.seen.append((time.perf_counter(), cells))
        self.last = shot

    def look(self) -> Shot:
        return self.screen._look()  # noqa: SLF001 - the picture itself is compared

    def perform(self, action: Action) -> None:
        self.hands.perform(self.opened.frame.place(action))

    def watch_on(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.note(self.look())
            time.sleep(0.015)

    def restless(self, since: float) -> Cells:
        """Cells that have changed by themselves, again and again, after `since`."""
        late = [cells for when, cells in self.seen if when >= since]
        every = seldom = 0
        for cells in late:
            seldom |= every & cells
            every |= cells
        return seldom if len(late) >= RESTLESS else every  # a caret is seen once or twice in a second

    def close(self) -> None:
        self.hands.release()
        self.screen.close()


LITTLE = 0.0003
"""Less than this part of the screen (two cells of 16 by 16 at 1920x1080) may differ: a clock, a hover."""

SEEN = 20
"""Shades of 255 by which a square of 4 by 4 pixels must differ for it to be seen: less is a shadow that fades."""


@dataclass(frozen=True, slots=True)
class Off:
    """How far a picture is from the final one: the part of all cells that differ, and of all squares seen to differ."""

    cells: float
    squares: float

    @property
    def final(self) -> bool:
        return self.squares <= LITTLE


def off(pixels: bytearray, final: Shot, restless: Cells) -> Off:
    """`restless` cells change by themselves, and are no part of the answer."""
    size = final.size
    cells = (changed(pixels, final.raw, size) & ~restless).bit_count() / total(size)
    whole = (4 * size.width, size.height)
    one, other = (Image.frombuffer("L", whole, raw, "raw", "L", 0, 1) for raw in (pixels, final.raw))
    squares = ImageChops.difference(one, other).reduce((16, 4)).point([0] * SEEN + [1] * (256 - SEEN))
    across, down = -(-size.width // 16), -(-size.height // 16)
    calm = Image.frombytes("L", (across, down), (~restless & everything(size)).to_bytes(across * down, "little"))
    squares = ImageChops.multiply(
        squares.point([0, 255] + [0] * 254),
        calm.point([0, 255] + [0] * 254)
        .resize((across * 4, down * 4), Image.Resampling.NEAREST)
        .crop((0, 0, *squares.size)),
    )
    return Off(cells, squares.histogram()[255] / (squares.width * squares.height))


@dataclass(frozen=True, slots=True)
class Settled:
    """One sample: what ended our wait, ms to the last change that counts, how far our picture and the guide's were off."""

    rest: Rest
    floor: float
    ours: Off
    guide: Off


def settled(watched: Watched, case: Case) -> Settled:
    for action in case.before:
        watched.screen.watch()
        watched.perform(action)
        watched.screen.settle()
        time.sleep(0.2)
    halfway: list[bytearray] = []
    timer = threading.Timer(0.5, lambda: halfway.append(guide.shot().raw))
    watched.screen.watch()
    watched.seen.clear()
    watched.perform(case.action)
    over = time.perf_counter()
    timer.start()
    rest = watched.screen.settle()
    assert watched.last is not None
    ours = watched.last
    watched.watch_on(AFTER + max(0.0, case.slow + 0.5 - (time.perf_counter() - over)))
    timer.join()
    restless = watched.restless(time.perf_counter() - 1.3)
    final = watched.last
    little = LITTLE * total(final.size)
    counting = [when for when, cells in watched.seen if (cells & ~restless).bit_count() > little]
    floor = max(0.0, (max(counting) - over) * 1000) if counting else 0.0
    return Settled(rest, floor, off(ours.raw, final, restless), off(halfway[0], final, restless))


def settling(rounds: int) -> dict[str, object]:
    """How often the picture at rest is the final one, and after how long."""
    results = apart(_samples, "browser", rounds) | apart(_samples, "office", rounds)
    table = {name: _row(seen) for name, seen in results.items()}
    table["all"] = _row([one for seen in results.values() for one in seen])
    print(f"load {os.getloadavg()}")
    print(
        f"{'settle':28} {'mean':>5} {'max':>5} {'last change':>11} {'over it':>7} {'final':>8} {'to the cell':>11}  guide's"
    )
    for name, row in table.items():
        print(f"{name:28} {row['ms']:5} {row['max']:5} {row['last change']:11} {row['over it']:7} {row['final']:>8} "
              f"{row['to the cell']:>11} {row['guide final']:>8}   {row['why']}", flush=True)  # fmt: skip
    return table


def apart(work: Callable[..., Found], *given: object) -> Found:
    """`work` in a process of its own: pyautogui stays with the first display that it has seen."""
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(work, *given).result()


def _samples(kind: str, rounds: int) -> dict[str, list[Settled]]:
    prepare, cases = KINDS[kind]
    results: dict[str, list[Settled]] = {}
    with desk(FULL_HD) as opened:
        prepare(opened)
        watched = Watched(opened)
        for number in range(rounds):
            for case in cases(opened, number):
                results.setdefault(case.name, []).append(settled(watched, case))
        watched.close()
    return results


def _row(seen: list[Settled]) -> dict[str, object]:
    whys = statistics.multimode(one.rest.why for one in seen)
    return {
        "ms": round(statistics.mean(one.rest.ms for one in seen)),
        "max": round(max(one.rest.ms for one in seen)),
        "last change": round(statistics.mean(one.floor for one in seen)),
        "over it": round(statistics.mean(one.rest.ms - one.floor for one in seen)),
        "final": f"{sum(one.ours.final for one in seen)}/{len(seen)}",
        "to the cell": f"{sum(one.ours.cells <= LITTLE for one in seen)}/{len(seen)}",
        "guide final": f"{sum(one.guide.final for one in seen)}/{len(seen)}",
        "why": whys[0],
    }


def steps() -> dict[str, object]:
    """Twenty mixed steps, a service that answers at once: ms a step of each, their ratio, and whether all arrived."""
    found: dict[str, object] = {"ours": apart(_steps, "ours"), "guide": apart(_steps, "guide")}
    found["ratio"] = round(found["ours"]["ms"] / found["guide"]["ms"], 3)
    print(f"load {os.getloadavg()}")
    for who in ("ours", "guide"):
        print(f"a mixed step, {who}: {found[who]}")
    print(f"ratio {found['ratio']}", flush=True)
    return found


def _steps(who: str) -> dict[str, object]:
    with desk(FULL_HD) as opened:
        opened.chromium("heard?n=2")
        watched = Watched(opened)
        taken, final = (_ours if who == "ours" else _theirs)(watched)
        found = {
            "ms": round(sum(taken) / len(taken), 1),
            "click, text, chord, scroll": [round(statistics.mean(taken[kind::4])) for kind in range(4)],
            "final": f"{sum(final)}/{len(final)}",
            "heard": _exact(watched),
        }
        watched.close()
    return found


def _ours(watched: Watched) -> tuple[list[float], list[bool]]:
    screen = watched.screen

    spent = [0.0] * 4

    def step(action: Action) -> None:
        times = [time.perf_counter()]
        for stage in (
            screen.watch,
            lambda: watched.perform(action),
            screen.settle,
            lambda: _question(Ask(1, "do it", screen.capture())),
        ):
            stage()
            times.append(time.perf_counter())
        for number, (began, ended) in enumerate(itertools.pairwise(times)):
            spent[number] += (ended - began) * 1000 / (2 * ROUNDS * len(SCRIPT) + 1)

    looped = _looped(watched, step, lambda: watched.last)
    print(f"watch, perform, settle, capture to body: {[round(ms) for ms in spent]} ms")
    return looped


def _theirs(watched: Watched) -> tuple[list[float], list[bool]]:
    sent: list[Shot] = []

    def step(action: Action) -> None:
        guide.perform(action)
        guide.settle()
        taken = guide.shot()
        guide.body(guide.png(guide.image(taken)))
        sent[:] = [Shot(taken.raw, FULL_HD, watched.look().shows)]

    return _looped(watched, step, lambda: sent[0])


def _looped(
    watched: Watched, step: Callable[[Action], None], sent: Callable[[], Shot | None]
) -> tuple[list[float], list[bool]]:
    """ms of each of twenty steps without a pause, and of the same again whether what was sent was final."""
    taken = []
    step(SCRIPT[0])
    for action in SCRIPT * ROUNDS:
        began = time.perf_counter()
        step(action)
        taken.append((time.perf_counter() - began) * 1000)
    return taken, [_sent_final(watched, step, sent, action) for action in SCRIPT * ROUNDS]


def _sent_final(
    watched: Watched, step: Callable[[Action], None], sent: Callable[[], Shot | None], action: Action
) -> bool:
    step(action)
    ours = sent()
    assert ours is not None
    watched.last, watched.seen = None, []
    watched.watch_on(1.2)
    final = watched.last
    return off(ours.raw, final, watched.restless(0)).final


def _exact(watched: Watched) -> str:
    """What the page has heard, beside what was sent to it."""
    letters = list(TEXT.text)
    clicked, turned = ["click 150 117"], ["wheel 1"] * 3
    expected = clicked + (clicked + letters + ["ctrl+a"] + turned) * ROUNDS * 2
    for action in (KeyCombo(("ctrl", "l")), TypeText("about:blank"), PressKeys(("enter",))):
        watched.perform(action)
        time.sleep(0.5)
    heard, value = HEARD.get(timeout=10)
    if heard[-1:] == ["ctrl+l"]:  # how the page was left
        del heard[-1]
    same = _without_wheel(heard) == _without_wheel(expected) and value == TEXT.text
    counted = f"{len(heard)} events, {value!r} in the field"
    return f"all of {counted}" if same else f"NOT: {counted}"


def _without_wheel(events: list[str]) -> list[str]:
    return [one for one in events if not one.startswith("wheel")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["steps", "settle"], action="append")
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    parts = {"steps": steps, "settle": lambda: settling(chosen.rounds)}
    found = {name: part() for name, part in parts.items() if not chosen.only or name in chosen.only}
    out = Path(__file__).parent.parent / "bench-out" / "settle.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"processors": os.cpu_count()} | found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
