"""What a model is told beside the task, and how much of an answer is taken: the same with a session and without one."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Look, Prediction


class Terms(Struct, frozen=True):
    """`instructions` are added to the base prompt, `system_prompt` takes its place; `tools` are the action types that it has, all without any."""

    instructions: str = ""
    system_prompt: str = ""
    tools: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """Characters that the long prompt's price goes by (API.md §4)."""
        return len(self.instructions) + len(self.system_prompt)

    def body(self) -> dict[str, object]:
        """The fields of a request; none for what is not said."""
        fields = {
            "instructions": self.instructions,
            "system_prompt": self.system_prompt,
            "tools": list(self.tools),
        }
        return {name: value for name, value in fields.items() if value}


NO_TERMS = Terms()


def first_of(prediction: Prediction, most: int | None) -> Prediction:
    """The answer of which no more than `most` actions are done: a look stands before the rest, which waits for another answer."""
    if most is None or len(prediction.actions) <= most:
        return prediction
    actions, said = prediction.actions, prediction.descriptions
    return replace(
        prediction,
        actions=(*actions[:most], Look(), *actions[most:]),
        descriptions=(*said[:most], "", *said[most:]) if said else (),
    )
