"""What a request says, from bytes to values of closed types: strict, but that `395.0` is an integer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from coasty_desk.server.api_errors import ApiError

DEEPEST = 64
"""How deep what JSON says may be nested."""

MOST_PARAMETERS = 100
"""Of a query."""

MOST_TOLD = 20
"""Unknown fields that are named."""

_EXACT = 2**53
"""Beyond it a float is no one integer."""

_SHOWN = 200
"""Characters of what is wrong: some of them are the request's own."""


def json_body(raw: bytes) -> Any:
    """What the bytes say, integral floats as the integers that JSON Schema takes them for; None where there are none. Raises ApiError."""
    if not raw.strip(b" \t\r\n"):
        return None
    try:
        return _normal(msgspec.json.decode(raw), DEEPEST)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        nested = isinstance(error, RecursionError)
        said = "it is nested too deeply" if nested else "it is not valid JSON in UTF-8"
        raise _invalid([{"loc": ["body"], "msg": said, "type": "json_invalid"}]) from error


def body(value: Any, kind: type | None, *, required: bool) -> Any:
    """The body as the operation's own type; None where there is none and none is needed. Raises ApiError."""
    if kind is None:
        return None
    if value is None:
        if not required:
            return None
        raise _invalid([{"loc": ["body"], "msg": "a JSON object is required", "type": "missing"}])
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise misfit(["body"], value, kind, error) from error


def query(text: bytes, kind: type | None) -> Any:
    """The query as the operation's own type; what it does not know is ignored. Raises ApiError."""
    if kind is None:
        return None
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=MOST_PARAMETERS,
            errors="strict",
            encoding="utf-8",
        )
    except ValueError as error:
        raise _invalid([{"loc": ["query"], "msg": "it is not a valid query", "type": "query_invalid"}]) from error
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    named = [name for name, _ in pairs if name in known]
    if len(named) > len(set(named)):
        raise _invalid([{"loc": ["query"], "msg": "a parameter is given twice", "type": "query_invalid"}])
    # the library reads `null` as none where a field may be none; a query has no such word
    said = {name: "" if value.lower() == "null" else value for name, value in pairs if name in known}
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as error:
        detail = _detail(["query"], str(error))
        at = detail["loc"][1] if len(detail["loc"]) > 1 else ""
        if at == "limit":
            raise _bad_limit(kind, said["limit"]) from error
        if at == "status":
            raise _bad_status(kind) from error
        raise _invalid([detail]) from error


def misfit(where: Sequence[str | int], value: Any, kind: type, error: msgspec.ValidationError) -> ApiError:
    """The refusal of a value that is not of that type: every field that is wrong, and of each the first thing.

    `where` it stands; `error` is what the whole of it came to. Which fields there are is said where one is not among them.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    details: list[dict[str, Any]] = []
    said = value if isinstance(value, dict) else {}
    for name, field in fields.items():
        if name in said:
            try:
                msgspec.convert(said[name], field.type, strict=True)
            except msgspec.ValidationError as wrong:
                details.append(_detail([*where, name], str(wrong)))
        elif field.required and isinstance(value, dict):
            details.append(_missing([*where, name]))
    strange = [name for name in said if name not in fields] if kind.__struct_config__.forbid_unknown_fields else []  # type: ignore[attr-defined] # every Struct has one
    details += [_unknown([*where], name) for name in strange[:MOST_TOLD]]
    known = f"The fields are {', '.join(fields) or 'none'}: mend what details names." if strange else ""
    return _invalid(details or [_detail(where, str(error))], known)


def refused(where: Sequence[str | int], what: str, kind: str = "value_error") -> ApiError:
    """The same refusal, for what no type can say: `where` begins with `body`, `path`, `query` or `header`."""
    return _invalid([{"loc": list(where), "msg": what[:_SHOWN], "type": kind}])


def refused_all(mistakes: Sequence[tuple[Sequence[str | int], str, str]]) -> ApiError:
    """The same for all that is wrong: of each where it stands, what it is, and its kind."""
    return _invalid(
        [
            {
                "loc": [_printable(part) if isinstance(part, str) else part for part in where],
                "msg": _printable(what),
                "type": kind,
            }
            for where, what, kind in mistakes
        ]
    )


def _invalid(details: list[dict[str, Any]], suggestion: str = "") -> ApiError:
    first, *more = details
    place = ".".join(map(str, first["loc"]))
    others = f" {len(more)} more {'is' if len(more) == 1 else 'are'} wrong." if more else ""
    return ApiError("VALIDATION_ERROR", f"{place}: {first['msg']}.{others}", suggestion, details=details)


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<key>key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)


def _detail(where: Sequence[str | int], said: str) -> dict[str, Any]:
    """The place, and what is wrong there, of the library's sentence (`Expected ... - at `$.a[0].b``)."""
    found = cast("re.Match[str]", _AT.match(said))
    what = found["what"]
    steps = [int(number) if number else name for name, number in _STEP.findall(found["path"] or "") if name or number]
    loc: list[str | int] = [*where, *steps]
    if missing := _MISSING.match(what):
        return _missing([*loc, missing[1]])
    if unknown := _UNKNOWN.match(what):
        return _unknown(loc, unknown[1])
    return {"loc": loc, "msg": _printable(what), "type": "value_error"}


def _missing(loc: list[str | int]) -> dict[str, Any]:
    return {"loc": loc, "msg": "it is required", "type": "missing"}


def _unknown(where: list[str | int], name: str) -> dict[str, Any]:
    return {"loc": [*where, _printable(name)], "msg": "there is no such field", "type": "extra_forbidden"}


_KEYS = re.compile(r"(?:sk-|cua_sk_)[A-Za-z0-9_-]{8,}")


def _printable(text: str) -> str:
    """As it can be shown: a key that got into the wrong place is not told back, nor to any log that keeps refusals."""
    text = _KEYS.sub("(a key)", text[: 4 * _SHOWN])
    return "".join(character if character.isprintable() else "?" for character in text[:_SHOWN])


def _bad_limit(kind: type, said: str) -> ApiError:
    least, most = bounds(kind, "limit")
    message = f"limit is not a whole number from {least} to {most}."
    actual = int(said) if re.fullmatch(r"-?\d{1,9}", said) else _printable(said[:20])
    return ApiError("INVALID_LIMIT", message, actual=actual, min=least, max=most)


def _bad_status(kind: type) -> ApiError:
    options = [option for option in _literals(_annotation(kind, "status")) if option is not None]
    return ApiError("INVALID_STATUS_FILTER", "There is no such status.", valid_options=options)


def bounds(kind: type, name: str) -> tuple[int, int]:
    """The least and the most of a field, by its annotation."""
    for part in _parts(_annotation(kind, name)):
        if isinstance(part, Meta) and part.ge is not None and part.le is not None:
            return int(part.ge), int(part.le)
    return 1, 200


def _annotation(kind: type, name: str) -> Any:
    return next((field.type for field in msgspec.structs.fields(kind) if field.encode_name == name), None)


def _parts(annotation: Any) -> list[Any]:
    parts = [*getattr(annotation, "__metadata__", ()), annotation]
    for inner in get_args(annotation):
        parts += _parts(inner) if not isinstance(inner, str | int | Meta) else []
    return parts


def _literals(annotation: Any) -> list[Any]:
    found: list[Any] = []
    for inner in get_args(annotation):
        found += [inner] if isinstance(inner, str) else _literals(inner)
    return found


def _normal(value: Any, left: int) -> Any:
    if left == 0:
        raise RecursionError
    match value:
        case float():
            return int(value) if value.is_integer() and abs(value) <= _EXACT else value
        case list():
            return [_normal(item, left - 1) for item in value]
        case dict():
            return {name: _normal(item, left - 1) for name, item in value.items()}
        case _:
            return value


def header_text(headers: Mapping[str, str], name: str, most: int) -> str:
    """A header's value, which has printable ASCII alone and is no longer than that; empty where there is none. Raises ApiError."""
    value = headers.get(name, "")
    if len(value) > most or not (value.isascii() and (value.isprintable() or not value)):
        raise refused(["header", name], f"it is not up to {most} printable characters of ASCII")
    return value
