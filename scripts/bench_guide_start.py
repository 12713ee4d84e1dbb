"""The guide's loop from its start to its first prediction, as a program: everything imported, a session, a screenshot, a request."""

import os

import bench_guide as guide
import mss  # noqa: F401 - the loop imports all that it will need
import pyautogui  # noqa: F401 - as above
import requests

BASE, KEY = os.environ["COASTY_BASE_URL"], os.environ["COASTY_API_KEY"]
size = {"cua_version": "v3", "screen_width": 1280, "screen_height": 720}
session = requests.post(f"{BASE}/sessions", json=size, headers={"X-API-Key": KEY}, timeout=60).json()["session_id"]
guide.post(f"{BASE}/sessions/{session}/predict", guide.body(guide.png(guide.image(guide.shot()))), KEY)
