"""What the published API charges (API.md §4, §5): for the list of prices, and where an answer of it does not say. Pure."""

from __future__ import annotations

from typing import Any

from coasty_desk.core.scaling import Size
from coasty_desk.models.coasty.pricing import (
    ENGINE_V1,
    FREE_PROMPT,
    FREE_SIZE,
    HD,
    LONG_PROMPT,
    REMEMBERED,
    SESSION,
    SESSION_STEP,
)
from coasty_desk.wire.inference_resources import CostLine

PREDICT = 5
GROUND = 3
SESSION_CREATE, SESSION_PREDICT = SESSION, SESSION_STEP

_CALLS = {
    "predict": PREDICT,
    "session_create": SESSION,
    "session_predict": SESSION_STEP,
    "ground": GROUND,
    **dict.fromkeys(("parse", "ocr", "models", "usage", "keys", "session_get", "session_list", "session_reset"), 0),
    "session_delete": 0,
}


def lines(base: int, sizes: list[Size], version: str, prompt: int) -> list[CostLine]:
    """Of a predict at `base` credits: `sizes` are those of its picture and of every remembered one, `prompt` the prompts' characters."""
    hd = sum(not FREE_SIZE.holds(size) for size in sizes)
    remembered = max(len(sizes) - 1, 0)
    found = [CostLine("base", base)]
    if remembered:
        found.append(CostLine("trajectory", REMEMBERED * remembered, remembered))
    if hd:
        found.append(CostLine("hd_images", HD * hd, hd))
    if version == "v1":
        found.append(CostLine("engine", ENGINE_V1))
    if prompt > FREE_PROMPT:
        found.append(CostLine("custom_prompt", LONG_PROMPT))
    return found


def total(of: list[CostLine]) -> int:
    """Their sum."""
    return sum(line.credits for line in of)


def prices(*, charged: bool) -> dict[str, Any]:
    """The list; all of it 0 where nobody is charged by the call."""

    def of(credit: int) -> int:
        return credit if charged else 0

    return {
        "currency": "USD",
        "cents_per_credit": 1,
        "calls": {name: of(credit) for name, credit in _CALLS.items()},
        "surcharges": {
            "trajectory_screenshot": of(REMEMBERED),
            "hd_image": of(HD),
            "engine_v1": of(ENGINE_V1),
            "long_prompt": of(LONG_PROMPT),
        },
        "hd_above": str(FREE_SIZE),
        "long_prompt_above": FREE_PROMPT,
        "machine_hour": {"local": 0},
    }
