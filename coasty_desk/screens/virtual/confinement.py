"""What a process gives up for good before it becomes a program of a virtual machine, by system calls that Python has no names for.

Known to the standard library alone: the keeper and the way in start without anything else.
"""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

_SET_PDEATHSIG, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 1, 22, 38
_FILTER = 2
_JOIN_SESSION_KEYRING = 1
_LANDLOCK_VERSION = 1
_SCOPES_SINCE = 6
"""The version of Landlock that knows of abstract sockets (Linux 6.12)."""
_ABSTRACT_SOCKETS = 1

_KEYCTL = {"x86_64": 250, "aarch64": 219}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_BENEATH = 1
_RIGHTS = (13, 13, 14, 15, 15, 16)
"""How many of the rights over files each version of Landlock knows, the first has 13; from the sixth on there are no more."""
_READ = 0b1101
"""Execute, read a file, list a folder."""
_WRITE_FILE = 0b110
"""Read and write what is no folder."""

_REFUSED = {
    # add_key, request_key, keyctl: the keys that the kernel keeps for this user; bpf, perf_event_open, userfaultfd,
    # open_by_handle_at, io_uring_setup, kexec_load and the modules: what no program needs, and what breaks out of walls
    "x86_64": (248, 249, 250, 321, 298, 323, 304, 425, 246, 175, 313, 176),
    "aarch64": (217, 218, 219, 280, 241, 282, 265, 425, 104, 105, 273, 106),
}
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_X32 = 0x40000000
_ENOSYS = 38


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """This process gets a signal when the thread that made it ends, however it ends."""
    _libc().prctl(_SET_PDEATHSIG, int(number), 0, 0, 0)


def give_up() -> None:
    """No new privileges, none of this user's kernel keys, no abstract socket but its own. What the system has not is left."""
    libc = _libc()
    libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    machine = os.uname().machine
    if machine in _KEYCTL:
        libc.syscall(_KEYCTL[machine], _JOIN_SESSION_KEYRING, None)
    if scopes_abstract_sockets():
        with _ruleset(struct.pack("=QQQ", 0, 0, _ABSTRACT_SOCKETS)):
            pass  # no file, no port, and no abstract socket of others
    _refuse_calls(libc, machine)


@cache
def scopes_abstract_sockets() -> bool:
    """Whether this system can keep a program from abstract sockets that are not its own."""
    return _landlock() >= _SCOPES_SINCE


def keep_to(read: Sequence[str], write: Sequence[str]) -> None:
    """No file any more but those in these folders, to read or for all; what is not there is left out. Where Landlock is not, nothing is done."""
    version = _landlock()
    if version < 1:
        return
    every = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    with _ruleset(struct.pack("=Q", every)) as ruleset:
        for rights, places in ((_READ, read), (every, write)):
            for place in places:
                _allow(ruleset, place, rights)


def _allow(ruleset: int, place: str, rights: int) -> None:
    try:
        beneath = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= _READ | _WRITE_FILE
            rights &= ~0b1000
        attributes = struct.pack("=Qi", rights, beneath)
        if _libc().syscall(_LANDLOCK_ADD, ruleset, _BENEATH, attributes, ctypes.c_uint(0)):
            raise OSError(ctypes.get_errno(), "Landlock")
    finally:
        os.close(beneath)


@contextmanager
def _ruleset(attributes: bytes) -> Iterator[int]:
    """What is put into it within the block is this process's own from its end on. Raises OSError."""
    libc = _libc()
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    try:
        yield ruleset
        if libc.syscall(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint(0)):
            raise OSError(ctypes.get_errno(), "Landlock")
    finally:
        os.close(ruleset)


@cache
def _landlock() -> int:
    """Which version of it this system has; below 1 for none."""
    return int(_libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION)))


def refuses_calls() -> bool:
    """Whether the system calls of this processor are known here."""
    return os.uname().machine in _REFUSED


def _refuse_calls(libc: ctypes.CDLL, machine: str) -> None:
    if machine not in _REFUSED:
        return
    code = _program(machine)
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(kept))
    if libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _program(machine: str) -> bytes:
    """The filter (seccomp(2)): those calls are answered as by a system that has them not, and so are all of another architecture."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    refuse, allow = 0x00050000 | _ENOSYS, 0x7FFF0000
    calls = _REFUSED[machine]
    code = [(load, 0, 0, 4), (equal, 1, 0, _ARCHITECTURES[machine]), (answer, 0, 0, refuse), (load, 0, 0, 0)]
    code.append((at_least, len(calls) + 1, 0, _FIRST_X32))  # no other ends that high
    code += [(equal, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    code += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    return b"".join(struct.pack("=HBBI", *one) for one in code)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
