"""Machines of a Coasty account, on which runs are carried out here: as with `coasty-desk run --on`, through the account."""

from __future__ import annotations

import re

from coasty_desk import lifetimes
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.relay import ACCOUNTS_OWN
from coasty_desk.core.stop import Stop
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.service import Service

PROVIDER = "coasty"
"""Whose account it is."""

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def is_accounts(name: str) -> bool:
    """Whether it is an id that only an account's machine can have."""
    return name.startswith(ACCOUNTS_OWN)


def demand(service: Service, name: str, stop: Stop) -> None:
    """Raise ApiError where the account has no such machine, cannot be asked, or the service has no key for it; Aborted."""
    if not _ID.fullmatch(name):
        raise _unknown()
    try:
        account = lifetimes.model(PROVIDER).relay(service.settings, service.environment)
    except (ServiceError, UsageError) as error:
        message = "The machine is one of a Coasty account, for which this service has no key."
        remedy = "Start the service with COASTY_API_KEY, or after `coasty-desk auth login`; here, GET /v1/machines has others."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, remedy) from error
    try:
        account.tell("GET", f"machines/{name}", stop)
    except ServiceError as error:
        if error.status == 404:
            raise _unknown() from error
        message = f"The account cannot be asked for its machine: {error.message}"
        raise ApiError("UPSTREAM_ERROR", message) from error


def _unknown() -> ApiError:
    message = "The account has no such machine."
    return ApiError("MACHINE_NOT_FOUND", message)
