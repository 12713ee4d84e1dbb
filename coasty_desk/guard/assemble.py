"""Everything that keeps a run in the person's hand, put around the desktop's own ports in the right order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from coasty_desk.core.abort import abort_key
from coasty_desk.core.actions import Action, Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.action_log import ActionLog, LoggedExecutor
from coasty_desk.core.gates.chain import InOrder
from coasty_desk.core.gates.confirm import Confirm, Eyes, Mode
from coasty_desk.core.gates.human_input import HumanInputGate, OnHumanInput
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.gates.masked import Mask, MaskGate
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.gates.policy_gate import PolicyGate
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.gates.self_stop import OwnKeys
from coasty_desk.core.job_control import JobControl, Uninterrupted
from coasty_desk.core.ports import Executor, Gate, Instead, Person, Said, Screen
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Filling, SecretGate, Secrets
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_events import OWN_EVENTS
from coasty_desk.desktop.base.recheck import Aims, Rechecks
from coasty_desk.desktop.screen.windows_here import DesktopWindows, keep_focus, keys_in, shown

_TITLE = 200
"""Characters of a title that are kept on record."""


class GuardRules(Struct, frozen=True):
    """What the person has asked for. All `policies` are in force; `masks` are those that the screen paints; `confirm` is `always` under `--step`."""

    hotkey: str = abort_key.DEFAULT
    policies: tuple[Policy, ...] = ()
    masks: Sequence[Mask] = ()
    secrets: Secrets = field(default_factory=lambda: Secrets({}))
    on_human_input: OnHumanInput = "pause"
    confirm: Mode = "never"
    cautious: bool = False
    rechecks: Rechecks = field(default_factory=list)
    """What the executor asks again where its input goes out: `guarded` adds the rules about windows, and the masks."""
    aims: Aims = field(default_factory=list)
    """What it asks once, before an action's first input."""


class _Answering(Struct, frozen=True):
    """A person whose answer to the model's question leaves the desktop as it was: they may give it on this very one."""

    person: Person
    keep: Callable[[], Callable[[], None]]

    def attend(self) -> None:
        """As the person does."""
        self.person.attend()

    def answer(self, question: str) -> str:
        """What they say. Raises Aborted, DesktopError."""
        after = self.keep()
        words = self.person.answer(question)
        after()
        return words

    def ask(self, question: str, why: str, crop: str | None) -> Said | Instead:
        """As the person does: whoever asks about an action keeps what it needs."""
        return self.person.ask(question, why, crop)


class Guarded(Struct, frozen=True):
    """The ports that the loop is given."""

    screen: Screen
    executor: Executor
    gate: Gate
    person: Person | None
    reached: Callable[[Placed], tuple[NamedWindow, ...] | None]


def guarded(
    rules: GuardRules,
    *,
    stop: Stop,
    screen: Screen,
    executor: Executor,
    person: Person,
    picture: Callable[[Placed], str | None] = lambda _placed: None,
    text_at: Callable[[Point], str] = lambda _point: "",
    control: JobControl | None = None,
    typing: Callable[[Mapping[str, str]], None] = lambda _secrets: None,
    acted: Sequence[Action] = (),
    dry_run: bool = False,
) -> Guarded:
    """Put the gates around the screen and the executor. Raises DesktopError where a mask cannot be applied.

    `control` tells of suspensions of the process.

    The order: what was decided before a suspension, what can never be (the abort key), what is forbidden (policy, masks), whether a
    hand is on the mouse, and last the question, so that nobody is asked in vain. A dry run sends
    nothing, so it waits for no hand and asks nobody. `typing` is told of secrets before they are typed.
    `acted` is what was done in earlier sittings.
    """
    for mask in rules.masks:
        mask()  # a mask that cannot be told is found before anything is seen or sent
    ledger = ActionLog()
    ledger.take_up(acted)
    seen = LastFrame(screen, None if dry_run else pointer)
    windows = DesktopWindows()
    policies = [PolicyGate(policy, ledger, seen, windows, pointer) for policy in rules.policies]
    masked = MaskGate(rules.masks, pointer, keys_in)
    rules.rechecks.extend(policy.again for policy in policies if policy.policy.asks_for_windows)
    if rules.masks:
        rules.rechecks.append(masked.again)
    bound = SecretGate(rules.secrets, windows)
    if rules.secrets:
        rules.rechecks.append(bound.again)
    forbidding = InOrder([*policies, masked, bound])
    gates: list[Gate] = [
        Uninterrupted(control or JobControl(), seen),
        OwnKeys(abort_key.parse(rules.hotkey), ledger, stop),
        forbidding,
    ]
    hand = HumanInputGate(rules.on_human_input, pointer, ledger, seen, stop, typed=OWN_EVENTS.since_another)

    def keep() -> Callable[[], None]:
        give_back = keep_focus()

        def after() -> None:
            give_back()
            hand.excuse()

        return after

    if not dry_run:
        gates.append(hand)
        if rules.confirm != "never":
            eyes = Eyes(windows, pointer, picture, text_at)
            gates.append(
                Confirm(rules.confirm, person, ledger, stop, eyes, rules.cautious, keep, forbidding, rules.secrets)
            )
    return Guarded(
        seen,
        LoggedExecutor(Filling(executor, rules.secrets, typing), ledger),
        InOrder(gates),
        None if dry_run else _Answering(person, keep),
        partial(_recorded, rules, dry_run),
    )


def _recorded(rules: GuardRules, dry_run: bool, placed: Placed) -> tuple[NamedWindow, ...] | None:  # noqa: FBT001 - `partial` gives it
    """The windows that an action goes to, as they may stand in the record; None where they cannot be told."""
    if dry_run:
        return None
    try:
        masked = [rect for mask in rules.masks for rect in mask()]
        return tuple(
            NamedWindow(rules.secrets.hidden(window.title[:_TITLE]), window.kind, frame=window.frame)
            for window in shown(placed.real, pointer, masked)
        )
    except DesktopError:
        return None


def pointer() -> Point:
    """Where the pointer is, in real pixels. Raises DesktopError."""
    try:
        return Point(*platform.pointer_position())
    except DesktopError:
        raise
    except Exception as error:  # a lost display comes out of the libraries as anything
        message = "Where the pointer is cannot be told."
        raise DesktopError(message, "Is the display still there?") from error
