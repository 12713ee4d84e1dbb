"""From a method and a path to the operation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from msgspec import Struct

from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Operation

LONGEST_NAME = 256
"""Characters of what stands in a path for a name."""


class Route(Struct, frozen=True):
    """What a path leads to: the operation, and the names in it."""

    operation: Operation
    path: Mapping[str, str]


class RouteTable:
    """Finds the operation; where two paths fit, the one with fewer names in it, as `/workflows/runs` before `/workflows/{id}`."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = {}
        named: dict[tuple[str, ...], dict[str, Operation]] = {}
        for operation in operations:
            path = operation.whole_path
            if "{" not in path:
                self._fixed.setdefault(path, {})[operation.method] = operation
            else:
                named.setdefault(tuple(path.split("/")), {})[operation.method] = operation
        self._named = sorted(named.items(), key=lambda item: sum(step.startswith("{") for step in item[0]))

    def find(self, method: str, path: str) -> Route:
        """Raises ApiError: 404 where there is no such path, 405 where it has no such method."""
        method = "GET" if method == "HEAD" else method
        methods = self._fixed.get(path)
        if methods is not None:
            return Route(_of(methods, method), {})
        steps = path.split("/")
        for template, methods in self._named:
            if len(template) == len(steps) and (names := _names(template, steps)) is not None:
                return Route(_of(methods, method), names)
        message = "There is no such path."
        raise ApiError("NOT_FOUND", message)


def _of(methods: Mapping[str, Operation], method: str) -> Operation:
    operation = methods.get(method)
    if operation is None:
        allowed = sorted({*methods, *({"HEAD"} if "GET" in methods else ())})
        message = "This path does not have that method."
        raise ApiError("METHOD_NOT_ALLOWED", message, headers={"Allow": ", ".join(allowed)}, allowed=allowed)
    return operation


def _names(template: tuple[str, ...], steps: list[str]) -> dict[str, str] | None:
    """What stands for the names, where all else is the same, and each is a name that can be."""
    found: dict[str, str] = {}
    for wanted, step in zip(template, steps, strict=True):
        if not wanted.startswith("{"):
            if wanted != step:
                return None
            continue
        try:
            name = unquote(step, errors="strict")
        except UnicodeDecodeError:
            return None
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name in (".", ".."):
            return None
        found[wanted[1:-1]] = name
    return found
