"""Shell completion: the answers that a shell's script asks for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING

from coasty_desk.cli import COMPLETE_VARIABLE
from coasty_desk.cli.help import TOPICS
from coasty_desk.core.errors import CoastyDeskError

if TYPE_CHECKING:
    from typer.core import TyperGroup

    from coasty_desk.settings import Setting


def answer(app: TyperGroup) -> int:
    """Print what may come next on the command line of `app` that the shell has put into the environment."""
    from typer.completion import completion_init  # type: ignore[attr-defined]  # typer re-exports it without saying so
    from typer.core import TyperCommand

    _rejoin(os.environ)
    completion_init()
    topics = {topic: TyperCommand(topic, help=about) for topic, about in TOPICS.items()}
    # `help` is answered before typer is there
    app.commands["help"] = type(app)(name="help", commands={**topics, **app.commands})
    try:
        app(prog_name="coasty-desk", complete_var=COMPLETE_VARIABLE)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except CoastyDeskError:
        return 0  # there is no place here to say what is wrong, and nothing to offer
    return 0


def _rejoin(environment: MutableMapping[str, str]) -> None:
    """Bash hands `--provider=off` over as three words: make two of them, as every other shell does."""
    words, count = re.subn(r"(?<=\s)(--[a-z-]+)(\s)=\s(?=\S)", r"\1\2", environment.get("COMP_WORDS", ""))
    if count:
        environment.update(COMP_WORDS=words, COMP_CWORD=str(int(environment["COMP_CWORD"]) - count))


def of(row: Setting) -> Callable[[str], list[str]] | None:
    """What a shell offers for a setting's value; None where nothing is known of it."""
    find = {"preset": presets, "monitor": monitors, "on": lambda: screens(row)}.get(row.name)
    return begun(find or (lambda: row.read.usual)) if find or row.read.usual else None


def begun(find: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Those of the found words that begin as what is typed so far."""
    return lambda incomplete: [word for word in find() if word.startswith(incomplete)]


def runs(incomplete: str) -> list[tuple[str, str]]:
    """Recorded runs that begin so, each with its task: letters of it alone, for a shell may evaluate what it is told."""
    from coasty_desk import compose
    from coasty_desk.record import listing

    tasks = [(one.run_id, re.sub(r"[^\w.,-]+", " ", one.task)[:60]) for one in listing.summaries(compose.runs_folder())]
    return [one for one in [("last", "the newest"), *tasks] if one[0].startswith(incomplete)]


def served_runs(incomplete: str) -> list[tuple[str, str]]:
    """Runs of this computer's service that have not ended and begin so, each with how it is."""
    from coasty_desk import compose
    from coasty_desk.automation import kept_runs

    known = [(one.run_id, one.status) for one in kept_runs.unfinished(compose.runs_folder().parent)]
    return [one for one in [("last", "the newest"), *known] if one[0].startswith(incomplete)]


def sessions(incomplete: str) -> list[tuple[str, str]]:
    """Sessions on record that begin so, each with its run: what is open at this moment only the service knows."""
    from coasty_desk import compose
    from coasty_desk.record import session_runs

    known = session_runs.runs_of(compose.runs_folder(), compose.ledger())
    return [(session, run) for session, run in known.items() if session.startswith(incomplete)]


def machines(incomplete: str) -> list[tuple[str, str]]:
    """The machines of this computer's own service that begin so, where it runs, each with how it is."""
    from coasty_desk import compose
    from coasty_desk.client import local_service, machines_api

    client = local_service.found(compose.runs_folder().parent)
    if client is None:
        return []
    known = [(machine.machine_id, machine.name, machine.status) for machine in machines_api.listed(client)]
    named = [(name, status) for _, name, status in known if re.fullmatch(r"[\w.-]+", name)]
    return [one for one in (*named, *((key, status) for key, _, status in known)) if one[0].startswith(incomplete)]


def workflows(incomplete: str) -> list[tuple[str, str]]:
    """The workflows that are saved at this computer's own service, where it runs, by their slugs: letters of their names alone."""
    from coasty_desk import compose
    from coasty_desk.client import local_service, workflows_api

    client = local_service.found(compose.runs_folder().parent)
    known = [] if client is None else [(one.slug, one.name) for one in workflows_api.listed(client)]
    return [(slug, re.sub(r"[^\w.,-]+", " ", name)) for slug, name in known if slug.startswith(incomplete)]


def schedules(incomplete: str) -> list[tuple[str, str]]:
    """The schedules of this computer's own service that begin so, where it runs, each with its name's letters."""
    from coasty_desk import compose
    from coasty_desk.client import local_service, schedules_api

    client = local_service.found(compose.runs_folder().parent)
    if client is None:
        return []
    known = [(str(one.get("id")), str(one.get("name"))) for one in schedules_api.schedules_listed(client)]
    named = [(name, "") for _, name in known if re.fullmatch(r"[\w.-]+", name)]
    ids = [(key, re.sub(r"[^\w.,-]+", " ", name)[:60]) for key, name in known if re.fullmatch(r"[\w-]+", key)]
    return [one for one in (*named, *ids) if one[0].startswith(incomplete)]


def screens(row: Setting) -> list[str]:
    """The targets, and the machines of this computer's own service where it runs."""
    return [*row.read.usual, *(name for name, _ in machines(""))]


def monitors() -> list[str]:
    """The monitors of this display by number, where it can be asked."""
    from coasty_desk.core.errors import DesktopError
    from coasty_desk.desktop.screen.monitors import layout

    try:
        count = len(layout().monitors)
    except DesktopError:
        count = 0
    return ["primary", *map(str, range(1, count + 1))]


def presets() -> list[str]:
    """The presets that come with the program, and none."""
    from coasty_desk import presets as known

    return [*known.names(), known.NONE]
