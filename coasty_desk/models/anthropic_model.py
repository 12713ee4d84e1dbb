"""Anthropic's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coasty_desk.core.scaling import ImageFit, Size
from coasty_desk.models.vendor_model import VendorModel

if TYPE_CHECKING:
    from coasty_desk.models.vendor.vendor_wire import VendorWire
    from coasty_desk.settings import Settings


class AnthropicModel(VendorModel):
    """Its older tools shrink what is larger than this, and answer in the shrunk picture's pixels."""

    address, usual = "https://api.anthropic.com/v1", "claude-sonnet-5-5"
    own_variable = "ANTHROPIC_API_KEY"
    fit = ImageFit(box=Size(1568, 1568), most=1_150_000)

    def wire(self, chosen: Settings, done: Sequence[str]) -> VendorWire:
        """The Messages API."""
        from coasty_desk.models.anthropic.anthropic_wire import AnthropicWire

        return AnthropicWire(self.name(chosen), done)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """Its own."""
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}


MODEL = AnthropicModel()
