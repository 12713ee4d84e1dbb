"""What a process gives up for good before it becomes a program of a virtual machine, by system calls that Python has no names for.

Known to the standard library alone: the keeper and the way in start without anything else.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from functools import cache

_SET_PDEATHSIG, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 1, 22, 38
_FILTER = 2
_JOIN_SESSION_KEYRING = 1
_LANDLOCK_VERSION = 1
_SCOPES_SINCE = 6
"""The version of Landlock that knows of abstract sockets (Linux 6.12)."""
_ABSTRACT_SOCKETS = 1

_KEYCTL = {"x86_64": 250, "aarch64": 219}
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446

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
    _scope_abstract_sockets(libc)
    _refuse_calls(libc, machine)


@cache
def scopes_abstract_sockets() -> bool:
    """Whether this system can keep a program from abstract sockets that are not its own."""
    version = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION))
    return bool(version >= _SCOPES_SINCE)


def refuses_calls() -> bool:
    """Whether the system calls of this processor are known here."""
    return os.uname().machine in _REFUSED


def _scope_abstract_sockets(libc: ctypes.CDLL) -> None:
    if not scopes_abstract_sockets():
        return
    wanted = struct.pack("=QQQ", 0, 0, _ABSTRACT_SOCKETS)  # no file, no port, and no abstract socket of others
    ruleset = libc.syscall(_LANDLOCK_CREATE, wanted, ctypes.c_size_t(len(wanted)), ctypes.c_uint(0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    try:
        if libc.syscall(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint(0)):
            raise OSError(ctypes.get_errno(), "Landlock")
    finally:
        os.close(ruleset)


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
