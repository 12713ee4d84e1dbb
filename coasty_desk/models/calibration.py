"""How a model points, found out on pictures of one red square each: in which space, on which picture, and how well."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Click, Point, Prediction
from coasty_desk.core.money import Money
from coasty_desk.core.ports import Predictor, PredictRequest
from coasty_desk.core.scaling import Frame, ImageFit, Rect, Size
from coasty_desk.lifetimes import ModelRequest
from coasty_desk.models.chat import stored_profiles
from coasty_desk.models.chat.profiles import SPACES, Profile, Space
from coasty_desk.models.chat_model import ChatModel
from coasty_desk.models.vendor_model import VendorModel

TASK = "Click the centre of the red square once. There is nothing else to do."

PLACES = ((0.12, 0.1), (0.5, 0.45), (0.9, 0.12), (0.2, 0.9), (0.9, 0.9))
"""As parts of the picture's width and height; what a wrong space does shows best far from the upper left corner."""

SIDE = 48
"""Pixels of a side of the square."""

GOOD = 0.02
"""A median distance of less than that part of the picture's longer side is pointing."""

SHRUNK = (0.2, 0.97)
"""Parts of its size that a picture may have been shrunk to; what is more is the model's own inaccuracy."""

EVEN = 0.06
"""How far the two sides of what was shrunk may differ, as its server makes whole squares of it."""


class Pointed(Struct, frozen=True):
    """What was found. `distance` is the median in sent pixels, None where the model points nowhere; `most` the pixels that its server leaves."""

    distance: float | None
    sent: Size
    space: Space | None = None
    most: int | None = None
    answers: int = 0
    cost: Money = 0

    @property
    def is_good(self) -> bool:
        """Whether it can be let point."""
        return self.distance is not None and self.distance <= GOOD * max(self.sent.width, self.sent.height)


def calibrated_at(model: VendorModel, asked: ModelRequest) -> tuple[Pointed, bool]:
    """How the model points at its server; whether that was kept for its next runs. Raises UsageError, ServiceError, Aborted."""
    chosen = asked.chosen
    pointed, said = look(lambda: model.predictor(asked), model.size(chosen))
    if not isinstance(model, ChatModel):
        return pointed, False
    profile = model.profile(chosen)
    if pointed.distance is None and profile.space != "1":  # fractions are no pixels to whoever reads code
        other = replace(profile, space="1")
        pointed, said = look(lambda: model.predictor(asked, model.spoken(chosen, other)), model.size(chosen))
    pointed = fitted(pointed, said, profile)
    if not pointed.is_good or pointed.space is None:
        return pointed, False
    most = profile.fit.most if pointed.most is None else pointed.most
    found = replace(profile, space=pointed.space, fit=replace(profile.fit, most=most))
    return pointed, stored_profiles.store(found, model.url(chosen), model.name(chosen))


def squares(within: ImageFit | Size) -> Iterator[tuple[Frame, Point]]:
    """The pictures, and where the middle of each one's square is in sent pixels."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - for a doctor alone

    screen = Size(1280, 720)
    content, sent = within.sizes(screen) if isinstance(within, ImageFit) else (screen, screen)
    for across, down in PLACES:
        image = Image.new("RGB", (sent.width, sent.height))
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, content.width - 1, content.height - 1), (235, 235, 235))
        x, y = int(across * content.width), int(down * content.height)
        draw.rectangle((x - SIDE // 2, y - SIDE // 2, x + SIDE // 2, y + SIDE // 2), (220, 0, 0))
        out = io.BytesIO()
        image.save(out, "PNG")
        yield Frame(out.getvalue(), "image/png", sent, content, Rect(0, 0, content.width, content.height)), Point(x, y)


def look(begin: Callable[[], Predictor], within: ImageFit | Size) -> tuple[Pointed, list[tuple[Point, Point]]]:
    """Show each picture in a conversation of its own; the places that were meant and those that were said, as they were said.

    `begin` gives the predictor. Raises ServiceError, Aborted.
    """
    said: list[tuple[Point, Point]] = []
    cost, sent = 0, Size(1, 1)
    for frame, middle in squares(within):
        sent = frame.sent
        answering = begin().predict(PredictRequest(1, TASK, frame))
        while True:
            try:
                next(answering)
            except StopIteration as end:
                prediction: Prediction = end.value
                break
        cost += prediction.usage.cost
        click = next((one for one in prediction.actions if isinstance(one, Click) and one.point is not None), None)
        if click is not None and click.point is not None:
            said.append((middle, click.point))
    width, height = prediction.space or (sent.width, sent.height)
    distance = _distance(said, sent.width / width, sent.height / height) if len(said) > len(PLACES) // 2 else None
    return Pointed(distance, sent, answers=len(said), cost=cost), said


def fitted(pointed: Pointed, said: Sequence[tuple[Point, Point]], profile: Profile) -> Pointed:
    """The same in the space in which the places are nearest to those that were meant, or on the picture as it was shrunk to."""
    if pointed.distance is None:
        return pointed
    sent = pointed.sent
    spaces = {name: replace(profile, space=name).space_of(sent) for name in SPACES}
    distances = {name: _distance(said, sent.width / w, sent.height / h) for name, (w, h) in spaces.items()}
    best = min(distances, key=lambda name: (distances[name], name != profile.space))
    found = replace(pointed, distance=distances[best], space=best)
    if found.is_good:
        return found
    across, down = (median(_axis(to, axis) / _axis(of, axis) for of, to in said) for axis in "xy")
    if not all(SHRUNK[0] < part < SHRUNK[1] for part in (across, down)) or abs(across / down - 1) > EVEN:
        return found
    shrunk = replace(pointed, distance=_distance(said, 1 / across, 1 / down), space="picture")
    if not shrunk.is_good:
        return found
    return replace(shrunk, most=int(sent.width * across * sent.height * down))


def _distance(said: Sequence[tuple[Point, Point]], across: float, down: float) -> float:
    return median(math.hypot(to.x * across - of.x, to.y * down - of.y) for of, to in said)


def _axis(point: Point, axis: str) -> float:
    return max(float(getattr(point, axis)), 1e-9)
