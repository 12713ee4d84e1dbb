"""Settling beside the guide's fixed half second: twenty mixed steps, and how often the picture at rest is the final one."""

from __future__ import annotations

import statistics
import threading
import time

import bench_guide as guide
from bench_desk import Desk, desk

from coasty_desk.core.actions import Action, Click, KeyCombo, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.ports import Ask
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.capture import MonitorScreen
from coasty_desk.desktop.changes import changed, total
from coasty_desk.desktop.executor import DesktopExecutor
from coasty_desk.service.client import _question

SENT = Size(1280, 720)
FULL_HD = Size(1920, 1080)
FINAL_AFTER = 4.0
"""Seconds after which what is on the screen is taken to be final."""


def steps() -> dict[str, float]:
    """Twenty mixed steps, a service that answers at once: ms a step of each, and their ratio."""
    script: list[Action] = [
        Click(Point(150, 140)),
        TypeText("The quick brown fox jumps over"),
        KeyCombo(("ctrl", "a")),
        Scroll(-3, point=Point(900, 600)),
    ]
    with desk(FULL_HD) as opened:
        opened.chromium("page?n=2")
        hands, screen = DesktopExecutor(Stop()), MonitorScreen(Stop(), max_size=SENT)

        def ours(action: Action) -> None:
            screen.watch()
            hands.perform(opened.frame.place(action))
            screen.settle()
            _question(Ask(1, "do it", screen.capture()))

        def theirs(action: Action) -> None:
            guide.perform(action)
            guide.settle()
            guide.body(guide.png(guide.image(guide.shot())))

        taken = {}
        for name, step in (("ours", ours), ("guide", theirs)):
            step(script[0])
            began = time.perf_counter()
            for action in script * 5:
                step(action)
            taken[name] = round((time.perf_counter() - began) * 1000 / 20, 1)
        hands.release()
        screen.close()
    taken["ratio"] = round(taken["ours"] / taken["guide"], 3)
    print(f"a mixed step: guide {taken['guide']} ms, ours {taken['ours']} ms, ratio {taken['ratio']}", flush=True)
    return taken


def settling(rounds: int) -> dict[str, object]:
    """How often the picture at rest is the final one, and after how long."""
    results: dict[str, list[tuple[float, bool, bool]]] = {}
    with desk(FULL_HD) as opened:
        opened.chromium("page?n=3")
        hands, screen = DesktopExecutor(Stop()), MonitorScreen(Stop(), max_size=SENT)
        for number in range(rounds):
            for name, actions in cases(opened, number):
                results.setdefault(name, []).append(settled(opened, hands, screen, actions))
        opened.run("xterm", "-geometry", "120x40+60+60", "sh")
        time.sleep(2)
        for _ in range(rounds):
            for name, text in (("ls", "ls /\n"), ("command of a second", "sleep 1; ls /usr\n"), ("seq", "seq 3000\n")):
                results.setdefault(name, []).append(settled(opened, hands, screen, [TypeText(text)]))
        hands.release()
        screen.close()
    table = {
        name: {
            "ms": round(statistics.mean(ms for ms, *_ in seen)),
            "final": f"{sum(right for _, right, _ in seen)}/{len(seen)}",
            "guide final": f"{sum(right for *_, right in seen)}/{len(seen)}",
        }
        for name, seen in results.items()
    }
    every = [one for seen in results.values() for one in seen]
    table["all"] = {
        "ms": round(statistics.mean(ms for ms, *_ in every)),
        "final": f"{sum(right for _, right, _ in every)}/{len(every)}",
        "guide final": f"{sum(right for *_, right in every)}/{len(every)}",
    }
    for name, row in table.items():
        print(f"settle {name:24} {row['ms']:5} ms   final {row['final']:>7}   guide's 0.5 s {row['guide final']:>7}")
    return table


def cases(opened: Desk, number: int) -> list[tuple[str, list[Action]]]:
    def go(query: str) -> list[Action]:
        return [KeyCombo(("ctrl", "l")), TypeText(opened.url(query)), PressKeys(("enter",))]

    return [
        ("page, server at once", go(f"page?n={number}1")),
        ("page, server 400 ms", go(f"page?n={number}2&d=400")),
        ("page, server 900 ms", go(f"page?n={number}3&d=900")),
        ("page, pictures 600 ms", go(f"page?n={number}4&i=600")),
        ("menu with a transition", [Click(Point(450, 140))]),
        ("menu closed", [Click(Point(450, 140))]),
        ("field", [Click(Point(150, 140))]),
        ("30 characters", [TypeText("The quick brown fox jumps over")]),
        ("scroll", [Scroll(-3, point=Point(900, 600))]),
        ("scroll back", [Scroll(30, point=Point(900, 600))]),
        ("new tab", [KeyCombo(("ctrl", "t"))]),
        ("tab closed", [KeyCombo(("ctrl", "w"))]),
    ]


def settled(
    opened: Desk, hands: DesktopExecutor, screen: MonitorScreen, actions: list[Action]
) -> tuple[float, bool, bool]:
    """Its ms; whether the picture was final; whether the one after 0.5 s was."""
    for action in actions[:-1]:
        hands.perform(opened.frame.place(action))
        time.sleep(0.3)
    look = screen._look  # noqa: SLF001 - the picture itself is compared
    halfway: list[bytearray] = []
    screen.watch()
    hands.perform(opened.frame.place(actions[-1]))
    over = time.perf_counter()
    timer = threading.Timer(0.5, lambda: halfway.append(guide.shot().raw))
    timer.start()
    rest = screen.settle()
    ours = look().raw
    timer.join()
    time.sleep(max(0.0, FINAL_AFTER - 0.6 - (time.perf_counter() - over)))
    restless, last = 0, look()
    for _ in range(12):  # a caret, the fading scroll bar: what changes by itself is no part of the answer
        time.sleep(0.06)
        restless |= changed(last.raw, (now := look()).raw, now.size)
        last = now

    def final(pixels: bytearray) -> bool:
        differs = changed(pixels, last.raw, last.size) & ~restless
        return differs.bit_count() <= 0.001 * total(last.size)

    return rest.ms, final(ours), final(halfway[0])
