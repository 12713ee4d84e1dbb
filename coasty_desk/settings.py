"""Every setting, merged once from defaults, files, environment and options, and frozen.

The annotations of `Settings` are the one table of them: the options of every command, the short way of `run`,
`config init`, `config show`, what a shell completes and `coasty-desk help settings` are made from it. To add a setting
is to add a row.

Precedence (DESIGN.md A2): option > environment > project `coasty-desk.toml` > user `config.toml`
> default. Whoever left a project's file there need not be the person, so each setting says beside it
what such a file may do with it. The API key is no setting: it is read by `compose` from the
environment or the keyring.
"""

# The annotations are wanted as they stand, and not as text: they are the table.

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, cast

import platformdirs
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from coasty_desk import plain_files, presets, project_file
from coasty_desk import project_rules as rules
from coasty_desk import setting_readers as readers
from coasty_desk.core.abort import abort_key
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home, given
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.presets import Confirm
from coasty_desk.project_file import ProjectFile
from coasty_desk.project_rules import Allowed, ProjectRule
from coasty_desk.setting_readers import HumanInput, ImageFormat, OwnTerminal, ValueReader

PROJECT_FILE = project_file.NAME
BASE_URL = "https://coasty.ai/v1"
BASE_URL_VARIABLE = "COASTY_BASE_URL"
KEY_VARIABLE = "COASTY_API_KEY"

LARGEST_FILE = 1_000_000
"""Bytes of the person's own configuration file."""

Origins: TypeAlias = dict[str, str]


DEFAULT_SIZE = Size(1280, 720)
"""The largest screenshot that the service charges nothing more for (API.md §4.4)."""


class Setting(Struct, frozen=True):
    """A row of the table: what a person is told of a setting, how its value is read, and what a project's file may do with it.

    `about` is a line without a full stop, for every help, and `see` the topic of the manual that says more; `unset` is
    what holds where there is no value. `name` and `default` are those of the field.
    """

    about: str
    read: ValueReader
    project: ProjectRule
    unset: str = "none"
    see: str = ""
    section: str = "run"
    name: str = ""
    default: Any = None

    @property
    def flag(self) -> str:
        """As an option."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def takes(self) -> type[bool | tuple[object, ...] | str]:
        """What the option takes: nothing (bool), several values (tuple) or one (str)."""
        kinds: tuple[type[bool | tuple[object, ...]], ...] = (bool, tuple)
        return next((kind for kind in kinds if isinstance(self.default, kind)), str)

    @property
    def standing(self) -> str:
        """What holds where nothing is set, in words; empty where that is nothing, or off."""
        if self.default is None:
            return "" if self.unset == "none" else self.unset
        return str(plain(self.default)) if self.default and self.takes is str else ""

    @property
    def line(self) -> str:
        """What it is, and what it is where nothing is set."""
        return f"{self.about}.{f' [{self.standing}]' if self.standing else ''}"

    @property
    def example(self) -> object:
        """A value as TOML has it."""
        return plain(self.default) if self.default not in (None, (), {}) else self.read.example


class Settings(Struct, frozen=True):
    """What DESIGN.md A2 lists under `run`, with the sections `[record]` and `[limits]` of the files: the table.

    Sizes are in sent pixels, masks in real ones, times in seconds, money in cents.
    `max_steps` is None for its default, which a dry run lowers to 1. All of several policies are in force.
    """

    dry_run: Annotated[
        bool, Setting("Only print each action in real pixels; send no input", readers.SWITCH, rules.SWITCHED_ON)
    ] = False
    max_steps: Annotated[
        int | None, Setting("Most predictions", readers.STEPS, rules.SMALLER, unset="25; dry run: 1")
    ] = None
    deadline: Annotated[float | None, Setting("Wall-clock cap of the run", readers.DEADLINE, rules.SMALLER)] = None
    budget: Annotated[
        int | None, Setting("Cap on cost, checked before each prediction", readers.CENTS, rules.SMALLER, see="money")
    ] = None
    # the program's own texts, where the person has chosen none: another text may say anything to the model
    preset: Annotated[str, Setting("Instructions for the model", readers.PRESET, rules.BUILT_IN)] = presets.DEFAULT
    step: Annotated[
        bool, Setting("Ask before every single action", readers.SWITCH, rules.SWITCHED_ON, see="policy")
    ] = False
    confirm: Annotated[
        Confirm | None,
        Setting("Which actions wait for your yes", readers.CONFIRM, rules.ASKS_MORE, "the preset's", "policy"),
    ] = None
    policy: Annotated[
        tuple[str, ...], Setting("What is allowed at all, as TOML or JSON", readers.FILES, rules.ADDED, see="policy")
    ] = ()
    # it would be typed wherever the model likes
    secret: Annotated[
        tuple[str, ...],
        Setting("What {{secret:NAME}} types; @WINDOW binds it", readers.SECRETS, rules.BY_TRUST, see="secrets"),
    ] = ()
    on_human_input: Annotated[
        HumanInput,
        Setting("When you move the pointer or type", readers.HUMAN_INPUT, rules.STRICTER_AT_INPUT, see="policy"),
    ] = "pause"
    # less of the screen leaves the machine, for less; a policy's bounds are in these pixels, and would mean other places
    max_size: Annotated[
        Size, Setting("The screenshot is shrunk to fit inside", readers.MAX_SIZE, rules.SMALLER_PICTURE, see="money")
    ] = DEFAULT_SIZE
    # another screen is another world: its person never said that it may be driven
    on: Annotated[
        str, Setting("Which screen: desktop, or a machine's name or id", readers.SCREEN, rules.BY_TRUST, see="machines")
    ] = "desktop"
    remote: Annotated[
        bool, Setting("The machine is one of your Coasty account", readers.SWITCH, rules.BY_TRUST, see="machines")
    ] = False
    # another monitor may show what was to stay unseen
    monitor: Annotated[Literal["primary"] | int, Setting("Which monitor", readers.MONITOR, rules.BY_TRUST)] = "primary"
    mask: Annotated[
        tuple[Rect, ...],
        Setting("Real pixels painted black in every picture", readers.RECTS, rules.ADDED, see="secrets"),
    ] = ()
    mask_window: Annotated[
        tuple[str, ...], Setting("Windows painted black, by title", readers.TITLES, rules.ADDED, see="secrets")
    ] = ()
    # the key that the person knows would do nothing any more
    abort_hotkey: Annotated[
        str | None, Setting("The abort key", readers.KEYS, rules.BY_TRUST, abort_key.DEFAULT, "stopping")
    ] = None
    # who sees the screen, and who is paid
    provider: Annotated[
        str, Setting("Who predicts; offline: no key, no network", readers.PROVIDER, rules.BY_TRUST, see="models")
    ] = "coasty"
    model: Annotated[
        str | None, Setting("Which model", readers.NAME, rules.BY_TRUST, "the provider's own", "models")
    ] = None
    # a key may be sent there, and the screen is
    base_url: Annotated[
        str | None, Setting("Where its server is", readers.ADDRESS, rules.NEVER, "the provider's own", "models")
    ] = None
    profile: Annotated[
        str | None,
        Setting("How a chat model is spoken with", readers.NAME, rules.BY_TRUST, "by its name", "models"),
    ] = None
    # what is done on the screen, word for word
    script: Annotated[
        str | None,
        Setting(
            "What the provider script plays, a JSON line a step", readers.SCRIPT, rules.BY_TRUST, "the task's", "models"
        ),
    ] = None
    cua_version: Annotated[str, Setting("The model's version", readers.VERSION, rules.BY_TRUST, see="models")] = "v3"
    # another text may say anything to the model
    system_prompt: Annotated[
        str | None, Setting("A text in place of the base prompt", readers.FILE, rules.BY_TRUST, see="models")
    ] = None
    tools: Annotated[
        tuple[str, ...],
        Setting("The action types that the model has", readers.ACTION_TYPES, rules.BY_TRUST, see="models"),
    ] = ()
    max_actions: Annotated[
        int | None, Setting("Most actions of one answer, 1-10", readers.ACTIONS, rules.SMALLER, see="models")
    ] = None
    # what it costs is in the price that is shown and asked about, and within the caps
    stateless: Annotated[
        int | None,
        Setting("No session: the last N (3) screenshots, kept here", readers.STATELESS, rules.HARMLESS, see="money"),
    ] = None
    memory: Annotated[
        int, Setting("Screenshots that the model remembers, 1-20", readers.MEMORY, rules.HARMLESS, see="money")
    ] = 3
    # a pause that a stop ends as any
    settle: Annotated[
        float | None, Setting("Fixed pause after each step", readers.SETTLE, rules.HARMLESS, unset="adaptive")
    ] = None
    # the same picture in another file
    image_format: Annotated[
        ImageFormat, Setting("How the screenshot is sent", readers.IMAGE_FORMAT, rules.HARMLESS)
    ] = "png"
    overlay: Annotated[
        bool, Setting("A badge on the screen: who drives, how to stop", readers.SWITCH, rules.SWITCHED_ON)
    ] = False
    own_terminal: Annotated[
        OwnTerminal,
        Setting("The window that you start this from", readers.OWN_TERMINAL, rules.STRICTER_ON_TERMINAL, see="policy"),
    ] = "auto"
    # what is to be done, and a file whose content is sent
    file: Annotated[str | None, Setting("The task from a file", readers.FILE, rules.BY_TRUST)] = None
    # without a record nobody sees afterwards what happened, and with one that was not wanted others may
    no_record: Annotated[bool, Setting("Keep nothing on disk", readers.SWITCH, rules.BY_TRUST, see="record")] = False
    # a person at a terminal would not see what goes on, nor how to stop it
    json: Annotated[
        bool, Setting("One JSON event a line on stdout, nothing else there", readers.SWITCH, rules.BY_TRUST)
    ] = False
    yes: Annotated[
        bool, Setting("Do not ask before it can cost money", readers.SWITCH, rules.BY_TRUST, see="money")
    ] = False
    # where programs may ask for this desktop to be driven
    port: Annotated[
        int, Setting("Where the service listens; 0: any that is free", readers.PORT, rules.NEVER, "", "serve", "serve")
    ] = 8417
    bind: Annotated[
        str, Setting("At which of this machine's addresses", readers.IP_ADDRESS, rules.NEVER, "", "serve", "serve")
    ] = "127.0.0.1"
    allow_host: Annotated[
        tuple[str, ...],
        Setting(
            "A name by which it may be asked, besides its addresses", readers.HOSTS, rules.NEVER, "", "serve", "serve"
        ),
    ] = ()
    database: Annotated[
        str | None,
        Setting(
            "What it keeps: a SQLite file, or a Postgres database for its runs",
            readers.DATABASE,
            rules.NEVER,
            "beside the runs",
            "serve",
            "serve",
        ),
    ] = None
    join: Annotated[
        str | None,
        Setting(
            "One of many hosts: the Postgres database that they share",
            readers.SHARED_DATABASE,
            rules.NEVER,
            "",
            "many-desktops",
            "serve",
        ),
    ] = None
    webhook_allow_private: Annotated[
        bool,
        Setting(
            "Webhooks may go to this machine and its network, without https too",
            readers.SWITCH,
            rules.NEVER,
            "",
            "serve",
            "serve",
        ),
    ] = False
    # mails that come there have schedules fire
    mailbox: Annotated[
        str | None,
        Setting(
            "The mailbox that is looked into for mails to triggers",
            readers.MAILBOX,
            rules.NEVER,
            "",
            "schedules",
            "serve",
        ),
    ] = None
    mail_address: Annotated[
        str | None,
        Setting(
            "The address that mails to triggers come to",
            readers.MAIL_ADDRESS,
            rules.NEVER,
            "the mailbox's user",
            "schedules",
            "serve",
        ),
    ] = None
    mail_password: Annotated[
        str,
        Setting("Where the mailbox's password is from", readers.SECRET_SOURCE, rules.NEVER, "", "schedules", "serve"),
    ] = "env:COASTY_DESK_MAIL_PASSWORD"  # noqa: S105 - where it is from
    mail_listen: Annotated[
        str | None,
        Setting(
            "Where a mail server of this machine brings them, by LMTP or SMTP",
            readers.LOOPBACK_PORT,
            rules.NEVER,
            "",
            "schedules",
            "serve",
        ),
    ] = None
    # they delete what other runs have recorded
    keep_days: Annotated[
        int, Setting("Runs recorded more days ago are deleted", readers.COUNT, rules.NEVER, "", "record", "record")
    ] = 30
    keep_mb: Annotated[
        int,
        Setting(
            "The oldest are deleted while all take more megabytes", readers.COUNT, rules.NEVER, "", "record", "record"
        ),
    ] = 2000
    daily_cents: Annotated[
        int | None,
        Setting("Cap on what all runs of a day cost", readers.CENTS, rules.DAY_CAPPED, see="money", section="limits"),
    ] = None
    # a price that is too low lets a run spend more
    prices: Annotated[
        dict[str, TokenPrice],
        Setting("What models cost by the token", readers.PRICES, rules.NEVER, see="money", section="prices"),
    ] = {}
    capped_by_project: bool = False
    """Whether the budget is a project's: a cap like any, but nobody's agreement to what the run may cost."""

    def unheeded(self, heeds: Iterable[str]) -> list[str]:
        """The options that are set and that a model does not go by, which goes by these."""
        return [TABLE[name].flag for name in OF_MODEL if name not in heeds and getattr(self, name) not in (None, ())]

    @property
    def takes_mails(self) -> bool:
        """Whether mails have the service's schedules fire."""
        return self.mailbox is not None or self.mail_listen is not None

    @property
    def postgres(self) -> str | None:
        """The address of the Postgres database that the service keeps its runs in, alone or with others; None where that is a file."""
        said = self.join or self.database
        return said if said is not None and said.startswith(readers.POSTGRES) else None

    @property
    def steps(self) -> int:
        """The cap on predictions: as set, else 25, or 1 for a dry run."""
        return self.max_steps if self.max_steps is not None else (1 if self.dry_run else 25)


def _rows() -> Iterable[Setting]:
    for name, annotation in Settings.__annotations__.items():
        if hasattr(annotation, "__metadata__"):
            yield replace(annotation.__metadata__[0], name=name, default=getattr(_DEFAULTS, name))


_DEFAULTS = Settings()
TABLE = {row.name: row for row in _rows()}
"""The settings by name, in the order in which a help has them."""

OF_MODEL = ("system_prompt", "tools", "max_actions", "stateless")
"""What not every model goes by (`lifetimes.Model.heeds`)."""

OF_PROVIDER = ("model", "base_url", "profile", "script", *OF_MODEL)
"""What belongs to the provider beside which it is named."""

SECTIONS = ("run", "serve", "record", "limits", "prices")
"""Those of a file; the last is one value, by the models' names."""


def of(*sections: str) -> list[Setting]:
    """Those of these sections; their order is that of the table."""
    return [row for row in TABLE.values() if row.section in sections]


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


def plain(value: object) -> object:
    """A setting's value as JSON and TOML have it."""
    match value:
        case Size():
            return str(value)
        case Rect(left, top, width, height):
            return f"{left},{top},{width},{height}"
        case tuple():
            return [plain(item) for item in value]
        case dict():
            return {name: to_builtins(item) for name, item in value.items()}
        case _:
            return value


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
