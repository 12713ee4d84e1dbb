"""`config`: the example holds every setting, and every value says where it is from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from coasty_desk import merged_settings
from coasty_desk.cli.app import main
from coasty_desk.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folders, empty, and no environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("COASTY_API_KEY", "COASTY_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_example_is_a_file_that_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is printed, it loads as the defaults."""
    assert main(["config", "init"]) == 0
    path = home / "coasty-desk.toml"
    path.write_text(capsys.readouterr().out, "utf-8")
    assert merged_settings.load({}, {}, [path])[0] == Settings()


def test_every_line_of_the_example_can_be_taken_in(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its `#`, each setting there is loads, in its own section."""
    main(["config", "init"])
    text = re.sub(r"^# (\"?[\w-]+\"? = )", r"\1", capsys.readouterr().out, flags=re.MULTILINE)
    path = home / "all.toml"
    path.write_text(text, "utf-8")
    _, origins = merged_settings.load({}, {}, [path])
    assert {name for name, origin in origins.items() if origin == str(path)} == set(origins)
    assert sum(map(len, tomllib.loads(text).values())) == len(origins)


def test_every_value_names_its_origin(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Default, the user's file, the project's file over it, the environment; of the key only that there is one."""
    user = home / "config" / "coasty-desk" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text("[run]\nmemory = 5\nmax_size = '800x600'\nmask = [[1, 2, 3, 4]]\n[limits]\ndaily_cents = 90\n")
    (home / "coasty-desk.toml").write_text("[run]\nmemory = 7\n")
    monkeypatch.setenv("COASTY_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("COASTY_API_KEY", "sk-coasty-test-secret")
    assert main(["config", "show", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    project = str(home / "coasty-desk.toml")
    shown = said["settings"]
    assert shown["memory"] == {"value": 7, "origin": project}
    assert shown["max_size"] == {"value": "800x600", "origin": str(user)}
    assert shown["mask"] == {"value": ["1,2,3,4"], "origin": str(user)}
    assert shown["daily_cents"] == {"value": 90, "origin": str(user)}
    assert shown["base_url"] == {"value": "http://127.0.0.1:1/v1", "origin": "environment (COASTY_BASE_URL)"}
    assert shown["provider"] == {"value": "coasty", "origin": "default"}
    assert said["api_key"] == {"origin": "environment (COASTY_API_KEY)"}
    assert main(["config", "show"]) == 0
    plain = capsys.readouterr().out
    assert re.search(rf"^memory = 7 +# {re.escape(project)}$", plain, re.MULTILINE)
    assert re.search(r"^settle = adaptive +# default$", plain, re.MULTILINE)
    assert "secret" not in plain.replace("secret = []", "")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_password_in_an_address_is_not_shown(
    home: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """What is shown is copied into letters to others."""
    user = home / "config" / "coasty-desk" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text('[serve]\ndatabase = "postgresql://me:hunter2:@db.example:5433/runs"\n')
    assert main(["config", "show", *options]) == 0
    shown = capsys.readouterr().out
    assert "postgresql://me:***@db.example:5433/runs" in shown
    assert "hunter2" not in shown


def test_a_typo_in_the_file_names_the_nearest_key(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what was probably meant."""
    (home / "coasty-desk.toml").write_text("[run]\nmemroy = 7\n")
    assert main(["config", "show"]) == 2
    assert "Did you mean memory?" in capsys.readouterr().err
