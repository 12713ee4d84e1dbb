"""The pages of the manual, as `coasty-desk help` shows them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from coasty_desk import settings
from coasty_desk.settings import Setting

PAGES = Path(__file__).parent.parent / "manual"

WIDEST = 100
"""Columns: longer lines are hard to read."""


def show(topic: str) -> None:
    """Print a page: as wide as the terminal is, up to a width that can be read, or as it is written where there is none."""
    if not sys.stdout.isatty():
        print(page(topic), end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    looks = {"markdown.code": "bold", "markdown.h1": "bold", "markdown.h2": "bold underline"}  # on any ground
    console = Console(highlight=False, theme=Theme(looks))
    console.print(Markdown(page(topic), code_theme="ansi_dark"), width=min(console.width, WIDEST))


def page(topic: str) -> str:
    """A page as Markdown; that of the settings ends with a line for each row of their table, that of machines' commands with one for each."""
    text = (PAGES / f"{topic}.md").read_text("utf-8")
    match topic:
        case "settings":
            return text + "".join(_reference())
        case "machines-commands":
            from coasty_desk.machines.command_reference import reference

            return text + "".join(reference())
        case _:
            return text


def _reference() -> Iterator[str]:
    for section in settings.SECTIONS:
        yield f"\n## [{section}]\n\n"
        yield from map(_told, settings.of(section))


def _told(row: Setting) -> str:
    name = f"{row.flag} {row.read.metavar}".rstrip() if row.section in ("run", "serve") else row.name
    standing = f" Unless set: `{row.standing}`." if row.standing else ""
    takes = "" if row.read.choices or row.takes is bool else f" It takes {row.read.expected}.".replace("<", r"\<")
    see = f" See `coasty-desk help {row.see}`." if row.see else ""
    said = f"{row.about}.{standing}{takes} A project's file {row.project.says}.{see}"
    return f"- **`{name}`**\\\n  {said}\n"
