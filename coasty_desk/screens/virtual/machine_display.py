"""The display of a virtual machine as a target: nobody sits at it, so that its corners and its keys are the model's alone."""

from __future__ import annotations

from coasty_desk.desktop.desktop_target import DesktopKind


class MachineDisplay(DesktopKind):
    """The display that this process is on, where it is a machine's."""

    seated = False


TARGET = MachineDisplay()
"""For a worker whose process is on such a display: put into the catalog under a name of its own."""
