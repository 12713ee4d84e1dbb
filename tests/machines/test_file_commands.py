"""The files of a machine: what is read and written, and that no path leads where it may not."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coasty_desk.machines.browser_profile import PROFILE
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.file_commands import FILE_COMMANDS, MachineFiles
from tests.machines.worlds import INSIDE, Tool, world

SECRET = b"nobody inside may have this"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home, beside a secret that is outside of it."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def files(home: Path) -> Tool:
    """The files of a confined world."""
    return Tool(MachineFiles(world(home)), FILE_COMMANDS)


@pytest.fixture
def desktop(home: Path) -> Tool:
    """The files of this desktop, where our own data may not be reached."""
    own = home.parent / "own"
    own.mkdir()
    (own / "keys.db").write_bytes(SECRET)
    return Tool(
        MachineFiles(world(home, confined=False, denied=(own, home / ".config" / "coasty-desk"))), FILE_COMMANDS
    )


def test_what_is_written_is_read_again(files: Tool, home: Path) -> None:
    """By a path as the machine sees it, relative to the home, or with a tilde; missing folders are made."""
    written = files("file_write", path=f"{INSIDE}/a/b/ü.txt", content="grün\n")
    assert written == {"path": f"{INSIDE}/a/b/ü.txt", "bytes_written": 6, "size": 6, "created": True}
    for path in ("a/b/ü.txt", "~/a/b/ü.txt", "./a//b/../b/ü.txt", f"{INSIDE}/a/b/ü.txt"):
        read = files("file_read", path=path)
        assert (read["path"], read["content"], read["encoding"]) == (f"{INSIDE}/a/b/ü.txt", "grün\n", "utf-8")
    assert (home / "a/b/ü.txt").read_text("utf-8") == "grün\n"
    assert files("file_exists", path="a/b/ü.txt")["type"] == "file"
    assert files("file_exists", path="a/b")["type"] == "directory"
    assert files("file_exists", path="a/c/d")["exists"] is False


def test_other_names_of_parameters_are_understood(files: Tool) -> None:
    """As clients of the service send them; what is no parameter at all is told."""
    files("file_write", filepath="x", content="one two", encoding="utf-8", overwrite=None)
    files("file_edit", filepath="x", find="two", replace="three")
    assert files("file_read", path="x", limit=3.0, offset=4.0)["content"] == "thr"
    assert [entry["name"] for entry in files("directory_list", dirpath=".")["entries"]] == ["x"]
    with pytest.raises(msgspec.ValidationError):
        files("file_read", path="x", ofset=3)
    with pytest.raises(msgspec.ValidationError):
        files("file_read", path="x", limit="3")


def test_bytes_go_both_ways(files: Tool) -> None:
    """As base64: what is no text is said to be none, and never guessed at."""
    content = bytes(range(256)) * 100
    files("file_write", path="b", content=base64.b64encode(content).decode(), encoding="base64")
    read = files("file_read", path="b")
    assert (read["encoding"], read["size"], read["truncated"]) == ("base64", len(content), False)
    assert base64.b64decode(read["content"]) == content
    assert base64.b64decode(files("file_download", path="b", offset=10, limit=5)["content_b64"]) == content[10:15]
    with pytest.raises(CommandError, match="no text in UTF-8"):
        files("file_read", path="b", encoding="utf-8")
    with pytest.raises(CommandError, match="no base64"):
        files("file_write", path="b", content="*", encoding="base64")
    assert files("file_read", path="b")["size"] == len(content)


@given(text=st.text(max_size=60), limit=st.integers(1, 9))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_read_whole_by_its_parts(files: Tool, text: str, limit: int) -> None:
    """Each part says where the next begins; no character is cut in two where it is text."""
    files("file_write", path="parts", content=text)
    offset: int | None = 0
    found = b""
    while offset is not None:
        part = files("file_read", path="parts", offset=offset, limit=limit)
        found += part["content"].encode() if part["encoding"] == "utf-8" else base64.b64decode(part["content"])
        assert part["bytes"] > 0 or not text
        offset = part["next_offset"]
    assert found.decode() == text


def test_lines_are_read_by_their_numbers(files: Tool) -> None:
    """Counted from one, both ends included."""
    files("file_write", path="l", content="1\r\n2\n3\n4")
    assert files("file_read", path="l", start_line=2, end_line=3)["content"] == "2\n3\n"
    assert files("file_read", path="l", start_line=4)["content"] == "4"
    assert files("file_read", path="l", end_line=1)["content"] == "1\r\n"
    assert files("file_read", path="l", start_line=9)["content"] == ""
    assert files("file_read", path="l", start_line=9)["total_lines"] == 4
    with pytest.raises(CommandError, match="not by both"):
        files("file_read", path="l", start_line=1, limit=3)


def test_a_large_file_is_read_in_pieces(files: Tool, home: Path) -> None:
    """Its size is told; the whole is refused, whatever is behind it."""
    with (home / "large").open("wb") as file:
        file.truncate(60_000_000_000)
    with pytest.raises(CommandError, match="60,000,000,000 bytes") as refused:
        files("file_read", path="large")
    assert refused.value.result == {"path": f"{INSIDE}/large", "size": 60_000_000_000}
    part = files("file_read", path="large", offset=59_999_999_999, limit=10)
    assert (part["content"], part["encoding"], part["truncated"]) == ("AA==", "base64", False)


def test_zeros_are_no_text(files: Tool, home: Path) -> None:
    """As text each would be six characters of JSON: 50 MB of them come whole; who wants text gets it all the same."""
    (home / "zeros").write_bytes(bytes(50_000_000))
    read = files("file_read", path="zeros")
    assert (read["encoding"], len(base64.b64decode(read["content"]))) == ("base64", 50_000_000)
    (home / "few").write_bytes(b"a\0b")
    assert files("file_read", path="few")["encoding"] == "base64"
    assert files("file_read", path="few", encoding="utf-8")["content"] == "a\0b"


def test_a_text_is_edited_where_it_is_the_only_one(files: Tool, home: Path) -> None:
    """Else nothing is changed; overlapping places count."""
    files("file_write", path="e", content="aaa b c b")
    (home / "e").chmod(0o750)
    for old, why in (("x", "not in"), ("b", "more than once"), ("aa", "more than once")):
        with pytest.raises(CommandError, match=why):
            files("file_edit", path="e", old_text=old, new_text="?")
    assert files("file_edit", path="e", old_text=" c ", new_text=" ü ")["replacements"] == 1
    assert files("file_edit", path="e", old_text="b", new_text="", replace_all=True)["replacements"] == 2
    assert files("file_read", path="e")["content"] == "aaa  ü "
    assert (home / "e").stat().st_mode & 0o777 == 0o750


def test_append_and_delete(files: Tool, home: Path) -> None:
    """A link is deleted and not what it leads to; a folder only if it is said to be one."""
    files("file_append", path="log", content="1")
    assert files("file_append", path="log", content="2") == {
        "path": f"{INSIDE}/log",
        "bytes_written": 1,
        "size": 2,
        "created": False,
    }
    (home / "link").symlink_to("log")
    files("file_append", path="link", content="3")
    assert files("file_delete", path="link")["deleted"] is True
    assert (home / "log").read_text() == "123"
    files("file_write", path="d/e/f", content="")
    (home / "d" / "out").symlink_to(home.parent)
    with pytest.raises(CommandError, match="is a directory"):
        files("file_delete", path="d")
    with pytest.raises(CommandError, match=r"not empty. `recursive`"):
        files("directory_delete", path="d")
    assert files("directory_delete", path="d", recursive=True)["deleted_count"] == 4
    assert (home.parent / "secret").read_bytes() == SECRET
    for path in (".", "~", INSIDE, "d/.."):
        with pytest.raises(CommandError):
            files("directory_delete", path=path, recursive=True)
    with pytest.raises(CommandError, match="There is no"):
        files("file_delete", path="gone")
    assert home.is_dir()


def test_downloads_are_listed_the_newest_first(files: Tool, home: Path) -> None:
    """Those under way are said to be; without the folder there are none."""
    assert files("file_list_downloads") == {"path": f"{INSIDE}/Downloads", "downloads": [], "count": 0}
    (home / "Downloads").mkdir()
    for age, name in enumerate(("new.pdf", "half.crdownload", "old.txt")):
        (home / "Downloads" / name).write_text(name)
        os.utime(home / "Downloads" / name, (1e9 - age, 1e9 - age))
    found = files("file_list_downloads")["downloads"]
    assert [(one["name"], one["complete"]) for one in found] == [
        ("new.pdf", True),
        ("half.crdownload", False),
        ("old.txt", True),
    ]


def test_a_folder_is_listed_in_pages(files: Tool, home: Path) -> None:
    """Whatever the names are made of; what is in it is not opened."""
    for number in range(5):
        (home / f"{number}").write_text("")
    Path(os.fsdecode(os.fsencode(home) + b"/\xff")).write_text("")
    os.mkfifo(home / "pipe")
    listed = files("directory_list", offset=4, limit=2)
    assert [entry["name"] for entry in listed["entries"]] == ["4", "pipe"]
    assert (listed["count"], listed["total"], listed["truncated"]) == (2, 7, True)
    assert msgspec.json.encode(files("directory_list"))


OUT = [
    "..",
    "../secret",
    "a/../../secret",
    "/",
    "/etc/passwd",
    "/proc/self/environ",
    "/home/user2/x",
    f"{INSIDE}/../user/../secret",
    "absolute",
    "absolute_folder/secret",
    "up",
    "up_folder/secret",
    "chain",
    "in/up",
    "magic",
    "magic_root/etc/passwd",
    "other_name",
]


@pytest.fixture
def traps(home: Path) -> None:
    """Every kind of link that leads out of the home."""
    (home / "in").mkdir()
    for name, target in {
        "absolute": str(home.parent / "secret"),
        "absolute_folder": str(home.parent),
        "up": "../secret",
        "up_folder": "in/../..",
        "chain": "chain2",
        "chain2": "in/chain3",
        "in/chain3": "../../secret",
        "in/up": "../../secret",
        "magic": "/proc/self/environ",
        "magic_root": "/proc/self/root",
        "round": "round",
    }.items():
        (home / name).symlink_to(target)
    os.link(home.parent / "secret", home / "other_name")


@pytest.mark.usefixtures("traps")
@pytest.mark.parametrize("path", OUT)
def test_no_path_leads_out_of_a_confined_home(files: Tool, home: Path, path: str) -> None:
    """Not by any command, and the answer says that it is so in words."""
    before = sorted(home.parent.iterdir())
    for name, parameters in {
        "file_read": {},
        "file_download": {},
        "file_edit": {"old_text": "nobody", "new_text": "everybody"},
        "file_append": {"content": "x"},
    }.items():
        with pytest.raises(CommandError, match=r"out of the machine's home|another name|no plain file|There is no"):
            files(name, path=path, **parameters)
    for name in ("directory_list", "file_list_downloads"):
        with pytest.raises(CommandError):
            files(name, path=path)
    if path != "other_name":  # which is no way out where only the name itself is changed
        with pytest.raises(CommandError):
            files("file_write", path=path, content="x")
        with pytest.raises(CommandError):
            files("file_exists", path=path)
    assert (home.parent / "secret").read_bytes() == SECRET
    assert sorted(home.parent.iterdir()) == before


@pytest.mark.usefixtures("traps")
def test_links_within_the_home_are_followed(files: Tool, home: Path) -> None:
    """Also those that are written as the machine's programs see the home; one that leads to itself is said to."""
    (home / "in" / "file").write_text("here")
    (home / "to").symlink_to(f"{INSIDE}/in")
    (home / "back").symlink_to("in/../in/file")
    assert files("file_read", path="to/file")["content"] == files("file_read", path="back")["content"] == "here"
    files("file_write", path="back", content="there")
    assert (home / "in" / "file").read_text() == "there"
    assert (home / "back").is_symlink()
    os.link(home / "in" / "file", home / "second")
    assert files("file_read", path="second")["content"] == "there"
    with pytest.raises(CommandError, match="leads to itself"):
        files("file_read", path="round")


def test_its_own_tmp_is_the_machine_s_too(home: Path) -> None:
    """Written and read there by that path; nothing leads on from there but into the home, and the way to its display stays."""
    temporary = home.parent / "temporary"
    (temporary / ".X11-unix").mkdir(parents=True)
    (temporary / ".X11-unix" / "X7").write_text("the way to its display")
    files = Tool(MachineFiles(world(home, temporary=temporary)), FILE_COMMANDS)
    written = files("file_write", path="/tmp/a/b.txt", content="for now")
    assert written["path"] == "/tmp/a/b.txt"
    assert (temporary / "a" / "b.txt").read_text() == "for now"
    os.link(temporary / "a" / "b.txt", temporary / "second")
    assert files("file_read", path="/tmp/second")["content"] == "for now"
    (home / "to").symlink_to("/tmp/a/b.txt")
    (temporary / "back").symlink_to(f"{INSIDE}/to")
    for path in ("to", "/tmp/back", "/tmp/./a/../back", f"{INSIDE}/to"):
        assert files("file_read", path=path)["content"] == "for now"
    assert {entry["name"] for entry in files("directory_list", path="/tmp")["entries"]} >= {"a", "second", "back"}
    (temporary / "out").symlink_to("/etc/hostname")
    (temporary / "up").symlink_to("../secret")
    (temporary / "in" / "deep").mkdir(parents=True)
    (temporary / "in" / "deep" / "chain").symlink_to("../../up")
    (temporary / "magic").symlink_to("/proc/self/root")
    (temporary / "to_secret").symlink_to(home.parent / "secret")  # of which it has none: that /tmp is this computer's
    os.link(home.parent / "secret", temporary / "other")
    for path in (
        *("/tmp/out", "/tmp/up", "/tmp/in/deep/chain", "/tmp/magic/etc/hostname", "/tmp/to_secret", "/tmp/other"),
        *("/tmp/../secret", "/tmp/..", "/tmp/in/../../secret", "/tmpx", "tmp/../../secret", "/var/tmp/x", "/"),
    ):
        with pytest.raises(CommandError, match=r"out of the machine's home|another name|There is no file"):
            files("file_read", path=path)
        with pytest.raises(CommandError):
            files("file_edit", path=path, old_text="nobody", new_text="everybody")
    assert (home.parent / "secret").read_bytes() == SECRET
    for name, path in (
        ("file_read", "/tmp/.X11-unix/X7"),
        ("file_delete", "/tmp/.X11-unix/X7"),
        ("directory_delete", "/tmp/.X11-unix"),
        ("directory_list", "/tmp/a/../.X11-unix"),
        ("directory_delete", "/tmp"),
        ("directory_delete", "/tmp/a/.."),
    ):
        with pytest.raises(CommandError, match=r"may not be reached|not deleted"):
            files(name, path=path, **({"recursive": True} if name == "directory_delete" else {}))
    assert (temporary / ".X11-unix" / "X7").exists()
    files("directory_delete", path="/tmp/a", recursive=True)
    assert not (temporary / "a").exists()
    with pytest.raises(CommandError, match=f"begin with {INSIDE} or /tmp"):
        files("file_read", path="/etc/hostname")


PART = st.sampled_from(
    ["..", ".", "", "in", "up", "up_folder", "to", "magic_root", "absolute_folder", "secret", "x", "~"]
)


@pytest.mark.usefixtures("traps")
@given(parts=st.lists(PART, min_size=1, max_size=9), absolute=st.sampled_from(["", "/", f"{INSIDE}/"]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_path_of_any_parts_stays_within(files: Tool, home: Path, parts: list[str], absolute: str) -> None:
    """A law: what is answered is in the home, and the secret is never in it; whatever is written, nothing outside changes."""
    if not (home / "to").is_symlink():
        (home / "to").symlink_to(f"{INSIDE}/in")
    path = absolute + "/".join(parts)
    outside = {one.name for one in home.parent.iterdir()}
    for name, parameters in (
        ("file_exists", {}),
        ("file_read", {}),
        ("directory_list", {}),
        ("file_write", {"content": "w"}),
    ):
        try:
            told = files(name, path=path, **parameters) if path else {"path": INSIDE}
        except CommandError:
            continue
        assert not told.get("exists", True) or told["path"] == INSIDE or told["path"].startswith(f"{INSIDE}/")
        assert SECRET.decode() not in str(told)
    assert {one.name for one in home.parent.iterdir()} == outside
    assert (home.parent / "secret").read_bytes() == SECRET


def test_a_race_for_a_folder_is_lost(files: Tool, home: Path) -> None:
    """While a folder becomes a link and a folder again, what is outside is neither read nor written."""
    (home / "f").mkdir()
    (home / "f" / "secret").write_text("own")
    (home / "way_out").symlink_to("..")
    done = threading.Event()

    def exchange() -> None:
        while not done.is_set():
            (home / "f").rename(home / "g")
            (home / "way_out").rename(home / "f")
            (home / "f").rename(home / "way_out")
            (home / "g").rename(home / "f")

    exchanging = threading.Thread(target=exchange)
    exchanging.start()
    try:
        for _ in range(1500):
            for name, parameters in (("file_read", {}), ("file_edit", {"old_text": "nobody", "new_text": "!"})):
                try:
                    told = files(name, path="f/secret", **parameters)
                except CommandError:
                    continue
                assert SECRET.decode() not in str(told)
    finally:
        done.set()
        exchanging.join()
    assert (home.parent / "secret").read_bytes() == SECRET


def test_what_is_no_plain_file_is_not_opened(files: Tool, home: Path) -> None:
    """A pipe without a writer would hold whoever opens it; a socket and a folder are no files either."""
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "socket"))
    for name in ("pipe", "socket", "."):
        for command, parameters in (
            ("file_read", {}),
            ("file_write", {"content": ""}),
            ("file_append", {"content": ""}),
        ):
            with pytest.raises(CommandError, match="no plain file"):
                files(command, path=name, **parameters)
    assert files("file_delete", path="pipe")["deleted"] is True


@pytest.mark.parametrize("path", ["\0", "a\0b", "\ud800", "a" * 300])
def test_what_is_no_path_is_said_to_be_none(files: Tool, path: str) -> None:
    """In a sentence, not by an error of the language."""
    with pytest.raises(CommandError, match=r"no path|too long"):
        files("file_write", path=path, content="")


def test_our_own_data_is_not_reached_on_the_desktop(desktop: Tool, home: Path) -> None:
    """By its name, a link, a second name, or a part of it that is not there yet; elsewhere any path will do."""
    own = home.parent / "own"
    assert desktop("file_read", path=str(home.parent / "secret"))["content"] == SECRET.decode()
    (home / "way").symlink_to(own)
    (home / "link").symlink_to(own / "keys.db")
    os.link(own / "keys.db", home / "second")
    ways = [
        *(str(own / "keys.db"), f"{home}/../own/keys.db", "way/keys.db", "link", "second", str(own), f"{own}/new"),
        *(f"{home}/.config/coasty-desk/config.toml", f"{home}/{PROFILE}/Default/Cookies"),
        *("/proc/self/environ", "/proc/self/root/etc/passwd", "/dev/null", "/sys/kernel"),
        f"/proc/self/cwd/../../../../../../../../../..{own}/keys.db",
    ]
    for path in ways:
        for name, parameters in (
            ("file_read", {}),
            ("file_append", {"content": "x"}),
            ("file_write", {"content": "x"}),
        ):
            with pytest.raises(CommandError, match=r"may not be reached|There is no"):
                desktop(name, path=path, **parameters)
    for folder in (home, home.parent, own, Path("/")):
        with pytest.raises(CommandError):
            desktop("directory_delete", path=str(folder), recursive=True)
    assert (own / "keys.db").read_bytes() == SECRET
    assert sorted(one.name for one in own.iterdir()) == ["keys.db"]
    assert not (home / ".config" / "coasty-desk").exists()


def test_changes_at_the_same_time_are_all_made(files: Tool, home: Path) -> None:
    """Programs that edit, append to and write one file side by side: each was told that it is there, and it is."""
    (home / "ledger").write_text("END")

    def program(name: str) -> None:
        for turn in range(40):
            files("file_edit", path="ledger", old_text="END", new_text=f"{name}{turn};END")
            files("file_append", path="ledger", content=f"+{name}{turn};")

    threads = [threading.Thread(target=program, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = (home / "ledger").read_text()
    missing = [f"{sign}{name}{turn};" for name in "abcd" for turn in range(40) for sign in ("", "+")]
    assert [one for one in missing if one not in found] == []


def test_nothing_is_left_open_or_half_written(files: Tool, home: Path) -> None:
    """After errors of every kind."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    for _ in range(50):
        for name, path in (
            ("file_read", "../x"),
            ("file_read", "no/such"),
            ("file_write", "."),
            ("directory_list", "~/q"),
        ):
            with pytest.raises(CommandError):
                files(name, path=path, **({"content": ""} if name == "file_write" else {}))
        files("file_write", path="w", content="x" * 1000)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above
    assert [one.name for one in home.iterdir()] == ["w"]


@pytest.fixture(autouse=True)
def _room(home: Path) -> Iterator[None]:
    yield
    shutil.rmtree(home, ignore_errors=True)
