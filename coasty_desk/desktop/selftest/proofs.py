"""`doctor --selftest`: proof, on a window of its own, that what is seen is what is clicked, and what is typed arrives.

Geometry is proved the whole way round: the window is looked for in the screenshot, and the
click is aimed at where it is seen there, through the same scaling as a run's.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.abort import abort_key
from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import CoastyDeskError, DesktopError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import display_lock, platform
from coasty_desk.desktop.abort import methods
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.probe_window import COLOUR, Button, Moved, ProbeEvent, ProbeWindow
from coasty_desk.desktop.base.recheck import NEVER
from coasty_desk.desktop.input import release
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.monitors import layout

PANGRAMS: dict[str, str] = {
    "Latin": "The quick brown fox jumps over the lazy dog 0123456789 <>{}[]@#~|\\^`'\" äéñß",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
    "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю",
    "Han and kana": "いろはにほへと ちりぬるを 天地玄黄宇宙洪荒",
    "Hangul and emoji": "다람쥐 헌 쳇바퀴에 타고파 😀👍🏽",
}
_SIDE = 61
"""The window's width and height, in real pixels, where it is clicked."""
_EDGE = 8
_PATIENCE = 2.0
_ARRANGEMENT = "The monitors are not where the system says they are; see `xrandr` or the display settings."
_AREA = (320, 220)
_NAMES = ("upper left", "top", "upper right", "left", "middle", "right", "lower left", "bottom", "lower right")


class Proof(Struct, frozen=True):
    """One finding. `offset` is how far the click was from where it was aimed, in real pixels (x, y)."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    offset: tuple[float, float] | None = None


def selftest(max_size: Size, hotkey: AbortKey | None = None) -> Iterator[Proof]:
    """All proofs in order, each as it is found; from the main thread, with nobody's hand on the mouse.

    Raises UsageError beside a run that goes on: its keys and this one's would be mixed.
    It ends with the geometry or the typing where that is wrong: what follows would say nothing new.
    """
    stop = Stop()
    with ExitStack() as ends:
        ends.enter_context(display_lock.display_held(stop, run_id="selftest", task="coasty-desk doctor --selftest"))
        try:
            bench = _Bench(stop, max_size, platform.probe_window())
            ends.callback(bench.close)
            monitors = layout().monitors
            if not (yield from _proved(_geometry(bench, monitors))):
                return
            if not (yield from _proved(_typing(bench))):
                return
            yield from _pointer(bench)
            yield _modifiers(bench)
            yield from _abort_key(hotkey)
        except CoastyDeskError as error:
            yield Proof("self-test", ok=False, detail=error.message, remedy=error.remedy)


def _proved(proofs: Iterator[Proof]) -> Generator[Proof, None, bool]:
    """Pass them on; whether all hold."""
    ok = True
    for proof in proofs:
        ok &= proof.ok
        yield proof
    return ok


class _Bench:
    """The window, the hands and the eyes, on whichever monitor is being proved."""

    def __init__(self, stop: Stop, max_size: Size, window: ProbeWindow) -> None:
        self.stop = stop
        self.window = window
        self.deaf = False
        self._max_size = max_size
        self._hands = DesktopExecutor(stop)

    def look(self, monitor: int) -> Frame:
        """A screenshot of one monitor, as a run would send it."""
        with closing(MonitorScreen(self.stop, monitor=monitor, max_size=self._max_size)) as screen:
            return screen.capture()

    def do(self, frame: Frame, action: Action) -> None:
        """Carry it out as a run would. Raises DesktopError where a run would refuse it."""
        placed = frame.place(action)
        refusal = self._hands.refuses(placed)
        if refusal is not None:
            message = f"A run would refuse to {refusal.action}: {refusal.why}."
            raise DesktopError(message, "A run is told so too, and types nothing.")
        self._hands.perform(placed)

    def wait(self, enough: Callable[[tuple[ProbeEvent, ...]], bool]) -> tuple[ProbeEvent, ...]:
        """What reaches the window until it is enough, or the patience ends."""
        seen: tuple[ProbeEvent, ...] = ()
        until = time.monotonic() + _PATIENCE
        while not enough(seen) and time.monotonic() < until:
            self.stop.pause(0.01)
            seen += self.window.seen()
        return seen

    def why_deaf(self, fallback: str) -> Proof:
        """No input arrives: why, as far as can be told."""
        self.deaf = True
        why = self.window.why_deaf()
        remedy = "Unlock the screen, close menus, and see that this program may control the computer; then try again."
        return Proof(fallback, ok=False, detail=f"No input arrives{f': {why}' * bool(why)}.", remedy=remedy)

    def close(self) -> None:
        """Put everything away."""
        self._hands.release()
        self.window.close()


def _geometry(bench: _Bench, monitors: tuple[Rect, ...]) -> Iterator[Proof]:
    whole = bench.window.whole()
    for number, monitor in enumerate(monitors, 1):
        if whole is not None and not all(whole.contains(*corner) for corner in monitor.corners):
            said = f"It is said to be {monitor.size} at {monitor.left},{monitor.top}, on a screen of {whole.size}."
            yield Proof(f"monitor {number}", ok=False, detail=said, remedy=_ARRANGEMENT)
            continue
        for name, (left, top) in zip(_NAMES, _nine(monitor), strict=True):
            proof = _one_point(bench, number, Rect(left, top, _SIDE, _SIDE))
            yield replace(proof, name=f"monitor {number}, {name}")
            if bench.deaf:
                return


def _nine(monitor: Rect) -> Iterator[tuple[int, int]]:
    """Where the window's upper left corner is put."""
    for row in range(3):
        for column in range(3):
            across = monitor.width - _SIDE - 2 * _EDGE
            down = monitor.height - _SIDE - 2 * _EDGE
            yield monitor.left + _EDGE + across * column // 2, monitor.top + _EDGE + down * row // 2


def _one_point(bench: _Bench, monitor: int, where: Rect) -> Proof:
    bench.window.show(where)
    bench.window.seen()
    frame, aim = _find(bench, monitor)
    meant = (where.left + where.width / 2 - 0.5, where.top + where.height / 2 - 0.5)
    if aim is None:
        detail = (
            f"The window at {where.left},{where.top} is not in the screenshot of the monitor, "
            f"which is said to be {frame.shows.size} at {frame.shows.left},{frame.shows.top}."
        )
        return Proof("", ok=False, detail=detail, remedy=_ARRANGEMENT)
    bench.do(frame, Click(aim))
    seen = bench.wait(lambda seen: any(isinstance(one, Button) and not one.down for one in seen))
    pressed = [one for one in seen if isinstance(one, Button) and one.down]
    if not pressed:
        return _missed(bench, where)
    offset = (round(pressed[0].x - meant[0], 1), round(pressed[0].y - meant[1], 1))
    allowed = max(1.0, frame.shows.width / frame.content.width)
    ok = max(map(abs, offset)) <= allowed
    detail = f"clicked {pressed[0].x},{pressed[0].y}, meant {meant[0]:g},{meant[1]:g}"
    remedy = "" if ok else "Clicks miss: see the display's scaling and the monitors' arrangement."
    return Proof("", ok=ok, detail=detail, remedy=remedy, offset=offset)


def _missed(bench: _Bench, where: Rect) -> Proof:
    """No click came: whether it went elsewhere, or nowhere."""
    at = bench._hands._pointer.position()  # noqa: SLF001 - the bench's own hands
    if where.contains(*at):
        return bench.why_deaf("")
    detail = f"The window is at {where.left},{where.top}; aimed at it, the pointer went to {at[0]},{at[1]}."
    remedy = "What the screenshot shows is not where the pointer goes: see the display's scaling and arrangement."
    return Proof("", ok=False, detail=detail, remedy=remedy)


def _find(bench: _Bench, monitor: int) -> tuple[Frame, Point | None]:
    """A screenshot, and where the window's middle is in it (sent pixels)."""
    until = time.monotonic() + _PATIENCE
    while True:
        frame = bench.look(monitor)
        aim = middle(frame)
        if aim is not None or time.monotonic() > until:
            return frame, aim
        bench.stop.pause(0.05)


def middle(frame: Frame) -> Point | None:
    """The middle of what has the window's colour in a screenshot, in sent pixels; None where nothing has."""
    from PIL import Image, ImageChops

    with Image.open(io.BytesIO(frame.image)) as opened:
        image = opened.convert("RGB")
    apart = ImageChops.difference(image, Image.new("RGB", image.size, COLOUR))
    red, green, blue = apart.split()
    worst = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    box = worst.point([255 if value < 100 else 0 for value in range(256)]).getbbox()
    if box is None:
        return None
    return Point((box[0] + box[2] - 1) / 2, (box[1] + box[3] - 1) / 2)


def _typing(bench: _Bench) -> Iterator[Proof]:
    frame = _show_area(bench)
    for script, text in PANGRAMS.items():
        bench.window.text()
        bench.do(frame, TypeText(text))
        typed = _typed(bench, len(text))
        if not typed:
            yield bench.why_deaf(f"typing, {script}")
            return
        ok = typed == text
        yield Proof(f"typing, {script}", ok=ok, detail=f"{typed!r}" if ok else f"{typed!r} instead of {text!r}",
                    remedy="" if ok else "See the keyboard layout (`setxkbmap -query`), and report this.")  # fmt: skip


def _typed(bench: _Bench, length: int) -> str:
    text = ""
    until = time.monotonic() + _PATIENCE
    while len(text) < length and time.monotonic() < until:
        bench.stop.pause(0.02)
        text += bench.window.text()
    return text


def _show_area(bench: _Bench) -> Frame:
    """The larger window, in the middle of the primary monitor; a frame whose sent pixels are real ones."""
    primary = layout().primary
    left = primary.left + (primary.width - _AREA[0]) // 2
    top = primary.top + (primary.height - _AREA[1]) // 2
    bench.window.show(Rect(left, top, *_AREA))
    frame = Frame(b"", "image/png", Size(*_AREA), Size(*_AREA), Rect(left, top, *_AREA))
    bench.do(frame, Click(Point(_AREA[0] / 2, _AREA[1] / 2)))
    bench.wait(lambda seen: any(isinstance(one, Button) and not one.down for one in seen))
    return frame


def _pointer(bench: _Bench) -> Iterator[Proof]:
    frame = _show_area(bench)
    yield _turned(bench, frame, Scroll(3, "vertical", Point(100, 100)), "up", 4)
    yield _turned(bench, frame, Scroll(-2, "vertical", Point(100, 100)), "down", 5)
    yield _turned(bench, frame, Scroll(-3, "horizontal", Point(100, 100)), "left", 6)
    yield _turned(bench, frame, Scroll(2, "horizontal", Point(100, 100)), "right", 7)
    bench.window.seen()
    bench.do(frame, Drag(Point(40, 40), Point(280, 180)))
    yield _dragged(bench, frame)


def _turned(bench: _Bench, frame: Frame, scroll: Scroll, way: str, button: int) -> Proof:
    bench.window.seen()
    bench.do(frame, scroll)
    notches = abs(scroll.notches)
    turned = [one.number for one in _downs(bench.wait(lambda seen: len(_downs(seen)) >= notches))]
    detail = f"{counted(notches, 'notch', 'notches')} asked for, {turned.count(button)} arrived"
    return Proof(f"scroll {way}", ok=turned == [button] * notches, detail=detail)


def _dragged(bench: _Bench, frame: Frame) -> Proof:
    seen = bench.wait(lambda seen: any(isinstance(one, Button) and not one.down for one in seen))
    presses, moves = _downs(seen), [one for one in seen if isinstance(one, Moved)]
    releases = [one for one in seen if isinstance(one, Button) and not one.down]
    if not presses or not releases:
        return Proof("drag", ok=False, detail="The press or the release did not arrive.")
    off = (releases[0].x - frame.shows.left - 280, releases[0].y - frame.shows.top - 180)
    started = (presses[0].x - frame.shows.left, presses[0].y - frame.shows.top)
    ok = off == (0, 0) and started == (40, 40) and len(moves) >= 20
    return Proof("drag", ok=ok, detail=f"{counted(len(moves), 'motion')} between press and release", offset=off)


def _downs(seen: tuple[ProbeEvent, ...]) -> list[Button]:
    return [one for one in seen if isinstance(one, Button) and one.down]


def _modifiers(bench: _Bench) -> Proof:
    frame = _show_area(bench)
    bench.do(frame, KeyCombo(("ctrl", "shift", "alt", "f9")))
    bench.do(frame, PressKeys(("shift", "ctrl")))
    left = release.down()
    names = ", ".join(one.name for one in left)
    return Proof("every key and button up", ok=not left, detail=f"still down: {names}" if left else "nothing is held",
                 remedy="Press and release it by hand, or run coasty-desk release." if left else "")  # fmt: skip


def _abort_key(hotkey: AbortKey | None) -> Iterator[Proof]:
    """Press the abort key as a person would: not noted as ours."""
    stop = Stop()
    key = hotkey or abort_key.parse(abort_key.DEFAULT)
    with methods.armed(stop, hotkey=key, release=lambda: None) as armed:
        fault = next((way.fault for way in armed.ways if way.name == "abort key"), "")
        if fault:
            yield Proof("abort key", ok=False, detail=fault, remedy="Without it, stop a run with the other ways.")
            return
        yield _pressed(stop, key.text)


def _pressed(stop: Stop, spelled: str) -> Proof:
    from coasty_desk.core.keys import chords

    try:
        with closing(platform.keyboard(Stop(), Pressed(), OwnEvents(), "pause", NEVER)) as hands:
            hands.strokes((chords.stroke((spelled,)),))
            heard = stop.wait(_PATIENCE)
    except (DesktopError, chords.UnknownKey) as error:
        return Proof("abort key", ok=False, detail=str(error))
    said = "pressed, and heard" if heard else "pressed, and not heard"
    return Proof("abort key", ok=heard, detail=f"{spelled} {said}",
                 remedy="" if heard else "Choose another one with --abort-hotkey: a program may be catching it.")  # fmt: skip
