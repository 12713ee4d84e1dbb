"""The keyboard on Windows and macOS: the system's own Unicode input for text, pynput for keys.

Written against the documentation; not yet proved on a real machine. Windows: pynput sends each
character with SendInput and KEYEVENTF_UNICODE. macOS: CGEventKeyboardSetUnicodeString, called
here because pynput counts a character outside the basic plane as one unit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Literal

from coasty_desk.core.gates.human_input import OnHumanInput
from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import CONTROL
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.key_codes import key_codes
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.recheck import NEVER, SLICE, Recheck
from coasty_desk.desktop.native import native_libraries

_HOLD = 0.03


class NativeKeyboard:
    """A `Keyboard` over pynput; what differs between the two platforms is theirs. A hand on the keys is not noticed here. Raises DesktopError."""

    gap: float
    """Seconds between characters."""
    codes: Literal["windows", "macos"]

    def __init__(
        self, stop: Stop, held: Pressed, sent: OwnEvents, _: OnHumanInput = "pause", recheck: Recheck = NEVER
    ) -> None:
        self._stop = stop
        self._recheck = recheck
        self._held = held
        self._sent = sent
        self._pynput: Any = native_libraries.pynput("keyboard")
        self._controller: Any = self._pynput.Controller()

    def _character(self, character: str) -> list[Any] | None:
        """The keys that a character of a chord is on; None where there are none."""
        raise NotImplementedError

    def _write(self, character: str) -> None:
        """Send one character, whatever key it is on."""
        raise NotImplementedError

    def lacks(self, key: str) -> bool:
        """Whether this platform has no such key."""
        return self._keys(key) is None

    def obstacle(self, text: str) -> str | None:
        """None is known: the system takes characters, not keys."""
        del text
        return None

    def type(self, text: str) -> None:
        """Write the text; newline, tab, backspace and escape are their keys."""
        text = text.replace("\r\n", "\n")
        for at, character in enumerate(text):
            self._stop.check()
            self._recheck.in_slices(f"{at:,} of {len(text):,} characters were typed")
            if character in CONTROL:
                self.stroke((CONTROL[character],))
            else:
                self._write(character)
            self._stop.pause(self.gap)

    def action(self) -> AbstractContextManager[None]:
        """Which window has the focus is not watched here."""
        return nullcontext()

    def alone(self) -> None:
        """What other hands hold is not watched here."""

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Press each one's keys in order, release them in reverse."""
        for number, stroke in enumerate(strokes):
            self._recheck(f"{number} of {len(strokes)} keys were pressed")
            self.stroke(stroke)

    def stroke(self, keys: Stroke) -> None:
        """Press in order, release in reverse."""
        with self.holding(keys):
            self._stop.pause(_HOLD)

    def hold(self, keys: Stroke, seconds: float) -> None:
        """Hold them so long, and ask the rules all the while."""
        with self.holding(keys):
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                self._stop.pause(min(left, SLICE))
                self._recheck.in_slices(f"the keys were held for {seconds - left:.1f} of {seconds:g} s")

    @contextmanager
    def holding(self, keys: Stroke) -> Iterator[None]:
        """Hold these keys within the block."""
        with ExitStack() as down:
            for key in keys:
                self._stop.check()
                for code in self._keys(key) or ():
                    down.enter_context(self._down(code))
            yield

    def give_back(self) -> None:
        """Nothing was changed."""

    def close(self) -> None:
        """Nothing is open."""

    def _keys(self, key: str) -> list[Any] | None:
        """The platform keys of a canonical one; None where there is none."""
        if len(key) == 1:
            return self._character(key)
        named = getattr(self._pynput.Key, key_codes("pynput").get(key, ""), None)
        if named is not None:
            return [named]
        code = key_codes(self.codes).get(key)
        return None if code is None else [self._pynput.KeyCode.from_vk(int(code, 16))]

    def _down(self, key: Any) -> AbstractContextManager[None]:
        return self._held.down(f"key {key}", lambda: self._send(key, down=True), lambda: self._send(key, down=False))

    def _send(self, key: Any, *, down: bool) -> None:
        code = getattr(getattr(key, "value", key), "vk", None)
        if code is not None:
            self._sent.note(code, down=down)
        (self._controller.press if down else self._controller.release)(key)


class WindowsKeyboard(NativeKeyboard):
    """Windows' own part: virtual keys, and text by SendInput."""

    gap = 0.001
    codes = "windows"

    def _character(self, character: str) -> list[Any] | None:
        found = windows_character(character, _vk_key_scan)
        if found is None:
            return None
        code, held = found
        return [*(self._pynput.Key[name] for name in held), self._pynput.KeyCode.from_vk(code)]

    def _write(self, character: str) -> None:
        self._controller.type(character)


class MacKeyboard(NativeKeyboard):
    """The part that is macOS's own: virtual key codes, and text set on a keyboard event."""

    gap = 0.008  # seconds between characters: macOS drops some that come faster
    codes = "macos"

    def _character(self, character: str) -> list[Any] | None:
        return [self._pynput.KeyCode.from_char(character)]  # pynput looks it up in the active layout

    def _write(self, character: str) -> None:
        import Quartz

        for down in (True, False):
            event = Quartz.CGEventCreateKeyboardEvent(None, 0, down)
            Quartz.CGEventKeyboardSetUnicodeString(event, utf16_units(character), character)
            Quartz.CGEventPost(Quartz.kCGHIDEventTap, event)


def _vk_key_scan(character: str) -> int:
    import ctypes

    windll: Any = getattr(ctypes, "windll")  # noqa: B009 - mypy knows it on Windows alone
    scanned: int = windll.user32.VkKeyScanW(ctypes.c_wchar(character))
    return scanned


def windows_character(character: str, vk_key_scan: Callable[[str], int]) -> tuple[int, tuple[str, ...]] | None:
    """The virtual key of a character on the active layout, and the keys to hold with it; None where there is none.

    `vk_key_scan` is `VkKeyScanW`: the key in the low byte, Shift/Ctrl/Alt bits in the high one,
    -1 for a character that the layout lacks. Letters and digits keep their virtual keys on
    layouts of another script, so `ctrl+c` is on the key of C there too.
    """
    scan = vk_key_scan(character)
    if scan & 0xFFFF == 0xFFFF:
        upper = character.upper()
        return (ord(upper), ()) if upper.isascii() and upper.isalnum() else None
    bits = scan >> 8 & 0xFF
    held = tuple(key for bit, key in ((1, "shift"), (2, "ctrl"), (4, "alt")) if bits & bit)
    return scan & 0xFF, held


def utf16_units(character: str) -> int:
    """How many UTF-16 units a character is: macOS counts in those."""
    return len(character.encode("utf-16-le")) // 2
