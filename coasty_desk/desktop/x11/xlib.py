"""The parts of python-xlib that are used here, each loaded when something of it is first asked for.

Xlib takes 10 ms to load, and fails or prints where another package has put its own into the same folder: a module that is
merely imported must not feel it, and what goes wrong comes out as a DesktopError.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from coasty_desk.desktop.base.libraries import imported

Display: TypeAlias = Any
"""An `Xlib.display.Display`: python-xlib has no types."""


class _Later:
    """A module that stands for itself until then."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = vars(self)[attribute] = getattr(imported(self._name), attribute)
        return found


X: Any = _Later("Xlib.X")
XK: Any = _Later("Xlib.XK")
Xatom: Any = _Later("Xlib.Xatom")
errors: Any = _Later("Xlib.error")
events: Any = _Later("Xlib.protocol.event")
requests: Any = _Later("Xlib.protocol.request")
rq: Any = _Later("Xlib.protocol.rq")
record: Any = _Later("Xlib.ext.record")
res: Any = _Later("Xlib.ext.res")
xinput: Any = _Later("Xlib.ext.xinput")
xtest: Any = _Later("Xlib.ext.xtest")
