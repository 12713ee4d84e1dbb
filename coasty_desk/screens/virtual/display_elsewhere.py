"""A machine's display, driven by a process that a person has started elsewhere: their keys, and `coasty-desk stop`, stop it all the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from msgspec.structs import replace

from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.base.watch import Watch
from coasty_desk.desktop.linux import stop_listener, stop_socket
from coasty_desk.lifetimes import OpenTarget, TargetRequest
from coasty_desk.screens.virtual.machine_display import MachineDisplay
from coasty_desk.screens.virtual.person_watch import PersonWatch


class DisplayElsewhere(MachineDisplay):
    """A machine's, as `VirtualMachine` has it: its `display` for this process, the `environment` of its programs, the `argv` that starts one there."""

    def __init__(
        self,
        display: Mapping[str, str],
        environment: Mapping[str, str],
        argv: Callable[[Sequence[str]], Sequence[str]],
        risks: Sequence[str],
    ) -> None:
        self._display, self._environment, self._argv, self._risks = display, environment, argv, risks
        self._keys: Watch | None = None

    def starting(self, command: Sequence[str]) -> Sequence[str]:
        """Behind the machine's walls."""
        return self._argv(command)

    def watch_elsewhere(self, asked: TargetRequest) -> Watch | None:
        """On the person's desktop, where there is one."""
        del asked
        return self._keys

    @contextmanager
    def driven(
        self, asked: TargetRequest, keys: Watch | None, begin: Callable[[], None] = lambda: None
    ) -> Iterator[OpenTarget]:
        """Within it this process is on that display; `keys` are those of `keys_of_person`, `begin` is done on the display first.

        Raises as `TargetKind.opened`.
        """
        self._keys = keys
        who = Owner.of(asked.run_id, asked.task).to_json()
        inside = replace(asked, environment=self._environment, programs=lambda: self._environment, first=None)
        with (
            stop_listener.listening_at(stop_socket.virtual_address(), who, lambda: asked.stop.trip("stop")),
            _on_display(self._display),
        ):
            begin()
            with super().opened(inside) as target:
                yield replace(target, warnings=(*target.warnings, *self._risks))


def keys_of_person(asked: TargetRequest, given_back: ExitStack) -> Watch | None:
    """What listens on the person's own desktop; it takes its time to begin, which the machine takes as well."""
    if not os.environ.get("DISPLAY"):
        return None
    keys = PersonWatch(asked.stop, asked.rules.hotkey, asked.programs())
    given_back.callback(keys.disarm)
    return keys


@contextmanager
def _on_display(display: Mapping[str, str]) -> Iterator[None]:
    """Within the block this process is on that display."""
    before = {name: os.environ.get(name) for name in display}
    os.environ.update(display)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
