"""What an empty screen of a virtual machine shows: whoever looks at it, a model above all, is to see that it is there, and what can be done."""

from __future__ import annotations

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.screens.virtual import installed_programs

HINT = "Right-click on the empty screen for a menu of programs"

_GROUND, _LETTERS = 0x3B4252, 0xD8DEE9
_FONT = "fixed"
_ABOVE_THE_EDGE = 24


def draw() -> None:
    """Put it on the display that this process is on. Nothing is done where that cannot be."""
    try:
        with x11.opened(()) as display:
            screen = display.screen()
            picture = screen.root.create_pixmap(screen.width_in_pixels, screen.height_in_pixels, screen.root_depth)
            pen = picture.create_gc(foreground=_GROUND, background=_GROUND)
            picture.fill_rectangle(pen, 0, 0, screen.width_in_pixels, screen.height_in_pixels)
            hint = HINT.encode("ascii") if installed_programs.offered() else b""
            font = display.open_font(_FONT)
            width = font.query_text_extents(hint).overall_width
            pen.change(foreground=_LETTERS, font=font)
            picture.draw_text(
                pen, (screen.width_in_pixels - width) // 2, screen.height_in_pixels - _ABOVE_THE_EDGE, hint
            )
            screen.root.change_attributes(background_pixmap=picture)
            screen.root.clear_area(0, 0, 0, 0)
            display.sync()
    except DesktopError:
        return
    except x11.failures():
        return
