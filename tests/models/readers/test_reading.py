"""Answers as models really write them, and what they mean. The samples are from the vendors' public documents and parsers' tests."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    KeyCombo,
    Look,
    Move,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Wait,
    points,
)
from coasty_desk.models.readers.reading import Form, read

SAMPLES = [json.loads(line) for line in (Path(__file__).parent / "answers.jsonl").read_text("utf-8").splitlines()]


def plain(action: Action | Refusal) -> dict[str, Any]:
    """An action as the samples write it."""
    match action:
        case Click(point, button, count, modifiers):
            at = None if point is None else [point.x, point.y]
            return {"click": at, "button": button, "count": count, "modifiers": list(modifiers)}
        case Drag(start, end):
            return {"drag": [*((None, None) if start is None else (start.x, start.y)), end.x, end.y]}
        case Scroll(notches, axis, point):
            return {"scroll": notches, "axis": axis, "at": None if point is None else [point.x, point.y]}
        case TypeText(text):
            return {"type": text}
        case KeyCombo(keys):
            return {"combo": list(keys)}
        case PressKeys(keys):
            return {"press": list(keys)}
        case Wait(seconds):
            return {"wait": seconds}
        case Move(point):
            return {"move": [point.x, point.y]}
        case _:
            return {"other": repr(action)}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['family']}: {sample['text'][-40:]!r}")
def test_an_answer_means_what_the_model_meant(sample: dict[str, Any]) -> None:
    """Every sample, by its family."""
    reading = read(sample["text"], sample["family"])
    if sample["error"]:
        assert reading.is_unreadable
        return
    actions = [plain(one) for one in reading.actions if not isinstance(one, Look)]
    verdict = "ask" if sample["ask"] is not None else sample["verdict"]
    assert (actions, reading.verdict.value) == (sample["actions"], verdict)
    assert (reading.question, reading.answer) == (sample["ask"], sample["answer"])


def test_whatever_an_answer_is_made_into_it_is_read_or_refused() -> None:
    """No mutation raises anything."""
    chance = random.Random(20261126)  # noqa: S311 - the same mutations each time
    bits = ["'", '"', "(", ")", "[", "{", "}", "<", ">", "|", "\\", "\n", ",", "Action:", "</think>", "```", "9" * 400, "1e999", "\ud800", "\0"]  # fmt: skip
    forms: tuple[Form, ...] = ("uitars", "seed", "qwen", "glm", "json", "code")
    refused = 0
    for _ in range(20_000):
        sample = chance.choice(SAMPLES)
        text = sample["text"]
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(text) + 1)
            text = (
                text[:at]
                + chance.choice((chance.choice(bits), "", text[at : at + 9]))
                + text[at + chance.randint(0, 9) :]
            )
        reading = read(text, chance.choice((sample["family"], chance.choice(forms))))
        refused += reading.is_unreadable
        assert all(
            point is None or abs(point.x) <= 1_000_000
            for one in reading.actions
            if not isinstance(one, Refusal)
            for point in points(one)
        )
    assert 2_000 < refused < 18_000


@pytest.mark.parametrize("form", ["uitars", "qwen", "code", "json"])
def test_nothing_in_an_answer_is_ever_evaluated(form: Form, tmp_path: Path) -> None:
    """Code in it makes no file."""
    made = tmp_path / "made"
    code = f"__import__('pathlib').Path({str(made)!r}).touch()"
    for text in (
        f"Action: click(start_box={code})",
        f"Action: click(start_box='{code}')",
        f'<tool_call>{{"name": "computer_use", "arguments": {{"action": "left_click", "coordinate": "[{code}, 1]"}}}}</tool_call>',
        f"```python\npyautogui.click({code}, 1)\n```",
        f"```python\nx = {code}\npyautogui.click(x, 1)\n```",
    ):
        read(text, form)
    assert not made.exists()


def test_fractions_are_places_only_where_the_model_answers_in_them() -> None:
    """Elsewhere they are refused."""
    text = "```python\npyautogui.click(x=0.5, y=1.0)\n```"
    assert read(text, "code").is_unreadable
    (click,) = read(text, "code", of_one=True).actions
    assert isinstance(click, Click)
    assert click.point is not None
    assert (click.point.x, click.point.y) == (0.5, 1.0)
