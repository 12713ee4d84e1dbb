"""What a setting may be: each reader takes a value from an option, a file or a record, and gives it in its own type. Pure.

A reader raises ValueError, TypeError or OverflowError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any, Literal, TypeAlias, cast, get_args

from msgspec import Struct

from coasty_desk.catalog import MACHINE, MODELS, TARGETS
from coasty_desk.core.scaling import SENT_MAX, SENT_MIN, Rect, Size
from coasty_desk.core.token_prices import TokenPrice


class ValueReader(Struct, frozen=True):
    """Reads a setting's value, and says to the person what it takes (`expected`), which stands as `metavar` in a help.

    `example` is a value as TOML has it. `choices` are the words that it takes, where it takes no others; `usual` are
    values that a shell offers all the same.
    """

    expected: str
    read: Callable[[Any], Any]
    metavar: str = ""
    example: object = None
    choices: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()

    def __call__(self, value: Any) -> Any:
        """The value in the setting's own type. Raises ValueError, TypeError, OverflowError."""
        return self.read(value)


FURTHEST = 1_000_000
"""Pixels from the origin within which a mask lies."""

MOST_ENTRIES = 256
"""Masks, patterns or secrets: each is looked at for every picture, or for every key."""

OFTEN = f", up to {MOST_ENTRIES} times"

MOST_FILES = 16
"""Policies: each may have hundreds of patterns."""

MOST = 1_000_000
"""Steps, cents, days: what is more is a slip, and some of it is counted up to, one by one."""

LONGEST = 1_000_000
"""Seconds: eleven days. Clocks and timers have an end."""


def whole(low: int, high: int = MOST, metavar: str = "N", example: object = None) -> ValueReader:
    """A whole number, both ends included."""

    def read(value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 10)
        if not low <= number <= high:
            raise ValueError
        return number

    return ValueReader(f"a whole number from {low} to {high}", read, metavar, example)


def seconds(value: Any) -> float:
    """A time that is not negative."""
    number = float(value) if not isinstance(value, bool) else math.nan
    if not 0 <= number <= LONGEST:
        raise ValueError
    return number


def deadline(value: Any) -> float:
    """A time above nothing."""
    number = seconds(value)
    if number == 0:
        raise ValueError
    return number


def one_of(*words: str, example: str = "", table: Collection[str] = ()) -> ValueReader:
    """One of these words, or of the names in a table, as it is by then."""

    def read(value: Any) -> str:
        if value not in words and value not in table:
            raise ValueError
        return cast("str", value)

    return ValueReader("one of " + ", ".join(words), read, "|".join(words), example, words, words)


def switch(value: Any) -> bool:
    """True or false, and nothing that is merely like it."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def text(value: Any) -> str:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def version(value: Any) -> str:
    """A name as the service has it."""
    name = text(value)
    if len(name) > 40 or not (name.isascii() and name.replace(".", "").replace("-", "").isalnum()):
        raise ValueError
    return name


def ip(value: Any) -> str:
    """An address in figures, of either kind."""
    from ipaddress import ip_address  # noqa: PLC0415 - 8 ms, and few name one

    return str(ip_address(text(value)))


def host(name: str) -> str:
    """A name as a URL has it, without a port."""
    if len(name) > 253 or not (name.isascii() and name.replace(".", "").replace("-", "").replace("_", "").isalnum()):
        raise ValueError
    return name.lower()


POSTGRES = ("postgresql://", "postgres://")
"""How the address of a Postgres database begins."""


def database(value: Any) -> str:
    """The path of a file, also as a URL has it, or the address of a Postgres database."""
    path = text(value).removeprefix("sqlite:///")
    if "://" in path and not path.startswith(POSTGRES):
        raise ValueError
    return text(path)


def shared_database(value: Any) -> str:
    """The address of a Postgres database."""
    address = text(value)
    if not address.startswith(POSTGRES):
        raise ValueError
    return address


def mailbox(value: Any) -> str:
    """A mailbox's place, without its password."""
    from coasty_desk.core.mail_places import MailboxPlace  # noqa: PLC0415 - few have one, and as below

    MailboxPlace.read(text(value))
    return text(value)


def mail_address(value: Any) -> str:
    """An address of mails, or all those of a domain."""
    from coasty_desk.core.mail_places import MailAddress  # noqa: PLC0415 - as above

    MailAddress.read(text(value))
    return text(value)


def loopback_port(value: Any) -> str:
    """A port at one of this machine's own addresses that nobody else reaches."""
    where, _, port = text(value).rpartition(":")
    where = where or "127.0.0.1"
    if where not in ("127.0.0.1", "[::1]"):
        raise ValueError
    return f"{where}:{whole(0, 65535)(port)}"


def secret_source(value: Any) -> str:
    """Where a secret is from: a variable, or the keyring."""
    kind, colon, where = text(value).partition(":")
    if kind not in ("env", "keyring") or not colon or not where or (kind == "keyring" and "/" not in where):
        raise ValueError
    return text(value)


def screen(value: Any) -> str:
    """A target's name, or a machine's, on one line."""
    name = text(value)
    if len(name) > 128 or not name.isprintable():
        raise ValueError
    return name


def texts(value: Any, most: int = MOST_ENTRIES) -> tuple[str, ...]:
    """One text, or a list of them."""
    return tuple(text(item) for item in _entries(value, most))


def _entries(value: Any, most: int = MOST_ENTRIES) -> Any:
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or len(entries) > most:
        raise ValueError
    return entries


def size(value: Any) -> Size:
    """A size in pixels that may be sent, or `full`."""
    if value == "full":
        return SENT_MAX
    size = Size.parse(value)
    if not (size.holds(SENT_MIN) and SENT_MAX.holds(size)):
        raise ValueError
    return size


def monitor(value: Any) -> Literal["primary"] | int:
    """`primary`, or a number from 1."""
    return "primary" if value == "primary" else cast("int", whole(1)(value))


_PIXELS = whole(-FURTHEST, FURTHEST)


def rects(value: Any) -> tuple[Rect, ...]:
    """Rectangles as `X,Y,WIDTH,HEIGHT` or lists of four numbers, in real pixels."""

    def rect(item: Any) -> Rect:
        left, top, width, height = [
            _PIXELS(part) for part in (item.split(",") if isinstance(item, str) else _entries(item))
        ]
        if min(width, height) <= 0:
            raise ValueError
        return Rect(left, top, width, height)

    return tuple(rect(item) for item in _entries(value))


def prices(value: Any) -> dict[str, TokenPrice]:
    """What models cost by the token, by their names."""
    if not isinstance(value, dict) or len(value) > MOST_ENTRIES:
        raise ValueError
    return {text(name): TokenPrice.read_from(entry) for name, entry in value.items()}


def settle(value: Any) -> float | None:
    """A fixed pause in seconds; None for `adaptive`."""
    return None if value == "adaptive" else seconds(value)


TOOLS = ("click", "type_text", "key_press", "key_combo", "scroll", "drag", "move", "wait")
"""The action types that a model may be given; `done` and `fail` it has in any case."""


def tools(value: Any) -> tuple[str, ...]:
    """Words with commas between them, or a list of them: each once."""
    words = [word.strip() for entry in _entries(value) for word in text(entry).split(",")]
    if len(set(words)) < len(words) or not set(words) <= set(TOOLS):
        raise ValueError
    return tuple(words)


HumanInput: TypeAlias = Literal["pause", "stop", "ignore"]
ImageFormat: TypeAlias = Literal["png", "jpeg", "auto"]
OwnTerminal: TypeAlias = Literal["auto", "hide", "show"]

PROVIDER = one_of(*MODELS, table=MODELS)
HUMAN_INPUT = one_of(*get_args(HumanInput))
IMAGE_FORMAT = one_of(*get_args(ImageFormat))
OWN_TERMINAL = one_of(*get_args(OwnTerminal))
CONFIRM = one_of("never", "risky", "always", example="risky")
SWITCH = ValueReader("true or false", switch)
ACTIONS, STATELESS = whole(1, 10, example=5), whole(0, 20, "[N]", example=3)
ACTION_TYPES = ValueReader(
    f"one or more of {', '.join(TOOLS)}, each once", tools, "LIST", ["click", "type_text"], (), TOOLS
)
COUNT, CENTS, STEPS, MEMORY = whole(0), whole(0, metavar="CENTS", example=200), whole(1, example=25), whole(1, 20)
DEADLINE = ValueReader(f"a number of seconds above 0, at most {LONGEST}", deadline, "SECONDS", 600)
SETTLE = ValueReader(
    f"adaptive or a number of seconds, at most {LONGEST}", settle, "SECONDS", "adaptive", usual=("adaptive",)
)
FILE = ValueReader("a file", text, "FILE", "task.txt")
SCRIPT = ValueReader("a file of predictions, one a line", text, "FILE", "script.jsonl")
FILES = ValueReader(
    f"a file, or up to {MOST_FILES} of them", lambda value: texts(value, MOST_FILES), "FILE", "policy.toml"
)
PRESET = ValueReader("a preset's name or a file", text, "NAME|FILE")
KEYS = ValueReader("keys such as <ctrl>+<shift>+<f12>", text, "KEYS", "<ctrl>+<shift>+<f12>")
PORT, IP_ADDRESS = whole(0, 65535, "PORT"), ValueReader("an address in figures", ip, "ADDRESS", "0.0.0.0")  # noqa: S104 - as an example
HOSTS = ValueReader(f"a host's name{OFTEN}", lambda value: tuple(map(host, texts(value))), "NAME", ["desk.home.arpa"])
DATABASE = ValueReader("a file, or postgresql://USER@HOST/DATABASE", database, "FILE|URL", "service.sqlite3")
SHARED_DATABASE = ValueReader(
    "a Postgres database, which many hosts can share and a file cannot: postgresql://USER@HOST/DATABASE",
    shared_database,
    "URL",
    "postgresql://desk@db.home.arpa/desks",
)
MAILBOX = ValueReader(
    "a mailbox, without its password: imaps://USER@HOST/FOLDER, or imap:// on this machine",
    mailbox,
    "URL",
    "imaps://me%40example.org@imap.example.org",
)
MAIL_ADDRESS = ValueReader(
    "an address as me@example.org, or @example.org for all of a domain", mail_address, "ADDRESS", "me@example.org"
)
LOOPBACK_PORT = ValueReader(
    "a port of this machine alone: 127.0.0.1:PORT", loopback_port, "ADDRESS:PORT", "127.0.0.1:2424"
)
SECRET_SOURCE = ValueReader(
    "env:VARIABLE or keyring:SERVICE/USER", secret_source, "SOURCE", "keyring:mail/me@example.org"
)
VERSION = ValueReader("a version such as v3", version, "VERSION", usual=("v1", "v3", "v4", "v5"))
MONITOR = ValueReader("primary or a monitor's number", monitor, "primary|N")
SCREEN = ValueReader(
    "desktop, or a machine's name or id", screen, "MACHINE", usual=tuple(name for name in TARGETS if name != MACHINE)
)
MAX_SIZE = ValueReader(
    f"WIDTHxHEIGHT from {SENT_MIN} to {SENT_MAX}, or full",
    size,
    "WxH|full",
    usual=("1280x720", "1920x1080", "2560x1440", "full"),
)
RECTS = ValueReader(f"X,Y,WIDTH,HEIGHT in real pixels{OFTEN}", rects, "X,Y,W,H", ["0,0,400,30"])
TITLES = ValueReader(f"a pattern of window titles{OFTEN}", texts, "PATTERN", ["*Bank*"])
SECRETS = ValueReader(
    f"NAME=env:VARIABLE or NAME=keyring:SERVICE/USER, with @WINDOW behind it or without{OFTEN}",
    texts,
    "NAME=SOURCE",
    ["PASSWORD=keyring:mail/me"],
)
ADDRESS = ValueReader("an http or https address", text, "URL", "http://127.0.0.1:11434/v1")
NAME = ValueReader("a name", text, "NAME", "qwen3-vl:8b")
PRICES = ValueReader(
    f'up to {MOST_ENTRIES} tables such as [prices."name"], each with in, out and, where they differ, read and write in dollars for a million tokens, and as_of',
    prices,
    example={"claude-sonnet-5-5": {"in": 2.0, "out": 10.0, "read": 0.2, "write": 2.5, "as_of": "2026-11-26"}},
)
