"""Pages on which something moves by itself: dead buttons beside it, buttons whose effect comes late, and parts of labels."""

from __future__ import annotations

from collections.abc import Callable

from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_web import page

MOVING = ("spinner", "ticker", "bar", "video", "carousel", "clock", "log")


def _ordered_once(desk: Desk) -> str | None:
    times = sum(form.get("path") == "/order" for form in desk.site.sent)
    return None if times == 1 else f"it was ordered {times} times"


def _late(what: str, milliseconds: int, then: str) -> Task:
    told = "waited for" if then else "alone"
    return Task(
        f"moving {what or 'nothing'} late {milliseconds} {told}",
        page(f"moving.html?what={what}&late={milliseconds}"),
        f'click "Order now"{then}',
        _ordered_once,
    )


def _dead(name: str, lay: Callable[[Desk], None], say: str = 'click "Subscribe"') -> Task:
    return Task(f"moving {name}", lay, say, lambda _desk: "nothing there does that", possible=False)


def _log_beside(desk: Desk) -> None:
    """A terminal with a build that goes on, under no page."""
    desk.start("xterm", "-geometry", "60x12+1100+650", "-e", "while :; do date +%N; sleep 0.$((RANDOM % 9 + 1)); done")
    page("moving.html", "1000x700")(desk)


TASKS = [
    *(_late("", late, then) for late in (0, 300, 1500, 4000) for then in ("", ', wait until "Thank you" appears')),
    *(_late(what, 800, then) for what in MOVING for then in ("", ' and make sure "Thank you" is there')),
]

TRAPS = [
    *(_dead(what, page(f"moving.html?what={what}")) for what in MOVING),
    *(_dead(f"{what} plain", page(f"moving.html?plain&what={what}")) for what in MOVING),
    _dead("log in another window", _log_beside),
    _dead("part at the end", page("moving.html"), 'click "accept"'),
    _dead("part at the beginning", page("moving.html"), 'click "Delete"'),
]
