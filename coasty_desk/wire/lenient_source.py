"""pyautogui source to actions as the service's `/parse` reads it: what is not understood is skipped, and nothing is executed.

Our own command line is strict (`pyautogui_source`): half a plan is another plan. Programs that were written for the service rely
on the other: each statement stands for itself, a move stays beside the drag that follows it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, PressKeys, Verdict, points
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.wire.canonical_actions import encode
from coasty_desk.wire.json_fields import UnreadableError
from coasty_desk.wire.pyautogui_source import SourceRefused, StatementReader, syntax_tree, unfenced
from coasty_desk.wire.source_hand import SourceHand

MOST = 1000
"""Actions, and keys of one source: what comes after them is skipped."""

LONGEST_LINE = 20_000
"""Characters of a line, where the source is no Python as a whole: longer ones are skipped."""


def parse_leniently(source: str) -> list[dict[str, object]]:
    """The actions in the canonical shape, with `done` or `fail` as the last of them, and both spellings of a drag's ends. Never raises."""
    found: list[dict[str, object]] = []
    reader = StatementReader([])
    keys = 0
    for statement in _statements(source):
        if not _read(reader, statement):
            continue
        actions = [action for action in reader.hand.actions if not (isinstance(action, Click) and action.point is None)]
        keys += sum(len(action.keys) for action in actions if isinstance(action, PressKeys | KeyCombo))
        if len(found) + len(actions) > MOST or keys > MOST:
            break
        found.extend(map(_entry, actions))
        _stay(reader.hand, actions)
        if reader.hand.verdict is not Verdict.CONTINUE:
            found.append({"action_type": reader.hand.verdict.value, "params": {}})
            break
    return found


def _read(reader: StatementReader, statement: ast.stmt) -> bool:
    """Have it done by itself: with what is held still, else with nothing held. Whether it is understood."""
    before = reader.hand
    empty = SourceHand()
    empty.pointer = before.pointer
    for hand in (before.apart(), empty):
        reader.hand = hand
        try:
            reader.one(statement)
        except (UnreadableError, UnknownKey, SourceRefused, RecursionError):
            continue
        return True
    reader.hand = before
    return False


def _stay(hand: SourceHand, actions: Sequence[Action]) -> None:
    """The pointer stays where the last of the actions has left it."""
    places = [at for action in actions for at in points(action) if at is not None]
    if places:
        hand.pointer = places[-1]


def _statements(source: str) -> Iterator[ast.stmt]:
    """Those of the whole source, else of each line that is Python by itself."""
    text = unfenced(source)
    try:
        yield from syntax_tree(text)[1].body
    except (SourceRefused, RecursionError, MemoryError):
        for line in text.splitlines():
            bare = line.strip()
            if not bare or len(bare) > LONGEST_LINE:
                continue
            try:
                yield from syntax_tree(bare)[1].body
            except (SourceRefused, RecursionError, MemoryError):
                continue


def _entry(action: Action) -> dict[str, object]:
    entry = encode(action)
    params = entry["params"]
    if isinstance(action, Drag) and isinstance(params, dict):
        ends = {"from_x": "x1", "from_y": "y1", "to_x": "x2", "to_y": "y2"}
        params |= {theirs: params[ours] for theirs, ours in ends.items() if ours in params}
    return entry
