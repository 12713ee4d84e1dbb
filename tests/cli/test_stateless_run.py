"""`run --stateless`, `--system-prompt`, `--tools` and `--max-actions` from outside."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from coasty_desk.cli.app import _with_numbers
from tests.cli.conftest import Shell, recording, service
from tests.stub_service import Service, click, done, go, held

RUN = ("run", "--json", "--yes", "--dry-run", "--settle", "0")


def sent(stand_in: Service) -> list[dict[str, object]]:
    """What was asked, in order."""
    return [json.loads(request.body) for request in stand_in.posts("predict")]


def test_a_run_without_a_session_pays_by_the_step_as_it_said(shell: Shell, display: str) -> None:
    """What it says at its start is what it costs, to the cent, and no session is opened or left open."""
    with service(*[go(click(n * 20, 5)) for n in range(1, 5)]) as (stand_in, url):
        result = shell(*RUN, "--max-steps", "4", "--stateless", "2", "click", DISPLAY=display, COASTY_BASE_URL=url)
        assert result.code == 3
        assert result.of("run_started")[0]["estimate"] == 5 + 7 + 9 + 9
        assert result.of("run_ended")[0]["cost_cents"] == stand_in.charged == 30
        assert [event["worst_case_cents"] for event in result.of("observed")] == [5, 7, 9, 9]
        assert stand_in.posts("session") == []
        assert {request.path for request in stand_in.posts("predict")} == {"/v1/predict"}
        assert [len(body.get("trajectory", ())) for body in sent(stand_in)] == [0, 1, 2, 2]  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize("session", [(), ("--stateless",)])
def test_a_model_that_answers_an_action_type_it_was_not_left_does_not_do_it(
    shell: Shell, display: str, session: tuple[str, ...]
) -> None:
    """`--tools` is asked of the service, and held here as well: the model is told, and asked again."""
    texting: dict[str, object] = {"action_type": "type_text", "params": {"text": "hi"}}
    with service(go(click(5, 5), texting), done()) as (_, url):
        wish = ("--max-steps", "2", "--tools", "click,wait", *session, "look")
        result = shell(*RUN, *wish, DISPLAY=display, COASTY_BASE_URL=url)
    told = [str(event) for event in result.of("refused")]
    assert (len(told), "allows no type_text" in told[0]) == (1, True)
    assert (result.code, result.of("run_ended")[0]["steps"]) == (0, 2)


def test_a_budget_is_kept_without_a_session(shell: Shell, display: str) -> None:
    """Before the step that would be too dear."""
    with service(go(click(5, 5))) as (stand_in, url):
        result = shell(
            *RUN, "--max-steps", "9", "--budget", "12", "--stateless", "click", DISPLAY=display, COASTY_BASE_URL=url
        )
        assert (result.code, result.of("run_ended")[0]["reason"]) == (3, "budget")
        assert stand_in.charged == 12


def test_it_is_taken_up_again_with_what_it_had_seen_and_pays_nothing_twice(shell: Shell, display: str) -> None:
    """Killed while a step was asked: the same bytes go out again, and the screenshots of before go along with the next."""
    with recording(display), service(*[go(click(n * 20, 5)) for n in range(1, 9)]) as (stand_in, url):
        stand_in.plan("predict", None, None, held(60))
        environment = shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url}
        arguments = ("run", "--json", "--yes", "--settle", "0", "--max-steps", "4", "--stateless", "3", "click")
        with subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", *arguments],
            env=environment,
            cwd=shell.home,
            stdout=subprocess.DEVNULL,
        ) as running:
            with stand_in.arrived:
                assert stand_in.arrived.wait_for(lambda: len(stand_in.posts("predict")) == 3, 60)
            running.kill()
        stand_in.release.set()
        result = shell("resume", "last", "--json", "--yes", DISPLAY=display, COASTY_BASE_URL=url)
        assert result.out, result.err
        assert result.of("run_ended")[0]["reason"] == "max_steps"
        assert stand_in.charged == result.of("run_ended")[0]["cost_cents"] == 5 + 7 + 9 + 11
        third, again, fourth = stand_in.posts("predict")[2:]
        assert (third.key, third.body) == (again.key, again.body)
        pictures = [entry["screenshot"] for entry in json.loads(fourth.body)["trajectory"]]
        frames = sorted((shell.data / "runs").glob("*/frames/*.png"))
        assert [base64.b64decode(text) for text in pictures] == [frame.read_bytes() for frame in frames[:3]]


def test_cost_names_the_cheapest_way(shell: Shell) -> None:
    """A short run without a session, a long one with one."""
    short, long = shell("cost", "--steps", "5"), shell("cost", "--steps", "25")
    assert "--stateless 3 would save 5 cents." in short.out
    assert "stateless" not in long.out
    assert "a session (no --stateless) would save 15 cents." in shell("cost", "--steps", "25", "--stateless").out
    told = json.loads(shell("cost", "--steps", "5", "--stateless", "0", "--json").out)
    assert (told["total_cents"], told["cheapest_cents"]) == (25, 25)


def test_a_long_system_prompt_is_said_before_it_costs(shell: Shell, display: str, tmp_path: Path) -> None:
    """And is charged as it was said; with the instructions, and once a step."""
    (tmp_path / "short.txt").write_text("You are careful.")
    (tmp_path / "long.txt").write_text("You are careful. " * 30)
    for name, cents in (("short.txt", 4), ("long.txt", 5)):
        with service(done()) as (stand_in, url):
            wish = ("--system-prompt", name, "--preset", "none", "--tools", "click", "--tools", "wait", "look")
            result = shell("run", "--yes", "--dry-run", *wish, DISPLAY=display, COASTY_BASE_URL=url)
            assert result.code == 0
            assert ("above 500 each step costs 1 cent more" in result.err) is (cents == 5)
            assert stand_in.charged == 10 + cents
            opened = json.loads(stand_in.posts("session")[0].body)
            assert opened["system_prompt"] == (tmp_path / name).read_text().strip()
            assert opened["tools"] == ["click", "wait"]
            assert "instructions" not in opened


def test_no_more_actions_are_done_between_two_looks_than_were_allowed(shell: Shell, display: str) -> None:
    """The rest of an answer is not done, and the model is told so with the next look."""
    with service(go(*[click(n * 40, 40) for n in range(1, 5)]), done()) as (stand_in, url):
        wish = ("--max-steps", "2", "--max-actions", "2", "click")
        result = shell(*RUN, *wish, DISPLAY=display, COASTY_BASE_URL=url)
        assert len(result.of("acting")) == 2
        assert "waits for what is seen now" in str(sent(stand_in)[1]["instruction"])
        assert "max_actions" not in sent(stand_in)[0]


@pytest.mark.parametrize(
    "wish",
    [
        ("--tools", "click,click"),
        ("--tools", "done"),
        ("--max-actions", "11"),
        ("--stateless=21",),
        ("--system-prompt", "nowhere.txt"),
        ("--provider", "offline", "--max-actions", "2"),
        ("--provider", "offline", "--stateless"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(shell: Shell, display: str, wish: tuple[str, ...]) -> None:
    """Exit code 2, and no request."""
    with service() as (stand_in, url):
        assert shell("run", "--yes", *wish, "look", DISPLAY=display, COASTY_BASE_URL=url).code == 2
        assert stand_in.requests == []


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["run", "--stateless", "open it"], ["run", "--stateless=3", "open it"]),
        (["run", "--stateless", "0", "open it"], ["run", "--stateless=0", "open it"]),
        (["run", "open it", "--stateless"], ["run", "open it", "--stateless=3"]),
        (["run", "--stateless", "--yes", "x"], ["run", "--stateless=3", "--yes", "x"]),
        (["run", "--stateless", "100 clicks"], ["run", "--stateless=3", "100 clicks"]),
        (["run", "--", "--stateless", "2"], ["run", "--", "--stateless", "2"]),
    ],
)
def test_the_number_may_be_left_out(words: list[str], read: list[str]) -> None:
    """What follows is the number where it is one, and else the task."""
    assert _with_numbers(words) == read
