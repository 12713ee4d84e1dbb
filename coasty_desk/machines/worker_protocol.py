"""What the service and a machine's worker say to each other: one question and one answer a connection (socket_frames.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

ImageKind = Literal["jpeg", "png"]
Fault = Literal["", "busy", "display", "failed", "not understood"]


LOCK = "worker.lock"
"""Held by a machine's worker for as long as it lives."""

ENDED = "worker.ended"
"""Why the last worker of the machine ended, for a service that was not there."""

TAKEN = "taken"
"""What a worker that is started says where another one has the machine, and ends."""


class CommandStep(Struct, frozen=True):
    """A command of a machine, with its parameters as JSON has them, and the seconds that it may take."""

    command: str
    parameters: Mapping[str, Any] = {}
    seconds: float = 30.0


class WorkerRequest(Struct, frozen=True, omit_defaults=True):
    """A question to a worker, which may be of an earlier version: what it does not know is left out, or taken for nothing.

    `act` carries out `steps`; with an `operation_id` once, however often it is asked. `look` wants a picture. `lend` has the worker
    let go of the machine for a run's process, and wants what that needs to be on its display. `watch` is answered when
    the worker ends. `lease` sets the moment (seconds since the epoch) at which it ends itself (None: never), and is answered with what the machine is walled off by. `end` ends it now.
    """

    verb: Literal["act", "look", "lend", "watch", "lease", "end"]
    operation_id: str = ""
    steps: tuple[CommandStep, ...] = ()
    stop_on_error: bool = True
    image: ImageKind = "jpeg"
    lease: float | None = None


class DisplayLoan(Struct, frozen=True):
    """A virtual machine's display, lent to a run's process by the worker that has it: as `VirtualMachine` has these.

    `display` is for a process that looks at it and drives it (`DISPLAY`, `XAUTHORITY`), `environment` of what is started on it, `argv`
    what stands before the command line of a program there, `notes` are sentences on what its programs are not kept from.
    """

    display: Mapping[str, str]
    environment: Mapping[str, str]
    argv: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class StepResult(Struct, frozen=True):
    """What came of a step. Not `known`: the worker died while it was under way. `screenshot` is a PNG or a JPEG."""

    command: str
    success: bool
    result: Mapping[str, Any] | None = None
    error: str | None = None
    duration_ms: int = 0
    screenshot: bytes | None = None
    known: bool = True


class MachinePicture(Struct, frozen=True):
    """The machine's screen as it is, what is masked in it black. Sizes in pixels; `taken` is seconds since the epoch."""

    image: bytes
    media_type: str
    width: int
    height: int
    taken: float


class WorkerAnswer(Struct, frozen=True):
    """A worker's answer. `aborted`: not all steps were tried. `fault` says why nothing was done, `message` in words; of `watch` why the worker ends."""

    results: tuple[StepResult, ...] = ()
    aborted: bool = False
    picture: MachinePicture | None = None
    loan: DisplayLoan | None = None
    fault: Fault = ""
    message: str = ""
    seconds: int | None = None
