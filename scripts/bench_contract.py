"""The service against its own document: a contract fuzzer asks it what the document allows and what it does not."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FUZZER = ROOT / ".venv" / "contract"

NOT_WHOLE = ("revokeApiKey", "streamRunEvents", "streamWorkflowRunEvents")
"""What would take the fuzzer's own key away, and what ends with its run alone."""


PARTS = (
    (
        *("--exclude-tag", "machines", "--exclude-tag", "runs", "--exclude-tag", "workflows"),
        *("--exclude-tag", "schedules", "--exclude-tag", "triggers"),
    ),
    # which expressions are times, and what belongs to which frequency, is more than a document can say
    (
        *("--include-tag", "schedules", "--include-tag", "triggers"),
        *("--exclude-checks", "positive_data_acceptance"),
    ),
    # what a machine can do at the moment, and with which parameters, is no matter of a document
    (
        "--include-tag",
        "machines",
        "--exclude-operation-id",
        "provisionMachine",
        "--exclude-checks",
        "positive_data_acceptance",
    ),
    # which machines and runs there are is no matter of a document either
    ("--include-tag", "runs", "--exclude-operation-id", "createTask", "--exclude-checks", "positive_data_acceptance"),
    # no schema says what a definition is made of, nor which workflows there are
    ("--include-tag", "workflows", "--exclude-checks", "positive_data_acceptance"),
    ("--include-operation-id", "createTask", "--mode", "negative"),
    # each that is accepted would be a machine
    ("--include-operation-id", "provisionMachine", "--mode", "negative"),
)
"""What is asked in which way."""


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, str]]:
    """A service of its own: its address and its key."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "coasty_desk", "serve", "--port", "0", "--provider", "script", *options]
        with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("To stop it"):
                    break
            address = re.search(r"http://[0-9.:]+", said)
            key = re.search(r"sk-coasty-test-[0-9a-f]{48}", said)
            assert address, said
            assert key, said
            try:
                yield address[0], key[0]
            finally:
                _end_machines(address[0], key[0])
                process.terminate()


def _end_machines(url: str, key: str) -> None:
    """Those that were made: they outlive their service."""

    def ask(method: str, path: str) -> Any:
        asked = urllib.request.Request(f"{url}/v1/machines{path}", method=method, headers={"X-API-Key": key})  # noqa: S310 - our own
        with urllib.request.urlopen(asked) as answer:  # noqa: S310 - the same
            return json.load(answer)

    for machine in ask("GET", "?limit=200")["data"]:
        if machine["kind"] == "virtual":
            ask("DELETE", f"/{machine['id']}")


def fuzz(url: str, key: str, examples: int, seed: int, phases: str, *more: str) -> tuple[int, int, str]:
    """How many cases, how many failures, and what the fuzzer said."""
    environment = {**os.environ, "PYTHONPATH": f"{FUZZER}:{ROOT / 'scripts'}", "SCHEMATHESIS_HOOKS": "contract_hooks"}
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                f"{url}/v1/openapi.json",
                "--header",
                f"X-API-Key: {key}",
            ),
            *("--checks", "all", "--mode", "all", "--continue-on-failure", "--no-color", "--warnings", "off"),
            *("--suppress-health-check", "all"),  # that a busy machine is slow at making cases is no finding
            *("--max-examples", str(examples), "--seed", str(seed), "--phases", phases),
            *(part for name in NOT_WHOLE for part in ("--exclude-operation-id", name)),
            *more,
        ]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    cases = re.search(r"(\d+) generated", said)
    failed = re.search(r"(\d+) unique failure", said)
    if cases is None or (done.returncode and failed is None):
        raise SystemExit(said[-3000:])
    return int(cases[1]), int(failed[1]) if failed else 0, said


def main() -> None:
    """Until so many cases were asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if not FUZZER.exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(FUZZER), "schemathesis>=4.3,<5"]
        subprocess.run(install, check=True)
    cases, failures, rounds = 0, 0, []
    with serving() as (url, key):
        with urllib.request.urlopen(f"{url}/v1/openapi.json") as answer:  # noqa: S310 - our own
            operations = sum(len(methods) for methods in json.load(answer)["paths"].values())
        seed = chosen.seed
        while cases < chosen.cases:
            phases = "coverage,fuzzing" if seed == chosen.seed else "fuzzing"
            for more in PARTS:
                asked, failed, said = fuzz(url, key, 100, seed, phases, *more)
                cases, failures = cases + asked, failures + failed
                rounds.append({"cases": asked, "failures": failed})
                print(f"{cases} cases of {operations} operations, {failures} failures", flush=True)
                if failed:
                    print(said[said.find("FAILURES") :][:20_000], flush=True)
            seed += 1
    Path("bench-out").mkdir(exist_ok=True)
    told = {"cases": cases, "failures": failures, "operations": operations, "rounds": rounds}
    Path("bench-out/contract.json").write_text(json.dumps(told, indent=2), "utf-8")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
