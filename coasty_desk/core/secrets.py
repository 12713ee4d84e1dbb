"""Secrets stand in the task as `{{secret:NAME}}`; their values exist between the keystroke and the keyboard, nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from coasty_desk.core.actions import Prediction, Refusal, TypeText, in_words
from coasty_desk.core.errors import CoastyDeskError, DesktopError
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, Windows
from coasty_desk.core.ports import ActionBatch, Executor, Judging
from coasty_desk.core.redaction import disguises
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.typed_text.patterns import Pattern

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
PLACEHOLDER = re.compile(rf"\{{\{{\s*secret:\s*({NAME})\s*\}}\}}")
"""What stands for a secret in a task, in a model's answer, and in every record."""
_WHOLE = re.compile(rf"(\{{\{{\s*secret:\s*{NAME}\s*\}}\}})")
"""The same, to cut a text at: every other part of it is said."""

SHORTEST_HIDDEN = disguises.SHORTEST
"""A value shorter than this is not looked for within words, nor in pictures: it would be found everywhere."""


class Secrets:
    """Values by their names. Says nothing of them when it is shown."""

    __slots__ = ("_values", "_windows")

    def __init__(self, values: Mapping[str, str], windows: Mapping[str, Pattern] | None = None) -> None:
        """`windows` are those that a secret may be typed into alone, by its name."""
        self._values = dict(values)
        self._windows = dict(windows or {})

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"

    def __bool__(self) -> bool:
        return bool(self._values)

    def unknown_in(self, text: str) -> tuple[str, ...]:
        """The names in `text` that have no value."""
        return tuple(name for name in PLACEHOLDER.findall(text) if name not in self._values)

    def said_in(self, text: str) -> str:
        """The name of a secret that the text is, or has in it, as it is or written otherwise; empty where there is none."""
        said = _WHOLE.split(text)[::2]
        for name, value in self._longest_first():
            long = len(value) >= SHORTEST_HIDDEN
            if value == text or (long and any(disguises.spans(part, value) for part in said)):
                return name
        return ""

    def places(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Where in the text values stand that are long enough to be known in it, as they are or with something between their letters."""
        for name, value in self._longest_first():
            if len(value) >= SHORTEST_HIDDEN:
                yield from ((name, start, end) for start, end in disguises.spans(text, value))

    def filled(self, text: str) -> str:
        """`text` with its placeholders replaced. For the keyboard alone."""
        return PLACEHOLDER.sub(lambda match: self._values.get(match[1], match[0]), text)

    def named_in(self, text: str) -> dict[str, str]:
        """The values that `filled` puts into the text, by their names."""
        return {name: self._values[name] for name in PLACEHOLDER.findall(text) if name in self._values}

    def every(self) -> dict[str, str]:
        """All values by their names."""
        return dict(self._values)

    def windows(self, text: str) -> tuple[Pattern, ...]:
        """The windows that the secrets in the text are bound to, one for each that is."""
        return tuple(self._windows[name] for name in self.named_in(text) if name in self._windows)

    def unbound_in(self, text: str) -> tuple[str, ...]:
        """The secrets in the text that may be typed anywhere."""
        return tuple(name for name in self.named_in(text) if name not in self._windows)

    def hidden(self, text: str) -> str:
        """`text` with every value replaced by its placeholder, however it is written, the longest first."""
        return self._replaced(text, disguises.spans)

    @contextmanager
    def unsaid(self) -> Iterator[None]:
        """Within the block no error says a value, whoever has put it there."""
        try:
            yield
        except CoastyDeskError as error:
            error.message, error.remedy = self.hidden(error.message), self.hidden(error.remedy)
            error.args = (error.message,)
            raise error from None

    def named(self, text: str) -> str:
        """The same where a value is written as it is: who types it types the same."""
        return self._replaced(text, disguises.literal)

    def _longest_first(self) -> list[tuple[str, str]]:
        return sorted(self._values.items(), key=lambda item: -len(item[1]))

    def _replaced(self, text: str, spans: Callable[[str, str], list[disguises.Span]]) -> str:
        for name, value in self._longest_first():
            parts = _WHOLE.split(text)
            instead = f"{{{{secret:{name}}}}}"
            parts[::2] = [disguises.put(part, spans(part, value), instead) for part in parts[::2]]
            text = "".join(parts)
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
        with self.secrets.unsaid():
            self.executor.perform(self._filled(placed))

    def release(self) -> None:
        """Let go of everything."""
        self.executor.release()

    def _filled(self, placed: Placed) -> Placed:
        action = placed.real
        return placed.typing(self.secrets.filled(action.text)) if isinstance(action, TypeText) else placed


class FillingBatch(Struct, frozen=True):
    """The batch of an executor that `Filling` is around. No error of it says a value."""

    batch: ActionBatch
    secrets: Secrets

    def send(self) -> Iterator[None]:
        """As the batch does."""
        with self.secrets.unsaid():
            yield from self.batch.send()


class SecretGate(Struct, frozen=True):
    """Lets a secret that is bound to windows be typed nowhere else."""

    secrets: Secrets
    windows: Windows

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Never asks, so it never yields."""
        yield from ()
        del prediction
        return self.again(placed)

    def again(self, placed: Placed) -> Refusal | None:
        """The same judgement, of how things are by now."""
        action = placed.sent
        bound = self.secrets.windows(action.text) if isinstance(action, TypeText) else ()
        if not bound:
            return None
        try:
            title = self.windows.focused().title
        except DesktopError:
            return refusal(placed, "secret", "which window has the keyboard cannot be told, and this secret is for one")
        if len(title) <= LONGEST_TITLE and all(pattern.found_in(title) for pattern in bound):
            return None
        return refusal(placed, "secret", "this secret is for another window than the one that has the keyboard")
