"""What a run may do at all: policy, questions, secrets and masks, seen from outside on a real display."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.conftest import Result, Shell, recording, service
from tests.cli.test_stopping import PATIENCE, chord, pressing, running, typing
from tests.desktop import targets
from tests.desktop.xvfb import xvfb
from tests.stub_service import Service, click, done, go

INPUT = {"press", "release", "key_down", "key_up", "motion"}
DRAG = {"action_type": "drag", "params": {"x1": 100, "y1": 100, "x2": 700, "y2": 100}}
SCROLL = {"action_type": "scroll", "params": {"clicks": -2, "x": 100, "y": 100}}
MOVE = {"action_type": "move", "params": {"x": 100, "y": 100}}


def prediction(reasoning: str, *actions: Any) -> dict[str, Any]:
    """A prediction that says why."""
    return go(*actions) | {"reasoning": reasoning}


def carried_out(
    shell: Shell, *script: Any, options: tuple[str, ...] = (), **environment: str
) -> tuple[Result, list[dict[str, Any]], Service]:
    """A run of this script without a terminal: its result, the input that a window saw, and the service."""
    with xvfb(1280, 720) as name, recording(name) as window, service(*script) as (stand_in, url):
        result = shell(
            "run", "--json", "--max-steps", "4", *options, "do it", DISPLAY=name, COASTY_BASE_URL=url, **environment
        )
        return result, [event for event in window.events if event["event"] in INPUT], stand_in


POLICIES: list[tuple[str, Any, Any]] = [
    ('allowed_actions = ["click"]', typing("no"), click(640, 300)),
    ('blocked_actions = ["drag"]', DRAG, click(640, 300)),
    ('blocked_actions = ["key_combo"]', pressing("ctrl+c"), pressing("c")),
    ('blocked_keys = ["escape"]', pressing("esc"), pressing("tab")),
    ('blocked_keys = ["enter"]', typing("ls\n"), typing("ls")),
    ("block_window_close = true", chord("alt", "f4"), chord("alt", "f5")),
    ("coordinate_bounds = {min_x = 200, min_y = 0, max_x = 1279, max_y = 719}", click(199, 300), click(200, 300)),
    ("coordinate_bounds = {min_x = 200, min_y = 0, max_x = 1279, max_y = 719}", SCROLL, pressing("a")),
    ('typed_text_denied = ["rm -rf"]', typing("sudo rm -rf /"), typing("rm")),
    ('windows_denied = ["*"]', click(640, 300), {"action_type": "wait", "params": {"seconds": 0.1}}),
]


@pytest.mark.parametrize(("rule", "refused", "allowed"), POLICIES, ids=lambda value: str(value)[:40])
def test_a_policy_refuses_what_it_says_and_nothing_else(
    shell: Shell, tmp_path: Path, rule: str, refused: Any, allowed: Any
) -> None:
    """Safety sentence: what the policy refuses sends no input, drops the rest of its batch, and is told to the model."""
    (tmp_path / "policy.toml").write_text(rule)
    script = (go(refused, pressing("x")), done(allowed))
    result, _, stand_in = carried_out(shell, *script, options=("--policy", str(tmp_path / "policy.toml")))
    assert result.code == 0, result.err
    assert [event["by"] for event in result.of("refused")] == ["policy"]
    assert [event["step"] for event in result.of("acting")] == [2]
    assert "refused" in json.loads(stand_in.posts("predict")[1].body)["instruction"]


@pytest.mark.parametrize(("rule", "refused"), [POLICIES[1][:2], POLICIES[4][:2]], ids=lambda value: str(value)[:40])
def test_a_batch_that_was_refused_cannot_end_as_succeeded(
    shell: Shell, tmp_path: Path, rule: str, refused: Any
) -> None:
    """Safety sentence: a run cannot end as succeeded on a refused batch; three refusals in a row end it with exit 6, and no input was sent."""
    (tmp_path / "policy.toml").write_text(rule)
    result, seen, _ = carried_out(shell, *[done(refused)] * 3, options=("--policy", str(tmp_path / "policy.toml")))
    assert (result.code, result.events[-1]["reason"]) == (6, "refused")
    assert seen == []


def test_max_actions_caps_the_run(shell: Shell, tmp_path: Path) -> None:
    """Safety sentence: after `max_actions` nothing more is done."""
    (tmp_path / "policy.json").write_text('{"max_actions": 2}')
    script = [go(pressing("a"), pressing("b"), pressing("c"))] * 4
    result, seen, _ = carried_out(shell, *script, options=("--policy", str(tmp_path / "policy.json")))
    assert result.code == 6
    assert [event["keysym"] for event in seen if event["event"] == "key_down"] == [ord("a"), ord("b")]


def test_a_bad_policy_starts_nothing(shell: Shell, tmp_path: Path) -> None:
    """A rule that is not understood is a usage error that names it."""
    (tmp_path / "policy.toml").write_text('blocked_kees = ["a"]')
    result = shell("run", "--policy", str(tmp_path / "policy.toml"), "x")
    assert result.code == 2
    assert "blocked_kees" in result.err


RISKY: list[Any] = [
    chord("alt", "f4"),
    typing("sudo rm -rf /\n"),
    chord("shift", "delete"),
    chord("ctrl", "w"),
]


@pytest.mark.parametrize("action", RISKY, ids=str)
def test_without_a_terminal_risky_actions_are_not_done(shell: Shell, action: Any) -> None:
    """Safety sentence: under `--confirm risky`, without a terminal, risky actions are not done."""
    result, seen, _ = carried_out(shell, *[go(action)] * 3, options=("--confirm", "risky"))
    assert (result.code, result.events[-1]["reason"]) == (6, "refused")
    assert [event["answer"] for event in result.of("answered")] == ["no"] * 3
    assert all(Path(event["crop"]).stat().st_mode & 0o777 == 0o600 for event in result.of("asked"))
    assert seen == []


def test_without_a_terminal_harmless_actions_are_done(shell: Shell) -> None:
    """Safety sentence: under `--confirm risky` harmless actions need nobody."""
    script = (go(click(300, 300), typing("hello"), chord("ctrl", "s"), SCROLL), done(pressing("enter")))
    result, seen, _ = carried_out(shell, *script, options=("--confirm", "risky"))
    assert (result.code, result.of("asked")) == (0, [])
    assert len(result.of("acted")) == 5
    assert seen


def test_what_the_model_says_makes_a_click_risky(shell: Shell) -> None:
    """Safety sentence: a click that the model itself calls a delete, a send or a payment is asked about."""
    script = [prediction("I click Delete to remove the file", click(300, 300))] * 3
    result, seen, _ = carried_out(shell, *script, options=("--confirm", "risky"))
    assert result.code == 6
    assert [event for event in seen if event["event"] == "press"] == []


@pytest.mark.parametrize("options", [("--confirm", "always"), ("--step",)])
def test_always_does_nothing_without_a_yes(shell: Shell, options: tuple[str, ...]) -> None:
    """Safety sentence: under `--confirm always` and `--step` nothing is done without a yes."""
    result, seen, _ = carried_out(shell, *[go(click(300, 300))] * 3, options=options)
    assert result.code == 6
    assert seen == []


class Terminal:
    """A person at a terminal, who answers each question in turn."""

    def __init__(self, shell: Shell, *answers: str, first: Callable[[str], None] = lambda _display: None) -> None:
        """`first` is done before each answer."""
        self.shell = shell
        self.answers = answers
        self.first = first

    def run(
        self, *script: Any, options: tuple[str, ...] = ()
    ) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
        """The exit code, the events, and the input that a window saw."""
        ours, theirs = pty.openpty()
        with xvfb(1280, 720) as name, recording(name) as window, service(*script) as (_, url):
            process = subprocess.Popen(
                [sys.executable, "-m", "coasty_desk", "run", "--json", "--yes", "--max-steps", "4", *options, "do it"],
                env=self.shell.environment | {"DISPLAY": name, "COASTY_BASE_URL": url},
                cwd=self.shell.home,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            os.close(theirs)
            assert process.stdout is not None
            answers, events = list(self.answers), []
            for text in process.stdout:
                events.append(json.loads(text))
                if events[-1]["event"] == "asked" and answers:
                    self.first(name)
                    os.write(ours, (answers.pop(0) + "\n").encode())
            code = process.wait(PATIENCE)
            process.stdout.close()
            os.close(ours)
            return code, events, list(window.events)


def test_a_yes_lets_one_action_pass(shell: Shell) -> None:
    """Yes is for this action; the next is asked about again."""
    code, events, seen = Terminal(shell, "y", "perhaps\nn").run(
        go(pressing("a")), go(pressing("b")), done(), options=("--step",)
    )
    assert [event["answer"] for event in events if event["event"] == "answered"] == ["yes", "no"]
    assert [event["keysym"] for event in seen if event["event"] == "key_down"] == [ord("a")]
    assert code == 0


@pytest.mark.parametrize("rule", ["policy", "mask"])
def test_a_denied_window_that_comes_up_while_a_person_is_asked_gets_nothing(
    shell: Shell, tmp_path: Path, rule: str
) -> None:
    """Safety sentence: a yes is to what was asked; by then the rules judge once more."""
    (tmp_path / "policy.toml").write_text('windows_denied = ["*Bank*"]')
    options = ("--policy", str(tmp_path / "policy.toml")) if rule == "policy" else ("--mask-window", "*Bank*")
    with ExitStack() as opened:
        person = Terminal(shell, "y", first=lambda display: opened.enter_context(bank(display)))
        code, events, seen = person.run(go(click(300, 300)), done(), options=("--step", *options))
    assert [event["answer"] for event in events if event["event"] == "answered"] == ["yes"]
    assert [event["by"] for event in events if event["event"] == "refused"] == [rule]
    assert not any(event["event"] == "acting" for event in events)
    assert [event for event in seen if event["event"] == "press"] == []
    assert "My Bank" not in json.dumps(events)
    assert code == 0


def test_always_allows_the_kind_for_the_run(shell: Shell) -> None:
    """Always is for this kind of action in this run."""
    script = (go(pressing("a"), pressing("b")), done(pressing("c")))
    code, events, seen = Terminal(shell, "always").run(*script, options=("--step",))
    assert [event["answer"] for event in events if event["event"] == "answered"] == ["always"]
    assert [event["keysym"] for event in seen if event["event"] == "key_down"] == [ord("a"), ord("b"), ord("c")]
    assert code == 0


def test_the_answer_stop_ends_the_run(shell: Shell) -> None:
    """Safety sentence: the answer stop ends the run with exit 130."""
    code, events, seen = Terminal(shell, "stop").run(go(pressing("a")), options=("--step",))
    assert (code, events[-1]["status"], events[-1]["reason"]) == (130, "cancelled", "stop")
    assert [event for event in seen if event["event"] == "key_down"] == []


def test_a_secret_is_typed_and_said_nowhere(shell: Shell) -> None:
    """Safety sentence: a secret's value is typed, and is in no request, no event, no record and no error."""
    value = "hunter2-Zz"
    script = (
        go(typing("{{secret:PW}}")),
        prediction(f"the field says {value}", typing(value), typing("{{secret:OTHER}}")),
        done(),
    )
    options = ("--secret", "PW=env:MY_PASSWORD", "--settle", "0")
    result, seen, stand_in = carried_out(shell, *script, options=options, MY_PASSWORD=value)
    assert result.code == 0, result.err
    typed = "".join(chr(event["keysym"]) for event in seen if event["event"] == "key_down" and event["keysym"] < 0x100)
    assert typed == (value * 2).lower()
    assert [event["by"] for event in result.of("refused")] == ["secret"]
    sent = b"".join(request.body for request in stand_in.requests)
    kept = b"".join(path.read_bytes() for path in shell.home.rglob("*") if path.is_file())
    for text in (sent, kept, result.out.encode(), result.err.encode()):
        assert value.encode() not in text


def test_a_secret_that_the_model_spells_out_is_neither_typed_nor_kept(shell: Shell) -> None:
    """Safety sentence: key by key, in pieces, as a key's name or an id; the window saw none of it, and no file has it."""
    value = "hunter2zz"
    escaped = "".join(f"%{ord(letter):02x}" for letter in value)
    script = (
        prediction(f"it says {escaped}", pressing(*value)) | {"request_id": f"req-{value}"},
        go(typing("hunt"), typing("er2zz"), chord("ctrl", value), {"action_type": f"say {value}", "params": {}}),
        done(),
    )
    result, seen, stand_in = carried_out(shell, *script, options=("--secret", "PW=env:MY_PASSWORD"), MY_PASSWORD=value)
    assert result.code == 0, result.err
    assert [event["by"] for event in result.of("refused")] == ["secret"] * 2
    assert [event for event in seen if event["event"] == "key_down"] == []
    kept = b"".join(path.read_bytes() for path in shell.home.rglob("*") if path.is_file())
    sent = b"".join(request.body for request in stand_in.requests)
    for said in (kept, sent, result.out.encode(), result.err.encode()):
        assert value.encode() not in said
        assert escaped.encode() not in said
        assert b"er2zz" not in said


def test_a_bound_secret_is_typed_nowhere_else(shell: Shell) -> None:
    """Safety sentence: the window that has the keyboard is another one, and sees nothing."""
    script = (go(typing("{{secret:PW}}")), done(typing("{{secret:HERE}}")))
    options = ("--secret", "PW=env:MY_PASSWORD@*Bank*", "--secret", "HERE=env:MY_PASSWORD@Recorder")
    result, seen, stand_in = carried_out(shell, *script, options=options, MY_PASSWORD="hunter")
    assert result.code == 0, result.err
    assert [event["by"] for event in result.of("refused")] == ["secret"]
    assert "another window" in json.loads(stand_in.posts("predict")[1].body)["instruction"]
    assert "".join(chr(event["keysym"]) for event in seen if event["event"] == "key_down") == "hunter"


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("PW=env:NOT_SET", "NOT_SET"),
        ("PW=file:x", "NAME=env"),
        ("PW=keyring:nouser", "SERVICE/USER"),
        ("X=env:HOME", "PW"),
    ],
)
def test_a_secret_without_a_source_starts_nothing(shell: Shell, secret: str, says: str) -> None:
    """A secret that cannot be had is a usage error before anything starts."""
    result = shell("run", "--secret", secret, "type {{secret:PW}}")
    assert result.code == 2
    assert says in result.err


def sent_images(stand_in: Service) -> list[Image.Image]:
    """Every screenshot that left the process."""
    bodies = [json.loads(request.body) for request in stand_in.posts("predict")]
    return [Image.open(io.BytesIO(base64.b64decode(body["screenshot"]))).convert("RGB") for body in bodies]


def test_a_mask_is_black_to_the_pixel_and_not_clicked(shell: Shell) -> None:
    """Safety sentence: a masked rectangle is black in every image that is sent or kept, on a shrunk screen too, and a click inside it is refused."""
    mask = (301, 203, 555, 333)  # of a 2560x1440 screen that is sent at half its size
    with (
        xvfb(2560, 1440) as name,
        recording(name) as window,
        service(go(click(200, 150)), done(click(149, 150))) as (stand_in, url),
    ):
        options = ("--mask", ",".join(map(str, mask)))
        result = shell("run", "--json", *options, "do it", DISPLAY=name, COASTY_BASE_URL=url)
        presses = [(event["x"], event["y"]) for event in window.wait_for("press", 1)]
    assert result.code == 0, result.err
    assert [event["by"] for event in result.of("refused")] == ["mask"]
    assert presses == [(298, 300)]
    left, top, right, bottom = mask[0] // 2, mask[1] // 2, -(-(mask[0] + mask[2]) // 2), -(-(mask[1] + mask[3]) // 2)
    kept = [Image.open(path).convert("RGB") for path in sorted(shell.home.rglob("*.png"))]
    images = sent_images(stand_in) + kept
    assert len(kept) >= 2
    for image in images:
        assert image.size == (1280, 720)
        assert image.crop((left, top, right, bottom)).getextrema() == ((0, 0),) * 3
        for outside in ((left - 1, top), (left, top - 1), (right, bottom - 1), (right - 1, bottom)):
            assert image.getpixel(outside) != (0, 0, 0)


@contextmanager
def bank(display: str) -> Iterator[None]:
    """A white window called My Bank."""
    environment = os.environ | {"DISPLAY": display}
    xterm = subprocess.Popen(
        ["xterm", "-T", "My Bank", "-bg", "white", "-geometry", "60x20+200+200"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        find = ["xdotool", "search", "--onlyvisible", "--name", "My Bank"]
        while subprocess.run(find, env=environment, capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        xterm.kill()
        xterm.wait()


def test_a_mask_follows_a_window_by_its_title(shell: Shell) -> None:
    """Safety sentence: `--mask-window` paints the window with that title black wherever it is, and it is not clicked."""
    with xvfb(1280, 720) as name, service(go(click(300, 300)), done()) as (stand_in, url), bank(name):
        result = shell("run", "--json", "--mask-window", "*bank*", "do it", DISPLAY=name, COASTY_BASE_URL=url)
    assert result.code == 0, result.err
    assert [event["by"] for event in result.of("refused")] == ["mask"]
    for image in sent_images(stand_in):
        assert image.getextrema() == ((0, 0),) * 3, "the xterm was white, the rest of the display is black"


def test_a_hand_on_the_mouse_pauses_the_run(shell: Shell) -> None:
    """Safety sentence: when a person moves the pointer, the run waits until the hand rests, and looks anew before it acts."""
    wait = {"action_type": "wait", "params": {"seconds": 1.5}}
    with running(shell, go(click(300, 300), wait, pressing("a")), done(pressing("b"))) as run:
        run.window.wait_for("press", 1)
        run.person("mousemove", "500", "400")
        code, events, _ = run.ended()
        keys = [event["keysym"] for event in run.window.of_kind("key_down")]
    assert (code, keys) == (0, [ord("b")])
    assert [event["event"] for event in events].count("paused") == 1
    assert "moved the pointer" in json.loads(run.service.posts("predict")[1].body)["instruction"]


@pytest.mark.parametrize(("mode", "code"), [("stop", 130), ("ignore", 0)])
def test_a_hand_on_the_mouse_may_stop_the_run_or_be_ignored(shell: Shell, mode: str, code: int) -> None:
    """`--on-human-input stop` ends the run, `ignore` goes on."""
    wait = {"action_type": "wait", "params": {"seconds": 1}}
    with running(shell, done(click(300, 300), wait, pressing("a")), options=("--on-human-input", mode)) as run:
        run.window.wait_for("press", 1)
        run.person("mousemove", "500", "400")
        assert run.ended()[0] == code


def test_the_offline_predictor_types_a_secret_without_knowing_it(shell: Shell) -> None:
    """The instruction keeps the placeholder, and the evidence of the typing does not ask for the value."""
    value = "hunter2Zz"
    with xvfb(1280, 800) as name:
        field = targets.tk(name)
        try:
            options = ("--provider", "offline", "--secret", "PW=env:MY_PASSWORD")
            result = shell("run", "--json", *options, 'type "{{secret:PW}}"', DISPLAY=name, MY_PASSWORD=value)
            assert field.text() == value
        finally:
            field.close()
    assert result.code == 0, result.err
    kept = b"".join(path.read_bytes() for path in shell.home.rglob("*") if path.is_file())
    assert value.encode() not in kept + result.out.encode() + result.err.encode()
