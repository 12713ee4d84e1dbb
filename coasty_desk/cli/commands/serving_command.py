"""`coasty-desk serve`, from its options to its end: one on a data folder, its first key, its address, and how to stop it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from msgspec.structs import replace

from coasty_desk import file_lock, lifetimes, plain_files, serve_file
from coasty_desk.cli import configured
from coasty_desk.cli.exits import EXIT_SERVICE
from coasty_desk.core.counting import be, counted
from coasty_desk.core.errors import CoastyDeskError, UsageError
from coasty_desk.core.folders import at_home, given
from coasty_desk.serve_file import ServeFile
from coasty_desk.settings import Settings

if TYPE_CHECKING:
    import socket

    from coasty_desk.server.service import Service

DATABASE = "service.sqlite3"
LOCK = "serve.lock"

FOUND_AT = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104 - these are compared with, and not listened at
"""What the loopback address is among."""

INSTALL_SERVE = "pip install 'coasty-desk[serve]'"

LONGEST_END = 0.9
"""Seconds after which a service that was told to end is gone, whatever holds it up."""

FIRST_KEY = "first"
"""The name of the key that the first start makes."""


def served(options: Mapping[str, object]) -> int:
    """Serve until told to end. Raises UsageError where it cannot."""
    chosen, _ = configured.load(options)
    try:
        from coasty_desk.server import serving
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("uvicorn", "h11"):
            raise
        message = "The packages that the service needs are not installed."
        raise UsageError(message, f"Install them: {INSTALL_SERVE}.") from error
    from coasty_desk.server.database import Database
    from coasty_desk.server.service import Service

    folder = _data_folder()
    path = folder / DATABASE
    if chosen.join is not None and replace(chosen, join=None).postgres is not None:
        message = "--database names a Postgres database, and --join one that is shared: runs are kept in one of them."
        raise UsageError(message, "Leave --database out.")
    if chosen.postgres is not None:  # keys, and what was asked once, stay in the file
        _see_that_it_answers(chosen.postgres)
    if chosen.database is not None and chosen.database != chosen.postgres:
        path = given(chosen.database).absolute()
    with ExitStack() as stack:
        stack.enter_context(_alone(folder / LOCK, folder))
        if path.parent != folder:
            stack.enter_context(_alone(path.with_name(f"{path.name}.lock"), folder))
        listeners = [stack.enter_context(closing(serving.listening(chosen.bind, chosen.port)))]
        port = listeners[0].getsockname()[1]
        url = own_url = f"http://{_in_url(chosen.bind)}:{port}"
        if (
            chosen.bind not in FOUND_AT
        ):  # our own command line asks at the loopback address, whoever else may ask elsewhere
            listeners.append(stack.enter_context(closing(serving.listening("127.0.0.1", port))))
            own_url = f"http://127.0.0.1:{port}"
        service = stack.enter_context(closing(Service(Database(path), chosen)))
        service.mail_door = _mail_door(stack, chosen, serving.listening)
        server = serving.serving(service, chosen.allow_host)
        stack.enter_context(_told(folder, own_url, service))
        ended: list[str] = []

        def end(why: str) -> None:
            ended.append(why)
            server.end()

        service.end = end
        with _ended_by_signals(server.end):  # before it is said what ends it
            if chosen.join is not None:
                _join(service, port)
            _say(chosen, url, _first_key(service))
            threading.Thread(target=_find_again, args=(service,), name="coasty-desk machines", daemon=True).start()
            server.run(listeners)
        _say_what_goes_on(service)
    if ended:
        print(
            f"coasty-desk: {ended[0]} One service at a time works from a database; --join is for many.", file=sys.stderr
        )
        return EXIT_SERVICE
    return 0


def _mail_door(
    stack: ExitStack, chosen: Settings, listening: Callable[[str, int], socket.socket]
) -> socket.socket | None:
    """Where mails are brought to, where they are. Raises UsageError for what does not go together, or cannot be had."""
    if not chosen.takes_mails:
        return None
    from coasty_desk.server import served_mails

    served_mails.demand(chosen, os.environ)
    if chosen.mail_listen is None:
        return None
    where, _, port = chosen.mail_listen.rpartition(":")
    return stack.enter_context(closing(listening(where.strip("[]"), int(port))))


def _join(service: Service, port: int) -> None:
    """Be one of many hosts. Raises UsageError."""
    from coasty_desk.server import joined_hosts

    joined_hosts.begin(service, service.settings.bind, port)


def _see_that_it_answers(address: str) -> None:
    """Raises UsageError: who serves is to hear of a database that cannot be had before programs do."""
    try:
        from coasty_desk.automation.storage import Storage

        Storage(address).close()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sqlalchemy":
            raise
        message = "The packages that a Postgres database needs are not installed."
        raise UsageError(message, f"Install them: {INSTALL_SERVE}.") from error


def _data_folder() -> Path:
    return plain_files.real_folder(at_home(lambda: platformdirs.user_data_path("coasty-desk")))


@contextmanager
def _alone(lock: Path, folder: Path) -> Iterator[None]:
    """Within it no other service runs on what the lock stands for. Raises UsageError where one does."""
    try:
        plain_files.folder(lock.parent)
        descriptor = plain_files.made(lock, os.O_RDWR)
    except OSError as error:
        message = f"The service cannot keep its data in {lock.parent}: {plain_files.why(error)}."
        raise UsageError(
            message, "Give it a folder of your own to write to: --database FILE, or another home."
        ) from error
    try:
        if not file_lock.take(descriptor):
            other = serve_file.read(folder)
            where = f" at {other.url.removesuffix('/v1')}" if other is not None else ""
            message = f"A service runs on this data folder already{where}."
            raise UsageError(message, "Use that one, or end it first.")
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _told(folder: Path, url: str, service: Service) -> Iterator[None]:
    """While the block runs, this user's own command line finds the service."""
    told = ServeFile(f"{url}/v1", service.keys.owner_token, os.getpid())
    try:
        serve_file.write(folder, told)
    except OSError as error:
        message = f"The data folder {folder} cannot be written: {error.strerror or error}."
        raise UsageError(message, "See that it is yours, and that there is room on its disk.") from error
    try:
        yield
    finally:
        serve_file.remove(folder, told)


def _first_key(service: Service) -> str | None:
    """A key with every scope, where there is none yet. It is not for this desktop's files and terminal: such a one is asked for."""
    from coasty_desk.server.api_keys import SCOPES

    return None if service.keys.all() else service.keys.make(FIRST_KEY, SCOPES)[0]


def _say(chosen: Settings, url: str, key: str | None) -> None:
    lines = [f"coasty-desk serves /v1 at {url}, asking {chosen.provider}."]
    if key is not None:
        lines += [
            f"Its key, shown this once: {key}",
            "  It may do everything but use this desktop's own terminal, files and browser profile: see coasty-desk help serve.",
        ]
    if lifetimes.model(chosen.provider).sends:
        lines.append(
            f"What programs ask leaves this machine, to {chosen.provider}, and costs what that charges: see coasty-desk help inference."
        )
    if not ip_address(chosen.bind).is_loopback:
        lines.append("It can be reached from other machines, with a key; what they send is not encrypted.")
    if chosen.join is not None:
        lines.append("It is one of the hosts on a shared database: see coasty-desk help many-desktops.")
    lines += [
        "There is no page yet; programs ask with the header X-API-Key." if key is not None else "",
        _how_to_stop(),
    ]
    print("\n".join(filter(None, lines)), flush=True)


def _how_to_stop() -> str:
    """In the background of a script Ctrl-C is not heard: whoever began it has asked for that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return f"To stop it: kill {os.getpid()} (Ctrl-C is not heard in the background)."
    return "To stop it: Ctrl-C."


def _find_again(service: Service) -> None:
    """Machines that go on, and runs that were cut off."""
    from coasty_desk.server import served_runs
    from coasty_desk.server.served_machines import machines

    machines(service)
    try:
        served_runs.find_again(service)
    except CoastyDeskError as error:
        print(f"coasty-desk: runs cannot be gone on with. {error.message} {error.remedy}".rstrip(), file=sys.stderr)


def _say_what_goes_on(service: Service) -> None:
    """A machine does not end with whoever serves it, and a run is only cut off."""
    from coasty_desk.server import served_runs
    from coasty_desk.server.served_machines import machines

    joined = service.hosts is not None
    for what, left in (
        ("run", served_runs.going_on(service)),
        ("workflow", served_runs.workflows_going_on(service)),
    ):
        if left:
            them = "it" if left == 1 else "them"
            soon = f" within 20 seconds; after that the other hosts call {them} lost" if joined else ""
            goes_on = f"the next `coasty-desk serve` goes on with {them}{soon}"
            print(f"{counted(left, what)} {be(left)} not at the end: {goes_on}.")
    many = len(machines(service).going_on)
    if many:
        them = counted(many, "virtual machine")
        how = "the next `coasty-desk serve` finds them again, and `coasty-desk machines stop` ends one"
        print(f"{them} {be(many)} up still: {how}.")


def _in_url(bind: str) -> str:
    address = ip_address(bind)
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return str(address) if address.version == 4 else f"[{address}]"


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """What ends a program within it has this one end, within a second whatever hangs; a second time it does so at once."""
    asked = threading.Event()

    def told(_number: int, _frame: object) -> None:
        if asked.is_set():
            os._exit(0)
        asked.set()
        end()

    def last() -> None:
        asked.wait()
        time.sleep(LONGEST_END)
        os._exit(0)  # nothing is lost by it: all that was answered is on the disk, as where it is killed

    # it waits from the start: a signal's handler may come where no thread can be begun
    threading.Thread(target=last, name="coasty-desk end", daemon=True).start()

    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")]
    before = {}
    for number in filter(None, numbers):
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGTERM:
            with suppress(ValueError):  # in a thread that is not the main one nobody hears of it
                before[number] = signal.signal(number, told)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.stdout.flush()
