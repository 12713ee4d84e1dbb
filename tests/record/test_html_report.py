"""The report of a run, looked at in a real browser; its marks compared with the recorded pixels."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk.core.actions import (
    Click,
    Drag,
    KeyCombo,
    Move,
    Point,
    Prediction,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.errors import UsageError
from coasty_desk.core.printable import legible
from coasty_desk.core.scaling import Rect
from coasty_desk.record import timeline
from coasty_desk.record.report import html_report
from coasty_desk.testing import OpenGate
from tests.chromium import Page, page
from tests.record.recorded import Slides, desktop, record

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x00\x1b]0;owned\x07\u202e\ud800" + "A" * 3_000_000
PINK = (229, 0, 76)


def _browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium to look with")
    return found


def _says(*actions: object, why: str = "because") -> Prediction:
    return Prediction(Verdict.CONTINUE, actions, why)  # type: ignore[arg-type]  # actions and refusals


TWELVE = [
    _says(Click(Point(300, 200))),
    _says(Click(Point(900, 600), "right", 2)),
    _says(Drag(Point(300, 200), Point(900, 600))),
    _says(Scroll(-5, point=Point(640, 360))),
    _says(TypeText("naïve <b>text</b>\n")),
    _says(KeyCombo(("ctrl", "s")), why=HOSTILE),
    _says(Move(Point(1279, 0))),
    _says(Click(None)),
    _says(Refusal("run a shell", "wire", "it cannot be understood")),
    _says(Wait(1), Click(Point(700, 100)), Click(Point(710, 110))),
    _says(PressKeys(("enter",)), Click(Point(5, 5))),
    Prediction(Verdict.DONE, (), "saved"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of twelve steps on pictures that compress badly, hostile words in it."""
    folder = tmp_path_factory.mktemp("runs") / "twelve"
    buttons = [(300, 200, "Save"), (900, 600, "Cancel"), (640, 360, "Page")]
    pictures = [_noisy(desktop(buttons), seed) for seed in range(12)]
    gate = OpenGate([*[None] * 10, Refusal("click at (710, 110)", "policy", "<i>not there</i>")])
    record(folder, TWELVE, Slides(pictures), gate=gate, task="Save <the> & file")
    path = folder / "report.html"
    path.write_text(html_report.html(timeline.read(folder), folder), "utf-8")
    return path


@pytest.fixture(scope="module")
def opened(written: Path) -> Iterator[Page]:
    """It in Chromium."""
    with page(_browser()) as window:
        window.open(written.as_uri())
        yield window


def _noisy(picture: Image.Image, seed: int) -> Image.Image:
    """Half of it made of noise, as a photograph on the screen is to an encoder."""
    noise = Image.frombytes("L", (64, 36), os.urandom(64 * 36)).resize((1280, 720), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((1280, 720), 40)
    mask = Image.new("L", picture.size, 0)
    mask.paste(255, (0, 400, 700, 720))
    photo = Image.merge("RGB", (noise, grain, Image.new("L", picture.size, 20 * seed)))
    return Image.composite(photo, picture, mask)


def test_a_report_asks_nobody_for_anything_and_has_nothing_to_complain_of(written: Path, opened: Page) -> None:
    """One file under 6 MB, every request its own data, no console message, no script but its own."""
    assert written.stat().st_size < 6_000_000
    assert opened.requests[0] == written.as_uri()
    assert all(url.startswith("data:") for url in opened.requests[1:])
    assert opened.messages == []
    assert "default-src 'none'" in written.read_text("utf-8")
    assert opened.evaluate("document.scripts.length") == 1


def test_every_step_is_visible_with_its_picture(opened: Page) -> None:
    """Twelve steps, twelve decoded pictures, none hidden."""
    shown = opened.evaluate(
        "[...document.querySelectorAll('.step')].map(step => { const image = step.querySelector('img');"
        " return step.checkVisibility() && image.checkVisibility() && image.naturalWidth })"
    )
    assert shown == [1280] * 12


def test_hostile_reasoning_is_text_and_is_cut(written: Path, opened: Page) -> None:
    """`<script>` and controls are read, not obeyed, and 3 MB of it are not in the file."""
    said = opened.evaluate("document.querySelectorAll('.reasoning')[5].textContent")
    assert said.startswith(
        "<script>alert(1)</script><img src=x onerror=alert(2)>\\x00\\x1b]0;owned\\x07\N{REPLACEMENT CHARACTER}"
    )
    assert len(said) < 9_000
    assert "more characters are in the journal" in said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", written.read_text("utf-8"))


def test_what_was_refused_and_dropped_is_told(opened: Page) -> None:
    """Who refused it and why, as text, and that it was not done."""
    lines = opened.evaluate("[...document.querySelectorAll('#step-9 li, #step-10 li')].map(li => li.innerText)")
    assert lines[0] == "1 run a shell refused by wire: it cannot be understood"
    assert "refused by policy: <i>not there</i>" in lines[3]
    assert opened.evaluate("document.querySelectorAll('#step-10 .mark.refused').length") == 1


def test_a_mark_is_drawn_on_the_pixels_where_the_action_landed(opened: Page) -> None:
    """On the drawn page, the centre of the ring's ink is the centre of the recorded button."""
    opened.evaluate("document.querySelector('#step-1').scrollIntoView()")
    box = opened.evaluate(
        "(b => [b.x, b.y, b.width, b.height])(document.querySelector('#step-1 img').getBoundingClientRect())"
    )
    left, top, width, height = box
    drawn = (
        Image.open(io.BytesIO(opened.screenshot()))
        .convert("RGB")
        .crop((int(left), int(top), int(left + width), int(top + height)))
    )
    drawn = drawn.resize((1280, 720))
    around = drawn.crop((280, 180, 321, 221))
    inked = [(x, y) for x in range(41) for y in range(41) if _near(around.getpixel((x, y)), PINK)]
    xs, ys = [x for x, _ in inked if x < 33], [y for _, y in inked if y > 7]
    assert len(inked) > 60
    assert abs((min(xs) + 32) / 2 - 20) <= 4
    assert abs((min(ys) + max(ys)) / 2 - 20) <= 4


def test_every_mark_stands_where_the_journal_says(opened: Page) -> None:
    """The marks' own places, in the picture's pixels, are the actions'; a corner is drawn where it was moved to."""
    placed = opened.evaluate(
        "[...document.querySelectorAll('.mark')].map(m => [m.closest('.step').id, m.classList[1], +m.dataset.x, +m.dataset.y])"
    )
    assert placed == [
        ["step-1", "ring", 300, 200],
        ["step-2", "ring", 900, 600],
        ["step-3", "arrow", 900, 600],
        ["step-4", "wheel", 640, 360],
        ["step-5", "keys", 640, 360],
        ["step-6", "keys", 640, 360],
        ["step-7", "cross", 1277, 2],
        ["step-8", "ring", 1277, 2],
        ["step-10", "ring", 700, 100],
        ["step-10", "ring", 710, 110],
        ["step-11", "keys", 700, 100],
        ["step-11", "ring", 5, 5],
    ]


def test_the_keyboard_goes_through_the_steps(opened: Page) -> None:
    """With j and k, and m to hide the marks."""
    opened.press("Home")
    opened.press("j")
    opened.press("j")
    opened.press("k")
    assert opened.evaluate("document.activeElement.id") == "step-1"
    opened.press("m")
    assert not opened.evaluate("document.querySelector('.marks').checkVisibility({visibilityProperty: true})")
    opened.press("m")


def test_it_reads_in_the_dark(written: Path) -> None:
    """Where the person's system is dark, so is the page."""
    with page(_browser(), dark=True) as window:
        window.open(written.as_uri())
        page_colour = Image.open(io.BytesIO(window.screenshot())).convert("L").getpixel((1380, 4))
    assert isinstance(page_colour, int)
    assert page_colour < 60


def test_a_shrunk_screen_is_drawn_in_the_pictures_pixels(tmp_path: Path) -> None:
    """Real pixels of a second monitor, shrunk by half, come back as the picture's."""
    folder = tmp_path / "shrunk"
    picture = desktop([(300, 200, "Save")])
    record(folder, [_says(Click(Point(300, 200)))], Slides([picture], Rect(-2560, 100, 2560, 1440)))
    assert 'data-x="300" data-y="200"' in html_report.html(timeline.read(folder), folder)


def test_a_run_cut_off_in_an_action_is_told_as_such(tmp_path: Path) -> None:
    """An `acting` without an `acted` is in doubt, and the run has no ending."""
    folder = tmp_path / "torn"
    record(folder, [_says(Click(Point(30, 20)))], Slides([desktop([])]))
    journal = folder / "journal.jsonl"
    whole = journal.read_text("ascii")
    journal.write_text(whole[: whole.index('{"event":"acted"') + 20], "ascii")
    page_of_it = html_report.html(timeline.read(folder), folder)
    assert "The run was cut off before it ended." in page_of_it
    assert "nobody knows whether it was done" in page_of_it


def test_a_picture_outside_the_runs_folder_is_not_shown(tmp_path: Path) -> None:
    """A journal that names another file gets no other file into the report."""
    folder = tmp_path / "sly"
    record(folder, [_says(Click(Point(30, 20)))], Slides([desktop([])]))
    journal = folder / "journal.jsonl"
    journal.write_text(journal.read_text("ascii").replace("frames/0001.png", "frames/../../secret.png"), "ascii")
    (tmp_path / "secret.png").write_bytes((folder / "frames/0001.png").read_bytes())
    assert html_report.html(timeline.read(folder), folder).count("<img") == 1


def test_a_folder_without_a_journal_is_said_in_a_sentence(tmp_path: Path) -> None:
    """Not there, and there but empty."""
    with pytest.raises(UsageError, match="has no journal"):
        timeline.read(tmp_path / "none")
    (tmp_path / "journal.jsonl").write_text("")
    with pytest.raises(UsageError, match="how it began"):
        timeline.read(tmp_path)


def test_foreign_text_is_made_legible() -> None:
    """Controls are escapes, what turns or hides text is replaced, the rest is itself."""
    assert (
        legible("a\x1b[0m\n\tb\u202e\u200bc 👩\u200d💻 \x9b", 100)
        == "a\\x1b[0m\n\tb\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}c 👩\u200d💻 \\x9b"
    )
    assert legible("abcdef", 3) == "abc… [3 more characters are in the journal]"


def _near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 60 for a, b in zip(pixel, colour, strict=True))


if sys.platform != "linux":
    pytestmark = pytest.mark.skip("the browser is driven on Linux")
