"""What a person sees on a terminal while a run goes on: what happened above, and below it one foot that is kept up to date."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.view.plain_view import PlainView
from coasty_desk.cli.view.run_view import View
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, KeyCombo, PressKeys, TypeText, in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.money import Money, cap, dollars

TURNS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TURNS_ASCII = "|/-\\"
TURNS_A_SECOND = 10

BAD, AWAITED = "red", "magenta"
"""The two of the eight colours of every terminal that can be read on white and on black; the others on one of them alone."""

STYLES: dict[type[ev.Event], str] = {
    ev.RunStarted: "bold",
    ev.Observed: "bold",
    ev.Refused: BAD,
    ev.Answered: AWAITED,
    ev.Asked: AWAITED,
    ev.Acting: "bold",
    ev.Retrying: AWAITED,
    ev.Paused: AWAITED,
}


class Foot(Struct):
    """The state of the run as the foot shows it; nothing of it is anybody else's text. `began` is a monotonic clock's."""

    how_to_stop: str = ""
    state: str = "starting"
    detail: str = ""
    step: int = 0
    steps: int = 0
    cap: int = 0
    spent: Money = 0
    worst_case: int = 0
    budget: int | None = None
    priced: bool = False
    began: float = 0.0
    left: int = 0
    acted: bool = False

    def take(self, event: ev.Event) -> None:
        """Follow the run by one event: it announces what happens next."""
        self.began = time.monotonic() - event.elapsed
        self.step = event.step
        match event:
            case ev.RunStarted(limits=limits):
                self.cap = int(limits["max_steps"] or 0)
                self.budget = cap(limits["budget_cents"])
                self.priced = bool(event.estimate)
                self._now("looking")
            case ev.Observed(worst_case=worst_case):
                self.worst_case = worst_case
                self.steps = max(self.steps, event.step - 1)
                self._now("thinking")
            case ev.Retrying(delay=delay, attempt=attempt):
                self._now("thinking", f"trying again in {delay:.1f} s, attempt {attempt}")
            case ev.Charged(total=total):
                self.spent = total
            case ev.Predicted(total=total, actions=actions):
                self.spent, self.steps = total, event.step
                self.left, self.acted = len(actions), False
                self._now("doing" if actions else "looking")
            case ev.Acting(placed=placed):
                self._now("doing", spoken(placed.real))
            case ev.Acted():
                self.left, self.acted = self.left - 1, True
                self._now("doing" if self.left else "settling")
            case ev.Refused():
                self._now("settling" if self.acted else "looking")
            case ev.Asked():
                self._now("asking")
            case ev.Answered():
                self._now("doing")
            case ev.Paused(why=why):
                self._now("paused", line(why, 60))
            case _:
                self._now("looking")

    def _now(self, state: str, detail: str = "") -> None:
        self.state, self.detail = state, detail

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """A few lines; the last column stays free, so that no terminal wraps by itself."""
        width = max(options.max_width - 1, 1)
        yield Text()
        yield from (Padding(part, (0, 1, 0, 0)) for part in self._parts(width, ascii_only=options.ascii_only))

    def _parts(self, width: int, *, ascii_only: bool) -> Iterator[RenderableType]:
        now = time.monotonic()
        turns = TURNS_ASCII if ascii_only else TURNS
        sign = turns[int(now * TURNS_A_SECOND) % len(turns)] if self.state == "thinking" else "*" if ascii_only else "•"
        state = Text.assemble((f"{sign} {self.state}", "bold"), f": {self.detail}" if self.detail else "")
        yield _between(state, Text(f"{max(now - self.began, 0.0):.1f} s", "dim"))
        if width < 40:
            return
        yield self._progress(width)
        yield Padding(Text(self.how_to_stop), (0, 1, 0, 2))

    def _progress(self, width: int) -> Table:
        """The steps, and the money where there is any to spend, each with its cap as a bar."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(3):
            grid.add_column(no_wrap=True, overflow="ellipsis")
        bar = max(min(width - 52, 60), 4)
        grid.add_row(f"  step {max(self.step, 1)} of {self.cap}", _bar(self.steps, self.cap, bar))
        if self.priced or self.spent:
            of_budget = "" if self.budget is None else f" of {dollars(self.budget)}"
            at_most = f"this step at most {dollars(self.worst_case)}" if self.worst_case else ""
            spent = _bar(self.spent, self.budget, bar) if self.budget else at_most
            grid.add_row(f"  spent {dollars(self.spent)}{of_budget}", spent, at_most if self.budget else "")
        return grid


def spoken(action: Action) -> str:
    """An action for the foot, without the text that is typed: letters of unsure width would break a line that is redrawn."""
    match action:
        case TypeText(text):
            return f"typing {counted(len(text), 'character')}"
        case PressKeys(keys) | KeyCombo(keys) if not "".join(keys).isascii():
            return f"pressing {counted(len(keys), 'key')}"
        case _:
            return line(in_words(action), 100)


class LiveView(View):
    """Prints each event as it comes, and keeps a foot under it: state, steps, money, how to stop."""

    def __init__(self, *, dry_run: bool, console: Console | None = None) -> None:
        self._plain = PlainView(dry_run=dry_run)
        self._console = console or Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self._foot = Foot(began=time.monotonic())
        self._live: Live | None = None
        self._suspended = self._cut = False

    def begin(self, how_to_stop: str, warnings: Sequence[str]) -> None:
        """Keep how to stop in the foot, and print the warnings."""
        self._foot.how_to_stop = line(how_to_stop)
        super().begin(how_to_stop, warnings)

    def show(self, event: ev.Event) -> None:
        """Print it and bring the foot up to date. While a person is asked, the terminal is theirs."""
        self._foot.take(event)
        if isinstance(event, ev.RunEnded):
            self.close()
            return
        if isinstance(event, ev.Asked):
            self.close()
            if prompts.there():
                self._console.print(Text(f"asking: no answer in {prompts.PATIENCE:g} s means no", f"bold {AWAITED}"))
                return  # the prompt says the rest
        elif self._live is None and not self._suspended:
            self._put_foot()
        self._print(event)

    def end(self, ended: ev.RunEnded, remedy: str | None, record: Path | None, after: Sequence[str] = ()) -> None:
        """The summary: how it ended in one sentence, what to do, steps, time, cost, where the record is."""
        self.close()
        outcome, message = self._plain.outcome(ended)
        colour = {"succeeded": "", "cancelled": AWAITED, "dry run": ""}.get(outcome, BAD)
        self._console.print(Text.assemble("\n", (outcome, f"bold {colour}".strip()), f": {message}"), soft_wrap=False)
        if remedy:
            self._console.print(Padding(Text(line(remedy, 1000)), (0, 0, 0, 2)))
        self._console.print(Text(f"{counted(ended.steps, 'step')}, {ended.seconds:.1f} s, {dollars(ended.cost)}"))
        if record is not None:
            self._console.print(Text(f"record: {record}"), soft_wrap=True)
        for said in after:
            self._console.print(Text(said, "dim"), soft_wrap=True)

    def suspend(self) -> None:
        """Take the foot away meanwhile."""
        self._suspended, self._cut = True, self._live is not None
        self.close()

    def resume(self) -> None:
        """Put it back."""
        self._suspended = False
        if self._cut:
            self._put_foot()

    def _put_foot(self) -> None:
        self._live = Live(self._foot, console=self._console, transient=True, refresh_per_second=8)
        self._live.start()

    def close(self) -> None:
        """Take the foot away."""
        live, self._live = self._live, None
        if live is not None:
            with suppress(OSError):  # a terminal that is gone has no foot to take away
                live.stop()

    def _print(self, event: ev.Event) -> None:
        style = STYLES.get(type(event), "")
        for text in self._plain.lines(event):
            told = text.lstrip(" ")
            indent = len(text) - len(told)
            self._console.print(Padding(Text(told, style), (0, 1, 0, indent)))


def _between(left: Text, right: Text) -> Table:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    return grid


def _bar(done: int, total: int, width: int) -> ProgressBar:
    return ProgressBar(
        max(total, 1), min(done, total), width=width, style="dim", complete_style=AWAITED, finished_style=BAD
    )
