"""How long it takes to read a screen: all of it, none of it, a line, a menu."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.vision.engines import FasterPaddle
from coasty_desk.models.offline.vision.reader import Reader
from scripts.offline_bench import programs
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.screens import picture

ROUNDS = 7


def measure(desk: Desk) -> None:
    """Print the medians in milliseconds of reading a busy screen again after changes of several sizes."""
    desk.browser("office.html", size="1200x800", at="20,20")
    programs.editor("Some words in a file\nand a second line\n")(desk)
    programs.calculator(desk)
    first = picture(desk)
    engine = FasterPaddle()
    engine.lines(first)
    alone = _median(lambda: engine.lines(first))
    print(f"the engine alone, {desk.size}: {alone:.0f} ms; {len(engine.lines(first))} lines")
    before = Image.open(io.BytesIO(first)).convert("RGB")
    whole = _again(_blank(), first)
    print(f"a full read: {whole:.0f} ms")
    for name, after in (
        ("nothing changed", before),
        ("a caret", _drawn(before, (700, 400, 702, 418), "")),
        ("a typed line", _drawn(before, (700, 400, 1100, 424), "a typed line of some words")),
        ("a menu", _drawn(before, (300, 120, 520, 470), "\n".join(f"Menu entry {n}" for n in range(14)))),
        (
            "a dialog",
            _drawn(before, (500, 300, 1050, 620), "Do you want to keep the changes?\n\nYes     No     Cancel"),
        ),
    ):
        encoded = io.BytesIO()
        after.save(encoded, "PNG", compress_level=3)
        spent = _again(first, encoded.getvalue())
        print(f"{name}: {spent:.0f} ms, {spent / whole:.2f} of a full read")


def _again(first: bytes, then: bytes) -> float:
    """Read `then` by a reader that has just read `first`."""
    reader = Reader()
    times = []
    for _ in range(ROUNDS):
        reader.read(first)
        began = time.perf_counter()
        reader.read(then)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _blank() -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(encoded, "PNG")
    return encoded.getvalue()


def _median(work: Callable[[], object]) -> float:
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _drawn(before: Image.Image, box: tuple[int, int, int, int], text: str) -> Image.Image:
    after = before.copy()
    draw = ImageDraw.Draw(after)
    draw.rectangle(box, fill="#fdfdfd" if text else "#101010", outline="#808080" if text else None)
    draw.multiline_text((box[0] + 12, box[1] + 4), text, "#101010", ImageFont.load_default(14), spacing=9)
    return after
