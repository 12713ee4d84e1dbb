"""The settings of a run or a service, merged once from defaults, files, environment and options, and frozen.

Precedence (DESIGN.md A2): option > environment > project `coasty-desk.toml` > user `config.toml` > default. Whoever left a project's file
there need not be the person: what such a file may do with each setting stands beside it in `settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import platformdirs
from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import plain_files, presets, project_file
from coasty_desk import setting_readers as readers
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home, given
from coasty_desk.project_file import ProjectFile
from coasty_desk.project_rules import Allowed
from coasty_desk.setting_readers import ValueReader
from coasty_desk.settings import (
    BASE_URL_VARIABLE,
    OF_PROVIDER,
    PROJECT_FILE,
    SECTIONS,
    TABLE,
    Origins,
    Settings,
    of,
    plain,
)

LARGEST_FILE = 1_000_000
"""Bytes of the person's own configuration file."""

_DEFAULTS = Settings()


def configuration_files() -> list[Path]:
    """The user's file, where there is a home for it, and the project's; the weaker first."""
    here = project_file.here()
    project = [] if here is None else [here]
    try:
        return [at_home(lambda: platformdirs.user_config_path("coasty-desk")) / "config.toml", *project]
    except UsageError:
        return project


def own_files() -> list[Path]:
    """The person's own configuration alone: for what no project has a say in."""
    return [path for path in configuration_files() if path.name != PROJECT_FILE]


class Merged(Struct, frozen=True):
    """The settings, where each is from, and what became of those of a project's file, by what it may do."""

    settings: Settings
    origins: Origins
    project: ProjectFile | None = None
    is_trusted: bool = False
    became: dict[str, Allowed] = {}

    def those(self, *allowed: Allowed) -> list[str]:
        """The settings of the project's file of which this became."""
        return [name for name, became in self.became.items() if became in allowed]

    @property
    def refused(self) -> list[str]:
        """What a project's file may not set."""
        return [] if self.is_trusted else self.those("by trust", "never")

    @property
    def left_out(self) -> list[str]:
        """What of it is not in force, though it is no error."""
        return self.those("never" if self.is_trusted else "left out")

    def demand(self) -> None:
        """Raise UsageError that names what the project's file may not set."""
        if self.project is None or not self.refused:
            return
        changed = project_file.was_trusted(self.project.path)
        since = " has changed since you trusted it, and" if changed else ""
        message = (
            f"The project's file {self.project.path}{since} sets what only you may set: {', '.join(self.refused)}."
        )
        own = [name for name in self.refused if self.became[name] == "never"]
        remedy = (
            "Read it, and if you agree with all of it trust it with `coasty-desk config trust`; "
            "or take that out, or work in another folder."
        )
        raise UsageError(message, f"{remedy} {' and '.join(own)} can only be set in your own file." if own else remedy)

    @property
    def notice(self) -> str:
        """One sentence on the project's file for the person; empty where there is none, or it says nothing."""
        if self.project is None or not self.became:
            return ""
        taken = [name for name in self.became if name not in (*self.left_out, *self.refused)]
        trusted = " (trusted)" if self.is_trusted else ""
        says = f"The project's file {self.project.path}{trusted} sets {', '.join(taken) if taken else 'nothing'}"
        left_out = (
            f"; left out, as it would loosen what holds here: {', '.join(self.left_out)}" if self.left_out else ""
        )
        refused = f"; refused, as you do not trust it: {', '.join(self.refused)}" if self.refused else ""
        return f"{says}{left_out}{refused}."


def load(options: Mapping[str, object], environment: Mapping[str, str], files: list[Path]) -> tuple[Settings, Origins]:
    """Merge. `options` holds only what was given; `files` come with the weakest first. Raises UsageError."""
    found = merge(options, environment, files)
    found.demand()
    return found.settings, found.origins


def merge(options: Mapping[str, object], environment: Mapping[str, str], files: list[Path]) -> Merged:
    """The same, but what a project's file may not set is only named. Raises UsageError for what cannot be read."""
    values: dict[str, object] = {}
    origins: Origins = dict.fromkeys(TABLE, "default")
    project: ProjectFile | None = None
    for path in files:
        if path.name == PROJECT_FILE:
            project = ProjectFile.read(path)
            continue
        for name, value in _from_file(path).items():
            values[name] = _beside(path, name, _read(name, value, f"{name} in {path}"))
            origins[name] = str(path)
    if "provider" in options and options["provider"] != values.get("provider", _DEFAULTS.provider):
        for name in OF_PROVIDER:  # those of another one: no key is sent to an address that is not its own
            values.pop(name, None)
            origins[name] = "default"
    for name, value in options.items():
        if name not in TABLE:
            raise _no_option(name)
        flag = TABLE[name].flag
        values[name], origins[name] = _read(name, value, flag), f"option {flag}"
    own = Settings(**cast("dict[str, Any]", values))
    found = Merged(own, origins) if project is None else _with(project, own, origins, options)
    url = environment.get(BASE_URL_VARIABLE, "").strip()
    if not url or found.settings.provider != _DEFAULTS.provider or "base_url" in options:
        return found
    origins["base_url"] = f"environment ({BASE_URL_VARIABLE})"
    return replace(found, settings=replace(found.settings, base_url=url))


def _with(project: ProjectFile, own: Settings, origins: Origins, options: Mapping[str, object]) -> Merged:
    """What a project's file makes of the person's own settings."""
    said = _said(project)
    became = {name: TABLE[name].project(own, name, value) for name, value in said.items()}
    became = {name: allowed for name, allowed in became.items() if name not in options or allowed in _WHATEVER_IS_GIVEN}
    is_trusted = bool(said) and project_file.is_trusted(project.path, lambda: digest_of(project, said))
    values: dict[str, object] = {}
    for name, allowed in became.items():
        before = getattr(own, name)
        if allowed == "added":
            values[name] = (*before, *cast("tuple[object, ...]", _within(project, name, said[name])))
            origins[name] = str(project.path) if origins[name] == "default" else f"{origins[name]} and {project.path}"
        elif allowed == "never" or name in options or (allowed in ("left out", "by trust") and not is_trusted):
            continue
        elif allowed != "tightened" or said[name] != before:
            values[name] = _within(project, name, said[name])
            tightened = " (tightened)" if allowed == "tightened" else ""
            origins[name] = f"{project.path}{' (trusted)' if is_trusted else tightened}"
    values["capped_by_project"] = "budget" in values and own.budget is None and not is_trusted
    return Merged(replace(own, **cast("dict[str, Any]", values)), origins, project, is_trusted, became)


_WHATEVER_IS_GIVEN = ("added", "by trust", "never")
"""What an option does not make harmless: the next run is without it."""


def digest_of(project: ProjectFile, said: Mapping[str, object] | None = None) -> str:
    """What the person trusts: the project's file, and the texts that it names. Raises UsageError where one cannot be read."""
    try:
        return project.digest(named_in(project, said))
    except OSError as error:
        message = f"{error.filename}, which {project.path} names, cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Mend it, or take the name out of the project's file.") from error


def named_in(project: ProjectFile, said: Mapping[str, object] | None = None) -> list[Path]:
    """The files that it names. Raises UsageError for one outside of its folder."""
    said = _said(project) if said is None else said
    return [Path(path) for name, value in said.items() for path in _paths(name, _within(project, name, value))]


def _said(project: ProjectFile) -> dict[str, object]:
    found = _parsed(project.path, project.content)
    return {name: _read(name, value, f"{name} in {project.path}") for name, value in found.items()}


def _beside(file: Path, name: str, value: object) -> object:
    """A path in the person's own file begins at its folder, not at whatever folder they work in."""
    return _with_paths(name, value, lambda text: text if text.startswith("~") else str(file.parent / text))


def _within(project: ProjectFile, name: str, value: object) -> object:
    """A path in a project's file begins at its folder and stays there. Raises UsageError where it does not."""

    def real(text: str) -> str:
        try:
            path = project_file.inside(project.path.parent, text)
        except OSError as error:
            message = f"{name} in {project.path} names {_short(text)}, which cannot be read: {plain_files.why(error)}."
            raise UsageError(message, "Name a file in the project's own folder.") from error
        if path is None:
            message = f"{name} in {project.path} names {_short(text)}, which lies outside of its folder."
            raise UsageError(message, "Name a file in the project's own folder, without links that lead out of it.")
        return str(path)

    return _with_paths(name, value, real)


def _with_paths(name: str, value: object, path: Callable[[str], str]) -> object:
    """The setting's value, with `path` of each path in it."""
    changed = tuple(map(path, _paths(name, value)))
    return changed if isinstance(value, tuple) and changed else changed[0] if changed else value


def _paths(name: str, value: object) -> tuple[str, ...]:
    """The paths that the setting's value has in it."""
    match value:
        case tuple() if name == "policy":
            return value
        case str() if name == "database" and value.startswith(readers.POSTGRES):
            return ()
        case str() if name in ("file", "script", "database", "system_prompt") or (
            name == "preset" and not presets.is_built_in(value)
        ):
            return (value,)
        case _:
            return ()


def recorded(chosen: Settings) -> dict[str, object]:
    """The settings of a run as JSON values that `load` takes as options, for the run to be taken up again.

    Left out is what belongs to a sitting and not to the run (`json`, `yes`), and what is not set.
    """
    values = {row.name: getattr(chosen, row.name) for row in of("run")}
    for name in ("json", "yes", "file"):
        del values[name]
    if chosen.provider == _DEFAULTS.provider:
        del values["base_url"]  # the environment's
    values["policy"] = [str(given(path).resolve()) for path in chosen.policy]
    for name in ("script", "system_prompt"):
        values[name] = None if values[name] is None else str(given(cast("str", values[name])).resolve())
    return {name: plain(value) for name, value in values.items() if value is not None}


def _from_file(path: Path) -> dict[str, object]:
    try:
        content = plain_files.read(path, LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        message = f"The configuration file {path} may not be read."
        raise UsageError(message, "Give yourself the right to read it, or set HOME to your own folder.") from error
    except OSError as error:
        message = f"The configuration file {path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Mend it, or write a new one with `coasty-desk config init`.") from error
    return _parsed(path, content)


def _parsed(path: Path, content: bytes) -> dict[str, object]:
    from coasty_desk import toml_text  # noqa: PLC0415 - 5 ms, and few have a file

    try:
        document = toml_text.parse(content.decode("utf-8-sig"))
    except ValueError as error:
        message = f"The configuration file {path} cannot be read: {error}."
        raise UsageError(message, "Mend it, or write a new one with `coasty-desk config init`.") from error
    found: dict[str, object] = {}
    for section, table in document.items():
        if section not in SECTIONS:
            raise _unknown(section, path, [f"[{name}]" for name in SECTIONS], f"[{_cut(section)}]")
        if section == "prices" and isinstance(table, dict):
            found |= {section: table} if table else {}
            continue
        if not isinstance(table, dict):
            message = f"{path} has no table [{section}], but something else of that name."
            raise UsageError(
                message, f"Write [{section}] once, in single brackets, and its settings in the lines below."
            )
        known = [row.name for row in of(section)]
        for name, value in table.items():
            if name not in known:
                raise _unknown(name, path, known, f"{_cut(name)} in [{section}]")
            found[name] = value
    return found


def known(values: Mapping[str, object]) -> dict[str, object]:
    """Those that are settings: a later version may have recorded others."""
    return {name: value for name, value in values.items() if name in TABLE}


def _no_option(name: str) -> UsageError:
    import difflib  # noqa: PLC0415 - as below

    near = difflib.get_close_matches(name, TABLE, 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else "They are the options of `coasty-desk run`, with underscores."
    return UsageError(f"There is no option {name}.", remedy)


def _unknown(name: str, path: Path, known: list[str], shown: str) -> UsageError:
    import difflib  # noqa: PLC0415 - few misspell

    home = TABLE[name].section if name in TABLE else ""
    if home in SECTIONS:
        return UsageError(f"{path} has {name} where it does not belong.", f"Write it under [{home}].")
    near = difflib.get_close_matches(_cut(name), known, 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
    return UsageError(f"{path} has an unknown key: {shown}.", remedy)


def _read(name: str, value: object, shown: str) -> object:
    return _read_as(TABLE[name].read, value, shown)


def number(said: str, shown: str, low: int, high: int = readers.MOST) -> int:
    """The whole number that is given for what the person knows as `shown`. Raises UsageError."""
    return cast("int", _read_as(readers.whole(low, high), said, shown))


def _read_as(read: ValueReader, value: object, shown: str) -> object:
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError) as error:
        part = next((item for item in value if not _takes(read, [item])), value) if isinstance(value, list) else value
        said = part.strip() if isinstance(part, str) else part
        message = f"{shown} cannot be {'empty' if said == '' else _short(said)}."
        raise UsageError(message, f"Give it {read.expected}.") from error


def _takes(read: ValueReader, value: object) -> bool:
    try:
        read(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _short(value: object) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
