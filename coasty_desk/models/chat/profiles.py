"""What each family of models was trained on: the prompt, the space of its answers, the pictures that it is shown, how it ends."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct

from coasty_desk.core.scaling import ImageFit, Size

if TYPE_CHECKING:  # which models/readers says, and whoever looks for a size needs no reader
    from coasty_desk.models.readers.reading import Form

Space = Literal["picture", "1000", "1"]
SPACES: tuple[Space, ...] = get_args(Space)
"""What places are in: pixels of the picture that is sent, thousandths or fractions of it."""


_SQUARES_28, _SQUARES_32 = (ImageFit(factor=side, most=1280 * side * side) for side in (28, 32))


class Profile(Struct, frozen=True):
    """How one family is spoken with.

    `form` is how it answers, `functions` whether it is given functions of ours instead; `images` are the last pictures
    that it is shown; `system` and `opening` are names of prompts: one apart from the conversation, one that begins it.
    `asked` goes with each picture.
    """

    name: str
    form: Form
    space: Space
    fit: ImageFit = _SQUARES_28
    images: int = 5
    system: str = ""
    opening: str = ""
    asked: str = ""
    functions: bool = False

    def space_of(self, sent: Size) -> tuple[int, int]:
        """The (width, height) that the answer's places are in, for a picture of that size."""
        if self.space == "picture":
            return sent.width, sent.height
        side = int(self.space)
        return side, side


_INSTRUCTION = "# Task Instruction:\n{task}\n\nPlease generate the next move according to the screenshot, task instruction and previous steps (if provided).\n"
_NEXT_MOVE = "\nPlease generate the next move according to the UI screenshot, instruction and previous actions.\n\nInstruction: {task}\n\nPrevious actions:\n{previous}"

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("uitars-1.0", "uitars", "1000", opening="uitars"),
        Profile("uitars-1.5", "uitars", "picture", opening="uitars"),
        Profile("uitars-2", "seed", "1000", opening="seed"),
        Profile("qwen2.5-vl", "qwen", "picture", images=4, system="qwen", opening=_NEXT_MOVE),
        Profile("qwen3-vl", "qwen", "1000", _SQUARES_32, images=4, system="qwen", opening=_NEXT_MOVE),
        Profile("holo", "json", "1000", functions=True, system="plain"),
        Profile("holo1.5", "json", "picture", images=1, asked="Click on: {task}"),
        Profile("opencua", "code", "picture", images=3, system="code", asked=_INSTRUCTION),
        Profile("kimi", "code", "1", images=3, system="code", asked=_INSTRUCTION),
        Profile("glm", "glm", "1000", images=4, opening="glm"),
        Profile("gta1", "json", "picture", images=1, asked="{task}"),
        Profile("plain", "json", "picture", images=3, functions=True, system="plain"),
    )
}
"""By name; MODELS.md §1.4 is where the facts are from."""

_NAMED: tuple[tuple[str, str], ...] = (
    (r"ui-?tars-?v?2(?![\db])", "uitars-2"),
    (r"ui-?tars-?(?:1[._-]5)", "uitars-1.5"),
    (r"ui-?tars", "uitars-1.0"),
    (r"seed|doubao", "uitars-2"),
    (r"holo-?1", "holo1.5"),
    (r"holo", "holo"),
    (r"gta-?1", "gta1"),
    (r"opencua.*a3b|kimi", "kimi"),
    (r"opencua", "opencua"),
    (r"glm", "glm"),
    (r"qwen-?2(?:[._]5)?-?vl", "qwen2.5-vl"),
    (r"qwen-?3|mai-?ui|gui-?owl", "qwen3-vl"),
)
"""Parts of models' names, the first that is found holds."""


def profile_for(model: str, chosen: str = "") -> Profile:
    """The profile that is `chosen`, else the one of the family that the model's name says. Raises KeyError for a name that is none."""
    if chosen:
        return PROFILES[chosen]
    name = next((profile for part, profile in _NAMED if re.search(part, model, re.IGNORECASE)), "plain")
    return PROFILES[name]


@cache
def prompt(name: str) -> str:
    """The text of a prompt, with its fields in braces; a text that is none of the names is one itself."""
    if not re.fullmatch(r"[a-z]+", name):
        return name
    from importlib.resources import files  # noqa: PLC0415 - once the first picture is there

    return (files("coasty_desk.models.chat") / "prompts" / f"{name}.txt").read_text("utf-8")
