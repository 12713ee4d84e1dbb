"""PNG without loss, made for screens: rows filtered as byte planes, packed by libdeflate, or by runs where nothing repeats."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from coasty_desk.core.scaling import Size

if TYPE_CHECKING:
    from PIL.Image import Image

LEVEL = 6
"""Of libdeflate: smaller than zlib's 6 for a fifth of its time."""

PATIENT_LEVEL = 7
"""For a photograph: 1% smaller, where that is the difference from zlib's 6."""

NOISY = 0.5
"""A picture is a photograph where even the filtered rows have less than this part of zeros; a page of text with pictures has 0.6."""

_PIXEL = 3
_SAMPLED = 17
"""Every so many bytes of a row are looked at to choose its filter: no multiple of a pixel, so that each colour has its turn."""

Rows: TypeAlias = "Image"
"""A picture's bytes as an image of one byte a pixel, three times as wide: a third of the work of doing it by colour."""


def png(rgb: bytes, size: Size) -> bytes:
    """The PNG of a picture's bytes, 3 a pixel: red, green, blue."""
    header = struct.pack(">IIBBBBB", size.width, size.height, 8, 2, 0, 0, 0)  # 8 bits of each of red, green, blue
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", _packed(rgb, size)), _chunk(b"IEND", b""))
    return b"".join((b"\x89PNG\r\n\x1a\n", *(piece for chunk in chunks for piece in chunk)))


def _chunk(kind: bytes, data: bytes | bytearray) -> tuple[bytes, bytes, bytes | bytearray, bytes]:
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _packed(rgb: bytes, size: Size) -> bytes | bytearray:
    from PIL import Image, ImageChops

    width, height = _PIXEL * size.width, size.height
    rows = Image.frombuffer("L", (width, height), rgb, "raw", "L", 0, 1)
    left = rows.crop((-_PIXEL, 0, width - _PIXEL, height))  # what lies outside is 0, as PNG wants it
    above = rows.crop((0, -1, width, height - 1))
    ways = [rows, ImageChops.subtract_modulo(rows, left), ImageChops.subtract_modulo(rows, above)]
    samples = [_sample(way) for way in ways]
    if max(_zeros(sample) for sample in samples) >= NOISY:
        return _deflated(_chosen(ways, samples))
    ways.append(ImageChops.subtract_modulo(rows, _foreseen(rows, left, above)))
    return _smaller(_chosen(ways, [*samples, _sample(ways[-1])]))


def _sample(way: Rows) -> Rows:
    from PIL.Image import Resampling

    return way.resize((max(way.width // _SAMPLED, 1), way.height), Resampling.NEAREST)


def _zeros(sample: Rows) -> float:
    """The part of it that is zero."""
    return sample.histogram()[0] / (sample.width * sample.height)


_BITS = [36 * (1 + min(byte, 256 - byte)).bit_length() - 36 for byte in range(256)]
"""What a byte of a filtered row costs, roughly: as the logarithm of its distance from zero."""


def _chosen(ways: Sequence[Rows], samples: Sequence[Rows]) -> bytes:
    """The rows as PNG has them: of each the way that takes least, by its sample, and before it which that is."""
    width = ways[0].width
    costs = [sample.point(_BITS).reduce((sample.width, 1)).tobytes() for sample in samples]
    packed = [memoryview(way.tobytes()) for way in ways]
    pieces: list[bytes | memoryview] = []
    for row, each in enumerate(zip(*costs, strict=True)):
        best = min(reversed(range(len(ways))), key=each.__getitem__)
        pieces += (_KINDS[best], packed[best][width * row : width * (row + 1)])
    return b"".join(pieces)


_KINDS = (b"\0", b"\1", b"\2", b"\4")
"""PNG's names of the ways: as it is, less the left, less what is above, less what is foreseen. The mean (3) is hardly ever best."""


def _foreseen(rows: Rows, left: Rows, above: Rows) -> Rows:
    """What PNG's filter 4 (Paeth) expects of each byte: of left, above and corner the nearest to left + above - corner."""
    from PIL import ImageChops as Chops

    corner = rows.crop((-_PIXEL, -1, rows.width - _PIXEL, rows.height - 1))
    from_left, from_above = Chops.difference(above, corner), Chops.difference(left, corner)
    nearer = Chops.darker(from_left, from_above)
    between = Chops.darker(Chops.lighter(left, above), Chops.lighter(Chops.darker(left, above), corner))
    from_corner = Chops.lighter(Chops.difference(from_left, from_above), Chops.difference(between, corner).point(_ANY))
    expected = left.copy()
    expected.paste(above, mask=_where(from_left, from_above))
    expected.paste(corner, mask=_where(nearer, from_corner))
    return expected


def _where(more: Rows, less: Rows) -> Image:
    """The places where the one is more than the other."""
    from PIL import ImageChops

    return ImageChops.difference(ImageChops.lighter(more, less), less).point(_ANY, "1")


_ANY = [0] + [255] * 255


def _deflated(data: bytes, level: int = LEVEL) -> bytes | bytearray:
    import deflate

    packed: bytes | bytearray = deflate.zlib_compress(data, level)
    return packed


def _run_lengths(data: bytes) -> bytes:
    """Packed without looking for what repeats; of noise that is the least."""
    packing = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return packing.compress(data) + packing.flush()


def _smaller(data: bytes) -> bytes | bytearray:
    with ThreadPoolExecutor(1, "coasty-desk packing") as aside:
        runs = aside.submit(_run_lengths, data)
        return min(_deflated(data, PATIENT_LEVEL), runs.result(), key=len)
