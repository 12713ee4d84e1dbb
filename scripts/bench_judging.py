"""How long 1,000 generated answers, the oddest that can be thought of, are read and judged, and how long nothing else ran.

    .venv/bin/python scripts/bench_judging.py [ANSWERS [STOPS]]

An answer is made of random parts: pumps of text, keys, source and words, of random length. Each is
read and its actions are judged as in a run, with denied words and hostile expressions, and with
`--confirm risky`; meanwhile a thread looks at the clock, as those do that hear a stop.
STOPS: real runs of the longest ones are stopped so many times in each way, at random moments.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coasty_desk.core.actions import Refusal
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.core.gates.risk import Around, risk
from coasty_desk.desktop.input.executor import refused
from coasty_desk.wire import predictions
from coasty_desk.wire.json_fields import UnreadableError, parse_json
from coasty_desk.wire.regular_expressions import pattern
from tests.cli.conftest import Shell
from tests.cli.test_stopping_judging import LONGEST, WAYS, stopped
from tests.core.gating import placed
from tests.odd_answers import answer

POLICY = Policy(typed_text_denied=tuple(map(pattern, ("sudo", "rm -rf", r"(a+)+$", r"no.*\n", "*x?y*"))))


def judge(body: bytes) -> list[float]:
    """Seconds of CPU for reading it, and for each of its actions."""
    begun = time.thread_time()
    try:
        said = predictions.decode(parse_json(body))
    except (ServiceError, UnreadableError):
        return [time.thread_time() - begun]
    took, ledger = [time.thread_time() - begun], ActionLog()
    for action in said.actions[:40]:
        begun = time.thread_time()
        if not isinstance(action, Refusal) and refused(placed(action), lambda _key: False) is None:
            why = forbids(POLICY, action, Situation(typed=ledger.typed))
            risk(action, Around((ledger.typed, ledger.here), (said.reasoning, said.description(action))))
            if not why:
                ledger.note(placed(action))
        took.append(time.thread_time() - begun)
    return took


def stops(times: int) -> None:
    """A line for each way: how soon the session is closed, and the memory of the run."""
    chance = random.Random(1)  # noqa: S311 - the same moments each time
    for way in WAYS:
        took, used, most = [], [], 0
        for turn in range(times):
            turned = turn % len(LONGEST)
            with tempfile.TemporaryDirectory() as home:
                seeds = LONGEST[turned:] + LONGEST[:turned]
                clock, cpu, memory = stopped(Shell(Path(home)), way, seeds, chance.uniform(0, 0.3))
            took.append(clock)
            used.append(cpu)
            most = max(most, memory)
        print(
            f"{way:17} to the session's closing: median {statistics.median(took) * 1000:.0f} ms, at most"
            f" {max(took) * 1000:.0f} ms, {max(used) * 1000:.0f} ms of CPU; memory at most {most} MB",
            flush=True,
        )


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
    if len(sys.argv) > 2:
        stops(int(sys.argv[2]))


if __name__ == "__main__":
    main()
