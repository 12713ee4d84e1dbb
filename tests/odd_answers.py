"""Answers that nobody would give in good faith: random parts, pumped to random length, the same ones for the same seed."""

from __future__ import annotations

import itertools
import random
from typing import Any

PUMPS = (
    " ",
    "sudo ",
    "a",
    "aab",
    "\t",
    "\n",
    "a\n",
    "a\b",
    "\x1b",
    "😀",
    "ﷺ",
    "a\u0301",
    "> ",
    "curl | ",
    "git -a ",
    "\\",
    "su\tdo",
    "送",
    "ab\x7f",
    "rm ",
    "delete ",
    "place the ",
)
KEYS = (
    "a",
    "left",
    "backspace",
    "ctrl+k ctrl+s",
    "Tab Tab",
    "x" * 64,
    "ctrl-" * 12 + "c",
    "shift+left",
    "up",
    "enter",
    "a b c d",
    "<ctrl>+<alt>+t",
    "⌘⇧T",
)
SOURCE = (
    "pyautogui.click(1,1);",
    "pyautogui.press('a',presses=900);",
    "(",
    "-",
    "a.b",
    "1;",
    "{x}",
    "x=1\n",
    "print('a');",
    "'a'+",
    "[",
    "pyautogui.scroll(9999);",
    "pyautogui.write('a\\t');",
    "time.sleep(9)\n",
)


def answer(chance: random.Random) -> dict[str, Any]:
    """One that nobody would give in good faith."""

    def pumped(parts: tuple[str, ...], most: int) -> str:
        text = "".join(chance.choice(parts) * chance.choice((1, 30, 1000, 20_000)) for _ in range(chance.randint(1, 3)))
        return text[: chance.choice((most, most // 7))]

    def action() -> dict[str, Any]:
        kind = chance.randrange(5)
        if kind == 0:
            return {"action_type": "type_text", "params": {"text": pumped(PUMPS, 50_000)}}
        if kind == 1:
            keys = [chance.choice(KEYS) for _ in range(chance.randint(1, 3))]
            return {
                "action_type": "key_press",
                "params": {"keys": list(itertools.islice(itertools.cycle(keys), chance.choice((3, 1000))))},
            }
        if kind == 2:
            return {"action_type": "raw", "params": {"code": pumped(SOURCE, 50_000)}}
        if kind == 3:
            return {"action_type": "key_combo", "params": {"keys": chance.sample("sudorm-ax", 4)}}
        return {
            "action_type": "click",
            "params": {"x": chance.choice((1, 1e308, -5, 10**400)), "y": 1, "clicks": 3},
            "description": pumped(PUMPS, 50_000),
        }

    actions = [action() for _ in range(chance.choice((1, 1, 3, 100)))]
    return {
        "status": "continue",
        "actions": actions,
        "reasoning": pumped(PUMPS, 100_000),
        "request_id": "x" * chance.choice((9, 10**5)),
    }
