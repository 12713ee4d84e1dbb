"""The terminal of a machine: sessions that stay, output that is bounded, and nothing that is left running."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coasty_desk.machines.command import CommandError
from coasty_desk.machines.terminal_commands import SESSIONS, TERMINAL_COMMANDS, MachineTerminal
from tests.machines.worlds import INSIDE, Tool, soon, walled, walls_work, world


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home for a machine's user."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(params=["open", "walled"])
def terminal(request: pytest.FixtureRequest, home: Path) -> Iterator[Tool]:
    """One without walls, and one whose programs see little else than their home."""
    if request.param == "walled" and not walls_work():
        pytest.skip("bubblewrap may make no namespaces here")
    tool = MachineTerminal(walled(home) if request.param == "walled" else world(home, confined=False))
    yield Tool(tool, TERMINAL_COMMANDS)
    tool.close()


@pytest.fixture
def plain(home: Path) -> Iterator[Tool]:
    """One without walls, where it makes no difference."""
    tool = MachineTerminal(world(home, confined=False))
    yield Tool(tool, TERMINAL_COMMANDS)
    tool.close()


def processes(word: str) -> list[int]:
    """Those that have the word in their command line."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - numbers
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if word.encode() in line and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def test_a_session_keeps_its_folder_and_its_variables(terminal: Tool, home: Path) -> None:
    """And functions and options, as a person's shell does; another session has its own."""
    (home / "a b").mkdir()
    first = terminal("terminal_execute", command="cd 'a b'\nX=1; export Y='2 3'; f() { echo \"f $X\"; }")
    assert (first["output"], first["exit_code"], first["new_session"]) == ("", 0, True)
    second = terminal("terminal_execute", command='f; echo "$Y" >&2; pwd; declare -A m=([k]=v)')
    assert second["output"].splitlines() == ["f 1", "2 3", second["cwd"]]
    assert second["cwd"].endswith("/a b")
    assert second["new_session"] is False
    assert terminal("terminal_execute", command="echo ${m[k]}")["output"] == "v\n"
    other = terminal("terminal_execute", command="echo $X; pwd", session_id="other")
    assert other["output"] == f"\n{other['cwd']}\n"
    assert other["cwd"] != second["cwd"]


def test_exit_codes_and_both_outputs_in_their_order(plain: Tool) -> None:
    """A command that fails was carried out all the same: its exit code is what it says."""
    told = plain("terminal_execute", command="echo 1; echo 2 >&2; echo 3; (exit 7)")
    assert (told["output"], told["exit_code"], told["truncated"]) == ("1\n2\n3\n", 7, False)
    assert plain("terminal_execute", command="no-such-command")["exit_code"] == 127
    broken = plain("terminal_execute", command="echo 'open")
    assert broken["exit_code"] != 0
    assert "unexpected EOF" in broken["output"]
    assert plain("terminal_execute", command="break; continue; return 3; echo on")["output"].endswith("on\n")
    assert plain("terminal_execute", command="kill -9 $BASHPID &\nwait; echo here")["output"].endswith("here\n")


def test_output_is_cut_in_the_middle_and_says_so(plain: Tool) -> None:
    """5000 characters at most, whatever it is."""
    told = plain("terminal_execute", command="seq 1 100000")
    assert len(told["output"]) <= 5000
    assert told["output"].startswith("1\n2\n")
    assert told["output"].endswith("99999\n100000\n")
    assert (told["truncated"], told["output_characters"]) == (True, 588895)
    assert "characters left out" in told["output"]
    whole = plain("terminal_execute", command="printf 'ü%.0s' {1..5000}")
    assert (whole["output"], whole["truncated"]) == ("ü" * 5000, False)


def test_bytes_that_are_no_text_are_told_as_such(plain: Tool) -> None:
    """And do not harm what comes after them."""
    told = plain(
        "terminal_execute", command=r"printf 'a\xff\xc3\x00\x1b[31mb'; head -c 100000 /dev/urandom | tail -c 10 | wc -c"
    )
    assert told["output"] == "a\ufffd\ufffd\0\x1b[31mb10\n"
    assert plain("terminal_execute", command="head -c 300000 /dev/urandom")["exit_code"] == 0
    assert plain("terminal_execute", command="echo ü")["output"].endswith("ü\n")


def test_output_is_not_taken_for_the_end_of_a_command(plain: Tool) -> None:
    """Not from what it starts, and not from what writes into every descriptor that there is."""
    forged = "for n in {0..255}; do printf '%s 0 /forged\\0' 0123456789abcdef >&$n; done 2>/dev/null; "
    told = plain("terminal_execute", command=f"{forged} ls /proc/self/fd >/dev/null; sleep 0.3; echo end; (exit 5)")
    assert (told["exit_code"], told["output"][-4:]) == (5, "end\n")
    assert told["cwd"] != "/forged"
    held = plain("terminal_execute", command="bash -c 'for each in /proc/$$/fd/*; do readlink $each; done'")
    pipes = {line for line in held["output"].splitlines() if line.startswith("pipe")}
    assert len(pipes) == 1  # its output, and no way to the shell's own words


def test_what_reads_gets_its_end_at_once(plain: Tool) -> None:
    """There is nobody to type, and no terminal."""
    told = plain("terminal_execute", command="cat; read x; echo $?; python3 -c 'input()' 2>&1 | tail -1; tty")
    assert told["output"].splitlines() == ["1", "EOFError: EOF when reading a line", "not a tty"]


def test_a_command_of_the_longest_kind(plain: Tool) -> None:
    """8192 characters arrive as they are, quotes and all."""
    text = "'\\ü$(" * 1634
    command = f"cat <<'END'\n{text}\nEND"
    assert len(command) > 8180
    told = plain("terminal_execute", command=f"{command}")
    assert told["output_characters"] == len(text) + 1
    with pytest.raises(CommandError, match="NUL"):
        plain("terminal_execute", command="echo a\0b")
    with pytest.raises(CommandError, match="half a character"):
        plain("terminal_execute", command="echo \ud800")


def test_a_time_out_kills_all_and_the_session_begins_anew(terminal: Tool, home: Path) -> None:
    """What ignores signals, has left its group or its parent too; and the rest of the line is never done."""
    (home / "d").mkdir()
    terminal("terminal_execute", command="cd d; X=1; sleep 4242 &")
    line = (
        "trap '' INT TERM HUP; (setsid sleep 4243 &); nohup sleep 4244 >/dev/null & echo begun; sleep 4245; touch done"
    )
    with pytest.raises(CommandError, match="had not ended in time") as cut:
        terminal("terminal_execute", 4.0, command=line)
    assert cut.value.result is not None
    assert (cut.value.result["output"], cut.value.result["timed_out"]) == ("begun\n", True)
    assert soon(lambda: not processes("sleep\x00424"))
    after = terminal("terminal_execute", command='echo "<$X>"; pwd; ls')
    assert after["new_session"] is True
    assert after["output"].splitlines() == ["<>", after["cwd"]]
    assert after["cwd"].endswith("/d")


def test_endless_output_is_cut_off_in_time(plain: Tool) -> None:
    """And held nowhere: a builtin that never ends, too."""
    for command in ("yes endless-4270", "while :; do :; done", "while :; do echo ü; done"):
        with pytest.raises(CommandError, match="in time"):
            plain("terminal_execute", 1.0, command=command)
    assert soon(lambda: not processes("endless-4270"))


def test_the_background_goes_on_and_is_read_later(terminal: Tool) -> None:
    """A command does not wait for what it has put there; ending the session ends it."""
    begun = terminal("terminal_execute", command="(while :; do sleep 0.05; echo tick; done) & sleep 4250 & echo on")
    assert begun["output"].endswith("on\n")
    assert soon(lambda: terminal("terminal_read")["output"].count("tick") >= 3)
    assert terminal("terminal_read")["running"] is False
    assert terminal("terminal_clear")["cleared"] is True
    assert terminal("terminal_read")["output_characters"] < 100
    assert terminal("terminal_close")["closed"] is True
    assert soon(lambda: not processes("sleep\x004250"))
    assert terminal("terminal_close")["closed"] is False
    with pytest.raises(CommandError, match="no terminal session"):
        terminal("terminal_read")


def test_much_output_of_the_background_holds_nothing_up(plain: Tool) -> None:
    """It is taken in as it comes, also while no command runs."""
    plain("terminal_execute", command="(seq 1 300000; echo all of it) & :")
    assert soon(lambda: plain("terminal_read")["output"].endswith("all of it\n"))


@pytest.mark.parametrize(
    ("command", "code"), [("exit 3", 3), ("kill -9 $$", -9), ("exec true", 0), ("set -e; false", 1)]
)
def test_a_shell_that_ends_is_told_and_replaced(plain: Tool, command: str, code: int) -> None:
    """The next command has a new one, in the same folder."""
    plain("terminal_execute", command="mkdir -p d; cd d")
    told = plain("terminal_execute", command=f"echo bye; {command}")
    assert (told["output"], told["exit_code"], told["session_ended"]) == ("bye\n", code, True)
    after = plain("terminal_execute", command="pwd")
    assert (after["new_session"], after["output"][-3:]) == (True, "/d\n")


def test_sessions_are_opened_and_bounded(plain: Tool, home: Path) -> None:
    """In the folder that is asked for; what is none is told, and nothing is done."""
    (home / "w").mkdir()
    first = plain("terminal_connect", cwd="w")
    assert (first["cwd"], first["shell"], first["new_session"]) == (f"{home}/w", "bash", True)
    again = plain("terminal_connect", sessionId=first["session_id"])
    assert (again["session_id"], again["new_session"]) == (first["session_id"], False)
    assert plain("terminal_execute", command="pwd", cwd="/", session_id=first["session_id"])["output"] == "/\n"
    with pytest.raises(CommandError, match=r"cannot go to that folder.*No such file"):
        plain("terminal_execute", command="touch x", cwd="no/such", session_id=first["session_id"])
    assert not list(home.rglob("x"))
    for _ in range(SESSIONS - 1):
        plain("terminal_connect")
    with pytest.raises(CommandError, match="as many as may be"):
        plain("terminal_connect")
    assert plain("terminal_execute", command="echo on", session_id=first["session_id"])["output"] == "on\n"


def test_two_sessions_work_at_once_and_one_by_one(plain: Tool, home: Path) -> None:
    """A second command waits for the first of its session, and is told where that takes too long."""
    waits = "until [ -e go ]; do sleep 0.05; done; echo slow"
    slow = threading.Thread(target=plain, args=("terminal_execute",), kwargs={"command": waits})
    slow.start()
    assert soon(lambda: plain("terminal_connect", session_id="default")["new_session"] is False)
    assert soon(lambda: plain("terminal_read")["running"])
    assert plain("terminal_execute", command="echo quick", session_id="b")["output"] == "quick\n"
    with pytest.raises(CommandError, match="still under way"):
        plain("terminal_execute", 0.1, command="echo never")
    (home / "go").touch()
    assert plain("terminal_execute", command="echo then")["output"] == "then\n"
    slow.join()


def _children() -> set[str]:
    """Processes of this one's main thread."""
    return set(Path(f"/proc/self/task/{threading.main_thread().native_id}/children").read_text().split())


def test_everything_ends_with_the_tool(home: Path) -> None:
    """A command under way, what is in the background, and no zombie is left."""
    earlier = _children()
    tool = MachineTerminal(world(home, confined=False))
    terminal = Tool(tool, TERMINAL_COMMANDS)
    terminal("terminal_execute", command="sleep 4260 & (setsid sleep 4261 &)", session_id="a")
    told: list[object] = []
    under_way = threading.Thread(target=lambda: told.append(terminal("terminal_execute", command="sleep 4262")))
    under_way.start()
    assert soon(lambda: processes("sleep\x004262"))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    tool.close()
    under_way.join(20)
    assert told[0]["session_ended"] is True  # type: ignore[index] # it is the answer
    assert soon(lambda: not processes("sleep\x00426"))
    assert not _children() - earlier
    assert len(os.listdir("/proc/self/fd")) < before  # noqa: PTH208 - as above
    with pytest.raises(CommandError, match="closed"):
        terminal("terminal_execute", command="true")


def test_what_a_killed_worker_left_running_is_ended_by_the_next(home: Path) -> None:
    """Of the same machine's terminal, and nothing else."""
    left = """
import os, sys
from pathlib import Path
from coasty_desk.machines.terminal_commands import *
from tests.machines.worlds import world
tool = MachineTerminal(world(Path(sys.argv[1]), confined=False))
tool.execute(TerminalExecute("(setsid sleep 4280 &) ; sleep 4281 & :"), 20)
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", left, str(home)], check=False).returncode == 9
    other = subprocess.Popen(["sleep", "4282"])
    assert soon(lambda: processes("sleep\x004280") and processes("sleep\x004281"))
    MachineTerminal(world(home, confined=False)).close()
    assert soon(lambda: not processes("sleep\x00428" + "0") and not processes("sleep\x004281"))
    assert processes("sleep\x004282")
    other.kill()
    other.wait()


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=300))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_command_arrives_as_it_was_sent(plain: Tool, text: str) -> None:
    """Whatever is in it."""
    told = plain("terminal_execute", command=f"cat <<'THE END'\n{text}\nTHE END")
    assert (told["output"], told["exit_code"]) == (f"{text}\n", 0)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("(((", None),
        ("echo a \\", 0),
        ("# nothing", 0),
        ("cat <<X\nno end", None),
        ("printf() { echo mine; }; echo() { builtin echo mine; }", 0),
        ("IFS=0123456789; (exit 11)", 11),
        ("unset PWD; cd /", 0),
        ("exec 7>&1; exec 2>&1", 0),
        ("shopt -s extglob nullglob; set -f", 0),
        ("trap 'echo out' EXIT; trap '' INT", 0),
        ("PS1=x; PROMPT_COMMAND='echo y'; set -o vi", 0),
    ],
)
def test_a_shell_goes_on_after_anything(plain: Tool, command: str, code: int | None) -> None:
    """In the same session."""
    told = plain("terminal_execute", command=command)
    assert code is None or told["exit_code"] == code
    after = plain("terminal_execute", command="command pwd >/dev/null; builtin echo on")
    assert (after["output"], after["exit_code"], after["new_session"]) == ("on\n", 0, False)


def test_behind_walls_nothing_outside_is_seen(home: Path) -> None:
    """The folder is told as the machine sees it."""
    if not walls_work():
        pytest.skip("bubblewrap may make no namespaces here")
    (home.parent / "secret").write_text("secret")
    tool = MachineTerminal(walled(home))
    terminal = Tool(tool, TERMINAL_COMMANDS)
    told = terminal(
        "terminal_execute", command=f"pwd; cat {home.parent}/secret; cd sub || mkdir sub && cd sub; ps ax | wc -l"
    )
    assert told["output"].splitlines()[0] == INSIDE
    assert "secret\n" not in told["output"].replace("/secret", "")
    assert told["cwd"] == f"{INSIDE}/sub"
    tool.close()


def test_an_empty_name_or_folder_is_none(terminal: Tool) -> None:
    """As programs send them that mean none: the usual session, where it is."""
    terminal("terminal_execute", command="cd /usr", session_id="")
    assert terminal("terminal_execute", command="pwd", cwd="")["output"] == "/usr\n"
    assert terminal("terminal_read", session_id="")["session_id"] == "default"
    assert terminal("terminal_close", session_id="")["closed"]
    assert terminal("terminal_connect", session_id="", cwd="")["session_id"].startswith("term_")


def test_a_time_out_by_its_other_name_is_in_milliseconds_too(plain: Tool) -> None:
    """As a published tool tells models to send it; what can only be seconds is refused, and not taken for milliseconds."""
    assert plain("terminal_execute", command="echo here", timeout=5000)["output"] == "here\n"
    with pytest.raises(msgspec.ValidationError, match="timeout_ms"):
        plain("terminal_execute", command="echo here", timeout=5)
