"""Where secrets come from: the environment, or the system's keyring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from coasty_desk.core.errors import UsageError
from coasty_desk.core.secrets import NAME, Secrets
from coasty_desk.core.typed_text.patterns import Pattern

_SPELLING = re.compile(rf"({NAME})=(env|keyring):(.+)", re.DOTALL)


def read(sources: Iterable[str], environment: Mapping[str, str], task: str = "") -> Secrets:
    """The values of `NAME=env:VARIABLE` and `NAME=keyring:SERVICE/USER`, each with `@WINDOW` behind it where it is for such windows alone.

    Raises UsageError for a source that cannot be read or is empty, for a name given twice, and
    for a secret that `task` names and nobody gives. No value is in any error.
    """
    values: dict[str, str] = {}
    windows: dict[str, Pattern] = {}
    for source in sources:
        spelled = _SPELLING.fullmatch(source)
        if spelled is None:
            message = "A --secret is not spelled NAME=env:VARIABLE or NAME=keyring:SERVICE/USER, with @WINDOW behind it or without."
            raise UsageError(
                message, "For example: --secret PASSWORD=env:MY_PASSWORD, and {{secret:PASSWORD}} in the task."
            )
        name, kind, where = spelled.groups()
        if name in values:
            message = f"The secret {name} is given twice."
            raise UsageError(message, "Give each secret one source.")
        values[name], window = (_bound_in_environment if kind == "env" else _bound_in_keyring)(name, where, environment)
        if window is not None:
            windows[name] = _pattern(name, window)
    secrets = Secrets(values, windows)
    unknown = secrets.unknown_in(task)
    if unknown:
        message = f"The task names the secret {unknown[0]}, and nobody gives it."
        raise UsageError(
            message, f"Add --secret {unknown[0]}=env:VARIABLE or --secret {unknown[0]}=keyring:SERVICE/USER."
        )
    return secrets


def _bound_in_environment(name: str, where: str, environment: Mapping[str, str]) -> tuple[str, str | None]:
    variable, bound, window = where.partition("@")
    return _from_environment(name, variable, environment), window if bound else None


def _bound_in_keyring(name: str, where: str, _environment: Mapping[str, str]) -> tuple[str, str | None]:
    """Users may have an @ in their names: what the keyring has is a user, and what follows it is a window."""
    ends = [at for at, letter in enumerate(where) if letter == "@" and "/" in where[:at]]
    for end in reversed(ends):
        value = _in_keyring(name, where) if end == ends[-1] else ""
        if value:
            return value, None
        value = _in_keyring(name, where[:end])
        if value:
            return value, where[end + 1 :]
    return _from_keyring(name, where), None


def _pattern(name: str, window: str) -> Pattern:
    from coasty_desk.wire.regular_expressions import pattern  # few bind one

    try:
        return pattern(window)
    except ValueError as error:
        message = f"The secret {name} is for windows like {window!r}, which cannot be read: {error}."
        raise UsageError(message, "Write a part of the title, a glob like *Bank*, or a regular expression.") from error


def _from_environment(name: str, variable: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable, "")
    if not value:
        message = f"The secret {name} is to come from the environment variable {variable}, which is not set."
        raise UsageError(message, f"Set {variable}, without exporting it to more than this command.")
    return value


def _from_keyring(name: str, where: str) -> str:
    value = _in_keyring(name, where)
    if not value:
        service, _, user = where.rpartition("/")
        message = f"The keyring has nothing for {service}/{user}, where the secret {name} is to come from."
        raise UsageError(message, f"Store it first: keyring set {service} {user}.")
    return value


def _in_keyring(name: str, where: str) -> str:
    """Empty where it has nothing. Raises UsageError."""
    service, slash, user = where.rpartition("/")
    if not slash or not service or not user:
        message = f"The secret {name} is to come from the keyring, and {where!r} is not SERVICE/USER."
        raise UsageError(message, f"Write --secret {name}=keyring:SERVICE/USER.")
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, user) or ""
    except (KeyringError, OSError, RuntimeError) as error:
        message = f"The secret {name} cannot be read from the keyring ({type(error).__name__})."
        raise UsageError(message, "Unlock the keyring, or give the secret by env:VARIABLE.") from None
