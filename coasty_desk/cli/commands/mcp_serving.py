"""`coasty-desk mcp` from its options to its end; without the command line's library, since the host waits for it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from coasty_desk.cli import configured
from coasty_desk.core.errors import UsageError

INSTALL_MCP = "pip install 'coasty-desk[mcp]'"


def served(options: Mapping[str, object]) -> int:
    """Serve until the host ends it. Raises UsageError where the packages are not there, or a setting is wrong."""
    chosen, origins = configured.load(options)
    try:
        from coasty_desk.mcp import stdio_service
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio", "pydantic"):
            raise
        message = "The packages that MCP needs are not installed."
        raise UsageError(message, f"Install them: {INSTALL_MCP}.") from error
    return stdio_service.serve(stdio_service.of_session(chosen, origins), os.environ)
