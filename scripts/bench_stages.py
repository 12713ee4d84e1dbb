"""Capture to finished body, stage by stage, on four sizes of screen and three kinds of content: time, bytes, legible words."""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import bench_guide as guide
from bench_desk import desk

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Size, fit
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.picture import Shot, encoded, picture
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.models.coasty.client import _question
from coasty_desk.models.offline.vision.engines import FasterPaddle

SENT = Size(1280, 720)


def table(sizes: Sequence[Size]) -> list[dict[str, object]]:
    rows = []
    for size in sizes:
        for content, path in (("page", "page?n=1"), ("photo", "full")):
            with desk(size) as opened:
                opened.chromium(path)
                time.sleep(4)  # it goes on working for a while, on the same processors
                rows.append(_row(size, content))
        with desk(size) as opened:
            opened.run("xterm", "-geometry", "100x40+20+20", "-e", "ls -la /usr/bin; cat")
            opened.run("dbus-run-session", "--", "mousepad", "--disable-server", "/etc/services")
            time.sleep(4)
            rows.append(_row(size, "office"))
    return rows


def _row(size: Size, content: str) -> dict[str, object]:
    screen = MonitorScreen(Stop(), max_size=SENT)
    shot = screen._look()  # noqa: SLF001 - the stages of `capture`, one by one
    theirs, their_image = _guide()
    ours, our_image = _ours(screen, shot)
    screen.close()
    sizes = {"guide": len(their_image), "ours": len(our_image)}
    there = _words(encoded(picture(shot, size), "png"))
    words = {who: (_words(image) & there).total() for who, image in (("guide", their_image), ("ours", our_image))}
    ratio = round(sum(ours.values()) / sum(theirs.values()), 2)
    print(f"{size!s:>10} {content:7} guide {sum(theirs.values()):6.1f} ms {sizes['guide']:8} B {words['guide']:4} words   "
          f"ours {sum(ours.values()):6.1f} ms {sizes['ours']:8} B {words['ours']:4} words   ratio {ratio:.2f}",
          flush=True)  # fmt: skip
    return {
        "screen": str(size),
        "content": content,
        "guide": theirs | {"bytes": sizes["guide"], "words": words["guide"]},
        "ours": ours | {"bytes": sizes["ours"], "words": words["ours"]},
        "words there": there.total(),
        "ratio": ratio,
    }


def _guide() -> tuple[dict[str, float], bytes]:
    taken = guide.shot()
    small = guide.image(taken)
    sent = guide.png(small)
    return {
        "capture": median_ms(guide.shot),
        "scale": median_ms(lambda: guide.image(taken)),
        "encode": median_ms(lambda: guide.png(small), 5),
        "body": median_ms(lambda: guide.body(sent)),
    }, sent


def _ours(screen: MonitorScreen, shot: Shot) -> tuple[dict[str, float], bytes]:
    content = fit(shot.size, SENT)
    small = picture(shot, content)
    frame = screen.capture()
    return {
        "capture": median_ms(screen._look),  # noqa: SLF001 - as above
        "scale": median_ms(lambda: picture(shot, content)),
        "encode": median_ms(lambda: encoded(small, "png"), 5),
        "body": median_ms(lambda: _question(PredictRequest(1, "do it", frame))),
    }, frame.image


def _words(image: bytes) -> Counter[str]:
    """The words that an OCR reads on a picture."""
    return Counter(word for text in _reader().lines(image) for word in re.findall(r"\w{3,}", text.text.lower()))


@cache
def _reader() -> FasterPaddle:
    return FasterPaddle()


def median_ms(work: Callable[[], object], times: int = 9) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)
