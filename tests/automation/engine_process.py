"""A process that carries out work by DBOS until it is killed, and writes down what its handlers do.

python -m tests.automation.engine_process PLACE LOCK LOG
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from coasty_desk.automation.dbos_engine import DbosEngine
from coasty_desk.automation.engine import WorkContext
from coasty_desk.core.errors import UsageError


def _main(place: str, lock: str, log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(line: str) -> None:
        os.write(descriptor, f"{line}\n".encode())

    def carry_out(context: WorkContext) -> None:
        """The payload says how: `short` takes a moment, `answered` waits for a message, `stays` for the end."""
        write(f"begin {context.work_id} {context.attempt}")
        match context.payload:
            case "short":
                context.ending.wait(0.05)
            case "answered":
                write(f"hears {context.receive('answer', 3600.0)}")
            case "stays":
                context.ending.wait()
        write(f"end {context.work_id}")

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.bind", "socket.getaddrinfo"}:
            write(f"network {event} {arguments[1:]}")

    sys.addaudithook(heard)
    engine = DbosEngine(place if place.startswith("postgresql:") else Path(place), Path(lock))
    try:
        engine.begin({"k": carry_out})
    except UsageError as error:
        write(f"refused {error}")
        return
    write("ready")
    sys.stdin.read()
    engine.close()
    write("closed")


if __name__ == "__main__":
    _main(*sys.argv[1:])
