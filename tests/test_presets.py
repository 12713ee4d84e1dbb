"""The presets: they are all there, also in the wheel, and none costs extra."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coasty_desk import presets
from coasty_desk.core.errors import UsageError

ROOT = Path(__file__).parent.parent


def test_the_six_presets_are_there() -> None:
    """The ones that the service's guide names."""
    assert presets.names() == ["cautious", "fast", "forms", "precise", "qa", "read"]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_costs_no_long_prompt(name: str) -> None:
    """More than 500 characters would cost a credit a step (API.md §4)."""
    preset = presets.load(name)
    assert 0 < len(preset.text) <= presets.LONG_PROMPT
    assert preset.title
    assert preset.confirm == ("risky" if name == "cautious" else "never")


def test_the_wheel_holds_every_preset_and_the_manual(tmp_path: Path) -> None:
    """What is installed has the same texts as the repository."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for source in (ROOT / "presets").glob("*.md"):
            assert archive.read(f"coasty_desk/preset_texts/{source.name}") == source.read_bytes()
        for source in (ROOT / "coasty_desk" / "manual").glob("*.md"):
            assert archive.read(f"coasty_desk/manual/{source.name}") == source.read_bytes()
        assert "coasty_desk/py.typed" in archive.namelist()


def test_a_preset_can_be_a_file(tmp_path: Path) -> None:
    """A text of one's own, with or without front matter."""
    (tmp_path / "mine.md").write_text("---\ntitle: Mine\nconfirm: always\n---\nBe kind.\n", "utf-8")
    (tmp_path / "bare.txt").write_text("Be quick.\n", "utf-8")
    assert presets.load(str(tmp_path / "mine.md")) == presets.Preset("mine", "Mine", "Be kind.", "always")
    assert presets.load(str(tmp_path / "bare.txt")).text == "Be quick."


@pytest.mark.parametrize("text", ["---\nconfirm: maybe\n---\nx", "---\ncolour: red\n---\nx"])
def test_a_wrong_front_matter_is_refused(tmp_path: Path, text: str) -> None:
    """A typo must not quietly switch a confirmation off."""
    (tmp_path / "bad.md").write_text(text, "utf-8")
    with pytest.raises(UsageError):
        presets.load(str(tmp_path / "bad.md"))


def test_an_unknown_preset_names_the_known_ones() -> None:
    """Exit 2 with what there is."""
    with pytest.raises(UsageError) as refused:
        presets.load("precize")
    assert "precise" in refused.value.remedy
