"""Google's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coasty_desk.models.vendor_model import VendorModel

if TYPE_CHECKING:
    from coasty_desk.models.vendor.vendor_wire import VendorWire
    from coasty_desk.settings import Settings


class GeminiModel(VendorModel):
    """It answers in thousandths, whatever the picture's size."""

    address, usual = "https://generativelanguage.googleapis.com/v1beta", "gemini-3.5-flash"
    root, own_variable = "/v1beta", "GEMINI_API_KEY"

    def wire(self, chosen: Settings, done: Sequence[str]) -> VendorWire:
        """The Interactions API."""
        from coasty_desk.models.gemini.gemini_wire import GeminiWire

        return GeminiWire(self.name(chosen), done)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """Its own."""
        return {"x-goog-api-key": key}


MODEL = GeminiModel()
