"""The first page of help and the list of the manual's pages, as text: they must not wait for any library to load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TOP = """\
coasty-desk: drives this computer's own mouse and keyboard until a task is done.

Usage:  coasty-desk [--version] [--debug] COMMAND ...

Try it with no key and no network, on the screen in front of you:
  coasty-desk run --provider offline 'click "File", then click "Open", wait until "Cancel"'
With a key in COASTY_API_KEY, any task in plain words:
  coasty-desk run --dry-run "Open the settings and turn on dark mode"    (only prints)
  coasty-desk run "Open the settings and turn on dark mode"
With a model of Anthropic, OpenAI or Google, or one on your own machine: coasty-desk help models

Commands:
  run TASK        carry out a task on this desktop; see: coasty-desk run --help
{commands}
The manual, a page each: coasty-desk help TOPIC, on {topics}.
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
    "predict TASK": "one step on a picture, which is printed and not done",
    "parse": "pyautogui source to structured actions; nothing is executed",
    "presets": "list and show the instruction presets",
    "runs": "list, show and report recorded runs; start, watch, answer, cancel the service's",
    "workflows": "check, run, save, list and show workflows: many tasks, with conditions, loops and approvals",
    "cost": "what steps cost at these settings, and what was spent",
    "serve": "this desktop as a service: the published /v1 at an address of this machine",
    "mcp": "lend this desktop to an assistant, as tools of MCP over stdin and stdout",
    "machines": "list, make, drive and end machines: this desktop, virtual ones, your account's",
    "schedules": "tasks again and again, or once later, while `serve` runs",
    "triggers": "what has a schedule fire besides time: signed calls, other schedules",
    "sessions": "list, show, reset and close what is open at the service",
    "keys": "list, make and delete the keys of this computer's own service",
    "models": "which models, versions and actions the service offers",
    "usage": "what was asked of the service in a month, and what it cost",
    "auth": "log in, look at, or log out the API key in the system's keyring",
    "config": "print an example configuration; show every value with its origin; trust a project's file",
    "doctor": "check display, input, keyboard, abort key, key and service; how well a model points",
    "completion": "print the script by which your shell completes commands, options and runs",
    "help [TOPIC]": "a page of the manual, or how a command is used",
}
"""The commands besides `run`, a line each, in the order of the page."""

_RUN = {"run": "carry out a task on this desktop"}
ABOUT = {name.split()[0]: what for name, what in (_RUN | COMMANDS).items()}
"""All of them, by the word alone."""

TOPICS = {
    "stopping": "every way to end a run at once",
    "policy": "what a run may do: your hand, your terminal, questions, policies",
    "secrets": "passwords, masks, the API key",
    "money": "what a run costs, caps, and why nothing is paid twice",
    "offline": "the instructions that the embedded predictor understands",
    "models": "who predicts: any model, or none; presets, versions, proxies",
    "serve": "this desktop as a service, for programs written for the Coasty API",
    "runs": "from the command line: handed to the service, watched, answered, cancelled",
    "served-runs": "runs that the service carries out, whatever is killed meanwhile",
    "workflows": "many tasks as one: conditions, loops, retries, approvals, branches",
    "schedules": "tasks that are done by the clock, by a call, or after one another",
    "many-desktops": "many computers on one database: all machines and runs from any of them",
    "virtual": "a machine for one run: a display of its own, behind walls",
    "machines": "other screens than the one in front of you: machines here, and your account's",
    "machines-commands": "all that a machine can be told over /v1: input, windows, terminal, files, browser",
    "driven": "what programs may do through the service, how you stop them, and what is done once",
    "inference": "what the service answers about a screenshot, by which model, for how much",
    "record": "what is kept of a run, and what can be done with it",
    "mcp": "this desktop in the hands of an assistant: its tools, your gates",
    "embedding": "from scripts and from Python",
    "settings": "every option and every line of a configuration",
    "platforms": "where it runs, how exact, how fast",
    "troubleshooting": "if something is wrong",
}
"""The pages of the manual, a line each; those are in `coasty_desk/manual`."""

HOTKEY = "Ctrl+Shift+F12"


def _listed(lines: Mapping[str, str], width: int = 15) -> str:
    return "".join(f"  {name:<{width}} {what}\n" for name, what in lines.items())


def asked(words: Sequence[str]) -> list[str]:
    """Answer `help`: print the index (no word) or a page (a topic). What is left is the command line for a command's help.

    Raises UsageError for what is neither.
    """
    if not words or words[0] == "help":
        print(INDEX, end="")
        return []
    if words[0] in TOPICS and (len(words) == 1 or words[0] not in ABOUT):
        from coasty_desk.cli import manual

        manual.show(words[0])
        return []
    known = [*ABOUT, *TOPICS]
    if words[0] not in known and not words[0].startswith("-"):
        import difflib

        from coasty_desk.core.errors import UsageError

        near = difflib.get_close_matches(words[0], known, 1)
        meant = f"Did you mean `coasty-desk help {near[0]}`? " if near else ""
        message = f"There is no topic and no command {words[0]!r}."
        raise UsageError(message, f"{meant}`coasty-desk help` says which there are.")
    return [*words, "--help"]


_NAMES = tuple(TOPICS)
TOP = TOP.format(
    commands=_listed(COMMANDS), hotkey=HOTKEY, topics=f"{', '.join(_NAMES[:4])},\n  {', '.join(_NAMES[4:])}"
)
INDEX = f"""\
The manual, a page each:  coasty-desk help TOPIC

{_listed(TOPICS, 17)}
How a command is used:    coasty-desk help COMMAND

{_listed(_RUN | COMMANDS)}"""
