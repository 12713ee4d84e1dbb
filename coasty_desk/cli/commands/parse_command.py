"""`coasty-desk parse`: pyautogui source to structured actions; nothing is executed."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from coasty_desk import plain_files
from coasty_desk.cli.exits import complain
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.wire import pyautogui_source

REFUSED = 1

LARGEST = 1_000_000
"""Bytes: models write some thousands, and half a million at most."""


EXAMPLE = "Example:  echo 'pyautogui.click(10, 20)' | coasty-desk parse -"


def parse(file: Annotated[str, typer.Argument(metavar="FILE", help="pyautogui source; - reads stdin.")]) -> int:
    """Turn pyautogui source into structured actions, as JSON. Nothing is executed."""
    try:
        parsed = pyautogui_source.parse(_read(file))
    except pyautogui_source.SourceRefused as refused:
        complain(str(refused), "")
        return REFUSED
    print(json.dumps({"actions": parsed.to_json()}, ensure_ascii=True, indent=2))
    return 0


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(LARGEST) if file == "-" else plain_files.read(given(file), LARGEST, pipes=True)
        return raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"{'What came on stdin' if file == '-' else file} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give a file of pyautogui source, or - for stdin.") from error
