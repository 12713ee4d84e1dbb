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
    from coasty_desk.api import Desktop as Desktop
    from coasty_desk.api import Result as Result
    from coasty_desk.api import Run as Run
    from coasty_desk.core import events as events
    from coasty_desk.core.errors import Aborted as Aborted
    from coasty_desk.core.errors import CoastyDeskError as CoastyDeskError
    from coasty_desk.core.errors import DesktopError as DesktopError
    from coasty_desk.core.errors import ServiceError as ServiceError
    from coasty_desk.core.errors import UsageError as UsageError
    from coasty_desk.core.events import Ending as Ending
    from coasty_desk.core.events import Event as Event
    from coasty_desk.core.events import RunEnded as RunEnded
    from coasty_desk.core.limits import Limits as Limits
    from coasty_desk.core.ports import Person as Person
    from coasty_desk.core.run import Job as Job
    from coasty_desk.core.run import Ports as Ports
    from coasty_desk.core.run import run as run
    from coasty_desk.core.scaling import Rect as Rect
    from coasty_desk.core.scaling import Size as Size
    from coasty_desk.core.stop import Stop as Stop
    from coasty_desk.settings import Settings as Settings

_WHERE = {
    "api": ("Desktop", "Result", "Run"),
    "core.errors": ("Aborted", "CoastyDeskError", "DesktopError", "ServiceError", "UsageError"),
    "core.events": ("Ending", "Event", "RunEnded"),
    "core.limits": ("Limits",),
    "core.ports": ("Person",),
    "core.run": ("Job", "Ports", "run"),
    "core.scaling": ("Rect", "Size"),
    "core.stop": ("Stop",),
    "settings": ("Settings",),
}
"""Where each name is; it is loaded from there when it is first asked for, so that importing this does nothing."""

__all__ = sorted(["events", *(name for names in _WHERE.values() for name in names)])  # noqa: PLE0605 - a list


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 - see above

    if name == "events":
        return import_module("coasty_desk.core.events")
    if name == "__version__":
        return import_module("coasty_desk.version").VERSION
    for module, names in _WHERE.items():
        if name in names:
            return getattr(import_module(f"coasty_desk.{module}"), name)
    message = f"module 'coasty_desk' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
