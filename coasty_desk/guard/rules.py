"""Settings to the rules that keep a run in the person's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from coasty_desk import presets
from coasty_desk.core.abort import abort_key
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.secrets import Secrets
from coasty_desk.core.stop import Stop
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.guard import secret_sources
from coasty_desk.settings import Settings


def read(
    chosen: Settings, environment: Mapping[str, str], stop: Stop, keys: Callable[[], Iterable[str]], task: str = ""
) -> GuardRules:
    """They are judged until `stop`; `keys` are this program's own, which are typed nowhere. Raises UsageError for whatever cannot be read."""
    preset = presets.load(chosen.preset)
    hotkey = abort_key.parse(chosen.abort_hotkey or abort_key.DEFAULT)
    mask_windows = tuple(_patterns(chosen, stop))
    secrets = secret_sources.read(chosen.secret, environment, task)
    if secrets and any(map(secrets.said_in, keys())):
        message = "A --secret has the API key of this program as its value, which is typed nowhere."
        raise UsageError(message, "Give the secret another source.")
    return GuardRules(
        hotkey=hotkey,
        policies=tuple(policy.heeding(stop.check) for policy in _policies(chosen)),
        masks=[lambda: chosen.mask] if chosen.mask else [],
        mask_windows=mask_windows,
        secrets=secrets,
        on_human_input=chosen.on_human_input,
        confirm="always" if chosen.step else chosen.confirm or preset.confirm,
        cautious=preset.name == "cautious",
    )


def for_programs(environment: Mapping[str, str], rules: GuardRules, keys: Iterable[str]) -> dict[str, str]:
    """The environment of what is started: none of the person's secrets that this program was given is in it."""
    own = Secrets({f"KEY_{number}": key for number, key in enumerate(keys)})
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().endswith("_API_KEY") and not own.said_in(value) and not rules.secrets.said_in(value)
    }


def _patterns(chosen: Settings, stop: Stop) -> Iterator[Pattern]:
    from coasty_desk.wire.regular_expressions import pattern

    for text in chosen.mask_window:
        try:
            yield replace(pattern(text), check=stop.check)
        except ValueError as error:
            message = f"The pattern {text[:80]!r} of --mask-window cannot be read: {error}."
            remedy = "Write a part of the title, a glob like *Bank*, or a regular expression."
            raise UsageError(message, remedy) from error


def _policies(chosen: Settings) -> tuple[Policy, ...]:
    # --tools is asked of the model, and held here: what it answers all the same is not done
    left = (Policy(allowed_actions=frozenset(chosen.tools)),) if chosen.tools else ()
    if not chosen.policy:
        return left
    from coasty_desk.wire import policy_file  # few have one, and it brings the readers of TOML and JSON

    return (*left, *(policy_file.read(given(path)) for path in chosen.policy))
