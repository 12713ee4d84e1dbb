"""What the service charges, in cents (1 credit = 1 cent): API.md §4 and §5 as pure functions."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from coasty_desk.core.scaling import Size, fit

SESSION = 10
"""Opening a session; closing, listing and resetting one is free."""

SESSION_STEP = 4
STATELESS_STEP = 5
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

    opening: ClassVar[int] = SESSION
    base: ClassVar[int] = SESSION_STEP

    def step(self, number: int) -> int:
        """The `number`-th prediction (from 1)."""
        return self.beside(self.remembered(number))

    def beside(self, images: int) -> int:
        """A prediction that so many earlier screenshots go along with."""
        per_image = HD * self.hd
        fixed = self.base + ENGINE_V1 * (self.version == "v1") + LONG_PROMPT * self.long_prompt
        return images * (REMEMBERED + per_image) + per_image + fixed

    def run(self, steps: int) -> int:
        """So many predictions, with the session that is opened for them."""
        return self.opening + sum(self.step(number) for number in range(1, steps + 1)) if steps > 0 else 0

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


class StatelessTariff(Tariff, frozen=True):
    """Without a session: `memory` (0-20) is how many earlier screenshots go along with each prediction, at most."""

    opening: ClassVar[int] = 0
    base: ClassVar[int] = STATELESS_STEP

    def rest(self, steps: int, predictions: int | None) -> int:
        """So many predictions more, at worst: of those before, as many are sent along as may be."""
        del predictions
        return steps * self.beside(self.memory)


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
        Item("session", min(steps, 1) * bool(tariff.opening), tariff.opening),
        Item("predictions", steps, tariff.base),
        Item("remembered screenshots", remembered, REMEMBERED),
        Item(f"images above {FREE_SIZE}", (steps + remembered) * tariff.hd, HD),
        Item("engine v1", steps * (tariff.version == "v1"), ENGINE_V1),
        Item(f"prompts above {FREE_PROMPT} characters", steps * tariff.long_prompt, LONG_PROMPT),
    )
    return tuple(line for line in lines if line.count)


class Saving(Struct, frozen=True):
    """A change of one setting that saves `cents` over a run, the memory kept."""

    change: str
    cents: int


def cheapest(tariff: Tariff, steps: int) -> Tariff:
    """The cheapest settings for so many steps that remember as much."""
    free = replace(tariff, sent=fit(tariff.sent, FREE_SIZE), version="v3", prompt=min(tariff.prompt, FREE_PROMPT))
    other = otherwise(free)
    return other if other.memory and other.run(steps) < free.run(steps) else free


def otherwise(tariff: Tariff) -> Tariff:
    """The same in a session, where it is without one, and the other way round."""
    kinds: tuple[type[Tariff], type[Tariff]] = (StatelessTariff, Tariff)
    return kinds[isinstance(tariff, StatelessTariff)](**asdict(tariff))


def savings(tariff: Tariff, steps: int) -> tuple[Saving, ...]:
    """What could be changed without remembering less, and what each change saves; the last is a matter of the steps."""
    best = cheapest(tariff, steps)
    changes = [
        (tariff.hd, f"--max-size {FREE_SIZE}", replace(tariff, sent=best.sent)),
        (tariff.version == "v1", f"--cua-version {best.version}", replace(tariff, version=best.version)),
        (tariff.long_prompt, f"prompts of at most {FREE_PROMPT} characters", replace(tariff, prompt=best.prompt)),
    ]
    found = [Saving(change, tariff.run(steps) - then.run(steps)) for saves, change, then in changes if saves]
    left = tariff.run(steps) - sum(saving.cents for saving in found) - best.run(steps)
    if left > 0:
        change = f"--stateless {tariff.memory}" if isinstance(best, StatelessTariff) else "a session (no --stateless)"
        found.append(Saving(change, left))
    return tuple(found)
