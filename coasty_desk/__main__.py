"""`python -m coasty_desk` is `coasty-desk`: the command line, after the folder that the person works in is off every search path.

Whoever left files in that folder must not have them run: a `json.py` there would be imported by
`python -m` and with an empty entry in PYTHONPATH, a program there found by an empty entry in PATH,
and a library there by Windows. So nothing but what is built into the interpreter is imported first.
What Python itself imports before it comes here is beyond this: for `python -m` that is `importlib` and a few more.
"""

import os
import sys


def main() -> int:
    """Carry out this process's command line; the exit code."""
    sys.path[:] = _without_working_folder(sys.path)
    _clean_programs()
    try:
        from coasty_desk.cli.app import main as carry_out  # noqa: PLC0415 - only now

        return carry_out()
    except KeyboardInterrupt:  # before anything had begun that could be stopped
        return 130


def _without_working_folder(path: list[str]) -> list[str]:
    """Where modules are looked for: no relative place, nor the working directory before the standard library.

    Unless PYTHONPATH has that folder written out: then somebody means it.
    """
    try:
        here = os.path.realpath(os.getcwd())  # noqa: PTH109 - pathlib is a module that might be there
    except OSError:
        here = ""
    if any(os.path.isabs(place) and os.path.realpath(place) == here for place in _meant()):  # noqa: PTH117 - the same
        here = ""
    library = os.path.dirname(os.__file__)  # noqa: PTH120 - the same
    first = path.index(library) if library in path else len(path)
    return [
        place
        for number, place in enumerate(path)
        if os.path.isabs(place) and not (number < first and os.path.realpath(place) == here)  # noqa: PTH117 - the same
    ]


def _meant() -> list[str]:
    return [] if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "").split(os.pathsep)


def _clean_programs() -> None:
    """Where programs and libraries are looked for, by this process and those that it starts."""
    if os.environ.get("PATH"):
        places = filter(os.path.isabs, os.environ["PATH"].split(os.pathsep))
        os.environ["PATH"] = os.pathsep.join(places) or os.defpath
    if hasattr(sys, "getwindowsversion"):  # Windows looks into the working directory first
        os.environ.setdefault("NoDefaultCurrentDirectoryInExePath", "1")
        import ctypes  # noqa: PLC0415 - only there

        getattr(ctypes, "windll").kernel32.SetDllDirectoryW("")  # noqa: B009 - mypy knows it on Windows alone


if __name__ == "__main__":
    sys.exit(main())
