"""What a chat model is shown: the task, the last pictures with its own answers between them, and the older steps in words."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from coasty_desk.core.scaling import Frame
from coasty_desk.models.chat.profiles import Profile, prompt

MOST_STEPS = 50
"""Older steps that are told in words."""

LONGEST_STEP = 300
"""Characters of one of them."""


class ChatTurn(Struct):
    """One step: what the model was shown and told, and what it answered (empty: not yet)."""

    image: str
    told: str = ""
    answer: str = ""


class Conversation:
    """Everything of one run; only the last pictures are kept, so that a request stays of one size however long the run is."""

    def __init__(self, profile: Profile, task: str, done: Sequence[str] = ()) -> None:
        self.profile = profile
        self.task = task
        self._turns: list[ChatTurn] = []
        self._older = [_shortened(step) for step in done][-MOST_STEPS:]
        self._left_out = max(len(done) - MOST_STEPS, 0)

    def show(self, frame: Frame, told: str) -> None:
        """The next picture, with what is to be said beside it."""
        data = base64.b64encode(frame.image).decode()
        self._turns.append(ChatTurn(f"data:{frame.media_type};base64,{data}", told))
        while len(self._turns) > self.profile.images:
            self._forget(self._turns.pop(0))

    def heard(self, answer: str) -> None:
        """The model's answer to the last picture."""
        self._turns[-1].answer = answer

    @property
    def pictures(self) -> int:
        """So many are held."""
        return len(self._turns)

    @property
    def letters(self) -> int:
        """Characters of all that is held in words."""
        held = sum(len(turn.told) + len(turn.answer) for turn in self._turns)
        return held + sum(map(len, self._older)) + len(self.task)

    def messages(self, width: int, height: int) -> list[dict[str, Any]]:
        """As the endpoint takes them; `width` and `height` are of the space that the model is to answer in."""
        fields = {"task": self.task, "width": width, "height": height, "previous": self._previous()}
        found: list[dict[str, Any]] = []
        if self.profile.system:
            found.append({"role": "system", "content": prompt(self.profile.system).format(**fields)})
        opening = prompt(self.profile.opening).format(**fields) if self.profile.opening else ""
        if not self.profile.opening and not self.profile.asked:
            opening = f"Task: {self.task}"
        if "{previous}" not in prompt(self.profile.opening or "-") and self._older:
            opening = f"{opening}\n\nPrevious actions:\n{fields['previous']}".strip()
        for number, turn in enumerate(self._turns):
            last = number == len(self._turns) - 1
            texts = [
                opening if number == 0 else "",
                turn.told,
                prompt(self.profile.asked).format(**fields) if last and self.profile.asked else "",
            ]
            content: list[dict[str, Any]] = [{"type": "text", "text": text} for text in texts if text]
            content.insert(bool(texts[0]), {"type": "image_url", "image_url": {"url": turn.image}})
            found.append({"role": "user", "content": content})
            if turn.answer:
                found.append({"role": "assistant", "content": turn.answer})
        return found

    def _forget(self, turn: ChatTurn) -> None:
        self._older.append(_shortened(turn.answer))
        if len(self._older) > MOST_STEPS:
            self._older.pop(0)
            self._left_out += 1

    def _previous(self) -> str:
        return (
            "\n".join(f"Step {self._left_out + number}: {words}" for number, words in enumerate(self._older, 1))
            or "None"
        )


def _shortened(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= LONGEST_STEP else f"{words[: LONGEST_STEP - 1]}…"
