"""This computer's own desktop as a target: one run drives it, with every way to stop it armed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from coasty_desk.core.gates.masked import Mask
from coasty_desk.core.ports import Executor
from coasty_desk.core.scaling import CORNER_INSET, Frame
from coasty_desk.desktop import display_lock, platform
from coasty_desk.desktop.abort import methods
from coasty_desk.desktop.abort.methods import AbortMethods
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.watch import Watch
from coasty_desk.desktop.input.executor import DesktopExecutor, DryRun
from coasty_desk.desktop.own_terminal.apart import Apart
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings, every_window, masks_of, pointer
from coasty_desk.desktop.screen.overlay import Badge, NoBadgeError
from coasty_desk.desktop.screen.prefetch import FirstLook
from coasty_desk.lifetimes import OpenTarget, TargetKind, TargetRequest

LATER = 0.1
"""Seconds until the mouse and the keyboard are opened: the first request is on its way then, and nothing waits."""


class DesktopKind(TargetKind):
    """The display that this process is on, for good: another one is another process."""

    seated = True
    """Whether a person sits at it: then its corners and keys are theirs, their hand is waited for, and their terminal kept out of the way."""

    def starting(self, command: Sequence[str]) -> Sequence[str]:
        """The command by which a program of this display is started."""
        return command

    def watch_elsewhere(self, asked: TargetRequest) -> Watch | None:
        """What watches for a person's stop, where they do not sit at it."""
        del asked
        return None

    @contextmanager
    def opened(self, asked: TargetRequest) -> Iterator[OpenTarget]:
        """Nobody else can drive it, and the terminal that this was started from is out of the way."""
        platform.demand_session(asked.environment)
        chosen, stop = asked.chosen, asked.stop
        attended = asked.process is not None and asked.process.attended
        with ExitStack() as given_back:
            held, apart = Pressed(), Apart(chosen.own_terminal if self.seated else "show", stop)
            devices = DryRun() if chosen.dry_run else self._devices(asked, held, given_back)
            executor = apart.kept_off(devices, pointer)
            if not chosen.dry_run:
                given_back.enter_context(display_lock.display_held(stop, run_id=asked.run_id, task=asked.task))
            ways = given_back.enter_context(
                methods.armed(
                    stop,
                    hotkey=asked.rules.hotkey,
                    release=executor.release,
                    process=asked.process,
                    held=held,
                    seated=self.seated,
                    watch=None if self.seated else self.watch_elsewhere(asked),
                )
            )
            stop.check()
            if self.seated and not chosen.dry_run:
                ways.demand(unattended=chosen.yes and not attended)
            given_back.callback(apart.close)
            masks = masks_of(asked.rules)
            screen = _screen(asked, masks, apart, CORNER_INSET if self.seated else 0)
            given_back.callback(screen.close)
            badge, no_badge = _badge(asked, screen, ways, given_back) if self.seated else (None, ())
            for mask in asked.rules.masks:
                mask()  # one that cannot be told is found before anything is put out of the way, seen or sent
            if asked.rules.mask_windows:
                every_window()  # their titles are read with the first picture: many patterns take their time
            apart.hide_from(screen)
            here = DesktopSurroundings(asked.environment, apart.own, hands=self.seated)
            here.glance = screen.whole
            yield OpenTarget(
                *(screen, executor, here, screen.geometry, masks, ways.how),
                warnings=(*ways.warnings, *no_badge, *apart.warnings),
                picture=screen.picture,
                asked_at=apart.at_terminal if attended else lambda person: person,
                at_terminal=apart.shown,
                tell=(lambda _event: None) if badge is None else badge.tell,
            )

    def _devices(self, asked: TargetRequest, held: Pressed, given_back: ExitStack) -> Executor:
        """The mouse and the keyboard, which are opened a little later."""
        rules = asked.rules
        desktop = DesktopExecutor(
            asked.stop,
            held=held,
            environment=asked.programs,
            on_human_input=rules.on_human_input if self.seated else "ignore",
            rechecks=rules.rechecks,
            aims=rules.aims,
            corners_stop=self.seated,
            starting=self.starting,
        )
        if asked.process is not None:
            given_back.callback(asked.process.control.around(desktop.break_off, desktop.go_on))
        soon = threading.Timer(LATER, desktop.ready_quietly)
        soon.daemon = True
        soon.start()
        given_back.callback(soon.cancel)
        return desktop

    def surroundings(self) -> DesktopSurroundings:
        """Of the display."""
        return DesktopSurroundings(hands=self.seated)

    def look(self, asked: TargetRequest) -> Frame:
        """It is looked at by anybody, and driven by nobody."""
        platform.demand_session(asked.environment)
        apart = Apart(asked.chosen.own_terminal, asked.stop)
        with closing(apart), closing(_screen(asked, masks_of(asked.rules), apart)) as screen:
            apart.hide_from(screen)
            return screen.capture()


TARGET = DesktopKind()


def _screen(asked: TargetRequest, masks: tuple[Mask, ...], apart: Apart, inset: int = CORNER_INSET) -> MonitorScreen:
    chosen, first = asked.chosen, asked.first
    if isinstance(first, FirstLook) and apart.own is not None:
        first.close()  # it has looked already, and at our own terminal too
        first = None
    return MonitorScreen(
        asked.stop,
        monitor=chosen.monitor,
        max_size=asked.size,
        masks=masks,
        settle_seconds=0.0 if chosen.dry_run else chosen.settle,
        image_format=asked.image_format,
        prepares=not chosen.overlay,
        first=first.seen() if isinstance(first, FirstLook) else None,
        own=apart.own,
        legible=asked.legible,
        inset=inset,
    )


def _badge(
    asked: TargetRequest, screen: MonitorScreen, ways: AbortMethods, given_back: ExitStack
) -> tuple[Badge | None, tuple[str, ...]]:
    """The badge where one is wanted, and why there is none."""
    if not asked.chosen.overlay or asked.chosen.dry_run:
        return None, ()
    try:
        how = f"to stop: {ways.armed[0].how}" if ways.armed else "it cannot be stopped by hand"
        badge = Badge(screen.geometry()[0], how)
    except NoBadgeError as why:
        return None, (f"There is no badge on the screen: {why}.",)
    given_back.callback(badge.close)
    screen.uncovered = badge.away
    return badge, ()
