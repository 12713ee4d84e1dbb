"""A policy file is read as it is meant, or refused with the key that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.policy import Bounds, Policy
from coasty_desk.wire.policy_file import parsed, read

WHOLE: dict[str, object] = {
    "allowed_actions": ["click", "type_text", "done"],
    "blocked_actions": ["drag"],
    "blocked_keys": ["esc", "alt+f4"],
    "block_window_close": True,
    "max_actions": 40,
    "coordinate_bounds": {"min_x": 0, "min_y": 0, "max_x": 639, "max_y": 479},
    "windows_allowed": ["Notes"],
    "windows_denied": ["*Terminal*"],
    "typed_text_denied": ["rm\\s+-rf"],
}


def test_every_rule_is_read() -> None:
    """The service's own shape, with titles and typed text besides."""
    policy = parsed(WHOLE)
    assert policy.allowed_actions == frozenset({"click", "type_text", "done"})
    assert policy.blocked_keys == (frozenset({"esc"}), frozenset({"alt", "f4"}))
    assert policy.coordinate_bounds == Bounds(0, 0, 639, 479)
    assert (policy.block_window_close, policy.max_actions) == (True, 40)
    assert policy.typed_text_denied[0].text == "rm\\s+-rf"


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    """A file is JSON by its name, else TOML; the service's wrapper may be around it."""
    (tmp_path / "p.json").write_text(json.dumps({"action_policy": {"max_actions": 3, "blocked_keys": ["enter"]}}))
    (tmp_path / "p.toml").write_text('max_actions = 3\nblocked_keys = ["Return"]\n')
    assert read(tmp_path / "p.json") == read(tmp_path / "p.toml")


def test_an_empty_policy_has_no_rules() -> None:
    """Null stands for absent."""
    assert parsed({}) == parsed(dict.fromkeys(WHOLE)) == Policy()


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"alowed_actions": ["click"]}, "alowed_actions"),
        ({"allowed_actions": "click"}, "allowed_actions"),
        ({"allowed_actions": []}, "allowed_actions"),
        ({"allowed_actions": ["klick"]}, "allowed_actions"),
        ({"blocked_actions": [1]}, "blocked_actions"),
        ({"allowed_actions": ["click"], "blocked_actions": ["click"]}, "allowed_actions"),
        ({"blocked_keys": ["entr"]}, "blocked_keys"),
        ({"blocked_keys": ["a"] * 129}, "blocked_keys"),
        ({"block_window_close": "yes"}, "block_window_close"),
        ({"max_actions": 0}, "max_actions"),
        ({"max_actions": 10001}, "max_actions"),
        ({"max_actions": True}, "max_actions"),
        ({"max_actions": 2.5}, "max_actions"),
        ({"coordinate_bounds": {"min_x": 0}}, "coordinate_bounds"),
        ({"coordinate_bounds": {"min_x": 9, "min_y": 0, "max_x": 5, "max_y": 9}}, "coordinate_bounds"),
        ({"coordinate_bounds": {"min_x": "0", "min_y": 0, "max_x": 5, "max_y": 9}}, "coordinate_bounds.min_x"),
        ({"windows_allowed": []}, "windows_allowed"),
        ({"windows_denied": [""]}, "windows_denied"),
        ({"typed_text_denied": ["("]}, "typed_text_denied"),
    ],
)
def test_what_is_wrong_is_named(said: dict[str, object], key: str) -> None:
    """A rule that is not understood would protect from nothing, so it is never passed over."""
    with pytest.raises(UsageError) as caught:
        parsed(said)
    assert key in caught.value.message


@pytest.mark.parametrize(("name", "text"), [("p.json", "{"), ("p.toml", "a = "), ("p.json", "[]"), ("p.toml", "\xff")])
def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, name: str, text: str) -> None:
    """Broken, not a table, or not text."""
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError):
        read(tmp_path / name)
    with pytest.raises(UsageError, match=r"cannot be read"):
        read(tmp_path / "absent.toml")
