"""Where in its instructions a run was cut off, as its journal says it."""

from __future__ import annotations

from typing import Any

import pytest

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Evidence, Point, Refusal, TypeText, Usage, Verdict, Wait
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.models.offline.cut_plan import READ, cut_plan
from coasty_desk.wire.journal_codec import Began, Looked

SIZE, WHOLE = Size(100, 100), Rect(0, 0, 100, 100)
CLICK, TEXT, WAIT = Click(Point(3, 4)), TypeText("Ada"), Wait(1)


def _event(kind: Any, step: int = 1, **fields: Any) -> ev.Event:
    event: ev.Event = kind(run_id="r", step=step, **fields)
    return event


def begun(note: str = "") -> ev.Event:
    """A sitting begins."""
    return _event(ev.RunStarted, task="t", provider="offline", screen=WHOLE, sent=SIZE, note=note)


def looked() -> ev.Event:
    """A look."""
    return _event(Looked, sent=SIZE, media_type="image/png", content=SIZE, shows=WHOLE)


def answered(*actions: Any, position: tuple[int, ...] = (), evidence: tuple[Evidence, ...] = ()) -> ev.Event:
    """An answer to it."""
    return _event(
        *(ev.Predicted,),
        verdict=Verdict.CONTINUE,
        actions=actions,
        reasoning="",
        usage=Usage(),
        request_id=None,
        attempts=1,
        total=0,
        position=position,
        evidence=evidence,
    )


def acting(index: int, action: Any) -> ev.Event:
    """Input is about to go out."""
    return _event(Began, index=index, sent=action, real=action)


def acted(index: int) -> ev.Event:
    """It has."""
    return _event(ev.Acted, index=index, ms=1.0)


def test_an_instruction_is_where_its_last_answer_says() -> None:
    """What went out of it is known, what waited is not counted, and what was read before is there still."""
    read = (Evidence(READ, "“Welcome”", None),)
    found = cut_plan(
        [
            begun(),
            looked(),
            answered(CLICK, position=(0,)),
            acting(0, CLICK),
            acted(0),
            looked(),
            answered(WAIT, position=(1, 0, 2), evidence=read),
            acting(0, WAIT),
            acted(0),
            looked(),
            answered(CLICK, TEXT, position=(1, 0, 2)),
            acting(0, CLICK),
            acted(0),
            begun(),
            looked(),
        ]
    )
    assert found is not None
    assert (found.position, found.read_out, found.doubt) == ((1, 0, 2), ("“Welcome”",), False)
    assert [(step.actions, step.begun) for step in found.steps] == [((CLICK, TEXT), 1)]
    assert (found.left, found.has_only_pointed) == ((TEXT,), True)


@pytest.mark.parametrize(("action", "half"), [(TEXT, True), (CLICK, False), (Click(Point(3, 4), count=2), True)])
def test_what_has_no_end_is_in_doubt_in_every_later_sitting(action: Any, half: bool) -> None:  # noqa: FBT001 - pytest gives it
    """Also where that one only looked; a text may be there by half."""
    cut_off = [
        begun(),
        looked(),
        answered(action, position=(0,)),
        acting(0, action),
        begun(),
        looked(),
        answered(WAIT, position=(0,)),
        acting(0, WAIT),
        acted(0),
        begun(),
    ]
    found = cut_plan(cut_off)
    assert found is not None
    assert found.doubt
    assert found.may_be_half_done == half
    later = cut_plan([*cut_off, looked(), answered(WAIT, position=(1,)), begun()])
    assert later is not None
    assert (later.doubt, later.doubted_before) == (False, True)


def test_a_persons_words_take_the_place_of_the_instructions() -> None:
    """They begin at their beginning; an action that was refused is not gone on behind."""
    before = [begun(), looked(), answered(CLICK, position=(3,))]
    assert cut_plan([*before, begun("do that")]) is None
    assert cut_plan([*before, _event(ev.Answered, answer="no", note="do that")]) is None
    refused = cut_plan(
        [*before, _event(ev.Refused, refusal=Refusal("click", "policy", "it is not allowed"), real=None)]
    )
    assert refused is not None
    assert "not allowed" in refused.refusal


def test_a_record_of_before_says_nothing() -> None:
    """An earlier version wrote none of it down."""
    with pytest.raises(LookupError):
        cut_plan([begun(), looked(), answered(CLICK)])
    assert cut_plan([begun(), looked()]) is None
