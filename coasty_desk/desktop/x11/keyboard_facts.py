"""What a person may want to know of this display's keyboard."""

from __future__ import annotations

from coasty_desk.desktop.x11 import accessibility_keys
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xkb import Xkb


def layout() -> str:
    """Its layout, as far as the server tells. Raises DesktopError."""
    display = x11.display()
    try:
        rules = display.screen().root.get_full_text_property(display.intern_atom("_XKB_RULES_NAMES"))
    finally:
        display.close()
    parts = (rules or "").split("\0")
    return parts[2] if len(parts) > 2 and parts[2] else "not told by the server; typing reads the live keymap"


def accessibility() -> tuple[str, ...]:
    """The accessibility keys that are on. Raises DesktopError."""
    display = x11.connected()
    try:
        xkb = Xkb.open(display)
        return () if xkb is None else accessibility_keys.names(xkb)
    finally:
        display.close()
