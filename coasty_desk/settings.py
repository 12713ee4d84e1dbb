"""Every setting there is: what it is for, its default, and what reads it.

The annotations of `Settings` are the one table of them: the options of every command, the short way of `run`,
`config init`, `config show`, what a shell completes and `coasty-desk help settings` are made from it. To add a setting
is to add a row.

Each says beside it what a project's file may do with it (`merged_settings`). The API key is no setting: it is read by `compose` from the
environment or the keyring.
"""

# The annotations are wanted as they stand, and not as text: they are the table.

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from coasty_desk import presets, project_file
from coasty_desk import project_rules as rules
from coasty_desk import setting_readers as readers
from coasty_desk.core.abort import abort_key
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.presets import Confirm
from coasty_desk.project_rules import ProjectRule
from coasty_desk.setting_readers import HumanInput, ImageFormat, OwnTerminal, ValueReader

PROJECT_FILE = project_file.NAME
BASE_URL = "https://coasty.ai/v1"
BASE_URL_VARIABLE = "COASTY_BASE_URL"
KEY_VARIABLE = "COASTY_API_KEY"

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
