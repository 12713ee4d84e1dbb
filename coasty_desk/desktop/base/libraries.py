"""Libraries that print, raise anything or exit when they are imported: what goes wrong comes out as a DesktopError."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
import warnings
from types import ModuleType

from coasty_desk.core.errors import DesktopError

importing = threading.Lock()
"""Held while one of them is set up: what they keep for the whole process is changed then."""

_REMEDIES = {
    "Xlib": "Two packages fight over the folder `Xlib`: "
    "`pip install --force-reinstall --no-deps python-xlib` settles it."
}


def imported(name: str) -> ModuleType:
    """The module of this name. Raises DesktopError with one sentence and one remedy."""
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarnings of old code, once, on the first import
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # they raise KeyError, Xlib's errors, SystemExit
        top = name.partition(".")[0]
        message = f"{top} cannot be loaded here: {type(error).__name__}: {error}."
        remedy = _REMEDIES.get(top, "Reinstall coasty-desk, and run it in the desktop session of a user.")
        raise DesktopError(message, remedy) from error
