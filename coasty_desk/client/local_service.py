"""The service of this computer, where one runs: found by the file that it keeps beside the runs."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

from coasty_desk import serve_file
from coasty_desk.client.service_client import START, ServiceClient
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection

NOT_RUNNING = "NOT_RUNNING"
"""The code of ours for what is not there to be asked."""

_PATIENCE = 5.0
"""Seconds to connect to this machine itself: where nobody listens it is said at once."""


def found(folder: Path, stop: Stop | None = None) -> ServiceClient | None:
    """Who speaks with it; None where none runs on this data folder."""
    told = serve_file.read(folder)
    if told is None or not _listens(told.url):
        return None
    try:
        return ServiceClient(Connection(told.url, ApiKey(told.key)), stop, here=True)
    except (ServiceError, UsageError):
        return None  # a file that is no service's


def demanded(folder: Path, stop: Stop | None = None) -> ServiceClient:
    """The same. Raises ServiceError NOT_RUNNING where none runs."""
    client = found(folder, stop)
    if client is None:
        message = "This computer's own service is not running."
        raise ServiceError(message, START, code=NOT_RUNNING)
    return client


def _listens(url: str) -> bool:
    """Whether somebody does: a service that was killed has left its file."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), _PATIENCE):
            return True
    except OSError:
        return False
