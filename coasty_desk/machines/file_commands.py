"""The files of a machine, as its commands read and change them: plain files and folders, whole or in part, text or base64."""

from __future__ import annotations

import binascii
import codecs
import mimetypes
import os
import secrets
import shutil
import stat
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from coasty_desk.machines.browser_profile import PROFILE
from coasty_desk.machines.command import Command, CommandError, CommandResult, first_line
from coasty_desk.machines.posix_paths import FilePlace, MachinePaths, kind, sentence, shown, text_of
from coasty_desk.machines.world import MachineWorld

LARGEST = 50_000_000
"""Bytes that are read, written or edited at a time."""

DOWNLOADS = "Downloads"
"""The folder in the home that browsers put files into."""

_LISTED = 10_000
_UNFINISHED = (".crdownload", ".part", ".download")

PathText = Annotated[
    str, Meta(min_length=1, max_length=4096, description="relative to the home, or as the machine sees it")
]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Encoding = Literal["auto", "text", "utf-8", "utf8", "base64", "binary"]


class PathOnly(Struct, frozen=True, forbid_unknown_fields=True):
    """`path`: which file or folder."""

    path: PathText


class FileRead(Struct, frozen=True, forbid_unknown_fields=True):
    """`offset` and `limit` in bytes, or `start_line` to `end_line`, counted from 1; else the whole.

    `encoding`: auto is text where it is UTF-8 without a zero, else base64.
    """

    path: PathText
    encoding: Encoding = "auto"
    offset: Count = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST)] | None = None
    start_line: Annotated[int, Meta(ge=1)] | None = None
    end_line: Annotated[int, Meta(ge=1)] | None = None


class FileDownload(Struct, frozen=True, forbid_unknown_fields=True):
    """`offset` and `limit` in bytes; else the whole. Always in base64."""

    path: PathText
    offset: Count = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST)] | None = None
    encoding: Encoding = "base64"


class FileWrite(Struct, frozen=True, forbid_unknown_fields=True):
    """`content` is text, or base64 if `encoding` says so. Missing folders are made. Not `overwrite`: only where there is nothing yet."""

    path: PathText
    content: str
    encoding: Literal["text", "utf-8", "utf8", "base64", "binary"] = "text"
    overwrite: bool = True


class FileAppend(Struct, frozen=True, forbid_unknown_fields=True):
    """As for writing; put at the end of the file, which is made where there is none."""

    path: PathText
    content: str
    encoding: Literal["text", "utf-8", "utf8", "base64", "binary"] = "text"


class FileEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """`old_text` must be there exactly once, unless `replace_all`; `new_text` is put in its place."""

    path: PathText
    old_text: Annotated[str, Meta(min_length=1)]
    new_text: str
    replace_all: bool = False


class DirectoryList(Struct, frozen=True, forbid_unknown_fields=True):
    """`path`: the home unless given. `offset` and `limit` in entries, which are sorted by name."""

    path: PathText = "."
    offset: Count = 0
    limit: Annotated[int, Meta(ge=1, le=_LISTED)] = 1000


class DirectoryDelete(Struct, frozen=True, forbid_unknown_fields=True):
    """`recursive`: with all that is in it; else only an empty one."""

    path: PathText
    recursive: bool = False


class DownloadsList(Struct, frozen=True, forbid_unknown_fields=True):
    """`path`: the folder; the home's Downloads unless given."""

    path: PathText = DOWNLOADS


class MachineFiles:
    """The files of one machine. Every method raises CommandError for what cannot be done."""

    def __init__(self, world: MachineWorld) -> None:
        if os.open not in os.supports_dir_fd:
            message = "The files of this computer cannot be reached by commands on this system: it has no safe way to walk a path."
            raise CommandError(message)
        self._paths = MachinePaths(world, denied=(world.home / PROFILE,))
        self._changing = threading.Lock()
        """One change after the other: an edit that is made from what was read before another one would take that back."""

    def close(self) -> None:
        """Nothing stays open between commands."""

    def read(self, asked: FileRead) -> dict[str, Any]:
        """The content of a plain file, or a part of it."""
        by_lines = asked.start_line is not None or asked.end_line is not None
        if by_lines and (asked.offset or asked.limit):
            message = (
                "A part of a file is given by bytes (offset, limit) or by lines (start_line, end_line), not by both."
            )
            raise CommandError(message)
        with self._paths.place(asked.path) as place:
            size, content = self._content(place, 0 if by_lines else asked.offset, None if by_lines else asked.limit)
            told: dict[str, Any] = {"path": place.path, "size": size}
            if by_lines:
                lines = _lines(content)
                first, last = asked.start_line or 1, min(asked.end_line or len(lines), len(lines))
                content = b"".join(lines[first - 1 : last])
                told |= {"start_line": first, "end_line": last, "total_lines": len(lines)}
            return told | _encoded(content, asked, size=size, whole=by_lines, path=place.path)

    def download(self, asked: FileDownload) -> dict[str, Any]:
        """The bytes of a plain file, or a part of them, in base64."""
        with self._paths.place(asked.path) as place:
            size, content = self._content(place, asked.offset, asked.limit)
            return {
                "path": place.path,
                "name": text_of(place.name),
                "mime_type": mimetypes.guess_type(place.name)[0] or "application/octet-stream",
                "encoding": "base64",
                "content_b64": b64encode(content).decode(),
                "size": size,
                **_extent(asked.offset, len(content), size),
            }

    def exists(self, asked: PathOnly) -> dict[str, Any]:
        """Whether there is something of that name, and what; a link is what it leads to, if to anything."""
        try:
            with self._paths.place(asked.path) as place:
                found = place.found
                there = {} if found is None else {"type": kind(found), "size": found.st_size, "modified": _time(found)}
                return {"path": place.path, "exists": found is not None, **there}
        except CommandError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                return {"path": asked.path, "exists": False}
            raise

    def list_folder(self, asked: DirectoryList) -> dict[str, Any]:
        """What is in a folder."""
        with self._paths.place(asked.path) as place:
            entries = self._entries(place)
            page = entries[asked.offset : asked.offset + asked.limit]
            return {
                "path": place.path,
                "entries": page,
                "count": len(page),
                "total": len(entries),
                "truncated": asked.offset + len(page) < len(entries),
            }

    def downloads(self, asked: DownloadsList) -> dict[str, Any]:
        """What is in the folder of downloads, the newest first; those under way are not `complete`."""
        with self._paths.place(asked.path) as place:
            entries = [] if place.found is None else self._entries(place)
            for entry in entries:
                entry["complete"] = not entry["name"].endswith(_UNFINISHED)
            entries.sort(key=lambda entry: str(entry["modified"]), reverse=True)
            return {"path": place.path, "downloads": entries[:_LISTED], "count": len(entries)}

    def write(self, asked: FileWrite) -> dict[str, Any]:
        """Put content into a file at once: whoever reads it meanwhile has the old or the new."""
        content = _decoded(asked.content, asked.encoding)
        with self._changing, self._paths.place(asked.path, make=True) as place:
            if place.found is not None and not asked.overwrite:
                message = f"There is {shown(place.path)} already; `overwrite` replaces it."
                raise CommandError(message)
            self._replace(place, content)
            return {
                "path": place.path,
                "bytes_written": len(content),
                "size": len(content),
                "created": place.found is None,
            }

    def append(self, asked: FileAppend) -> dict[str, Any]:
        """Put content at the end of a file."""
        content = _decoded(asked.content, asked.encoding)
        with self._changing, self._paths.place(asked.path, make=True) as place:
            with _closing(self._paths.opened(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT)) as descriptor:
                _write_all(descriptor, content)
                size = os.fstat(descriptor).st_size
            return {"path": place.path, "bytes_written": len(content), "size": size, "created": place.found is None}

    def edit(self, asked: FileEdit) -> dict[str, Any]:
        """Replace a text in a file by another."""
        with self._changing, self._paths.place(asked.path) as place:
            _, content = self._content(place, 0, None)
            old, new = _text_bytes(asked.old_text), _text_bytes(asked.new_text)
            times = content.count(old)
            if not times:
                message = f"old_text is not in {shown(place.path)}; nothing was changed."
                raise CommandError(message)
            if not asked.replace_all and content.find(old, content.find(old) + 1) >= 0:
                message = (
                    f"old_text is in {shown(place.path)} more than once; nothing was changed. Give more of what is around "
                    "it, or `replace_all`."
                )
                raise CommandError(message)
            if len(content) + times * (len(new) - len(old)) > LARGEST:
                message = f"{shown(place.path)} would have more than 50 MB; nothing was changed."
                raise CommandError(message)
            changed = content.replace(old, new)
            self._replace(place, changed)
            return {
                "path": place.path,
                "replacements": times,
                "bytes_written": len(changed),
                "size": len(changed),
            }

    def delete(self, asked: PathOnly) -> dict[str, Any]:
        """Delete a file, or a link but not what it leads to."""
        with self._paths.place(asked.path, follow=False) as place:
            if place.found is not None and stat.S_ISDIR(place.found.st_mode):
                message = f"{shown(place.path)} is a directory; `directory_delete` deletes those."
                raise CommandError(message)
            os.unlink(place.name, dir_fd=place.folder)
            return {"path": place.path, "deleted": True}

    def delete_folder(self, asked: DirectoryDelete) -> dict[str, Any]:
        """Delete a folder. Links in it are deleted, what they lead to is not."""
        with self._paths.place(asked.path, follow=False) as place:
            if place.found is not None and not stat.S_ISDIR(place.found.st_mode):
                message = f"{shown(place.path)} is a {kind(place.found)}; `file_delete` deletes those."
                raise CommandError(message)
            self._paths.demand_removable(place)
            count = 1
            if asked.recursive and place.found is not None:
                count += self._paths.count_below(place)
                shutil.rmtree(place.name, dir_fd=place.folder)  # which goes by descriptors, too
            else:
                try:
                    os.rmdir(place.name, dir_fd=place.folder)
                except OSError as error:
                    more = (
                        ""
                        if isinstance(error, FileNotFoundError)
                        else " `recursive` deletes it with all that is in it."
                    )
                    raise CommandError(sentence(error, place.path) + more) from error
            return {"path": place.path, "deleted": True, "deleted_count": count}

    def _content(self, place: FilePlace, offset: int, limit: int | None) -> tuple[int, bytes]:
        """How long the file is, and its bytes from there on. The whole is wanted where no limit is given."""
        with _closing(self._paths.opened(place)) as descriptor:
            size = os.fstat(descriptor).st_size
            if limit is None and size - offset > LARGEST:
                message = (
                    f"{shown(place.path)} has {size:,} bytes, more than the 50 MB that go at a time. "
                    "Read it in pieces, with `offset` and `limit`."
                )
                raise CommandError(message, {"path": place.path, "size": size})
            os.lseek(descriptor, offset, os.SEEK_SET)
            pieces, left = [], min(LARGEST, LARGEST if limit is None else limit)
            while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
                pieces.append(piece)
                left -= len(piece)
        return size, b"".join(pieces)

    def _entries(self, place: FilePlace) -> list[dict[str, Any]]:
        if place.found is not None and not stat.S_ISDIR(place.found.st_mode):
            message = f"{shown(place.path)} is a {kind(place.found)}, and no directory."
            raise CommandError(message)
        entries: list[dict[str, Any]] = []
        with _closing(self._paths.folder(place)) as descriptor:
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 - as above
                with suppress(FileNotFoundError):
                    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    entries.append(
                        {"name": text_of(name), "type": kind(found), "size": found.st_size, "modified": _time(found)}
                    )
        return entries

    def _replace(self, place: FilePlace, content: bytes) -> None:
        mode = 0o666
        if place.found is not None:
            os.close(self._paths.opened(place))  # which demands what may be replaced
            mode = stat.S_IMODE(place.found.st_mode)
        half = f".half-{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        try:
            with _closing(os.open(half, flags, mode, dir_fd=place.folder)) as descriptor:
                if place.found is not None:
                    os.chmod(descriptor, mode)  # noqa: PTH101 - as above
                _write_all(descriptor, content)
            os.replace(half, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(half, dir_fd=place.folder)
            raise


def _encoded(content: bytes, asked: FileRead, *, size: int, whole: bool, path: str) -> dict[str, Any]:
    """The content as text or as base64, and how much of the file it is."""
    wanted = {"utf8": "utf-8", "text": "utf-8", "binary": "base64"}.get(asked.encoding, asked.encoding)
    # a zero is in no text, and takes six characters of JSON
    if wanted == "utf-8" or (wanted == "auto" and b"\0" not in content):
        cut = not whole and asked.offset + len(content) < size
        try:
            text, used = codecs.utf_8_decode(content, "strict", not cut)  # a part ends with a whole character
        except UnicodeDecodeError as error:
            if wanted == "utf-8":
                message = f"{shown(path)} is no text in UTF-8 there. Read it with the encoding base64."
                raise CommandError(message, {"path": path, "size": size}) from error
        else:
            if used or not content:
                extent = {} if whole else _extent(asked.offset, used, size)
                return {"encoding": "utf-8", "content": text, **extent}
    extent = {} if whole else _extent(asked.offset, len(content), size)
    return {"encoding": "base64", "content": b64encode(content).decode(), **extent}


def _extent(offset: int, count: int, size: int) -> dict[str, Any]:
    """How much of a file was read. `next_offset` is where the next part begins, if there is one."""
    end = offset + count
    return {"offset": offset, "bytes": count, "truncated": end < size, "next_offset": end if end < size else None}


def _lines(content: bytes) -> list[bytes]:
    """The lines with their ends; a lone carriage return ends none."""
    lines = content.split(b"\n")
    last = [lines[-1]] if lines[-1] else []
    return [line + b"\n" for line in lines[:-1]] + last


def _decoded(content: str, encoding: str) -> bytes:
    if encoding in ("base64", "binary"):
        try:
            found = b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            message = "The content is no base64; nothing was written."
            raise CommandError(message) from error
    else:
        found = _text_bytes(content)
    if len(found) > LARGEST:
        message = f"The content has {len(found):,} bytes, more than the 50 MB that go at a time; nothing was written."
        raise CommandError(message)
    return found


def _text_bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        message = "The text has halves of characters in it, which no file can hold; nothing was written."
        raise CommandError(message) from error


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _time(found: os.stat_result) -> str:
    return datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


_OTHER_NAMES: Mapping[str, str] = {
    "filepath": "path",
    "file_path": "path",
    "filename": "path",
    "dirpath": "path",
    "dir_path": "path",
    "directory": "path",
    "find": "old_text",
    "oldText": "old_text",
    "old_string": "old_text",
    "replace": "new_text",
    "newText": "new_text",
    "new_string": "new_text",
    "replaceAll": "replace_all",
    "text": "content",
    "data": "content",
}


def _command(name: str, scope: str, parameters: type, run: Callable[[MachineFiles, Any], dict[str, Any]]) -> Command:
    fields = parameters.__struct_fields__  # type: ignore[attr-defined] # every Struct has them
    other = {alias: field for alias, field in _OTHER_NAMES.items() if field in fields}
    return Command(
        name,
        scope,
        parameters,
        lambda tool, asked, _seconds: CommandResult(run(tool, asked)),
        other,
        first_line(run),
    )


FILE_COMMANDS: tuple[Command, ...] = (
    _command("file_read", "files:read", FileRead, MachineFiles.read),
    _command("file_exists", "files:read", PathOnly, MachineFiles.exists),
    _command("directory_list", "files:read", DirectoryList, MachineFiles.list_folder),
    _command("file_download", "files:read", FileDownload, MachineFiles.download),
    _command("file_list_downloads", "files:read", DownloadsList, MachineFiles.downloads),
    _command("file_write", "files:write", FileWrite, MachineFiles.write),
    _command("file_edit", "files:write", FileEdit, MachineFiles.edit),
    _command("file_append", "files:write", FileAppend, MachineFiles.append),
    _command("file_delete", "files:write", PathOnly, MachineFiles.delete),
    _command("directory_delete", "files:write", DirectoryDelete, MachineFiles.delete_folder),
)
"""The file commands of API.md §13.3. Their tool is MachineFiles."""
