"""Windows' and macOS' own ways, against what their documentation says; no such machine was at hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from coasty_desk.core.errors import Aborted
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.key_codes import key_codes
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.native import native_keyboard, native_libraries
from coasty_desk.desktop.native.native_keyboard import WindowsKeyboard, utf16_units, windows_character
from coasty_desk.desktop.native.native_pointer import MacPointer, WindowsPointer

US = {"c": 0x43, "C": 0x143, "+": 0x1BB, "@": 0x132}
GERMAN = {"c": 0x43, "+": 0xBB, "@": 0x651}
RUSSIAN = {"с": 0x43}  # noqa: RUF001 - Cyrillic


class FakePynput:
    """pynput.keyboard's face, which keeps what it was told."""

    def __init__(self) -> None:
        names = [name for name in key_codes("pynput").values() if name not in ("f21", "f22", "f23", "f24")]
        self.Key = SimpleNamespace(
            **{name: SimpleNamespace(value=SimpleNamespace(vk=at)) for at, name in enumerate(names, 1)}
        )
        self.named = {id(key): name for name, key in vars(self.Key).items()}
        self.KeyCode = SimpleNamespace(from_vk=lambda code: SimpleNamespace(vk=code))
        self.told: list[str] = []

    def Controller(self) -> Any:  # noqa: N802 - pynput calls it so
        """The controller."""
        return SimpleNamespace(
            press=lambda key: self.told.append("+" + self._name(key)),
            release=lambda key: self.told.append("-" + self._name(key)),
            type=self.told.append,
        )

    def _name(self, key: Any) -> str:
        return self.named.get(id(key)) or hex(key.vk)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> tuple[WindowsKeyboard, FakePynput]:
    """A keyboard on a German Windows."""
    pynput = FakePynput()
    monkeypatch.setattr(native_libraries, "pynput", lambda _part: pynput)
    monkeypatch.setattr(native_keyboard, "_vk_key_scan", lambda c: GERMAN.get(c, -1))
    return WindowsKeyboard(Stop(), Pressed(), OwnEvents()), pynput


def test_the_layout_says_which_windows_key_a_character_is_on() -> None:
    """VkKeyScanW's answer: the key in the low byte, Shift, Ctrl and Alt above it."""
    assert windows_character("c", US.__getitem__) == (0x43, ())
    assert windows_character("+", US.__getitem__) == (0xBB, ("shift",))
    assert windows_character("+", GERMAN.__getitem__) == (0xBB, ())
    assert windows_character("@", GERMAN.__getitem__) == (0x51, ("ctrl", "alt"))


def test_a_latin_letter_keeps_its_windows_key_on_a_russian_layout() -> None:
    """The layout has no `c`; its virtual key is still C's. What has no key at all has none."""
    assert windows_character("c", lambda c: RUSSIAN.get(c, -1)) == (0x43, ())
    assert windows_character("漢", lambda _: -1) is None


def test_macos_counts_characters_in_halves() -> None:
    """A character outside the basic plane is two units."""
    assert utf16_units("é") == 1
    assert utf16_units("😀") == 2


def test_text_goes_out_character_by_character(windows: tuple[WindowsKeyboard, FakePynput]) -> None:
    """Each by the system's Unicode input; newline and tab are keys."""
    keyboard, pynput = windows
    keyboard.type("é\n😀\t")
    assert pynput.told == ["é", "+enter", "-enter", "😀", "+tab", "-tab"]


def test_a_chord_is_released_in_reverse(windows: tuple[WindowsKeyboard, FakePynput]) -> None:
    """Modifiers first and last."""
    keyboard, pynput = windows
    keyboard.strokes((("ctrl", "shift", "c"),))
    assert pynput.told == ["+ctrl", "+shift", "+0x43", "-0x43", "-shift", "-ctrl"]


def test_a_key_that_the_platform_lacks_is_known(windows: tuple[WindowsKeyboard, FakePynput]) -> None:
    """It is refused before anything is sent."""
    keyboard, _ = windows
    assert keyboard.lacks("f24")
    assert keyboard.lacks("漢")
    assert not keyboard.lacks("num5")
    assert not keyboard.lacks("win")


def test_a_stop_ends_the_typing(windows: tuple[WindowsKeyboard, FakePynput]) -> None:
    """Between two characters."""
    keyboard, pynput = windows
    keyboard._stop.trip("hotkey")
    with pytest.raises(Aborted):
        keyboard.type("abc")
    assert pynput.told == []


@pytest.mark.parametrize(
    ("pointer", "axis", "told"),
    [
        (WindowsPointer, "vertical", (0, -1)),
        (WindowsPointer, "horizontal", (-1, 0)),
        (MacPointer, "vertical", (0, -3)),
    ],
)
def test_a_notch_is_a_notch(
    pointer: type[WindowsPointer], axis: Any, told: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows pynput multiplies by 120, on macOS by ten pixels."""
    turned: list[tuple[int, int]] = []
    mouse = SimpleNamespace(Controller=lambda: SimpleNamespace(scroll=lambda dx, dy: turned.append((dx, dy))))
    monkeypatch.setattr(native_libraries, "pynput", lambda _part: mouse)
    monkeypatch.setattr(native_libraries, "pyautogui", lambda: SimpleNamespace(platformModule=None))
    pointer().notch(axis, up=False)
    assert turned == [told]


def test_keys_are_held_and_let_go(windows: tuple[WindowsKeyboard, FakePynput]) -> None:
    """In order, and in reverse."""
    keyboard, pynput = windows
    keyboard.hold(("ctrl", "c"), 0.01)
    assert pynput.told == ["+ctrl", "+0x43", "-0x43", "-ctrl"]
