"""What pyautogui source would do with a pointer and a keyboard, gathered into actions.

The source thinks in presses and releases, an action in whole gestures: a button that goes down
and comes up elsewhere is a drag, a key that is held around a click is its modifier, a text that
is copied and pasted is typed. A gesture that no action says exactly is refused.
"""

from __future__ import annotations

import math
from copy import copy

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.actions import (
    Action,
    Button,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Look,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.keys.chords import canonical
from coasty_desk.core.keys.key_names import EITHER_SIDE, MODIFIERS
from coasty_desk.wire.canonical_actions import MAX_CLICKS, MAX_HELD, MAX_KEYS, MAX_TEXT, check_text, split_keys
from coasty_desk.wire.json_fields import glimpse, unreadable

MAX_ACTIONS = 1000
"""Some harnesses press every letter of a text by itself; a person can still watch so many."""

MAX_PRESSED = 2000
"""Key presses of one source, all of its calls together."""

TAP = 0.5
"""Seconds: a key or a button held for longer is meant to be held, which no action says; a pause
between clicks or key presses that long is meant as a pause."""

_PASTE = ({"ctrl", "v"}, {"win", "v"}, {"ctrl", "shift", "v"}, {"shift", "insert"})
_COPY = ({"ctrl", "c"}, {"ctrl", "x"}, {"win", "c"}, {"win", "x"}, {"ctrl", "insert"}, {"ctrl", "shift", "c"})


class _Pressed(Struct):
    """A mouse button that is down: since where, with which keys held, and where the pointer went meanwhile."""

    start: Point | None
    button: Button
    held: tuple[str, ...]
    path: list[Point] = field(default_factory=list)
    seconds: float = 0.0


class SourceHand:
    """Gathers `actions`; `verdict` is what the source says of the task. Every method raises UnreadableError."""

    def __init__(self, *, of_one: bool = False, bends: bool = False) -> None:
        """`of_one`: places are fractions of the picture, and not pixels. `bends`: a drag may bend, and keys be held for a time."""
        self.of_one, self._bends = of_one, bends
        self.actions: list[Action] = []
        self.verdict = Verdict.CONTINUE
        self.pointer: Point | None = None
        self._pressed: _Pressed | None = None
        self._held: list[str] = []
        self._unused = False  # the last key went down and nothing has been done with it
        self._seconds = 0.0  # how long ago that was
        self._chords = 0  # key presses since the first of the held keys went down
        self._copied: str | None = None
        self._pasted = True
        self._pressed_keys = 0

    def apart(self) -> SourceHand:
        """The same hand, what it holds and where it is, with no actions yet: what is done by it does not change this one."""
        other = copy(self)
        other.actions, other._held = [], list(self._held)  # noqa: SLF001 - it is one of ours
        if self._pressed is not None:
            other._pressed = replace(self._pressed, path=list(self._pressed.path))  # noqa: SLF001 - as above
        return other

    def end(self, verdict: Verdict) -> None:
        """The source says `DONE` or `FAIL`: what comes after it is not done."""
        self.finish()
        if self.verdict is Verdict.CONTINUE:
            self.verdict = verdict

    def finish(self) -> None:
        """Nothing may be left over that no action says."""
        if self._held:
            unreadable(f"the key {glimpse(self._held[0], 40)} is never released")
        if self._pressed is not None:
            unreadable("the mouse button is never released")
        if not self._pasted:
            unreadable("text is copied and never pasted")

    def wait(self, seconds: float) -> None:
        """Pause; during a drag that is the drag's own affair."""
        if self._pressed is not None:
            self._pressed.seconds += seconds
            return
        self._seconds += seconds
        self._add(Wait(seconds))

    def move(self, point: Point) -> None:
        """Move the pointer, with the button down where it is."""
        self.pointer = point
        if self._pressed is None:
            self._add(Move(point))
        else:
            self._pressed.path.append(point)

    def click(self, point: Point | None, button: Button, count: int = 1, interval: float = 0.0) -> None:
        """Click `count` times; with a long pause between them these are single clicks."""
        self._no_button("click")
        if not 1 <= count <= MAX_CLICKS:
            unreadable(f"{count} clicks are not between 1 and {MAX_CLICKS}")
        place, held = self._place(point), self._modifiers()
        if interval <= TAP or count == 1:
            self._add(Click(place, button, count, held))
            return
        for number in range(count):
            if number:
                self._add(Wait(interval))
            self._add(Click(place, button, 1, held))

    def drag(self, point: Point, button: Button) -> None:
        """Press where the pointer is, move to `point`, release."""
        if self._pressed is None:
            self.mouse_down(None, button)
        self.move(point)
        self.mouse_up(None, button)

    def mouse_down(self, point: Point | None, button: Button) -> None:
        """Press the button."""
        self._no_button("press of a button")
        self._pressed = _Pressed(self._place(point), button, self._modifiers())

    def mouse_up(self, point: Point | None, button: Button) -> None:
        """Release the button: that was a click or a drag. A release of nothing is nothing."""
        if point is not None and point != self.pointer:
            self.move(point)
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        if button != pressed.button:
            unreadable(f"the {pressed.button} button goes down and the {button} one comes up")
        if tuple(self._held) != pressed.held:
            unreadable("keys go down or up while the mouse button is down")
        self._add(_gesture(pressed, bends=self._bends))

    def scroll(self, notches: int, horizontal: bool, point: Point | None) -> None:  # noqa: FBT001 - the wheel's two ways
        """Turn the wheel."""
        self._no_button("scroll")
        place = self._place(point)
        self._add(Scroll(notches, "horizontal" if horizontal else "vertical", place, self._modifiers()))

    def type(self, text: str) -> None:
        """Type text."""
        self._no_button("text")
        if self._held:
            unreadable("text is typed while keys are held")
        if len(text) > MAX_TEXT:
            unreadable(f"the text has {len(text)} characters, more than {MAX_TEXT}")
        if text:
            self._add(TypeText(check_text(text)))

    def copy(self, text: str) -> None:
        """Put text on the clipboard, to be pasted: together that is typing."""
        self._copied, self._pasted = text, False

    def key_down(self, key: str) -> None:
        """Press a key and hold it."""
        self._no_button("key")
        if key in self._held:
            unreadable(f"the key {glimpse(key, 40)} goes down twice")
        if not self._held:
            self._chords = 0
        self._held.append(key)
        self._unused, self._seconds = True, 0.0

    def key_up(self, key: str) -> None:
        """Release a key: with nothing done since the last one went down, all that are held were pressed together."""
        if key not in self._held:
            return
        if self._unused:
            if self._seconds <= TAP:
                self._chord(tuple(self._held))
            elif self._bends and isinstance(self.actions[-1], Wait):
                self.actions.pop()
                self.hold(tuple(self._held), self._seconds)
                self._unused = False
            else:
                unreadable(f"the key {glimpse(key, 40)} is held down for a time")
        self._held.remove(key)

    def press(self, keys: tuple[str, ...], times: int = 1, interval: float = 0.0) -> None:
        """Press keys one after the other, all of that so many times."""
        self._no_button("key")
        if len(keys) * times > MAX_KEYS:
            unreadable(f"{len(keys) * times} key presses are more than {MAX_KEYS}")
        if interval <= TAP:
            self._press(keys * times)
            return
        for number, key in enumerate(keys * times):
            if number:
                self._add(Wait(interval))
            self._press((key,))

    def hotkey(self, keys: tuple[str, ...]) -> None:
        """Press keys together; one alone is pressed."""
        self._no_button("key")
        self._chord((*self._held, *(part for key in keys for part in split_keys(key))))

    def combo(self, keys: tuple[str, ...]) -> None:
        """Press keys together, also where it is one alone."""
        self._no_button("key")
        self._chord((*self._held, *keys))
        if self.actions[-1:] == [PressKeys(keys)]:
            self.actions[-1] = KeyCombo(keys)

    def press_and_move(self, start: Point | None, end: Point, button: Button) -> None:
        """Press at `start` (None: where the pointer is), move to `end`, release."""
        self._no_button("drag")
        self._pressed = _Pressed(self._place(start), button, self._modifiers())
        self.move(end)
        self.mouse_up(None, button)

    def hold(self, keys: tuple[str, ...], seconds: float) -> None:
        """Hold keys for a time."""
        self._no_button("key")
        self._add(HoldKeys(keys, seconds=seconds))

    def look(self) -> None:
        """Look at the screen again."""
        self._add(Look())

    def _press(self, keys: tuple[str, ...]) -> None:
        if self._held or any(len(split_keys(key)) > 1 for key in keys):
            for key in keys:
                self.hotkey((key,))
        else:
            self._add(PressKeys(keys))

    def _chord(self, keys: tuple[str, ...]) -> None:
        if len(set(keys)) < len(keys) or len(keys) > MAX_HELD:
            unreadable(f"{len(keys)} keys at once, or one of them twice, cannot be pressed")
        self._unused = False
        if self._held:
            self._chords += 1
            self._not_switching(keys[-1])
        families = {_family(key) for key in keys}
        if families in _PASTE and self._copied is not None:
            self._pasted = True
            self._add(TypeText(check_text(self._copied)))
            return
        if families in _COPY:
            self._copied, self._pasted = None, True
        self._add(PressKeys(keys) if len(keys) == 1 else KeyCombo(keys))

    def _not_switching(self, key: str) -> None:
        """Shift and three arrows are three times shift and an arrow; alt and three tabs are not three times alt and tab."""
        families = {_family(held) for held in self._held}
        if self._chords > 1 and (families & {"alt", "win"} or (key == "tab" and "ctrl" in families)):
            unreadable(f"{glimpse('+'.join(self._held), 40)} is held over several key presses")

    def _modifiers(self) -> tuple[str, ...]:
        for key in self._held:
            if canonical(key) not in MODIFIERS:
                unreadable(f"the key {glimpse(key, 40)} is held meanwhile")
        self._unused = False
        return tuple(self._held)

    def _place(self, point: Point | None) -> Point | None:
        """`point`, else where the pointer is known to be; a move there just before is part of what is done there."""
        place = self.pointer if point is None else point
        if place is not None and self.actions[-1:] == [Move(place)]:
            self.actions.pop()
        self.pointer = place
        return place

    def _no_button(self, what: str) -> None:
        if self._pressed is not None:
            unreadable(f"there is a {what} while the mouse button is down")

    def _add(self, action: Action) -> None:
        if self.verdict is not Verdict.CONTINUE:
            return
        if len(self.actions) >= MAX_ACTIONS:
            unreadable(f"it has more than {MAX_ACTIONS} actions")
        self._pressed_keys += len(action.keys) if isinstance(action, PressKeys) else 0
        if self._pressed_keys > MAX_PRESSED:
            unreadable(f"it presses more than {MAX_PRESSED} keys")
        self.actions.append(action)


def _gesture(pressed: _Pressed, *, bends: bool) -> Action:
    """The click or the drag that a press, its moves and its release were."""
    if all(point == pressed.start for point in pressed.path):
        if pressed.seconds > TAP:
            unreadable("the mouse button is held down for a time")
        return Click(pressed.start, pressed.button, 1, pressed.held)
    *between, end = pressed.path
    start = pressed.path[0] if pressed.start is None else pressed.start
    is_straight = not any(_off(start, end, point) for point in between)
    if not is_straight and not bends:
        unreadable("the drag does not go straight")
    return Drag(pressed.start, end, pressed.button, pressed.held, () if is_straight else tuple(between))


def _off(start: Point, end: Point, point: Point) -> bool:
    """Whether a point on the way is so far from the straight line that the way itself is meant."""
    along, across = end.x - start.x, end.y - start.y
    length = math.hypot(along, across)
    if length == 0:
        return True
    share = ((point.x - start.x) * along + (point.y - start.y) * across) / length**2
    share = min(max(share, 0.0), 1.0)
    return math.dist((point.x, point.y), (start.x + share * along, start.y + share * across)) > max(20.0, length / 4)


def _family(key: str) -> str:
    """`ctrl` for either Control key, in every spelling, and so on; other keys are themselves."""
    name = canonical(key)
    return EITHER_SIDE.get(name, name.lower())
