"""The keyboard on X11: XTEST events, resolved from the keymap, the active group and the locks as they are now.

A character that the active group has is its key, with the Shift or AltGr that it needs; one
that only another group has is typed in that group; any other is put on a borrowed keycode.
Chords go the same way, so `ctrl+z` is undo wherever Z is. Keycode 0 is never sent.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from msgspec import Struct

from coasty_desk.core.errors import BrokenOffError, DesktopError
from coasty_desk.core.gates.human_input import OnHumanInput
from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import CONTROL
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.recheck import NEVER, SLICE, Recheck
from coasty_desk.desktop.linux import input_method
from coasty_desk.desktop.linux.input_method import InputMethod
from coasty_desk.desktop.linux.key_path import KeyPath
from coasty_desk.desktop.linux.socket_backlog import Unread
from coasty_desk.desktop.x11 import accessibility_keys, keysyms, live_keymap, relabel
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.borrowed_keycodes import ANY_GROUP, Borrowed
from coasty_desk.desktop.x11.focus_guard import Guard
from coasty_desk.desktop.x11.live_keymap import KeyLevel, Keymap
from coasty_desk.desktop.x11.ping import Ping
from coasty_desk.desktop.x11.relabel import PLACES, relabelled
from coasty_desk.desktop.x11.xkb import NEW_KEYBOARD, NO_KEY, LockState, Xkb
from coasty_desk.desktop.x11.xlib import Display, X, xtest

_AHEAD = 64
"""Characters sent before the application is asked whether it keeps up."""
_PATIENCE = 10.0
"""Seconds that a busy application is given to read what was typed."""
_UNASKED = 0.12
"""Seconds given to an application that cannot be asked."""
_UNHEARD = 0.03
"""Seconds given to one that cannot be asked to hear of a change of the keymap."""
_LAST_PATIENCE = 0.5
"""Seconds waited at most when the run is over."""
_HOLD = 0.012
"""Seconds that the keys of a stroke stay down."""
_LOCKS = frozenset({"capslock", "numlock", "scrolllock"})
_CAPS_BIT = 2
_HELD_BITS = 0b1101
"""Shift, Control and Alt, where the extension cannot tell what is held from what is locked."""
_LEAVING = "\n\x1b"
_ENTERS = 3
_STAYING = frozenset(
    {"up", "down", "left", "right", "tab", "space", "backspace", "delete", "home", "end", "pageup", "pagedown"}
)
"""What may close a window, so that the application is given the time to (in a text so often: a text has many lines); and
what need not be waited for."""
_PATH = re.compile(r"~?/[^\n\t]+")
_OPENING = 0.3
_COMPLETING = 0.03
"""A path is typed with so many seconds behind its first sign, at which GTK's list of files becomes a field for it and loses what
comes meanwhile, and so many behind each other, as what completes it while it is typed wants."""
_SEEK = 5.0
"""Seconds for which it holds whether an input method runs: the search takes 3 ms."""
_CHOICES: dict[str, tuple[int, ...]] = {"altright": (0xFFEA, keysyms.LEVEL3_SHIFT)}
"""Keys that layouts know by more than one keysym: the right Alt is AltGr only where the layout says so."""


class _Layout(Struct, frozen=True):
    """The keyboard as it is at this moment."""

    keymap: Keymap
    state: LockState

    @property
    def locked(self) -> int:
        """The only lock that stays on while we type: Num Lock."""
        return self.state.locked & self.keymap.num_lock

    def way(self, symbol: int | str) -> KeyLevel | None:
        """How to write a keysym, or a character, as things are."""
        return self.keymap.way(symbol, self.state.group, self.locked)


class X11Keyboard:
    """A keyboard on the display that DISPLAY names. Raises DesktopError where there is none."""

    def __init__(
        self,
        stop: Stop,
        held: Pressed,
        sent: OwnEvents,
        on_human_input: OnHumanInput = "pause",
        recheck: Recheck = NEVER,
    ) -> None:
        self._stop = stop
        self._held = held
        self._sent = sent
        self._display = x11.display()
        self._ping = Ping(x11.display())
        self._unread = Unread(self._display)
        self._xkb = Xkb.open(self._display)
        if self._xkb is not None:
            self._xkb.watch()
        self._group = self._home = 0
        self._borrowed = Borrowed(self._display, self._xkb, seen=self._let_read, known=self._let_know)
        self._guard = Guard(self._display, stop, sent, on_human_input, recheck)
        if self._xkb is not None:
            self._xkb.others = self._guard.heard
        self._own_bits = 0
        self._locks_after: int | None = None
        self._tidied = False
        self._stale = False
        self._path: KeyPath | None = None
        self._method: InputMethod | None = None
        self._method_sought = -_SEEK

    def lacks(self, key: str) -> bool:
        """Whether the key cannot be pressed at all: here none, what the layout lacks is borrowed."""
        return len(key) != 1 and key not in keysyms.named()

    def obstacle(self, text: str) -> str | None:
        """An input method that composes, or a character that there is no key for and none to borrow."""
        layout = self._look()
        engine = None if self._method is None else input_method.composing(self._method, self._stop)
        if engine is not None and self._method is not None:
            return (
                f"the input method {self._method.name} makes other text of letters ({engine}); "
                "a person must switch it to a plain keyboard first"
            )
        absent = [one for one in dict.fromkeys(text) if self._known_way(one, layout) is None]
        if absent and not self._spare(layout):
            return f"this keyboard has no key for U+{ord(absent[0]):04X}, and none is free to borrow for it"
        return None

    def type(self, text: str) -> None:
        """Write the text; newline, tab, backspace and escape are their keys. Raises BrokenOffError too."""
        text = text.replace("\r\n", "\n")
        layout = self._look()
        unread: dict[str, KeyLevel] = {}
        left = 0
        is_path = _PATH.fullmatch(text) is not None
        with self._guard.action(), self._in_order(layout):
            for at in range(len(text)):
                self._stop.check()
                if at and is_path:
                    self._stop.pause(_OPENING if at == 1 else _COMPLETING)
                if at and text[at - 1] in _LEAVING and left < _ENTERS:
                    left += 1
                    self._let_act()
                    self._guard.recheck(f"{at:,} of {len(text):,} characters were typed")
                if at and at % _AHEAD == 0 and self._ping.answered(self._stop, _PATIENCE):
                    unread.clear()
                if self._changed(self._undisturbed(layout, f"{at:,} of {len(text):,} characters were typed")):
                    layout = self._look_again(unread, f"{at:,} of {len(text):,}")
                way = self._way(text, at, layout)
                unread[text[at]] = way
                self._write(way)
            if self._changed(self._state()):
                self._look_again(unread, f"all {len(text):,}")

    def action(self) -> AbstractContextManager[None]:
        """Within the block keys are for the window that has the focus at its beginning."""
        return self._guard.action()

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Press each one's keys in order, release them in reverse."""
        with self._guard.action():
            for number, keys in enumerate(strokes):
                if number and not _STAYING.issuperset(strokes[number - 1]):
                    self._let_act()
                done = f"{number} of {len(strokes)} keys were pressed"
                self._guard.recheck(done)
                self.stroke(keys, done)

    def stroke(self, keys: Stroke, done: str = "it was not pressed") -> None:
        """Press in order, release in reverse."""
        with self.holding(keys, done):
            self._stop.pause(_HOLD)

    def hold(self, keys: Stroke, seconds: float) -> None:
        """Hold them so long, and look all the while whose keyboard it is."""
        with self._guard.action(), self.holding(keys):
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                self._stop.pause(min(left, SLICE))
                self._state()  # the server has said by then what it had to say
                self._hear()
                self._guard.check(f"the keys were held for {seconds - left:.1f} of {seconds:g} s")

    def alone(self) -> None:
        """Wait until no other hand holds a modifier."""
        self._guard.wait_released(self._foreign, "nothing more was done")

    @contextmanager
    def holding(self, keys: Stroke, done: str = "nothing was pressed") -> Iterator[None]:
        """Hold these keys within the block, each in the group that has it."""
        if not keys:
            self._guard.wait_released(self._foreign, done)
            yield
            return
        layout = self._look()
        with ExitStack() as down:
            ways = [self._chord_way(key, keys, layout, down) for key in keys]
            down.enter_context(self._in_order(layout, locks=_LOCKS.isdisjoint(keys)))
            self._undisturbed(layout, done)
            down.callback(self._own, 0)
            for way in ways:
                self._stop.check()
                self._enter_group(way.group)
                for keycode in (*way.shifts, way.keycode):
                    self._own(self._own_bits | layout.keymap.modifier_bits.get(keycode, 0))
                    down.enter_context(self._down(keycode))
                self._let_arrive()
            yield

    def give_back(self) -> None:
        """Give the borrowed keycodes back, and wait until the display has taken what was sent."""
        with suppress(DesktopError, *x11.failures()):
            self._borrowed.give_back()
            self._display.sync()

    def close(self) -> None:
        """Give back what was borrowed, and the connections."""
        self.give_back()
        for connection in (self._display, self._ping.display):
            with suppress(*x11.failures()):
                connection.close()

    def _look(self) -> _Layout:
        """Read the keymap and the state; what another program has changed since is known after it."""
        if not self._tidied:  # at the first key, not before: until then another run may be at work
            self._tidied = True
            _tidy(self._display, self._xkb, self._borrowed)
        self._take_over()
        keymap = read_keymap(self._display, self._xkb)
        state = self._state()
        if self._xkb is not None and state.group >= keymap.groups:  # of a layout that is gone
            self._xkb.lock_group(state.group % keymap.groups)  # the server would notice at the next key
            state = self._xkb.state()
        self._borrowed.forget_lost(keymap)
        if time.monotonic() - self._method_sought > _SEEK:
            self._method, self._method_sought = input_method.find(), time.monotonic()
        self._path = None
        if self._method is not None:
            self._path = KeyPath(self._display, self._method, self._unread, self._stop)
        return _Layout(keymap.without(self._borrowed.keycodes), state)

    def _state(self) -> LockState:
        """What is held, by anyone, and what is locked."""
        if self._xkb is not None:
            return self._xkb.state()
        mask = self._display.screen().root.query_pointer().mask
        return LockState(0, mask & _HELD_BITS, 0, mask & _CAPS_BIT)

    def _foreign(self) -> bool:
        """Whether another hand than ours holds a modifier."""
        return bool(self._state().held & ~self._own_bits)

    def _own(self, bits: int) -> None:
        self._own_bits = bits

    def _undisturbed(self, layout: _Layout, done: str) -> LockState:
        """Before a key: nobody else holds one, the locks are as we need them, the keyboard is still our window's. Raises BrokenOffError."""
        state = self._state()
        if state.held & ~self._own_bits and self._guard.wait_released(self._foreign, done):
            state = self._state()
        self._hear()
        self._guard.check(done)
        if self._xkb is not None and self._locks_after is not None and (state.latched or state.locked != layout.locked):
            self._guard.lock_changed(done)
            self._locks_after ^= state.locked ^ layout.locked  # what a person turned on is on when we are done
            self._lock(layout, layout.locked)
        return state

    def _hear(self) -> None:
        """Take in what the server has said meanwhile, of the keymap and of the focus."""
        if self._xkb is not None:
            self._stale |= bool(self._xkb.changes())
            return
        while self._display.pending_events():
            self._guard.heard(self._display.next_event())

    def _look_again(self, unread: Mapping[str, KeyLevel], typed: str) -> _Layout:
        """The keyboard after a change of its keymap or group in mid-text; `unread` is what may not have been read yet.

        Raises BrokenOffError where any of that means something else by now, or did in between.
        """
        self._let_know()
        now = self._look()
        self._home = self._group = now.state.group
        for layout in (now, *(_Layout(keymap, now.state) for keymap in self._keymaps(now.keymap.modifier_bits))):
            if any(way != self._known_way(character, layout) for character, way in unread.items()):
                message = (
                    f"the keyboard layout changed after {typed} characters, the last of which may have come out wrong"
                )
                raise BrokenOffError(message, "keys")
        return now

    def _take_over(self) -> None:
        """Have the applications hear that ours is the keymap from here on, where another device was used last."""
        if self._xkb is None:
            return
        self._sent.note(NO_KEY, down=False)
        if self._xkb.take_over():
            self._let_know()
        self._xkb.changes()

    def _changed(self, state: LockState) -> bool:
        """Whether another program, or a key of another device, has changed the keymap or the group since the last look.

        The `state` was asked for after that: its answer comes after all that happened before it.
        """
        if self._xkb is None:
            return False
        stale, self._stale = self._stale, False
        return bool(self._xkb.changes()) or state.group != self._group or stale

    def _keymaps(self, modifier_bits: Mapping[int, int]) -> list[Keymap]:
        """Those of all keyboards of this display, without what is borrowed."""
        if self._xkb is None:
            return []
        found = (Keymap(live_keymap.from_xkb(raw, ()).keys, modifier_bits) for raw in self._xkb.keymaps())
        return [keymap.without(self._borrowed.keycodes) for keymap in found]

    def _spare(self, layout: _Layout) -> tuple[int, ...]:
        """Keycodes that write nothing, here nor on another keyboard of this display."""
        others = [keymap.spare for keymap in self._keymaps({})]
        return tuple(code for code in layout.keymap.spare if all(code in spare for spare in others))

    def _borrow(self, symbols: Sequence[int], spare: tuple[int, ...], layout: _Layout) -> None:
        """Lend, and note whether another program has changed the keymap at the same time."""
        self._borrowed.lend(symbols, spare)
        switched = self._xkb is not None and NEW_KEYBOARD in self._xkb.changes()
        now = read_keymap(self._display, self._xkb)
        ours = self._borrowed.keycodes
        self._stale |= (
            switched or bool(self._borrowed.lost(now)) or now.without(ours).keys != layout.keymap.without(ours).keys
        )

    @contextmanager
    def _in_order(self, layout: _Layout, *, locks: bool = True) -> Iterator[None]:
        """Within the block Caps Lock and its like are off, and no key is slow, bounced or sticky; after it, they and the group are as they were."""
        self._home = self._group = layout.state.group
        self._locks_after = layout.state.locked if locks else None
        with accessibility_keys.off(self._display, self._xkb) as were_on:
            if self._xkb is not None and were_on:
                self._xkb.lock_modifiers(layout.locked if locks else layout.state.locked)
                self._group = self._xkb.state().group
            if locks and (layout.state.latched or layout.state.locked & ~layout.locked):
                self._lock(layout, layout.locked)
            try:
                yield
            finally:
                self._enter_group(self._home)
                if self._locks_after not in (None, layout.locked):
                    self._lock(layout, self._locks_after or 0)
                self._locks_after = None
                self._display.sync()

    def _lock(self, layout: _Layout, bits: int) -> None:
        if self._xkb is not None:
            self._xkb.lock_modifiers(bits)
            return
        with self._down(self._key_way("capslock", layout).keycode):
            pass

    def _enter_group(self, group: int) -> None:
        if group not in (self._group, ANY_GROUP) and self._xkb is not None:
            self._xkb.lock_group(group)
            self._group = group

    def _way(self, text: str, at: int, layout: _Layout) -> KeyLevel:
        way = self._known_way(text[at], layout)
        if way is None:
            self._lend(text[at:], layout)
            way = self._known_way(text[at], layout)
        return _existing(way, text[at])

    def _known_way(self, character: str, layout: _Layout) -> KeyLevel | None:
        if character in CONTROL:
            return self._key_way(CONTROL[character], layout)
        return layout.way(character) or self._borrowed.way(keysyms.of_character(character), layout.keymap.shift)

    def _lend(self, text: str, layout: _Layout) -> None:
        """Borrow for the next characters that have no key, as many as there is room for."""
        spare = self._spare(layout)
        room = self._borrowed.room(spare)
        wanted: list[int] = []
        for character in dict.fromkeys(text[: room * 8]):
            if len(wanted) < room and self._known_way(character, layout) is None:
                wanted.append(keysyms.of_character(character))
        self._borrow(wanted, spare, layout)

    def _chord_way(self, key: str, keys: Stroke, layout: _Layout, ends: ExitStack) -> KeyLevel:
        """The way of one key of a chord; a letter that no layout has is put in its place until `ends`."""
        there = PLACES.get(key) if len(keys) > 1 else None
        if there is None or self._xkb is None or not self._xkb.is_one_for_all() or layout.way(key) is not None:
            return self._key_way(key, layout)
        keycode, symbols = there
        waits = {"seen": self._let_read, "known": self._let_know}
        ends.enter_context(relabelled(self._display, self._xkb, keycode, symbols, **waits))
        return KeyLevel(keycode, ANY_GROUP)

    def _key_way(self, key: str, layout: _Layout) -> KeyLevel:
        symbols = _CHOICES.get(key) or (keysyms.of_key(key),)
        tried = (key,) if len(key) == 1 else symbols
        way = next((way for one in tried if (way := layout.way(one))), None) or self._borrowed.way(symbols[-1], None)
        if way is None and (spare := self._spare(layout)):
            self._borrow(symbols[-1:], spare, layout)
            way = self._borrowed.way(symbols[-1], None)
        return _existing(way, key)

    def _write(self, way: KeyLevel) -> None:
        self._enter_group(way.group)
        with ExitStack() as down:
            for keycode in (*way.shifts, way.keycode):
                down.enter_context(self._down(keycode))
        self._let_arrive()

    def _let_arrive(self) -> None:
        """Where an input method stands between, wait until the application has what was sent."""
        if self._path is not None:
            self._path.arrived()

    def _down(self, keycode: int) -> AbstractContextManager[None]:
        return self._held.down(
            f"key {keycode}", lambda: self._send(keycode, down=True), lambda: self._send(keycode, down=False)
        )

    def _send(self, keycode: int, *, down: bool) -> None:
        self._sent.note(keycode, down=down)
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, keycode)
        self._display.flush()

    def _let_act(self) -> None:
        """Wait until the application has read what may take the focus elsewhere, as far as it can be asked."""
        if self._ping.answered(self._stop, _PATIENCE) is None:
            self._unread.settled(self._stop, _PATIENCE)

    def _let_read(self) -> None:
        """Wait until the application has read all that was typed; a moment, where it cannot be asked."""
        self._await_answer(_UNASKED)

    def _let_know(self) -> None:
        """Wait until the application has heard of a change of the keymap."""
        self._await_answer(_UNHEARD)

    def _await_answer(self, unasked: float) -> None:
        over = self._stop.is_set()
        patience = _LAST_PATIENCE if over else _PATIENCE
        stop = None if over else self._stop
        if self._ping.answered(stop, patience) is None and self._unread.settled(stop, patience) is None:
            self._stop.wait(unasked)


def read_keymap(display: Display, xkb: Xkb | None) -> Keymap:
    """The keymap as the server has it now."""
    modifiers = [list(row) for row in display.get_modifier_mapping()]
    if xkb is not None:
        return live_keymap.from_xkb(xkb.keymap(), modifiers)
    info = display.display.info
    rows = display.get_keyboard_mapping(info.min_keycode, info.max_keycode - info.min_keycode + 1)
    return live_keymap.from_core(info.min_keycode, rows, modifiers)


def give_back_leftovers() -> None:
    """Empty the keycodes that a killed run left borrowed. Raises DesktopError."""
    with x11.opened() as display:
        xkb = Xkb.open(display)
        _tidy(display, xkb, Borrowed(display, xkb, seen=_nothing, known=_nothing))


def layout_name() -> str:
    """What a person is told of the layout, as far as the server tells. Raises DesktopError."""
    with x11.opened() as display:
        rules = display.screen().root.get_full_text_property(display.intern_atom("_XKB_RULES_NAMES"))
    parts = (rules or "").split("\0")
    return parts[2] if len(parts) > 2 and parts[2] else "not told by the server; typing reads the live keymap"


def _tidy(display: Display, xkb: Xkb | None, borrowed: Borrowed) -> None:
    if xkb is not None:
        relabel.tidy(display, xkb)
        accessibility_keys.tidy(display, xkb)
    borrowed.tidy(read_keymap(display, xkb))


def _nothing() -> None:
    """Nobody types: nothing need be waited for."""


def _existing(way: KeyLevel | None, what: str) -> KeyLevel:
    if way is None:
        message = f"This keyboard has no key for {what!r}, and none is free to borrow for it."
        raise DesktopError(message, "Load another layout (setxkbmap us) and try again.")
    return way
