"""`coasty-desk run` from outside: what arrives on the screen, what is said, and with which exit code."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.cli.conftest import Result, Shell, recording, service
from tests.desktop.xvfb import xvfb
from tests.stub_service import HTML, Response, click, done, error, go, saying

SCREENS = [(1920, 1080), (1366, 768), (3440, 1440), (1080, 1920), (1024, 768), (5120, 2880)]


def _sentences(result: Result) -> list[str]:
    return [text for text in result.err.splitlines() if text]


@pytest.mark.parametrize(("width", "height"), SCREENS, ids=str)
def test_every_click_lands_on_the_pixel_that_was_meant(shell: Shell, width: int, height: int) -> None:
    """On every screen: the size that the session is told is the image's, and the mapping back is exact."""
    scale = min(1.0, 1280 / width, 720 / height)
    sent = (round(width * scale), round(height * scale))
    points = [(int(sent[0] * a), int(sent[1] * b)) for a in (0.01, 0.37, 0.98) for b in (0.03, 0.5, 0.97)]
    with (
        xvfb(width, height) as name,
        recording(name) as window,
        service(done(*(click(*at) for at in points))) as (
            stand_in,
            url,
        ),
    ):
        result = shell("run", "--json", "click about", DISPLAY=name, COASTY_BASE_URL=url)
        landed = [(event["x"], event["y"]) for event in window.wait_for("press", len(points))]
    assert result.code == 0
    told = json.loads(stand_in.posts("session")[0].body)
    assert (told["screen_width"], told["screen_height"]) == sent
    meant = [(round(x * width / sent[0]), round(y * height / sent[1])) for x, y in points]
    assert all(abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1 for a, b in zip(landed, meant, strict=True))
    assert stand_in.deleted == ["ses_1"]


def test_a_dry_run_prints_real_pixels_and_sends_nothing(shell: Shell) -> None:
    """Every action in words, no event at all on the screen."""
    actions = [
        click(100, 100),
        {"action_type": "type_text", "params": {"text": "hello"}},
        {"action_type": "drag", "params": {"x1": 10, "y1": 20, "x2": 300, "y2": 40}},
        {"action_type": "key_combo", "params": {"keys": ["ctrl", "s"]}},
        {"action_type": "scroll", "params": {"clicks": -3, "x": 640, "y": 360}},
    ]
    with xvfb(2560, 1440) as name, recording(name) as window, service(go(*actions)) as (_, url):
        result = shell("run", "--dry-run", "show me", DISPLAY=name, COASTY_BASE_URL=url)
        assert window.events == []
    for words in (
        "click at (200, 200)",
        "type 'hello'",
        "from (20, 40) to (600, 80)",
        "press ctrl+s",
        "at (1280, 720)",
    ):
        assert f"{words}" in result.out
    assert "nothing was done" in result.out
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    ("options", "script", "code"),
    [((), done(click(9, 9)), 0), (("--max-steps", "2"), go(click(9, 9)), 3), ((), go({"action_type": "warp"}), 3)],
)
def test_a_dry_run_ends_well_after_its_one_step_or_the_models_done(
    shell: Shell, display: str, options: tuple[str, ...], script: dict[str, object], code: int
) -> None:
    """A limit that was set is a limit there too, and what was refused is no success."""
    with service(script) as (_, url):
        result = shell("run", "--dry-run", "--json", *options, "look", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == code


BAD = [
    {"action_type": "warp", "params": {}},
    {"action_type": "click", "params": {"x": True, "y": 1}},
    {"action_type": "click", "params": {"x": float("nan"), "y": 1}},
    {"action_type": "click", "params": {"x": 5}},
    {"action_type": "click", "params": "here"},
    {"action_type": "key_press", "params": {"keys": ["flurb"]}},
    {"action_type": "raw", "params": {"code": "import os; os.remove('/')"}},
    "click",
]


@pytest.mark.parametrize("bad", BAD, ids=lambda value: json.dumps(value)[:50])
def test_an_action_that_makes_no_sense_sends_no_input(shell: Shell, display: str, bad: dict[str, object]) -> None:
    """It is refused, the rest of its batch is dropped, and a model that insists ends with exit 6."""
    with recording(display) as window, service(go(bad, click(50, 50))) as (_, url):
        result = shell("run", "--json", "do it", DISPLAY=display, COASTY_BASE_URL=url)
        assert window.events == []
    assert result.code == 6
    assert result.events[-1]["reason"] == "refused"
    assert len(result.of("refused")) == 3


@pytest.mark.parametrize(
    ("arguments", "environment", "code"),
    [
        (["run", ""], {}, 2),
        (["run"], {}, 2),
        (["run", "x", "--file", "y"], {}, 2),
        (["run", "--file", "nowhere.txt"], {}, 2),
        (["run", "--preset", "nope", "x"], {}, 2),
        (["run", "--max-size", "12", "x"], {}, 2),
        (["run", "--max-size", "9999x9999", "x"], {}, 2),
        (["run", "--monitor", "left", "x"], {}, 2),
        (["run", "--abort-hotkey", "<nokey>", "x"], {}, 2),
        (["run", "--no-such-option", "x"], {}, 2),
        (["nonsense"], {}, 2),
        (["run", "x"], {"COASTY_BASE_URL": "ftp://x"}, 2),
        (["run", "x"], {"COASTY_API_KEY": ""}, 4),
        (["run", "x"], {"COASTY_API_KEY": "Bearer sk-coasty-test-1"}, 4),
        (["run", "x"], {}, 5),
        (["run", "x"], {"DISPLAY": ":9876"}, 5),
        (["run", "--provider", "offline", 'click "OK"'], {"DISPLAY": "nonsense"}, 5),
    ],
)
def test_what_cannot_start_is_two_sentences(
    shell: Shell, arguments: list[str], environment: dict[str, str], code: int
) -> None:
    """What is wrong, and what to do about it; nothing on stdout, never a traceback."""
    result = shell(*arguments, **environment)
    assert (result.code, result.out) == (code, "")
    assert len(_sentences(result)) == 2, result.err


def test_an_unknown_monitor_names_those_that_there_are(shell: Shell, display: str) -> None:
    """Exit 2, and nothing is sent anywhere."""
    with service() as (stand_in, url):
        result = shell("run", "--monitor", "7", "x", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 2
    assert "1280x720" in result.err
    assert stand_in.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        error(401, "INVALID_API_KEY"),
        error(402, "INSUFFICIENT_CREDITS", required=4, balance=1),
        error(403, "INSUFFICIENT_SCOPE"),
        error(422, "VALIDATION_ERROR"),
        Response(200, b"<html>hello</html>", {"Content-Type": "text/html"}),
        Response(200, b'{"status": "continue", "actions": "none"}'),
        Response(200, b"[]"),
        Response(200, b'{"status": "maybe", "actions": []}'),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:30]!r}",
)
def test_a_service_that_refuses_or_talks_nonsense_is_exit_four(shell: Shell, display: str, answer: Response) -> None:
    """One sentence and a remedy; the session is deleted; no input goes out."""
    with recording(display) as window, service() as (stand_in, url):
        stand_in.plan("predict", *[saying(answer)] * 9)
        result = shell("run", "--json", "x", DISPLAY=display, COASTY_BASE_URL=url)
        assert window.events == []
    assert result.code == 4
    assert (result.events[-1]["status"], result.events[-1]["reason"]) == ("failed", "service_error")
    assert len(_sentences(result)) == 2, result.err
    assert stand_in.deleted == ["ses_1"]


def test_a_service_that_stays_down_is_given_up_after_four_attempts(shell: Shell, display: str) -> None:
    """Each attempt has the same key and the same bytes; each pause is told."""
    with service() as (stand_in, url):
        stand_in.plan("predict", *[saying(HTML)] * 9)
        result = shell("run", "--json", "x", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.code == 4
    assert len(result.of("retrying")) == 3
    assert len({(request.key, request.body) for request in stand_in.posts("predict")}) == 1
    assert len(stand_in.posts("predict")) == 4


@pytest.mark.parametrize(
    ("script", "options", "code", "reason"),
    [
        ([done()], [], 0, "done"),
        ([{"status": "fail", "actions": [], "reasoning": "no such button"}], [], 1, "agent_failed"),
        ([go(click(9, 9)), go(click(90, 90))], ["--max-steps", "2"], 3, "max_steps"),
        ([go(click(9, 9))], ["--budget", "13"], 3, "budget"),
        ([go(click(9, 9))], [], 3, "stalled"),
        ([go()], [], 3, "stalled"),
        ([go({"action_type": "wait", "params": {"seconds": 60}})], ["--deadline", "1"], 3, "deadline"),
    ],
)
def test_every_ending_has_its_code_and_its_reason(
    shell: Shell, display: str, script: list[dict[str, object]], options: list[str], code: int, reason: str
) -> None:
    """The exit codes of the contract, and the same in the last event."""
    with service(*script) as (stand_in, url):
        result = shell("run", "--json", *options, "x", DISPLAY=display, COASTY_BASE_URL=url)
    assert (result.code, result.events[-1]["reason"]) == (code, reason)
    assert result.events[-1]["event"] == "run_ended"
    assert len(_sentences(result)) == (0 if code == 0 else 2), result.err
    assert stand_in.sessions == {}


HOSTILE = "\x1b]0;title\x07\x1b[31mred\x9b2J\u202egnp \x7f done"


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "json"])
def test_control_characters_of_the_model_never_reach_the_terminal(
    shell: Shell, display: str, options: list[str]
) -> None:
    """Whatever the reasoning holds, stdout and stderr hold nothing that a terminal obeys."""
    typed = {"action_type": "type_text", "params": {"text": "\x1b[2J"}}
    with service({**go(typed), "reasoning": HOSTILE}, {**done(), "reasoning": HOSTILE}) as (_, url):
        result = shell("run", *options, "x", DISPLAY=display, COASTY_BASE_URL=url)
    assert "red" in result.out
    for char in result.out + result.err:
        assert char == "\n" or unicodedata.category(char) not in {"Cc", "Cf"}


def test_a_run_is_recorded_for_its_owner_alone(shell: Shell, display: str) -> None:
    """The journal has every event, the frames are there, nobody else may read them, and no key is in them."""
    with service(go(click(5, 9)), done()) as (_, url):
        result = shell("run", "x", "--json", DISPLAY=display, COASTY_BASE_URL=url)
    (listed,) = json.loads(shell("runs", "list", "--json").out)
    folder = Path(listed["folder"])
    assert listed["run_id"] == folder.name == result.events[0]["run_id"]
    assert (listed["status"], listed["steps"]) == ("succeeded", 2)
    assert (folder / "journal.jsonl").read_text() == result.out
    assert sorted(path.name for path in (folder / "frames").iterdir()) == ["0001.png", "0002.png"]
    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0
        assert path.is_dir() or shell.environment["COASTY_API_KEY"].encode() not in path.read_bytes()
    shown = json.loads(shell("runs", "show", "last", "--json").out)
    assert [event["event"] for event in shown["events"]] == [event["event"] for event in result.events]
    assert shell("runs", "show", listed["run_id"]).code == 0
    assert shell("runs", "delete", listed["run_id"]).code == 0
    assert not folder.exists()


def test_nothing_is_kept_where_nothing_shall_be(shell: Shell, display: str) -> None:
    """`--no-record` leaves every file as it was, and the events name no frame."""
    before = _files(shell.home)
    with service(done()) as (_, url):
        result = shell("run", "x", "--json", "--no-record", DISPLAY=display, COASTY_BASE_URL=url)
    assert result.of("observed")[0]["frame"] is None
    assert _files(shell.home) == before


def _files(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
