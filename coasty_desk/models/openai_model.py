"""OpenAI's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coasty_desk.core.scaling import ImageFit, Size
from coasty_desk.models.vendor_model import VendorModel

if TYPE_CHECKING:
    from coasty_desk.models.vendor.vendor_wire import VendorWire
    from coasty_desk.settings import Settings


class OpenAIModel(VendorModel):
    """It takes a picture as it is, up to 6000 pixels a side and 10,000 squares of 32."""

    address, usual = "https://api.openai.com/v1", "gpt-6.1-sol"
    own_variable = "OPENAI_API_KEY"
    fit = ImageFit(box=Size(6000, 6000), most=9_500 * 32 * 32)

    def wire(self, chosen: Settings, done: Sequence[str]) -> VendorWire:
        """The Responses API."""
        from coasty_desk.models.openai.openai_wire import OpenAIWire

        return OpenAIWire(self.name(chosen), done)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """As a bearer's."""
        return {"Authorization": f"Bearer {key}"}


MODEL = OpenAIModel()
