"""A model that can see one thing, a red square, and clicks its middle, in whichever space its family answers."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops

from coasty_desk.testing.vendor_stub import Says

Answer = Callable[[float, float, int, int], tuple[float, float]]
"""From the middle of the square, and the picture's width and height, to what is said."""


def middle_of_red(image: Image.Image) -> tuple[float, float]:
    """In its own pixels."""
    red, green, _ = image.convert("RGB").split()
    mask = ImageChops.subtract(red, green).point([255 if value > 100 else 0 for value in range(256)])
    box = mask.getbbox()
    assert box is not None, "there is no red square"
    return (box[0] + box[2] - 1) / 2, (box[1] + box[3] - 1) / 2


def shown(body: dict[str, Any]) -> Image.Image:
    """The last picture of a chat request."""
    urls = [
        part["image_url"]["url"]
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    return Image.open(io.BytesIO(base64.b64decode(urls[-1].partition(",")[2])))


def in_pixels(x: float, y: float, width: int, height: int) -> tuple[float, float]:
    """Of the picture."""
    del width, height
    return round(x), round(y)


def in_thousandths(x: float, y: float, width: int, height: int) -> tuple[float, float]:
    """Of the picture."""
    return round(x / width * 1000, 1), round(y / height * 1000, 1)


def in_fractions(x: float, y: float, width: int, height: int) -> tuple[float, float]:
    """Of the picture."""
    return round(x / width, 4), round(y / height, 4)


def shrunk_to(most: int) -> Answer:
    """In pixels of the picture as its server shrinks it, which is to squares of 28, and to so many pixels."""

    def answer(x: float, y: float, width: int, height: int) -> tuple[float, float]:
        across, down = width, height
        if width * height > most:
            beta = math.sqrt(width * height / most)
            across, down = (max(28, math.floor(side / beta / 28) * 28) for side in (width, height))
        return round(x * across / width), round(y * down / height)

    return answer


def uitars(x: float, y: float) -> str:
    """As UI-TARS writes it."""
    return f"Thought: there it is\nAction: click(start_box='({x},{y})')"


def kimi(x: float, y: float) -> str:
    """As Kimi writes it."""
    return f"## Code\n```python\npyautogui.click(x={x}, y={y})\n```"


def pointing(
    answer: Answer, write: Callable[[float, float], str] = uitars, said: list[tuple[float, float]] | None = None
) -> Callable[[dict[str, Any]], Says]:
    """A line of a script that clicks the square; `said` is told where."""

    def line(body: dict[str, Any]) -> Says:
        image = shown(body)
        place = answer(*middle_of_red(image), *image.size)
        if said is not None:
            said.append(place)
        return chat_says(write(*place))

    return line


def chat_says(text: str) -> Says:
    """An answer of an OpenAI-compatible server."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 20}
    return Says({"id": "c1", "choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage})
