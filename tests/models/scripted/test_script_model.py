"""`--provider script`: what was written down is played, from its first line for every run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from coasty_desk import lifetimes
from coasty_desk.core.actions import Click, Point, Prediction, Verdict, Wait
from coasty_desk.core.errors import Aborted, GaveUpError, ServiceError, UsageError
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.lifetimes import ModelRequest
from coasty_desk.settings import Settings
from coasty_desk.testing import ScriptPredictor, of_markers, read_script

FRAME = Frame(b"", "image/png", Size(200, 100), Size(200, 100), Rect(0, 0, 200, 100))


def _asked(step: int, task: str = "x") -> PredictRequest:
    return PredictRequest(step, task, FRAME)


def _answer(stream: PredictStream[Prediction]) -> Prediction:
    try:
        while True:
            next(stream)
    except StopIteration as end:
        found: Prediction = end.value
        return found


def _written(folder: Path, lines: Iterable[object]) -> Path:
    path = folder / "script.jsonl"
    path.write_text("# a comment\n\n" + "\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def test_the_lines_of_a_file_are_played_and_then_the_task_is_done(tmp_path: Path) -> None:
    """By the number of the step, whoever asks, and however often."""
    click = {
        "status": "continue",
        "actions": [{"action_type": "click", "params": {"x": 1, "y": 2}}],
        "reasoning": "here",
    }
    path = _written(
        tmp_path, [click, {"question": "Which?"}, {"error": {"code": "INSUFFICIENT_CREDITS"}}, {"status": "fail"}]
    )
    player = ScriptPredictor(Stop(), read_script(path))
    first = _answer(player.predict(_asked(1)))
    assert (first.actions, first.reasoning, first.usage.cost) == ((Click(Point(1, 2)),), "here", 0)
    assert _answer(player.predict(_asked(1))) == first, "the step says which line it is"
    second = _answer(player.predict(_asked(2)))
    assert (second.verdict, second.question) == (Verdict.ASK, "Which?")
    with pytest.raises(ServiceError) as raised:
        _answer(player.predict(_asked(3)))
    assert raised.value.code == "INSUFFICIENT_CREDITS"
    assert _answer(player.predict(_asked(4))).verdict is Verdict.FAIL
    assert _answer(player.predict(_asked(5))).verdict is Verdict.DONE


@pytest.mark.parametrize("line", ["{", "[1]", '{"status": "perhaps"}', "{}"])
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, line: str) -> None:
    """Before anything begins."""
    path = tmp_path / "script.jsonl"
    path.write_text('{"status": "done"}\n' + line, "utf-8")
    with pytest.raises(UsageError, match="Line 2"):
        read_script(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_script(tmp_path / "nonesuch")


def test_markers_in_the_task_say_what_to_do() -> None:
    """In their order."""
    player = ScriptPredictor(Stop())
    for task, verdict in (("[done]", Verdict.DONE), ("please [FAIL]", Verdict.FAIL), ("nothing said", Verdict.DONE)):
        assert _answer(player.predict(_asked(1, task))).verdict is verdict
    script = of_markers("[steps:2] then [pause], then [fail]")
    verdicts = [script.line(step).prediction.verdict for step in range(1, 6)]
    assert verdicts == [Verdict.CONTINUE, Verdict.CONTINUE, Verdict.ASK, Verdict.FAIL, Verdict.DONE]
    assert script.line(1).prediction.actions == (Wait(0.1),)


def test_so_many_runs_of_a_task_fail_first_in_whichever_process(tmp_path: Path) -> None:
    """And the next ones succeed, until it begins anew."""
    counted = tmp_path / "data" / "failures.json"
    task = "[flaky:2] [steps:1]"

    def run() -> Verdict:
        player = ScriptPredictor(Stop(), failures=counted)
        return _answer(player.predict(_asked(1, task))).verdict

    assert [run() for _ in range(4)] == [Verdict.FAIL, Verdict.FAIL, Verdict.CONTINUE, Verdict.FAIL]
    assert counted.stat().st_mode & 0o777 == 0o600
    counted.write_text("[", "utf-8")
    assert run() is Verdict.FAIL, "what is broken counts for nothing"
    alone = ScriptPredictor(Stop())
    assert [_answer(alone.predict(_asked(1, task))).verdict for _ in range(3)][-1] is Verdict.CONTINUE


def test_a_line_that_waits_ends_with_the_stop(tmp_path: Path) -> None:
    """At once."""
    stop = Stop()
    player = ScriptPredictor(stop, read_script(_written(tmp_path, [{"status": "done", "delay": 500}])))
    stop.trip("stop")
    with pytest.raises(Aborted):
        _answer(player.predict(_asked(1)))


def test_it_is_a_model_like_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made ready by the catalog's name, with its file from the option or the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    model = lifetimes.model("script")
    point = {"status": "continue", "actions": [{"action_type": "click", "params": {"x": 7, "y": 8}}]}
    environment = {"COASTY_DESK_SCRIPT": str(_written(tmp_path, [point]))}
    assert not model.sends
    assert not model.bills(Settings(), {})
    for chosen in (Settings(provider="script"), Settings(provider="script", script=environment["COASTY_DESK_SCRIPT"])):
        asked = ModelRequest(chosen, environment if chosen.script is None else {}, Stop(), "a-run")
        player = model.ready(asked).predictor(Surroundings(), None, None)
        assert _answer(player.predict(_asked(1))).actions == (Click(Point(7, 8)),)
        finder = model.pointing(asked, lambda: None)
        assert _answer(finder.predict(_asked(1))).actions == (Click(Point(7, 8)),)
    bare = model.pointing(ModelRequest(Settings(provider="script"), {}, Stop(), "a-run"), lambda: None)
    assert _answer(bare.predict(_asked(1))).actions == (Click(Point(100, 50)),)
    with pytest.raises(GaveUpError):
        _answer(bare.predict(_asked(1, "[fail]")))
