"""The calls of a vendor's answer and what has become of each, as every vendor wants it told with the next picture."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from coasty_desk.core.actions import Done, NotDone, Outcome, Refusal
from coasty_desk.models.readers.reading import Reading, of_calls
from coasty_desk.models.readers.written_calls import WrittenCall

LONGEST_BODY = 16_000_000
"""Bytes of pictures in a conversation, after which it is begun anew: no vendor takes twice as much."""

MOST_PICTURES = 40
"""Of one conversation; one that is begun anew costs its memory once."""


class OpenCall(Struct, frozen=True):
    """A call that waits for its result: the vendor's name for it, and how many of our actions it was."""

    call_id: str
    name: str
    actions: int


class CallResult(Struct, frozen=True):
    """What has become of a call. `ran`: it was carried out whole; else `words` say why not."""

    call: OpenCall
    ran: bool
    words: str = "OK"
    was_tried: bool = True


def read_calls(calls: Sequence[tuple[str, WrittenCall]], text: str, said: str) -> tuple[Reading, list[OpenCall]]:
    """The meaning of an answer's calls, and which of them wait for a result; each is read by itself, so that its share is known."""
    reading = of_calls([call for _, call in calls], text, said)
    opened, actions = [], 0
    for number, (call_id, call) in enumerate(calls, 1):
        upto = of_calls([one for _, one in calls[:number]], text, said)
        many = len(upto.actions) - actions if not upto.is_unreadable else 0
        actions += max(many, 0)
        opened.append(OpenCall(call_id, call.name, max(many, 0)))
    return reading, opened


def results(opened: Sequence[OpenCall], outcomes: Sequence[Outcome], unread: str) -> list[CallResult]:
    """What became of each call, by the outcomes of the actions in order; `unread`: why the answer was refused whole."""
    found: list[CallResult] = []
    at, failed = 0, bool(unread)
    for call in opened:
        share = outcomes[at : at + call.actions]
        at += call.actions
        hindrance = next((one for one in share if not isinstance(one, Done)), None)
        if unread and not found:
            found.append(CallResult(call, ran=False, words=unread))
        elif failed or isinstance(hindrance, NotDone):
            found.append(
                CallResult(
                    call, ran=False, words=hindrance.why if isinstance(hindrance, NotDone) else "", was_tried=False
                )
            )
            failed = True
        elif isinstance(hindrance, Refusal):
            found.append(CallResult(call, ran=False, words=hindrance.why))
            failed = True
        else:
            found.append(CallResult(call, ran=True))
    return found
