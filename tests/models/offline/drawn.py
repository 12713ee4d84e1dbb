"""Pages that are drawn and answer to input, so that a plan can be carried out on them in no time."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from coasty_desk.core.actions import Action, Launch, Wait
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.interpreter import Plan, nothing_to_open
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.steps.context import CannotError, Context
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

SIZE = (600, 400)
MOST_STEPS = 200


class Page:
    """`shown` are the texts on it by their upper left corners; `answer` changes that for each action that is done.

    `window` is the active one's place, `pale` are texts that are drawn as a hint is.
    """

    def __init__(self, shown: dict[str, tuple[int, int]], answer: Callable[[Page, Action], None]) -> None:
        self.shown, self.answer = shown, answer
        self.framed: set[str] = set()
        self.icons: set[str] = set()
        self.pale: set[str] = set()
        self.widgets: tuple[Widget, ...] = ()
        self.window: Box | None = None
        self.fields: tuple[Box, ...] = ()
        self.ground = "#eeeeee"
        self.done: list[Action] = []

    def seen(self) -> ReadScreen:
        """What is on it now; a text that is `framed` is in a button, one with `icons` behind a square."""
        picture = Image.new("RGB", SIZE, "white")
        draw = ImageDraw.Draw(picture)
        texts = []
        for field in self.fields:
            draw.rectangle((field.left, field.top, field.right, field.bottom), "white", "#888888")
        for name, (left, top) in self.shown.items():
            box = Box(left, top, left + 9 * len(name), top + 18)
            if name in self.framed:
                draw.rectangle((left - 12, top - 8, box.right + 12, box.bottom + 8), self.ground, "#888888")
            if name in self.icons:
                draw.rectangle((left - 28, top, left - 12, top + 16), "#c9302c")
            draw.text((left, top), name, fill="#757575" if name in self.pale else "black", font_size=16)
            texts.append(Text(name, box))
        texts.sort(key=lambda text: text.box.top)
        return ReadScreen(picture, tuple(texts), {text: [text] for text in texts}, whole_read=True)

    def carry_out(self, words: str, launch: Callable[[str], Launch] = nothing_to_open) -> CannotError | None:
        """Nothing where all was done, else why not. `done` has what was done, waits left out."""
        plan = Plan(Context(self.seen(), lambda: self.window, tree=lambda _: self.widgets), launch)
        self.read_out, self.notes = plan.read_out, plan.sight.notes
        self.proofs = plan.sight.proofs
        going = plan.whole(parse(words))
        try:
            batch = next(going)
            for _ in range(MOST_STEPS):
                for action in batch.actions:
                    if not isinstance(action, Wait):
                        self.done.append(action)
                        self.answer(self, action)
                batch = going.send(self.seen())
        except StopIteration:
            return None
        except CannotError as error:
            return error
        msg = f"no end after {MOST_STEPS} steps: {self.done[-5:]}"
        raise AssertionError(msg)
