"""Drives this computer's own mouse and keyboard with a computer-use model, and stops when you say so.

A run is an iterator of events; whoever pulls them carries it out. On this desktop, with the
settings of `coasty-desk run`, recorded, and with every way to stop it armed:

    from coasty_desk import driving

    with driving("Open the settings", max_steps=10) as events:
        for event in events:
            print(event.step, event.name)

With parts of your own, here the fakes that stand in for a desktop and a model:

    from coasty_desk import *

    click = Prediction(Verdict.CONTINUE, (Click(Point(640, 360)),), "There is the button.")
    screen, hands, model = StillScreen(), RecordingExecutor(), ScriptedPredictor([click])
    job = Job("run-1", "press the button", "script", Rect(0, 0, 1280, 720), Size(1280, 720), Limits(max_steps=5))
    for event in run(job, Ports(screen, hands, model, OpenGate(), Stop())):
        if isinstance(event, events.Acting):
            print("about to", in_words(event.placed.real))
        elif isinstance(event, RunEnded):
            print(event.ending.status, event.message)
"""

# Nothing is imported here: `python -m coasty_desk` comes by with the working directory first on its path (__main__.py).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from coasty_desk.api import driving
    from coasty_desk.core import events
    from coasty_desk.core.actions import (
        Action,
        Click,
        Drag,
        KeyCombo,
        Launch,
        LookAgain,
        Move,
        Point,
        Prediction,
        PressKeys,
        Refusal,
        Scroll,
        TypeText,
        Usage,
        Verdict,
        Wait,
        in_words,
    )
    from coasty_desk.core.errors import (
        Aborted,
        CoastyDeskError,
        DesktopError,
        GaveUpError,
        OverBudgetError,
        ServiceError,
        UsageError,
    )
    from coasty_desk.core.events import Ending, Event, RunEnded
    from coasty_desk.core.gates.chain import InOrder
    from coasty_desk.core.limits import Limits, Progress
    from coasty_desk.core.ports import (
        Executor,
        Gate,
        HandPause,
        Judging,
        Person,
        PersonQuestion,
        PersonReply,
        Predictor,
        PredictRequest,
        PredictStream,
        Retry,
        Screen,
        SettleResult,
        StepCharge,
    )
    from coasty_desk.core.resume_point import ResumePoint
    from coasty_desk.core.run import Job, Ports, run
    from coasty_desk.core.scaling import Frame, Placed, Rect, Size
    from coasty_desk.core.stop import Stop
    from coasty_desk.desktop.input.dry_run import DryRun
    from coasty_desk.desktop.input.executor import DesktopExecutor
    from coasty_desk.desktop.screen.capture import MonitorScreen
    from coasty_desk.models.coasty.client import CoastyPredictor
    from coasty_desk.models.offline.predictor import OfflinePredictor
    from coasty_desk.record.journal import Recorder, recorded
    from coasty_desk.settings import Settings
    from coasty_desk.testing import OpenGate, RecordingExecutor, ScriptedPredictor, StillScreen
    from coasty_desk.wire.event_json import to_json, to_line

__all__ = [
    "Aborted",
    "Action",
    "Click",
    "CoastyDeskError",
    "CoastyPredictor",
    "DesktopError",
    "DesktopExecutor",
    "Drag",
    "DryRun",
    "Ending",
    "Event",
    "Executor",
    "Frame",
    "Gate",
    "GaveUpError",
    "HandPause",
    "InOrder",
    "Job",
    "Judging",
    "KeyCombo",
    "Launch",
    "Limits",
    "LookAgain",
    "MonitorScreen",
    "Move",
    "OfflinePredictor",
    "OpenGate",
    "OverBudgetError",
    "Person",
    "PersonQuestion",
    "PersonReply",
    "Placed",
    "Point",
    "Ports",
    "PredictRequest",
    "PredictStream",
    "Prediction",
    "Predictor",
    "PressKeys",
    "Progress",
    "Recorder",
    "RecordingExecutor",
    "Rect",
    "Refusal",
    "ResumePoint",
    "Retry",
    "RunEnded",
    "Screen",
    "ScriptedPredictor",
    "Scroll",
    "ServiceError",
    "Settings",
    "SettleResult",
    "Size",
    "StepCharge",
    "StillScreen",
    "Stop",
    "TypeText",
    "Usage",
    "UsageError",
    "Verdict",
    "Wait",
    "driving",
    "events",
    "in_words",
    "recorded",
    "run",
    "to_json",
    "to_line",
]

_ROOMS = {
    "core.actions": (
        "Action",
        "Click",
        "Drag",
        "KeyCombo",
        "Launch",
        "LookAgain",
        "Move",
        "Point",
        "Prediction",
        "PressKeys",
        "Refusal",
        "Scroll",
        "TypeText",
        "Usage",
        "Verdict",
        "Wait",
        "in_words",
    ),
    "core.gates.confirm": ("Person",),
    "core.resume_point": ("ResumePoint",),
    "core.errors": (
        "Aborted",
        "CoastyDeskError",
        "DesktopError",
        "GaveUpError",
        "OverBudgetError",
        "ServiceError",
        "UsageError",
    ),
    "core.events": ("Ending", "Event", "RunEnded"),
    "core.gates.chain": ("InOrder",),
    "core.limits": ("Limits", "Progress"),
    "core.ports": (
        "PersonReply",
        "PredictStream",
        "PredictRequest",
        "StepCharge",
        "Executor",
        "Gate",
        "Judging",
        "HandPause",
        "Predictor",
        "PersonQuestion",
        "SettleResult",
        "Retry",
        "Screen",
    ),
    "core.run": ("Job", "Ports", "run"),
    "core.scaling": ("Frame", "Placed", "Rect", "Size"),
    "core.stop": ("Stop",),
    "desktop.screen.capture": ("MonitorScreen",),
    "desktop.input.dry_run": ("DryRun",),
    "desktop.input.executor": ("DesktopExecutor",),
    "testing": ("OpenGate", "RecordingExecutor", "ScriptedPredictor", "StillScreen"),
    "api": ("driving",),
    "models.offline.predictor": ("OfflinePredictor",),
    "record.journal": ("Recorder", "recorded"),
    "models.coasty.client": ("CoastyPredictor",),
    "settings": ("Settings",),
    "wire.event_json": ("to_json", "to_line"),
}
"""Where each name is; it is loaded from there when it is first asked for, so that importing this does nothing."""

_WHERE = {name: room for room, names in _ROOMS.items() for name in names}


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
