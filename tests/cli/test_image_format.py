"""How the screenshot is sent: the option, and a record that goes on working with it."""

from __future__ import annotations

import base64
import json

import pytest

from tests.cli.conftest import Shell, recording, service
from tests.stub_service import click, done, go

BEGINNING = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff"}
SUFFIX = {"png": "png", "jpeg": "jpg"}


@pytest.mark.parametrize(("chosen", "sent"), [("png", "png"), ("jpeg", "jpeg"), ("auto", "png")])
def test_the_screenshot_is_sent_as_it_was_chosen(shell: Shell, display: str, chosen: str, sent: str) -> None:
    """The bytes, the event and the file agree; `auto` has no reason for JPEG where sending takes no time; a report shows it."""
    with recording(display), service(go(click(300, 200)), done()) as (stand_in, url):
        ran = shell(
            "run", "--json", "--yes", "--image-format", chosen, "press it", DISPLAY=display, COASTY_BASE_URL=url
        )
    pictures = [base64.b64decode(json.loads(post.body)["screenshot"]) for post in stand_in.posts("predict")]
    assert (ran.code, len(pictures)) == (0, 2)
    assert all(picture.startswith(BEGINNING[sent]) for picture in pictures)
    first = ran.of("observed")[0]
    assert (first["media_type"], first["frame"], first["bytes"]) == (
        f"image/{sent}",
        f"frames/0001.{SUFFIX[sent]}",
        len(pictures[0]),
    )
    kept = shell.data / "runs" / first["run_id"] / first["frame"]
    assert kept.read_bytes() == pictures[0]
    report = shell("runs", "report", "last")
    assert report.code == 0
    assert shell("runs", "show", "last").code == 0


def test_another_format_is_refused(shell: Shell) -> None:
    """Before anything starts, with what there is."""
    ran = shell("run", "--image-format", "webp", "press it")
    assert ran.code == 2
    assert "png, jpeg, auto" in ran.err
