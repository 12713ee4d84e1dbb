"""Screens of ten bits a colour (depth 30): their pixels in eight, as everything else here has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import mss
    from mss.screenshot import ScreenShot

MASKS = (0x3FF00000, 0x000FFC00, 0x000003FF)
"""Where red, green and blue are in a pixel of four bytes."""


def opened() -> mss.MSS:
    """A connection for screenshots of such a screen. Raises what mss raises."""
    import mss
    from mss.linux import xlib

    xlib.PLAINMASK = 0xFFFFFFFF  # mss asks for 24 bits of each pixel, and red has some in the others
    connection = mss.MSS(backend="xlib")
    connection.cls_image = _shot  # type: ignore[assignment]  # it is only ever called
    return connection


def _shot(data: bytearray, monitor: Any, **size: Any) -> ScreenShot:
    from mss.screenshot import ScreenShot

    return ScreenShot(narrowed(data), monitor, **size)


def narrowed(raw: bytes | bytearray) -> bytearray:
    """Pixels of ten bits a colour as blue, green, red and nothing, eight bits each; what is lost is two bits of a colour.

    All pixels at once, as one long number: a shift brings each colour to its byte.
    """
    pixels = int.from_bytes(raw, "little")
    count = len(raw) // 4
    kept = (
        pixels >> shift & int.from_bytes(mask.to_bytes(4, "little") * count, "little")
        for shift, mask in ((2, 0x0000FF), (4, 0x00FF00), (6, 0xFF0000))
    )
    return bytearray(sum(kept).to_bytes(len(raw), "little"))
