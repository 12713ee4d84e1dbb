"""What a long run takes: `coasty-desk run` over hundreds of steps, looked at from outside at every prediction."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_desk import desk
from bench_service import environment, serving

from coasty_desk.core.scaling import Size


def table(steps: int) -> dict[str, object]:
    """Resident kB in the second and the last quarter, descriptors, and what is on the disk beside what was sent."""
    command = [str(Path(sys.executable).parent / "coasty-desk"), "run", "--json", "--yes", "--max-steps", str(steps)]
    kilobytes, descriptors = [], []
    with desk(Size(1920, 1080)) as opened, serving(steps) as service, tempfile.TemporaryDirectory() as home:
        opened.chromium("page?n=5")
        events = Path(home) / "events.jsonl"
        with events.open("wb") as out:
            variables = environment(service.url, home)
            run = subprocess.Popen([*command, "scroll"], env=variables, stdin=subprocess.DEVNULL, stdout=out)
        for _ in range(steps):
            service.next("predict")
            kilobytes.append(int(Path(f"/proc/{run.pid}/statm").read_text("ascii").split()[1]) * 4)
            descriptors.append(len(list(Path(f"/proc/{run.pid}/fd").iterdir())))
        code = run.wait()
        disk = _disk(Path(home), events)
    quarter = steps // 4
    second, last = statistics.mean(kilobytes[quarter : 2 * quarter]), statistics.mean(kilobytes[-quarter:])
    found = {
        "steps": steps,
        "exit": code,
        "second_kb": round(second),
        "last_kb": round(last),
        "ratio": round(last / second, 3),
        "descriptors": [descriptors[quarter], descriptors[-1]],
        "connections": len(service.connections),
        **disk,
    }
    print(f"{steps} steps: {second / 1024:.1f} MB in the second quarter, {last / 1024:.1f} MB in the last, "
          f"ratio {found['ratio']}, descriptors {descriptors[quarter]} and {descriptors[-1]}", flush=True)  # fmt: skip
    print(f"on the disk: {disk}", flush=True)
    return found


def _disk(home: Path, events: Path) -> dict[str, object]:
    """The journal's bytes a step, the frames' bytes beside the events' word for them, and files that are neither."""
    (folder,) = (home / ".local" / "share" / "coasty-desk" / "runs").iterdir()
    sent = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    frames = sorted((folder / "frames").iterdir())
    others = [path.name for path in folder.iterdir() if path.name not in ("frames", "journal.jsonl")]
    return {
        "journal_bytes": (folder / "journal.jsonl").stat().st_size,
        "events_bytes": events.stat().st_size,
        "frames": len(frames),
        "frames_bytes": sum(path.stat().st_size for path in frames),
        "sent_bytes": sum(event["bytes"] for event in sent if event["event"] == "observed"),
        "other_files": others,
    }
