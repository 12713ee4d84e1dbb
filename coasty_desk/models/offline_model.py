"""The embedded predictor as a model: free, in this process, and told all that it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.lifetimes import WHOLE, Model, ModelRequest, ReadyModel

if TYPE_CHECKING:
    from pathlib import Path

    from coasty_desk.core.ports import Predictor
    from coasty_desk.core.surroundings import Surroundings
    from coasty_desk.models.offline.cut_plan import CutPlan
    from coasty_desk.record.journal import Recorder
    from coasty_desk.record.resume import ResumeState
    from coasty_desk.settings import Settings


class OfflineModel(Model):
    """Reads the whole screen: nothing leaves the process, so nothing need be shrunk."""

    remembers = False  # what was done, but its record says where in its instructions it was

    def size(self, chosen: Settings) -> Size:
        """As it is."""
        del chosen
        return WHOLE

    def plan(self, task: str) -> tuple[str, ...]:
        """Raises UsageError where an instruction is not understood, before anything is opened."""
        from coasty_desk.models.offline.language.grammar import parse
        from coasty_desk.models.offline.language.instructions import NotUnderstoodError, shown

        try:
            return tuple(shown(parse(task)))
        except NotUnderstoodError as error:
            message = f"The offline predictor does not understand the task: {error}."
            remedy = 'Say it in steps, with texts and labels in quotes, such as: click "File", then type "Ada" into the field "Name".'
            raise UsageError(message, remedy) from error

    def ready(self, asked: ModelRequest) -> ReadyModel:
        """At once; its predictor looks at what is around the picture, too."""

        def predictor(here: Surroundings, recorder: Recorder | None, remains: ResumeState | None) -> Predictor:
            from coasty_desk.models.offline.a11y.widgets import Front
            from coasty_desk.models.offline.predictor import OfflinePredictor
            from coasty_desk.models.offline.targeting.launching import named
            from coasty_desk.record import past_steps

            folder = None if recorder is None or remains is None else recorder.folder

            def front() -> Front | None:
                found = here.front()
                return None if found is None else Front(*found)

            return OfflinePredictor(
                asked.stop,
                active=here.active,
                front=front,
                pointer=here.pointer,
                launch=lambda name: named(name, here.applications()),
                unread=here.unread,
                dry_run=asked.chosen.dry_run,
                glance=None if asked.chosen.dry_run else here.glance,
                cut=None if folder is None else _cut(folder),
                picture=lambda looked: None if folder is None else past_steps.picture(folder, looked),
            )

        return ReadyModel(predictor)

    def pointing(self, asked: ModelRequest, active: Callable[[], Rect | None]) -> Predictor:
        """By reading the picture."""
        from coasty_desk.models.offline.targeting.pointing import OfflinePointing

        return OfflinePointing(asked.stop, active=active)


def _cut(folder: Path) -> CutPlan | None:
    """Where in its instructions the recorded run was cut off. Raises UsageError where the record does not say, being of an earlier version."""
    from coasty_desk.models.offline.cut_plan import cut_plan
    from coasty_desk.record import listing

    try:
        return cut_plan(listing.events(folder))
    except LookupError as error:
        message = "The record does not say how far the run had come in its instructions."
        raise UsageError(message, "Say those that are left: coasty-desk resume RUN 'click \"Save\"'.") from error


MODEL = OfflineModel()
