"""`coasty-desk config`: a commented example, and every value with its origin."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import fields

from coasty_desk import project_file, settings
from coasty_desk.cli.terminal.prompts import read_line, there
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.abort import abort_key
from coasty_desk.core.errors import UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.project_file import ProjectFile
from coasty_desk.settings import KEY_VARIABLE, PROJECT_FILE, SECTIONS, Settings, plain

MEANINGS: dict[str, tuple[str, str]] = {
    "dry_run": ("predict and print each action; send no input", "false"),
    "step": ("ask before every single action", "false"),
    "max_steps": ("cap on predictions; a dry run does 1 unless told otherwise", "25"),
    "deadline": ("wall-clock cap of a run, in seconds", "600"),
    "budget": ("cap on a run's cost, in cents", "200"),
    "preset": ("instructions for the model: a name of `presets list`, none, or a file", '"precise"'),
    "confirm": ("which actions wait for a person: never, risky, always; unset: the preset's", '"risky"'),
    "policy": ("what is allowed at all: a TOML or JSON file, or a list of them that all hold", '"policy.toml"'),
    "max_size": ("the screenshot is shrunk to fit inside; above 1280x720 every step costs more; or full", '"1280x720"'),
    "monitor": ("primary, or a number", '"primary"'),
    "mask": ("rectangles X,Y,WIDTH,HEIGHT in real pixels, black in every picture", '["0,0,400,30"]'),
    "abort_hotkey": ("the abort key, in pynput's spelling; no letters", '"<ctrl>+<shift>+<f12>"'),
    "provider": ("who predicts: coasty, or offline (no key, no network)", '"coasty"'),
    "cua_version": ("the model's version", '"v3"'),
    "memory": ("screenshots that the model remembers, 1-20; each costs 2 cents more a step", "3"),
    "settle": ("adaptive, or a fixed pause after each step, in seconds", '"adaptive"'),
    "secret": (
        "{{secret:NAME}} in the task: from env:VARIABLE or keyring:SERVICE/USER; @TITLE binds it to windows",
        '["PASSWORD=keyring:mail/me"]',
    ),
    "mask_window": ("windows with such titles are black in every picture", '["*Bank*"]'),
    "on_human_input": ("when a person moves the pointer or types: pause, stop, ignore", '"pause"'),
    "image_format": ("how the screenshot is sent: png, jpeg, auto", '"png"'),
    "overlay": ("a badge on the screen that says who drives and how to stop", "false"),
    "own_terminal": (
        "the window that this is started from: auto hides a terminal, hide whatever it is, show nothing",
        '"auto"',
    ),
    "no_record": ("keep nothing on disk; such a run cannot be resumed, reported or replayed", "false"),
    "json": ("print JSON events", "false"),
    "yes": ("do not ask before a run that can cost money", "false"),
    "file": ("the task, from a file", '"task.txt"'),
    "keep_days": ("recorded runs older than so many days are deleted", "30"),
    "keep_mb": ("the oldest are deleted while all take more megabytes than this", "2000"),
    "daily_cents": ("cap on what all runs of a day may cost", "500"),
}
"""What each setting means and an example of it, in the words of the example file."""

PATIENCE = 120.0
"""Seconds after which no answer means no."""

UNSET = {
    "max_steps": "25, and 1 for a dry run",
    "confirm": "the preset's",
    "abort_hotkey": abort_key.DEFAULT,
    "settle": "adaptive",
    "deadline": "none",
    "budget": "none",
    "daily_cents": "none",
}
"""What holds where a setting has no value."""

HEAD = f"""\
# The configuration of coasty-desk: {{path}}
# for you, or {PROJECT_FILE} in the folder that you work in, which comes first where it may: unless you trust it with
# `coasty-desk config trust`, such a file can only tighten what protects you. Options come before both.
# Take the # away in front of what you want otherwise. `coasty-desk config show` says what is in force.
# The API key is never here: `coasty-desk auth login`, or the environment variable {KEY_VARIABLE}.
"""


def init() -> int:
    """Print an example file in which everything is commented out."""
    print(HEAD.format(path=settings.configuration_files()[0]), end="")
    for section in SECTIONS:
        print(f"\n[{section}]")
        for name in _names(section):
            meaning, example = MEANINGS[name]
            print(f"# {name} = {example}".ljust(44) + f"  # {meaning}")
    return 0


def show(*, as_json: bool) -> int:
    """Print every value and where it comes from; of the key only whether and where there is one."""
    found = settings.merge({}, os.environ, settings.configuration_files())
    chosen, origins = found.settings, found.origins
    key = f"environment ({KEY_VARIABLE})" if os.environ.get(KEY_VARIABLE, "").strip() else "not in the environment"
    if as_json:
        values = {
            name: {"value": plain(getattr(chosen, name)), "origin": origins[name]} for name in _names(*_sections())
        }
        told = {"settings": values, "api_key": {"origin": key}, "project_file": _project(found)}
        print(json.dumps(told, indent=2))
        return 0
    for section in _sections():
        print(f"[{section}]")
        for name in _names(section):
            print(f"{name} = {_shown(name, getattr(chosen, name))}".ljust(44) + f"  # {line(origins[name])}")
        print()
    if found.notice:
        print(line(found.notice, 2000))
    print(f"The API key: {key}; see `coasty-desk auth status`.")
    print(f"The files: {line(', '.join(map(str, settings.configuration_files())), 2000)}.")
    return 0


def trust(*, yes: bool, forget: bool) -> int:
    """Trust this folder's file as it is now, after it was shown; `forget`: not any more. Raises UsageError."""
    here = project_file.here()
    project = None if here is None else ProjectFile.read(here)
    if forget and here is not None:
        project_file.trust(here.resolve() if project is None else project.path, None)
        print(f"Not trusted: {line(str(here))}.")
        return 0
    if project is None:
        message = f"There is no {PROJECT_FILE} in this folder."
        raise UsageError(message, "Go to the folder where it is; `coasty-desk config init` prints an example.")
    digest = settings.digest_of(project)
    print(f"{line(str(project.path))} says:")
    for text in project.content.decode("utf-8-sig").splitlines():
        print(f"  {line(text, 1000)}")
    for path in settings.named_in(project):
        print(f"With it goes the content of {line(str(path))}.")
    print(
        "Trusted, it may set what only you may set otherwise, and loosen what you have set, until its content changes."
    )
    if not yes and there() and not _agreed():
        message = "The file is not trusted: nobody agreed to it."
        raise UsageError(message, "Take out of it what you do not want, or leave it as it is.")
    project_file.trust(project.path, digest)
    print("Trusted.")
    return 0


def _agreed() -> bool:
    print("Trust it as it is? [y]es, [n]o: ", end="", file=sys.stderr, flush=True)
    said = read_line(sys.stdin, Stop(), PATIENCE) or ""
    return said.strip().lower() in {"y", "yes"}


def _project(found: settings.Merged) -> dict[str, object] | None:
    if found.project is None:
        return None
    said: dict[str, object] = {"path": str(found.project.path), "trusted": found.is_trusted}
    return {**said, "left_out": found.left_out, "refused": found.refused}


def _sections() -> tuple[str, ...]:
    return (*SECTIONS, "environment")


def _names(*sections: str) -> Iterator[str]:
    yield from (entry.name for entry in fields(Settings) if entry.metadata.get("section") in sections)


def _shown(name: str, value: object) -> str:
    return UNSET.get(name, "not set") if value is None else json.dumps(plain(value), ensure_ascii=False)
