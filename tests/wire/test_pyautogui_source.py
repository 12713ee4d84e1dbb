"""pyautogui source: what real agents write becomes their actions, everything else is refused whole."""

from __future__ import annotations

import ast
import builtins
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.core.actions import Action, Click, Point, Refusal, Verdict
from coasty_desk.wire.action_json import Decoded, decode
from coasty_desk.wire.pyautogui_source import ParsedSource, SourceRefused, parse
from tests.wire import sources


@pytest.mark.parametrize(("source", "actions"), sources.READ)
def test_what_agents_write_becomes_its_actions(source: str, actions: tuple[Action, ...]) -> None:
    """Every construct of the counted trajectories says its actions exactly."""
    assert parse(source) == ParsedSource(actions)


@pytest.mark.parametrize(("source", "why"), sources.REFUSED, ids=range(len(sources.REFUSED)))
def test_anything_else_refuses_the_whole_source(source: str, why: str) -> None:
    """One short printable sentence says where and why."""
    with pytest.raises(SourceRefused, match=why) as caught:
        parse(source)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 250


@pytest.mark.parametrize("source", [source for source, _ in sources.REFUSED if 0 < len(source) < 1000])
def test_one_bad_statement_refuses_the_good_ones_around_it(source: str) -> None:
    """Half a plan is another plan."""
    if source.startswith(("#", "'''")):
        return
    with pytest.raises(SourceRefused):
        parse(f"pyautogui.press('esc')\n{source}\npyautogui.press('esc')")


def test_the_sentence_names_the_line_and_the_statement() -> None:
    """A person finds the statement, also behind a semicolon."""
    with pytest.raises(SourceRefused) as caught:
        parse("import time\ntime.sleep(1); os.system('rm -r x')")
    assert str(caught.value) == (
        "Line 2, `os.system('rm -r x')`: only calls of pyautogui, time.sleep and pyperclip.copy that act are understood."
    )


@pytest.mark.parametrize(
    ("source", "verdict", "count"),
    [
        ("DONE", Verdict.DONE, 0),
        ("FAIL", Verdict.FAIL, 0),
        ("```\nDONE\n```", Verdict.DONE, 0),
        ("pyautogui.click(1, 2)\nDONE", Verdict.DONE, 1),
        ("DONE\npyautogui.click(1, 2)\nFAIL", Verdict.DONE, 0),
    ],
)
def test_done_and_fail_are_verdicts_that_end_the_source(source: str, verdict: Verdict, count: int) -> None:
    """What stands after the word is not done."""
    parsed = parse(source)
    assert (parsed.verdict, len(parsed.actions)) == (verdict, count)


def test_what_stands_after_done_must_be_understood_all_the_same() -> None:
    """The word excuses nothing."""
    with pytest.raises(SourceRefused):
        parse("DONE\nos.remove('x')")


def test_the_printed_actions_are_canonical_with_the_verdict_last() -> None:
    """As `coasty-desk parse` prints them."""
    assert parse("pyautogui.click(1, 2)\nDONE").to_json() == [
        {"action_type": "click", "params": {"x": 1, "y": 2, "button": "left", "clicks": 1}},
        {"action_type": "done", "params": {}},
    ]


def test_raw_code_is_read_as_actions_or_refused_whole() -> None:
    """The service's `raw` action is code, and code is never executed."""
    code = "pyautogui.click(1, 2); pyautogui.press('esc'); DONE"
    assert decode({"action_type": "raw", "params": {"code": code}}) == Decoded(*_fields(parse(code)))
    for bad in ("import os; os.system('x')", 5, None, "x" * 60_000):
        (refusal,) = decode({"action_type": "raw", "params": {"code": bad}}).actions
        assert isinstance(refusal, Refusal)
        assert refusal.by == "wire"
        assert len(refusal.why) < 250


def test_nothing_is_ever_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source that would write a file, and an interpreter that would be told, both stay untouched."""
    called: list[str] = []
    for name in ("exec", "eval", "__import__"):
        monkeypatch.setattr(builtins, name, _telling(called, name, getattr(builtins, name)))
    mark = tmp_path / "mark"
    for trick in (
        f"open({str(mark)!r}, 'w')",
        f"print(open({str(mark)!r}, 'w'))",
        f"pyautogui.write(open({str(mark)!r}, 'w').name)",
        f"try:\n    import pyperclip\nexcept ImportError:\n    open({str(mark)!r}, 'w')",
        f"pyautogui.click(x=(lambda: open({str(mark)!r}, 'w'))())",
        f"f'{{open({str(mark)!r}, chr(119))}}'",
        f"@open({str(mark)!r}, 'w')\ndef f(): pass",
    ):
        try:
            parse(trick)
        except SourceRefused:
            continue
    monkeypatch.undo()
    assert not mark.exists()
    assert "exec" not in called
    assert "eval" not in called


_WORDS = st.sampled_from(
    [
        "pyautogui",
        ".",
        "click",
        "moveTo",
        "dragTo",
        "mouseDown",
        "mouseUp",
        "scroll",
        "write",
        "press",
        "hotkey",
        "keyDown",
        "keyUp",
        "hold",
        "time",
        "sleep",
        "pyperclip",
        "copy",
        "import",
        "from",
        "as",
        "try",
        "except",
        "ImportError",
        ":",
        "pass",
        "with",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "=",
        "*",
        "**",
        "+",
        "-",
        "1",
        "2.5",
        "1e400",
        "'a'",
        "'ctrl'",
        "'v'",
        '"""',
        "'",
        "f'{x}'",
        "\n",
        "\n\n",
        "\n",
        "",
        "",
        "",
        "",
        "True",
        "None",
        "lambda",
        "DONE",
        "WAIT",
        "#",
        "\\",
        "\x00",
        "\ufeff",
        "é",
        "```",
        "x",
        "y",
        "clicks=",
        "keys=",
    ]
)


@given(st.text() | st.lists(_WORDS, max_size=30).map("".join) | st.lists(_WORDS, max_size=30).map(" ".join))
def test_no_text_breaks_the_reader(source: str) -> None:
    """Any text is actions that can be written down, or one sentence."""
    try:
        parsed = parse(source)
    except SourceRefused as refused:
        sentence = str(refused)
    else:
        sentence = json.dumps(parsed.to_json(), allow_nan=False)
    assert sentence.isprintable()


_CALLS = st.sampled_from(
    [source for source, actions in sources.READ if "```" not in source and not source.startswith(" ")]
)


@given(st.lists(_CALLS, max_size=6))
def test_understood_sources_stay_understood_together(parts: list[str]) -> None:
    """Every one of them leaves no key, no button and no clipboard behind for the next."""
    together = "\n".join(["import pyautogui, time, pyperclip", *(part.replace("\ufeff", "") for part in parts)])
    assert len(parse(together).actions) >= 0


def test_a_click_at_the_pointer_after_a_move_is_a_click_there() -> None:
    """So that the printed actions stand on their own."""
    assert parse("pyautogui.moveTo(5, 6)\npyautogui.click()").actions == (Click(Point(5, 6)),)


def _fields(parsed: ParsedSource) -> tuple[tuple[Action, ...], Verdict]:
    return parsed.actions, parsed.verdict


def _telling(called: list[str], name: str, original: object) -> object:
    def tell(*args: object, **kwargs: object) -> object:
        called.append(name)
        assert callable(original)
        return original(*args, **kwargs)

    return tell


@pytest.mark.parametrize(("source", "times"), [("x = (", 1), ("  x = (", 2), ("x = 1\n  y", 1), ("  a.b()\n  c(", 2)])
def test_what_is_no_python_is_not_parsed_twice(monkeypatch: pytest.MonkeyPatch, source: str, times: int) -> None:
    """Python's parser lets nothing else run meanwhile, not even what hears a stop; only another text may be another error."""
    parsed: list[str] = []
    known = ast.parse

    def counted(text: str) -> ast.Module:
        parsed.append(text)
        return known(text)

    monkeypatch.setattr(ast, "parse", counted)
    with pytest.raises(SourceRefused):
        parse(source)
    assert len(parsed) == len(set(parsed)) == times
