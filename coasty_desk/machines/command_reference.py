"""Every command of a machine as the manual lists it: made from the table that the commands themselves are made from."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import inspect

from coasty_desk.machines import commands
from coasty_desk.machines.command import Command

_LAST = ("dialog", "dialog_text", "screenshot")
"""What so many commands take that it stands behind what they alone do."""


def reference() -> Iterator[str]:
    """A section for each tool, an entry for each of its commands, as Markdown."""
    title = ""
    for name, known in commands.known().items():
        if known.tool != title:
            title = known.tool
            yield f"\n## {title.capitalize()}\n\n"
        yield _entry(name, known.command)


def _entry(name: str, command: Command) -> str:
    takes = "".join(f" {_field(field)}" for field in _fields(command))
    said = " ".join(" ".join(filter(None, (command.about, command.parameters.__doc__ or ""))).split())
    other = f" Also understood: {', '.join(f'`{each}`' for each in command.aliases)}." if command.aliases else ""
    return f"- **`{name}{takes}`**\\\n  {said} Scope: {command.scope}.{other}\n"


def _fields(command: Command) -> tuple[inspect.Field, ...]:
    found = inspect.type_info(command.parameters)
    fields = found.fields if isinstance(found, inspect.StructType) else ()
    return tuple(sorted(fields, key=lambda field: (field.encode_name in _LAST, not field.required)))


def _field(field: inspect.Field) -> str:
    shown = f"{field.encode_name}={_kind(field.type)}"
    return shown if field.required else f"[{shown}]"


def _kind(kind: inspect.Type) -> str:
    match kind:
        case inspect.LiteralType(values):
            return "|".join(map(str, values))
        case inspect.BoolType():
            return "true|false"
        case inspect.IntType() | inspect.FloatType():
            return "N"
        case inspect.ListType(item) | inspect.VarTupleType(item):
            return f"[{_kind(item)}, …]"
        case inspect.TupleType(items):
            return f"[{', '.join(map(_kind, items))}]"
        case inspect.UnionType(types):
            return "|".join(dict.fromkeys(_kind(each) for each in types if not isinstance(each, inspect.NoneType)))
        case _:
            return "TEXT"
