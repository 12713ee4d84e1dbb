"""A model that repeats a secret does not spread it: whatever it says of one has its name before anybody hears it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    KeyCombo,
    Launch,
    Prediction,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
)
from coasty_desk.core.errors import CoastyDeskError, ServiceError
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream, Retry, StepCharge, retold
from coasty_desk.core.secrets import PLACEHOLDER, SHORTEST_HIDDEN, Secrets
from coasty_desk.core.typed_text.typed_line import steps

_KEPT = 200
"""So many letters of what earlier answers typed are joined to the next."""

_APART = "\0"


class Hiding(Struct):
    """A predictor whose answers name a secret where they would say it: in words, keys and ids, as it is or written otherwise.

    An action that says one otherwise than a text of its own, such as by keys or piece by piece, is refused.
    `painted` are the names of secrets that are painted over on the picture that is asked about.
    """

    predictor: Predictor
    secrets: Secrets
    painted: Callable[[], Sequence[str]] = tuple
    _typed: str = ""

    def price(self, ask: PredictRequest) -> int:
        """As the predictor says."""
        return self.predictor.price(ask)

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The answer, with values hidden in all that it says. Raises what the predictor raises, with values hidden too."""
        names = self.painted()
        if names:
            said = f"On the screenshot these secrets are painted black where they can be read: {', '.join(names)}."
            ask = replace(ask, notes=(*ask.notes, said))
        if not self.secrets:
            return (yield from self.predictor.predict(ask))
        try:
            prediction = yield from retold(self.predictor.predict(ask), self._word)
        except CoastyDeskError as error:
            self._clean(error)
            raise error from None
        hidden = self.secrets.hidden
        return replace(
            prediction,
            actions=tuple(self._actions(prediction.actions)),
            reasoning=hidden(prediction.reasoning),
            question=hidden(prediction.question),
            answer=hidden(prediction.answer),
            descriptions=tuple(map(hidden, prediction.descriptions)),
            request_id=prediction.request_id and hidden(prediction.request_id),
        )

    def close(self) -> tuple[str, ...] | None:
        """As the predictor does."""
        return self.predictor.close()

    def _word(self, word: Retry | StepCharge) -> Retry | StepCharge:
        if isinstance(word, Retry):
            return replace(word, code=self.secrets.hidden(word.code))
        return replace(word, session_id=word.session_id and self.secrets.hidden(word.session_id))

    def _clean(self, error: CoastyDeskError) -> None:
        error.message, error.remedy = self.secrets.hidden(error.message), self.secrets.hidden(error.remedy)
        error.args = (error.message,)
        if isinstance(error, ServiceError):
            error.code = self.secrets.hidden(error.code)
            error.request_id = error.request_id and self.secrets.hidden(error.request_id)

    def _actions(self, actions: Sequence[Action | Refusal]) -> Iterator[Action | Refusal]:
        spelled = self._spelled(actions)
        for index, action in enumerate(actions):
            name = spelled.get(index) or self._named(action)
            if name:
                why = f"a secret is typed by its name alone, as a text: {{{{secret:{name}}}}}"
                yield Refusal(f"input that says the secret {name}", "secret", why)
            elif isinstance(action, Refusal):
                yield Refusal(self.secrets.hidden(action.action), action.by, self.secrets.hidden(action.why))
            else:
                yield TypeText(self.secrets.named(action.text)) if isinstance(action, TypeText) else action

    def _named(self, action: Action | Refusal) -> str:
        """The secret that the action says otherwise than as a text."""
        match action:
            case TypeText(text):
                return self.secrets.said_in(self.secrets.named(text))
            case Refusal(by="keys"):  # it was named as if it were a key
                return self.secrets.said_in(f"{action.action} {action.why}")
            case (
                PressKeys(keys) | KeyCombo(keys) | Click(modifiers=keys) | Drag(modifiers=keys) | Scroll(modifiers=keys)
            ):
                letters = "".join(key for key in keys if len(key) == 1)
                names = (self.secrets.said_in(text) for text in (*keys, letters) if len(text) > 1)
                return next(filter(None, names), "")
            case Launch(name, entry):
                return self.secrets.said_in(name) or self.secrets.said_in(entry)
            case _:
                return ""

    def _spelled(self, actions: Sequence[Action | Refusal]) -> dict[int, str]:
        """The secrets that several keys or actions say together, by the actions that have a part in it."""
        found = dict(self._short(actions))
        letters = self._typed
        owners = [(-1, -1)] * len(letters)
        for index, action in enumerate(actions):
            if not isinstance(action, Refusal):
                for part, text in enumerate(self._letters(action)):
                    letters += text
                    owners += [(index, part)] * len(text)
        self._typed = letters[-_KEPT:]
        for name, start, end in self.secrets.places(letters):
            parts = set(owners[start:end])
            shares = [index for index, _ in parts if index >= 0]
            if len(parts) > 1 or not all(isinstance(actions[index], TypeText) for index in shares):
                found |= dict.fromkeys(shares, name)
        return found

    def _short(self, actions: Sequence[Action | Refusal]) -> Iterator[tuple[int, str]]:
        """The same of values that are too short to be known within others: keys, alone or in a row, that say one and nothing else."""
        for keys, row in itertools.groupby(enumerate(actions), lambda one: isinstance(one[1], PressKeys | KeyCombo)):
            if not keys:
                continue
            pressed = [(index, "".join(self._letters(one))) for index, one in row if not isinstance(one, Refusal)]
            for part in (pressed, *([one] for one in pressed)):
                said = "".join(text for _, text in part)
                name = self.secrets.said_in(said) if 1 < len(said) < SHORTEST_HIDDEN else ""
                if name:
                    yield from ((index, name) for index, _ in part)

    def _letters(self, action: Action) -> Iterator[str]:
        """What the action types, in pieces; a secret by its name is none of it."""
        if isinstance(action, TypeText):
            yield PLACEHOLDER.sub(_APART, action.text)
            return
        for step in steps(action):
            if isinstance(step, str):
                yield from step
