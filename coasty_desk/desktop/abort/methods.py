"""The ways to stop a run, armed and proved before the first input (DESIGN.md A5)."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from msgspec import Struct

from coasty_desk.core.abort import abort_key
from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_events import OWN_EVENTS, OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.watch import Watch
from coasty_desk.shell.shell_process import ShellProcess

SILENT = 0.2
"""Seconds without an answer after which a stop does not wait for the display any more: an answer takes 0.1 ms."""

LATELY = 3.0
"""Seconds: what was let go of within these may still be down for a display that did not answer."""

_LOOK = 0.02


class AbortMethod(Struct, frozen=True):
    """One way to stop: `how` a person does it, and why it is not armed (`fault`, empty where it is)."""

    name: str
    how: str
    fault: str = ""

    @property
    def armed(self) -> bool:
        """Whether it works."""
        return not self.fault


class AbortMethods(Struct, frozen=True):
    """All of them, and what there is to warn of."""

    ways: tuple[AbortMethod, ...]
    warning: str = ""

    @property
    def armed(self) -> tuple[AbortMethod, ...]:
        """Those that work."""
        return tuple(way for way in self.ways if way.armed)

    @property
    def faulty(self) -> tuple[AbortMethod, ...]:
        """Those that do not."""
        return tuple(way for way in self.ways if not way.armed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the person: each way that does not work and why, and what may go wrong with the abort key."""
        missing = (f"This way to stop is not armed: {way.name} ({way.fault})." for way in self.faulty)
        return (*missing, self.warning) if self.warning else tuple(missing)

    @property
    def how(self) -> str:
        """How to stop, in one sentence for the person."""
        return "To stop: " + ", ".join(way.how for way in self.armed) + "."

    def demand(self, *, unattended: bool) -> None:
        """Refuse to go on where a way is missing. `unattended`: the user said `--yes` and no person could be there.

        Raises DesktopError that names each missing way and why.
        """
        if not self.faulty or (unattended and self.armed):
            return
        missing = "; ".join(f"{way.name}: {way.fault}" for way in self.faulty)
        message = f"Not every way to stop this run works ({missing})."
        remedy = "Put that right (coasty-desk doctor says more), or say --yes where no person is at this screen."
        raise DesktopError(message, remedy)


@contextmanager
def armed(
    stop: Stop,
    *,
    hotkey: AbortKey | None = None,
    release: Callable[[], None],
    sent: OwnEvents = OWN_EVENTS,
    process: ShellProcess | None = None,
    held: Pressed | None = None,
    seated: bool = True,
    watch: Watch | None = None,
) -> Iterator[AbortMethods]:
    """Within the block the abort key, Esc three times and a corner trip `stop`, and where a shell hands in its `process`, signals too.

    `release` lets go of all that is `held`; it is called at a forced exit and when the block ends.
    Unless somebody is `seated` at the display, no corner of it stops, and its keys are nobody's: then the `watch` is over another one, or there is none.
    The result says of each way whether it is armed, and why not; nothing is raised for that
    (`AbortMethods.demand` does).
    """
    held = held or Pressed()
    key = hotkey or abort_key.parse(abort_key.DEFAULT)
    if watch is None and seated:
        watch = platform.watch(stop, key, sent)
    over = threading.Event()

    def let_go() -> bool:
        release()
        return not held.names

    atexit.register(release)
    with ExitStack() as given_back:
        if process is not None:
            given_back.callback(process.control.around(release, lambda: None))  # what was released is not taken again
            down = "keys or buttons may still be down (coasty-desk release)"
            given_back.callback(process.control.lastly(down, let_go))
        no_signals = None if process is None else given_back.enter_context(process.ends_with(stop))
        for undo in (partial(atexit.unregister, release), over.set, release):
            given_back.callback(undo)
        ways: list[AbortMethod] = []
        if watch is not None:
            given_back.callback(watch.disarm)
            ways += _watched(watch, key, seated=seated)
            stop.then(partial(_do_not_wait_for_display, watch, over, held))
        if no_signals is not None:
            ways.append(AbortMethod("interrupt", "press Ctrl-C in the terminal", no_signals))
        if not seated:
            ways.append(AbortMethod("stop", "say `coasty-desk stop` in another terminal"))
        yield AbortMethods(tuple(ways), key.warning)


def _watched(watch: Watch, key: AbortKey, *, seated: bool) -> Iterator[AbortMethod]:
    """What a person does with the keyboard and the pointer, once these are watched."""
    no_keyboard, no_pointer = watch.arm()
    no_chord, no_escape = (no_keyboard, no_keyboard) if no_keyboard else watch.absent()
    yield AbortMethod("abort key", f"press {spoken(key)}", no_chord)
    yield AbortMethod("Esc", "press Esc three times within a second", no_escape)
    if seated:
        yield AbortMethod("corner", "throw the pointer into a corner of the screen", no_pointer)


def spoken(key: AbortKey) -> str:
    """The abort key as it stands on the keys: `Ctrl+Shift+F12`."""
    return "+".join(part.replace("_", " ").title() if len(part) > 1 else part.upper() for part in key.parts)


def _do_not_wait_for_display(watch: Watch, over: threading.Event, held: Pressed) -> None:
    """After a stop, whatever waits for a display that does not answer goes on without it."""
    while not over.wait(_LOOK):
        if watch.silent() > SILENT:
            watch.abandon(held.lately(LATELY))
            return
