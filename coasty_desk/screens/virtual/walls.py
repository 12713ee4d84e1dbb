"""The walls around a virtual machine's programs: what of this computer they see at all, by bubblewrap, and what that leaves open."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from coasty_desk.screens.virtual import confinement
from coasty_desk.screens.virtual.installed_programs import PLACES, found

HOME = "/home/user"
"""The machine's own home, as its programs see it."""
RUN = "/run/desk"
"""What of the machine's runtime folder they see."""
RUNTIME = "/run/user/1000"
USER = 1000
HOST = "desk"

_TEMPORARY = 2_000_000_000
"""Bytes of its /tmp, which is in memory, and of what its programs share there; of its runtime folder a tenth."""

Network: TypeAlias = Literal["shared", "through", "none"]
"""That of this computer, one of the machine's own which leads out through it, or none."""

_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

_ETC = (
    *("alternatives", "bash.bashrc", "bash_completion", "bash_completion.d", "ca-certificates", "ca-certificates.conf"),
    *("chromium", "chromium.d", "crypto-policies", "dbus-1", "dconf", "debian_version", "default/locale", "emacs"),
    *("environment.d", "firefox", "firefox-esr", "fonts", "gai.conf", "geany", "GREP_COLORS", "gtk-2.0", "gtk-3.0"),
    *("gtk-4.0", "ImageMagick-6", "ImageMagick-7", "inputrc", "java", "java-17-openjdk", "java-21-openjdk"),
    *(
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "libreoffice",
        "locale.alias",
        "locale.conf",
        "localtime",
        "lsb-release",
    ),
    *("magic", "magic.mime", "mailcap", "mime.types", "nanorc", "openbox", "opt", "os-release", "papersize", "perl"),
    *("pki", "profile", "profile.d", "protocols", "pulse", "python3", "python3.11", "python3.12", "python3.13", "rpc"),
    *("services", "sgml", "shells", "skel", "ssl", "terminfo", "thunderbird", "timezone", "vim", "vulkan", "wgetrc"),
    *("X11", "xdg", "xml"),
)
"""What of /etc is of no one: no accounts, no passwords, no keys of the computer, no settings of its services."""


class Walls(Struct, frozen=True):
    """Whether there are some, and why not, as a clause."""

    up: bool
    fault: str = ""
    remedy: str = ""


@cache
def here() -> Walls:
    """What this computer has, tried once: a program behind these very walls."""
    if shutil.which("bwrap", path=PLACES) is None:
        return Walls(
            up=False,
            fault="bubblewrap is not installed",
            remedy="On Debian and Ubuntu: sudo apt-get install bubblewrap",
        )
    try:
        done = subprocess.run(
            ["bwrap", *_unshared("none"), *_system(), "--", "/usr/bin/env", "true"],
            env={"PATH": PLACES},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Walls(up=False, fault=f"bubblewrap cannot be started ({type(error).__name__})", remedy=_ALLOW)
    if done.returncode == 0:
        return Walls(up=True)
    said = done.stderr.strip().splitlines()
    return Walls(
        up=False,
        fault=f"user namespaces are not allowed here ({said[-1][:200] if said else 'bubblewrap failed'})",
        remedy=_ALLOW,
    )


_ALLOW = (
    "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 where there is that setting; on Ubuntu an AppArmor "
    "profile for /usr/bin/bwrap with `userns,`; in a container, start it with them allowed."
)


def options(runtime: Path, home: Path, display: str, kind: Network) -> list[str]:
    """The options of bubblewrap for a machine's programs."""
    socket = f"/tmp/.X11-unix/X{display}"  # noqa: S108 - where X11 has it
    return [
        *_unshared(kind),
        *_system(),
        *("--perms", "1777", *_bounded(_TEMPORARY), "--tmpfs", "/tmp"),  # noqa: S108 - the machine's own
        *("--perms", "1777", *_bounded(_TEMPORARY), "--tmpfs", "/dev/shm"),  # noqa: S108 - as above
        *("--dir", "/tmp/.X11-unix", "--ro-bind", socket, socket),  # noqa: S108 - as above
        *("--symlink", "../tmp", "/var/tmp", "--symlink", "../run", "/var/run"),  # noqa: S108 - as above
        *("--perms", "0700", *_bounded(_TEMPORARY // 10), "--tmpfs", RUNTIME),
        *("--ro-bind", str(runtime / "inside"), RUN),
        *("--ro-bind", str(runtime / "passwd"), "/etc/passwd", "--ro-bind", str(runtime / "group"), "/etc/group"),
        *(
            "--ro-bind",
            str(runtime / "hosts"),
            "/etc/hosts",
            "--ro-bind",
            str(runtime / "machine-id"),
            "/etc/machine-id",
        ),
        *("--ro-bind", str(runtime / "nsswitch.conf"), "/etc/nsswitch.conf"),
        *(("--ro-bind-try", _names(runtime, kind), "/etc/resolv.conf") if kind != "none" else ()),
        *("--bind", str(home), HOME, "--chdir", HOME),
        *("--remount-ro", "/dev", "--remount-ro", "/"),  # which are in memory, too
    ]


def _names(runtime: Path, kind: Network) -> str:
    """Where names of computers are asked for."""
    return str(runtime / "resolv.conf") if kind == "through" else os.path.realpath("/etc/resolv.conf")


def files(machine_id: str) -> dict[str, str]:
    """What of /etc is the machine's own, by name."""
    return {
        "passwd": f"root:x:0:0:root:/:/usr/sbin/nologin\nuser:x:{USER}:{USER}:user:{HOME}:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        "group": f"root:x:0:\nuser:x:{USER}:\nnogroup:x:65534:\n",
        "hosts": f"127.0.0.1 localhost {HOST}\n::1 localhost ip6-localhost ip6-loopback\n",
        "machine-id": machine_id.replace("-", "") + "\n",
        "resolv.conf": "nameserver 10.0.2.3\n",  # slirp4netns(1)
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }


def network(*, wanted: bool) -> Network:
    """Which one a machine's programs have here.

    This computer's own shares the names of its abstract sockets: where these cannot be put out of reach, one of the machine's
    own is taken, which leads out through this computer, if there is a program for that.
    """
    if not wanted:
        return "none"
    if confinement.scopes_abstract_sockets() or found("slirp4netns") is None or not Path("/dev/net/tun").exists():
        return "shared"
    return "through"


def kept_out(kind: Network) -> tuple[str, ...]:
    """What a machine's programs cannot reach behind walls, as sentences."""
    said = [
        "Its programs see their own home, processes and display, and of this computer only what is installed for all, read-only."
    ]
    if kind == "none":
        said.append("They reach no network.")
    elif kind == "through" or confinement.scopes_abstract_sockets():
        said.append("They reach no display, bus or socket of this computer by a name without a file.")
    if kind == "through":
        said.append("They do not reach what listens on 127.0.0.1 here.")
    return tuple(said)


def left_open(kind: Network) -> tuple[str, ...]:
    """What they can reach all the same, as sentences."""
    if kind == "shared":
        return ("Its network is this computer's: it reaches what listens on 127.0.0.1 here, and the local network.",)
    return ("Its network is this computer's, but for what listens on 127.0.0.1 here.",) if kind == "through" else ()


def risks(kind: Network) -> tuple[str, ...]:
    """What of that is for this system's lack of something, as sentences."""
    said = []
    if kind == "shared" and not confinement.scopes_abstract_sockets():
        said.append(
            "Its programs reach sockets of this computer that have a name without a file, which Linux 6.12 or slirp4netns "
            "(sudo apt-get install slirp4netns) prevents: an X server that lets you in without a key can be driven from it."
        )
    if not confinement.refuses_calls():
        said.append("The system calls of its programs are not filtered on this processor.")
    return tuple(said)


@cache
def _bounded(size: int) -> tuple[str, ...]:
    """How bubblewrap is told the size of a file system in memory, where it is new enough for that."""
    said = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, env={"PATH": PLACES}, check=False)
    return ("--size", str(size)) if "--size" in said.stdout + said.stderr else ()


def _unshared(kind: Network) -> list[str]:
    """User namespaces stay allowed within: browsers make walls of their own of them."""
    return [
        *("--unshare-all", "--unshare-user", "--uid", str(USER), "--gid", str(USER), "--hostname", HOST),
        *(("--share-net",) if kind == "shared" else ()),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    ]


def _system() -> list[str]:
    """What is installed for all, and nothing of anybody."""
    given = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/opt", "/opt"]
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            given += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            given += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        given += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    given += ["--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig"]
    return [*given, "--proc", "/proc", "--dev", "/dev"]
