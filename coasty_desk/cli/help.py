"""The first page of help, as text: it must not wait for any library to load."""

from __future__ import annotations

TOP = """\
coasty-desk: drives this computer's own mouse and keyboard until a task is done.

Usage:  coasty-desk [--version] [--debug] COMMAND ...

Try it with no key and no network, on the screen in front of you:
  coasty-desk run --provider offline 'click "File", then click "Open", wait until "Cancel"'
With a key in COASTY_API_KEY, any task in plain words:
  coasty-desk run --dry-run "Open the settings and turn on dark mode"    (only prints)
  coasty-desk run "Open the settings and turn on dark mode"

Commands:
  run TASK        carry out a task on this desktop; see: coasty-desk run --help
{commands}
Stopping a run: Esc three times, {hotkey}, the pointer thrown into a corner, or Ctrl-C.
Exit codes: 0 done, 1 the model cannot, 2 usage, 3 a limit, 4 the service,
  5 the desktop, 6 refused, 130 stopped. --debug shows tracebacks.
"""

COMMANDS = {
    "resume RUN": "go on with a run that was cut off, stopped, or ended at a limit or a failure",
    "replay RUN": "do a recorded run's actions again, without the model",
    "stop": "stop the run that drives this display, from another terminal",
    "release": "let go of keys and buttons that a killed process left held",
    "ground ELEMENT": "where is it on the screen? prints x y in real pixels",
    "parse": "pyautogui source to structured actions; nothing is executed",
    "presets": "list and show the instruction presets",
    "runs": "list, show, report and delete the recorded runs",
    "cost": "what steps cost at these settings, and what was spent",
    "sessions": "list, show and close what is open at the service",
    "auth": "log in, look at, or log out the API key in the system's keyring",
    "config": "print an example configuration; show every value with its origin; trust a project's file",
    "doctor": "check display, input, keyboard, abort key, key and service",
    "completion": "print the script by which your shell completes commands, options and runs",
    "help COMMAND": "how a command is used",
}
"""The commands besides `run`, a line each, in the order of the page."""

HOTKEY = "Ctrl+Shift+F12"


def version() -> str:
    """The installed version."""
    from coasty_desk.version import VERSION

    return VERSION


TOP = TOP.format(commands="".join(f"  {name:<15} {what}\n" for name, what in COMMANDS.items()), hotkey=HOTKEY)
