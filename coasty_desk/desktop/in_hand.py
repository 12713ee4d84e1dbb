"""Everything that keeps a run in the person's hand, put around the desktop's own ports in the right order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from coasty_desk.core import abort_key
from coasty_desk.core.actions import Action, Point
from coasty_desk.core.confirm import Confirm, Eyes, Mode, Person
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates import InOrder
from coasty_desk.core.hand import Hand, OnHumanInput
from coasty_desk.core.job_control import JobControl, Uninterrupted
from coasty_desk.core.ledger import Ledger, Noting
from coasty_desk.core.masked import Mask, MaskGate
from coasty_desk.core.policy import Policy
from coasty_desk.core.policy_gate import PolicyGate
from coasty_desk.core.ports import Executor, Gate, Screen
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Filling, SecretGate, Secrets
from coasty_desk.core.seen import Seen
from coasty_desk.core.self_stop import OwnKeys
from coasty_desk.core.stop import Stop
from coasty_desk.core.windows import Named
from coasty_desk.desktop import keys, load
from coasty_desk.desktop.recheck import Aims, Rechecks
from coasty_desk.desktop.sent import SENT
from coasty_desk.desktop.windows_here import DesktopWindows, keep_focus, keys_in, shown
from coasty_desk.desktop.x11_asking import asking

_TITLE = 200
"""Characters of a title that are kept on record."""


class Rules(Struct, frozen=True):
    """What the person has asked for. All `policies` are in force; `masks` are those that the screen paints; `confirm` is `always` under `--step`."""

    hotkey: str = abort_key.DEFAULT
    policies: tuple[Policy, ...] = ()
    masks: Sequence[Mask] = ()
    secrets: Secrets = field(default_factory=lambda: Secrets({}))
    on_human_input: OnHumanInput = "pause"
    confirm: Mode = "never"
    cautious: bool = False
    rechecks: Rechecks = field(default_factory=list)
    """What the executor asks again where its input goes out: `in_hand` adds the rules about windows, and the masks."""
    aims: Aims = field(default_factory=list)
    """What it asks once, before an action's first input."""


class InHand(Struct, frozen=True):
    """The ports that the loop is given."""

    screen: Screen
    executor: Executor
    gate: Gate
    reached: Callable[[Placed], tuple[Named, ...] | None]


def in_hand(
    rules: Rules,
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
) -> InHand:
    """Put the gates around the screen and the executor. Raises DesktopError where a mask cannot be applied.

    `control` tells of suspensions of the process.

    The order: what was decided before a suspension, what can never be (the abort key), what is forbidden (policy, masks), whether a
    hand is on the mouse, and last the question, so that nobody is asked in vain. A dry run sends
    nothing, so it waits for no hand and asks nobody. `typing` is told of secrets before they are typed.
    `acted` is what was done in earlier sittings.
    """
    for mask in rules.masks:
        mask()  # a mask that cannot be told is found before anything is seen or sent
    ledger = Ledger(keys.strokes)
    ledger.take_up(acted)
    seen = Seen(screen, None if dry_run else pointer)
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
    if not dry_run:
        hand = Hand(rules.on_human_input, pointer, ledger, seen, stop, typed=SENT.since_another)
        gates.append(hand)
        if rules.confirm != "never":
            gates.append(
                _confirm(rules, stop, ledger, hand, person, Eyes(windows, pointer, picture, text_at), forbidding)
            )
    return InHand(
        seen,
        Noting(Filling(executor, rules.secrets, typing), ledger),
        InOrder(gates),
        partial(_recorded, rules, dry_run),
    )


def _recorded(rules: Rules, dry_run: bool, placed: Placed) -> tuple[Named, ...] | None:  # noqa: FBT001 - `partial` gives it
    """The windows that an action goes to, as they may stand in the record; None where they cannot be told."""
    if dry_run:
        return None
    try:
        masked = [rect for mask in rules.masks for rect in mask()]
        return tuple(
            Named(rules.secrets.hidden(window.title[:_TITLE]), window.kind, frame=window.frame)
            for window in shown(placed.real, pointer, masked)
        )
    except DesktopError:
        return None


def pointer() -> Point:
    """Where the pointer is, in real pixels. Raises DesktopError."""
    try:
        x, y = _place() if load.LINUX else load.pyautogui().position()
    except DesktopError:
        raise
    except Exception as error:  # a lost display comes out of the libraries as anything
        message = "Where the pointer is cannot be told."
        raise DesktopError(message, "Is the display still there?") from error
    return Point(int(x), int(y))


def _place() -> tuple[int, int]:
    """On X11, by the connection that is open already."""
    with asking() as display:
        at = display.screen().root.query_pointer()
    return at.root_x, at.root_y


def _confirm(
    rules: Rules, stop: Stop, ledger: Ledger, hand: Hand, person: Person, eyes: Eyes, forbidding: Gate
) -> Confirm:
    def keep() -> Callable[[], None]:
        give_back = keep_focus()

        def after() -> None:
            give_back()
            hand.excuse()

        return after

    return Confirm(rules.confirm, person, ledger, stop, eyes, rules.cautious, keep, forbidding, rules.secrets)
