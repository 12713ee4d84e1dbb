"""What the server does with keys by itself: off for the moment of our own keys, and as the person has it right after.

Slow, bounce, sticky and mouse keys would eat what we type, or hold a modifier over it. A key that is
down while another program has grabbed the server would be repeated, since we cannot let it go: that is off for the
keys of programs alone, and a person's go on repeating. What was on stands in a property of the
root window meanwhile, so that the next run, or `release`, puts back what a killed one left off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import properties
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xlib import Display

_PROPERTY = "_COASTY_DESK_ACCESSIBILITY_KEYS"
NAMES = {1 << 1: "slow keys", 1 << 2: "bounce keys", 1 << 3: "sticky keys", 1 << 4: "mouse keys"}
_GESTURES = 1 << 6
"""Five taps of Shift switch sticky keys on, eight seconds of it slow keys."""
_ACCESSIBILITY = sum(NAMES) | _GESTURES
_REPEAT = 1 << 0
_ALL = _ACCESSIBILITY | _REPEAT


def names() -> tuple[str, ...]:
    """Those that are on. Raises DesktopError."""
    with closing(x11.connected()) as display:
        xkb = Xkb.open(display)
        enabled = 0 if xkb is None else xkb.controls()
    return tuple(name for bit, name in NAMES.items() if enabled & bit)


@contextmanager
def off(display: Display, xkb: Xkb | None) -> Iterator[bool]:
    """Within the block they are off; gives whether any but the repeat was on. Sticky keys take every lock, and the group, along with them."""
    were = 0 if xkb is None else xkb.controls() & _ALL
    if xkb is None or not were:
        yield False
        return
    theirs = xkb.controls_of_others() if were & _REPEAT else {}
    properties.leave(display, _PROPERTY, [were])
    # the core keyboard has the controls of whichever was used last, and hands on to all what it is told itself
    xkb.change_controls(_ALL, 0)
    for device, enabled in theirs.items():
        xkb.change_controls(_REPEAT, enabled, device)
    try:
        yield bool(were & _ACCESSIBILITY)
    finally:
        xkb.change_controls(were, were)
        for device, enabled in theirs.items():
            xkb.change_controls(_REPEAT, enabled, device)
        properties.leave(display, _PROPERTY, ())


def tidy(display: Display, xkb: Xkb) -> None:
    """Put back what a run that was killed left off."""
    left = properties.left(display, _PROPERTY)
    if len(left) == 1:
        were = left[0] & _ALL
        xkb.change_controls(were, were)
        properties.leave(display, _PROPERTY, ())
