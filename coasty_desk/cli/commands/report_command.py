"""`coasty-desk runs report`: a run as one HTML file, or as an animation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from coasty_desk import plain_files
from coasty_desk.cli.commands import recorded_runs
from coasty_desk.cli.typer_groups import RunId
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.record import timeline
from coasty_desk.record.report import animation, html_report

NAME = "report.html"
"""The report's name in the run's folder, where no other is asked for."""


def report(
    run: RunId,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout. [default: in its record]"),
    ] = None,
    gif: Annotated[str | None, typer.Option(metavar="FILE", help="An animation as GIF, instead or as well.")] = None,
    webp: Annotated[str | None, typer.Option(metavar="FILE", help="An animation as WebP, instead or as well.")] = None,
) -> int:
    """Write a run as one self-contained HTML file, and print where it is."""
    folder = recorded_runs.find(run)
    told = timeline.read(folder)
    forms: list[tuple[animation.Format, str | None]] = [("gif", gif), ("webp", webp)]
    for form, path in forms:
        if path is not None:
            _put(given(path), animation.animate(told, folder, form))
    if output == "-":
        sys.stdout.buffer.write(html_report.html(told, folder).encode("utf-8"))
    elif output is not None or (gif is None and webp is None):
        where = folder / NAME if output is None else given(output)
        _put(where, html_report.html(told, folder).encode("utf-8"), recorded=output is None)
    return 0


def _put(path: Path, content: bytes, *, recorded: bool = False) -> None:
    """For the owner alone: screenshots show more than one remembers. In a record nothing is written through a link."""
    try:
        if recorded:
            plain_files.write(path, content)
        else:
            plain_files.write_out(path, content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise UsageError(message, "Name another file with --output, --gif or --webp.") from error
    print(path.absolute())
