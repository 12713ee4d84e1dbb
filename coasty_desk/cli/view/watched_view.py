"""A run that another process carries out, as its service tells of it: the view of `run`, as far as its events carry that."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from coasty_desk.cli.terminal.terminal_text import ALL, line, tolerate
from coasty_desk.cli.view.choose_view import live_on
from coasty_desk.client.run_values import HeardEvent, RemoteRun
from coasty_desk.core.actions import in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.wire.action_json import recall
from coasty_desk.wire.json_fields import UnreadableError, amount, count_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from coasty_desk.cli.view.live_view import Foot


class WatchedView:
    """Prints each event as a line or two."""

    def __init__(self, run: RemoteRun, answer: str, out: TextIO | None = None) -> None:
        """`answer` is the command line by which a person answers it."""
        self._run, self._answer = run, answer
        self._out = out or sys.stdout

    def begin(self, how_to_leave: str) -> None:
        """Say what is watched, and how that ends."""
        self._say([f"task: {line(self._run.task)}", line(how_to_leave)])

    def show(self, event: HeardEvent) -> None:
        """Print what it says."""
        self._say(self.lines(event))

    def end(self, run: RemoteRun, remedy: str, record: Path | None) -> None:
        """How it ended: in a sentence, with what to do, steps, cost, and where its record is."""
        self.close()
        said = run.message or run.summary
        cost = f", {dollars(from_cents(run.cents))}" if run.cents else ""
        told = f"{run.status.replace('_', ' ')}: {line(said, 1000)}".removesuffix(": ")
        self._say([f"{told} ({counted(run.steps, 'step')}{cost})"])
        if remedy:
            print(f"  {line(remedy, 1000)}", file=sys.stderr)
        if record is not None:
            self._say_whole(f"record: {record}")

    def close(self) -> None:
        """Leave the terminal as it was."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within the block the terminal is not drawn on: a person is asked there. From another thread."""
        yield

    def lines(self, event: HeardEvent) -> list[str]:
        """What it says, with nothing in it that a terminal would obey."""
        data = event.data
        match event.name:
            case "status" if data.get("status") in ("queued", "running"):
                on = _text(data, "machine_id")
                return [f"{data['status']}{f' on {on}' if on else ''}"]
            case "step":
                done = count_of(data.get("steps_completed"))
                most = f" of {self._run.most_steps}" if self._run.most_steps else ""
                return [] if done is None else [f"step {done}{most} done"]
            case "text" | "reasoning":
                text = _text(data, "text") or _text(data, event.name)
                return [f"  model: {line(text, 600)}"] if text else []
            case "tool_call":
                return [f"  > {_action(data)}"]
            case "tool_result" if data.get("success") is False:
                action = _text(data, "action")
                return [f"  refused: {f'{action}: ' if action else ''}{_text(data, 'error')}"]
            case "awaiting_human":
                reason = data.get("reason")
                asked = line(reason if isinstance(reason, str) else "it waits for a person", ALL)
                return [f"  asking: {asked}", f'  to answer: {self._answer} yes|no "a note to the model"']
            case "resumed":
                answer = "no" if data.get("approved") is False else "yes"
                note = _text(data, "note")
                return [f"  answer: {answer}{f'; {note}' if note else ''}"]
            case "error":
                return [f"  {_text(data, 'code')}: {_text(data, 'message')}"]
            case _:
                return []

    def _say(self, lines: list[str]) -> None:
        for text in lines:
            print(text, file=self._out, flush=True)

    def _say_whole(self, text: str) -> None:
        """What is copied from the terminal, which breaks it or not."""
        print(text, file=self._out, flush=True)


class LiveWatchedView(WatchedView):
    """The same, above a foot that is kept up to date: state, steps, money, how to leave."""

    def __init__(self, run: RemoteRun, answer: str, console: Console | None = None) -> None:
        from rich.console import Console

        from coasty_desk.cli.view.live_view import Foot

        super().__init__(run, answer)
        self._console = console or Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self._foot: Foot = Foot(began=time.monotonic(), cap=run.most_steps, state=run.status)
        self._foot.budget = _budget(run)
        self._live: Live | None = None

    def begin(self, how_to_leave: str) -> None:
        """Keep it in the foot."""
        self._foot.how_to_stop = line(how_to_leave)
        self._say([f"task: {line(self._run.task)}"])
        self._draw()

    def show(self, event: HeardEvent) -> None:
        """Print it, and bring the foot up to date."""
        self._follow(event)
        super().show(event)

    def close(self) -> None:
        """Take the foot away."""
        live, self._live = self._live, None
        if live is not None:
            with suppress(OSError):  # a terminal that is gone has no foot to take away
                live.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Without the foot, which comes back."""
        self.close()
        try:
            yield
        finally:
            self._draw()

    def _draw(self) -> None:
        from rich.live import Live

        self._live = Live(self._foot, console=self._console, transient=True, refresh_per_second=8)
        self._live.start()

    def _follow(self, event: HeardEvent) -> None:
        foot, data = self._foot, event.data
        foot.detail = ""
        match event.name:
            case "status":
                foot.state = _text(data, "status") or foot.state
                if foot.state == "running":
                    foot.step = max(foot.step, 1)
                    foot.state = "thinking"
            case "step":
                foot.steps = count_of(data.get("steps_completed")) or foot.steps
                foot.step, foot.state = foot.steps + 1, "thinking"
            case "tool_call":
                foot.state = "doing"
            case "tool_result":
                foot.state = "settling"
            case "awaiting_human":
                foot.state = "asking"
            case "billing":
                spent = amount(data.get("cost_cents", data.get("credits_charged")))
                foot.spent = foot.spent if spent is None else from_cents(spent)
            case "error":
                foot.state, foot.detail = "waiting", _text(data, "code")
            case _:
                foot.state = "thinking"

    def _say(self, lines: list[str]) -> None:
        from rich.padding import Padding
        from rich.text import Text

        for text in lines:
            told = text.lstrip(" ")
            self._console.print(Padding(Text(told), (0, 1, 0, len(text) - len(told))))

    def _say_whole(self, text: str) -> None:
        from rich.text import Text

        self._console.print(Text(text), soft_wrap=True)


def watching(run: RemoteRun, answer: str, environment: Mapping[str, str]) -> WatchedView:
    """The live view on a terminal that can show one, plain lines everywhere else."""
    if not live_on(sys.stdout, environment):
        return WatchedView(run, answer)
    tolerate(sys.stdout, "replace")  # a line that is drawn over must not be longer than it was reckoned
    return LiveWatchedView(run, answer)


def _action(data: Mapping[str, object]) -> str:
    """In the pixels of the picture that the model saw."""
    try:
        return line(in_words(recall({"action_type": data.get("action_type"), "params": data.get("params")})))
    except (UnreadableError, UnknownKey):
        name = _text(data, "action_type") or _text(data, "tool")
        parameters = data.get("params")
        return line(f"{name} {parameters if isinstance(parameters, dict) else ''}")


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    return line(value) if isinstance(value, str) else ""


def _budget(run: RemoteRun) -> int | None:
    cents = count_of(run.document.get("budget_cents"))
    return None if cents is None else from_cents(cents)
