"""A run of the offline predictor whose process is killed in the middle of its instructions: the next one goes on there, and does nothing twice."""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from coasty_desk.automation.run_control import Over, RunOrder, Written
from tests.automation.run_homes import RunHome, names, new_id
from tests.desktop.targets import APPS, App

TASK = (
    'type "Ada Lovelace" into the field "Name"; if "Welcome" is there, press "escape"; otherwise type "London" into the field "Town". '
    'Check "Send me news". Click "Join", repeat 1 times: click "Print"; wait until "printer" appears and read "Welcome"'
)
OFFLINE = {"provider": "offline", "settle": "0.2", "max_steps": "60"}


@contextmanager
def counting(display: str) -> Iterator[App]:
    """The form that counts."""
    app = App(display, [sys.executable, str(APPS / "counting_app.py")])
    try:
        yield app
    finally:
        app.close()


def killed_after(home: RunHome, order: RunOrder, name: str, many: int) -> bool:
    """Kill the process that carries it out once it has written so many lines of that name; whether it was alive until then."""
    before = len(home.lines(order.run_id))
    sitting = home.sit(order)
    until = time.monotonic() + 60
    while names(home.journal(order.run_id)[before:]).count(name) < many:
        assert time.monotonic() < until, sitting.heard[-3:]
        assert not any(isinstance(one, Over) for one in sitting.heard), sitting.heard[-1]
        time.sleep(0.002)
    sitting.child.kill()
    return sitting.end() is None


def each_once(form: App) -> None:
    """Assert that no key and no press has come twice."""
    keys = "".join(event["text"] for event in form.of_kind("key"))
    assert "Ada LovelaceLondon".startswith(keys), keys
    presses = Counter(event["name"] for event in form.of_kind("pressed"))
    assert set(presses.values()) <= {1}, presses
    assert len(form.of_kind("ticked")) <= 1


def test_it_goes_on_where_it_was_cut_off(home: RunHome) -> None:
    """Safety sentence: killed after a key was typed, a box ticked, a button pressed, it does the rest, and none of that again."""
    order = RunOrder(new_id(), TASK, OFFLINE)
    with counting(home.display) as form:
        for name, many in (("acted", 2), ("settled", 1), ("acted", 1), ("acted", 2)):
            assert killed_after(home, order, name, many)
        over = home.sit(order).end()
        assert over is not None
        each_once(form)
        assert form.ask("tell") == {"news": True, "name": "Ada Lovelace", "town": "London"}
    assert over.status == "succeeded", over
    assert "“Welcome”" in over.summary
    assert "cut off and gone on with" in over.summary


def test_what_is_in_doubt_is_said_to_be(home: RunHome) -> None:
    """Safety sentence: killed in the middle of a text, it types nothing of that again, and nothing after it, and says so."""
    text = "Ada Lovelace " * 400
    order = RunOrder(new_id(), f'type "{text}" into the field "Name"; click "Join"', OFFLINE)
    with counting(home.display) as form:
        sitting = home.sit(order)
        form.wait_for("key", 40)
        sitting.child.kill()
        assert sitting.end() is None
        typed = form.ask("tell")["name"]
        over = home.sit(order).end()
        assert form.ask("tell")["name"] == typed
        assert text.startswith(typed)
        assert form.of_kind("pressed") == []
    assert over is not None
    assert (over.status, "not known how much of it was" in over.message) == ("failed", True), over


def trials(home: RunHome, kills: int, seed: int) -> Counter[str]:
    """So many kills at random moments of as many runs as that takes; how these have ended. Asserts what must hold after each run."""
    chance, ends, killed = random.Random(seed), Counter[str](), 0  # noqa: S311 - moments, to be repeatable
    while killed < kills:
        order, deaths, over = RunOrder(new_id(), TASK, OFFLINE), 0, None
        with counting(home.display) as form:
            while over is None:
                sitting = home.sit(order)
                lines, until = chance.randint(1, 40), time.monotonic() + 60
                while sum(isinstance(one, Written) for one in sitting.heard) < lines and not isinstance(
                    sitting.heard[-1] if sitting.heard else None, Over
                ):
                    assert time.monotonic() < until, sitting.heard[-3:]
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.05)
                sitting.child.kill()
                over = sitting.end()
                deaths += over is None
            each_once(form)
            told = form.ask("tell")
        killed += deaths
        ends[over.status] += 1
        done = {"news": True, "name": "Ada Lovelace", "town": "London"}
        # a wait that begins anew after each kill may come to no end of its own
        said = "cut off" in over.message or over.reason == "max_steps"
        assert told == done if over.status == "succeeded" else said, (over, told, form.events[-3:])
        seqs = [line["seq"] for line in home.journal(order.run_id)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert json.dumps(told)
    return ends


@pytest.mark.slow
def test_it_is_killed_again_and_again(home: RunHome) -> None:
    """Safety sentence: whenever it is killed, each instruction is done once, or said to be in doubt."""
    assert trials(home, 2, 20261127)
