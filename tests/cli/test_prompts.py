"""A question at the terminal: every answer, no answer, and a stop in the middle of it."""

from __future__ import annotations

import io
import os
import pty
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from coasty_desk.cli.terminal.prompts import TerminalPerson, there
from coasty_desk.cli.view.plain_view import PlainView
from coasty_desk.core import events as ev
from coasty_desk.core.errors import Aborted
from coasty_desk.core.ports import Instead, Said
from coasty_desk.core.stop import Stop


@pytest.fixture
def ends() -> Iterator[tuple[int, TextIO]]:
    """The person's end of a terminal, and the program's."""
    person, program = pty.openpty()
    with os.fdopen(program) as source:
        yield person, source
    os.close(person)


def test_a_question_is_shown_to_its_end(ends: tuple[int, TextIO], capsys: pytest.CaptureFixture[str]) -> None:
    """What was left out of it was left out in the middle, and is not cut here again."""
    question = f"type '{'x' * 2100} the end'?"
    PlainView(dry_run=False).show(ev.Asked(run_id="r", step=1, question=question, why="because"))
    assert question in capsys.readouterr().out
    person, program = ends
    os.write(person, b"n\n")
    shown = io.StringIO()
    assert TerminalPerson(Stop(), source=program, out=shown).ask(question, "because", None) == "no"
    assert question in shown.getvalue()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("y", "yes"),
        ("YES", "yes"),
        ("n", "no"),
        ("", "no"),
        ("a", "always"),
        ("always", "always"),
        ("s", "stop"),
        ("what?\ny", "yes"),
        ("yep\nn", "no"),
        ("y e s\n...  !\nyes please\nstop it now\ns", "stop"),
        ("no thanks", "no"),
        ("no, press escape", Instead("press escape")),
        ("press escape instead", Instead("press escape instead")),
        ("  Nein,  das \x1bandere ", Instead("Nein, das andere")),
        ("点击取消", Instead("点击取消")),
    ],
)
def test_every_answer_is_understood(ends: tuple[int, TextIO], said: str, answer: Said | Instead) -> None:
    """By its letter or its word; a slip is asked again; Enter alone is no; words are what to do instead, and repeated."""
    person, source = ends
    out = io.StringIO()
    os.write(person, f"{said}\n".encode())
    assert TerminalPerson(Stop(), source=source, out=out).ask("press alt+f4?", "it closes", "crop.png") == answer
    for words in ("press alt+f4?", "it closes", "crop.png", "[a]lways"):
        assert words in out.getvalue()
    if isinstance(answer, Instead):
        assert f"the model is told: {answer.words}" in out.getvalue()


@pytest.mark.parametrize(("typed", "words"), [("  the\x1b blue one \n", "the blue one"), ("y\n", "y"), ("\n", "")])
def test_the_models_question_is_answered_in_words(ends: tuple[int, TextIO], typed: str, words: str) -> None:
    """On one line, whatever it says; a yes is a word like others."""
    person, source = ends
    out = io.StringIO()
    os.write(person, typed.encode())
    assert TerminalPerson(Stop(), source=source, out=out).answer("Which \x1bone?") == words
    assert "Which" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_question_of_the_models_that_nobody_answers_has_no_answer(ends: tuple[int, TextIO]) -> None:
    """In time, or at all."""
    assert TerminalPerson(Stop(), patience=0.1, source=ends[1], out=io.StringIO()).answer("x?") == ""
    assert TerminalPerson(Stop(), source=io.StringIO("blue\n"), out=io.StringIO()).answer("x?") == ""


def test_no_answer_in_time_is_no(ends: tuple[int, TextIO]) -> None:
    """Safety sentence: a question that nobody answers is answered with no."""
    assert TerminalPerson(Stop(), patience=0.1, source=ends[1], out=io.StringIO()).ask("x?", "y", None) == "no"


def test_without_a_terminal_it_is_no() -> None:
    """Safety sentence: without a terminal every question is answered with no."""
    out = io.StringIO()
    assert TerminalPerson(Stop(), source=io.StringIO("y\n"), out=out).ask("x?", "y", None) == "no"
    assert not there(io.StringIO("y\n"))
    assert out.getvalue() == ""


def test_a_stop_ends_the_question(ends: tuple[int, TextIO]) -> None:
    """Safety sentence: a stop does not wait for an answer."""
    stop = Stop()
    timer = threading.Timer(0.1, stop.trip, ("hotkey",))
    timer.start()
    with pytest.raises(Aborted, match="hotkey"):
        TerminalPerson(stop, source=ends[1], out=io.StringIO()).ask("x?", "y", None)
    timer.join()


def test_control_characters_of_the_model_do_not_reach_the_terminal(ends: tuple[int, TextIO]) -> None:
    """What the model says is shown, not obeyed."""
    out = io.StringIO()
    os.write(ends[0], b"n\n")
    TerminalPerson(Stop(), source=ends[1], out=out).ask("type '\x1b[2J'?", "\x07", None)
    assert not set(out.getvalue()) & {"\x1b", "\x07"}
