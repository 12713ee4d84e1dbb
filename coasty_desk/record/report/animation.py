"""A recorded run as a GIF or WebP that plays: each step as it was seen, then each action drawn where it was done."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Point, in_words
from coasty_desk.core.errors import UsageError
from coasty_desk.core.printable import legible
from coasty_desk.core.scaling import Size, fit
from coasty_desk.record import action_annotations
from coasty_desk.record.action_annotations import Mark
from coasty_desk.record.report import small_pictures
from coasty_desk.record.report.drawing import INK, REFUSED_INK, draw_mark, font
from coasty_desk.record.timeline import StepAction, Timeline, TimelineStep, picture

if TYPE_CHECKING:
    from PIL.Image import Image

Format: TypeAlias = Literal["gif", "webp"]

SIZE = Size(960, 720)
"""What a picture is shrunk to fit; the caption's bar comes below it."""

BAR = 36
LOOK_MS, ACT_MS, END_MS = 500, 900, 2500


class _Shot(Struct, frozen=True):
    image: Image
    ms: int


def animate(story: Timeline, folder: Path, form: Format) -> bytes:
    """The encoded animation. Raises UsageError where the run has no pictures."""
    shots = list(_shots(story, folder))
    if not shots:
        message = f"The run {folder.name} has no pictures to make an animation of."
        raise UsageError(message, "Record a run without --no-record first.")
    first, *rest = [_paletted(shot.image) if form == "gif" else shot.image for shot in shots]
    encoded = io.BytesIO()
    first.save(
        encoded,
        form.upper(),
        save_all=True,
        append_images=rest,
        duration=[shot.ms for shot in shots],
        loop=0,
        **({"optimize": False, "disposal": 1} if form == "gif" else {"quality": 70, "method": 3}),
    )
    return encoded.getvalue()


def _shots(story: Timeline, folder: Path) -> Iterator[_Shot]:
    size: tuple[int, int] | None = None
    last: _Shot | None = None
    for step, marked in zip(story.steps, action_annotations.of_story(story), strict=True):
        seen = _opened(picture(folder, step.looked))
        if seen is None:
            continue
        size = size or seen.size
        for last in _step(story, step, marked, seen, size):
            yield last
    if last is not None:
        ended = story.ended
        said = "cut off" if ended is None else f"{ended.ending.status}: {legible(ended.message, 200)}"
        yield _Shot(_captioned(last.image.crop((0, 0, last.image.width, last.image.height - BAR)), said), END_MS)


def _step(
    story: Timeline, step: TimelineStep, marked: action_annotations.Marked, seen: Image, size: tuple[int, int]
) -> Iterator[_Shot]:
    from PIL.ImageDraw import Draw  # noqa: PLC0415 - importing this module must not load a library

    cap = story.started.limits.get("max_steps")
    title = f"Step {step.number}{f' of {cap:g}' if cap else ''}"
    seen = seen if seen.size == size else seen.resize(size)
    yield _Shot(_captioned(seen, title), LOOK_MS)
    scale = size[0] / max(step.looked.sent.width, 1)
    for number, (deed, mark) in enumerate(marked, 1):
        drawn = seen.copy()
        if mark is not None:
            ink = REFUSED_INK if deed.outcome == "refused" else INK
            draw_mark(Draw(drawn), _scaled(mark, scale), number, Size(*size), ink)
        yield _Shot(_captioned(drawn, f"{title}: {_words(deed)}"), ACT_MS)


def _words(deed: StepAction) -> str:
    if deed.refusal is not None:
        return legible(f"{'broken off' if deed.refusal.partly else 'refused'}: {deed.refusal.action}", 200)
    return "" if deed.real is None else legible(in_words(deed.real), 200)


def _opened(image: bytes | None) -> Image | None:
    whole = None if image is None else small_pictures.opened(image)
    if whole is None:
        return None
    size = fit(Size(*whole.size), SIZE)
    return whole.resize((size.width, size.height))


def _paletted(image: Image) -> Image:
    from PIL import Image as Pillow  # noqa: PLC0415 - see above

    return image.quantize(colors=255, method=Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)


def _captioned(image: Image, text: str) -> Image:
    from PIL import Image as Pillow  # noqa: PLC0415 - see above
    from PIL.ImageDraw import Draw  # noqa: PLC0415

    whole = Pillow.new("RGB", (image.width, image.height + BAR), (20, 22, 26))
    whole.paste(image, (0, 0))
    letters = font(16)
    line = " ".join(text.split())
    while line and letters.getlength(line) > image.width - 24:
        line = f"{line[: min(len(line) - 2, 300)].rstrip('…')}…" if len(line) > 2 else ""
    Draw(whole).text((12, image.height + 8), line, fill=(232, 234, 238), font=letters)
    return whole


def _scaled(mark: Mark, scale: float) -> Mark:
    def onto(point: Point) -> Point:
        return Point(point.x * scale, point.y * scale)

    return replace(mark, at=None if mark.at is None else onto(mark.at), path=tuple(map(onto, mark.path)))
