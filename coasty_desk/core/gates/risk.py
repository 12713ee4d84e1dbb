"""Which actions a person should see before they are done: a list of rules, each with a name. Pure.

A rule looks at the action, at what was typed before it, at the words around it (what the model
says, what stands under the pointer) and at the window that it reaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from coasty_desk.core.actions import Action, Click, Drag, Launch, TypeText, Wait, strokes_of
from coasty_desk.core.gates.commit_words import KINDS, committing
from coasty_desk.core.gates.policy import CLOSING, held
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.keys.key_names import EITHER_SIDE
from coasty_desk.core.typed_text.editing_keys import of_stroke
from coasty_desk.core.typed_text.shell_commands import what_it_does
from coasty_desk.core.typed_text.terminal_input import in_terminal, is_terminal
from coasty_desk.core.typed_text.typed_line import Step, Typed, pieces, steps


class Risk(Struct, frozen=True):
    """`kind` is what a person may allow for the whole run (`closing`, `deleting`, …), `why` the reason in words."""

    kind: str
    why: str


class Around(Struct, frozen=True):
    """`typed` is what may stand before what is typed now, `said` what the model says and what stands under the pointer, `windows` those that are reached (None: unknown)."""

    typed: tuple[Typed, ...] = (Typed(),)
    said: tuple[str, ...] = ()
    windows: tuple[NamedWindow, ...] | None = None
    cautious: bool = False


_FILES = re.compile(
    r"(?i)nautilus|thunar|pcmanfm|dolphin|nemo|caja|explorer|finder|file ?manager|\bfiles\b|\bdesktop\b|spacefm|krusader|\btrash\b"
)
"""What the titles and kinds of file managers look like."""

_DELETING = held("shift+delete win+backspace ctrl+shift+delete")
_SESSION = held("ctrl+alt+delete ctrl+alt+backspace ctrl+shift+win+q win+shift+e win+l ctrl+alt+l")
_SENDING = held("ctrl+enter win+enter")

MOST_JUDGED = 60_000
"""Characters of lines that one action may leave behind: more are a question, and not judged in part."""


def risk(action: Action, around: Around) -> Risk | None:
    """The first rule that the action falls under; None where it is harmless as far as can be told."""
    if isinstance(action, Wait):
        return None
    pressed = tuple(frozenset(EITHER_SIDE.get(key, key) for key in stroke) for stroke in strokes_of(action))
    rules = (
        _closes(pressed),
        _deletes(pressed, around.windows),
        _sends(pressed),
        _commits(action, pressed, around.said),
        _commands(action, around.typed),
        _unknown_line(action, around),
        _in_a_terminal(around) if around.cautious else None,
    )
    return next((found for found in rules if found is not None), None)


def _closes(pressed: Iterable[frozenset[str]]) -> Risk | None:
    for stroke in pressed:
        if any(chord <= stroke for chord in CLOSING):
            return Risk("closing", "it closes a window or ends an application")
        if any(chord <= stroke for chord in _SESSION):
            return Risk("shut down", "it may end the session")
    return None


def _deletes(pressed: Iterable[frozenset[str]], windows: tuple[NamedWindow, ...] | None) -> Risk | None:
    for stroke in pressed:
        if any(chord <= stroke for chord in _DELETING):
            return Risk("delete", "it may delete for good")
        if "delete" in stroke and (windows is None or any(map(_holds_files, windows))):
            return Risk("delete", "the Delete key deletes files where a file manager is in front, or may be")
    return None


def _holds_files(window: NamedWindow) -> bool:
    """A file manager, or what may be one: a window without a name, and the bare desktop with its icons."""
    return not _words(window).strip() or _FILES.search(_words(window)) is not None


def _sends(pressed: Iterable[frozenset[str]]) -> Risk | None:
    if any(chord <= stroke for stroke in pressed for chord in _SENDING):
        return Risk("send", "this chord sends a message in many applications")
    return None


def _commits(action: Action, pressed: Iterable[frozenset[str]], said: tuple[str, ...]) -> Risk | None:
    enters = any("enter" in stroke or "space" in stroke for stroke in pressed)
    # a blank that no word stands before presses what has the focus, like the key; Alt and its letter press a button
    enters = enters or (isinstance(action, TypeText) and any(map(str.isspace, pieces(action.text))))
    enters = enters or any("alt" in stroke and any(len(key) == 1 for key in stroke) for stroke in pressed)
    if not (enters or isinstance(action, Click | Drag | Launch)):
        return None
    said = (*said, action.name) if isinstance(action, Launch) else said
    found = [one for one in map(committing, said) if one is not None]
    if not found:
        return None
    first = min(found, key=lambda one: KINDS.index(one.kind))
    return Risk(first.kind, f"the words around it say {first.word!r}")


def _commands(action: Action, typed: tuple[Typed, ...]) -> Risk | None:
    judged = 0
    for line in dict.fromkeys(line for before in typed for line in _new_lines(action, before)):
        judged += len(line)
        if judged > MOST_JUDGED:
            return Risk("too much to judge", "it writes and corrects more than can be judged")
        does = what_it_does(line)
        if does:
            return Risk(f"command that {does}", f"typed into a shell, {line.strip()[:80]!r} {does}")
    return None


def _unknown_line(action: Action, around: Around) -> Risk | None:
    """Enter in a terminal, or what may be one, after a key that may have put in a line that nobody typed."""
    if in_terminal(around.windows) is False:
        return None
    for before in around.typed:
        typed = before
        for step in steps(action):
            lost = typed.unknown_sent(step)
            if lost:
                return Risk("unknown line", f"what a terminal's line holds after {lost} cannot be told")
            if _pastes(step):
                return Risk("unknown line", "what it would put into a terminal cannot be told")
            typed = typed.step(step)
    return None


def _pastes(step: Step) -> bool:
    """Where what is pasted has more than one line, a shell may take it at once."""
    if isinstance(step, tuple):
        return of_stroke(step).pastes
    return isinstance(step, Click | Drag) and step.button == "middle"


def _new_lines(action: Action, typed: Typed) -> Iterator[str]:
    """Every line that the action leaves different; Enter alone changes none, it was asked about when it was typed."""
    line = typed.line
    for step in steps(action):
        typed = typed.step(step)
        if typed.line != line:
            line = typed.line
            yield line


def _in_a_terminal(around: Around) -> Risk | None:
    if around.windows is None or any(map(is_terminal, around.windows)):
        return Risk("terminal", "it goes to a terminal" if around.windows is not None else "it may go to a terminal")
    return None


def _words(window: NamedWindow) -> str:
    return f"{window.title}\n{window.kind}"
