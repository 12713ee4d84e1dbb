"""Drives this computer's own mouse and keyboard with a computer-use model, and stops when you say so.

A run is an iterator of events; whoever pulls them carries it out. On this desktop, with the
settings of `coasty-desk run`, recorded, and with every way to stop it armed:

    from coasty_desk import Desktop, Settings

    with Desktop(Settings(max_steps=10)) as desktop, desktop.stream("Open the settings") as run:
        for event in run:
            print(event.step, event.name)
    print(run.result.ending.status, run.result.message)

With parts of your own, here the fakes that stand in for a desktop and a model:

    from coasty_desk import Job, Limits, Ports, Rect, Size, Stop, events, run
    from coasty_desk.core.actions import Click, Point, Prediction, Verdict, in_words
    from coasty_desk.testing import OpenGate, RecordingExecutor, ScriptedPredictor, StillScreen

    model = ScriptedPredictor([Prediction(Verdict.CONTINUE, (Click(Point(640, 360)),), "There is the button.")])
    job = Job("run-1", "press the button", "script", Rect(0, 0, 1280, 720), Size(1280, 720), Limits(max_steps=5))
    for event in run(job, Ports(StillScreen(), RecordingExecutor(), model, OpenGate(), Stop())):
        if isinstance(event, events.Acting):
            print("about to", in_words(event.placed.real))
        elif isinstance(event, events.RunEnded):
            print(event.ending.status, event.message)

A model or a target of your own is asked for by name: see `coasty_desk.lifetimes` and `coasty_desk.catalog`.
"""

# Nothing is imported here: `python -m coasty_desk` comes by with the working directory first on its path (__main__.py).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from coasty_desk.api import Desktop, Result, Run
    from coasty_desk.core import events
    from coasty_desk.core.errors import Aborted, CoastyDeskError, DesktopError, ServiceError, UsageError
    from coasty_desk.core.events import Ending, Event, RunEnded
    from coasty_desk.core.limits import Limits
    from coasty_desk.core.ports import Person
    from coasty_desk.core.run import Job, Ports, run
    from coasty_desk.core.scaling import Rect, Size
    from coasty_desk.core.stop import Stop
    from coasty_desk.settings import Settings

__all__ = [
    "Aborted",
    "CoastyDeskError",
    "Desktop",
    "DesktopError",
    "Ending",
    "Event",
    "Job",
    "Limits",
    "Person",
    "Ports",
    "Rect",
    "Result",
    "Run",
    "RunEnded",
    "ServiceError",
    "Settings",
    "Size",
    "Stop",
    "UsageError",
    "events",
    "run",
]

_WHERE = {
    "Aborted": "core.errors",
    "CoastyDeskError": "core.errors",
    "Desktop": "api",
    "DesktopError": "core.errors",
    "Ending": "core.events",
    "Event": "core.events",
    "Job": "core.run",
    "Limits": "core.limits",
    "Person": "core.ports",
    "Ports": "core.run",
    "Rect": "core.scaling",
    "Result": "api",
    "Run": "api",
    "RunEnded": "core.events",
    "ServiceError": "core.errors",
    "Settings": "settings",
    "Size": "core.scaling",
    "Stop": "core.stop",
    "UsageError": "core.errors",
    "run": "core.run",
}
"""Where each name is; it is loaded from there when it is first asked for, so that importing this does nothing."""


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 - see above

    if name == "events":
        return import_module("coasty_desk.core.events")
    if name == "__version__":
        return import_module("coasty_desk.version").VERSION
    if name not in _WHERE:
        message = f"module 'coasty_desk' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"coasty_desk.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
