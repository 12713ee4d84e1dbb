"""Secrets stand in the task as `{{secret:NAME}}`; their values exist between the keystroke and the keyboard, nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Prediction, Refusal, TypeText, in_words
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.ports import Answering, Ask, Executor, Predictor
from coasty_desk.core.scaling import Placed

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
PLACEHOLDER = re.compile(rf"\{{\{{\s*secret:\s*({NAME})\s*\}}\}}")
"""What stands for a secret in a task, in a model's answer, and in every record."""

SHORTEST_HIDDEN = 4
"""A value shorter than this is not looked for in what the model says: it would be found everywhere."""

P = TypeVar("P")


class Secrets:
    """Values by their names. Says nothing of them when it is shown."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"

    def __bool__(self) -> bool:
        return bool(self._values)

    def unknown_in(self, text: str) -> tuple[str, ...]:
        """The names in `text` that have no value."""
        return tuple(name for name in PLACEHOLDER.findall(text) if name not in self._values)

    def said_in(self, text: str) -> bool:
        """Whether the text is one of the values, or has a longer one in it."""
        return any(
            value == text or (len(value) >= SHORTEST_HIDDEN and value in text) for value in self._values.values()
        )

    def filled(self, text: str) -> str:
        """`text` with its placeholders replaced. For the keyboard alone."""
        return PLACEHOLDER.sub(lambda match: self._values.get(match[1], match[0]), text)

    def named_in(self, text: str) -> dict[str, str]:
        """The values that `filled` puts into the text, by their names."""
        return {name: self._values[name] for name in PLACEHOLDER.findall(text) if name in self._values}

    def every(self) -> dict[str, str]:
        """All values by their names."""
        return dict(self._values)

    def hidden(self, text: str) -> str:
        """`text` with every value replaced by its placeholder, the longest first."""
        for name, value in sorted(self._values.items(), key=lambda item: -len(item[1])):
            if len(value) >= SHORTEST_HIDDEN:
                text = text.replace(value, f"{{{{secret:{name}}}}}")
        return text


class Filling(Struct, frozen=True):
    """An executor that puts the values in at the keystroke. The innermost: whoever stands around it sees placeholders."""

    executor: Executor
    secrets: Secrets
    typing: Callable[[Mapping[str, str]], None] = lambda _secrets: None
    """Is told of the secrets that are typed, before the first letter."""

    def refuses(self, placed: Placed) -> Refusal | None:
        """Also where the model names a secret that there is not; the value is in no refusal."""
        action = placed.real
        if not isinstance(action, TypeText) or not PLACEHOLDER.search(action.text):
            return self.executor.refuses(placed)
        unknown = self.secrets.unknown_in(action.text)
        if unknown:
            return Refusal(in_words(placed.sent), "secret", f"there is no secret named {unknown[0]}")
        if self.executor.refuses(self._filled(placed)) is not None:
            return Refusal(in_words(placed.sent), "secret", "this keyboard cannot type one of the secret's characters")
        return None

    def perform(self, placed: Placed) -> None:
        """Type the value where the placeholder stands. No error says it."""
        action = placed.real
        used = self.secrets.named_in(action.text) if isinstance(action, TypeText) else {}
        if used:
            self.typing(used)
        try:
            self.executor.perform(self._filled(placed))
        except DesktopError as error:
            hidden = DesktopError(self.secrets.hidden(error.message), self.secrets.hidden(error.remedy))
            raise hidden from None

    def release(self) -> None:
        """Let go of everything."""
        self.executor.release()

    def _filled(self, placed: Placed) -> Placed:
        action = placed.real
        return placed.typing(self.secrets.filled(action.text)) if isinstance(action, TypeText) else placed


class Hiding(Struct, frozen=True):
    """A predictor whose answers name a secret where they would say it: a model that reads one off the screen does not spread it."""

    predictor: Predictor
    secrets: Secrets
    painted: Callable[[], Sequence[str]] = tuple
    """The names of secrets that are painted over on the picture that is asked about."""

    def price(self, ask: Ask) -> int:
        """As the predictor says."""
        return self.predictor.price(ask)

    def predict(self, ask: Ask) -> Answering[Prediction]:
        """The answer, with values hidden in what it says and types."""
        names = self.painted()
        if names:
            said = f"On the screenshot these secrets are painted black where they can be read: {', '.join(names)}."
            ask = replace(ask, notes=(*ask.notes, said))
        prediction = yield from self.predictor.predict(ask)
        return replace(
            prediction,
            actions=tuple(self._hidden(action) for action in prediction.actions),
            reasoning=self.secrets.hidden(prediction.reasoning),
            descriptions=tuple(map(self.secrets.hidden, prediction.descriptions)),
        )

    def close(self) -> tuple[str, ...] | None:
        """As the predictor does."""
        return self.predictor.close()

    def _hidden(self, action: Action | Refusal) -> Action | Refusal:
        if isinstance(action, TypeText):
            return TypeText(self.secrets.hidden(action.text))
        if isinstance(action, Refusal):
            return Refusal(self.secrets.hidden(action.action), action.by, self.secrets.hidden(action.why))
        return action
