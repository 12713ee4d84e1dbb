"""The settings that a command goes by: merged, and one line on stderr of what a project's file has to do with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from coasty_desk import merged_settings
from coasty_desk.settings import Origins, Settings

_said: set[str] = set()
"""What was said already: a command may ask for its settings more than once."""


def load(options: Mapping[str, object]) -> tuple[Settings, Origins]:
    """As `merged_settings.load`, from the environment and the files of this place. Raises UsageError."""
    found = merged_settings.merge(options, os.environ, merged_settings.configuration_files())
    found.demand()
    if found.notice not in ("", *_said):
        from coasty_desk.cli.terminal.terminal_text import line

        print(f"coasty-desk: {line(found.notice, 2000)}", file=sys.stderr)
        _said.add(found.notice)
    return found.settings, found.origins


def own() -> Settings:
    """The person's own, for what no project has a say in. Raises UsageError."""
    return merged_settings.load({}, os.environ, merged_settings.own_files())[0]
