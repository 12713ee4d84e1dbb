"""Ids of what a service has, in its answers and in the paths that ask for it, and what is said where an answer has none."""

from __future__ import annotations

import re
from typing import NoReturn, TypeGuard

from coasty_desk.core.errors import ServiceError, UsageError

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_id(value: object) -> TypeGuard[str]:
    """Whether it can be one."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def id_in_path(text: str, what: str, beside: str = "") -> str:
    """The id of a `machine`, a `run` or a `key` as it stands in a path; `beside` ends the advice. Raises UsageError for what cannot be one."""
    if not is_id(text):
        message = f"This is no {what}'s id."
        raise UsageError(message, f"Take one from `coasty-desk {what}s list`{beside}.")
    return text


def senseless(what: str) -> NoReturn:
    """Raise ServiceError: an answer is none."""
    message = f"The service's {what} makes no sense."
    raise ServiceError(message, "Try again; if it happens again, look for a newer version of coasty-desk.")
