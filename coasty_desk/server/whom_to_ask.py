"""Who answers a request: the model that the service was started with, or one of the caller's own, whom the request names with its key."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import lifetimes
from coasty_desk.lifetimes import Model
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import ServiceKey
from coasty_desk.server.llm_key_store import LlmKeyStore
from coasty_desk.settings import Settings
from coasty_desk.wire.inference_resources import LLM_PROVIDERS, LlmConfig

MANAGED = "managed"
"""The service's own model."""

OWN_NAMES = ("default", "auto")
"""What programs call a service's own model."""

_KEY = re.compile(r"[!-~]{16,512}")
_CREDENTIAL = re.compile(
    r"(?i)^(?:sk|rk|pk|ak|key|token|bearer)[-_ ].{8,}|^(?:aiza|akia|gh[a-z]_|xox[a-z]-|eyj)|^[A-Za-z0-9_-]{36,}$"
)
"""What looks like a key and not like the name of a model."""


class Whom(Struct, frozen=True):
    """A model, and by which settings it is asked. `headers` go on to the published API, where that is it; `key` is the caller's own."""

    provider: str
    model: Model
    chosen: Settings
    environment: Mapping[str, str]
    headers: Mapping[str, str] = {}
    llm: LlmConfig | None = None
    key: str = ""

    def __repr__(self) -> str:
        """Without the key."""
        return f"Whom({self.provider})"

    @property
    def name(self) -> str:
        """What its model is called here."""
        return self.chosen.model or self.provider

    @property
    def is_repeatable(self) -> bool:
        """Whether the same question may be asked twice: nobody is paid, or whoever is knows it again by its key."""
        return self.model.passes_on or not self.model.bills(self.chosen, self.environment)


class CallersWish(Struct, frozen=True):
    """What a request says of the model: a vendor, its key, a model's name."""

    provider: str = MANAGED
    key: str = ""
    name: str = ""

    def __repr__(self) -> str:
        """Without the key."""
        return f"CallersWish({self.provider})"


def wish(headers: Mapping[str, str], llm: LlmConfig | None, model: str | None) -> CallersWish:
    """What the request's headers and its body say, the headers before the body. Raises ApiError LLM_PROVIDER_UNSUPPORTED, LLM_MODEL_INVALID."""
    said, key, name = (headers.get(f"x-llm-{what}", "") for what in ("provider", "api-key", "model"))
    provider = said or (llm.provider if llm is not None else MANAGED)
    unknown = said not in ("", *LLM_PROVIDERS) or provider not in (MANAGED, *LLM_PROVIDERS)
    if unknown or (key and provider == MANAGED):
        message = "A key for a model goes with the vendor that it is for: anthropic or openai."
        raise ApiError("LLM_PROVIDER_UNSUPPORTED", message)
    if key and not _KEY.fullmatch(key):
        message = "X-LLM-Api-Key has white space or letters in it that no key has, or is none by its length."
        raise ApiError("LLM_PROVIDER_UNSUPPORTED", message, "Send the vendor's key as it is.")
    told = [
        name,
        *([] if llm is None else [llm.model, llm.grounding_model, llm.compaction_model, llm.code_agent_model]),
    ]
    for one in (*told, model):
        if one and (_CREDENTIAL.search(one) or not one.isprintable() or len(one) > 512):
            message = "What is given as a model's name looks like a credential, or is none."
            raise ApiError("LLM_MODEL_INVALID", message)
    return CallersWish(provider, key, name or (llm.model if llm is not None else None) or model or "")


class AskedModels:
    """Finds whom to ask, for a service with these settings."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], keys: LlmKeyStore) -> None:
        self._settings, self._environment, self._keys = settings, environment, keys

    @property
    def own(self) -> Whom:
        """The service's own. Raises UsageError where its name is none."""
        provider = self._settings.provider
        return Whom(provider, lifetimes.model(provider), self._settings, self._environment)

    def whom(self, wish: CallersWish, owner: ServiceKey, llm: LlmConfig | None) -> Whom:
        """Raises ApiError where the caller's own key is wanted and is not there, or there is no such model here."""
        own = self.own
        passes_on = own.model.passes_on
        if wish.provider == MANAGED:
            if not passes_on and wish.name and wish.name not in (*OWN_NAMES, own.name, own.chosen.model):
                message = "There is no model of that name here."
                raise ApiError("LLM_MODEL_INVALID", message, "Leave it out, or name one of GET /v1/models.")
            return replace(own, llm=llm)
        key = wish.key or self._keys.read(owner, wish.provider)
        if passes_on:
            headers = {"X-LLM-Provider": wish.provider, "X-LLM-Api-Key": wish.key or key, "X-LLM-Model": wish.name}
            return replace(own, llm=llm, key=key, headers={name: value for name, value in headers.items() if value})
        if not key:
            message = f"No key for {wish.provider} came with the request, and none is stored."
            raise ApiError("LLM_KEY_NOT_CONFIGURED", message)
        model = lifetimes.model(wish.provider)
        chosen = replace(
            self._settings,
            provider=wish.provider,
            model=None if wish.name in ("", *OWN_NAMES) else wish.name,
            base_url=None,
            profile=None,
        )
        variable = getattr(model, "own_variable", "")
        return Whom(wish.provider, model, chosen, {**self._environment, variable: key}, llm=llm, key=key)
