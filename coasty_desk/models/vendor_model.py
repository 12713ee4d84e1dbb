"""What the vendors' models have in common: where they are asked, with which key, what they cost, and who asks them in a run."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.scaling import ImageFit, Rect, Size
from coasty_desk.lifetimes import ImageFormat, Model, ModelRequest, ReadyModel
from coasty_desk.models.transport.loopback import is_loopback
from coasty_desk.settings import Settings

if TYPE_CHECKING:
    from coasty_desk.core.ports import Predictor
    from coasty_desk.core.stop import Stop
    from coasty_desk.core.surroundings import Surroundings
    from coasty_desk.core.token_prices import TokenPrice
    from coasty_desk.models.transport.transport import Transport
    from coasty_desk.models.vendor.token_tariff import TokenTariff
    from coasty_desk.models.vendor.vendor_predictor import VendorPredictor
    from coasty_desk.models.vendor.vendor_wire import VendorWire
    from coasty_desk.record.journal import Recorder
    from coasty_desk.record.resume import ResumeState

# As in coasty_model.py, the parts are loaded where they are made.

VARIABLES = {
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "api.openai.com": "OPENAI_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
}
"""Where a key in the environment is for: it goes to that host, and to this machine itself where its own provider is said to be there."""


class VendorModel(Model):
    """A model behind a vendor's server, of the name that the settings have."""

    sends = True
    address = ""
    """Where it is, unless the settings say otherwise."""
    root = "/v1"
    """What an address without a path means."""
    own_variable = ""
    """Of the environment, in which its own key is."""
    usual = ""
    """The model's name, unless the settings say otherwise."""
    fit = ImageFit()
    pictures = 40
    """So many are held by a conversation at most."""

    @abstractmethod
    def wire(self, chosen: Settings, done: Sequence[str]) -> VendorWire:
        """A new conversation; `done` is what an earlier sitting did, in words."""

    @abstractmethod
    def key_headers(self, key: str) -> Mapping[str, str]:
        """How a key is sent."""

    def size(self, chosen: Settings) -> Size | ImageFit:
        """What its server leaves as it is, within what the person wants."""
        return self.fit.within(chosen.max_size)

    def name(self, chosen: Settings) -> str:
        """The model's. Raises UsageError where it has none."""
        return chosen.model or self.usual

    def url(self, chosen: Settings) -> str:
        """Its server's address. Raises UsageError for what is none."""
        url = (chosen.base_url or self.address).strip().rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            message = f"--base-url is no address of a server: {url[:80]!r}."
            raise UsageError(message, "Give it an http or https address such as http://127.0.0.1:11434/v1.")
        return url if parts.path else f"{url}{self.root}"

    def keys(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """That of the environment, and what this process has found elsewhere."""
        key = environment.get(self.own_variable, "").strip()
        return (*_IN_USE, *([key] if key else []))

    def variable(self, url: str) -> str:
        """Of the environment, in which a key for that address is looked for; empty where there is none."""
        host = urlsplit(url).hostname or ""
        return VARIABLES.get(host, self.own_variable if is_loopback(host) else "")

    def key(self, chosen: Settings, environment: Mapping[str, str]) -> str:
        """The environment's before the keyring's. Raises ServiceError where there is none."""
        url = self.url(chosen)
        variable = self.variable(url)
        key = environment.get(variable, "").strip() if variable else ""
        key = key or stored(url)
        if not key:
            message = f"There is no API key for {urlsplit(url).hostname}, which needs one."
            where = f"Set {variable}, or store" if variable else "Store"
            raise ServiceError(message, f"{where} it with `coasty-desk auth login --provider NAME`.", code="NO_KEY")
        return self.demanded(key, url)

    def demanded(self, key: str, url: str) -> str:
        """The same. Raises UsageError where it would be sent in the open, ServiceError for what is no key."""
        host = urlsplit(url).hostname or ""
        if urlsplit(url).scheme == "http" and not is_loopback(host):
            message = f"{url} is an http address, by which everybody on the way to it can read the key."
            raise UsageError(message, "Give an https address; http is for this machine itself, such as 127.0.0.1.")
        if not re.fullmatch(r"[!-~]+", key):
            message = f"The API key for {host} has white space or letters in it that no key has."
            raise ServiceError(message, "Copy it once more from the vendor's page.", code="BAD_KEY")
        _IN_USE[key] = None
        return key

    def bills(self, chosen: Settings, environment: Mapping[str, str]) -> bool:
        """Unless the person says that it costs nothing."""
        del environment
        price = self.price(chosen)
        return price is None or not price.is_free

    def price(self, chosen: Settings) -> TokenPrice | None:
        """The person's own; None where they have said none."""
        return chosen.prices.get(self.name(chosen))

    def prices(self, chosen: Settings, sent: Size) -> TokenTariff | None:
        """By the token. Raises UsageError for a cap where nothing is known of the price."""
        from coasty_desk.models.vendor.token_tariff import TokenTariff

        price = self.price(chosen)
        if price is not None:
            return None if price.is_free else TokenTariff(price, sent, self.pictures)
        if (chosen.budget is None and chosen.daily_cents is None) or not self.bills(chosen, {}):
            return None
        cap = "--budget" if chosen.budget is not None else "daily_cents"
        message = f"{cap} cannot be kept: nothing is known of what {self.name(chosen)} costs."
        raise UsageError(message, how_to_price(self.name(chosen)))

    def ready(self, asked: ModelRequest) -> ReadyModel:
        """Raises UsageError for the name, the address, a profile; ServiceError for the key."""
        from coasty_desk.models.transport.warm_transport import WarmTransport

        chosen = asked.chosen
        self.prices(chosen, chosen.max_size)
        key = self.key(chosen, asked.environment)
        transport = WarmTransport(self.url(chosen), lambda: self._asking(asked, key, transport, self.wire(chosen, ())))

        def predictor(_here: Surroundings, _recorder: Recorder | None, remains: ResumeState | None) -> Predictor:
            from coasty_desk.core.actions import in_words

            done = () if remains is None else tuple(map(in_words, remains.acted))
            return self._asking(asked, key, transport, self.wire(chosen, done))

        def image_format() -> ImageFormat:
            return "jpeg" if chosen.image_format == "jpeg" else "png"

        bills = self.bills(chosen, asked.environment)
        return ReadyModel(predictor, image_format, transport.open_ahead, transport.close, bills)

    def predictor(self, asked: ModelRequest, wire: VendorWire | None = None) -> VendorPredictor:
        """One with a new conversation, for a look. Raises UsageError, ServiceError."""
        from coasty_desk.models.transport.warm_transport import WarmTransport

        chosen = asked.chosen
        key = self.key(chosen, asked.environment)
        return self._asking(asked, key, WarmTransport(self.url(chosen)), wire or self.wire(chosen, ()))

    def _asking(self, asked: ModelRequest, key: str, transport: Transport, wire: VendorWire) -> VendorPredictor:
        from coasty_desk.models.vendor.endpoint import Endpoint
        from coasty_desk.models.vendor.vendor_predictor import VendorPredictor

        url = self.url(asked.chosen)
        late = None if key else lambda: self._late(url)
        endpoint = Endpoint(url, key, self.key_headers(key) if key else {}, asked.stop, transport, late)
        return VendorPredictor(wire, endpoint, self.name(asked.chosen), self.price(asked.chosen))

    def _late(self, url: str) -> tuple[str, Mapping[str, str]]:
        """A stored key, for a server that turns out to want one; empty where there is none."""
        key = stored(url)
        return (self.demanded(key, url), self.key_headers(key)) if key else ("", {})

    def check(self, chosen: Settings, key: str, stop: Stop) -> str:
        """The host that takes the key, asked for what costs nothing. Raises ServiceError where it does not, or gives no answer."""
        from coasty_desk.models.transport.transport import Outgoing, Sending, UnansweredError
        from coasty_desk.models.transport.warm_transport import WarmTransport

        url = self.url(chosen)
        host = urlsplit(url).hostname or ""
        request = Outgoing("GET", "models", {"Accept": "application/json", **self.key_headers(key)}, None, 15.0)
        transport = WarmTransport(url)
        try:
            status = stop.race(lambda: transport.send(request, Sending())).status
        except UnansweredError as none:
            message = f"{host} gave no answer: {none.fault.message}."
            raise ServiceError(message, "Check the address, the network and the proxy.", code=none.fault.code) from none
        finally:
            transport.close()
        if status in (401, 403):
            message = f"{host} does not accept the key."
            raise ServiceError(message, "Copy it once more from the vendor's page.", code="BAD_KEY", status=status)
        return host

    def pointing(self, asked: ModelRequest, active: Callable[[], Rect | None]) -> Predictor:
        """By asking for the click alone."""
        from coasty_desk.models.vendor.vendor_pointing import VendorPointing

        del active
        return VendorPointing(self.predictor(asked))


_IN_USE: dict[str, None] = {}
"""The keys that this process has come by."""


def stored(url: str) -> str:
    """The key that the keyring has for the address's host; empty where there is none."""
    from coasty_desk.models.transport import stored_key

    try:
        return stored_key.read(urlsplit(url).hostname or "").strip()
    except UsageError:
        return ""  # a keyring that cannot be read has no key


def how_to_price(name: str) -> str:
    """What to write, so that caps can be kept."""
    return (
        f'Write into your config.toml [prices."{name}"] with in and out (dollars for a million tokens, from the vendor\'s '
        "page), read and write where the cache costs otherwise, and as_of, the day; or leave the cap out."
    )
