"""A list of things, one a line, each of its values below its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from coasty_desk.cli.terminal.terminal_text import line

LONGEST = 60
"""Characters of a value; the last of a line may be longer."""


def print_columns(names: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[str] = ()) -> None:
    """Print the rows below the names, each column as wide as its widest value; those in `right` end where their name does.

    The values may be anybody's: each is printed as `terminal_text.line` has it.
    """
    from rich.cells import cell_len, set_cell_size

    told = [[line(str(value), LONGEST) for value in row[:-1]] + [line(str(row[-1]))] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(names, *told, strict=True)]
    for values in ([*names], *told):
        cells = (
            " " * (width - cell_len(value)) + value if name in right else set_cell_size(value, width)
            for name, value, width in zip(names, values, widths, strict=True)
        )
        print("  ".join(cells).rstrip())
