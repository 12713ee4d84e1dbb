"""The console script: argv to an exit code; an error is two sentences, never a traceback."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence

from coasty_desk.cli import COMPLETE_VARIABLE
from coasty_desk.cli.exits import EXIT_DESKTOP, EXIT_STOPPED, EXIT_USAGE, IS_IT_FULL, complain, exit_code
from coasty_desk.core.errors import Aborted, CoastyDeskError, UsageError

DRIVING = ("run", "resume", "replay", "ground")
"""The commands that may drive the desktop."""

_ALONE = {"--stateless": "3"}
"""Options whose number may be left out, and what it is then: what follows may be the task."""

_WITH_WORDS = ("coasty-desk run", "coasty-desk resume", "coasty-desk ground")
"""Those whose last argument is a person's own words."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line, without `argv` that of this process; the exit codes are DESIGN.md A3's."""
    if argv is not None:
        return _carried_out(list(argv))
    _fill_standard_streams()
    codes: list[int] = []
    atexit.register(_leave, codes)  # the first one: it is called after all others
    codes.append(_carried_out(sys.argv[1:]))
    return codes[0]


def _fill_standard_streams() -> None:
    """Open what the shell has closed (`<&-`, `>&-`) on nothing: else the next connection gets its number, and is written to."""
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free: this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - until the process ends


def _leave(codes: list[int]) -> None:
    """End the process, as everything is put away; nothing is there where an exception ends it.

    A library that a thread still loads (the reader of the screen) crashes when the interpreter is
    taken down around it: it was one in five of the runs that ended at such a moment.
    """
    from contextlib import suppress

    for code in codes:
        lost = False
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            pass  # nobody reads on
        except (OSError, ValueError) as error:
            lost = True
            with suppress(OSError, ValueError):
                _cannot_write(error)
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(EXIT_DESKTOP if lost and not code else code)


def _cannot_write(error: Exception) -> None:
    if not _lost:  # what is left of it is tried once more at the end
        why = getattr(error, "strerror", None) or error
        complain(f"What there is to say cannot be written: {why}.", IS_IT_FULL)
    _lost.append(error)


_lost: list[Exception] = []

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""There is no room, or the terminal is gone."""


def _carried_out(arguments: list[str]) -> int:
    asked = None
    stops = arguments == ["stop"]
    if stops:  # a person waits: what else is needed is loaded once the run has been asked
        from coasty_desk.desktop.linux.stop_socket import StopCall

        asked = StopCall.begin(os.environ.get("DISPLAY", ""))
    from coasty_desk.cli.terminal.terminal_text import tolerate

    for stream in (sys.stdout, sys.stderr):
        tolerate(stream)
    if COMPLETE_VARIABLE in os.environ:
        from coasty_desk.cli import completion, typer_app

        return completion.answer(typer_app.app)
    debug = "--debug" in arguments[:1]
    arguments = arguments[debug:]
    try:
        if stops:
            from coasty_desk.cli.commands import stop_command

            return stop_command.await_end(asked)
        return _command(arguments, debug=debug)
    except BrokenPipeError:
        return EXIT_STOPPED  # nobody reads on
    except (Exception, Aborted, KeyboardInterrupt) as error:
        if debug:
            raise
        return _ended_by(error)


def _ended_by(error: BaseException) -> int:
    match error:
        case CoastyDeskError():
            complain(error.message, error.remedy)
            return exit_code(error)
        case Aborted() | KeyboardInterrupt():
            return EXIT_STOPPED
        case OSError() if error.errno in _FULL:
            _cannot_write(error)
        case _:
            _unforeseen(error)
    return EXIT_DESKTOP


def _unforeseen(error: BaseException) -> None:
    complain(
        f"Something went wrong inside coasty-desk: {type(error).__name__}: {error}",
        "Run the same with `coasty-desk --debug ...` and report what it prints.",
    )


def _stoppable() -> None:
    """Until a run has armed its own ways, whatever ends it does so as Ctrl-C does: by an exception, with exit code 130."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _sentences_from_threads() -> None:
    """What nobody foresaw in a thread is a sentence too, and no traceback."""
    import threading

    def said(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None:
            _unforeseen(failed.exc_value)

    threading.excepthook = said


def _command(arguments: list[str], *, debug: bool = False) -> int:
    if arguments[:1] == ["help"]:
        from coasty_desk.cli.help import asked

        arguments = asked(arguments[1:])
        if not arguments:
            return 0
    if arguments[:1] in (["--help"], ["-h"], []):
        from coasty_desk.cli.help import TOP  # help must not wait for the command line's library

        print(TOP, end="")
        return 0 if arguments else EXIT_USAGE
    if arguments[:1] == ["--version"]:
        from coasty_desk.version import VERSION

        print(f"coasty-desk {VERSION}")
        return 0
    arguments = _with_numbers(arguments)
    if arguments[0] in DRIVING or arguments[:2] == ["workflows", "run"]:
        _stoppable()
        if not debug:
            _sentences_from_threads()
    if arguments[:1] == ["run"]:
        gc.disable()  # nothing of what is being loaded is garbage, and looking for it takes a tenth of the time
        from coasty_desk.cli import fast_path

        plain = fast_path.run_arguments(arguments[1:])
        if plain is not None:
            return fast_path.run(*plain)
    if arguments[:1] == ["serve"]:
        from coasty_desk.cli import fast_path

        options = fast_path.serve_options(arguments[1:])
        if options is not None:
            from coasty_desk.cli.commands import serving_command

            return serving_command.served(options)
    if arguments == ["mcp"]:
        gc.disable()  # as above: the host waits for the protocol's library
        from coasty_desk.cli.commands import mcp_serving

        return mcp_serving.served({})
    import typer  # heavy, and only wanted once there is a command
    from typer.exceptions import TyperException

    from coasty_desk.cli.typer_app import app

    try:
        result = app(arguments, prog_name="coasty-desk", standalone_mode=False)
    except typer.Abort:
        return EXIT_STOPPED
    except TyperException as error:
        context = getattr(error, "ctx", None)
        path = "coasty-desk" if context is None else context.command_path
        said = error.format_message().rstrip(".") + "."
        quotes = "What has blanks in it goes in quotes. " if "extra argument" in said and path in _WITH_WORDS else ""
        raise UsageError(said, f"{quotes}See `{path} --help` for how it is used.") from error
    return result if isinstance(result, int) else 0


def _with_numbers(arguments: list[str]) -> list[str]:
    """The same, with the number of an option that may stand alone behind it by `=`."""
    found: list[str] = []
    left = arguments[::-1]
    while left:
        word = left.pop()
        if word == "--":
            return [*found, word, *left[::-1]]
        if word in _ALONE:
            is_number = bool(left) and left[-1].isascii() and left[-1].isdecimal() and len(left[-1]) < 3
            word = f"{word}={left.pop() if is_number else _ALONE[word]}"
        found.append(word)
    return found
