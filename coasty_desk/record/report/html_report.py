"""A recorded run as one HTML file that asks nobody for anything: pictures inside, a policy that says so."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal

from msgspec import Struct

from coasty_desk.core import events as ev
from coasty_desk.core.actions import QUESTION, Refusal, in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.money import dollars
from coasty_desk.core.printable import legible
from coasty_desk.record.action_annotations import badge, of_story
from coasty_desk.record.report.small_pictures import small
from coasty_desk.record.timeline import StepAction, Timeline, TimelineStep, picture

REASONING = 8_000
"""Characters of one reasoning (and of the task) that are shown; the journal has the rest."""

SENTENCE = 1_000
"""Characters of a message, a refusal or an action."""

MOST_OF_PICTURES = 300_000_000
"""Bytes of all pictures; further steps are told without one."""

SETTING = 300
"""Characters of a setting's value."""


class _Line(Struct, frozen=True):
    """One thing that happened in a step, in words: an action, a refusal, a question, a retry."""

    kind: Literal["done", "doubt", "refused", "dropped", "asked", "aside"]
    text: str
    note: str = ""
    number: int | None = None


def html(story: Timeline, folder: Path) -> str:
    """The report of the run that is recorded in `folder`. Foreign text is escaped, made legible and cut."""
    from jinja2 import Environment  # noqa: PLC0415 - 50 ms, and only for a report
    from markupsafe import Markup  # noqa: PLC0415 - as it comes with jinja2

    style, script = _asset("report.css"), _asset("report.js")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_asset("report.html.j2")).render(
        policy=Markup(_policy(style, script)),  # noqa: S704 - made of our own words, with no double quote in it
        style=Markup(style),  # noqa: S704 - our own files, not anybody's text
        script=Markup(script),  # noqa: S704 - the same
        run_id=legible(story.started.run_id, 100),
        task=legible(story.started.task, REASONING),
        status="unfinished" if story.ended is None else story.ended.ending.status,
        outcome=_outcome(story),
        remedy="" if story.ended is None else legible(story.ended.remedy, SENTENCE),
        facts=tuple(_facts(story)),
        settings=tuple(_settings(story.started)),
        pages=tuple(_pages(story, folder)),
    )


def _asset(name: str) -> str:
    return (resources.files("coasty_desk.record.report") / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded from anywhere, and nothing runs but the one script that is hashed here."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")

    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def _outcome(story: Timeline) -> str:
    if story.ended is None:
        return "The run was cut off before it ended."
    said = legible(story.ended.message, SENTENCE)
    return f"{said[:1].upper()}{said[1:]}"


def _facts(story: Timeline) -> Iterator[tuple[str, str]]:
    started, ended = story.started, story.ended
    yield "Began", f"{started.time:%Y-%m-%d %H:%M:%S} UTC"
    if ended is not None:
        yield "Took", f"{seconds(ended.seconds)}, {counted(ended.steps, 'step')}"
        yield "Cost", dollars(ended.cost)
    if started.estimate is not None:
        yield "Worst case", dollars(started.estimate)
    yield "Model", legible(started.provider, SETTING)
    screen = started.screen
    shrunk = "" if started.sent == screen.size else f", sent as {started.sent}"
    yield "Screen", f"{screen.size}{shrunk}"
    if story.sittings > 1:
        yield "Sittings", f"{story.sittings} (it was cut off and taken up again)"
    yield "Run", legible(started.run_id, 100)


def _settings(started: ev.RunStarted) -> Iterator[tuple[str, str]]:
    for name, limit in started.limits.items():
        yield legible(name, 60), "none" if limit is None else f"{limit:g}"
    for name, value in started.settings.items():
        yield legible(name, 60), legible(str(value), SETTING)


def _pages(story: Timeline, folder: Path) -> Iterator[dict[str, object]]:
    """Each step as the template shows it; sizes in sent pixels."""
    cap, left = story.started.limits.get("max_steps"), MOST_OF_PICTURES
    for step, marked in zip(story.steps, of_story(story), strict=True):
        image = picture(folder, step.looked) if left > 0 else None
        shown = None if image is None else small(image)
        left -= len(shown or b"")
        said = step.predicted
        again = "" if step.taken == 1 else f" (taken up again, {step.taken})"
        yield {
            "anchor": f"step-{step.number}" + ("" if step.taken == 1 else f"-{step.taken}"),
            "title": f"Step {step.number}{f' of {cap:g}' if cap else ''}{again}",
            "size": step.looked.sent,
            "source": shown and f"data:image/webp;base64,{base64.b64encode(shown).decode('ascii')}",
            "drawn": [
                {"mark": mark, "number": number, "badge": badge(mark, number, step.looked.sent), "deed": deed}
                for number, (deed, mark) in enumerate(marked, 1)
                if mark is not None
            ],
            "reasoning": "" if said is None else legible(said.reasoning, REASONING),
            "verdict": "no answer" if said is None else said.verdict.value,
            "lines": tuple(_lines(step)),
            "times": tuple(_times(step)),
            "paid": "" if said is None or not said.usage.cost else dollars(said.usage.cost),
        }


def _lines(step: TimelineStep) -> Iterator[_Line]:
    for found in () if step.predicted is None else step.predicted.evidence:
        at = "" if found.where is None else " at ({}, {}), {} by {} pixels".format(*found.where)
        yield _Line("aside", legible(f"evidence: {found.what}", SENTENCE), legible(f"{found.kind}{at}", SENTENCE))
    for aside in step.asides:
        yield from _aside(aside)
    for number, deed in enumerate(step.deeds, 1):
        yield _deed(deed, number)
    for action in step.dropped:
        words = action.action if isinstance(action, Refusal) else in_words(action)
        yield _Line("dropped", legible(words, SENTENCE), "wanted as well, and dropped")


def _deed(deed: StepAction, number: int) -> _Line:
    if deed.refusal is not None:
        refusal = deed.refusal
        why = f"{'broken off' if refusal.partly else 'refused'} by {refusal.by}: {refusal.why}"
        words = refusal.action if deed.real is None else in_words(deed.real)
        return _Line("refused", legible(words, SENTENCE), legible(why, SENTENCE), number)
    words = "" if deed.real is None else legible(in_words(deed.real), SENTENCE)
    if deed.ms is None:
        return _Line("doubt", words, "the run was cut off here; nobody knows whether it was done", number)
    return _Line("done", words, f"{deed.ms:.0f} ms", number)


def _aside(aside: ev.Event) -> Iterator[_Line]:
    match aside:
        case ev.Asked(question=question, why=why):
            yield _Line("asked", legible(question, 2 * QUESTION), legible(why, SENTENCE))
        case ev.Answered(answer=answer):
            yield _Line("asked", f"the answer: {answer}", legible(aside.words, SENTENCE))
        case ev.Retrying(code=code, delay=delay, attempt=attempt):
            yield _Line("aside", f"{legible(code, 100)}: tried again after {delay:.1f} s", f"attempt {attempt}")
        case ev.Paused(why=why):
            yield _Line("aside", f"paused: {legible(why, SENTENCE)}")
        case ev.Charged(what=what, cost=cost):
            yield _Line("aside", f"paid {dollars(cost)} for the {what}")
        case _:
            return


def _times(step: TimelineStep) -> Iterator[tuple[str, str]]:
    if step.predicted is not None:
        yield "thought", seconds(max(step.predicted.elapsed - step.looked.elapsed, 0.0))
    done = [deed.ms for deed in step.deeds if deed.ms is not None]
    if done:
        yield "acted", seconds(sum(done) / 1000)
    if step.settled is not None:
        yield "settled", seconds(step.settled.ms / 1000)
    yield "at", seconds(step.looked.elapsed)


def seconds(value: float) -> str:
    """`0.42 s`, `3.1 s`, `2 min 5 s`."""
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"
