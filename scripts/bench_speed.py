"""Our step against the guide's: the stages, a script of mixed steps, settling, memory. Writes bench-out/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bench_guide as guide
from bench_desk import Desk, desk
from bench_settle import settling, steps

from coasty_desk.core.actions import Point, Scroll
from coasty_desk.core.ports import Ask
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.capture import MonitorScreen
from coasty_desk.desktop.executor import DesktopExecutor
from coasty_desk.service.client import _question

SENT = Size(1280, 720)
SIZES = (Size(1280, 720), Size(1920, 1080), Size(2560, 1440), Size(3840, 2160))
FULL_HD = Size(1920, 1080)


def median_ms(work: Callable[[], object], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


def stages(size: Size, content: str, opened: Desk) -> dict[str, object]:
    """One row of the first table: capture to finished body."""
    screen = MonitorScreen(Stop(), max_size=SENT)
    taken = guide.shot()
    small = guide.image(taken)
    encoded = guide.png(small)
    row = {
        "screen": str(size),
        "content": content,
        "guide": {
            "capture": median_ms(guide.shot),
            "scale": median_ms(lambda: guide.image(taken)),
            "encode": median_ms(lambda: guide.png(small), 3),
            "body": median_ms(lambda: guide.body(encoded)),
            "bytes": len(encoded),
        },
        "ours": {"capture": median_ms(screen._look)},  # noqa: SLF001 - a stage of `capture`
    }
    frame = screen.capture()
    row["ours"] |= {
        "scale and encode": round(median_ms(screen.capture) - row["ours"]["capture"], 1),
        "body": median_ms(lambda: _question(Ask(1, "do it", frame))),
        "bytes": len(frame.image),
    }
    screen.close()
    sums = {who: sum(ms for stage, ms in row[who].items() if stage != "bytes") for who in ("guide", "ours")}
    row["ratio"] = round(sums["ours"] / sums["guide"], 2)
    print(f"{size!s:>10} {content:8} guide {sums['guide']:6.1f} ms {row['guide']['bytes']:8} B   "
          f"ours {sums['ours']:6.1f} ms {row['ours']['bytes']:8} B   ratio {row['ratio']:.2f}", flush=True)  # fmt: skip
    del opened
    return row


def stage_table(sizes: tuple[Size, ...]) -> list[dict[str, object]]:
    rows = []
    for size in sizes:
        for content, path in (("page", "page?n=1"), ("photo", "full")):
            with desk(size) as opened:
                opened.chromium(path)
                rows.append(stages(size, content, opened))
        with desk(size) as opened:
            opened.run("xterm", "-geometry", "100x40+20+20", "-e", "ls -la /usr/bin; cat")
            opened.run("dbus-run-session", "--", "mousepad", "--disable-server", "/etc/services")
            time.sleep(4)
            rows.append(stages(size, "office", opened))
    return rows


def memory(count: int) -> dict[str, object]:
    """Resident kB in the second and the last quarter of so many steps, and the descriptors."""
    with desk(FULL_HD) as opened:
        opened.chromium("page?n=5")
        hands, screen = DesktopExecutor(Stop()), MonitorScreen(Stop(), max_size=SENT)
        kilobytes, descriptors = [], []
        for step in range(count):
            screen.watch()
            hands.perform(opened.frame.place(Scroll((-2, 2)[step % 2], point=Point(900, 600))))
            screen.settle()
            screen.capture()
            kilobytes.append(int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4)
            descriptors.append(len(list(Path("/proc/self/fd").iterdir())))
        hands.release()
        screen.close()
    quarter = count // 4
    second, last = statistics.mean(kilobytes[quarter : 2 * quarter]), statistics.mean(kilobytes[-quarter:])
    found = {"second_kb": round(second), "last_kb": round(last), "ratio": round(last / second, 3)}
    found |= {"descriptors": [descriptors[quarter], descriptors[-1]]}
    print(f"memory over {count} steps: {found}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["stages", "steps", "settle", "memory"], action="append")
    parser.add_argument("--quick", action="store_true", help="1920x1080 alone, fewer rounds")
    chosen = parser.parse_args()
    parts = {
        "stages": lambda: stage_table((FULL_HD,) if chosen.quick else SIZES),
        "steps": steps,
        "settle": lambda: settling(1 if chosen.quick else 2),
        "memory": lambda: memory(60 if chosen.quick else 500),
    }
    found = {name: part() for name, part in parts.items() if not chosen.only or name in chosen.only}
    out = Path(__file__).parent.parent / "bench-out" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"processors": os.cpu_count()} | found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
