"""What the person has asked for, as those need it who keep the run in their hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct, field

from coasty_desk.core.abort import abort_key
from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.actions import Refusal
from coasty_desk.core.gates.confirm import Mode
from coasty_desk.core.gates.human_input import OnHumanInput
from coasty_desk.core.gates.masked import Mask
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Secrets
from coasty_desk.core.typed_text.patterns import Pattern

Rechecks: TypeAlias = list[Callable[[Placed], Refusal | None]]
"""The gates' own judgements of where input goes: a refusal where it must go there no more."""

Aims: TypeAlias = list[Callable[[Placed], None]]
"""What is asked once, right before an action's first input, and raises BrokenOffError (`core.gates.reached_windows.Aim`)."""


class GuardRules(Struct, frozen=True):
    """All `policies` are in force; `masks` are those that the screen paints, also of what `mask_windows` names; `confirm` is `always` under `--step`."""

    hotkey: AbortKey = field(default_factory=lambda: abort_key.parse(abort_key.DEFAULT))
    policies: tuple[Policy, ...] = ()
    masks: Sequence[Mask] = ()
    mask_windows: tuple[Pattern, ...] = ()
    secrets: Secrets = field(default_factory=lambda: Secrets({}))
    on_human_input: OnHumanInput = "pause"
    confirm: Mode = "never"
    cautious: bool = False
    rechecks: Rechecks = field(default_factory=list)
    """What the executor asks again where its input goes out: `guarded` adds the rules about windows, and the masks."""
    aims: Aims = field(default_factory=list)
    """What it asks once, before an action's first input."""
