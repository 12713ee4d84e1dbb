"""`run --overlay` from outside: driven as exactly as without it, and recorded without it."""

from __future__ import annotations

from PIL import Image

from coasty_desk.desktop.screen.overlay import EDGE, GROUND
from tests.cli.conftest import Shell, recording, service
from tests.stub_service import click, done, go


def test_a_run_with_the_badge_hits_and_sees_what_is_under_it(shell: Shell, display: str) -> None:
    """Clicks on the badge's own pixels reach the window beneath; no recorded picture has a pixel of its colours."""
    points = [(640, 6), (560, 2), (720, 18), (2, 2)]
    with recording(display) as window, service(go(*(click(*at) for at in points)), done()) as (_, url):
        result = shell("run", "--overlay", "--json", "click it", DISPLAY=display, COASTY_BASE_URL=url)
        landed = [(event["x"], event["y"]) for event in window.wait_for("press", len(points))]
    assert result.code == 0
    assert landed == points
    frames = sorted((shell.data / "runs").glob("*/frames/*.png"))
    assert len(frames) == 2
    for path in frames:
        with Image.open(path) as opened:
            colours = {colour for _, colour in opened.convert("RGB").getcolors(1 << 24) or ()}
        assert not {GROUND, EDGE} & colours
