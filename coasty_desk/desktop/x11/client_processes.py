"""Which process made which window, as the X server itself knows it: no program can lie about it (X-Resource 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coasty_desk.desktop.x11 import window_stack

if TYPE_CHECKING:
    from Xlib.display import Display

_LOCAL_PID = 2
_TELLS_PROCESSES = (1, 2)
"""The version of X-Resource from which on it does."""


def by_client(display: Display, window: int = 0) -> dict[int, int] | None:
    """The process of each connection to the display, or of the one that made `window`, by the base of its identifiers.

    None where the server does not tell; one from another machine is not among them.
    """
    from Xlib.ext.res import QueryClientIds, QueryVersion

    there = display.query_extension("X-Resource")
    if there is None:
        return None
    asked = {"display": display.display, "opcode": there.major_opcode}
    version = QueryVersion(client_major=1, client_minor=2, **asked)
    if (version.server_major, version.server_minor) < _TELLS_PROCESSES:
        return None
    reply = QueryClientIds(specs=[{"client": window, "mask": _LOCAL_PID}], **asked)
    return {window_stack.maker(display, one.spec.client): int(one.value[0]) for one in reply.ids if one.value}
