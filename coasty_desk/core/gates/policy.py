"""What the person allows at all: decided from the action before it is done, whoever asks for it. Pure.

The shape is the service's own (API.md §10.5), with window titles and typed text besides, which
only this side of the wire can know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Look,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
    strokes_of,
)
from coasty_desk.core.counting import be, counted
from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, NamedWindow
from coasty_desk.core.keys.key_names import CONTROL, EITHER_SIDE, MODIFIERS, PAD
from coasty_desk.core.typed_text.assembling import Assembling
from coasty_desk.core.typed_text.editing_keys import of_stroke
from coasty_desk.core.typed_text.patterns import Pattern, first
from coasty_desk.core.typed_text.typed_line import Step, Typed, steps

ACTIONS = (
    "click",
    "type_text",
    "key_press",
    "key_combo",
    "scroll",
    "drag",
    "move",
    "wait",
    "launch",
    "done",
    "fail",
    "raw",
)
"""The names of API.md §3, and `launch`, which is ours: an application is started. `done`, `fail` and `raw` may stand in a policy and judge nothing: no input comes of them."""

_KINDS: dict[type, str] = {
    Click: "click",
    TypeText: "type_text",
    PressKeys: "key_press",
    KeyCombo: "key_combo",
    HoldKeys: "key_combo",
    Look: "wait",
    Scroll: "scroll",
    Drag: "drag",
    Move: "move",
    Wait: "wait",
    Launch: "launch",
}


def held(chords: str) -> tuple[frozenset[str], ...]:
    """`alt+f4 ctrl+w` as sets of keys."""
    return tuple(frozenset(chord.split("+")) for chord in chords.split())


CLOSING = held("alt+f4 ctrl+w ctrl+q ctrl+f4 win+q win+w win+f4 alt+win+esc")
"""Chords that close a window or end its application; with further keys held they still do."""

_ALSO = {**PAD, " ": "space"}
"""Keys that write what another key writes."""

_IN_A_TERMINAL: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"ctrl", "m"}), "enter"),
    (frozenset({"ctrl", "j"}), "enter"),
    (frozenset({"ctrl", "i"}), "tab"),
    *((frozenset({"ctrl", key}), "esc") for key in "[3{"),
    *((frozenset({"ctrl", key}), "backspace") for key in "h8?"),
)
"""Chords that a terminal takes for a key."""


MOST_JUDGED = 6000
"""Parts of one action, times patterns: more are refused, and not judged in part."""

BESIDE = 400
"""Characters on either side of a change that are judged with it."""


class Bounds(Struct, frozen=True):
    """Where points may lie: sent pixels, inclusive."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float

    def hold(self, point: Point) -> bool:
        """Whether the point lies inside."""
        return self.min_x <= point.x <= self.max_x and self.min_y <= point.y <= self.max_y


class Policy(Struct, frozen=True):
    """A person's rules. An empty one allows everything; `allowed_actions` None allows every kind.

    `blocked_keys` are chords of canonical key names, mostly of one key: a stroke that holds all
    of one is blocked.
    """

    allowed_actions: frozenset[str] | None = None
    blocked_actions: frozenset[str] = frozenset()
    blocked_keys: tuple[frozenset[str], ...] = ()
    block_window_close: bool = False
    max_actions: int | None = None
    coordinate_bounds: Bounds | None = None
    windows_allowed: tuple[Pattern, ...] = ()
    windows_denied: tuple[Pattern, ...] = ()
    typed_text_denied: tuple[Pattern, ...] = ()

    @property
    def asks_for_windows(self) -> bool:
        """Whether a window's title must be known to judge."""
        return bool(self.windows_allowed or self.windows_denied)

    def heeding(self, check: Callable[[], None]) -> Policy:
        """The same, whose patterns call `check` before each search."""

        def all_of(patterns: tuple[Pattern, ...]) -> tuple[Pattern, ...]:
            return tuple(replace(pattern, check=check) for pattern in patterns)

        return replace(
            self,
            windows_allowed=all_of(self.windows_allowed),
            windows_denied=all_of(self.windows_denied),
            typed_text_denied=all_of(self.typed_text_denied),
        )


class Situation(Struct, frozen=True):
    """What there is to know around an action.

    `points` are all of its points in sent pixels (None: a point that cannot be known), `done` the
    number of actions before it, `typed` what they typed, `windows` those that it would reach (None:
    they cannot be known), `terminal` whether one of them is a terminal (None: that cannot be known).
    """

    points: tuple[Point | None, ...] = ()
    done: int = 0
    typed: Typed = field(default_factory=Typed)
    windows: tuple[NamedWindow, ...] | None = ()
    terminal: bool | None = None


def forbids(policy: Policy, action: Action, situation: Situation) -> str:
    """Why the policy does not let the action be done, in words; empty where it does."""
    pressed = tuple(_pressed(action))
    reasons = (
        _of_kinds(policy, action, pressed),
        _of_number(policy, situation),
        _of_keys(policy, pressed),
        _of_place(policy, situation),
        _of_text(policy, action, situation),
        of_windows(policy, action, situation.windows),
    )
    return next((reason for reason in reasons if reason), "")


def chords(names: Iterable[str]) -> tuple[frozenset[str], ...]:
    """`blocked_keys` as written (`esc`, `ctrl+w`) in canonical names. Raises UsageError for what is no key."""
    found = []
    for name in names:
        try:
            found += [_written(stroke) for stroke in KeyCombo((name,)).strokes]
        except ValueError as error:
            message = f"The policy's blocked_keys has {name!r}: {error}."
            raise UsageError(message, "Name keys like enter, f4 or ctrl+w.") from error
    return tuple(found)


def _of_kinds(policy: Policy, action: Action, pressed: tuple[frozenset[str], ...]) -> str:
    kinds = {_KINDS[type(action)]}
    if isinstance(action, PressKeys) and any(len(stroke) > 1 for stroke in pressed):
        kinds.add("key_combo")  # a chord spelled as one key is a chord
    if policy.allowed_actions is not None:
        for kind in sorted(kinds - policy.allowed_actions):
            return f"the policy allows no {kind}"
    if isinstance(action, KeyCombo) and all(len(stroke) == 1 for stroke in pressed):
        kinds.add("key_press")  # and a chord of one key is a key
    if isinstance(action, Drag) and action.start == action.end:
        kinds.add("click")  # a drag to where it began
    for kind in sorted(kinds & policy.blocked_actions):
        return f"the policy blocks {kind}"
    return ""


def _of_number(policy: Policy, situation: Situation) -> str:
    if policy.max_actions is not None and situation.done >= policy.max_actions:
        return f"the policy allows {counted(policy.max_actions, 'action')}, which {be(policy.max_actions)} done"
    return ""


def _of_keys(policy: Policy, pressed: tuple[frozenset[str], ...]) -> str:
    for stroke in pressed:
        both = stroke | _plain(stroke)
        for blocked in policy.blocked_keys:
            if blocked <= both:
                return f"the policy blocks the key {_spelled(blocked)}"
        if policy.block_window_close and any(chord <= both for chord in CLOSING):
            return f"the policy blocks what closes a window, and {_spelled(stroke)} does"
    return ""


def _of_place(policy: Policy, situation: Situation) -> str:
    bounds = policy.coordinate_bounds
    if bounds is None:
        return ""
    for point in situation.points:
        if point is None:
            return "the policy bounds where the pointer may act, and where it is now cannot be told"
        if not bounds.hold(point):
            return (
                f"({point.x:g}, {point.y:g}) of the picture that is sent is outside of what the policy allows: "
                f"x {bounds.min_x:g} to {bounds.max_x:g}, y {bounds.min_y:g} to {bounds.max_y:g}"
            )
    return ""


def _of_text(policy: Policy, action: Action, situation: Situation) -> str:
    """Whether denied text would stand there after any part of the action, as far as that can be told."""
    if not policy.typed_text_denied:
        return ""
    if isinstance(action, Click | Drag) and action.button == "middle":
        return "the policy denies some text, and what a middle click would paste cannot be told"
    if isinstance(action, HoldKeys) and action.repeats:
        return "the policy denies some text, and how often a key repeats that is held cannot be told"
    typed = situation.typed
    parts = list(steps(action))
    if len(parts) * len(policy.typed_text_denied) > MOST_JUDGED:
        return f"the policy denies some text, and {len(parts)} keys and pieces of text in one action are too many to be judged"
    patterns = policy.typed_text_denied
    for step in parts:
        unknown = _unknown(step, typed, situation.terminal)
        if unknown:
            return unknown
        before, typed = typed, typed.step(step, situation.terminal)
        denied = _denied(patterns, before, typed, step)
        if denied is not None:
            return f"the policy denies typing what matches {denied.text!r}"
    whole = _in_all(patterns, situation.typed, typed)
    if whole is not None:
        return f"the policy denies typing what matches {whole.text!r}"
    possible = _possible(patterns, situation.typed, typed)
    if possible is not None:
        return (
            f"the policy denies typing what matches {possible.text!r}, and this could become that: "
            "the cursor was moved, and where it stands in what was typed cannot be told"
        )
    return ""


def _unknown(step: Step, typed: Typed, terminal: bool | None) -> str:  # noqa: FBT001 - three answers
    if isinstance(step, str | Click | Drag):
        return ""
    does = of_stroke(step)
    if does.brings or (does.pastes and terminal is not False):
        return f"the policy denies some text, and what {'+'.join(step)} would put in cannot be told; type it as text"
    lost = typed.unknown_sent(step)
    if lost and terminal is not False:
        return (
            f"the policy denies some text, and what the line holds after {lost} cannot be told; "
            "in a terminal press Ctrl+C and type the line out"
        )
    return ""


def _denied(patterns: tuple[Pattern, ...], before: Typed, typed: Typed, step: Step) -> Pattern | None:
    """The pattern that matches what stands there now, around the change."""
    if (typed.before, typed.after) == (before.before, before.after):
        return None
    changed = len(step) if isinstance(step, str) else 1
    around = f"{typed.before[-BESIDE - changed :]}{typed.after[:BESIDE]}"
    bare = _bare(around)
    return first(patterns, around) or (None if bare == around else first(patterns, bare))


def _in_all(patterns: tuple[Pattern, ...], before: Typed, typed: Typed) -> Pattern | None:
    """The whole of it, once more: an expression may reach further than around a change."""
    if typed.said == before.said:
        return None
    found = (first(patterns, text) for reading in typed.readings for text in (reading, _bare(reading)))
    return next((pattern for pattern in found if pattern is not None), None)


def _possible(patterns: tuple[Pattern, ...], before: Typed, typed: Typed) -> Pattern | None:
    """The pattern that what was typed could come to match, where the cursor may be anywhere in it.

    It is enough to ask at the end of an action: neither pieces nor what may have been taken away grow less.
    """
    places = (typed.pieces, typed.erased, typed.shuffled)
    several = len([piece for piece in typed.pieces if piece]) > 1
    if places == (before.pieces, before.erased, before.shuffled) or not (several or typed.erased or typed.shuffled):
        return None  # in one piece it was judged as that
    assembling = Assembling.of(typed)
    for pattern in patterns:
        ways = pattern.needs or ((pattern.words,),)
        if any(all(map(assembling.could_stand, words)) for words in ways):
            return pattern
    return None


def _bare(text: str) -> str:
    """As a shell takes it: a broken line is one, and quotes within a word are none."""
    return text.replace("\\\n", "").translate(_QUOTES)


_QUOTES = {ord(quote): None for quote in "\\'\""}


def of_windows(policy: Policy, action: Action, windows: tuple[NamedWindow, ...] | None) -> str:
    """Why the policy does not let the action reach these windows; empty where it does.

    Neither a title nor a pattern stands in it: it is told to the model.
    """
    if not policy.asks_for_windows or isinstance(action, Wait):
        return ""
    if windows is None:
        return "the policy judges windows by their titles, and which window this would reach cannot be told"
    for title in (title for window in windows for title in (window.title, *window.also)):
        if len(title) > LONGEST_TITLE:
            return "the policy judges windows by their titles, and this one's title is too long to be judged"
        denied = first(policy.windows_denied, title)
        if denied is not None:
            return "the policy's windows_denied denies the window that this would reach"
    for window in windows:
        if policy.windows_allowed and first(policy.windows_allowed, window.title) is None:
            return "the policy's windows_allowed does not allow the window that this would reach"
    return ""


def _pressed(action: Action) -> Iterator[frozenset[str]]:
    """Every stroke of keys that the action makes, those of a typed text too."""
    if isinstance(action, TypeText):
        for character in dict.fromkeys(action.text):
            yield _plain((CONTROL.get(character, character),))
        return
    for stroke in strokes_of(action):
        yield _plain(stroke) | frozenset(stroke)


def _written(stroke: Iterable[str]) -> frozenset[str]:
    """The keys by what they write: the number pad's 1 is 1, A is a."""
    keys = (_ALSO.get(key, key) for key in stroke)
    return frozenset(key.lower() if len(key) == 1 else key for key in keys)


def _plain(stroke: Iterable[str]) -> frozenset[str]:
    """The keys by what they do: also either side as the modifier, and Control+M as Enter, as in a terminal."""
    keys = _written(EITHER_SIDE.get(key, key) for key in stroke)
    return keys | {key for chord, key in _IN_A_TERMINAL if chord <= keys}


def _spelled(stroke: frozenset[str]) -> str:
    return "+".join(sorted(stroke, key=lambda key: (key not in MODIFIERS, key)))
