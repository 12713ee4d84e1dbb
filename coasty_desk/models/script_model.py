"""A model that plays predictions from a file, or obeys the markers in the task: for tests and demonstrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from coasty_desk.core.scaling import Rect
from coasty_desk.lifetimes import Model, ModelRequest, ReadyModel

if TYPE_CHECKING:
    from coasty_desk.core.ports import Predictor
    from coasty_desk.core.surroundings import Surroundings
    from coasty_desk.models.scripted.prediction_script import PredictionScript
    from coasty_desk.record.journal import Recorder
    from coasty_desk.record.resume import ResumeState
    from coasty_desk.settings import Settings

VARIABLE = "COASTY_DESK_SCRIPT"
"""Of the environment, in which the script's file is named where `--script` is not there."""

FAILURES = "script-failures.json"


class ScriptModel(Model):
    """Free, in this process; the same for everybody who asks."""

    def ready(self, asked: ModelRequest) -> ReadyModel:
        """Raises UsageError for a script that cannot be read."""
        script = _script(asked.chosen, asked.environment)

        def predictor(_here: Surroundings, _recorder: Recorder | None, _remains: ResumeState | None) -> Predictor:
            import platformdirs

            from coasty_desk.core.folders import at_home
            from coasty_desk.models.scripted.script_predictor import ScriptPredictor

            keeps = not asked.chosen.no_record
            failures = at_home(lambda: platformdirs.user_data_path("coasty-desk")) / FAILURES if keeps else None
            return ScriptPredictor(asked.stop, script, failures)

        return ReadyModel(predictor, bills=False)

    def pointing(self, asked: ModelRequest, active: Callable[[], Rect | None]) -> Predictor:
        """Where the first click of the script goes, else into the middle."""
        from coasty_desk.models.scripted.script_predictor import ScriptPointing

        del active
        return ScriptPointing(asked.stop, _script(asked.chosen, asked.environment))


MODEL = ScriptModel()


def _script(chosen: Settings, environment: Mapping[str, str]) -> PredictionScript | None:
    """The script that is named; None: the task's markers say what to do."""
    from coasty_desk.core.folders import given
    from coasty_desk.models.scripted.prediction_script import read

    named = chosen.script or environment.get(VARIABLE, "").strip()
    return read(given(named)) if named else None
