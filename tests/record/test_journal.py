"""What is on the disk of a run, and what of it is read back."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Point, Usage, Verdict
from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.money import CENT
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.record import listing
from coasty_desk.record.journal import JOURNAL, Recorder, new_run_id, recorded
from coasty_desk.wire.open_purchase import Posted

SIZE = Size(1280, 720)
SCREEN = Rect(0, 0, 1280, 720)
RUN = "20261122-051530-1a2b3c"


def started(run_id: str = RUN, task: str = "open it", hour: int = 5) -> ev.RunStarted:
    """A run's first event."""
    at = datetime(2026, 11, 22, hour, tzinfo=UTC)
    return ev.RunStarted(
        run_id=run_id, step=0, time=at, task=task, provider="coasty", screen=SCREEN, sent=SIZE, limits={}
    )


def observed(step: int = 1, image: bytes = b"PNG") -> ev.Observed:
    """A look at the screen."""
    return ev.Observed(run_id=RUN, step=step, frame=Frame(image, "image/png", SIZE, SIZE, SCREEN))


def predicted(step: int = 1, total: int = 14) -> ev.Predicted:
    """An answer."""
    return ev.Predicted(
        run_id=RUN,
        step=step,
        verdict=Verdict.CONTINUE,
        actions=(Click(Point(1, 2)),),
        reasoning="",
        usage=Usage(4 * CENT),
        request_id=None,
        attempts=1,
        total=total * CENT,
    )


def ended(ending: ev.Ending = ev.Ending.DONE, cents: int = 14) -> ev.RunEnded:
    """A run's last event."""
    return ev.RunEnded(run_id=RUN, step=1, ending=ending, message="done", steps=1, cost=cents * CENT, seconds=1.0)


def posted(step: int = 1, what: str = "predict") -> Posted:
    """A request."""
    return Posted(
        "predict" if what == "predict" else "session", step, "sessions/s/predict", f"{RUN}:{step}", b'{"a": 1}'
    )


@pytest.fixture
def recorder(tmp_path: Path) -> Generator[Recorder]:
    """A run's recorder."""
    writing = Recorder.begin(tmp_path, RUN)
    yield writing
    writing.close()


def test_ids_sort_by_time_and_differ() -> None:
    """They are safe as names of folders and in keys."""
    first, second = new_run_id(), new_run_id()
    assert first != second
    assert len(first) == 22
    assert first.replace("-", "").isalnum()


def test_an_event_is_in_the_file_when_it_is_taken(recorder: Recorder) -> None:
    """So is the picture that it names."""
    recorder.take(started())
    recorder.take(observed(image=b"the picture"))
    lines = [json.loads(line) for line in (recorder.folder / JOURNAL).read_text().splitlines()]
    assert [line["event"] for line in lines] == ["run_started", "observed"]
    assert (recorder.folder / lines[1]["frame"]).read_bytes() == b"the picture"


def test_a_run_is_its_owners_alone(recorder: Recorder) -> None:
    """Folders 0700, files 0600, whatever the umask."""
    recorder.take(started())
    recorder.take(observed())
    recorder.keep(posted())
    for path in [recorder.folder.parent / RUN, *recorder.folder.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("what", ["predict", "session"])
def test_a_request_is_kept_until_its_answer_is_in_the_journal(recorder: Recorder, what: str) -> None:
    """Byte for byte, with its key; each answer ends its own."""
    request = posted(what=what)
    recorder.keep(request)
    assert recorder.kept(1, request.what) == request
    assert recorder.kept(2, request.what) is None
    recorder.take(
        predicted()
        if what == "predict"
        else ev.Charged(run_id=RUN, step=1, what="session", cost=10 * CENT, total=10 * CENT, session_id="s")
    )
    assert recorder.kept(1, request.what) is None
    assert not list(recorder.folder.glob("request-*"))


def test_a_torn_request_is_none(recorder: Recorder) -> None:
    """It was never sent: sending waits until it is whole."""
    (recorder.folder / "request-0001.json").write_bytes(b'{"what": "pre')
    assert recorder.kept(1, "predict") is None


def test_a_torn_last_line_is_read_past_and_not_joined(tmp_path: Path, recorder: Recorder) -> None:
    """What comes after it begins on a line of its own."""
    recorder.take(started())
    recorder.close()
    with (tmp_path / RUN / JOURNAL).open("ab") as file:
        file.write(b'{"event": "obser')
    again = Recorder(tmp_path / RUN)
    assert again.lines() == 2, "what was torn has a line, too"
    again.take(predicted())
    assert again.lines() == 3
    again.close()
    assert [event.name for event in listing.events(tmp_path / RUN)] == ["run_started", "predicted"]


def test_a_run_that_goes_on_cannot_be_taken_up_or_deleted(tmp_path: Path, recorder: Recorder) -> None:
    """Its process is named; once it has let go, both can be done."""
    recorder.take(started())
    with pytest.raises(UsageError, match=f"process {os.getpid()}"):
        Recorder(tmp_path / RUN)
    with pytest.raises(UsageError, match="still going on"):
        listing.delete(tmp_path / RUN)
    recorder.close()
    Recorder(tmp_path / RUN).close()
    listing.delete(tmp_path / RUN)
    assert not (tmp_path / RUN).exists()


def refusing(number: int) -> Callable[..., int]:
    """A disk that refuses."""

    def write(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    return write


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "full"), (errno.EROFS, "cannot be written")])
def test_a_disk_that_refuses_ends_the_run_before_the_next_action(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    """The loop is told where it stands, and its last word still comes through."""
    done = []

    def run() -> Generator[ev.Event, None, None]:
        try:
            yield started()
            monkeypatch.setattr(os, "write", refusing(number))
            yield predicted()
            done.append("an action")
        except DesktopError as error:
            yield ev.RunEnded(
                run_id=RUN,
                step=1,
                ending=ev.Ending.DESKTOP_ERROR,
                message=error.message,
                steps=1,
                cost=0,
                seconds=1.0,
            )

    names = []
    for event in recorded(run(), recorder):
        names.append(event.name)
        last = event
    assert names == ["run_started", "run_ended"]
    assert isinstance(last, ev.RunEnded)
    assert words in last.message
    assert "not in the record" in last.message
    assert done == []


def test_what_was_kept_stays_whole_when_the_disk_is_full(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that did not fit is taken back, so that the journal ends with a whole one."""
    recorder.take(started())
    before = (recorder.folder / JOURNAL).read_bytes()
    real, calls = os.write, iter([5])

    def some_then_none(descriptor: int, data: bytes) -> int:
        try:
            return real(descriptor, bytes(data)[: next(calls)])
        except StopIteration:
            raise OSError(errno.ENOSPC, "full") from None

    monkeypatch.setattr(os, "write", some_then_none)
    with pytest.raises(DesktopError, match="full"):
        recorder.take(predicted())
    assert (recorder.folder / JOURNAL).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "runs").write_text("")
    with pytest.raises(DesktopError, match="cannot be recorded"):
        Recorder.begin(tmp_path / "runs", RUN)


def record(runs: Path, run_id: str, hour: int, *events: ev.Event) -> Path:
    """A recorded run."""
    writing = Recorder.begin(runs, run_id)
    for event in (started(run_id, f"task {hour}", hour), *events):
        writing.take(event)
    writing.close()
    return runs / run_id


def test_runs_are_listed_newest_first_with_what_they_came_to(tmp_path: Path) -> None:
    """Ended, cut off and going on; a folder that is none, and a journal of nonsense, break nothing."""
    record(tmp_path, "a", 3, observed(), predicted(), ended())
    record(tmp_path, "b", 4, observed(), predicted(total=20), ended(ev.Ending.HOTKEY, 20))
    record(tmp_path, "c", 5, observed(), predicted(total=28))
    going = Recorder.begin(tmp_path, "d")
    going.take(started("d", "task 6", 6))
    (tmp_path / "empty").mkdir()
    (tmp_path / "nonsense").mkdir()
    (tmp_path / "nonsense" / JOURNAL).write_bytes(b"\xff\x00 what?\n{}\n")
    (tmp_path / "file").write_text("")
    found = [(s.run_id, s.status, s.reason, s.steps, s.cost / CENT) for s in listing.summaries(tmp_path)]
    assert found == [
        ("d", "running", "", 0, 0),
        ("c", "interrupted", "", 1, 28),
        ("b", "cancelled", "hotkey", 1, 20),
        ("a", "succeeded", "done", 1, 14),
    ]
    assert listing.summaries(tmp_path)[-1].to_json()["started"] == "2026-11-22T03:00:00Z"
    going.close()


def test_a_run_is_found_by_its_id_its_beginning_or_as_the_last(tmp_path: Path) -> None:
    """An id that fits two or none is said, and nothing outside the folder is ever found."""
    record(tmp_path, "2026-a1", 3)
    record(tmp_path, "2026-a2", 4)
    assert listing.find(tmp_path, "2026-a1").name == "2026-a1"
    assert listing.find(tmp_path, "last").name == "2026-a2"
    for name, words in (("2026-a", "More than one"), ("x", "No recorded run"), ("../2026-a1", "no run's id")):
        with pytest.raises(UsageError, match=words):
            listing.find(tmp_path, name)


def test_old_runs_make_room(tmp_path: Path) -> None:
    """Those beyond the days first, then the oldest until the rest fits; never one that goes on or is to be spared."""
    now = time.time()
    for name, days, size in (("a", 40, 10), ("b", 20, 700_000), ("c", 10, 700_000), ("d", 5, 400_000), ("e", 50, 10)):
        folder = record(tmp_path, name, 3)
        (folder / "frames" / "0001.png").write_bytes(b"." * size)
        os.utime(folder / JOURNAL, (now - days * 86_400,) * 2)
    going = Recorder(tmp_path / "e")
    os.utime(tmp_path / "e" / JOURNAL, (now - 50 * 86_400,) * 2)
    assert listing.prune(tmp_path, keep_days=30, keep_mb=1.2, spare="b") == ["a", "c"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "d", "e"]
    going.close()
    assert listing.prune(tmp_path / "nowhere", keep_days=1, keep_mb=1) == []
