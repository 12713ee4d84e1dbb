"""The short way through the command line: a `run` with nothing amiss is read from the settings' own table.

typer and what it brings take a quarter of a second before the first screenshot. Whatever is not
plainly an option of `run` with its value (help, a word that is unknown, a value that is missing)
is left to typer, which knows what to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from coasty_desk import lifetimes, settings
from coasty_desk.cli import configured
from coasty_desk.cli.terminal import task_source
from coasty_desk.desktop.screen.prefetch import FirstLook
from coasty_desk.settings import Setting, Settings


def run(task: str | None, options: Mapping[str, object]) -> int:
    """Carry out a `run`; the screen is looked at by a process of its own while this one loads what it needs."""
    chosen, _ = configured.load(options)
    model = lifetimes.model(chosen.provider)
    plain = (
        chosen.on == Settings().on
        and not task_source.waits_for_stdin(task, chosen.file)
        and (model.sends and chosen.image_format != "jpeg" and not chosen.mask and not chosen.mask_window)
    )
    with ExitStack() as stack:
        first = FirstLook.begin(chosen.monitor, model.size(chosen)) if plain else None
        if first is not None:
            stack.callback(first.close)
        from coasty_desk.cli.commands import driving  # only now: it brings all that a run needs

        return driving.run(task, chosen, first)


def serve_options(words: Sequence[str]) -> dict[str, object] | None:
    """The options of `serve`; None where typer must."""
    found = run_arguments(words, {row.flag: row for row in (settings.TABLE[name] for name in SERVE_OPTIONS)})
    return None if found is None or found[0] is not None else found[1]


def run_arguments(
    words: Sequence[str], options: Mapping[str, Setting] | None = None
) -> tuple[str | None, dict[str, object]] | None:
    """The task and the options as given, as typer would have read them; None where typer must."""
    options = _OPTIONS if options is None else options
    task: str | None = None
    given: dict[str, object] = {}
    several: dict[str, list[str]] = {}
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            if task is not None:
                return None
            task = word
            continue
        flag, equals, value = word.partition("=")
        row = options.get(flag)
        if row is not None and row.takes is bool and not equals:
            given[row.name] = True
            continue
        value = value if equals else next(left, "-")
        if row is None or row.takes is bool or value.startswith("-"):
            return None
        if row.takes is tuple:
            several.setdefault(row.name, []).append(value)
        else:
            given[row.name] = value
    return task, given | several


SERVE_OPTIONS = (
    *("port", "bind", "allow_host", "database", "join", "webhook_allow_private"),
    *("mailbox", "mail_address", "mail_password", "mail_listen"),
    *("provider", "model", "base_url", "profile", "script"),
)
"""The settings that `serve` takes as options."""

_OPTIONS = {row.flag: row for row in settings.of("run")}
