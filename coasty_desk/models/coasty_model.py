"""The Coasty API as a model: where its key is, what it charges, and the connection of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from coasty_desk import presets
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.lifetimes import ImageFormat, Model, ModelRequest, ReadyModel
from coasty_desk.settings import BASE_URL, BASE_URL_VARIABLE, KEY_VARIABLE, Settings

if TYPE_CHECKING:
    from coasty_desk.core.ports import Predictor
    from coasty_desk.core.surroundings import Surroundings
    from coasty_desk.models.coasty.coasty_relay import CoastyRelay
    from coasty_desk.models.coasty.http import Connection
    from coasty_desk.models.coasty.outbox import Outbox
    from coasty_desk.models.coasty.pricing import Tariff
    from coasty_desk.models.coasty.terms import Terms
    from coasty_desk.models.coasty.uploads import Uploads
    from coasty_desk.record.journal import Recorder
    from coasty_desk.record.resume import ResumeState

# The parts are loaded where they are made: the first screenshot is taken as soon as it is known that this model sends one.


class CoastyModel(Model):
    """Asks the service, which charges for each step."""

    sends = True
    passes_on = True
    heeds = ("system_prompt", "tools", "max_actions", "stateless")

    def keys(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The one that `api_key` finds."""
        key = api_key(environment).strip()
        return (key,) if key else ()

    def bills(self, chosen: Settings, environment: Mapping[str, str]) -> bool:
        """Not with a sandbox key, unless a service takes it that passes on to who charges; nor without one that a run will take."""
        from contextlib import closing

        from coasty_desk.models.coasty.passed_on import see_who_pays

        try:
            with closing(connection(chosen, environment)) as opened:
                return see_who_pays(opened).key.bills
        except (ServiceError, UsageError):
            return False

    def prices(self, chosen: Settings, sent: Size) -> Tariff:
        """API.md §4."""
        from coasty_desk.models.coasty.pricing import StatelessTariff, Tariff

        length = terms(chosen).length
        if chosen.stateless is not None:
            return StatelessTariff(sent, chosen.stateless, chosen.cua_version, length)
        return Tariff(sent, chosen.memory, chosen.cua_version, length)

    def relay(self, chosen: Settings, environment: Mapping[str, str]) -> CoastyRelay:
        """Raises UsageError for the address, ServiceError for the key."""
        from coasty_desk.models.coasty.coasty_relay import CoastyRelay
        from coasty_desk.models.coasty.passed_on import see_who_pays

        return CoastyRelay(see_who_pays(connection(chosen, environment)))

    def ready(self, asked: ModelRequest) -> ReadyModel:
        """Only who pays is asked beforehand, where the key does not say it. Raises UsageError for the address, ServiceError for the key."""
        from coasty_desk.models.coasty.passed_on import see_who_pays
        from coasty_desk.models.coasty.uploads import Uploads

        chosen, uploads = asked.chosen, Uploads()
        opened = see_who_pays(connection(chosen, asked.environment, uploads))

        def image_format() -> ImageFormat:
            return uploads.format if chosen.image_format == "auto" else chosen.image_format

        told = terms(chosen)

        def predictor(_here: Surroundings, recorder: Recorder | None, remains: ResumeState | None) -> Predictor:
            from coasty_desk.models.coasty.client import CoastyPredictor
            from coasty_desk.models.coasty.outbox import Memory

            outbox = Memory() if recorder is None else recorder
            if chosen.stateless is not None:
                return stateless(
                    *(opened, asked, told, outbox), None if recorder is None or remains is None else recorder.folder
                )
            return CoastyPredictor(
                opened,
                asked.stop,
                asked.run_id,
                terms=told,
                memory=chosen.memory,
                cua_version=chosen.cua_version,
                max_actions=chosen.max_actions,
                outbox=outbox,
                session=None if remains is None else remains.session,
                opened=0 if remains is None else remains.opened,
            )

        return ReadyModel(
            predictor, image_format, opened.warm, opened.close, opened.key.bills, long_prompt(chosen, told)
        )

    def pointing(self, asked: ModelRequest, active: Callable[[], Rect | None]) -> Predictor:
        """By the service's `ground`."""
        from coasty_desk.models.coasty.grounding import Grounding
        from coasty_desk.models.coasty.passed_on import see_who_pays

        del active
        return Grounding(see_who_pays(connection(asked.chosen, asked.environment)), asked.stop, asked.run_id)


MODEL = CoastyModel()


def terms(chosen: Settings) -> Terms:
    """What the model is told beside the task. Raises UsageError for a file that cannot be read."""
    from coasty_desk.models.coasty.terms import Terms

    prompt = "" if chosen.system_prompt is None else presets.system_prompt(chosen.system_prompt)
    return Terms(presets.load(chosen.preset).text, prompt, chosen.tools)


def long_prompt(chosen: Settings, told: Terms) -> tuple[str, ...]:
    """A sentence on what a prompt of the person's own costs, where it costs something."""
    if chosen.system_prompt is None or told.length <= presets.LONG_PROMPT:
        return ()
    many = f"The system prompt and the instructions have {told.length} characters"
    return (f"{many}: above {presets.LONG_PROMPT} each step costs 1 cent more.",)


def stateless(opened: Connection, asked: ModelRequest, told: Terms, outbox: Outbox, folder: Path | None) -> Predictor:
    """Who predicts without a session; `folder` is the record of a run that is taken up again."""
    from coasty_desk.models.coasty.stateless import PastStep, StatelessPredictor
    from coasty_desk.record import past_steps

    chosen = asked.chosen
    keep = chosen.stateless or 0
    seen = () if folder is None else past_steps.last(folder, keep)
    return StatelessPredictor(
        opened,
        asked.stop,
        asked.run_id,
        terms=told,
        keep=keep,
        cua_version=chosen.cua_version,
        max_actions=chosen.max_actions,
        outbox=outbox,
        past=[PastStep(one.image, one.size, one.actions, one.reasoning) for one in seen],
    )


def address(chosen: Settings, environment: Mapping[str, str]) -> str:
    """Where the service is: that of the settings may be another provider's, to which its key must not go."""
    named = (
        chosen.base_url if chosen.provider == Settings().provider else environment.get(BASE_URL_VARIABLE, "").strip()
    )
    return named or BASE_URL


def api_key(environment: Mapping[str, str], url: str = "") -> str:
    """The key for the `url`, else for the environment's, as it was given: in the environment before the keyring; empty where there is none."""
    key = environment.get(KEY_VARIABLE, "")
    if key.strip():
        return key
    from coasty_desk.models.coasty.api_key import host
    from coasty_desk.models.transport import stored_key

    try:
        return stored_key.read(host(url or environment.get(BASE_URL_VARIABLE, "").strip() or BASE_URL))
    except UsageError:
        return ""  # a keyring that cannot be read has no key, and what to do about that is the same


def connection(chosen: Settings, environment: Mapping[str, str], uploads: Uploads | None = None) -> Connection:
    """To the service. Raises UsageError for the address, ServiceError for the key."""
    from coasty_desk.models.coasty.api_key import ApiKey, base_url
    from coasty_desk.models.coasty.http import Connection

    url = base_url(address(chosen, environment))  # before a key is looked for: what is wrong with it is said first
    key = ApiKey(api_key(environment, url))
    return Connection(url, key) if uploads is None else Connection(url, key, uploads.sent)
