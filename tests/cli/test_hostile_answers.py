"""What hostile answers come to on a real display: a window that records saw nothing, and a shell ran nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coasty_desk.desktop.x11 import window_list
from tests.cli.conftest import Shell, service
from tests.cli.terminals import until
from tests.cli.test_in_hand import carried_out, prediction
from tests.cli.test_stopping import chord, pressing, typing
from tests.desktop.managers import managed, program
from tests.stub_service import click, done, go

MIDDLE = {"action_type": "click", "params": {"x": 300, "y": 300, "button": "middle"}}


def raw(code: str) -> dict[str, Any]:
    """An action that is source."""
    return {"action_type": "raw", "params": {"code": code}}


DENIED: list[Any] = [
    chord("s", "u", "d", "o"),
    chord("shift", "s", "u", "d", "o"),
    pressing("s", "u", "d", "o"),
    pressing("s", "shift+u", "d", "KP_0", "BackSpace", "o"),
    typing("ｓｕｄｏ"),
    typing("s\u200budo"),
    typing("su\\\ndo"),
    raw("pyautogui.press(['s', 'u', 'd', 'o'])"),
    raw("pyautogui.hotkey('s', 'u', 'd', 'o')"),
    raw("import pyperclip; pyperclip.copy('sudo'); pyautogui.hotkey('ctrl', 'v')"),
    chord("ctrl", "v"),
    chord("shift", "insert"),
    MIDDLE,
    typing("\t" * 25_000),
    raw("pyautogui.press('a', presses=1000);" * 5),
]


@pytest.mark.parametrize("action", DENIED, ids=lambda action: str(action)[:60])
def test_nothing_goes_past_denied_text(shell: Shell, tmp_path: Path, action: Any) -> None:
    """Safety sentence: not one key of it arrives, and a run that only tries ends as refused."""
    (tmp_path / "policy.toml").write_text('typed_text_denied = ["sudo"]')
    result, seen, _ = carried_out(shell, *[go(action)] * 3, options=("--policy", str(tmp_path / "policy.toml")))
    assert (result.code, result.events[-1]["reason"]) == (6, "refused")
    assert seen == []


def test_what_was_typed_counts_wherever_the_cursor_goes(shell: Shell, tmp_path: Path) -> None:
    """Safety sentence: a click between two harmless texts does not make denied text of them."""
    (tmp_path / "policy.toml").write_text('typed_text_denied = ["sudo"]')
    script = (go(typing("do"), click(300, 300), typing("su")), go(typing("ok")), done())
    result, seen, _ = carried_out(shell, *script, options=("--policy", str(tmp_path / "policy.toml")))
    assert [event["by"] for event in result.of("refused")] == ["policy"]
    assert [event["keysym"] for event in seen if event["event"] == "key_down"] == list(map(ord, "dook"))


@pytest.mark.parametrize(
    "action",
    [
        chord("s", "u", "d", "o"),
        chord("r", "m", "space", "-"),
        prediction("Ich klicke auf Löschen", click(300, 300)),
        prediction("then I click on 'Empty bin'", click(300, 300)),
        prediction("Drop database", click(300, 300)),
        prediction("支付", pressing("enter")),
    ],
    ids=lambda action: str(action)[:60],
)
def test_keys_that_write_commands_and_words_of_every_language_are_asked_about(shell: Shell, action: Any) -> None:
    """Safety sentence: nobody is there, so it is not done."""
    answer = action if "reasoning" in action else go(action)
    result, seen, _ = carried_out(shell, *[answer] * 3, options=("--confirm", "risky"))
    assert (result.code, result.events[-1]["reason"]) == (6, "refused")
    assert len(result.of("asked")) == 3
    assert seen == []


@pytest.mark.parametrize("way", ["policy", "risky", "neither"])
def test_a_line_from_a_shells_history_is_not_sent_unseen(shell: Shell, tmp_path: Path, way: str) -> None:
    """Safety sentence: in a real terminal, Up and Enter run what nobody typed: refused where text is denied, asked about under risky."""
    ran = tmp_path / "ran"
    (tmp_path / "policy.toml").write_text('typed_text_denied = ["sudo"]')
    (tmp_path / "history").write_text(f"touch {ran}\n")
    (tmp_path / "rc").write_text(
        f"HISTFILE={tmp_path}/history; set -o history; history -r; PS1='> '; touch {tmp_path}/ready\n"
    )
    options = {"policy": ("--policy", str(tmp_path / "policy.toml")), "risky": ("--confirm", "risky"), "neither": ()}[
        way
    ]
    script = (go(click(300, 200), pressing("up")), go(pressing("enter")), done())
    with (
        managed("none", 800, 600) as name,
        service(*script) as (_, url),
        program("xterm", "-geometry", "120x40+0+0", "-e", "bash", "--rcfile", str(tmp_path / "rc"), "-i"),
    ):
        until((tmp_path / "ready").exists)
        until(lambda: any("XTerm" in window.kind for window in window_list.windows()))
        result = shell("run", "--json", "--max-steps", "4", *options, "do it", DISPLAY=name, COASTY_BASE_URL=url)
        if way == "neither":
            until(ran.exists)
    assert result.code == 0, result.err
    assert ran.exists() is (way == "neither")
    assert [event["by"] for event in result.of("refused")] == {
        "policy": ["policy"],
        "risky": ["person"],
        "neither": [],
    }[way]
