"""How fast a stop is: every way during every activity, on virtual displays, against the stand-in of the service.

    .venv/bin/python scripts/bench_stop.py [REPEATS]                  # four ways during four activities
    .venv/bin/python scripts/bench_stop.py [REPEATS] HINDRANCE...     # every state, every way, past these; `all` for all of them

For each: the time from the person's event to the last input of ours, as the X server dates
both (milliseconds, median and worst), and to the end of the process; and whether everything
was as it must be after a stop (exit 130, the reason, nothing held, the session deleted).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from Xlib import X
from Xlib.display import Display
from Xlib.ext import record
from Xlib.protocol import rq

from coasty_desk.desktop.x11.record_watch import what_to_record
from tests.cli import hindered
from tests.cli.conftest import Shell
from tests.cli.test_stopping import ACTIVITIES, WAYS, Running, held_down, running
from tests.stub_service import done

PERSONS_KEYS = {9, 37, 50, 96}  # Esc, Control, Shift, F12 on the keymap of a fresh Xvfb
CORNER = (1279, 719)
REQUEST = "a request held for 30 s"


@contextmanager
def watched(display: str) -> Iterator[list[tuple[float, int, int, tuple[int, int]]]]:
    """Every input event of the display as (seconds of the monotonic clock, type, detail, place)."""
    seen: list[tuple[float, int, int, tuple[int, int]]] = []
    listening, control = Display(display), Display(display)
    context = listening.record_create_context(0, [record.AllClients], [what_to_record()])
    parser = rq.EventField(None)

    def take(reply: Any) -> None:
        data = reply.data if reply.category == record.FromServer else b""
        while data:
            event, data = parser.parse_binary_value(data, listening.display, None, None)
            seen.append((event.time / 1000, event.type, event.detail, (event.root_x, event.root_y)))

    thread = threading.Thread(target=lambda: listening.record_enable_context(context, take), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        control.record_disable_context(context)
        control.sync()
        thread.join(2)


def one(way: str, activity: str) -> tuple[float, float, bool]:
    """Milliseconds to the last input, seconds to the end, and whether all was well."""
    act, reason = WAYS[way]
    stalled = activity == REQUEST
    with tempfile.TemporaryDirectory() as home:
        script = done() if stalled else ACTIVITIES[activity]
        with running(Shell(Path(home)), script, stall=30 if stalled else 0) as run, watched(run.display) as seen:
            begin(run, activity)
            acted = time.monotonic()
            act(run)
            code, events, _ = run.ended()
            gone = time.monotonic()
            well = (code, events[-1]["reason"]) == (130, reason) and run.service.deleted == ["ses_1"]
            well = well and not held_down(run.display)
        return latency(list(seen), way, acted), gone - acted, well


def begin(run: Running, activity: str) -> None:
    """Until it is in full swing."""
    if activity in ("a wait of 30 s", REQUEST):
        run.until(lambda: len(run.service.posts("predict")) > 0)
        time.sleep(0.6)
    else:
        run.until(lambda: len(run.window.events) > 60)


def latency(seen: list[tuple[float, int, int, tuple[int, int]]], way: str, acted: float) -> float:
    """Milliseconds between the person's last event (the signal, where it is one) and our last press or motion after it."""
    theirs = [at for at, kind, detail, place in seen if at >= acted - 0.005 and is_theirs(way, kind, detail, place)]
    said = theirs[2 if way == "Esc three times" else 0] if theirs else acted
    ours = [
        at
        for at, kind, detail, place in seen
        if at > said
        and kind in (X.KeyPress, X.ButtonPress, X.MotionNotify)
        and not is_a_hands(way, kind, detail, place)
    ]
    return max((max(ours) - said) * 1000, 0.0) if ours else 0.0


def is_theirs(way: str, kind: int, detail: int, place: tuple[int, int]) -> bool:
    """Whether the event is the one by which the person stops."""
    if way == "corner":
        return kind == X.MotionNotify and place == CORNER
    return kind == X.KeyPress and detail == {"abort key": 96, "Esc three times": 9}.get(way)


def is_a_hands(way: str, kind: int, detail: int, place: tuple[int, int]) -> bool:
    """Whether the event may be part of what a person does to stop, and none of ours."""
    return is_theirs(way, kind, detail, place) or (way == "abort key" and detail in PERSONS_KEYS)


def main(repeats: int) -> int:
    """Print the table; 0 where everything was well."""
    well = True
    print(f"{'way':17} {'during':25} {'last input ms':>22} {'process gone s':>20}  well")
    for activity in (*ACTIVITIES, REQUEST):
        for way in WAYS:
            results = [one(way, activity) for _ in range(repeats)]
            inputs, ends = [r[0] for r in results], [r[1] for r in results]
            good = sum(r[2] for r in results)
            well = well and good == repeats
            print(
                f"{way:17} {activity:25} median {statistics.median(inputs):5.1f} max {max(inputs):5.1f}"
                f"  median {statistics.median(ends):4.2f} max {max(ends):4.2f}  {good}/{repeats}",
                flush=True,
            )
    return 0 if well else 1


def past(hindrance: str, state: str, way: str) -> tuple[float, float, bool]:
    """As `one`, with something in the way."""
    act, reason = hindered.WAYS[way]
    with tempfile.TemporaryDirectory() as home:
        going = hindered.going(Shell(Path(home)), hindered.STATES[state], hindered.HINDRANCES[hindrance])
        with going as run, watched(run.display) as seen:
            hindered.STATES[state].there(run)
            with hindered.hindered(run, hindrance):
                acted = time.monotonic()
                act(run)
                run.process.wait(20)
                gone = time.monotonic()
                try:
                    hindered.assert_stopped(run, reason)
                    well = True
                except AssertionError as error:
                    print(error, file=sys.stderr)
                    well = False
            time.sleep(0.1)  # what came late is told late
            presses = (X.KeyPress, X.ButtonPress) if state == "pause" else (X.KeyPress, X.ButtonPress, X.MotionNotify)
            late = [at for at, *told in seen if at > acted and told[0] in presses and not is_a_hands(way, *told)]
        return max((max(late) - acted) * 1000, 0.0) if late else 0.0, gone - acted, well


def table(repeats: int, hindrances: list[str]) -> int:
    """Print a line for each state and way, and one for all; 0 where everything was well."""
    well = True
    for hindrance in hindered.HINDRANCES if hindrances == ["all"] else hindrances:
        everything: dict[str, list[tuple[float, float, bool]]] = {}
        for state in hindered.STATES:
            for way in hindered.WAYS:
                if not hindered.applies(state, way, hindrance):
                    continue
                results = [past(hindrance, state, way) for _ in range(repeats)]
                everything.setdefault(way, []).extend(results)
                tell(hindrance, state, way, results)
        for way, results in everything.items():
            tell(hindrance, "ALL", way, results)
            well = well and all(r[2] for r in results)
    return 0 if well else 1


def tell(hindrance: str, state: str, way: str, results: list[tuple[float, float, bool]]) -> None:
    """A line."""
    inputs, ends = [r[0] for r in results], [r[1] for r in results]
    print(
        f"{hindrance:17} {state:13} {way:8} last input ms median {statistics.median(inputs):5.1f} max {max(inputs):6.1f}"
        f"  gone s median {statistics.median(ends):4.2f} max {max(ends):4.2f}  {sum(r[2] for r in results)}/{len(results)}",
        flush=True,
    )


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    raise SystemExit(table(times, sys.argv[2:]) if sys.argv[2:] else main(times))
