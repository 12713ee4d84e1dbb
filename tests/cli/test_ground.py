"""`ground` from outside: real pixels from the service and from the embedded reader, on the screen and on a picture."""

from __future__ import annotations

import io
import json
import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk import plain_files
from tests.cli.conftest import Shell, recording, service
from tests.desktop.xvfb import xvfb
from tests.record.recorded import desktop
from tests.stub_service import SANDBOX_KEY, Response, error, reply, saying

GROUND = "POST /v1/ground"
PINK = (229, 0, 76)


def found(x: float, y: float, **more: object) -> Response:
    """The service's answer."""
    usage = {"credits_charged": 3, "cost_cents": 3}
    return reply({"request_id": "req_g", "x": x, "y": y, "usage": usage, **more}, {"X-Credits-Charged": "3"})


def test_the_services_place_is_printed_in_real_pixels(shell: Shell) -> None:
    """Of a screen that was shrunk by half, with the size that was sent, a key for the purchase, and the cost written down."""
    with xvfb(2560, 1440) as display, service() as (stand_in, url):
        stand_in.plan(GROUND, saying(found(320, 200)))
        result = shell("ground", "the Save button", DISPLAY=display, COASTY_BASE_URL=url)
        assert (result.code, result.out, result.err) == (0, "640 400\n", "")
        request = stand_in.posts(GROUND)[0]
        assert "idempotency-key" in request.headers
        body = json.loads(request.body)
        assert (body["element"], body["screen_width"], body["screen_height"]) == ("the Save button", 1280, 720)
    assert '"run_id": "ground-' in (shell.data / "spending.jsonl").read_text()


def test_an_answer_in_other_pixels_is_mapped_from_those(shell: Shell, display: str) -> None:
    """Where the service names the space of its coordinates."""
    with service() as (stand_in, url):
        stand_in.plan(GROUND, saying(found(500, 500, screen_width=1000, screen_height=1000)))
        assert shell("ground", "it", DISPLAY=display, COASTY_BASE_URL=url).out == "640 360\n"


def test_a_picture_is_asked_about_without_a_screen(shell: Shell, tmp_path: Path) -> None:
    """Its own pixels, and the place marked on a copy of it."""
    picture = tmp_path / "shot.png"
    desktop([(600, 400, "Save")], (2560, 1440)).save(picture)
    marked = tmp_path / "marked.png"
    with service() as (stand_in, url):
        stand_in.plan(GROUND, saying(found(300, 200)))
        result = shell("ground", "it", "--image", str(picture), "--annotate", str(marked), COASTY_BASE_URL=url)
        sent = json.loads(stand_in.posts(GROUND)[0].body)
    assert result.out == "600 400\n"
    assert (sent["screen_width"], sent["screen_height"]) == (1280, 720)
    with Image.open(io.BytesIO(marked.read_bytes())) as opened:
        ring = [opened.getpixel((600 + dx, 400)) for dx in range(11, 17)]
        assert opened.size == (2560, 1440)
    assert PINK in ring


def test_what_is_not_to_be_seen_is_exit_1(shell: Shell, display: str) -> None:
    """The service refunds it; its words are passed on, with advice."""
    with service() as (stand_in, url):
        stand_in.plan(GROUND, *[saying(error(422, "GROUNDING_FAILED"))] * 9)
        result = shell("ground", "a unicorn", DISPLAY=display, COASTY_BASE_URL=url)
    assert (result.code, result.out) == (1, "")
    assert "other words" in result.err


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the command's own help knows of."""
    return Shell(tmp_path_factory.mktemp("home"))("ground", "--help").out


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "INSUFFICIENT_CREDITS"),
        (402, "WALLET_EXHAUSTED"),
        (403, "INSUFFICIENT_SCOPE"),
        (400, "FEATURE_NOT_AVAILABLE"),
        (413, "PAYLOAD_TOO_LARGE"),
        (422, "INVALID_SCREENSHOT"),
        (422, "VALIDATION_ERROR"),
        (409, "IDEMPOTENCY_KEY_REUSED"),
        (429, "RATE_LIMITED"),
        (404, "NOT_FOUND"),
    ],
)
def test_what_to_do_is_said_of_a_look(shell: Shell, display: str, known: str, status: int, code: str) -> None:
    """Not of a run's steps, session or preset."""
    with service() as (stand_in, url):
        stand_in.plan(GROUND, *[saying(error(status, code, retry_after=0))] * 9)
        result = shell("ground", "it", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 4
    assert len(result.err.strip().splitlines()) == 2
    for foreign in ("--max-steps", "--memory", "--preset", "--cua-version", "scopes session", "the run", "this step"):
        assert foreign not in result.err
    assert all(word.strip(".,`") in known for word in result.err.split() if word.startswith("--"))


@pytest.mark.parametrize("section", ["[limits]\ndaily_cents = 2", "[run]\nbudget = 2"])
def test_a_look_beyond_a_cap_is_not_bought(shell: Shell, display: str, section: str) -> None:
    """The day's, or that of a run in the configuration: exit 3, one sentence, nothing sent."""
    (shell.home / "coasty-desk.toml").write_text(f"{section}\n")
    with service() as (stand_in, url):
        result = shell("ground", "it", DISPLAY=display, COASTY_BASE_URL=url)
        assert stand_in.posts(GROUND) == []
    assert (result.code, "3 cents" in result.err) == (3, True)


def test_a_sandbox_key_looks_for_nothing(shell: Shell, display: str) -> None:
    """Its worst case is 0, whatever the caps."""
    (shell.home / "coasty-desk.toml").write_text("[limits]\ndaily_cents = 0\n[run]\nbudget = 0\n")
    with service() as (stand_in, url):
        stand_in.plan(GROUND, saying(reply({"x": 1, "y": 2}, {"X-Credits-Charged": "0"})))
        where = {"DISPLAY": display, "COASTY_BASE_URL": url, "COASTY_API_KEY": SANDBOX_KEY}
        result = shell("ground", "it", "--json", **where)
    assert json.loads(result.out)["cost_cents"] == 0


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"x": 1}', b'{"x": "a", "y": 2}'])
def test_an_answer_that_makes_no_sense_is_the_services_fault(shell: Shell, display: str, body: bytes) -> None:
    """Exit 4, nothing printed."""
    with service() as (stand_in, url):
        stand_in.plan(GROUND, *[saying(Response(200, body, {"Content-Type": "application/json"}))] * 9)
        result = shell("ground", "it", DISPLAY=display, COASTY_BASE_URL=url)
    assert (result.code, result.out) == (4, "")


def test_the_click_is_a_run_of_one_step(shell: Shell, display: str) -> None:
    """With --yes at once; without a person to ask, not at all."""
    with recording(display) as window, service() as (stand_in, url):
        stand_in.plan(GROUND, *[saying(found(300, 200))] * 2)
        refused = shell("ground", "it", "--click", DISPLAY=display, COASTY_BASE_URL=url)
        assert (refused.code, "--yes" in refused.err, "--max-steps" in refused.err) == (3, True, False)
        assert window.of_kind("press") == []
        result = shell("ground", "it", "--click", "--yes", DISPLAY=display, COASTY_BASE_URL=url)
        pressed = window.wait_for("press", 1)
    assert result.code == 0
    assert result.out.startswith("300 200\n")
    assert [(event["x"], event["y"]) for event in pressed] == [(300, 200)]
    assert stand_in.charged == 0


def test_wrong_usage_is_said_first(shell: Shell, tmp_path: Path) -> None:
    """No element, a click on a picture, a picture that is none."""
    (tmp_path / "text.png").write_text("no picture")
    for arguments in ([" "], ["it", "--click", "--image", "a.png"], ["it", "--image", "text.png"]):
        result = shell("ground", *arguments)
        assert (result.code, result.out) == (2, "")


def test_the_embedded_reader_finds_a_text(shell: Shell, tmp_path: Path) -> None:
    """Without key and network, on a picture, by the words on it."""
    picture = tmp_path / "shot.png"
    desktop([(300, 200, "Save"), (900, 600, "Cancel")]).resize((2560, 1440)).save(picture)
    result = shell("ground", "the Cancel button", "--image", str(picture), "--provider", "offline", COASTY_API_KEY="")
    assert result.code == 0
    x, y = map(int, result.out.split())
    assert abs(x - 1800) < 60
    assert abs(y - 1200) < 24
    assert shell("ground", "Zebra", "--image", str(picture), "--provider", "offline").code == 1


def test_the_picture_that_is_written_is_its_owners_alone(shell: Shell, tmp_path: Path) -> None:
    """It is a screenshot: 0600 where it is new, whatever the umask; a picture that is read is a plain file."""
    os.mkfifo(tmp_path / "pipe.png")
    blocked = shell("ground", "--provider", "offline", "--image", str(tmp_path / "pipe.png"), "x")
    assert blocked.code == 2
    assert "it is a pipe, and no plain file" in blocked.err
    before = os.umask(0)
    try:
        plain_files.write_out(tmp_path / "out.png", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "out.png")
    plain_files.write_out(tmp_path / "link", b"23")
    assert (tmp_path / "out.png").read_bytes() == b"23"
    assert (tmp_path / "link").is_symlink()
