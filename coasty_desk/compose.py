"""Settings to the concrete parts of a run; the only file that names them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import platformdirs
from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import presets, settings
from coasty_desk.core.abort import abort_key
from coasty_desk.core.actions import Launch, Point
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home, given
from coasty_desk.core.gates.masked import Mask
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.gates.reached_windows import Aim, reached
from coasty_desk.core.job_control import JobControl
from coasty_desk.core.keys import chords
from coasty_desk.core.limits import Limits, Progress
from coasty_desk.core.money import Money, cap, from_cents
from coasty_desk.core.ports import Executor, Person, Predictor
from coasty_desk.core.redaction.redactor import Hiding
from coasty_desk.core.resume_point import ResumePoint
from coasty_desk.core.run import Job, Ports
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.secrets import Secrets
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import display_lock, platform, secret_sources
from coasty_desk.desktop.abort import methods
from coasty_desk.desktop.abort.methods import AbortMethods
from coasty_desk.desktop.abort.shell_process import ShellProcess
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.imaging.crop import Crops
from coasty_desk.desktop.imaging.picture import Format
from coasty_desk.desktop.input.dry_run import DryRun
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.own_terminal.apart import Apart
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.overlay import Badge, NoBadgeError, Pictured, Uncovered
from coasty_desk.desktop.screen.prefetch import FirstLook, PrefetchedFrame
from coasty_desk.desktop.screen.windows_here import DesktopWindows, WindowMask, focused_frame, in_front
from coasty_desk.guard.assemble import GuardRules, guarded, pointer
from coasty_desk.models.coasty import stored_key
from coasty_desk.models.coasty.api_key import ApiKey, base_url
from coasty_desk.models.coasty.client import CoastyPredictor
from coasty_desk.models.coasty.grounding import Grounding
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory
from coasty_desk.models.coasty.pricing import Tariff
from coasty_desk.models.coasty.uploads import Uploads
from coasty_desk.presets import Preset
from coasty_desk.record.agreed_price import AGREED, Agreed
from coasty_desk.record.journal import Recorder, new_run_id
from coasty_desk.record.prune import prune
from coasty_desk.record.resume import ResumeState
from coasty_desk.record.spending import LEDGER, Metered, SpendingLedger
from coasty_desk.settings import BASE_URL, BASE_URL_VARIABLE, KEY_VARIABLE, Settings

if TYPE_CHECKING:
    from PIL.Image import Image

    from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal
    from coasty_desk.models.offline.secret_boxes import SecretBoxes

UNSHRUNK = Size(100_000, 100_000)
"""The offline predictor reads the whole screen: nothing leaves the process, so nothing need be shrunk."""

LATER = 0.1
"""Seconds until the mouse and the keyboard are opened: the first request is on its way then, and nothing waits."""


class Desk(Struct, frozen=True):
    """A run ready to go; `how_to_stop` and `warnings` are sentences for the person, before anything starts.

    `cut_off` is where a run that is taken up again goes on; `badge` is on the screen and wants to hear of the events.
    `goes_on`: a model was asked, who can be asked again in another sitting.
    """

    job: Job
    ports: Ports
    recorder: Recorder | None
    cut_off: ResumePoint | None
    how_to_stop: str
    warnings: tuple[str, ...] = ()
    badge: Badge | None = None
    at_terminal: Callable[[], AbstractContextManager[None]] = nullcontext
    """Within it the terminal that this was started from is there, for whoever is asked something."""
    goes_on: bool = True


class Script(Protocol):
    """Whoever answers in the model's place: a replay, a click that was asked for."""

    @property
    def provider(self) -> str:
        """What its runs are called by."""
        ...

    @property
    def asks(self) -> bool:
        """Whether it needs the service's model besides."""
        ...

    def predictor(self, model: Predictor | None, aim: Aim) -> Predictor:
        """The answers; `model` is there where it `asks`, `aim` tells where an action's input would go."""
        ...


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


def api_key(environment: Mapping[str, str]) -> str:
    """The key as it was given, in the environment before the keyring; empty where there is none."""
    key = environment.get(KEY_VARIABLE, "")
    if key.strip():
        return key
    try:
        return stored_key.read(environment.get(BASE_URL_VARIABLE, "").strip() or BASE_URL)
    except UsageError:
        return ""  # a keyring that cannot be read has no key, and what to do about that is the same


def desk(
    task: str,
    chosen: Settings,
    run_id: str,
    environment: Mapping[str, str],
    stack: ExitStack,
    person: Person,
    taken_up: tuple[Recorder, ResumeState] | None = None,
    script: Script | None = None,
    first: FirstLook | None = None,
    *,
    stop: Stop | None = None,
    process: ShellProcess | None = None,
) -> Desk:
    """Everything that a run needs, armed; `stack` undoes it in reverse. `person` is whom the run asks.

    `taken_up` is a run that was cut off, from `record.resume.take_up`; `script` answers in the model's place;
    `first` is looking at the screen already. `stop` is the run's, where somebody has one already; `process` is
    given by whoever is the program itself, and so hears its signals and may be suspended and ended by force.

    What was asked for wrongly is said before anything starts: raises UsageError, then
    ServiceError for the key, then DesktopError for the display.
    """
    preset = presets.load(chosen.preset)
    stop = stop or Stop()
    rules = _rules(chosen, preset, environment, stop, task if taken_up is None else f"{task} {taken_up[1].note}")
    asks, asked, plan = _asked(task, chosen, taken_up, script)
    uploads = Uploads()
    connection = _connection(chosen, environment, uploads) if asks else None
    platform.demand_session(environment)
    if connection is not None:
        connection.warm()
        stack.callback(connection.close)
    suspended, attended = (JobControl(), False) if process is None else (process.control, process.attended)
    held, apart = Pressed(), Apart(chosen.own_terminal, stop)
    devices = DryRun() if chosen.dry_run else _devices(stop, held, suspended, stack, environment, rules)
    executor = apart.kept_off(devices, pointer)
    if not chosen.dry_run:
        stack.enter_context(display_lock.display_held(stop, run_id=run_id, task=task))
    armed = stack.enter_context(
        methods.armed(stop, hotkey=rules.hotkey, release=executor.release, process=process, held=held)
    )
    stop.check()
    if not chosen.dry_run:
        armed.demand(unattended=chosen.yes and not attended)
    stack.callback(apart.close)
    if first is not None and apart.own is not None:
        first.close()  # it has looked already, and at our own terminal too
        first = None
    covers, uncovered = _covers(rules, stop, resumed=taken_up is not None) if rules.secrets else (None, ())
    screen = _screen(
        chosen, stop, rules, uploads if asks else None, None if first is None else first.seen(), apart.own, covers
    )
    stack.callback(screen.close)
    shows, sent = screen.geometry()
    stack.callback(_prune, chosen, run_id)
    recorder, remains = taken_up or (None if chosen.no_record else Recorder.begin(runs_folder(), run_id), None)
    limits, estimate = _caps(connection, tariff(chosen, preset, sent), chosen, remains)
    if recorder is not None:
        stack.callback(recorder.close)
    model = (
        None
        if connection is None
        else _closed_lastly(_asking(connection, chosen, stop, run_id, preset, recorder, remains), suspended)
    )
    who = apart.at_terminal(person) if attended else person
    if script is not None:
        predictor = script.predictor(model, Aim(rules.aims, lambda real: reached(real, DesktopWindows(), pointer)))
    elif model is not None:
        predictor = model
    else:
        predictor = _offline(asked, stop, environment, apart, screen.whole, dry_run=chosen.dry_run)
    job = Job(
        run_id=run_id,
        task=task,
        provider=chosen.provider if script is None else script.provider,
        screen=shows,
        sent=sent,
        limits=limits,
        note="" if remains is None else remains.note,
        estimate=estimate,
        settings=settings.recorded(chosen),
        plan=plan,
    )
    badge, no_badge = _badge(chosen, shows, armed, stack)
    seen: Pictured = screen if badge is None else Uncovered(screen, badge)
    pictures = Crops(None if recorder is None else recorder.folder, seen.picture, lambda: screen.geometry()[0], pointer)
    stack.callback(pictures.close)
    hands = guarded(
        rules,
        stop=stop,
        screen=seen,
        executor=executor,
        person=who,
        picture=pictures,
        text_at=_text_at(rules, chosen, screen, seen),
        control=suspended,
        typing=lambda secrets: None if covers is None or chosen.dry_run else covers.typing(secrets, screen.whole),
        acted=() if remains is None else remains.acted,
        dry_run=chosen.dry_run,
    )
    apart.hide_from(screen)
    ports = Ports(
        hands.screen,
        hands.executor,
        Hiding(predictor, rules.secrets, lambda: () if covers is None else covers.painted),
        hands.gate,
        stop,
        hands.person,
        reached=hands.reached,
    )
    return Desk(
        job,
        ports,
        recorder,
        None if remains is None else remains.cut_off,
        armed.how,
        (*armed.warnings, *no_badge, *apart.warnings, *uncovered),
        badge,
        apart.shown,
        goes_on=script is None and not chosen.dry_run,
    )


def _closed_lastly(model: Predictor, control: JobControl) -> Predictor:
    """The same, whose session is closed also where the process is ended by force."""
    control.lastly("a session may be open still (coasty-desk sessions list)", lambda: not model.close())
    return model


def _devices(
    stop: Stop,
    held: Pressed,
    suspended: JobControl,
    stack: ExitStack,
    environment: Mapping[str, str],
    rules: GuardRules,
) -> Executor:
    """The mouse and the keyboard, which are opened a little later; what is started gets `environment`, but no secret."""
    programs = _for_programs(environment, rules)
    desktop = DesktopExecutor(
        stop,
        held=held,
        environment=programs,
        on_human_input=rules.on_human_input,
        rechecks=rules.rechecks,
        aims=rules.aims,
    )
    suspended.around(desktop.break_off, desktop.go_on)
    soon = threading.Timer(LATER, desktop.ready_quietly)
    soon.daemon = True
    soon.start()
    stack.callback(soon.cancel)
    return desktop


def _asked(
    task: str, chosen: Settings, taken_up: tuple[Recorder, ResumeState] | None, script: Script | None
) -> tuple[bool, str, tuple[str, ...]]:
    """Whether the service is asked; what it or the embedded predictor is asked; and how that understands it. Raises UsageError."""
    asks = chosen.provider != "offline" if script is None else script.asks
    asked = task if taken_up is None else taken_up[1].note or task
    return asks, asked, () if asks or script is not None else _understood(asked)


def _understood(task: str) -> tuple[str, ...]:
    """How the embedded predictor understands the task, a line a step. Raises UsageError, before anything is opened."""
    from coasty_desk.models.offline.language import plan_text  # as below
    from coasty_desk.models.offline.language.grammar import parse
    from coasty_desk.models.offline.language.instructions import NotUnderstoodError

    try:
        return tuple(plan_text.plan(parse(task)))
    except NotUnderstoodError as error:
        message = f"The offline predictor does not understand the task: {error}."
        remedy = 'Say it in steps, with texts and labels in quotes, such as: click "File", then type "Ada" into the field "Name".'
        raise UsageError(message, remedy) from error


def _offline(
    task: str,
    stop: Stop,
    environment: Mapping[str, str],
    apart: Apart,
    glance: Callable[[], Image] | None,
    *,
    dry_run: bool,
) -> Predictor:
    from coasty_desk.models.offline.a11y.widgets import Front
    from coasty_desk.models.offline.predictor import OfflinePredictor
    from coasty_desk.models.offline.targeting.launching import named

    def launch(name: str) -> Launch:
        return named(name, platform.applications.menu(environment))

    def front() -> Front | None:
        found = in_front()
        return None if found is None else Front(found[0].title, found[0].frame, *found[1:])

    active = apart.active(focused_frame)
    return OfflinePredictor(
        task,
        stop,
        active=active,
        front=apart.active(front),
        pointer=pointer,
        launch=launch,
        unread=apart.processes,
        dry_run=dry_run,
        glance=None if dry_run else glance,
    )


def _caps(
    connection: Connection | None, tariff: Tariff, chosen: Settings, remains: ResumeState | None
) -> tuple[Limits, Money | None]:
    """The run's caps, and what it costs at worst, with what earlier sittings have paid; that is a cap where no budget is."""
    limits = (remains and remains.limits) or Limits(chosen.steps, chosen.deadline, cap(chosen.budget))
    if connection is None:
        return limits, None
    if not connection.key.bills:
        return limits, 0
    used = Progress() if remains is None else remains.cut_off.progress
    left = max(limits.max_steps - used.steps, 0)
    worst = used.spent + from_cents(tariff.rest(left, None if remains is None else remains.predictions))
    return (limits if limits.budget is not None else replace(limits, promised=worst)), worst


def _for_programs(environment: Mapping[str, str], rules: GuardRules) -> dict[str, str]:
    """The environment of what is started: none of the person's secrets that this program was given is in it."""
    keys = Secrets({KEY_VARIABLE: api_key(environment).strip()})
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().endswith("_API_KEY") and not keys.said_in(value) and not rules.secrets.said_in(value)
    }


def _prune(chosen: Settings, run_id: str) -> None:
    with suppress(UsageError):  # no home, no old runs
        prune(runs_folder(), keep_days=chosen.keep_days, keep_mb=chosen.keep_mb, spare=run_id)


def _badge(
    chosen: Settings, shows: Rect, armed: AbortMethods, stack: ExitStack
) -> tuple[Badge | None, tuple[str, ...]]:
    """The badge where one is wanted, and why there is none."""
    if not chosen.overlay or chosen.dry_run:
        return None, ()
    try:
        badge = Badge(shows, f"to stop: {armed.armed[0].how}" if armed.armed else "it cannot be stopped by hand")
    except NoBadgeError as why:
        return None, (f"There is no badge on the screen: {why}.",)
    stack.callback(badge.close)
    return badge, ()


def look(chosen: Settings, environment: Mapping[str, str], stop: Stop) -> Frame:
    """The desktop as it is now, masked, at its full size. Raises UsageError, DesktopError."""
    platform.demand_session(environment)
    rules = _rules(chosen, presets.load(chosen.preset), environment, stop)
    apart = Apart(chosen.own_terminal, stop)
    screen = MonitorScreen(stop, monitor=chosen.monitor, max_size=UNSHRUNK, masks=rules.masks, own=apart.own)
    try:
        apart.hide_from(screen)
        return screen.capture()
    finally:
        screen.close()
        apart.close()


def pointing(chosen: Settings, environment: Mapping[str, str], stop: Stop, *, live: bool) -> Predictor:
    """Whoever finds a thing on a picture; `live`: the picture is of this desktop as it is now."""
    if chosen.provider == "offline":
        from coasty_desk.models.offline.targeting.pointing import OfflinePointing  # as above

        return OfflinePointing(stop, active=focused_frame if live else lambda: None)
    name = f"ground-{new_run_id()}"
    return Metered(
        Grounding(_connection(chosen, environment, Uploads()), stop, name),
        ledger(stop),
        name,
        stop,
        cap(chosen.daily_cents),
    )


def _text_at(rules: GuardRules, chosen: Settings, screen: MonitorScreen, seen: Pictured) -> Callable[[Point], str]:
    """Who reads the text under the pointer; nobody where nobody is asked about it."""
    if rules.confirm == "never" or chosen.dry_run:
        return lambda _point: ""
    from coasty_desk.models.offline.targeting.text_at_point import TextAtPoint  # as above

    return TextAtPoint(seen.picture, lambda: screen.geometry()[0])


def connection(chosen: Settings, environment: Mapping[str, str]) -> Connection:
    """To the service, for questions that cost nothing. Raises UsageError for the address, ServiceError for the key."""
    return _connection(chosen, environment, Uploads())


def _connection(chosen: Settings, environment: Mapping[str, str], uploads: Uploads) -> Connection:
    url = base_url(chosen.base_url)  # before a key is looked for: what is wrong with the address is said first
    return Connection(url, ApiKey(api_key(environment)), uploads.sent)


def _rules(chosen: Settings, preset: Preset, environment: Mapping[str, str], stop: Stop, task: str = "") -> GuardRules:
    """What keeps the run in the person's hand, and is judged until `stop`. Raises UsageError for whatever of it cannot be read."""
    hotkey = chosen.abort_hotkey or abort_key.DEFAULT
    abort_key.parse(hotkey)
    chords.shortcut_key(platform.SHORTCUTS)
    from coasty_desk.wire.regular_expressions import pattern

    masks: list[Mask] = [lambda: chosen.mask] if chosen.mask else []
    for text in chosen.mask_window:
        try:
            masks.append(WindowMask(replace(pattern(text), check=stop.check)))
        except ValueError as error:
            message = f"The pattern {text[:80]!r} of --mask-window cannot be read: {error}."
            raise UsageError(
                message, "Write a part of the title, a glob like *Bank*, or a regular expression."
            ) from error
    secrets = secret_sources.read(chosen.secret, environment, task)
    if secrets and secrets.said_in(api_key(environment).strip()):
        message = "A --secret has the API key of this program as its value, which is typed nowhere."
        raise UsageError(message, "Give the secret another source.")
    return GuardRules(
        hotkey=hotkey,
        policies=tuple(policy.heeding(stop.check) for policy in _policies(chosen)),
        masks=masks,
        secrets=secrets,
        on_human_input=chosen.on_human_input,
        confirm="always" if chosen.step else chosen.confirm or preset.confirm,
        cautious=preset.name == "cautious",
    )


def _policies(chosen: Settings) -> tuple[Policy, ...]:
    if not chosen.policy:
        return ()
    from coasty_desk.wire import policy_file  # few have one, and it brings the readers of TOML and JSON

    return tuple(policy_file.read(given(path)) for path in chosen.policy)


def _covers(rules: GuardRules, stop: Stop, *, resumed: bool) -> tuple[SecretBoxes | None, tuple[str, ...]]:
    """Who paints over the secrets that were typed, or a sentence that says that nobody can."""
    from coasty_desk.models.offline.secret_boxes import SecretBoxes
    from coasty_desk.models.offline.vision.engines import installed  # few runs have secrets

    if not installed():
        return None, ("A secret that is typed where it can be seen stays in later pictures: no reader is installed.",)
    covers = SecretBoxes(stop)
    if resumed:
        covers.typing(rules.secrets.every())
    return covers, ()


def _screen(
    chosen: Settings,
    stop: Stop,
    rules: GuardRules,
    uploads: Uploads | None,
    first: PrefetchedFrame | None,
    own: OwnTerminal | None,
    covers: SecretBoxes | None,
) -> MonitorScreen:
    def image_format() -> Format:
        if uploads is None:
            return "png"  # nothing is sent
        return uploads.format if chosen.image_format == "auto" else chosen.image_format

    return MonitorScreen(
        stop,
        monitor=chosen.monitor,
        max_size=UNSHRUNK if chosen.provider == "offline" else chosen.max_size,
        masks=rules.masks,
        settle_seconds=0.0 if chosen.dry_run else chosen.settle,
        image_format=image_format,
        prepares=not chosen.overlay,
        first=first,
        own=own,
        legible=covers,
    )


def _asking(
    connection: Connection,
    chosen: Settings,
    stop: Stop,
    run_id: str,
    preset: Preset,
    recorder: Recorder | None,
    remains: ResumeState | None,
) -> Predictor:
    predictor = CoastyPredictor(
        connection,
        stop,
        run_id,
        instructions=preset.text,
        memory=chosen.memory,
        cua_version=chosen.cua_version,
        outbox=Memory() if recorder is None else recorder,
        session=None if remains is None else remains.session,
        opened=0 if remains is None else remains.opened,
    )
    if chosen.no_record and chosen.daily_cents is None:
        return predictor  # nothing of the run is to be on the disk, not even what it cost
    return Metered(predictor, ledger(stop), run_id, stop, cap(chosen.daily_cents))


def tariff(chosen: Settings, preset: Preset, sent: Size) -> Tariff:
    """What a step's price depends on, at these settings and this size of the screenshot."""
    return Tariff(sent, chosen.memory, chosen.cua_version, len(preset.text))
