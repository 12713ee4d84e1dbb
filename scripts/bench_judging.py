"""How long 1,000 generated answers, the oddest that can be thought of, are read and judged, and how long nothing else ran.

    .venv/bin/python scripts/bench_judging.py [ANSWERS]

An answer is made of random parts: pumps of text, keys, source and words, of random length. Each is
read and its actions are judged as in a run, with denied words and hostile expressions, and with
`--confirm risky`; meanwhile a thread looks at the clock, as those do that hear a stop.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coasty_desk.core.actions import Refusal
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.ledger import Ledger
from coasty_desk.core.policy import Policy, Situation, forbids
from coasty_desk.core.risk import Around, risk
from coasty_desk.desktop.executor import refused
from coasty_desk.desktop.keys import strokes
from coasty_desk.wire import predictions
from coasty_desk.wire.expressions import pattern
from tests.core.gating import placed

POLICY = Policy(typed_text_denied=tuple(map(pattern, ("sudo", "rm -rf", r"(a+)+$", r"no.*\n", "*x?y*"))))
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


def judge(body: bytes) -> list[float]:
    """Seconds of CPU for reading it, and for each of its actions."""
    begun = time.thread_time()
    try:
        said = predictions.parse(body)
    except ServiceError:
        return [time.thread_time() - begun]
    took, ledger = [time.thread_time() - begun], Ledger(strokes)
    for action in said.actions[:40]:
        begun = time.thread_time()
        if not isinstance(action, Refusal) and refused(placed(action), lambda _key: False) is None:
            why = forbids(POLICY, action, Situation(typed=ledger.typed), strokes)
            risk(action, Around((ledger.typed, ledger.here), (said.reasoning, said.description(action))), strokes)
            if not why:
                ledger.note(placed(action))
        took.append(time.thread_time() - begun)
    return took


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    gaps, over = [0.0], threading.Event()

    def listen() -> None:
        last = time.monotonic()
        while not over.wait(0.002):
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    threading.Thread(target=listen, daemon=True).start()
    reading, judging = [0.0], [0.0]
    for seed in range(many):
        first, *rest = judge(json.dumps(answer(random.Random(seed))).encode())  # noqa: S311 - the same answers each time
        reading.append(first)
        judging += rest
    over.set()
    print(f"answers {many}, actions judged {len(judging) - 1}")
    print(
        f"longest reading of an answer {max(reading) * 1000:.0f} ms of CPU, longest judging of an action {max(judging) * 1000:.0f} ms"
    )
    print(f"longest time in which a thread that listens did not run {max(gaps) * 1000:.0f} ms")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
