"""Paths that programs ask for, walked one name at a time by descriptors, so that none leads where it may not.

No link is followed by the system: each is read and walked as what it says, `..` goes back to the descriptor that was come from, and
what is opened is opened by its name in the folder that was reached, never through a link. So whatever is renamed or linked meanwhile,
the folder reached is one that was checked, and the magic links of /proc are names that lead nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from coasty_desk.core.printable import printable
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.world import MachineWorld

LONGEST = 4096
"""Characters of a path."""

_LINKS = 40
_SEARCHED = 200_000
"""Names that are looked at to find the others of a file that has several."""

TEMPORARY = "/tmp"  # noqa: S108 - a machine's own, where it has one
"""Where programs everywhere put what is for now."""

_DISPLAY = f"{TEMPORARY}/.X11-unix"
"""What is there from the beginning: the way to the machine's display. It is known by its name alone, since its programs may put a link there."""

_SYSTEM = ("/proc", "/sys", "/dev")
"""What is no file of a person's, even where any path may be meant: the processes' memory and environment, and devices."""

_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_PASS = _FOLDER | getattr(os, "O_PATH", os.O_RDONLY)
_FILE = _FOLDER & ~getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}


class FilePlace(Struct, frozen=True):
    """A name in an open folder. `found` is what is there, itself if it is a link; None: nothing. `path` is the whole, as the machine sees it."""

    folder: int
    name: str
    path: str
    found: os.stat_result | None


class MachinePaths:
    """The files that may be reached in a machine's world."""

    def __init__(self, world: MachineWorld, *, denied: tuple[Path, ...] = ()) -> None:
        """`denied`: what may not be reached besides, where the world is not confined."""
        self._world = world
        self._denied = () if world.confined else (*world.denied, *denied, *map(Path, _SYSTEM))

    @contextmanager
    def place(self, path: str, *, follow: bool = True, make: bool = False) -> Iterator[FilePlace]:
        """Where a path leads. `follow`: if its last part is a link, to where that leads. `make`: folders on the way are made where missing.

        Raises CommandError for what may not be reached or has no folder.
        """
        walk = _Walk(self._world, self._denied, path)
        try:
            yield walk.to_the_end(follow=follow, make=make)
        except OSError as error:
            raise CommandError(sentence(error, path)) from error
        finally:
            walk.close()

    def opened(self, place: FilePlace, flags: int = os.O_RDONLY) -> int:
        """A descriptor of the plain file there. Raises CommandError for what is none, or has a name where none may be reached; OSError."""
        if place.found is not None:  # to open a device may already do something
            _demand_plain(place, place.found)
        descriptor = os.open(place.name, flags | _FILE, 0o666, dir_fd=place.folder)
        try:
            found = os.fstat(descriptor)
            _demand_plain(place, found)
            if found.st_nlink > 1:
                self._demand_within(place, found)
            os.set_blocking(descriptor, True)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def folder(self, place: FilePlace) -> int:
        """A descriptor of the folder there, for its list. Raises OSError."""
        return os.open(place.name, os.O_RDONLY | _FOLDER, dir_fd=place.folder)

    def count_below(self, place: FilePlace) -> int:
        """How many names there are in the folder there and in those below it. Raises OSError."""
        descriptor = self.folder(place)
        try:
            return sum(len(folders) + len(files) for _, folders, files, _ in os.fwalk(dir_fd=descriptor))
        finally:
            os.close(descriptor)

    def demand_removable(self, place: FilePlace) -> None:
        """Raise CommandError where the folder there is the home, is above it, holds what may not be reached, or has no name there."""
        if place.name == ".":
            message = f"{shown(place.path)} is not deleted by that path: give one that ends with its name."
            raise CommandError(message)
        for one in (self._world.home, *self._denied):
            for folder in (one, *one.parents):
                if place.found is not None and _is(folder, place.found):
                    message = f"{shown(place.path)} holds what the machine needs, and is not deleted."
                    raise CommandError(message)

    def _demand_within(self, place: FilePlace, found: os.stat_result) -> None:
        """A file with several names is another one too: all of a confined world's must be in it, none of this desktop's where none may be reached."""
        if self._world.confined:
            names = 0
            for top in filter(None, (self._world.home, self._world.temporary)):
                names += _names(top, found) or 0
            if names < found.st_nlink:
                message = f"{shown(place.path)} has another name outside of the machine's home, and is not touched."
                raise CommandError(message)
        elif any(_names(denied, found) != 0 for denied in self._denied if str(denied) not in _SYSTEM):
            message = f"{shown(place.path)} is a second name of a file that may not be reached."
            raise CommandError(message)


class _Walk:
    """The way to one path: the open folders on it, and their names."""

    def __init__(self, world: MachineWorld, denied: tuple[Path, ...], path: str) -> None:
        self._world = world
        self._path = path
        self._home = world.inside_home.rstrip("/")
        self._tops = {"": Path("/")}
        if world.confined:
            self._tops = {self._home: world.home}
            if world.temporary is not None:
                self._tops[TEMPORARY] = world.temporary
        self._top = ""
        self._open: list[int] = []
        self._names: list[str] = []
        self._rest: deque[str] = deque()
        self._denied = [(os.path.realpath(one), _identity(one)) for one in denied]
        if not path or "\0" in path or len(path) > LONGEST or not _is_text(path):
            message = "That is no path: one has 1 to 4096 characters, and no NUL among them."
            raise CommandError(message)
        if path == "~" or path.startswith("~/"):
            path = "." + path[1:]
        try:
            self._begin(path)
        except OSError as error:
            self.close()
            raise CommandError(sentence(error, path)) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        while self._open:
            os.close(self._open.pop())

    def to_the_end(self, *, follow: bool, make: bool) -> FilePlace:
        links = 0
        while self._rest:
            name = self._rest.popleft()
            if name in ("", "."):
                continue
            if name == "..":
                self._back()
                continue
            found = self._look(name)
            last = all(part in ("", ".") for part in self._rest)
            if found is not None and stat.S_ISLNK(found.st_mode) and (follow or not last):
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, "")
                self._begin(os.readlink(name, dir_fd=self._open[-1]))
            elif last:
                self._demand_allowed(name, found)
                return FilePlace(self._open[-1], name, self._shown(name), found)
            else:
                self._into(name, make=make and found is None)
        return FilePlace(self._open[-1], ".", self._shown(), os.fstat(self._open[-1]))

    def _begin(self, path: str) -> None:
        """Go on with the path instead of what is here; the rest follows it."""
        if not path.startswith("/") and not self._open:
            path = f"{self._home if self._world.confined else self._world.home}/{path}"
        if path.startswith("/"):
            top = next((top for top in self._tops if path == top or path.startswith(f"{top}/")), None)
            if top is None:
                self._refuse_outside()
            self._restart(top)
            path = path[len(top) + 1 :]
        self._rest.extendleft(reversed(path.split("/")))

    def _restart(self, top: str) -> None:
        self.close()
        self._names.clear()
        self._top = top
        self._open.append(os.open(self._tops[top], os.O_DIRECTORY | os.O_CLOEXEC))

    def _back(self) -> None:
        if len(self._open) > 1:
            os.close(self._open.pop())
            self._names.pop()
        elif self._world.confined:
            self._refuse_outside()

    def _look(self, name: str) -> os.stat_result | None:
        with suppress(FileNotFoundError):
            return os.stat(name, dir_fd=self._open[-1], follow_symlinks=False)
        return None

    def _into(self, name: str, *, make: bool) -> None:
        self._demand_allowed(name, None)
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._open[-1])
        descriptor = os.open(name, _PASS, dir_fd=self._open[-1])
        self._open.append(descriptor)
        self._names.append(name)
        self._demand_allowed("", os.fstat(descriptor))

    def _demand_allowed(self, name: str, found: os.stat_result | None) -> None:
        whole = "/".join([self._top, *self._names, *([name] if name else [])])
        identity = (found.st_dev, found.st_ino) if found is not None else None
        if self._world.confined and (whole == _DISPLAY or whole.startswith(f"{_DISPLAY}/")):
            message = f"{shown(self._path)} may not be reached: the machine's display is there."
            raise CommandError(message)
        for denied, its in self._denied:
            if whole == denied or whole.startswith(f"{denied}/") or (identity is not None and identity == its):
                message = f"{shown(self._path)} may not be reached: it belongs to this program or to the system."
                raise CommandError(message)

    def _refuse_outside(self) -> NoReturn:
        message = (
            f"{shown(self._path)} leads out of the machine's home. Paths are relative to it, or begin with "
            f"{' or '.join(top or '/' for top in self._tops)}."
        )
        raise CommandError(message)

    def _shown(self, *last: str) -> str:
        return text_of("/".join([self._top, *self._names, *last])) or "/"


def sentence(error: OSError, path: str) -> str:
    """What the system says of a path, in words."""
    name = shown(path)
    match error:
        case FileNotFoundError():
            return f"There is no file or directory {name}."
        case NotADirectoryError():
            return f"{name} is no directory, or a part of it is none."
        case IsADirectoryError():
            return f"{name} is a directory."
        case FileExistsError():
            return f"There is {name} already."
        case PermissionError():
            return f"The machine's user has no right to {name}."
    match error.errno:
        case errno.ELOOP:
            return f"{name} is a link that changed, or leads to itself."
        case errno.ENOTEMPTY:
            return f"{name} is not empty."
        case errno.ENAMETOOLONG:
            return f"A part of {name} is too long: 255 bytes at most."
        case errno.ENOSPC | errno.EDQUOT:
            return f"There is no room left for {name}."
    return f"{name}: {error.strerror or 'the system refused'}."


def shown(path: str) -> str:
    """A path in a sentence: in quotes, nothing in it that hides, and not endless."""
    return f"“{printable(text_of(path) if len(path) <= 200 else text_of(path[:200]) + '…')}”"


def text_of(name: str) -> str:
    """A name as JSON can hold it, where its bytes are no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def kind(found: os.stat_result) -> str:
    """file, directory, link, pipe, socket or device."""
    return _KINDS.get(stat.S_IFMT(found.st_mode), "device")


def _demand_plain(place: FilePlace, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        message = f"{shown(place.path)} is a {kind(found)}, and no plain file."
        raise CommandError(message)


def _names(top: Path, wanted: os.stat_result) -> int | None:
    """How many names below `top`, or itself, are that very file; None where there are too many to look at."""
    if not top.is_dir():
        return int(_is(top, wanted))
    names, looked, folders = 0, 0, [str(top)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                looked += 1
                if looked > _SEARCHED:
                    return None
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.inode() == wanted.st_ino:
                    names += os.path.samestat(entry.stat(follow_symlinks=False), wanted)
    return names


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _is(path: Path, found: os.stat_result) -> bool:
    return _identity(path) == (found.st_dev, found.st_ino)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
