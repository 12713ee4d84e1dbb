"""`/parse` as the service does it: what is understood, line by line, and nothing refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coasty_desk.core.actions import Drag, Verdict
from coasty_desk.wire import action_json
from coasty_desk.wire.lenient_source import parse_leniently


def _click(x: int, y: int, **more: object) -> dict[str, object]:
    return {"action_type": "click", "params": {"x": x, "y": y, "button": "left", "clicks": 1, **more}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pyautogui.click(1, 2)", [_click(1, 2)]),
        (
            "import pyautogui as pg\npg.doubleClick(1, 2)\npg.rightClick(x=3, y=4)",
            [_click(1, 2, clicks=2), _click(3, 4, button="right")],
        ),
        ("pyautogui.press('enter')", [{"action_type": "key_press", "params": {"keys": ["enter"]}}]),
        ("pyautogui.press(['tab', 'tab'])", [{"action_type": "key_press", "params": {"keys": ["tab", "tab"]}}]),
        ("pyautogui.hotkey('ctrl', 'c')", [{"action_type": "key_combo", "params": {"keys": ["ctrl", "c"]}}]),
        (
            "pyautogui.typewrite('a', interval=0.1)\npyautogui.write('b')",
            [{"action_type": "type_text", "params": {"text": text}} for text in "ab"],
        ),
        ("pyautogui.scroll(-3)", [{"action_type": "scroll", "params": {"clicks": -3, "direction": "vertical"}}]),
        (
            "pyautogui.hscroll(2, 5, 6)",
            [{"action_type": "scroll", "params": {"clicks": 2, "direction": "horizontal", "x": 5, "y": 6}}],
        ),
        ("time.sleep(1.5)", [{"action_type": "wait", "params": {"seconds": 1.5}}]),
        ("DONE", [{"action_type": "done", "params": {}}]),
        (
            "WAIT\nFAIL\npyautogui.click(1, 2)",
            [{"action_type": "wait", "params": {"seconds": 1}}, {"action_type": "fail", "params": {}}],
        ),
        ("```python\npyautogui.click(1, 2)\n```", [_click(1, 2)]),
        # what is not understood is skipped
        ("import os\nos.system('x')\npyautogui.click(1, 2)\nfor i in range(3): pyautogui.click(i, i)", [_click(1, 2)]),
        (
            "I will click now:\npyautogui.click(1, 2)\nand then (\npyautogui.press('nonesuch-key')\npyautogui.click(3, 4)",
            [_click(1, 2), _click(3, 4)],
        ),
        ("pyautogui.click(x=a, y=b)", []),
        ("pyautogui.click()", []),
        ("nothing here", []),
        # what is held goes on, and what is never let go does no harm
        (
            "pyautogui.keyDown('shift')\npyautogui.click(1, 2)\npyautogui.keyUp('shift')",
            [_click(1, 2, modifiers=["shift"])],
        ),
        ("pyautogui.mouseDown(1, 2)\npyautogui.click(3, 4)", [_click(3, 4)]),
        ("pyperclip.copy('ü')\npyautogui.hotkey('ctrl', 'v')", [{"action_type": "type_text", "params": {"text": "ü"}}]),
        (
            "pyautogui.moveTo(5, 6)\npyautogui.click()",
            [{"action_type": "move", "params": {"x": 5, "y": 6}}, _click(5, 6)],
        ),
    ],
)
def test_each_line_stands_for_itself(source: str, expected: list[object]) -> None:
    """What is understood is told, what is not is skipped."""
    assert parse_leniently(source) == expected


def test_a_drag_has_both_spellings_and_its_move_stays_beside_it() -> None:
    """As programs that read either have it."""
    move, drag = parse_leniently("pyautogui.moveTo(1, 2)\npyautogui.dragTo(3, 4, duration=0.5)")
    assert move == {"action_type": "move", "params": {"x": 1, "y": 2}}
    assert drag["params"] == {
        "x1": 1,
        "y1": 2,
        "x2": 3,
        "y2": 4,
        "from_x": 1,
        "from_y": 2,
        "to_x": 3,
        "to_y": 4,
        "button": "left",
    }
    (read,) = action_json.decode(drag).actions
    assert isinstance(read, Drag)
    (alone,) = parse_leniently("pyautogui.dragTo(3, 4)")
    assert alone["params"] == {"x2": 3, "y2": 4, "to_x": 3, "to_y": 4, "button": "left"}


def test_it_takes_its_time_by_the_length_alone() -> None:
    """Whatever the source is made of."""
    began = time.process_time()
    for source in (
        "a;" * 25_000,
        "pyautogui.click(1,2)\n" * 2_300,
        "(" * 50_000,
        "{" * 50_000,
        "x=[\n" * 12_000,
        "f'{x}'\n" * 7_000,
    ):
        parse_leniently(source[:50_000])
    assert time.process_time() - began < 20


def test_what_it_gives_has_an_end() -> None:
    """A short source may stand for a great many actions."""
    assert len(parse_leniently("pyautogui.click(1,2)\n" * 2_300)) == 1000
    assert parse_leniently("pyautogui.press('a', presses=900)\n" * 100) == parse_leniently(
        "pyautogui.press('a', presses=900)"
    )


@settings(max_examples=200)
@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(["pyautogui.click(1, 2)", "DONE", "(", "'", "x = 1", "pyautogui.keyDown('a')", "#"])
    ).map("\n".join)
)
def test_it_never_raises_and_says_what_can_be_read(source: str) -> None:
    """By any text, and any mixture of lines."""
    for entry in parse_leniently(source):
        decoded = action_json.decode(entry)
        assert decoded.verdict is not Verdict.CONTINUE or decoded.actions
