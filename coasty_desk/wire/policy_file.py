"""An action policy as people write it, in TOML or JSON, into the value that is enforced (DESIGN.md A6)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from coasty_desk import plain_files, toml_text
from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.policy import ACTIONS, Bounds, Policy, chords
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.wire.regular_expressions import pattern

LARGEST = 1_000_000
"""Bytes of a policy's file."""

LONGEST_LIST = 128
MOST_ACTIONS = 10_000
"""The service's own limits (API.md §10.5)."""

WRAPPERS = ("action_policy", "policy")
"""A file may hold the policy as it stands, or under one of these names as the service's requests have it."""


def read(path: Path) -> Policy:
    """The policy in a file; what ends in `.json` or begins with a brace is JSON, anything else TOML. Raises UsageError that names the key that is wrong."""
    return parsed(_said(path))


def as_requested(path: Path) -> Mapping[str, Any]:
    """The same, as the service's requests have it (API.md §10.5), once it is found to be one. Raises UsageError."""
    said = _said(path)
    parsed(said)
    assert isinstance(said, dict)  # noqa: S101 - for the type checker
    return _unwrapped(said)


def _said(path: Path) -> Any:
    """What stands in the file. Raises UsageError."""
    try:
        text = plain_files.read(path, LARGEST, pipes=True).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"The policy file {path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give the path of a TOML or JSON file in UTF-8.") from error
    kind = "JSON" if path.suffix.lower() == ".json" or text.lstrip().startswith("{") else "TOML"
    try:
        return json.loads(text) if kind == "JSON" else toml_text.parse(text)
    except (ValueError, RecursionError) as error:
        message = f"The policy file {path} is no {kind}: {error}."
        raise UsageError(message, "Correct it; JSON begins with a brace, anything else is read as TOML.") from error


def _unwrapped(said: dict[str, Any]) -> dict[str, Any]:
    for wrapper in WRAPPERS:
        if set(said) == {wrapper} and isinstance(said[wrapper], dict):
            said = said[wrapper]
    return said


def parsed(said: Any) -> Policy:
    """The policy in decoded JSON or TOML. Raises UsageError that names the key that is wrong."""
    if not isinstance(said, dict):
        _wrong("", "it is no table of rules")
    said = _unwrapped(said)
    for key in said:
        if key not in _KNOWN:
            _wrong(key, f"there is no such rule{_nearest(str(key), _KNOWN)}")
    closes = said.get("block_window_close")
    if not isinstance(closes, bool | None):
        _wrong("block_window_close", "it must be true or false")
    allowed = _actions(said, "allowed_actions")
    blocked = _actions(said, "blocked_actions") or frozenset()
    if allowed is not None and not allowed:
        _wrong("allowed_actions", "it must name at least one action")
    both = sorted((allowed or frozenset()) & blocked)
    if both:
        _wrong("allowed_actions", f"{both[0]} is in blocked_actions too")
    return Policy(
        allowed_actions=allowed,
        blocked_actions=blocked,
        blocked_keys=chords(_strings(said, "blocked_keys")),
        block_window_close=closes or False,
        max_actions=_max_actions(said),
        coordinate_bounds=_bounds(said),
        windows_allowed=_patterns(said, "windows_allowed"),
        windows_denied=_patterns(said, "windows_denied"),
        typed_text_denied=_patterns(said, "typed_text_denied"),
    )


_KNOWN = Policy.__struct_fields__


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _actions(said: Mapping[str, Any], key: str) -> frozenset[str] | None:
    if said.get(key) is None:
        return None
    names = _strings(said, key)
    for name in names:
        if name not in ACTIONS:
            _wrong(key, f"{name!r} is no action{_nearest(name, ACTIONS)}")
    return frozenset(names)


def _strings(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = said.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _wrong(key, "it must be a list of strings")
    if len(value) > LONGEST_LIST:
        _wrong(key, f"it has {len(value)} entries; at most {LONGEST_LIST} are taken")
    return tuple(value)


def _patterns(said: Mapping[str, Any], key: str) -> tuple[Pattern, ...]:
    found = []
    for text in _strings(said, key):
        try:
            found.append(pattern(text))
        except ValueError as error:
            _wrong(key, str(error))
    if said.get(key) is not None and not found and key.endswith("_allowed"):
        _wrong(key, "it must name at least one window")
    return tuple(found)


def _max_actions(said: Mapping[str, Any]) -> int | None:
    value = said.get("max_actions")
    if value is None:
        return None
    if not _whole(value) or not 1 <= value <= MOST_ACTIONS:
        _wrong("max_actions", f"it must be a whole number from 1 to {MOST_ACTIONS}")
    return int(value)


def _bounds(said: Mapping[str, Any]) -> Bounds | None:
    value = said.get("coordinate_bounds")
    if value is None:
        return None
    names = Bounds.__struct_fields__
    if not isinstance(value, dict) or set(value) != set(names):
        _wrong("coordinate_bounds", f"it must have exactly {', '.join(names)}")
    for name in names:
        if not _whole(value[name]) or value[name] < 0:
            _wrong(f"coordinate_bounds.{name}", "it must be a whole number of sent pixels, from 0")
    bounds = Bounds(*(int(value[name]) for name in names))
    if bounds.min_x > bounds.max_x or bounds.min_y > bounds.max_y:
        _wrong("coordinate_bounds", "its minimum lies beyond its maximum")
    return bounds


def _whole(value: object) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _wrong(key: object, why: str) -> NoReturn:
    message = f"The policy's {key} is wrong: {why}." if key else f"The policy is wrong: {why}."
    raise UsageError(message, f"The rules are: {', '.join(_KNOWN)}.")
