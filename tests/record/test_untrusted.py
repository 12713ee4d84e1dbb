"""Record folders as somebody else may have prepared them: nothing blocks, leads elsewhere, or steers the terminal."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coasty_desk import plain_files
from coasty_desk.core.actions import Click, Point, Prediction, Verdict
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.desktop.imaging.crop import Crops
from coasty_desk.record import listing, timeline
from coasty_desk.record.journal import Recorder
from coasty_desk.record.report import html_report, small_pictures
from tests.cli.conftest import Shell, display, service, shell  # noqa: F401 - fixtures
from tests.record.recorded import Slides, desktop, png, record
from tests.stub_service import done

RUN = "20261101-101010-abcdef"
SECRET = "the-words-of-a-file-outside"


class Record:
    """A run's folder in a person's data, and a folder outside of it that is nobody's business."""

    def __init__(self, data: Path, outside: Path) -> None:
        self.runs = data / "runs"
        self.folder = self.runs / RUN
        self.outside = outside
        outside.mkdir()
        (outside / "secret").write_text(SECRET)
        (outside / "picture.png").write_bytes(png(desktop([(9, 9, "x")], (64, 48), "#ff00ff")))
        click = Prediction(Verdict.CONTINUE, (Click(Point(640, 360)),), "There is the button.")
        record(self.folder, [click, click], Slides([desktop([(640, 360, "Go")])]))
        self.journal = self.folder / "journal.jsonl"

    def cut_off(self) -> None:
        """Take its ending away, as a kill does."""
        lines = self.journal.read_text().splitlines()
        self.journal.write_text("\n".join(line for line in lines if '"run_ended"' not in line) + "\n")

    @property
    def untouched(self) -> bool:
        """Whether what lies outside is as it was."""
        names = {"secret", "picture.png", "empty"}
        return (self.outside / "secret").read_text() == SECRET and {
            path.name for path in self.outside.iterdir()
        } <= names


@pytest.fixture
def kept(shell: Shell) -> Record:  # noqa: F811 - the fixture
    """In the shell's home."""
    return Record(shell.data, shell.home / "outside")


def _instead(name: str, make: Callable[[Path, Record], None]) -> Callable[[Record], None]:
    def put(kept: Record) -> None:
        path = kept.folder / name
        if path.is_dir():
            path.rename(kept.outside.parent / "moved")
        else:
            path.unlink(missing_ok=True)
        make(path, kept)

    return put


def _link(target: str) -> Callable[[Path, Record], None]:
    return lambda path, kept: path.symlink_to(target.replace("OUTSIDE", str(kept.outside)))


def _pipe(path: Path, _kept: Record) -> None:
    os.mkfifo(path)


def _folder(path: Path, _kept: Record) -> None:
    path.mkdir()


def _add(line: bytes) -> Callable[[Record], None]:
    def add(kept: Record) -> None:
        with kept.journal.open("ab") as journal:
            journal.write(line)

    return add


def _bomb(path: Path, _kept: Record) -> None:
    """A picture of 3,600 million pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (60_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9)))


def _nothing(_kept: Record) -> None:
    """As it was recorded."""


def _linked_whole(kept: Record) -> None:
    elsewhere = kept.outside.parent / "elsewhere"
    kept.folder.rename(elsewhere)
    kept.folder.symlink_to(elsewhere)


PREPARED: dict[str, Callable[[Record], None]] = {
    "as it was": _nothing,
    "the journal is a pipe": _instead("journal.jsonl", _pipe),
    "the journal is a device": _instead("journal.jsonl", _link("/dev/zero")),
    "the journal is a link": _instead("journal.jsonl", _link("OUTSIDE/secret")),
    "the journal is a folder": _instead("journal.jsonl", _folder),
    "the frames are a link": _instead("frames", _link("OUTSIDE")),
    "a frame is a pipe": _instead("frames/0001.png", _pipe),
    "a frame is a link": _instead("frames/0001.png", _link("OUTSIDE/picture.png")),
    "a frame is a device": _instead("frames/0001.png", _link("/dev/zero")),
    "a frame is a bomb": _instead("frames/0001.png", _bomb),
    "the next frame is a link": _instead("frames/0004.png", _link("OUTSIDE/secret")),
    "the next frame's other name is a link": _instead("frames/.0004.png.half", _link("OUTSIDE/secret")),
    "the lock is a pipe": _instead("lock", _pipe),
    "the lock is a link": _instead("lock", _link("OUTSIDE/secret")),
    "the report is a link": _instead("report.html", _link("OUTSIDE/secret")),
    "a request is a pipe": _instead("request-0004.json", _pipe),
    "a request is a link": _instead("request-0004.json", _link("OUTSIDE/secret")),
    "a request is a folder": _instead("request-0002.json", _folder),
    "a session's request is a pipe": _instead("request-0004-session.json", _pipe),
    "a question's picture is a link": _instead("asked-0001.png", _link("OUTSIDE/secret")),
    "a line nests deeply": _add(b'{"event": "settled", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"),
    "a line nests as deeply as can be read": _add(b'{"event": "settled", "x": ' + b"[" * 900 + b"]" * 900 + b"}\n"),
    "a line is long": _add(b"x" * 40_000_000),
    "a number is long": _add(b'{"event": "settled", "ms": ' + b"9" * 5000 + b"}\n"),
    "the whole is a link": _linked_whole,
}

COMMANDS: dict[str, tuple[str, ...]] = {
    "list --json": ("runs", "list", "--json"),
    "show": ("runs", "show", RUN),
    "show --json": ("runs", "show", RUN, "--json"),
    "report": ("runs", "report", RUN),
    "report --gif": ("runs", "report", RUN, "--gif", "it.gif"),
    "replay": ("replay", RUN, "--dry-run"),
    "resume": ("resume", RUN, "--json"),
    "delete": ("runs", "delete", RUN),
}


OF_PICTURES = ("report --gif", "replay")
"""Those that differ from the others by what they do with the pictures."""


@pytest.mark.parametrize("prepared", PREPARED)
def test_a_prepared_record_holds_and_betrays_nothing(
    shell: Shell,  # noqa: F811 - fixtures
    display: str,  # noqa: F811
    kept: Record,
    prepared: str,
) -> None:
    """Safety sentence: whatever reads a record ends with a sentence, writes nothing outside, and shows nothing from there."""
    PREPARED[prepared](kept)
    for name, command in COMMANDS.items():
        if name in OF_PICTURES and "frame" not in prepared and prepared != "as it was":
            continue
        if name == "resume" and kept.journal.is_file() and not kept.journal.is_symlink():
            kept.cut_off()
        with service(done()) as (_, url):
            result = shell(*command, DISPLAY=display, COASTY_BASE_URL=url)
        assert result.code in {0, 1, 2, 3, 5}, (name, result.err)
        assert "Something went wrong" not in result.err, (name, result.err)
        assert SECRET not in result.out + result.err, name
        assert kept.untouched, name
        if name == "report" and (kept.folder / "report.html").exists():
            page = (kept.folder / "report.html").read_text()
            assert SECRET not in page
            assert page.count("data:image") == (0 if "frames are" in prepared else 2 if "a frame" in prepared else 3)
    if prepared == "as it was":
        assert not kept.folder.exists()


def test_a_run_that_is_taken_up_writes_through_no_link(kept: Record) -> None:
    """Safety sentence: what would be written through is refused before anything is done, and what lies there stays."""
    for name in ("journal.jsonl", "lock", "frames"):
        for target in ("secret", "nothing-there-yet", "."):
            moved = kept.outside.parent / "moved"
            path = kept.folder / name
            if path.exists():
                path.rename(moved)
            path.symlink_to(kept.outside / target)
            with pytest.raises(DesktopError, match="it is a link to somewhere else"):
                Recorder(kept.folder)
            path.unlink()
            if moved.exists():
                moved.rename(path)
            assert kept.untouched
    (kept.folder / "lock").unlink(missing_ok=True)
    os.link(kept.outside / "secret", kept.folder / "lock")
    with pytest.raises(DesktopError, match="has another name as well"):
        Recorder(kept.folder)
    assert kept.untouched


def test_folders_that_no_run_has_made_are_no_runs(kept: Record) -> None:
    """A name with a newline or an escape is shown by nobody, and nothing there is deleted to make room."""
    for name in ("a\nb", "\x1b[2J", "..x", "ü", "a b", "x" * 201):
        (kept.runs / name).mkdir()
        (kept.runs / name / "journal.jsonl").write_bytes(kept.journal.read_bytes())
    assert [one.run_id for one in listing.summaries(kept.runs)] == [RUN]
    assert listing.prune(kept.runs, keep_days=0, keep_mb=0) == [RUN]
    assert len(list(kept.runs.iterdir())) == 6


def test_what_a_record_says_steers_no_terminal(shell: Shell, kept: Record) -> None:  # noqa: F811 - the fixture
    """Safety sentence: in every text of every event, on the terminal and in JSON."""
    evil = "\x1b]0;owned\x07\x9b2J\u202e\x7f"

    def spoiled(value: object) -> object:
        match value:
            case dict():
                return {key: spoiled(each) if key not in ("event", "time", "status", "reason", "answer") else each
                        for key, each in value.items()}  # fmt: skip
            case list():
                return [spoiled(each) for each in value]
            case str() if value not in ("image/png", "click", "left", "continue"):
                return value + evil
        return value

    lines = [spoiled(json.loads(line)) for line in kept.journal.read_text().splitlines()]
    asked = {"event": "asked", "question": evil, "why": evil, "crop": evil, "step": 1, "run_id": RUN,
             "time": "2026-11-01T10:10:10Z"}  # fmt: skip
    kept.journal.write_text("".join(json.dumps(line) + "\n" for line in [lines[0], asked, *lines[1:]]))
    for command in (("list",), ("list", "--json"), ("show", RUN), ("show", RUN, "--json")):
        said = shell("runs", *command)
        assert said.code == 0
        assert not set(evil) - set("]0;owned2J") & set(said.out + said.err), command
    assert "asking" in shell("runs", "show", RUN).out


def test_a_story_of_ever_so_many_events_is_told_in_the_end(kept: Record) -> None:
    """What grows with the square of its length would take hours here."""
    first, looked, *_ = kept.journal.read_text().splitlines()
    settled = (
        '{"event":"retrying","time":"2026-11-01T10:10:10Z","run_id":"x","step":1,"code":"X","delay":1,"attempt":1}'
    )
    kept.journal.write_text("\n".join([first, *[looked] * 30_000, *[settled] * 60_000]) + "\n")
    told = timeline.read(kept.folder)
    assert len(told.steps) == 30_000
    assert len(told.steps[-1].asides) == timeline.MOST_IN_A_STEP


def test_a_report_shows_so_many_pictures_and_no_more(kept: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its steps are told all the same."""
    monkeypatch.setattr(html_report, "MOST_OF_PICTURES", 1)
    page = html_report.html(timeline.read(kept.folder), kept.folder)
    assert page.count("data:image") == 1
    assert "There is no picture of this step." in page


def test_only_screenshots_are_decoded(kept: Record) -> None:
    """Other formats have decoders that start programs."""
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    assert small_pictures.opened(eps) is None
    _bomb(kept.outside / "bomb", kept)
    assert small_pictures.opened((kept.outside / "bomb").read_bytes()) is None


def _modes(folder: Path) -> Iterator[tuple[str, int]]:
    for path in [folder, *folder.rglob("*")]:
        yield str(path.relative_to(folder)), stat.S_IMODE(path.lstat().st_mode) & (0o077 if path == folder else 0o777)


@pytest.mark.parametrize("umask", [0o000, 0o777, 0o277])
def test_what_is_kept_is_its_owners_alone_whatever_the_umask(
    shell: Shell,  # noqa: F811 - fixtures
    display: str,  # noqa: F811
    umask: int,
) -> None:
    """Safety sentence: 0600 and 0700 for a run, its questions' pictures, the report, what it cost, and a run that is taken up."""
    home = shell.home / "fresh"
    home.mkdir()
    before = {path: path.stat().st_mode for path in (home,)}

    def carried_out(*command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "coasty_desk", *command],
            env=shell.environment | {"HOME": str(home), "DISPLAY": display, "COASTY_BASE_URL": url},
            cwd=home,
            umask=umask,
            timeout=60,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    (home / "coasty-desk.toml").write_text("[run]\nyes = false\n")
    with service(done({"action_type": "key_press", "params": {"key": "a"}})) as (_, url):
        carried_out("config", "trust")
        carried_out("run", "--yes", "--confirm", "always", "x")
        folder = next((home / ".local/share/coasty-desk/runs").iterdir())
        journal = folder / "journal.jsonl"
        lines = journal.read_text().splitlines()
        journal.write_text("\n".join(line for line in lines if '"run_ended"' not in line) + "\n")
        for path in (journal, folder / "lock"):
            path.chmod(0o644)
        folder.chmod(0o755)
        carried_out("resume", folder.name, "--yes")
        carried_out("runs", "report", folder.name)
    assert len(journal.read_text().splitlines()) > len(lines)
    assert {path.name for path in folder.iterdir()} >= {"asked-0001.png", "report.html", "frames", "lock"}
    assert {path: path.stat().st_mode for path in (home,)} == before
    for place in (home / ".local/share", home / ".config"):
        wrong = {name: oct(mode) for name, mode in _modes(place) if mode not in (0o600, 0o700, 0)}
        assert wrong == {}


def test_a_run_without_a_record_leaves_nothing_anywhere(
    shell: Shell,  # noqa: F811 - fixtures
    display: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Safety sentence: no picture of a question in the temporary folder, however it ends."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    before = {path for path in shell.home.rglob("*") if path.is_file()}
    script = done({"action_type": "key_press", "params": {"key": "a"}})
    with service(script) as (_, url):
        result = shell("run", "--no-record", "--json", "--yes", "--confirm", "always", "x", DISPLAY=display,
                       COASTY_BASE_URL=url, TMPDIR=str(temporary))  # fmt: skip
    assert result.of("asked")[0]["crop"].startswith("/proc/")
    assert list(temporary.iterdir()) == []
    assert {path for path in shell.home.rglob("*") if path.is_file()} == before


def test_a_question_without_a_record_has_its_picture_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It can be looked at while it is asked about, and a kill leaves nothing of it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    crops = Crops(None, lambda _rect: b"a picture", lambda: Rect(0, 0, 1280, 720), lambda: Point(5, 5))
    size = Size(1280, 720)
    placed = Frame(b"", "image/png", size, size, Rect(0, 0, 1280, 720)).place(Click(Point(9, 9)))
    assert isinstance(placed, Placed)
    for _ in range(3):
        where = crops(placed) or ""
        assert Path(where).read_bytes() == b"a picture"
        assert list(tmp_path.iterdir()) == []
    crops.close()
    assert not Path(where).exists()


def test_files_that_are_made_end_as_they_were_meant(tmp_path: Path) -> None:
    """A half of another process is in nobody's way, and a folder above is its owner's too."""
    before = os.umask(0)
    try:
        folder = plain_files.folder(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent, folder.parent.parent)} == {0o700}
    (folder / ".x.half").symlink_to("/nowhere")
    plain_files.write(folder / "x", b"1")
    plain_files.write(folder / "x", b"2")
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("x", b"2")]
