"""Everything that keeps a run in the person's hand, put around a target's own ports in the right order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.core.actions import Action, Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.action_log import ActionLog, LoggedBatch, LoggedExecutor
from coasty_desk.core.gates.chain import InOrder
from coasty_desk.core.gates.confirm import Confirm, Eyes
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.human_input import HumanInputGate
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.gates.masked import MaskGate
from coasty_desk.core.gates.policy_gate import PolicyGate
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.gates.self_stop import OwnKeys
from coasty_desk.core.job_control import JobControl, Uninterrupted
from coasty_desk.core.ports import ActionBatch, Executor, Gate, Person, PersonAnswer, Predictor, Screen
from coasty_desk.core.redaction.redactor import Hiding
from coasty_desk.core.run import Ports
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Filling, FillingBatch, SecretGate
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.lifetimes import OpenTarget

if TYPE_CHECKING:
    from coasty_desk.models.offline.secret_boxes import SecretBoxes

_TITLE = 200
"""Characters of a title that are kept on record."""


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

    def ask(self, question: str, why: str, crop: str | None) -> PersonAnswer:
        """As the person does: whoever asks about an action keeps what it needs."""
        return self.person.ask(question, why, crop)


def guarded(
    rules: GuardRules,
    *,
    stop: Stop,
    screen: Screen,
    executor: Executor,
    predictor: Predictor,
    here: Surroundings,
    person: Person,
    picture: Callable[[Placed], str | None] = lambda _placed: None,
    text_at: Callable[[Point], str] = lambda _point: "",
    remembered: Callable[[Placed], Callable[[], bool]] = lambda _placed: lambda: True,
    control: JobControl | None = None,
    typing: Callable[[Mapping[str, str]], None] = lambda _secrets: None,
    painted: Callable[[], Sequence[str]] = tuple,
    acted: Sequence[Action] = (),
    dry_run: bool = False,
    batch: ActionBatch | None = None,
) -> Ports:
    """Put the gates around the screen and the executor. Raises DesktopError where a mask cannot be applied.

    `control` tells of suspensions of the process; `picture`, `text_at` and `remembered` are those of `core.gates.confirm.Eyes`.

    The order: what was decided before a suspension, what can never be (the abort key), what is forbidden (policy, masks), whether a
    hand is on the mouse, and last the question, so that nobody is asked in vain. A dry run sends
    nothing, so it waits for no hand and asks nobody. `typing` is told of secrets before they are typed, `painted` tells which are
    painted over. `acted` is what was done in earlier sittings. `batch` is the executor's, where a step's actions go out together: not
    where a person may be asked about one of them, who is to see what the one before it has done.
    """
    for mask in rules.masks:
        mask()  # a mask that cannot be told is found before anything is seen or sent
    ledger = ActionLog()
    ledger.take_up(acted)
    seen = LastFrame(screen, here.pointer if here.hands and not dry_run else None)
    policies = [PolicyGate(policy, ledger, seen, here, here.pointer) for policy in rules.policies]
    masked = MaskGate(rules.masks, here.pointer, here.keys_in)
    rules.rechecks.extend(policy.again for policy in policies if policy.policy.asks_for_windows)
    if rules.masks:
        rules.rechecks.append(masked.again)
    bound = SecretGate(rules.secrets, here)
    if rules.secrets:
        rules.rechecks.append(bound.again)
    forbidding = InOrder([*policies, masked, bound])
    gates: list[Gate] = [
        Uninterrupted(control or JobControl(), seen),
        OwnKeys(rules.hotkey, ledger, stop),
        forbidding,
    ]
    hand = HumanInputGate(rules.on_human_input, here.pointer, ledger, seen, stop, typed=here.typed)

    def keep() -> Callable[[], None]:
        give_back = here.keep_focus()

        def after() -> None:
            give_back()
            hand.excuse()

        return after

    if not dry_run:
        if here.hands:
            gates.append(hand)
        if rules.confirm != "never":
            eyes = Eyes(here, here.pointer, picture, text_at, remembered)
            gates.append(
                Confirm(rules.confirm, person, ledger, stop, eyes, rules.cautious, keep, forbidding, rules.secrets)
            )
    return Ports(
        seen,
        LoggedExecutor(Filling(executor, rules.secrets, typing), ledger),
        Hiding(predictor, rules.secrets, painted),
        InOrder(gates),
        stop,
        None if dry_run else _Answering(person, keep),
        partial(_recorded, rules, here, dry_run),
        None if batch is None else LoggedBatch(FillingBatch(batch, rules.secrets), ledger),
    )


def _recorded(
    rules: GuardRules,
    here: Surroundings,
    dry_run: bool,  # noqa: FBT001 - `partial` gives it
    placed: Placed,
) -> tuple[NamedWindow, ...] | None:
    """The windows that an action goes to, as they may stand in the record; None where they cannot be told."""
    if dry_run:
        return None
    try:
        masked = [rect for mask in rules.masks for rect in mask()]
        return tuple(
            NamedWindow(rules.secrets.hidden(window.title[:_TITLE]), window.kind, frame=window.frame)
            for window in here.shown(placed.real, masked)
        )
    except DesktopError:
        return None


def secret_covers(rules: GuardRules, stop: Stop, *, resumed: bool) -> tuple[SecretBoxes | None, tuple[str, ...]]:
    """Who paints over the secrets that were typed, or a sentence that says that nobody can."""
    if not rules.secrets:
        return None, ()
    from coasty_desk.models.offline.secret_boxes import SecretBoxes
    from coasty_desk.models.offline.vision.engines import installed  # few runs have secrets

    if not installed():
        return None, ("A secret that is typed where it can be seen stays in later pictures: no reader is installed.",)
    covers = SecretBoxes(stop)
    if resumed:
        covers.typing(rules.secrets.every())
    return covers, ()


def text_reader(rules: GuardRules, target: OpenTarget, *, dry_run: bool) -> Callable[[Point], str]:
    """Who reads the text under the pointer; nobody where nobody is asked about it, or there is no picture to read."""
    if rules.confirm == "never" or dry_run or target.picture is None:
        return lambda _point: ""
    from coasty_desk.models.offline.targeting.text_at_point import TextAtPoint

    return TextAtPoint(target.picture, lambda: target.geometry()[0])
