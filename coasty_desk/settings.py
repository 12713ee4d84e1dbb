"""Every setting, merged once from defaults, files, environment and options, and frozen.

Precedence (DESIGN.md A2): option > environment > project `coasty-desk.toml` > user `config.toml`
> default. The API key is no setting: it is read by `compose` from the environment or the keyring.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import platformdirs

from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home, given
from coasty_desk.core.scaling import SENT_MAX, SENT_MIN, Rect, Size
from coasty_desk.presets import Confirm

PROJECT_FILE = "coasty-desk.toml"
BASE_URL = "https://coasty.ai/v1"
BASE_URL_VARIABLE = "COASTY_BASE_URL"
KEY_VARIABLE = "COASTY_API_KEY"

Origins: TypeAlias = dict[str, str]
_Reader: TypeAlias = Callable[[Any], Any]


def _whole(low: int, high: int | None = None) -> _Reader:
    def read(value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 10)
        if number < low or (high is not None and number > high):
            message = f"must be {f'{low} to {high}' if high is not None else f'at least {low}'}"
            raise ValueError(message)
        return number

    return _saying(f"a whole number{f' from {low} to {high}' if high is not None else ''}", read)


def _seconds(value: Any) -> float:
    number = float(value) if not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ValueError
    return number


def _deadline(value: Any) -> float:
    number = _seconds(value)
    if number == 0:
        raise ValueError
    return number


def _one_of(*words: str) -> _Reader:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError
        return cast("str", value)

    read.choices = words  # type: ignore[attr-defined]  # as with `expected`
    return _saying("one of " + ", ".join(words), read)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in ([value] if isinstance(value, str) else value))


def _size(value: Any) -> Size:
    if value == "full":
        return SENT_MAX
    size = Size.parse(value)
    if not (size.holds(SENT_MIN) and SENT_MAX.holds(size)):
        raise ValueError
    return size


def _monitor(value: Any) -> Literal["primary"] | int:
    return "primary" if value == "primary" else cast("int", _whole(1)(value))


def _rects(value: Any) -> tuple[Rect, ...]:
    def rect(item: Any) -> Rect:
        numbers = [int(part, 10) for part in item.split(",")] if isinstance(item, str) else list(item)
        left, top, width, height = numbers
        if min(width, height) <= 0:
            raise ValueError
        return Rect(left, top, width, height)

    return tuple(rect(item) for item in ([value] if isinstance(value, str) else value))


def _settle(value: Any) -> float | None:
    return None if value == "adaptive" else _seconds(value)


def _saying(expected: str, read: _Reader) -> _Reader:
    read.expected = expected  # type: ignore[attr-defined]  # the sentence for the person travels with the reader
    return read


DEFAULT_SIZE = Size(1280, 720)
"""The largest screenshot that the service charges nothing more for (API.md §4.4)."""

_SWITCH = _saying("true or false", _switch)
_CONFIRM = _one_of("never", "risky", "always")
_MAX_SIZE = _saying(f"WIDTHxHEIGHT from {SENT_MIN} to {SENT_MAX}, or full", _size)


def _setting(default: Any, read: _Reader, section: str = "run") -> Any:
    return field(default=default, metadata={"read": read, "section": section})


@dataclass(frozen=True, slots=True)
class Settings:
    """What DESIGN.md A2 lists under `run`, with the sections `[record]` and `[limits]` of the files.

    Sizes are in sent pixels, masks in real ones, times in seconds, money in cents.
    `max_steps` is None for its default, which a dry run lowers to 1.
    """

    dry_run: bool = _setting(default=False, read=_SWITCH)
    step: bool = _setting(default=False, read=_SWITCH)
    max_steps: int | None = _setting(None, _whole(1))
    deadline: float | None = _setting(None, _saying("a number of seconds above 0", _deadline))
    budget: int | None = _setting(None, _whole(0))
    preset: str = _setting("precise", _saying("a preset's name or a file", _text))
    confirm: Confirm | None = _setting(None, _CONFIRM)
    policy: str | None = _setting(None, _saying("a file", _text))
    max_size: Size = _setting(DEFAULT_SIZE, _MAX_SIZE)
    monitor: Literal["primary"] | int = _setting("primary", _saying("primary or a monitor's number", _monitor))
    mask: tuple[Rect, ...] = _setting((), _saying("X,Y,WIDTH,HEIGHT in real pixels", _rects))
    abort_hotkey: str | None = _setting(None, _saying("keys such as <ctrl>+<shift>+<f12>", _text))
    provider: Literal["coasty", "offline"] = _setting("coasty", _one_of("coasty", "offline"))
    cua_version: str = _setting("v3", _saying("a version such as v3", _text))
    memory: int = _setting(3, _whole(1, 20))
    settle: float | None = _setting(None, _saying("adaptive or a number of seconds", _settle))
    secret: tuple[str, ...] = _setting((), _saying("NAME=env:VARIABLE or NAME=keyring:SERVICE/USER", _texts))
    mask_window: tuple[str, ...] = _setting((), _saying("a pattern of window titles", _texts))
    on_human_input: Literal["pause", "stop", "ignore"] = _setting("pause", _one_of("pause", "stop", "ignore"))
    image_format: Literal["png", "jpeg", "auto"] = _setting("png", _one_of("png", "jpeg", "auto"))
    overlay: bool = _setting(default=False, read=_SWITCH)
    no_record: bool = _setting(default=False, read=_SWITCH)
    json: bool = _setting(default=False, read=_SWITCH)
    yes: bool = _setting(default=False, read=_SWITCH)
    file: str | None = _setting(None, _saying("a file", _text))
    keep_days: int = _setting(30, _whole(0), "record")
    keep_mb: int = _setting(2000, _whole(0), "record")
    daily_cents: int | None = _setting(None, _whole(0), "limits")
    base_url: str = _setting(BASE_URL, _saying("the service's address", _text), "environment")

    @property
    def steps(self) -> int:
        """The cap on predictions: as set, else 25, or 1 for a dry run."""
        return self.max_steps if self.max_steps is not None else (1 if self.dry_run else 25)


_FIELDS = {entry.name: entry for entry in fields(Settings)}
SECTIONS = ("run", "record", "limits")


def options() -> dict[str, type[bool | tuple[object, ...] | str]]:
    """The settings that are options of `run`, and what each takes: nothing (bool), several values (tuple) or one (str)."""
    kinds: tuple[type[bool | tuple[object, ...]], ...] = (bool, tuple)
    return {
        name: next((kind for kind in kinds if isinstance(entry.default, kind)), str)
        for name, entry in _FIELDS.items()
        if entry.metadata["section"] == "run"
    }


def choices(name: str) -> tuple[str, ...]:
    """The words that a setting takes, where it takes no others; none for what is no setting."""
    if name not in _FIELDS:
        return ()
    found: tuple[str, ...] = getattr(_FIELDS[name].metadata["read"], "choices", ())
    return found


def configuration_files() -> list[Path]:
    """The user's file, where there is a home for it, and the project's; the weaker first."""
    here = Path.cwd() / PROJECT_FILE
    try:
        return [at_home(lambda: platformdirs.user_config_path("coasty-desk")) / "config.toml", here]
    except UsageError:
        return [here]


def load(options: Mapping[str, object], environment: Mapping[str, str], files: list[Path]) -> tuple[Settings, Origins]:
    """Merge. `options` holds only what was given; `files` come with the weakest first. Raises UsageError."""
    values: dict[str, object] = {}
    origins: Origins = dict.fromkeys(_FIELDS, "default")
    for path in files:
        for name, value in _from_file(path).items():
            values[name] = _read(name, value, f"{name} in {path}")
            origins[name] = str(path)
    url = environment.get(BASE_URL_VARIABLE, "").strip()
    if url:
        values["base_url"], origins["base_url"] = url, f"environment ({BASE_URL_VARIABLE})"
    for name, value in options.items():
        if name not in _FIELDS:
            raise _no_option(name)
        flag = f"--{name.replace('_', '-')}"
        values[name], origins[name] = _read(name, value, flag), f"option {flag}"
    return Settings(**cast("dict[str, Any]", values)), origins


def recorded(chosen: Settings) -> dict[str, object]:
    """The settings of a run as JSON values that `load` takes as options, for the run to be taken up again.

    Left out is what belongs to a sitting and not to the run (`json`, `yes`), and what is not set.
    """
    values = {name: getattr(chosen, name) for name, entry in _FIELDS.items() if entry.metadata["section"] == "run"}
    for name in ("json", "yes", "file"):
        del values[name]
    if chosen.policy is not None:
        values["policy"] = str(given(chosen.policy).resolve())
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
        case _:
            return value


def _from_file(path: Path) -> dict[str, object]:
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        message = f"The configuration file {path} may not be read."
        raise UsageError(message, "Give yourself the right to read it, or set HOME to your own folder.") from error
    except OSError as error:
        message = f"The configuration file {path} cannot be read: {error.strerror or error}."
        raise UsageError(message, "Mend it, or write a new one with `coasty-desk config init`.") from error
    import tomllib  # noqa: PLC0415 - 5 ms, and few have a file

    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"The configuration file {path} cannot be read: {error}."
        raise UsageError(message, "Mend it, or write a new one with `coasty-desk config init`.") from error
    found: dict[str, object] = {}
    for section, table in document.items():
        if section not in SECTIONS or not isinstance(table, dict):
            raise _unknown(section, path, [f"[{name}]" for name in SECTIONS], f"[{section}]")
        known = [name for name, entry in _FIELDS.items() if entry.metadata["section"] == section]
        for name, value in table.items():
            if name not in known:
                raise _unknown(name, path, known, f"{name} in [{section}]")
            found[name] = value
    return found


def known(values: Mapping[str, object]) -> dict[str, object]:
    """Those that are settings: a later version may have recorded others."""
    return {name: value for name, value in values.items() if name in _FIELDS}


def _no_option(name: str) -> UsageError:
    import difflib  # noqa: PLC0415 - as below

    near = difflib.get_close_matches(name, _FIELDS, 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else "They are the options of `coasty-desk run`, with underscores."
    return UsageError(f"There is no option {name}.", remedy)


def _unknown(name: str, path: Path, known: list[str], shown: str) -> UsageError:
    import difflib  # noqa: PLC0415 - few misspell

    near = difflib.get_close_matches(name, known, 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
    return UsageError(f"{path} has an unknown key: {shown}.", remedy)


def _read(name: str, value: object, shown: str) -> object:
    read: _Reader = _FIELDS[name].metadata["read"]
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError) as error:
        expected = getattr(read, "expected", "something else")
        message = f"{shown} cannot be {_short(value)}."
        raise UsageError(message, f"Give it {expected}.") from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
