"""The PNG that is sent: no pixel lost, and no larger than what everyone's encoder makes."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageDraw

from coasty_desk.core.scaling import Rect, Size
from coasty_desk.desktop.imaging import image_file, picture
from coasty_desk.desktop.imaging.png import png

CHANCE = random.Random(7)  # noqa: S311 - the same pictures each time, not a secret


def noise(size: Size) -> Image.Image:
    """Nothing repeats."""
    return Image.frombytes("RGB", (size.width, size.height), CHANCE.randbytes(3 * size.width * size.height))


def photograph(size: Size) -> Image.Image:
    """Soft shapes with a grain."""
    soft = noise(Size(9, 7)).resize((size.width, size.height), Image.Resampling.BICUBIC)
    return Image.blend(soft, noise(size), 0.03)


def window(size: Size) -> Image.Image:
    """Plain areas, lines and text."""
    image = Image.new("RGB", (size.width, size.height), (240, 241, 242))
    draw = ImageDraw.Draw(image)
    for top in range(0, size.height, 14):
        draw.text((3, top), f"{top} lines of text that are hardly ever the same", (20, 20, 60))
    return image


@pytest.mark.parametrize("size", [Size(1, 1), Size(7, 3), Size(333, 240)])
@pytest.mark.parametrize("kind", [noise, photograph, window], ids=lambda kind: kind.__name__)
def test_png_loses_nothing(kind: object, size: Size) -> None:
    """Whatever the picture and its size, each pixel comes back."""
    assert callable(kind)
    image = kind(size)
    back = Image.open(io.BytesIO(png(image.tobytes(), size)))
    assert (back.format, back.mode, back.tobytes()) == ("PNG", "RGB", image.tobytes())


@pytest.mark.parametrize(("kind", "at_most"), [(photograph, 1.01), (window, 1.0)], ids=["photograph", "window"])
def test_png_is_no_larger_than_pillows(kind: object, at_most: float) -> None:
    """Beside Pillow at zlib's level 6, which takes several times as long; a photograph may be a trifle larger."""
    assert callable(kind)
    image, theirs = kind(Size(640, 360)), io.BytesIO()
    image.save(theirs, "PNG", compress_level=6)
    assert len(png(image.tobytes(), Size(640, 360))) <= at_most * len(theirs.getvalue())


@pytest.mark.parametrize("box", [Size(200, 150), Size(1280, 720)])
def test_a_picture_that_is_asked_about_is_framed_as_a_screenshot_is(box: Size) -> None:
    """Shrunk by the same filter to the same bytes, with black added where the service wants more."""
    image, size = window(Size(300, 200)), Size(300, 200)
    file = io.BytesIO()
    image.save(file, "PNG")
    shot = picture.Shot(bytearray(image.tobytes("raw", "BGRX")), size, Rect(5, 6, 300, 200))
    assert image_file.framed(file.getvalue(), box, shot.shows) == picture.framed(shot, box)
