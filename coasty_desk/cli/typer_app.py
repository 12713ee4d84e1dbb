"""The commands and their options; each body is in a room of its own and is loaded when it is called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, TypeAlias

import typer

from coasty_desk import settings
from coasty_desk.cli import completion, configured
from coasty_desk.cli.setting_options import with_settings
from coasty_desk.cli.typer_groups import Json, Named, RunId, auth_app, config_app, presets_app, runs_app, sessions_app

app = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Options: TypeAlias = Mapping[str, object]
"""The settings that were given as options, by name."""

app.add_typer(presets_app, name="presets")
app.add_typer(runs_app, name="runs")
app.add_typer(sessions_app, name="sessions")
app.add_typer(auth_app, name="auth")
app.add_typer(config_app, name="config")


@app.callback()
def root() -> None:
    """Drive this computer's own mouse and keyboard until a task is done."""


@app.command(epilog="Example:  coasty-desk run --dry-run --json 'Open the settings'")
@with_settings()
def run(
    options: Options,
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="What to do, in plain words; - reads stdin.")
    ] = None,
) -> int:
    """Carry out TASK on this desktop until it is done or you stop it.

    Stop: Esc three times, Ctrl+Shift+F12, a screen corner, or Ctrl-C.
    """
    from coasty_desk.cli.commands import run_command as body

    return body.run(task, configured.load(options)[0])


@app.command(epilog="Example:  coasty-desk resume last 'Use the other printer' --max-steps 10")
@with_settings(
    *("max_steps", "deadline", "budget", "preset", "memory", "cua_version", "max_size", "image_format", "json", "yes"),
    as_it_was=True,
    max_steps="So many predictions more.",
    deadline="So many seconds more.",
    budget="So many cents more.",
)
def resume(
    options: Options,
    run: RunId,
    note: Annotated[str | None, typer.Argument(metavar="NOTE", help="What the model is told besides the task.")] = None,
) -> int:
    """Go on with a run that was cut off, stopped, or ended at a limit or a failure of the service.

    Nothing is done or paid twice. A limit that was used up begins anew, of the same size. A run that came to its
    end goes on where NOTE says what is to be done now. What is not given here is as it was in the run.
    """
    from coasty_desk.cli.commands import resume_command as body

    return body.resume(run, note, options)


@app.command(epilog="Example:  coasty-desk replay last --set name=Zoë")
@with_settings(
    *("dry_run", "max_steps", "deadline", "budget", "step", "confirm", "policy", "secret", "on_human_input"),
    *("monitor", "abort_hotkey", "settle", "overlay", "own_terminal", "no_record", "json", "yes"),
    as_it_was=True,
    max_steps="Cap on steps. [as recorded]",
    budget="Cap on what --heal may cost.",
)
def replay(
    options: Options,
    run: RunId,
    heal: Annotated[
        bool, typer.Option("--heal", help="Let the model do a step whose target is gone; that costs money.")
    ] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What to type for {{NAME}}. Repeatable.")
    ] = None,
) -> int:
    """Do a finished run's actions again without the model, each only where its target still is.

    What is not given here is as it was in the run. Stop it as any run.
    """
    from coasty_desk.cli.commands import replay_command as body

    return body.replay(run, heal=heal, values=set_ or (), options=options)


@app.command(epilog="Example:  coasty-desk ground 'the Save button' --annotate where.png")
@with_settings(
    *("provider", "monitor", "max_size", "mask", "own_terminal", "json", "yes"),
    provider="Who looks: coasty costs 3 cents, offline nothing.",
    json="Print JSON.",
    yes="Do not ask before the click.",
)
def ground(
    options: Options,
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="What to find, in plain words.")],
    image: Annotated[str | None, typer.Option(metavar="FILE", help="On this picture instead of the screen.")] = None,
    annotate: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the picture with the place marked, as PNG.")
    ] = None,
    click: Annotated[bool, typer.Option("--click", help="Click it, after a question; --yes: without one.")] = False,
) -> int:
    """Find something on the screen and print where: x y, in real pixels."""
    from coasty_desk.cli.commands import ground_command as body

    return body.ground(element, image=image, annotate=annotate, click=click, options=options)


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
@with_settings("max_size", "memory", "cua_version", "preset")
def cost(
    options: Options,
    steps: Annotated[str | None, typer.Option(metavar="N", help="How many. [the run's cap]")] = None,
    spent: Annotated[bool, typer.Option("--spent", help="What was really charged, by month and day.")] = False,
    json: Json = False,
) -> int:
    """Show what N steps cost at these settings, at worst, line by line."""
    from coasty_desk.cli.commands import cost_command as body

    if spent:
        return body.spent(as_json=json)
    number = None if steps is None else settings.number(steps, "--steps", 0, 100_000)
    return body.cost(number, options, as_json=json)


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
        str | None,
        typer.Argument(
            metavar="SHELL",
            help="bash, zsh, fish or powershell. [yours]",
            autocompletion=completion.begun(lambda: completion.SHELLS),
        ),
    ] = None,
) -> int:
    """Print the script that lets your shell complete commands, options and runs."""
    return completion.script(shell, os.environ)
