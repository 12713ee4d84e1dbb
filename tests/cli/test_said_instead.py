"""At a question in a real terminal a person says in words what to do instead, and the run goes on with that."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from tests.cli.conftest import Shell
from tests.cli.hindered import STATES, going
from tests.stub_service import click, done, go


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("use the second button\n", "use the second button"),
        ("no, press Grüße ändern\n", "press Grüße ändern"),
        ("yse\nzweite \x1b[2J Taste\n", "zweite [2J Taste"),
    ],
    ids=["words", "no and words", "a slip, then words with a control character"],
)
def test_words_instead_of_a_yes_reach_the_model(shell: Shell, said: str, told: str) -> None:
    """Safety sentence: what was asked about is not done, the model is told with the next request, the next question is a new one."""
    state = replace(STATES["question"], script=(go(click(300, 300)), go(click(60, 40)), done()))
    with going(shell, state) as run:
        assert run.terminal is not None
        state.there(run)
        os.write(run.terminal, said.encode())
        run.until(lambda: [event["event"] for event in run.events].count("asked") == 2)
        os.write(run.terminal, b"y\n")
        assert run.ended() == 0
        assert [(event["x"], event["y"]) for event in run.window.of_kind("press")] == [(60, 40)]
    answers = [(event["answer"], event.get("note", "")) for event in run.events if event["event"] == "answered"]
    assert answers == [("no", told), ("yes", "")]
    (refused,) = [event for event in run.events if event["event"] == "refused"]
    assert refused["by"] == "person"
    asked = [json.loads(post.body)["instruction"] for post in run.service.posts("predict")]
    assert told not in asked[0]
    assert told in asked[1]
    assert len(asked) == 3
