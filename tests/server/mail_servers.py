"""Mail servers that others wrote: Dovecot, with a mailbox that mails are laid into, as whoever runs the tests."""

from __future__ import annotations

import grp
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "mäily-mail-7"
"""With a letter that the command LOGIN cannot say."""

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_fsync = never
auth_failure_delay = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home mail=maildir:{folder}/home/mail
}}
"""


class Mailbox:
    """One mailbox at `127.0.0.1:port`, of which the user is any and the password PASSWORD."""

    def __init__(self, folder: Path, port: int, owner: pwd.struct_passwd) -> None:
        self.folder, self.port, self._owner = folder, port, owner
        self._numbers = itertools.count()

    def lay(self, content: bytes) -> None:
        """A mail comes."""
        name = f"{int(time.time())}.{next(self._numbers)}.tests"
        path = self.folder / "home/mail/tmp" / name
        path.write_bytes(content)
        _owned(path, self._owner)
        path.rename(self.folder / "home/mail/new" / name)

    def renumber(self) -> None:
        """As after a restore: what it has is numbered anew, and a number of the numbers, which is the second, says so."""
        time.sleep(1.1)
        for path in (self.folder / "home/mail").glob("dovecot*"):
            path.unlink()


@contextmanager
def dovecot() -> Iterator[Mailbox]:
    """A mail server with an empty mailbox. Skips the test where it is not installed."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("there is no Dovecot here")
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    folder = Path(tempfile.mkdtemp(prefix="desk-mails-"))  # its sockets' names must be short
    folder.chmod(0o755)
    for part in ("home", "home/mail", "home/mail/new", "home/mail/cur", "home/mail/tmp"):
        (folder / part).mkdir()
        _owned(folder / part, owner)
    (folder / "state").mkdir()
    port = _free_port()
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        ),
        "utf-8",
    )
    process = subprocess.Popen([program, "-F", "-c", configuration])
    try:
        _wait_for(port, process, folder)
        yield Mailbox(folder, port, owner)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _owned(path: Path, owner: pwd.struct_passwd) -> None:
    if os.getuid() == 0:
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            log = folder / "log"
            assert process.poll() is None and time.monotonic() < until, log.read_text() if log.exists() else ""  # noqa: PT018
            time.sleep(0.05)
        else:
            return
