"""Twenty mixed steps of ours and of the guide's loop: their ms, what the page has heard, and whether the picture was final."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from collections.abc import Callable

import bench_guide as guide
from bench_cases import TEXT
from bench_desk import HEARD, desk
from bench_watched import FULL_HD, Watched, apart, off

from coasty_desk.core.actions import Action, Click, KeyCombo, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.ports import PredictRequest
from coasty_desk.desktop.imaging.picture import Shot
from coasty_desk.models.coasty.client import _question

SCRIPT: list[Action] = [Click(Point(150, 117)), TEXT, KeyCombo(("ctrl", "a")), Scroll(-3, point=Point(900, 600))]
ROUNDS = 5
AGAIN = 2
"""Rounds after those in which what was sent is compared with what is there a good while later."""


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
            screen.expect,
            lambda: watched.perform(action),
            screen.settle,
            lambda: _question(PredictRequest(1, "do it", screen.capture())),
        ):
            stage()
            times.append(time.perf_counter())
        for number, (began, ended) in enumerate(itertools.pairwise(times)):
            spent[number] += (ended - began) * 1000 / ((ROUNDS + AGAIN) * len(SCRIPT) + 1)

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
    """ms of each of twenty steps without a pause, and of eight more whether what was sent was final."""
    taken = []
    step(SCRIPT[0])
    for action in SCRIPT * ROUNDS:
        began = time.perf_counter()
        step(action)
        taken.append((time.perf_counter() - began) * 1000)
    return taken, [_sent_final(watched, step, sent, action) for action in SCRIPT * AGAIN]


def _sent_final(
    watched: Watched, step: Callable[[Action], None], sent: Callable[[], Shot | None], action: Action
) -> bool:
    step(action)
    ours = sent()
    assert ours is not None
    watched.last, watched.seen = None, []
    watched.watch_on(1.8)
    final = watched.last
    return off(ours.raw, final, watched.restless()).final


def _exact(watched: Watched) -> str:
    """What the page has heard, beside what was sent to it."""
    letters = list(TEXT.text)
    clicked, turned = ["click 150 117"], ["wheel 1"] * 3
    expected = clicked + (clicked + letters + ["ctrl+a"] + turned) * (ROUNDS + AGAIN)
    for action in (KeyCombo(("ctrl", "l")), TypeText("about:blank"), PressKeys(("enter",))):
        watched.perform(action)
        time.sleep(0.5)
    heard, value = HEARD.get(timeout=10)
    if heard[-1:] == ["ctrl+l"]:  # how the page was left
        del heard[-1]
    same = _without_wheel(heard) == _without_wheel(expected) and sorted(value) == sorted(letters * (ROUNDS + AGAIN))
    counted = f"{len(heard)} events, {len(value)} letters in the field"
    return f"all of {counted}" if same else f"NOT: {counted}"


def _without_wheel(events: list[str]) -> list[str]:
    return [one for one in events if not one.startswith("wheel")]
