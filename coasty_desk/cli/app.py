"""The console script: argv to an exit code; an error is two sentences, never a traceback."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from coasty_desk.cli.text import line, tolerate
from coasty_desk.core.errors import Aborted, CoastyDeskError, DesktopError, ServiceError, UsageError

EXIT_USAGE = 2
EXIT_SERVICE = 4
EXIT_DESKTOP = 5
EXIT_STOPPED = 130

COMPLETE_VARIABLE = "_COASTY_DESK_COMPLETE"
"""Set by a shell's completion script when it asks what may come next."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line, without `argv` that of this process; the exit codes are DESIGN.md A3's."""
    if argv is not None:
        return _carried_out(list(argv))
    codes: list[int] = []
    atexit.register(_leave, codes)  # the first one: it is called after all others
    codes.append(_carried_out(sys.argv[1:]))
    return codes[0]


def _leave(codes: list[int]) -> None:
    """End the process, as everything is put away; nothing is there where an exception ends it.

    A library that a thread still loads (the reader of the screen) crashes when the interpreter is
    taken down around it: it was one in five of the runs that ended at such a moment.
    """
    for code in codes:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody reads on, or it is closed
                stream.flush()
        os._exit(code)


def _carried_out(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        tolerate(stream)
    if COMPLETE_VARIABLE in os.environ:
        from coasty_desk.cli.completion import answer

        return answer()
    debug = "--debug" in arguments[:1]
    arguments = arguments[debug:]
    if arguments[:1] in (["--help"], ["-h"], []):
        from coasty_desk.cli.help import TOP  # help must not wait for the command line's library

        print(TOP, end="")
        return 0 if arguments else EXIT_USAGE
    if arguments[:1] == ["--version"]:
        from coasty_desk.cli.help import version

        print(f"coasty-desk {version()}")
        return 0
    try:
        return _command(arguments)
    except CoastyDeskError as error:
        if debug:
            raise
        complain(error.message, error.remedy)
        return exit_code(error)
    except (Aborted, KeyboardInterrupt):
        if debug:
            raise
        return EXIT_STOPPED
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads on; Python must not complain of that at exit
        return EXIT_STOPPED
    except Exception as error:
        if debug:
            raise
        complain(
            f"Something went wrong inside coasty-desk: {type(error).__name__}: {error}",
            "Run the same with `coasty-desk --debug ...` and report what it prints.",
        )
        return EXIT_DESKTOP


def exit_code(error: CoastyDeskError) -> int:
    """Whose fault it is, as DESIGN.md A3 numbers it."""
    match error:
        case ServiceError():
            return EXIT_SERVICE
        case DesktopError():
            return EXIT_DESKTOP
        case UsageError() | _:
            return EXIT_USAGE


def complain(message: str, remedy: str) -> None:
    """One sentence that says what is wrong and one that says what to do, on stderr."""
    print(f"coasty-desk: {line(message, 1000)}", file=sys.stderr)
    if remedy:
        print(f"  {line(remedy, 1000)}", file=sys.stderr)


def _command(arguments: list[str]) -> int:
    if arguments[:1] == ["run"]:
        gc.disable()  # nothing of what is being loaded is garbage, and looking for it takes a tenth of the time
        from coasty_desk.cli import quick

        plain = quick.run_arguments(arguments[1:])
        if plain is not None:
            return quick.run(*plain)
    import typer  # heavy, and only wanted once there is a command
    from typer.exceptions import TyperException

    from coasty_desk.cli.commands import app

    try:
        result = app(arguments, prog_name="coasty-desk", standalone_mode=False)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return EXIT_STOPPED
    except TyperException as error:
        raise UsageError(
            error.format_message().rstrip(".") + ".", f"See `coasty-desk {arguments[0]} --help` for how it is used."
        ) from error
    return result if isinstance(result, int) else 0
