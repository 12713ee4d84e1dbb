"""The API key in the system's keyring: one for each host, so that a key for one service is never sent to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from coasty_desk.core.errors import UsageError
from coasty_desk.models.coasty.api_key import BASE_URL, base_url

SERVICE = "coasty-desk"
"""What the keyring calls us; the user beside it is the service's host."""

T = TypeVar("T")

_INSTEAD = "Set COASTY_API_KEY instead, in the environment of the commands that need it alone."


def host(url: str = BASE_URL) -> str:
    """The host that a key for this address is stored under. Raises UsageError where it is no address."""
    return urlsplit(base_url(url)).hostname or ""


def works() -> str:
    """The name of the keyring that would be used. Raises UsageError where there is none that works."""

    def named() -> str:
        import keyring  # noqa: PLC0415 - it looks for its backends when it is loaded
        from keyring.backends import fail  # noqa: PLC0415

        found = keyring.get_keyring()
        return "" if isinstance(found, fail.Keyring) or found.priority <= 0 else found.name

    name = _asked(named, "opened")
    if not name:
        message = "There is no keyring on this machine that works."
        raise UsageError(message, _INSTEAD)
    return name


def read(url: str = BASE_URL) -> str:
    """The stored key; empty where there is none. Raises UsageError where the keyring cannot be read."""

    def got() -> str:
        import keyring  # noqa: PLC0415 - see above
        from keyring.errors import NoKeyringError  # noqa: PLC0415

        try:
            return keyring.get_password(SERVICE, host(url)) or ""
        except NoKeyringError:
            return ""

    return _asked(got, "read")


def store(key: str, url: str = BASE_URL) -> None:
    """Put the key there, in the place of an older one. Raises UsageError where the keyring refuses."""

    def put() -> None:
        import keyring  # noqa: PLC0415 - see above

        keyring.set_password(SERVICE, host(url), key)

    _asked(put, "written to")


def forget(url: str = BASE_URL) -> bool:
    """Take the key away; whether there was one. Raises UsageError where the keyring refuses."""

    def removed() -> bool:
        import keyring  # noqa: PLC0415 - see above

        if not read(url):
            return False
        keyring.delete_password(SERVICE, host(url))
        return True

    return _asked(removed, "written to")


def _asked(ask: Callable[[], T], what: str) -> T:
    try:
        return ask()
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a backend is anybody's plugin and raises what it likes
        message = f"The system's keyring could not be {what} ({type(error).__name__})."
        raise UsageError(message, f"Unlock it and try again. {_INSTEAD}") from None
