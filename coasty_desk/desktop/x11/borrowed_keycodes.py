"""Keycodes that write nothing, borrowed for characters that this keyboard has no key for.

The server is told what they write, and they are emptied again at the end of the run. Which
ones are borrowed stands in a property of the root window too, so that the next run can give
back what a killed one left. An application looks a key up when it gets round to it, so a
keycode is never given another meaning before the application has seen its last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from coasty_desk.desktop.x11 import keysyms, properties
from coasty_desk.desktop.x11.live_keymap import Key, KeyLevel, Keymap, entry
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xlib import Display

_PROPERTY = "_COASTY_DESK_BORROWED"
ANY_GROUP = -1
_PER_KEY = 2
"""Characters on one borrowed key: one plain, one with Shift."""


class Borrowed:
    """What is borrowed on one display.

    `seen` waits until the application has read all that was typed, `known` until it has heard of
    a change of the keymap: Chromium asks for the new one and goes on with the old until it comes.
    """

    def __init__(
        self, display: Display, xkb: Xkb | None, *, seen: Callable[[], None], known: Callable[[], None]
    ) -> None:
        self._display = display
        self._xkb = xkb
        self._seen = seen
        self._known = known
        self._held: dict[int, tuple[int, ...]] = {}
        """Keycode to the keysyms that it writes, least recently lent first."""
        self._unseen: set[int] = set()

    def way(self, keysym: int, shift: tuple[int, ...] | None) -> KeyLevel | None:
        """How to write a keysym that is on a borrowed key; notes that the key is being used.

        `shift` is the keycodes that make a Shift; None: only where the keysym needs none.
        """
        for keycode, symbols in self._held.items():
            if symbols[0] == keysym:
                self._unseen.add(keycode)
                return KeyLevel(keycode, ANY_GROUP)
            if shift and symbols[-1] == keysym:
                self._unseen.add(keycode)
                return KeyLevel(keycode, ANY_GROUP, shift)
        return None

    def room(self, spare: Sequence[int]) -> int:
        """How many characters one `lend` may be asked for: half of the spare keys keep what was typed last."""
        keys = len(spare)
        return _PER_KEY * max(keys // 2, min(keys, 1))

    def lend(self, symbols: Iterable[int], spare: Sequence[int]) -> None:
        """Put these keysyms, at most `room`, on the spare keys that were not used for the longest time.

        `spare` are keycodes that write nothing, what is borrowed already among them.
        """
        wanted = list(dict.fromkeys(symbols))
        pairs = [_pair(wanted[at : at + _PER_KEY]) for at in range(0, len(wanted), _PER_KEY)]
        free = [keycode for keycode in spare if keycode not in self._held]
        keycodes = (free + list(self._held))[: len(pairs)]
        if self._unseen.intersection(keycodes):
            self._seen()
            self._unseen.clear()
        for keycode, pair in zip(keycodes, pairs, strict=True):
            self._held.pop(keycode, None)
            self._held[keycode] = pair
        self._note()
        self._write(dict(zip(keycodes, pairs, strict=True)))
        self._known()

    @property
    def keycodes(self) -> tuple[int, ...]:
        """What is borrowed."""
        return tuple(self._held)

    def lost(self, keymap: Keymap) -> tuple[int, ...]:
        """What another program has overwritten: the keymap was loaded anew in mid-run."""
        held = self._held.items()
        return tuple(code for code, symbols in held if keymap.keys.get(code, Key()).symbol(0, 0) != symbols[0])

    def forget_lost(self, keymap: Keymap) -> None:
        """Drop what another program has overwritten."""
        for keycode in self.lost(keymap):
            del self._held[keycode]
            self._unseen.discard(keycode)

    def give_back(self) -> None:
        """Empty every borrowed keycode, once the application has read what was typed with it."""
        if not self._held:
            return
        if self._unseen:
            self._seen()
            self._unseen.clear()
        self._write(dict.fromkeys(self._held, ()))
        self._held.clear()
        self._note()

    def tidy(self, keymap: Keymap) -> None:
        """Give back what a run that was killed left borrowed, where it is still as that run left it."""
        numbers = properties.left(self._display, _PROPERTY)
        there = (one for one in zip(numbers[::3], numbers[1::3], strict=False) if one[0] in keymap.keys)
        left = [code for code, symbol in there if keymap.keys[code].symbol(0, 0) == symbol and code not in self._held]
        self._write(dict.fromkeys(left, ()))
        self._note()

    def _write(self, changes: dict[int, tuple[int, ...]]) -> None:
        """Tell the server what these keys write, in one change if it may be: every program reads its keymap anew for each.

        The core table has two groups; the same symbols in both, so that the active one does not matter.
        """
        if not changes:
            return
        if self._xkb is not None and self._xkb.is_one_for_all():
            self._xkb.change_entries({keycode: entry(symbols) for keycode, symbols in changes.items()})
            return
        for keycode, symbols in changes.items():
            plain, shifted = (symbols[0], symbols[-1]) if symbols else (0, 0)
            self._display.change_keyboard_mapping(keycode, [(plain, shifted, plain, shifted)])
        self._display.sync()

    def _note(self) -> None:
        numbers = [number for keycode, symbols in self._held.items() for number in (keycode, symbols[0], symbols[-1])]
        properties.leave(self._display, _PROPERTY, numbers)


def _pair(symbols: list[int]) -> tuple[int, ...]:
    """One key's symbols: two strangers, or a letter by itself with its capital."""
    written = keysyms.character(symbols[0])
    if len(symbols) == 1 and written is not None and written.islower() and len(written.upper()) == 1:
        return (symbols[0], keysyms.of_character(written.upper()))
    return tuple(symbols)
