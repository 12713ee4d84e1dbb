"""The service as its users feel it: how soon it answers, how long a small call takes, many at once, memory over many calls, its end."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path


@contextmanager
def started(home: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """The process, its port and its key."""
    environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "coasty_desk", "serve", "--port", "0", "--provider", "script"]
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True) as process:
        said = ""
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if line.startswith("To stop it"):
                break
        port, key = re.search(r":(\d+)", said), re.search(r"sk-coasty-test-[0-9a-f]{48}", said)
        assert port, said
        try:
            yield process, int(port[1]), key[0] if key else ""
        finally:
            process.kill()


def first_answers(times: int) -> dict[str, float]:
    """Milliseconds from the command to its first answer, and from SIGTERM to its end with five connections open."""
    begun, ended = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(times):
            with closing(socket.socket()) as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
            command = [sys.executable, "-m", "coasty_desk", "serve", "--port", str(port), "--provider", "offline"]
            began = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            while True:
                try:
                    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
                    held[0].sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert held[0].recv(4096)
                    break
                except OSError:
                    time.sleep(0.001)
            begun.append(time.perf_counter() - began)
            began = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            ended.append(time.perf_counter() - began)
            for each in held:
                each.close()
    return {"first_answer_ms": _ms(statistics.median(begun)), "end_ms": _ms(statistics.median(ended))}


def small_calls(pid: int, port: int, key: str, calls: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a call over a connection that stays, by what is asked."""
    asked = {
        "GET /v1/health": (None, {}),
        "GET /v1/models": (None, {}),
        "POST /v1/parse": (b'{"code": "pyautogui.click(1, 2)"}', {}),
        "GET /v1/machines": (None, {}),
    }
    found = {}
    with closing(HTTPConnection("127.0.0.1", port)) as connection:
        for what, (body, headers) in asked.items():
            method, path = what.split()
            times, spent = [], _processor(pid)
            for _ in range(calls):
                began = time.perf_counter()
                _call(connection, method, path, key, body, **headers)
                times.append(time.perf_counter() - began)
            cuts = statistics.quantiles(times, n=20)
            processor = round((_processor(pid) - spent) / calls, 2)  # what a machine at rest takes
            found[what] = {
                "median_ms": _ms(statistics.median(times)),
                "p95_ms": _ms(cuts[18]),
                "processor_ms": processor,
            }
    return found


def at_once(port: int, key: str, clients: int, calls: int) -> dict[str, float]:
    """So many clients at the same time: errors, and calls a second."""

    def client(number: int) -> int:
        errors = 0
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            for call in range(calls):
                body = json.dumps({"code": f"pyautogui.click({number}, {call})"}).encode()
                errors += _call(connection, "POST", "/v1/parse", key, body) != 200
        return errors

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        errors = sum(threads.map(client, range(clients)))
    return {
        "clients": clients,
        "errors": errors,
        "calls_a_second": round(clients * calls / (time.perf_counter() - began)),
    }


def memory(process: subprocess.Popen[str], port: int, key: str, calls: int) -> dict[str, float]:
    """Resident kB after a tenth of the calls and after all of them."""
    with closing(HTTPConnection("127.0.0.1", port)) as connection:
        told = []
        for call in range(calls):
            if call % max(1, calls // 10) == 0:
                told.append(_resident(process.pid))
            match call % 4:
                case 0:
                    _call(connection, "GET", "/v1/models", key)
                case 1:
                    _call(connection, "POST", "/v1/parse", key, b'{"code": "pyautogui.press(\'a\')"}')
                case 2:
                    _call(connection, "POST", "/v1/keys", key, b'{"name": 1}')
                case _:
                    _call(connection, "GET", f"/v1/idempotency/none-{call}", key)
        told.append(_resident(process.pid))
    return {
        "calls": calls,
        "after_a_tenth_kb": told[1],
        "after_all_kb": told[-1],
        "ratio": round(told[-1] / told[1], 3),
    }


def _call(
    connection: HTTPConnection, method: str, path: str, key: str, body: bytes | None = None, **headers: str
) -> int:
    connection.request(method, path, body, {"X-API-Key": key, **headers})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * 4


def _processor(pid: int) -> int:
    """Milliseconds of the processor that the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def main() -> None:
    """All of it, to the terminal and to bench-out/serve.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    chosen = parser.parse_args()
    told: dict[str, object] = {**first_answers(9)}
    print(told, flush=True)
    with tempfile.TemporaryDirectory() as home, started(home) as (process, port, key):
        told["small"] = small_calls(process.pid, port, key, 500)
        print(told["small"], flush=True)
        told["at_once"] = at_once(port, key, 50, 100)
        print(told["at_once"], flush=True)
        told["memory"] = memory(process, port, key, chosen.calls)
        print(told["memory"], flush=True)
    Path("bench-out").mkdir(exist_ok=True)
    Path("bench-out/serve.json").write_text(json.dumps(told, indent=2), "utf-8")


if __name__ == "__main__":
    main()
