"""The tools of this desktop for the one host at the other end of stdin and stdout, until it ends."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Mapping
from contextlib import closing, suppress

import anyio
from msgspec.structs import replace

from coasty_desk import compose
from coasty_desk.core.actions import Click, Prediction
from coasty_desk.core.errors import CoastyDeskError, GaveUpError
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging import image_file
from coasty_desk.mcp.call_session import CallSession
from coasty_desk.mcp.desk_tools import desk_server
from coasty_desk.mcp.sent_screens import BOX
from coasty_desk.settings import Origins, Settings

MOST_CALLS = 1000
"""Calls of a session that look or act, where the person has set no `max_steps`: one is a step."""

STOPPED = 130

_NOT_THERE = "It is not there, or cannot be told apart from others. Name it by a text that is on it or beside it."


def of_session(chosen: Settings, origins: Origins) -> Settings:
    """The settings of a session: the person's own, but that risky actions are asked about where nothing else is said."""
    box = Size(min(chosen.max_size.width, BOX.width), min(chosen.max_size.height, BOX.height))
    confirm = "risky" if origins["confirm"] == "default" else chosen.confirm
    steps = MOST_CALLS if origins["max_steps"] == "default" else chosen.max_steps
    provider = Settings().provider  # nobody is asked: it only says how pictures are shrunk
    return replace(chosen, max_size=box, confirm=confirm, max_steps=steps, provider=provider, dry_run=False)


def serve(chosen: Settings, environment: Mapping[str, str]) -> int:
    """Serve until the host closes stdin; the exit code. A signal stops what goes on, and ends the process."""
    session = CallSession(chosen, environment)
    server = desk_server(session, lambda element: _found(element, chosen, environment))

    async def until_a_signal() -> None:
        stopping = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        with anyio.open_signal_receiver(*stopping) as signals:
            async for _ in signals:
                session.close()
                os._exit(STOPPED)  # a thread may be reading stdin for ever

    gc.freeze()  # what is loaded stays
    gc.enable()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(until_a_signal)
            with suppress(BrokenPipeError):  # nobody hears the answer any more
                await server.run_stdio_async()
            tasks.cancel_scope.cancel()

    try:
        anyio.run(main)
    finally:
        session.close()
    return 0


def _found(element: str, chosen: Settings, environment: Mapping[str, str]) -> tuple[float, float] | str:
    """Where it is, in sent pixels, by the offline reader; or why that cannot be said."""
    stop = Stop()
    try:
        seen = compose.look(chosen, environment, stop)
        with closing(compose.pointing(replace(chosen, provider="offline"), environment, stop, live=True)) as finder:
            prediction = _answered(finder.predict(PredictRequest(1, element.strip(), seen)))
    except GaveUpError:  # its own words have places in real pixels
        return _NOT_THERE
    except CoastyDeskError as error:
        return f"{error.message} {error.remedy}".strip()
    click = next((action for action in prediction.actions if isinstance(action, Click)), None)
    real = None if click is None else seen.place(click, prediction.space).real
    if not isinstance(real, Click) or real.point is None:
        return _NOT_THERE
    sent = image_file.framed(seen.image, chosen.max_size, seen.shows).unplace(real.point)
    return sent.x, sent.y


def _answered(answering: PredictStream[Prediction]) -> Prediction:
    while True:
        try:
            next(answering)
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction
