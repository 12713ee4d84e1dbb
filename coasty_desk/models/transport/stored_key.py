"""An API key in the system's keyring: one for each host, so that a key for one service is never sent to another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from coasty_desk.core.errors import UsageError

SERVICE = "coasty-desk"
"""What the keyring calls us; the user beside it is the service's host."""

_INSTEAD = (
    "Set the key's variable instead, such as COASTY_API_KEY, in the environment of the commands that need it alone."
)


def works() -> str:
    """The name of the keyring that would be used. Raises UsageError where there is none that works."""
    with _keyring("opened") as keyring:
        from keyring.backends import fail  # noqa: PLC0415 - see below

        found = keyring.get_keyring()
        if isinstance(found, fail.Keyring) or found.priority <= 0 or not found.name:
            message = "There is no keyring on this machine that works."
            raise UsageError(message, _INSTEAD)
        return str(found.name)


def read(host: str) -> str:
    """The host's key; empty where there is none. Raises UsageError where the keyring cannot be read."""
    with _keyring("read") as keyring:
        try:
            return keyring.get_password(SERVICE, host) or ""
        except keyring.errors.NoKeyringError:
            return ""


def store(key: str, host: str) -> None:
    """Put the key there, in the place of an older one. Raises UsageError where the keyring refuses."""
    with _keyring("written to") as keyring:
        keyring.set_password(SERVICE, host, key)


def forget(host: str) -> bool:
    """Take the key away; whether there was one. Raises UsageError where the keyring refuses."""
    there = bool(read(host))
    with _keyring("written to") as keyring:
        if there:
            keyring.delete_password(SERVICE, host)
    return there


@contextmanager
def _keyring(what: str) -> Iterator[ModuleType]:
    """The library, to do something with it. Raises UsageError in place of whatever it raises."""
    try:
        import keyring  # noqa: PLC0415 - it looks for its backends when it is loaded

        yield keyring
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a backend is anybody's plugin and raises what it likes
        message = f"The system's keyring could not be {what} ({type(error).__name__})."
        raise UsageError(message, f"Unlock it and try again. {_INSTEAD}") from None
