"""What is typed is judged as it will stand there, however it comes to stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Point, PressKeys, TypeText
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.core.typed_text.editing_keys import of_stroke
from coasty_desk.core.typed_text.typed_line import Typed, steps
from coasty_desk.wire.regular_expressions import pattern

HERE = Click(Point(5, 5))


def press(*keys: str) -> PressKeys:
    """Keys, one after the other."""
    return PressKeys(keys)


def combo(*keys: str) -> KeyCombo:
    """Keys, together."""
    return KeyCombo(keys)


def type_(text: str) -> TypeText:
    """A text."""
    return TypeText(text)


def refused(actions: tuple[Action, ...], *denied: str, terminal: bool | None = None) -> list[str]:
    """What is said of each action, with those that are refused left undone."""
    policy = Policy(typed_text_denied=tuple(map(pattern, denied or ("sudo", "rm -rf"))))
    typed, said = Typed(), []
    for action in actions:
        why = forbids(policy, action, Situation(typed=typed, terminal=terminal))
        said.append(why)
        if not why:
            typed = typed.then(action, terminal).recent()
    return said


@pytest.mark.parametrize(
    "actions",
    [
        (combo("s", "u", "d", "o"),),
        (combo("shift", "s", "u", "d", "o"),),
        (combo("s", "u"), combo("d", "o")),
        (combo("r", "m", "space", "-"), type_("rf")),
        (press("s", "u", "d", "o"),),
        (press("s"), press("u"), press("d"), press("o")),
        (press("S", "shift+u", "d", "O"),),
        (combo("shift", "s"), press("u"), combo("d"), type_("o")),
        (type_("rm"), press("space"), press("subtract"), type_("rf")),
        (type_("su"), press("esc"), type_("do")),
        (type_("su"), press("f5", "capslock"), type_("do")),
        (type_("su"), HERE, type_("do")),
        (type_("do"), HERE, type_("su")),
        (type_("so"), HERE, type_("ud")),
        (type_("do"), press("home"), type_("su")),
        (type_("do"), combo("ctrl", "a"), type_("su")),
        (type_("do"), combo("alt", "b"), type_("su")),
        (type_("do"), combo("ctrl", "left"), type_("su")),
        (type_("do"), press("up"), type_("su")),
        (type_("xdo"), press("left", "left"), type_("su"), press("delete")),
        (type_("su do"), press("left", "left"), press("backspace")),
        (type_("suxdo"), combo("ctrl", "left"), press("right", "right"), press("delete")),
        (type_("suxdo"), HERE, press("backspace")),
        (type_("suxdo"), HERE, combo("ctrl", "h")),
        (type_("suxxdo"), HERE, press("delete", "delete")),
        (type_("su xx do"), HERE, combo("ctrl", "w"), press("delete")),
        (type_("su xx do"), Drag(Point(1, 1), Point(9, 1)), press("delete")),
        (type_("su xx do"), Click(Point(1, 1), count=2), press("backspace")),
        (type_("su xx do"), combo("shift", "left"), combo("ctrl", "x")),
        (type_("su xx do"), combo("alt", "d")),
        (type_("do"), HERE, type_("u"), HERE, type_("s")),
        (type_("usdo"), combo("ctrl", "a"), press("right", "right"), combo("ctrl", "t")),
        (type_("do x"), Drag(Point(1, 1), Point(9, 1)), type_("su")),
        (type_("do\n"), press("up"), type_("su")),
        (type_("su\n"), type_("\bdo")),
        (type_("su\n"), press("backspace"), type_("do")),
        (type_("do\n"), press("left", "left", "left"), type_("su")),
        (type_("su\tdo"),),
        (type_("su"), press("tab"), type_("do")),
        (type_("su"), press("insert"), type_("do")),
        (type_("xudo"), press("home", "insert"), type_("s")),
        (press("insert"), type_("xudo"), press("home"), type_("s")),
        (type_("suxdo"), press("left", "left"), combo("ctrl", "8")),
        (type_("suxdo"), press("left", "left"), combo("ctrl", "shift", "?")),
        (type_("suxdo"), press("left", "left"), combo("ctrl", "?")),
        (type_("ud"), press("left", "left"), type_("s"), press("select"), type_("o")),
        (type_("suxdo"), press("left", "left"), press("f20")),
        (type_("su\\\ndo"),),
        (type_("s\\udo"),),
        (type_("su''do"),),
        (type_("rm  -rf"),),
        (type_("rm\u00a0\u200b-rf"),),
        (type_("ＳＵＤＯ"),),
        (type_("ѕudo"),),
        (type_("ꜱᴜᴅᴏ"),),
        (type_("ꓢꓴꓓꓳ"),),
        (type_("s\u20ddu\u2800d\u1ab0o"),),
        (type_("rm –rf"),),
        (type_("su"), type_("\u200bdo")),
        (type_("x" * 3000), type_("su"), HERE, type_("do")),
    ],
)
def test_denied_text_does_not_come_to_stand_there(actions: tuple[Action, ...]) -> None:
    """Safety sentence: denied text is not typed by keys, chords, in pieces, by moving the cursor or by taking away what is between."""
    assert refused(actions)[-1] or any(refused(actions))


@pytest.mark.parametrize(
    "action",
    [
        combo("ctrl", "v"),
        combo("ctrl", "shift", "v"),
        combo("shift", "insert"),
        combo("cmd", "v"),
        combo("altgr", "q"),
        combo("shift", "7"),
        combo("ctrl", "shift", "u"),
        Click(Point(5, 5), "middle"),
        Drag(Point(5, 5), Point(50, 5), "middle"),
        press("f18"),
        press("insert"),
        combo("ctrl", "y"),
        combo("ctrl", "alt", "v"),
        combo("ctrl", "alt", "shift", "v"),
        combo("ctrl", "shift", "s"),
        combo("ctrl", "shift", "y"),
        press("ctrl+v"),
        press("a", "shift+insert"),
    ],
)
def test_where_text_is_denied_what_cannot_be_known_is_not_put_in(action: Action) -> None:
    """Safety sentence: a paste, a composed character, a middle click are refused where text is denied."""
    assert "cannot be told" in refused((action,))[0]
    assert forbids(Policy(), action, Situation()) == ""


@pytest.mark.parametrize(
    "keys",
    [
        (press("up"),),
        (press("down", "down"),),
        (press("pageup"),),
        (combo("ctrl", "p"),),
        (combo("ctrl", "r"), type_("s")),
        (combo("alt", "."),),
        (combo("alt", "_"),),
        (combo("ctrl", "_"),),
        (type_("su"), press("tab")),
        (type_("su\t"),),
        (combo("ctrl", "i"),),
        (type_("ls"), press("right")),
        (type_("ls"), press("end")),
        (type_("ls"), combo("ctrl", "e")),
        (press("esc", "k"),),
        (combo("ctrl", "3"), type_("p")),
        (combo("ctrl", "{"), type_(".")),
        (press("f8"),),
    ],
)
@pytest.mark.parametrize(
    "enter",
    [
        *(press("enter"), type_("\n"), combo("ctrl", "j"), combo("ctrl", "m"), press("kp_enter")),
        *(combo("ctrl", "o"), combo("alt", "a"), combo("ctrl", "alt", "m")),
    ],
)
def test_a_line_that_is_unknown_is_not_sent(keys: tuple[Action, ...], enter: Action) -> None:
    """Safety sentence: what history, completion or a proposal put into a terminal's line is not sent where text is denied."""
    said = refused((*keys, enter))
    assert not any(said[:-1])
    assert "cannot be told" in said[-1]
    assert "cannot be told" in refused((*keys, enter), terminal=True)[-1]
    assert refused((*keys, enter), terminal=False)[-1] == ""
    assert refused((*keys, combo("ctrl", "c"), type_("ls"), enter), terminal=True)[-1] == ""
    assert refused((*keys, HERE, combo("ctrl", "c"), enter), terminal=True)[-1] != ""


@pytest.mark.parametrize(
    "actions",
    [
        (press("up"), combo("ctrl", "q"), combo("ctrl", "c"), press("backspace", "enter")),
        (press("up"), combo("alt", "q"), combo("ctrl", "c"), press("enter")),
        (type_("ls"), combo("ctrl", "x"), combo("ctrl", "e")),
        (Drag(Point(5, 5), Point(50, 5)), press("enter")),
        (Drag(Point(5, 5), Point(50, 5)), combo("ctrl", "c"), press("enter")),
        (type_("!!\n"),),
        (type_("echo !rm"), press("enter")),
        (type_("e"), press("home"), type_("!"), combo("ctrl", "j")),
        (type_("^ls^rm^\n"),),
        (type_("fc -s\n"),),
    ],
)
def test_no_key_makes_an_unknown_line_a_known_one(actions: tuple[Action, ...]) -> None:
    """Safety sentence: a terminal that takes Ctrl+C for text has not thrown its line away, and one that is asked for its history has it."""
    assert "cannot be told" in refused(actions, terminal=True)[-1]
    assert "cannot be told" in refused(actions)[-1]
    assert not any(refused(actions, terminal=False))


@pytest.mark.parametrize("line", ["echo hello!\n", "[ a != b ]\n", "if ! ls\n", 'echo "hello!"\n', "fc-list\n"])
def test_what_asks_for_no_history_is_sent(line: str) -> None:
    """The mark and the word by themselves."""
    assert not any(refused((type_(line),), terminal=True))


def _bindings() -> Iterator[tuple[Action, str]]:
    """What Bash does with each chord that it knows by itself."""
    ask = ["bash", "--norc", "--noprofile", "-i", "-c", "bind -p"]
    told = subprocess.run(ask, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout
    for keys, done in re.findall(r'^"(\S+)": (\S+)$', told, re.MULTILINE):
        found = re.fullmatch(r"(\\e)?(\\C-)?(.|\\\\)", keys)
        if found and (found[1] or found[2]) and not found[3].isupper():
            held = [*(["alt"] if found[1] else []), *(["ctrl"] if found[2] else [])]
            yield combo(*held, found[3][-1]), done


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no Bash")
def test_every_chord_of_a_shell_is_known() -> None:
    """Those that send a line or take something away are followed; what may bring in what nobody typed loses the line."""
    checked = 0
    followed = "accept-line|(back|for)ward-char|(beginning|end)-of-line|transpose-chars|unix-.*|kill-line|(backward-)?delete-char|forward-search.*"
    for chord, done in _bindings():
        (step,) = steps(chord)
        assert isinstance(step, tuple)
        does = of_stroke(step)
        assert does.commits or done not in ("accept-line", "operate-and-get-next"), (chord, done)
        assert does.loses or re.fullmatch(followed, done), (chord, done)
        assert does.quotes or done != "quoted-insert"
        checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    "actions",
    [
        (HERE, type_("Ada"), press("tab"), type_("Lovelace"), press("tab"), type_("ada@example.org"), HERE),
        (HERE, type_("Sum of the results"), HERE, type_("Oslo\tNorway\t12"), press("tab"), press("space")),
        (HERE, combo("ctrl", "a"), type_("example.com"), press("enter")),
        (HERE, combo("ctrl", "a"), press("delete"), type_("new name"), press("enter")),
        (Click(Point(5, 5), count=3), type_("a"), Click(Point(9, 5), count=3), press("backspace"), type_("b")),
        (type_("Dear Sue,\n\nthe issue is done.\n"), HERE, type_("Regards")),
        (type_("Helo"), press("backspace"), type_("lo")),
        (type_("Hello"), combo("ctrl", "s"), type_("note.txt"), press("enter")),
        (combo("ctrl", "l"), type_("example.com"), press("enter")),
        (type_("ls -la\n"), type_("cd Documents\n"), type_("cat notes.txt\n")),
        (type_("x = 1\n"), press("up", "home"), type_("y = 2\n")),
        (press("7", "add", "5", "enter"),),
        (combo("alt", "f4"), combo("ctrl", "c"), press("f5")),
    ],
)
def test_what_people_do_all_day_is_done(actions: tuple[Action, ...]) -> None:
    """Forms, fields that are written anew, documents, commands, in a window that is no terminal and in one."""
    assert not any(refused(actions, terminal=False)), refused(actions, terminal=False)


def test_an_expression_is_refused_where_what_it_needs_could_stand_there() -> None:
    """Not where a form holds nothing of it; where nobody knows what it needs, whatever is typed on."""
    form = (HERE, type_("Ada"), press("tab"), type_("Lovelace"))
    assert not any(refused(form, r"rm\s+-rf", "*sudo *x*", "pass(word|phrase)"))
    assert refused((type_("-rf"), HERE, type_("rm ")), r"rm\s+-rf")[-1]
    assert refused(form, r"[0-9]{16}|x")[-1]


def test_what_is_too_much_to_be_judged_is_refused_whole() -> None:
    """Safety sentence: it is not judged in part."""
    long = type_("a\t" * 2000)
    assert "too many" in refused((long,), *(f"no{n}" for n in range(128)))[0]
