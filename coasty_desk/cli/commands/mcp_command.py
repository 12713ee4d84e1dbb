"""`coasty-desk mcp`: this desktop as tools for the assistant's program that has started it."""

from __future__ import annotations

from coasty_desk.cli.commands import mcp_serving
from coasty_desk.cli.setting_options import Options, with_settings

EXAMPLE = "Example:  coasty-desk mcp --mask 0,0,400,40"


@with_settings(
    *("monitor", "mask", "mask_window", "policy", "secret", "confirm", "abort_hotkey", "on_human_input", "settle"),
    *("max_steps", "deadline", "overlay", "own_terminal", "no_record"),
    confirm="Which actions a person must agree to: never, risky, always. [risky]",
    max_steps="Cap on calls that look or act. [1000]",
)
def mcp(options: Options) -> int:
    """Lend this desktop to an assistant's program, by MCP over stdin and stdout; started by that program. See: coasty-desk help mcp."""
    return mcp_serving.served(options)
