"""Both engines read the same screen behind the same seam, without a network; where there is none, it is said."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.core.errors import UsageError
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import ClickOn
from coasty_desk.models.offline.targeting.locating import Located, locate
from coasty_desk.models.offline.vision import engines
from coasty_desk.models.offline.vision.engines import ENGINES, best_engine
from coasty_desk.models.offline.vision.reader import Reader

OTHER = Path(__file__).parents[3] / ".venv" / "other-engine"
"""Where scripts/test puts the engine that is no dependency."""

LABELS = {"Save": (60, 40), "Cancel": (260, 40), "Send me news": (60, 140), "Account 4711": (60, 220)}


@pytest.fixture
def screenshot() -> bytes:
    """A screen with four labels, as a PNG."""
    picture = Image.new("RGB", (640, 400), "#f4f4f4")
    draw = ImageDraw.Draw(picture)
    for label, place in LABELS.items():
        draw.text(place, label, fill="#202020", font=ImageFont.load_default(18))
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_finds_the_labels_where_they_are(
    name: str, screenshot: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And reads an empty picture as nothing."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(OTHER)])
    reader = Reader(ENGINES[name])
    seen = reader.read(screenshot)
    for label, (left, top) in LABELS.items():
        asked = parse(f'click "{label}"')[0].does
        assert isinstance(asked, ClickOn)
        assert asked.target is not None
        found = locate(asked.target, seen)
        assert isinstance(found, Located), found
        assert left <= found.point.x <= left + 150
        assert top <= found.point.y <= top + 24
    blank = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(blank, "PNG")
    assert list(ENGINES[name]().lines(blank.getvalue())) == []


def test_the_first_engine_that_can_be_loaded_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is built for another system is as good as none; where none is left, the sentence says why, or what to install."""
    (tmp_path / "another_systems.py").write_text("raise ImportError('libm.so.6: version `GLIBC_2.34\\' not found')")
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    class Fake(engines.FasterPaddle):
        def __init__(self) -> None:
            made.append("second")

    class Broken(engines.RapidOcr):
        def __init__(self) -> None:
            importlib.import_module("another_systems")

    several = {"no_such_package": engines.RapidOcr, "another_systems": Broken, "lark": Fake}
    monkeypatch.setattr(engines, "ENGINES", several)
    best_engine()
    assert made == ["second"]
    assert engines.best() == "lark"
    assert list(engines.broken()) == ["another_systems"]
    monkeypatch.setattr(engines, "ENGINES", {"another_systems": Broken})
    for ask in (best_engine, engines.best):
        with pytest.raises(UsageError, match=r"another_systems, cannot be loaded here.*GLIBC"):
            ask()
    monkeypatch.setattr(engines, "ENGINES", {"no_such_package": engines.RapidOcr})
    with pytest.raises(UsageError, match="not installed"):
        best_engine()
