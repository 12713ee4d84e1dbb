"""Which process made which window, as the X server itself knows it: no program can lie about it (X-Resource 1.2)."""

from __future__ import annotations

from coasty_desk.desktop.x11 import window_stack
from coasty_desk.desktop.x11.xlib import Display, res

_LOCAL_PID = 2
_TELLS_PROCESSES = (1, 2)
"""The version of X-Resource from which on it does."""


def by_client(display: Display, window: int = 0) -> dict[int, int] | None:
    """The process of each connection to the display, or of the one that made `window`, by the base of its identifiers.

    None where the server does not tell; one from another machine is not among them.
    """
    there = display.query_extension("X-Resource")
    if there is None:
        return None
    asked = {"display": display.display, "opcode": there.major_opcode}
    version = res.QueryVersion(client_major=1, client_minor=2, **asked)
    if (version.server_major, version.server_minor) < _TELLS_PROCESSES:
        return None
    reply = res.QueryClientIds(specs=[{"client": window, "mask": _LOCAL_PID}], **asked)
    return {window_stack.maker(display, one.spec.client): int(one.value[0]) for one in reply.ids if one.value}
