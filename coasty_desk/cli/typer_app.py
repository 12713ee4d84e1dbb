"""The commands and their options; each body is in a room of its own and is loaded when it is called."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from coasty_desk import settings
from coasty_desk.cli import completion, configured
from coasty_desk.cli.typer_groups import Json, Named, RunId, auth_app, config_app, presets_app, runs_app, sessions_app

app = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(presets_app, name="presets")
app.add_typer(runs_app, name="runs")
app.add_typer(sessions_app, name="sessions")
app.add_typer(auth_app, name="auth")
app.add_typer(config_app, name="config")


@app.callback()
def root() -> None:
    """Drive this computer's own mouse and keyboard until a task is done."""


@app.command(epilog="Example:  coasty-desk run --dry-run --json 'Open the settings'")
def run(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="What to do, in plain words; - reads stdin.")
    ] = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="Only print each action in real pixels.")] = None,
    max_steps: Annotated[str | None, typer.Option(metavar="N", help="Most predictions. [25; dry run: 1]")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="SECONDS", help="Wall-clock cap of the run.")] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="CENTS", help="Cap on cost, checked before each prediction.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Instructions. [precise]"),
    ] = None,
    step: Annotated[bool | None, typer.Option("--step", help="Ask before every single action.")] = None,
    confirm: Annotated[
        str | None,
        typer.Option(metavar="never|risky|always", help="What waits for a yes. [the preset's]"),
    ] = None,
    policy: Annotated[str | None, typer.Option(metavar="FILE", help="What is allowed at all, as TOML or JSON.")] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SOURCE", help="env:VAR or keyring:SERVICE/USER, @WINDOW to bind."),
    ] = None,
    on_human_input: Annotated[str | None, typer.Option(metavar="WORD", help="pause|stop|ignore. [pause]")] = None,
    max_size: Annotated[str | None, typer.Option(metavar="WxH|full", help="Shrink to fit. [1280x720]")] = None,
    monitor: Annotated[str | None, typer.Option(metavar="primary|N", help="Which monitor.")] = None,
    mask: Annotated[
        list[str] | None, typer.Option(metavar="X,Y,W,H", help="Real pixels painted black in every picture.")
    ] = None,
    mask_window: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Windows painted black, by title.")
    ] = None,
    abort_hotkey: Annotated[str | None, typer.Option(metavar="KEYS", help="[<ctrl>+<shift>+<f12>]")] = None,
    provider: Annotated[str | None, typer.Option(metavar="coasty|offline", help="offline: no key, no network.")] = None,
    cua_version: Annotated[str | None, typer.Option(metavar="VERSION", help="The model. [default: v3]")] = None,
    memory: Annotated[str | None, typer.Option(metavar="N", help="Screenshots remembered, 1-20. [3]")] = None,
    settle: Annotated[str | None, typer.Option(metavar="SECONDS", help="Fixed pause a step. [adaptive]")] = None,
    image_format: Annotated[
        str | None, typer.Option(metavar="png|jpeg|auto", help="How the screen is sent. [png]")
    ] = None,
    overlay: Annotated[bool | None, typer.Option("--overlay", help="A badge: who drives, how to stop.")] = None,
    own_terminal: Annotated[
        str | None, typer.Option(metavar="auto|hide|show", help="The window you start this from. [auto]")
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="FILE", help="The task from a file.")] = None,
    no_record: Annotated[bool | None, typer.Option("--no-record", help="Keep nothing on disk.")] = None,
    json: Annotated[bool | None, typer.Option("--json", help="One JSON event a line on stdout.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", help="Do not ask before a run that can cost money.")] = None,
) -> int:
    """Carry out TASK on this desktop until it is done or you stop it.

    Stop: Esc three times, Ctrl+Shift+F12, a screen corner, or Ctrl-C.
    """
    from coasty_desk.cli.commands import run_command as body

    given = {name: value for name, value in locals().items() if name not in {"task", "body"} and value is not None}
    options = {name: value for name, value in given.items() if value != []}
    return body.run(task, configured.load(options)[0])


@app.command(epilog="Example:  coasty-desk resume last 'Use the other printer' --max-steps 10")
def resume(
    run: RunId,
    note: Annotated[str | None, typer.Argument(metavar="NOTE", help="What the model is told besides the task.")] = None,
    max_steps: Annotated[str | None, typer.Option(metavar="N", help="So many predictions more.")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="SECONDS", help="So many seconds more.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="CENTS", help="So many cents more.")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Other instructions.")] = None,
    memory: Annotated[str | None, typer.Option(metavar="N", help="So many screenshots remembered.")] = None,
    cua_version: Annotated[str | None, typer.Option(metavar="VERSION", help="Another model.")] = None,
    max_size: Annotated[str | None, typer.Option(metavar="WxH|full", help="Another size to shrink to.")] = None,
    image_format: Annotated[str | None, typer.Option(metavar="png|jpeg|auto", help="Sent otherwise.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON event a line on stdout.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it can cost more money.")] = False,
) -> int:
    """Go on with a run that was cut off, stopped, or ended at a limit or a failure of the service.

    Nothing is done or paid twice. A limit that was used up begins anew, of the same size. A run that came to its
    end goes on where NOTE says what is to be done now.
    """
    from coasty_desk.cli.commands import resume_command as body

    given = {name: value for name, value in locals().items() if name not in {"run", "note", "body"}}
    return body.resume(run, note, {name: value for name, value in given.items() if value is not None})


@app.command(epilog="Example:  coasty-desk replay last --set name=Zoë")
def replay(
    run: RunId,
    heal: Annotated[
        bool, typer.Option("--heal", help="Let the model do a step whose target is gone; that costs money.")
    ] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What to type for {{NAME}}. Repeatable.")
    ] = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="Print the first step; send no input.")] = None,
    max_steps: Annotated[str | None, typer.Option(metavar="N", help="Cap on steps. [default: as recorded]")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="SECONDS", help="Wall-clock cap.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="CENTS", help="Cap on what --heal may cost.")] = None,
    step: Annotated[bool | None, typer.Option("--step", help="Ask before every single action.")] = None,
    confirm: Annotated[
        str | None, typer.Option(metavar="never|risky|always", help="Which actions wait for a person.")
    ] = None,
    policy: Annotated[str | None, typer.Option(metavar="FILE", help="What is allowed at all.")] = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="NAME=SOURCE", help="{{secret:NAME}}, as in `run`.")
    ] = None,
    on_human_input: Annotated[
        str | None, typer.Option(metavar="pause|stop|ignore", help="When you move the pointer or type.")
    ] = None,
    monitor: Annotated[str | None, typer.Option(metavar="primary|N", help="Which monitor.")] = None,
    abort_hotkey: Annotated[str | None, typer.Option(metavar="KEYS", help="The abort key.")] = None,
    settle: Annotated[str | None, typer.Option(metavar="SECONDS", help="A fixed pause after each step.")] = None,
    overlay: Annotated[
        bool | None, typer.Option("--overlay", help="A badge on the screen that says who drives and how to stop.")
    ] = None,
    own_terminal: Annotated[
        str | None, typer.Option(metavar="auto|hide|show", help="The window you start this from. [auto]")
    ] = None,
    no_record: Annotated[bool | None, typer.Option("--no-record", help="Keep nothing on disk.")] = None,
    json: Annotated[bool | None, typer.Option("--json", help="One JSON event a line on stdout.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", help="Do not ask before it can cost money.")] = None,
) -> int:
    """Do a finished run's actions again without the model, each only where its target still is.

    What is not given here is as it was in the run. Stop it as any run.
    """
    from coasty_desk.cli.commands import replay_command as body

    left_out = {"run", "heal", "set_", "body", "left_out"}
    given = {name: value for name, value in locals().items() if name not in left_out and value not in (None, [])}
    return body.replay(run, heal=heal, values=set_ or (), options=given)


@app.command(epilog="Example:  coasty-desk ground 'the Save button' --annotate where.png")
def ground(
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="What to find, in plain words.")],
    image: Annotated[str | None, typer.Option(metavar="FILE", help="On this picture instead of the screen.")] = None,
    annotate: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the picture with the place marked, as PNG.")
    ] = None,
    click: Annotated[bool, typer.Option("--click", help="Click it, after a question; --yes: without one.")] = False,
    provider: Annotated[
        str | None, typer.Option(metavar="coasty|offline", help="Who looks: coasty costs 3 cents, offline nothing.")
    ] = None,
    monitor: Annotated[str | None, typer.Option(metavar="primary|N", help="Which monitor.")] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="WxH|full", help="Shrink what is sent to fit. [default: 1280x720]")
    ] = None,
    mask: Annotated[
        list[str] | None, typer.Option(metavar="X,Y,W,H", help="Real pixels painted black in the picture.")
    ] = None,
    own_terminal: Annotated[
        str | None, typer.Option(metavar="auto|hide|show", help="The window you start this from. [auto]")
    ] = None,
    json: Annotated[bool | None, typer.Option("--json", help="Print JSON.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", help="Do not ask before the click.")] = None,
) -> int:
    """Find something on the screen and print where: x y, in real pixels."""
    from coasty_desk.cli.commands import ground_command as body

    own = {"element", "image", "annotate", "click", "body", "own"}
    given = {name: value for name, value in locals().items() if name not in own and value not in (None, [])}
    return body.ground(element, image=image, annotate=annotate, click=click, options=given)


@app.command(epilog="Example:  echo 'pyautogui.click(10, 20)' | coasty-desk parse -")
def parse(
    file: Annotated[str, typer.Argument(metavar="FILE", help="pyautogui source; - reads stdin.")],
) -> int:
    """Turn pyautogui source into structured actions, as JSON. Nothing is executed."""
    from coasty_desk.cli.commands import parse_command as body

    return body.parse(file)


@app.command()
def stop() -> int:
    """Stop the run that drives this display, from another terminal."""
    from coasty_desk.cli.commands import stop_command as body

    return body.stop()


@app.command()
def release() -> int:
    """Let go of every key and button that a killed process left held."""
    from coasty_desk.cli.commands import stop_command as body

    return body.release()


@app.command(epilog="Example:  coasty-desk cost --steps 25 --memory 8")
def cost(
    steps: Annotated[str | None, typer.Option(metavar="N", help="How many. [default: the run's cap]")] = None,
    max_size: Annotated[str | None, typer.Option(metavar="WxH|full", help="As for run. [default: 1280x720]")] = None,
    memory: Annotated[str | None, typer.Option(metavar="N", help="As for run. [default: 3]")] = None,
    cua_version: Annotated[str | None, typer.Option(metavar="VERSION", help="As for run. [default: v3]")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="As for run. [default: precise]")] = None,
    spent: Annotated[bool, typer.Option("--spent", help="What was really charged, by month and day.")] = False,
    json: Json = False,
) -> int:
    """Show what N steps cost at these settings, at worst, line by line."""
    from coasty_desk.cli.commands import cost_command as body

    if spent:
        return body.spent(as_json=json)
    given = {"max_size": max_size, "memory": memory, "cua_version": cua_version, "preset": preset}
    number = None if steps is None else settings.number(steps, "--steps", 0, 100_000)
    return body.cost(number, {name: value for name, value in given.items() if value is not None}, as_json=json)


@app.command()
def doctor(
    selftest: Annotated[
        bool, typer.Option("--selftest", help="Prove input on a window of its own; hands off meanwhile.")
    ] = False,
    json: Json = False,
) -> int:
    """Check display, size, capture, input, keyboard, abort key, key and service."""
    from coasty_desk.cli.commands import doctor_command as body

    return body.prove(as_json=json) if selftest else body.doctor(as_json=json)


@app.command("completion", epilog="Example:  coasty-desk completion bash >> ~/.bash_completion")
def completion_script(
    shell: Annotated[
        str | None, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell. [default: yours]")
    ] = None,
) -> int:
    """Print the script that lets your shell complete commands, options and runs."""
    return completion.script(shell, os.environ)
