"""Settings and names to a run that is ready: a process that a shell hands in, a target for as long as the run has it, and the run.

Who can be asked and what can be driven is in catalog.py, what each of them is in lifetimes.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import platformdirs
from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import catalog, lifetimes, merged_settings
from coasty_desk.core.actions import points
from coasty_desk.core.errors import UsageError
from coasty_desk.core.events import Event
from coasty_desk.core.folders import at_home
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.reached_windows import Aim, reached
from coasty_desk.core.keys import chords
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import Money, cap, from_cents
from coasty_desk.core.ports import Person, Predictor
from coasty_desk.core.resume_point import ResumePoint
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Placed
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.desktop import platform
from coasty_desk.desktop.imaging.crop import AROUND, Crops
from coasty_desk.guard import rules as guard_rules
from coasty_desk.guard.assemble import guarded, secret_covers, text_reader
from coasty_desk.lifetimes import Legible, Model, ModelRequest, OpenTarget, Prices, ReadyModel, TargetRequest
from coasty_desk.record.journal import Recorder, new_run_id, recorded
from coasty_desk.record.listing import prune
from coasty_desk.record.rented import Rented, at_worst
from coasty_desk.record.resume import ResumeState
from coasty_desk.record.spending import AGREED, LEDGER, Agreed, Entry, Metered, SpendingLedger, today
from coasty_desk.settings import Settings
from coasty_desk.shell.shell_process import ShellProcess

STILL = 2
"""Real pixels that what an action points at may have moved by, for it to be there still."""


class Script(Struct, frozen=True):
    """Whoever answers in the model's place: a replay, a click that was asked for. `provider` is what its runs are called by.

    `predictor` gives the answers, by the model that it `asks` besides, by name (empty: by none), and by what tells where an
    action's input would go. `patient`: somebody watches who may look, or do the same, as often as they like.
    """

    provider: str
    predictor: Callable[[Predictor | None, Aim], Predictor]
    asks: str = ""
    patient: bool = False


class RunRequest(Struct, frozen=True):
    """One task, and with what it is to be carried out.

    `stop` ends the run, whoever trips it; `person` is whom it asks. `taken_up` is a run that was cut off, from
    `record.resume.take_up`, or the record that a new one is to be written in; `script` answers in the model's place; `first` is looking at the target already.
    `on` is another target than that of the settings. `note` is what the model is told besides the task of a new run, `context` what came with the task from outside, quoted and not trusted. `process` is given by whoever is the program itself, and so hears its signals and may be suspended and ended by force.
    """

    task: str
    chosen: Settings
    run_id: str
    environment: Mapping[str, str]
    person: Person
    stop: Stop
    taken_up: tuple[Recorder, ResumeState | None] | None = None
    script: Script | None = None
    first: object = None
    process: ShellProcess | None = None
    on: str = ""
    note: str = ""
    context: str = ""

    @property
    def screen(self) -> str:
        """The target's name, or a machine's."""
        return self.on or self.chosen.on

    @property
    def remains(self) -> ResumeState | None:
        """What there is of earlier sittings."""
        return None if self.taken_up is None else self.taken_up[1]


class ReadyRun(Struct, frozen=True):
    """A run ready to go; `target` says how to stop it, `warnings` are sentences for the person, before anything starts.

    `cut_off` is where a run that is taken up again goes on. `model` is who can be asked again in another sitting.
    """

    job: Job
    ports: Ports
    target: OpenTarget
    recorder: Recorder | None
    cut_off: ResumePoint | None
    warnings: tuple[str, ...]
    model: Model | None

    @contextmanager
    def events(self) -> Iterator[Iterator[Event]]:
        """What happens, each event written down before it is passed on; whoever pulls them carries the run out."""
        with closing(run(self.job, self.ports, self.cut_off)) as events:
            yield self._told(events if self.recorder is None else recorded(events, self.recorder))

    def _told(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            self.target.tell(event)
            yield event


def start(asked: RunRequest, stack: ExitStack) -> ReadyRun:
    """Everything that a run needs, armed; `stack` undoes it in reverse.

    What was asked for wrongly is said before anything starts: raises UsageError, then
    ServiceError for the key, then DesktopError for the target.
    """
    asked = replace(asked, chosen=replace(asked.chosen, on=asked.screen))
    chosen, remains, script = asked.chosen, asked.remains, asked.script
    task = asked.task if remains is None else f"{asked.task} {remains.note}"
    rules = _rules(chosen, asked.environment, asked.stop, task)
    name = chosen.provider if script is None else script.asks
    model = lifetimes.model(name) if name else None
    if model is not None:
        _demand_heeded(chosen, model)
        remains = remains if model.remembers else _looking_anew(remains)
    plan = () if model is None or script is not None else model.plan(_last_told(asked))
    ready = None
    if model is not None:
        ready = model.ready(ModelRequest(chosen, asked.environment, asked.stop, asked.run_id))
        ready.warm()
        stack.callback(ready.close)
    covers, uncovered = secret_covers(rules, asked.stop, resumed=remains is not None)
    target = stack.enter_context(lifetimes.target(asked.screen).opened(_wish(asked, rules, ready, covers)))
    if (rules.masks or rules.mask_windows) and not target.masks:
        message = f"Nothing can be masked on the target {asked.screen}."
        raise UsageError(message, "Leave the masks out, or choose another target.")
    rules, here = replace(rules, masks=target.masks), target.surroundings
    shows, sent = target.geometry()
    stack.callback(_prune, chosen, asked.run_id)
    recorder = asked.taken_up[0] if asked.taken_up else None
    if recorder is None and not chosen.no_record:
        recorder = Recorder.begin(runs_folder(), asked.run_id)
    if recorder is not None:
        stack.callback(recorder.close)
    prices = None if model is None else model.prices(chosen, sent)
    limits, estimate = _caps(asked, prices, bills=ready is not None and ready.bills, hourly=target.hourly)
    limits = replace(limits, patient=script is not None and script.patient)
    answers = None if ready is None else ready.predictor(here, recorder, remains)
    if answers is not None and target.hourly:
        answers = _rented(answers, asked, stack, target.hourly)
    if answers is not None and (prices is not None or target.hourly):
        answers = _paid(answers, asked, stack)
    if script is not None:
        answers = script.predictor(answers, Aim(rules.aims, lambda real: reached(real, here, here.pointer)))
    assert answers is not None, "without a script there is a model"  # noqa: S101 - for the type checker
    pictures = None
    if target.picture is not None:
        folder = None if recorder is None else recorder.folder
        pictures = Crops(folder, target.picture, lambda: target.geometry()[0], here.pointer)
        stack.callback(pictures.close)
    ports = guarded(
        rules,
        stop=asked.stop,
        screen=target.screen,
        executor=target.executor,
        predictor=answers,
        here=here,
        person=target.asked_at(asked.person),
        picture=pictures or (lambda _placed: None),
        text_at=text_reader(rules, target, dry_run=chosen.dry_run),
        remembered=_as_it_looks(target),
        control=None if asked.process is None else asked.process.control,
        typing=lambda secrets: None if covers is None or chosen.dry_run else covers.typing(secrets, here.glance),
        painted=lambda: () if covers is None else covers.painted,
        acted=() if remains is None else remains.acted,
        dry_run=chosen.dry_run,
        batch=target.batch,
    )
    job = Job(
        run_id=asked.run_id,
        task=asked.task,
        provider=chosen.provider if script is None else script.provider,
        screen=shows,
        sent=sent,
        limits=limits,
        note=asked.note if remains is None else remains.note,
        estimate=estimate,
        settings=merged_settings.recorded(chosen),
        plan=plan,
        context=asked.context,
    )
    return ReadyRun(
        job,
        ports,
        target,
        recorder,
        None if remains is None else remains.cut_off,
        (*target.warnings, *uncovered, *(() if ready is None else ready.warnings)),
        model if script is None and not chosen.dry_run else None,
    )


def _as_it_looks(target: OpenTarget) -> Callable[[Placed], Callable[[], bool]]:
    """How what an action points at looks, for a question that may take hours to be answered (`core.gates.confirm.Eyes.remembered`)."""

    def remembered(placed: Placed) -> Callable[[], bool]:
        spots = [point for point in points(placed.real) if point is not None]
        if target.picture is None or not spots:
            return lambda: True
        from coasty_desk.record import visual_match  # noqa: PLC0415 - only for a question

        picture, area = target.picture, target.geometry()[0].around(spots, *AROUND)
        then = visual_match.grey(picture(area))

        def looks_the_same() -> bool:
            now = visual_match.grey(picture(area))
            found = [visual_match.find(then, now, spot.x - area.left, spot.y - area.top) for spot in spots]
            return all(one is not None and max(abs(one.dx), abs(one.dy)) <= STILL for one in found)

        return looks_the_same

    return remembered


def _wish(asked: RunRequest, rules: GuardRules, ready: ReadyModel | None, covers: Legible | None) -> TargetRequest:
    """What the target is opened for."""
    chosen, environment = asked.chosen, asked.environment
    return TargetRequest(
        *(chosen, environment, asked.stop, asked.run_id, asked.task, rules),
        programs=lambda: guard_rules.for_programs(environment, rules, _keys(environment)),
        size=lifetimes.model(chosen.provider).size(chosen),
        image_format=(lambda: "png") if ready is None else ready.image_format,
        legible=covers,
        process=asked.process,
        first=asked.first,
    )


def look(chosen: Settings, environment: Mapping[str, str], stop: Stop, on: str = "") -> Frame:
    """The target as it is now, masked, at its full size. Raises UsageError, DesktopError."""
    rules = _rules(chosen, environment, stop)
    chosen = replace(chosen, on=on or chosen.on)
    return lifetimes.target(chosen.on).look(TargetRequest(chosen, environment, stop, "", "", rules))


def pointing(chosen: Settings, environment: Mapping[str, str], stop: Stop, *, live: bool, on: str = "") -> Predictor:
    """Whoever finds a thing on a picture; `live`: the picture is of the target as it is now."""
    model, name = lifetimes.model(chosen.provider), f"ground-{new_run_id()}"
    here = lifetimes.target(on or chosen.on).surroundings() if live else Surroundings()
    finder = model.pointing(ModelRequest(chosen, environment, stop, name), here.active)
    if model.prices(chosen, chosen.max_size) is None:
        return finder
    return Metered(finder, ledger(stop), name, stop, cap(chosen.daily_cents))


def asking(chosen: Settings, environment: Mapping[str, str], stop: Stop) -> Predictor:
    """Whoever says the one next step on a picture, and opens nothing for it. Raises UsageError, ServiceError."""
    model, name = lifetimes.model(chosen.provider), f"predict-{new_run_id()}"
    _demand_heeded(chosen, model)
    if "stateless" in model.heeds:
        chosen = replace(chosen, stateless=0)
    ready = model.ready(ModelRequest(chosen, environment, stop, name))
    answers = ready.predictor(Surroundings(), None, None)
    if model.prices(chosen, chosen.max_size) is None:
        return answers
    return Metered(answers, ledger(stop), name, stop, cap(chosen.daily_cents))


def runs_folder() -> Path:
    """Where runs are recorded. Raises UsageError where there is no home for them."""
    return at_home(lambda: platformdirs.user_data_path("coasty-desk")) / "runs"


def ledger(stop: Stop | None = None) -> SpendingLedger:
    """What was spent, beside the runs; to wait for another process that writes it ends with the `stop`."""
    path = runs_folder().parent / LEDGER
    return SpendingLedger(path) if stop is None else SpendingLedger(path, stop.pause)


def agreed() -> Agreed:
    """What a person has agreed that a run may cost."""
    return Agreed(runs_folder().parent / AGREED, ledger())


def _rules(chosen: Settings, environment: Mapping[str, str], stop: Stop, task: str = "") -> GuardRules:
    chords.shortcut_key(platform.SHORTCUTS)
    return guard_rules.read(chosen, environment, stop, lambda: _keys(environment), task)


def _last_told(asked: RunRequest) -> str:
    """What a model that takes a person's words for all its instructions goes by: the last of them, else the task."""
    said = () if asked.remains is None else (*asked.remains.cut_off.said, asked.remains.note)
    return next((words for words in reversed(said) if words), asked.task)


def _looking_anew(remains: ResumeState | None) -> ResumeState | None:
    """What remains, with nothing left of the answer that the run was cut off in: its model judges by itself what was done of it."""
    if remains is None:
        return None
    return replace(remains, cut_off=replace(remains.cut_off, frame=None, answer=None))


def _demand_heeded(chosen: Settings, model: Model) -> None:
    """Raise UsageError for what is set and changes nothing with this model."""
    if others := chosen.unheeded(model.heeds):
        message = f"The provider {chosen.provider} does not go by {', '.join(others)}."
        raise UsageError(message, "Leave that out, or choose another --provider.")


def _keys(environment: Mapping[str, str]) -> list[str]:
    """Those of every model: whoever answers, none is typed, and none is in the environment of what is started."""
    return [key for name in catalog.MODELS for key in lifetimes.model(name).keys(environment)]


def _caps(asked: RunRequest, prices: Prices | None, *, bills: bool, hourly: Money) -> tuple[Limits, Money | None]:
    """The run's caps, and what it costs at worst, with what earlier sittings have paid; that is a cap where no budget is.

    A screen that costs by the hour is reckoned with besides.
    """
    chosen, remains = asked.chosen, asked.remains
    limits = (remains and remains.limits) or Limits(chosen.steps, chosen.deadline, cap(chosen.budget))
    left = limits.max_steps - (0 if remains is None else min(remains.cut_off.progress.steps, limits.max_steps))
    rent = at_worst(hourly, left, limits.deadline)
    if prices is None or not bills:
        return limits, rent or (None if prices is None else 0)
    if remains is None:
        worst = from_cents(prices.run(limits.max_steps))
    else:
        worst = remains.cut_off.progress.spent + from_cents(prices.rest(left, remains.predictions))
    worst += rent
    return (limits if limits.budget is not None else replace(limits, promised=worst)), worst


def _paid(answers: Predictor, asked: RunRequest, stack: ExitStack) -> Predictor:
    """The same, whose session is closed also where the process is ended by force, and whose costs are written down."""
    if asked.process is not None:
        open_still = "a session may be open still (coasty-desk sessions list)"
        stack.callback(asked.process.control.lastly(open_still, lambda: not answers.close()))
    if asked.chosen.no_record and asked.chosen.daily_cents is None:
        return answers  # nothing of the run is to be on the disk, not even what it cost
    return Metered(answers, ledger(asked.stop), asked.run_id, asked.stop, cap(asked.chosen.daily_cents))


def _rented(answers: Predictor, asked: RunRequest, stack: ExitStack, hourly: Money) -> Predictor:
    """The same, with what the screen costs; what is owed at the end is written down too."""
    rented = Rented(answers, hourly)

    def settle() -> None:
        due = rented.settle()
        if due and not asked.chosen.no_record:
            ledger().add(Entry(today(), asked.run_id, "machine-rest", due))

    stack.callback(settle)
    return rented


def _prune(chosen: Settings, run_id: str) -> None:
    with suppress(UsageError):  # no home, no old runs
        prune(runs_folder(), keep_days=chosen.keep_days, keep_mb=chosen.keep_mb, spare=run_id)
