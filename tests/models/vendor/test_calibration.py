"""`doctor --model` against stand-ins that point in each space, and one that shrinks."""

from __future__ import annotations

import base64
import io
import json
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coasty_desk.cli.app import main
from coasty_desk.core.scaling import Size, sizes_sent
from coasty_desk.models.chat_model import MODEL
from coasty_desk.settings import Settings
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import VendorStub
from tests.models.vendor import test_anthropic_wire
from tests.models.vendor.pointers import (
    Answer,
    chat_says,
    in_fractions,
    in_pixels,
    in_thousandths,
    kimi,
    middle_of_red,
    pointing,
    shrunk_to,
    uitars,
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def doctor(line: Any, model: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    """Its exit code, what it found, and the server's address."""
    stub = VendorStub(strict_rules.chat, repeat(line))
    with stub.serving() as url:
        code = main(["doctor", "--json", "--provider", "chat", "--base-url", url, "--model", model])
    assert stub.forbidden == []
    return code, json.loads(capsys.readouterr().out), url


@pytest.mark.parametrize(
    ("model", "answer", "write", "space", "most"),
    [
        ("ui-tars-1.5-7b", in_pixels, uitars, "picture", None),
        ("ui-tars-1.5-7b", in_thousandths, uitars, "1000", None),
        ("ui-tars-1.0", in_pixels, uitars, "picture", None),
        ("kimi-k2", in_fractions, kimi, "1", None),
        ("opencua-7b", in_fractions, kimi, "1", None),
        ("ui-tars-1.5-7b", shrunk_to(512 * 28 * 28), uitars, "picture", 512),
    ],
)
def test_each_space_is_found_and_kept(
    model: str, answer: Answer, write: Any, space: str, most: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it is another than the family's; the next run knows it."""
    code, found, url = doctor(pointing(answer, write), model, capsys)
    assert (code, found["space"]) == (0, space)
    assert found["median_distance"] < 3
    assert "pixels off in the median" in found["checks"][0]["detail"]
    kept = MODEL.profile(Settings(provider="chat", base_url=url, model=model))
    assert kept.space == space
    sent = sizes_sent(Size(1920, 1080), kept.fit)[1]
    if most is None:
        assert found["shrunk_to_pixels"] is None
    else:
        assert sent.width * sent.height <= most * 28 * 28
        assert shrunk_to(most * 28 * 28)(500, 300, sent.width, sent.height) == (500, 300)
    assert MODEL.profile(Settings(provider="chat", base_url="http://127.0.0.1:1/v1", model=model)).fit.most > 10**6


def test_a_model_that_cannot_point_is_found_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it says nothing of use, or clicks always the same place; nothing is kept."""
    for said in ("I see a red square.", uitars(640, 360)):
        code, found, _ = doctor(chat_says(said), "ui-tars-1.5-7b", capsys)
        assert code == 4
        assert found["checks"][0]["ok"] is False
        assert "other" in found["checks"][0]["remedy"] or "Choose a model" in found["checks"][0]["remedy"]


def test_a_vendors_own_tool_is_looked_at_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How far off it is; its space is agreed on, and nothing is kept."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")

    def line(body: dict[str, Any]) -> Any:
        picture = body["messages"][0]["content"][-1]["source"]["data"]
        x, y = middle_of_red(Image.open(io.BytesIO(base64.b64decode(picture))))
        return test_anthropic_wire.says(("left_click", {"coordinate": [round(x) + 6, round(y) + 8]}))

    stub = VendorStub(strict_rules.anthropic, repeat(line))
    with stub.serving() as url:
        assert main(["doctor", "--provider", "anthropic", "--base-url", url, "--model", "claude-sonnet-5-5"]) == 0
    said = capsys.readouterr().out
    assert stub.forbidden == []
    assert "claude-sonnet-5-5 is 10 pixels off in the median of 1280x720" in said
    assert "kept" not in said
