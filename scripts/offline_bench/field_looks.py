"""Fields of every look, filled in by the offline predictor: right, doubted, or false, by what the page says that they hold.

False is what was said to be done while the field does not hold exactly the text, or another one has changed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from coasty_desk import Desktop, Settings
from coasty_desk.core import events as ev
from coasty_desk.models.offline.vision import engines, reader
from scripts.offline_bench.desk import Desk, wait_until
from scripts.offline_bench.programs import SYSTEM_PYTHON

NAMES = (
    ("First name", "Last name", "Email", "City"),
    ("Company", "Street", "Phone", "Notes"),
    ("User", "Project title", "Branch", "Reviewer"),
)
WAS = (
    ("Ada", "Lovelace", "ada@lovelace.org", "London"),
    ("Acme Ltd", "12 Long Lane", "0170 555 21", "Ring twice"),
    ("root", "Old engine", "main", "Nobody"),
)
TYPED = (
    ("Grace", "Hopper", "grace@navy.mil", "Arlington"),
    ("Initech", "7 Rue Verte", "0049 30 1234", "Back door"),
    ("kiran", "Quiet pumps", "fix-281", "Mei Lin"),
)
LOOKS = (
    *("above", "left", "rightal", "placeholder", "underplace", "outlined", "material", "filled", "under", "underleft"),
    *("twocol", "pair", "table", "cells", "card", "icon", "count", "hint", "grey", "pill", "dark", "far", "mail"),
    *("star", "hinted", "nexthint", "trapname", "area", "boot", "addon", "end", "notched", "slim", "search", "below"),
)
TRAPS = (
    "max",
    "readonly",
    "disabled",
    "upper",
    "prefix",
    "mr",
    "suffix",
    "last",
    "keep",
    "late",
    "double",
    "other",
    "digit",
)
TOOLKITS = ("gtk", "qt", "tk")


@dataclass(frozen=True)
class Case:
    """A look, whether its fields hold something before, which of them is meant, and how that is said."""

    look: str
    filled: bool
    names: int
    which: int
    say: str
    text: str
    trap: str = ""

    @property
    def name(self) -> str:
        return f"{self.trap or self.look}{' filled' if self.filled else ''}: {self.say}"


SAYINGS = (
    'type "{text}" into the field "{name}"',
    'type "{text}" into "{name}"',
    'enter "{text}" as the "{name}"',
)


def cases(names: int, looks: tuple[str, ...] = LOOKS) -> Iterator[Case]:
    """Each look empty and filled, another of its fields each time; the filled ones are emptied too."""
    for number, look in enumerate(looks):
        for filled in (False, True):
            if filled and look in ("placeholder", "underplace", "search"):
                continue  # then no label is to be seen
            which = (number + 2 * filled + names) % 4
            text = TYPED[names][which]
            say = SAYINGS[number % len(SAYINGS)].format(text=text, name=NAMES[names][which])
            yield Case(look, filled, names, which, say, text)
        if number % 3 == 0 and look not in ("placeholder", "underplace", "search"):
            which = (number + 1) % 4
            yield Case(look, True, names, which, f'clear the field "{NAMES[names][which]}"', "")


def traps(names: int) -> Iterator[Case]:
    """Fields that do not keep what is typed."""
    for number, trap in enumerate(TRAPS):
        for look in ("above", "left", "material")[number % 3 : number % 3 + 1]:
            for filled in (False, True):
                text = TYPED[names][1]
                yield Case(look, filled, names, 1, SAYINGS[0].format(text=text, name=NAMES[names][1]), text, trap)
    for trap in ("readonly", "prefix", "default", "keep"):
        yield Case("above", True, names, 1, f'clear the field "{NAMES[names][1]}"', "", trap)


def measure(desk: Desk, names: int, only: str, keep: Path | None) -> bool:
    """Print what became of each, and the figures; whether nothing was false."""
    os.environ.update(desk.environment)
    os.environ["NO_PROXY"] = "*"
    engine = engines.best_engine()
    outcomes: Counter[str] = Counter()
    words = only.split(",") if only else [""]
    chosen = [case for case in [*cases(names), *traps(names)] if any(word in case.name for word in words)]
    with patch.object(reader.Reader.__init__, "__defaults__", (lambda: engine,)):
        for case in chosen:
            outcomes[_tried(desk, case, _page, keep)] += 1
        desk.clear()
        for kit in TOOLKITS:
            for case in [
                one for one in cases(names, (f"{kit} left", f"{kit} above")) if any(w in one.name for w in words)
            ]:
                outcomes[_tried(desk, case, _window, keep)] += 1
                desk.clear()
    print(dict(outcomes))
    return not outcomes["FALSE"]


State = Callable[[], dict[str, str]]


def _tried(desk: Desk, case: Case, lay: Callable[[Desk, Case], State], keep: Path | None) -> str:
    state = lay(desk, case)
    begun = time.monotonic()
    ending, said = _carried_out(case.say)
    time.sleep(0.5)
    was = {f"f{n}": (WAS[case.names][n] if case.filled else "") for n in range(4)}
    holds = {key: value for key, value in state().items() if value or key in was}
    exact = holds == was | {f"f{case.which}": case.text}
    outcome = _judged(case, done=ending is ev.Ending.DONE, exact=exact)
    print(f"{outcome:8} {case.name:75} {time.monotonic() - begun:4.1f} s", flush=True)
    if outcome not in ("right", "honest"):
        print(f"         {said[:230]}\n         it holds {holds}", flush=True)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            picture = keep / f"{case.name.replace('/', '-')}.png"
            desk.run(sys.executable, "-m", "mss", "--monitor", "1", "--output", str(picture), "--quiet")
    return outcome


def _judged(case: Case, *, done: bool, exact: bool) -> str:
    if done:
        return "right" if exact else "FALSE"
    return "honest" if case.trap else "doubted" if exact else "failed"


def _carried_out(say: str) -> tuple[ev.Ending, str]:
    chosen = Settings(provider="offline", no_record=True, yes=True, max_steps=40, deadline=60)
    result = Desktop(chosen).run(say)
    return result.ending, result.message


def _page(desk: Desk, case: Case) -> State:
    """The page of a case, in the browser that is there or a new one."""
    page = f"looks/fields.html?look={case.look}&filled={int(case.filled)}&names={case.names}&trap={case.trap}"
    shown = f"looks{page.partition('.html')[2]}"
    desk.site.shown.discard(shown)
    desk.site.sent.clear()
    if not desk.windows("Chromium"):
        desk.browser(page, shown=shown)
    else:
        desk.site.next = f"/{page}"
        wait_until(lambda: shown in desk.site.shown, shown)
    desk.run("xdotool", "mousemove", "900", "700")
    time.sleep(0.6)

    def holds() -> dict[str, str]:
        last = max(desk.site.sent, key=lambda sent: int(sent["count"]))  # they need not arrive in their order
        return {key: value for key, value in last.items() if key not in ("path", "count")}

    return holds


def _window(desk: Desk, case: Case) -> State:
    """A window of a toolkit, that writes what its fields hold into a file."""
    kit, _, layout = case.look.partition(" ")
    path = desk.home / "fields.json"
    path.write_text("{}", "utf-8")
    python = sys.executable if kit == "tk" else SYSTEM_PYTHON
    values = WAS[case.names] if case.filled else ("", "", "", "")
    desk.open(
        "Details",
        python,
        str(Path(__file__).with_name("field_forms.py")),
        kit,
        layout,
        str(path),
        *NAMES[case.names],
        *values,
    )
    return lambda: dict(json.loads(path.read_text("utf-8")))
