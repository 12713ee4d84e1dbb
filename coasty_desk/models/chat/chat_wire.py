"""The protocol of OpenAI-compatible servers, `POST …/chat/completions` (MODELS.md §1.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Size
from coasty_desk.core.token_prices import Tokens
from coasty_desk.models.chat.conversation import Conversation
from coasty_desk.models.chat.profiles import Profile
from coasty_desk.models.readers.reading import Reading, of_calls, read
from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.models.vendor.answer_parts import asked_tokens, beside, count
from coasty_desk.models.vendor.own_tools import OWN_TOOLS
from coasty_desk.models.vendor.token_tariff import MOST_OUT, picture_tokens
from coasty_desk.models.vendor.vendor_faults import VendorFault
from coasty_desk.models.vendor.vendor_wire import Heard
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse, sound

LETTERS = 3
"""Characters of a text that are about one token, at worst."""


_IN_WORDS: set[tuple[str, str]] = set()
"""The servers and models that have turned out to take no functions."""


def functions_in_words() -> str:
    """For a model whose server takes none; its answer is read as any object is."""
    lines = [f"- {one.name}({', '.join(one.properties)}): {one.what}" for one in OWN_TOOLS]
    form = 'Call one by answering with nothing but a JSON object such as {"name": "click", "arguments": {"x": 640, "y": 360}}.'
    return "\n".join(["Your functions:", *lines, form])


class ChatWire:
    """One run's conversation with a model by its profile."""

    path = "chat/completions"

    def __init__(self, model: str, profile: Profile, vendor: str, variable: str, done: Sequence[str] = ()) -> None:
        """`done`: what was done before, in words, where the run is taken up."""
        self.vendor, self.variable = vendor, variable
        self._model, self._profile = model, profile
        self._conversation: Conversation | None = None
        self._done = tuple(done)
        self._sent = Size(1, 1)
        self._mending = ""

    def headers(self) -> Mapping[str, str]:
        """None besides."""
        return {}

    def held(self, ask: PredictRequest) -> Heard | None:
        """Nothing ever waits."""
        del ask
        return None

    def show(self, ask: PredictRequest) -> None:
        """The step's picture, with the notes and what the person has said."""
        if self._conversation is None or self._conversation.task != ask.whole_task:
            self._conversation = Conversation(self._profile, ask.whole_task, self._done)
        self._sent = ask.frame.sent
        self._mending = ""
        self._conversation.show(ask.frame, beside(ask))

    def body(self) -> dict[str, Any]:
        """The request."""
        assert self._conversation is not None, "something is shown first"  # noqa: S101 - for the type checker
        width, height = self._profile.space_of(self._sent)
        messages = self._conversation.messages(width, height)
        if self._mending:
            messages.append({"role": "user", "content": self._mending})
        request: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": MOST_OUT,
            "stream": False,
        }
        if self._profile.functions and self._where in _IN_WORDS:
            messages.insert(0, {"role": "system", "content": f"{messages.pop(0)['content']}\n\n{functions_in_words()}"})
        elif self._profile.functions:
            request["tools"] = [
                {"type": "function", "function": {"name": one.name, "description": one.what, "parameters": one.schema}}
                for one in OWN_TOOLS
            ]
        return request

    def heard(self, document: object) -> Heard:
        """The message, whether the server has read its calls already or not."""
        answer = Fields.of(document, "the answer")
        choices = answer.values.get("choices")
        if not isinstance(choices, list) or not choices:
            msg = "it has no choices"
            raise UnreadableError(msg)
        choice = Fields.of(choices[0], "a choice")
        message = Fields.of(choice.values.get("message"), "the message")
        reading, text = self._reading(message, choice.values.get("finish_reason"))
        if self._conversation is not None:
            self._conversation.heard(text or "(no answer)")
        usage = Fields.of(answer.values.get("usage"), "the usage")
        name = answer.values.get("id")
        return Heard(
            reading,
            _tokens(usage),
            name[:200] if isinstance(name, str) else None,
            self._profile.space_of(self._sent),
            _charged(usage),
        )

    def mend(self, why: str) -> bool:
        """In one sentence."""
        self._mending = f"Your answer could not be read: {why}. Answer again with exactly one action, in the form that you were told."
        return True

    def step_down(self, fault: VendorFault) -> bool:
        """To functions that are told in words, for a server that takes none of this model, and remember that."""
        refuses = 400 <= fault.status <= 500 and "tool" in fault.said.lower()
        if not self._profile.functions or not refuses or self._where in _IN_WORDS:
            return False
        _IN_WORDS.add(self._where)
        return True

    @property
    def _where(self) -> tuple[str, str]:
        return self.vendor, self._model

    def at_most(self, ask: PredictRequest) -> int:
        """What the conversation holds, and what is asked now."""
        held = self._conversation
        if held is None:
            return asked_tokens(ask)
        pictures = min(self._profile.images, held.pictures) * picture_tokens(ask.frame.sent)
        return pictures + held.letters // LETTERS + asked_tokens(ask)

    def _reading(self, message: Fields, ended: object) -> tuple[Reading, str]:
        calls = message.values.get("tool_calls")
        content = _text_of(message.values.get("content"))
        thought = next(
            (said for name in ("reasoning", "reasoning_content") if (said := _text_of(message.values.get(name)))), ""
        )
        if isinstance(calls, list) and calls:
            return self._called(calls, content or thought)
        text = content if content.strip() else thought
        if ended == "length" and not text.strip():
            text = ""
        reading = read(text, self._profile.form, of_one=self._profile.space == "1")
        return reading, text

    def _called(self, calls: list[object], said: str) -> tuple[Reading, str]:
        found = [_call(one) for one in calls[:20]]
        text = "\n".join(f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in found)
        return of_calls(found, text, said), f"{said}\n{text}".strip()


def _call(one: object) -> WrittenCall:
    function = Fields.of(Fields.of(one, "a call").values.get("function"), "its function")
    name, arguments = function.values.get("name"), function.values.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}", strict=False)
        except (ValueError, RecursionError):
            arguments = None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return WrittenCall(glimpse(one, 60), {})
    action = arguments.get("action")
    if name in ("computer_use", "computer") and isinstance(action, str):
        return WrittenCall(action, {key: value for key, value in arguments.items() if key != "action"})
    return WrittenCall(name, arguments)


def _text_of(content: object) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, str):
        return sound(content)
    if not isinstance(content, list):
        return ""
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    return sound("\n".join(text for text in texts if isinstance(text, str)))


def _tokens(usage: Fields) -> Tokens:
    read, out = (count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
    details = usage.values.get("prompt_tokens_details")
    kept = count(Fields(details), "cached_tokens") if isinstance(details, dict) else 0
    return Tokens(max(read - kept, 0), min(kept, read), 0, out)


def _charged(usage: Fields) -> int | None:
    """OpenRouter says what it charged, in dollars."""
    cost = usage.values.get("cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost < 1000:
        return None
    return math.ceil(round(cost * 1_000_000, 6))
