"""The loop that the service's guide shows, stage by stage: the one to beat.

A new mss instance each step, the whole screen converted to RGB, BICUBIC, PNG at zlib's level 6,
base64 and json.dumps, a request without a session, pyautogui with its pauses, half a second of sleep.
"""

from __future__ import annotations

import base64
import io
import json
import time
from typing import TYPE_CHECKING

import mss
import requests
from PIL import Image

if TYPE_CHECKING:
    from coasty_desk.core.actions import Action

FIT = (1280, 720)


def shot() -> mss.screenshot.ScreenShot:
    with mss.MSS() as fresh:
        return fresh.grab(fresh.monitors[1])


def image(taken: mss.screenshot.ScreenShot) -> Image.Image:
    whole = Image.frombytes("RGB", taken.size, taken.bgra, "raw", "BGRX")
    scale = min(1, FIT[0] / whole.width, FIT[1] / whole.height)
    return whole.resize((round(whole.width * scale), round(whole.height * scale)), Image.Resampling.BICUBIC)


def png(small: Image.Image) -> bytes:
    written = io.BytesIO()
    small.save(written, "PNG", compress_level=6)
    return written.getvalue()


def body(encoded: bytes) -> str:
    return json.dumps({"screenshot": base64.b64encode(encoded).decode(), "instruction": "do it"})


def post(url: str, sent: str, key: str) -> None:
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    requests.post(url, data=sent, headers=headers, timeout=60).raise_for_status()


def perform(action: Action) -> None:
    from coasty_desk.core.actions import Click, KeyCombo, Scroll, TypeText  # noqa: PLC0415 - the loop's start is measured without us
    from coasty_desk.desktop.native import native_libraries  # noqa: PLC0415 - as above

    gui = native_libraries.pyautogui()
    gui.PAUSE = 0.1
    try:
        match action:
            case Click(point, button, count):
                gui.click(point.x, point.y, clicks=count, button=button)
            case TypeText(text):
                gui.write(text, interval=0.02)
            case KeyCombo(keys):
                gui.hotkey(*keys)
            case Scroll(notches, _, point):
                gui.scroll(notches, point.x, point.y)
    finally:
        gui.PAUSE = 0


def settle() -> None:
    time.sleep(0.5)
