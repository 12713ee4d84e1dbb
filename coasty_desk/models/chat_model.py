"""Any model behind an OpenAI-compatible server: on this machine, in the house, or at OpenRouter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import ImageFit, Size
from coasty_desk.models.chat import stored_profiles
from coasty_desk.models.chat.profiles import PROFILES, Profile, profile_for
from coasty_desk.models.transport.loopback import is_loopback
from coasty_desk.models.vendor_model import VARIABLES, VendorModel

if TYPE_CHECKING:
    from coasty_desk.models.vendor.token_tariff import TokenTariff
    from coasty_desk.models.vendor.vendor_wire import VendorWire
    from coasty_desk.settings import Settings


class ChatModel(VendorModel):
    """Spoken with by the profile of its family; a key is sent where there is one, and needed nowhere."""

    own_variable = "OPENROUTER_API_KEY"

    def variable(self, url: str) -> str:
        """A key goes to the host that it is of, and to no other."""
        return VARIABLES.get(urlsplit(url).hostname or "", "")

    def name(self, chosen: Settings) -> str:
        """Raises UsageError where the person has named none."""
        if chosen.model is None:
            message = "--provider chat needs the model's name."
            raise UsageError(message, "Name it with --model, as the server has it: `ollama list` shows Ollama's.")
        return chosen.model

    def url(self, chosen: Settings) -> str:
        """Raises UsageError where the person has given none."""
        if chosen.base_url is None:
            message = "--provider chat needs the server's address."
            remedy = (
                "Give it with --base-url: http://127.0.0.1:11434/v1 is Ollama's, http://127.0.0.1:8080/v1 llama.cpp's, "
                "http://127.0.0.1:1234/v1 LM Studio's, https://openrouter.ai/api/v1 OpenRouter's."
            )
            raise UsageError(message, remedy)
        return super().url(chosen)

    def profile(self, chosen: Settings) -> Profile:
        """The one that is chosen, else what `doctor --model` found, else the family's. Raises UsageError for a name that is none."""
        if chosen.profile is not None and chosen.profile not in PROFILES:
            message = f"There is no profile {chosen.profile!r}."
            raise UsageError(message, f"Choose one of: {', '.join(PROFILES)}; or leave --profile out.")
        found = profile_for(self.name(chosen), chosen.profile or "")
        return found if chosen.profile else stored_profiles.applied(found, self.url(chosen), self.name(chosen))

    def size(self, chosen: Settings) -> Size | ImageFit:
        """Whole squares, as many as its server leaves alone."""
        return self.profile(chosen).fit.within(chosen.max_size)

    def key(self, chosen: Settings, environment: Mapping[str, str]) -> str:
        """None is no error; the keyring is asked where the server wants one, for it takes half a second."""
        variable = self.variable(self.url(chosen))
        key = environment.get(variable, "").strip() if variable else ""
        return self.demanded(key, self.url(chosen)) if key else ""

    def bills(self, chosen: Settings, environment: Mapping[str, str]) -> bool:
        """Not on this machine, unless the person says that it costs something."""
        here = is_loopback(urlsplit(self.url(chosen)).hostname or "")
        return (self.price(chosen) is not None or not here) and super().bills(chosen, environment)

    def prices(self, chosen: Settings, sent: Size) -> TokenTariff | None:
        """With as many pictures as its profile keeps."""
        found = super().prices(chosen, sent)
        if found is None:
            return None
        return replace(found, pictures=self.profile(chosen).images)

    def wire(self, chosen: Settings, done: Sequence[str]) -> VendorWire:
        """Chat completions, by its profile."""
        return self.spoken(chosen, self.profile(chosen), done)

    def spoken(self, chosen: Settings, profile: Profile, done: Sequence[str] = ()) -> VendorWire:
        """The same by another profile."""
        from coasty_desk.models.chat.chat_wire import ChatWire

        host = urlsplit(self.url(chosen)).hostname or ""
        vendor = "OpenRouter" if host == "openrouter.ai" else host
        return ChatWire(self.name(chosen), profile, vendor, self.variable(self.url(chosen)), done)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """As a bearer's."""
        return {"Authorization": f"Bearer {key}"}


MODEL = ChatModel()
