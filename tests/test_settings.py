"""Settings: merged once, from the strongest source, each value read by one reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from coasty_desk import merged_settings, settings
from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import Rect, Size


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_the_strongest_source_wins(tmp_path: Path) -> None:
    """Option before environment before project file before user file before default; each origin is known."""
    user = _write(tmp_path / "config.toml", "[run]\nmax_steps = 3\nmemory = 2\nmask = ['1,2,3,4', [5, 6, 7, 8]]\n")
    project = _write(tmp_path / "coasty-desk.toml", "[run]\nmemory = 5\n")
    environment = {settings.BASE_URL_VARIABLE: "http://127.0.0.1:1/v1"}
    merged, origins = merged_settings.load({"max_size": "800x600", "monitor": "2"}, environment, [user, project])
    assert (merged.max_steps, merged.memory, merged.max_size, merged.monitor) == (3, 5, Size(800, 600), 2)
    assert merged.mask == (Rect(1, 2, 3, 4), Rect(5, 6, 7, 8))
    assert merged.base_url == "http://127.0.0.1:1/v1"
    assert origins["memory"] == str(project)
    assert origins["max_steps"] == str(user)
    assert origins["max_size"] == "option --max-size"
    assert origins["base_url"] == "environment (COASTY_BASE_URL)"
    assert origins["settle"] == "default"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_steps", 0),
        ("max_steps", "many"),
        ("max_steps", True),
        ("deadline", 0),
        ("deadline", "nan"),
        ("deadline", float("inf")),
        ("budget", -1),
        ("max_size", "100x100"),
        ("max_size", "9999x9999"),
        ("max_size", "big"),
        ("monitor", "0"),
        ("monitor", "left"),
        ("mask", "1,2,3"),
        ("mask", "1,2,0,4"),
        ("mask", "1,2,3,9" + "9" * 5000),
        ("mask", [[1.5, 2, 3, 4]]),
        ("mask", [[True, 2, 3, 4]]),
        ("mask", 7),
        ("memory", 21),
        ("max_steps", 10**30),
        ("budget", "9" * 4000),
        ("keep_days", 10**12),
        ("deadline", 1e300),
        ("settle", 1e300),
        ("policy", ["a.toml"] * 17),
        ("cua_version", "v3\x1b[2J"),
        ("cua_version", "v" * 1000),
        ("settle", -1),
        ("provider", "other"),
        ("confirm", "maybe"),
        ("dry_run", "yes"),
        ("preset", " "),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(name: str, value: object) -> None:
    """Two sentences: which option cannot be what, and what it takes."""
    with pytest.raises(UsageError) as refused:
        merged_settings.load({name: value}, {}, [])
    assert f"--{name.replace('_', '-')}" in refused.value.message
    assert refused.value.remedy
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("policy", 3, "a file"),
        ("secret", 3, "NAME=env:VARIABLE"),
        ("mask_window", 3, "a pattern of window titles"),
        ("preset", 3, "a preset's name or a file"),
        ("abort_hotkey", 3, "keys such as"),
        ("file", 3, "a file"),
    ],
)
def test_what_is_right_is_said_of_that_very_setting(name: str, value: object, takes: str) -> None:
    """Also where several settings are read alike."""
    with pytest.raises(UsageError) as refused:
        merged_settings.load({name: value}, {}, [])
    assert refused.value.remedy.startswith(f"Give it {takes}")


def test_a_typo_in_a_file_names_the_nearest_key(tmp_path: Path) -> None:
    """An unknown key is an error, never ignored."""
    with pytest.raises(UsageError, match="max_step in") as refused:
        merged_settings.load({}, {}, [_write(tmp_path / "config.toml", "[run]\nmax_step = 3\n")])
    assert refused.value.remedy == "Did you mean max_steps?"


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    """Never a traceback, never half a configuration."""
    with pytest.raises(UsageError, match="cannot be read"):
        merged_settings.load({}, {}, [_write(tmp_path / "config.toml", "[run\n")])


def test_a_missing_file_is_no_fault(tmp_path: Path) -> None:
    """There need be no configuration at all; a dry run predicts once."""
    merged, _ = merged_settings.load({"dry_run": True}, {}, [tmp_path / "none.toml"])
    assert (merged.steps, settings.Settings().steps) == (1, 25)
