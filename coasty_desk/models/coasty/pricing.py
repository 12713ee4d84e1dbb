"""What the service charges, in cents (1 credit = 1 cent): API.md §4 and §5 as pure functions."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.scaling import Size, fit

SESSION = 10
"""Opening a session; closing, listing and resetting one is free."""

SESSION_STEP = 4
REMEMBERED = 2
HD = 1
ENGINE_V1 = 3
LONG_PROMPT = 1

FREE_SIZE = Size(1280, 720)
"""An image wider or higher than this is HD, the current one and every remembered one."""

FREE_PROMPT = 500
"""A prompt of more characters than this costs `LONG_PROMPT` more with every step."""


class Tariff(Struct, frozen=True):
    """The settings that a step's price depends on.

    `sent` is the image's size in pixels, `memory` the session's `max_trajectory_length` (1-20),
    `prompt` the length in characters of what is sent as `instructions` and `system_prompt` together.
    """

    sent: Size = FREE_SIZE
    memory: int = 3
    version: str = "v3"
    prompt: int = 0

    def step(self, number: int) -> int:
        """The `number`-th prediction (from 1) of a session."""
        per_image = HD * self.hd
        fixed = SESSION_STEP + ENGINE_V1 * (self.version == "v1") + LONG_PROMPT * self.long_prompt
        return self.remembered(number) * (REMEMBERED + per_image) + per_image + fixed

    def run(self, steps: int) -> int:
        """A session of so many predictions, with opening it."""
        return SESSION + sum(self.step(number) for number in range(1, steps + 1)) if steps > 0 else 0

    def rest(self, steps: int, predictions: int | None) -> int:
        """So many predictions more, at worst, where a session that has made `predictions` may be open still, or be gone."""
        if predictions is None:
            return self.run(steps)
        here = sum(self.step(number) for number in range(predictions + 1, predictions + steps + 1))
        return max(here, self.run(steps))

    def remembered(self, number: int) -> int:
        """How many earlier screenshots the `number`-th prediction of a session takes along."""
        return min(number - 1, self.memory)

    @property
    def hd(self) -> bool:
        """Whether the image costs the HD surcharge."""
        return not FREE_SIZE.holds(self.sent)

    @property
    def long_prompt(self) -> bool:
        """Whether the prompt costs its surcharge."""
        return self.prompt > FREE_PROMPT


class Item(Struct, frozen=True):
    """A line of the bill: `count` times `each` cents."""

    name: str
    count: int
    each: int

    @property
    def cents(self) -> int:
        """The line's sum."""
        return self.count * self.each


def itemise(tariff: Tariff, steps: int) -> tuple[Item, ...]:
    """What a run of so many steps costs, line by line; the lines add up to `tariff.run(steps)`."""
    remembered = sum(tariff.remembered(number) for number in range(1, steps + 1))
    lines = (
        Item("session", min(steps, 1), SESSION),
        Item("predictions", steps, SESSION_STEP),
        Item("remembered screenshots", remembered, REMEMBERED),
        Item(f"images above {FREE_SIZE}", (steps + remembered) * tariff.hd, HD),
        Item("engine v1", steps * (tariff.version == "v1"), ENGINE_V1),
        Item(f"instructions above {FREE_PROMPT} characters", steps * tariff.long_prompt, LONG_PROMPT),
    )
    return tuple(line for line in lines if line.count)


class Saving(Struct, frozen=True):
    """A change of one setting that saves `cents` over a run, the memory kept."""

    change: str
    cents: int


def cheapest(tariff: Tariff) -> Tariff:
    """The cheapest settings that remember as much."""
    return replace(tariff, sent=fit(tariff.sent, FREE_SIZE), version="v3", prompt=min(tariff.prompt, FREE_PROMPT))


def savings(tariff: Tariff, steps: int) -> tuple[Saving, ...]:
    """What could be changed without remembering less, and what each change saves."""
    best = cheapest(tariff)
    changes = (
        (tariff.hd, f"--max-size {FREE_SIZE}", replace(tariff, sent=best.sent)),
        (tariff.version == "v1", f"--cua-version {best.version}", replace(tariff, version=best.version)),
        (tariff.long_prompt, f"a preset of at most {FREE_PROMPT} characters", replace(tariff, prompt=best.prompt)),
    )
    return tuple(Saving(change, tariff.run(steps) - then.run(steps)) for saves, change, then in changes if saves)
