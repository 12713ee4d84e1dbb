"""What is hard of its kind: what moves, comes late, snaps back or is refused, parts of labels, boxes, fields and drags as they are.

Nothing in coasty_desk/ may be fitted to a single one of them.
"""

from __future__ import annotations

from collections.abc import Callable

from scripts.offline_bench import programs
from scripts.offline_bench.checks import Check, file_holds
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_fresh import program
from scripts.offline_bench.tasks_unseen import only
from scripts.offline_bench.tasks_web import page


def _on(query: str, size: str | None = None) -> Callable[[Desk], None]:
    return page(f"kinds.html?case={query}", size)


def _task(name: str, query: str, say: str, *expected: dict[str, str]) -> Task:
    return Task(f"kind {name}", _on(query), say, only(*expected))


def _trap(name: str, query: str, say: str, *, options: tuple[str, ...] = ()) -> Task:
    return Task(f"kind trap {name}", _on(query), say, lambda _: "it does not do that", possible=False, options=options)


def _bought_once(desk: Desk) -> str | None:
    times = len(desk.site.sent)
    return None if times == 1 else f"twice: bought {times} times" if times else "nothing was bought"


def _late(name: str, query: str, then: str = "") -> Task:
    return Task(f"kind late {name}", _on(f"late&late={query}"), f'click "Buy it"{then}', _bought_once)


def _no_more_clicks(desk: Desk) -> None:
    """A page with something that moves, and a policy that allows no click."""
    (desk.home / "policy.toml").write_text('blocked_actions = ["click"]\n', "utf-8")
    _on("late&beside=marquee")(desk)


def _build_beside(desk: Desk) -> None:
    """The page, and a terminal in which a build goes on."""
    line = "n=0; while :; do n=$((n+1)); echo [$n/900] CC lib/part$n.o; sleep 0.$((RANDOM % 7 + 2)); done"
    desk.start("xterm", "-geometry", "70x20+1150+500", "-e", "bash", "-c", line)
    _on("dead", "1050x760")(desk)


ASK_FOR_FILE = "zenity --file-selection --save --title=Backup > chosen.out"
QT_FILE: dict[str, str] = {"verse": "roses are red\nviolets are blue\n"}


def _chosen(name: str) -> Check:
    return lambda desk: file_holds("chosen.out", str(desk.home / name))(desk)


TASKS = [
    *(_late(f"{ms} ms", str(ms)) for ms in (200, 700, 1500, 4000)),
    _late("2500 ms, made sure of", "2500", ' and make sure "seat 14" is there'),
    _late("1000 ms beside a marquee", "1000&beside=marquee", ', wait until "Yours" appears'),
    _late("3000 ms beside a video", "3000&beside=noise", ' and wait until "Yours" appears'),
    _task("part on purpose", "parts", 'click the one that contains "Save"', {"pressed": "Save and close"}),
    _task("gradient box", "boxes", 'check "Rain"', {"Rain": "true"}),
    _task("shaded box", "boxes", 'uncheck "Storm"', {"Storm": "false"}),
    _task("box that is filled", "boxes", 'check "Frost" and wait 1 second', {"Frost": "true"}),
    _task(
        "placeholder and label",
        "fields",
        'type "Lund" into the field "Town", then click "Next"',
        {"1": "Lund"},
        {"0": "Sea Road 1", "1": "Lund", "2": "", "3": ""},
    ),
    _task(
        "in the place of what was there",
        "fields",
        'type "Mill Lane 22" into the field "Street" and click "Next"',
        {"0": "Mill Lane 22"},
        {"0": "Mill Lane 22", "1": "", "2": "", "3": ""},
    ),
    _task("drop that needs a rest", "drop", 'drag "Late Friday" to "Mine"', {"took": "Late Friday"}),
    _task(
        "order by dragging",
        "order",
        'drag "Pay rent" to "Water plants"',
        {"order": "Pay rent, Water plants, Call Mina"},
    ),
    _task("row of two lines", "rows", 'click "Open" in the row of "Sent on the first"', {"open": "Monthly report"}),
    _task("step of a path", "crumbs", 'click "Drawings"', {"went": "Drawings"}),
    _task(
        "list after a scroll",
        "lands",
        'scroll down until "Country" is visible, then select "Norway" in the list "Country"',
        {"country": "Norway"},
    ),
    _task(
        "if it appears",
        "undo",
        'click "Archive", wait 1 second, if "Undo" appears click it',
        {"archived": "1"},
        {"undone": "1"},
    ),
    Task(
        "kind Qt menu",
        program("verse", "featherpad", "verse.txt", **QT_FILE),
        'press ctrl+a, click "Edit", click "To Upper Case", click "File", click "Save", wait 1 second',
        file_holds("verse.txt", "ROSES ARE RED\nVIOLETS ARE BLUE"),
    ),
    Task(
        "kind file dialog",
        program("Backup", "sh", "-c", ASK_FOR_FILE),
        'type "{home}/monday.tar" into the field "Name", press enter, wait 1 second',
        _chosen("monday.tar"),
    ),
    Task(
        "kind underlined menu",
        programs.editor("one\ntwo\n", "list.txt"),
        'click "Edit", click "Select All", press delete, click "File", click "Save", wait 1 second',
        file_holds("list.txt", ""),
    ),
]

MOVING = ("skeleton", "dots", "rail", "marquee", "noise", "percent", "typing", "chat", "hero", "slow")
TRAPS = [
    *(_trap(f"dead beside {what}", f"dead&beside={what}", 'click "Get started"') for what in MOVING),
    _trap("disabled beside dots", "dead&beside=dots", 'click "Print all"'),
    _trap("ripple", "ripple", 'click "Get started"'),
    Task("kind trap build log", _build_beside, 'click "Get started"', lambda _: "nothing does that", possible=False),
    Task(
        "kind trap refused click",
        _no_more_clicks,
        'click "Buy it"',
        lambda desk: "clicks are not allowed" if not desk.site.sent else "it was clicked",
        possible=False,
        options=("--policy", "{home}/policy.toml"),
    ),
    _trap("declined late", "late&late=1500&declined", 'click "Buy it"'),
    _trap("accept", "parts", 'click "Accept"'),
    _trap("delete", "parts", 'click the button "Delete"'),
    _trap("share", "parts", 'click "Share"'),
    _trap("dead gradient box", "boxes&dead", 'check "Rain"'),
    _trap("dead filled box", "boxes&dead", 'check "Frost"'),
    _trap("box that goes back", "boxes&back", 'uncheck "Storm"'),
    _trap("text is added", "fields&keep", 'type "Mill Lane 22" into the field "Street"'),
    _trap("focus that jumps", "fields&jump", 'type "Kalmar" into the field "Town"'),
    _trap("drop never taken", "drop&never", 'drag "Early Monday" to "Mine"'),
    _trap("drop that snaps back", "drop&back=500", 'drag "Early Monday" to "Mine"'),
    _trap("drop that snaps back late", "drop&back=1400", 'drag "Early Monday" to "Mine"'),
    _trap("word and no button", "undo&none", 'click "Archive", wait 1 second, click "Undo"'),
]
