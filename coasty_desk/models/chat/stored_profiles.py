"""What `doctor --model` has found out of a model at a server, in a file of the person's own."""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs
from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home
from coasty_desk.core.scaling import ImageFit
from coasty_desk.models.chat.profiles import SPACES, Profile
from coasty_desk.wire.json_fields import UnreadableError, parse_json

FILE = "model_profiles.json"

LARGEST = 1_000_000
"""Bytes of the file."""


def _path() -> Path:
    return at_home(lambda: platformdirs.user_data_path("coasty-desk")) / FILE


def _read() -> dict[str, object]:
    try:
        found = parse_json(plain_files.read(_path(), LARGEST))
    except (OSError, UnreadableError, UsageError):
        return {}
    return found if isinstance(found, dict) else {}


def applied(profile: Profile, url: str, model: str) -> Profile:
    """The profile with what was found of that model at that server; as it is where nothing was, or it cannot be read."""
    found = _read().get(_name(url, model))
    if not isinstance(found, dict):
        return profile
    space, most = found.get("space"), found.get("most")
    if space in SPACES:
        profile = replace(profile, space=space)
    if isinstance(most, int) and not isinstance(most, bool) and most >= 28 * 28:
        profile = replace(profile, fit=ImageFit(profile.fit.box, profile.fit.factor, min(most, profile.fit.most)))
    return profile


def store(profile: Profile, url: str, model: str) -> bool:
    """Keep the space and the fit of a profile for that model there; whether that could be done."""
    known = {**_read(), _name(url, model): {"space": profile.space, "most": profile.fit.most}}
    try:
        path = _path()
        plain_files.folder(path.parent)
        plain_files.write(path, json.dumps(known, indent=2).encode("ascii"))
    except (OSError, UsageError):
        return False
    return True


def _name(url: str, model: str) -> str:
    return f"{model} at {url}"
