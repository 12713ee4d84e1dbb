"""What `doctor` asks of the desktop: each check looks for real and says what it saw."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing

from msgspec import Struct

from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import CoastyDeskError, DesktopError
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import display_lock, platform
from coasty_desk.desktop.abort import methods
from coasty_desk.desktop.base.own_window import Wish, hidden
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.monitors import layout


class Check(Struct, frozen=True):
    """One finding: `ok` is None where it is worth knowing but nothing to fail for."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def desktop(max_size: Size, hotkey: AbortKey, own_terminal: Wish = "auto") -> Iterator[Check]:
    """The checks in order; those that need a display are left out where there is none."""
    seen = _check("display", _display)
    yield seen
    if not seen.ok:
        return
    yield _check("monitors", _monitors)
    yield _check("capture", lambda: _capture(max_size))
    driver = display_lock.running()
    if driver is None:
        yield _check("input", _input)
    else:
        detail = f"not tried, since another run drives this display: {driver.said()}"
        yield Check("input", ok=None, detail=detail, remedy="Wait for it, or end it with: coasty-desk stop")
    yield _check("keyboard layout", platform.keyboard_layout)
    yield from _between()
    yield _check("own terminal", lambda: _own_terminal(own_terminal))
    yield from _stopping(hotkey)


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=look())
    except CoastyDeskError as error:
        return Check(name, ok=False, detail=error.message, remedy=error.remedy)


def _display() -> str:
    platform.demand_session(os.environ)
    platform.demand_display()
    found = layout()
    return f"{platform.display_name()}, {counted(len(found.monitors), 'monitor')}"


def _monitors() -> str:
    found = layout()
    named = (
        f"{number}: {rect.size} at {rect.left},{rect.top}{' (primary)' * (rect == found.primary)}"
        for number, rect in enumerate(found.monitors, 1)
    )
    return "; ".join(named)


def _capture(max_size: Size) -> str:
    with closing(MonitorScreen(Stop(), max_size=max_size)) as screen:
        frame = screen.capture()
    return f"{frame.shows.size}, sent as {frame.sent}, {len(frame.image) / 1000:.0f} kB"


def _input() -> str:
    """Move the pointer by a pixel and back, and ask the display each time where it is."""
    with closing(platform.pointer_device()) as pointer:
        x, y = pointer.position()
        step = 1 if x < layout().primary.left + layout().primary.width - 2 else -1
        pointer.move(x + step, y)
        moved = pointer.position()
        pointer.move(x, y)
    if moved != (x + step, y):
        message = f"The pointer was told to go to {x + step},{y} and is at {moved[0]},{moved[1]}."
        raise DesktopError(message, "Give this program the permission to control the computer, and try again.")
    return f"the pointer moves and is where it should be ({x},{y})"


def _own_terminal(wish: Wish) -> str:
    found = platform.own_windows()
    hides = hidden(found, wish)
    if not found:
        return "no window on this display shows the terminal that this was started from, or it cannot be told which"
    told = (
        f"{one.kind or 'a window'} ({one.title or 'without a title'}) "
        f"{'(by nothing but WINDOWID) ' if one.named else ''}"
        f"{'is left out of pictures and input' if one in hides else 'is seen and used like any other window'}"
        for one in found
    )
    return "; ".join(told) + f" (--own-terminal {wish})"


def _between() -> Iterator[Check]:
    """What stands between keys and applications, as far as it is there."""
    method, engine = platform.input_method()
    if engine:
        detail = f"{method} makes other text of letters now ({engine}): text is refused"
        yield Check("input method", ok=None, detail=detail, remedy="Switch it to a plain keyboard before a run.")
    elif method:
        yield Check("input method", ok=True, detail=f"{method}; each key is waited for")
    names = platform.accessibility_keys()
    if names:
        detail = f"{', '.join(names)}: off for the moment of each text and chord, and back after it"
        yield Check("accessibility keys", ok=True, detail=detail)


def _stopping(hotkey: AbortKey) -> Iterator[Check]:
    with methods.armed(Stop(), hotkey=hotkey, release=lambda: None) as armed:
        for way in armed.ways:
            remedy = "" if way.armed else "Without it, stop a run with the other ways."
            yield Check(way.name, ok=way.armed, detail=way.fault or way.how, remedy=remedy)
        if armed.warning:
            yield Check("abort key", ok=None, detail=armed.warning)
