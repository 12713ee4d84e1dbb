"""The instruction presets: short texts that are sent with a session as `instructions`; and a text of the person's own for the base prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given

Confirm = Literal["never", "risky", "always"]

NONE = "none"
"""The preset that sends no instructions at all (the service's free tier takes none)."""

DEFAULT = "precise"

LARGEST = 1_000_000
"""Bytes of a preset's file."""

LONG_PROMPT = 500
"""A text of more characters than this costs one credit more a step (API.md §4)."""


LONGEST_PROMPT = 16_000
"""Characters of a system prompt that the service takes (API.md §1.3)."""


class Preset(Struct, frozen=True):
    """A named text; `confirm` is which actions wait for a person unless an option says otherwise."""

    name: str
    title: str
    text: str
    confirm: Confirm = "never"


def names() -> list[str]:
    """The names of the presets that come with the program."""
    return sorted(entry.name.removesuffix(".md") for entry in _folder().iterdir() if entry.name.endswith(".md"))


def is_built_in(name: str) -> bool:
    """Whether it is the name of one of these, or of none at all."""
    return name == NONE or name in names()


def load(name: str) -> Preset:
    """A preset by its name, or from a file of the same form. Raises UsageError."""
    if name == NONE:
        return Preset(NONE, "No instructions", "")
    if name in names():
        return _parse(name, (_folder() / f"{name}.md").read_text("utf-8"))
    path = given(name)
    try:
        text = plain_files.read(path, LARGEST, pipes=True).decode("utf-8")
    except (OSError, ValueError) as error:
        message = f"There is no preset {name!r}, and as a file it cannot be read: {plain_files.why(error)}."
        raise UsageError(message, f"Use one of {', '.join(names())}, none, or the path of a text file.") from error
    return _parse(path.stem, text)


def workflow_names() -> list[str]:
    """The names of the workflows that come with the program."""
    return sorted(entry.name.removesuffix(".json") for entry in (_folder() / "workflows").iterdir())


def workflow(name: str) -> str:
    """One of them, as its file has it. Raises UsageError."""
    known = workflow_names()
    if name not in known:
        message = f"There is no example {name[:60]!r}."
        raise UsageError(message, f"Use one of {', '.join(known)}, or the path of a file.")
    return (_folder() / "workflows" / f"{name}.json").read_text("utf-8")


def system_prompt(name: str) -> str:
    """The text of a file, which takes the place of the model's base prompt. Raises UsageError."""
    try:
        text = plain_files.read(given(name), LARGEST).decode("utf-8").strip()
    except (OSError, ValueError) as error:
        message = f"The system prompt {name!r} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give --system-prompt the path of a text file.") from error
    if not 1 <= len(text) <= LONGEST_PROMPT:
        message = f"The system prompt {name!r} has {len(text)} characters, and the service takes 1 to {LONGEST_PROMPT}."
        raise UsageError(message, "Give --system-prompt a file with a shorter text, or leave it out.")
    return text


def _folder() -> Path:
    packaged = Path(__file__).parent / "preset_texts"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "presets"


def _parse(name: str, text: str) -> Preset:
    """Front matter (`title`, `confirm`) between two `---` lines, then the text."""
    head: dict[str, str] = {}
    body = text
    if text.startswith("---\n") and "\n---\n" in text:
        front, body = text[4:].split("\n---\n", 1)
        for line in filter(str.strip, front.splitlines()):
            key, _, value = line.partition(":")
            head[key.strip()] = value.strip()
    unknown = sorted(set(head) - {"title", "confirm"})
    confirm = head.get("confirm", "never")
    if unknown or confirm not in get_args(Confirm):
        message = f"The preset {name!r} has a wrong front matter: {unknown[0] if unknown else f'confirm: {confirm}'}."
        raise UsageError(message, "It may hold `title:` and `confirm: never|risky|always`.")
    return Preset(name, head.get("title", name), body.strip(), confirm)  # type: ignore[arg-type]  # just checked
