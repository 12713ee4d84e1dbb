"""What a vendor's fault means to the person: one sentence that says what is wrong, and one that says what to do."""

from __future__ import annotations

from collections.abc import Sequence

from coasty_desk.core.errors import ServiceError
from coasty_desk.models.vendor.endpoint import VendorRefusal

_PAGES = {
    "Anthropic": "https://console.anthropic.com/settings/billing",
    "OpenAI": "https://platform.openai.com/settings/organization/billing",
    "Google": "https://aistudio.google.com",
    "OpenRouter": "https://openrouter.ai/settings/credits",
}


def as_error(
    refusal: VendorRefusal, vendor: str, host: str, model: str, variable: str, there: Sequence[str]
) -> ServiceError:
    """The error that ends a run; `there` are the models that the server says it has, `variable` is where the key is looked for."""
    fault = refusal.fault
    said = f": {fault.said.rstrip('. ')}" if fault.said else ""
    label = (
        f" ({' '.join(str(one) for one in (fault.status, fault.code) if one)})" if fault.status or fault.code else ""
    )
    times = f", {refusal.tries} times" if refusal.tries > 1 else ""
    match fault.kind:
        case "no money":
            message = f"There is no money left at {vendor}{label}{said}."
            remedy = f"Add some at {_PAGES.get(vendor, host)}, or choose another --provider."
        case "key":
            message = f"{vendor} does not accept the key{label}{said}."
            remedy = (
                f"Check {variable}, or store another with `coasty-desk auth login --provider`."
                if variable
                else "Give the server's key."
            )
        case "no model":
            message = f"{host} has no model {model}{label}{said}."
            known = f"It has: {', '.join(there[:10])}." if there else ""
            remedy = known or f"With Ollama, fetch it: `ollama pull {model}`. Else choose another --model."
        case "tool":
            message = f"{model} has no computer tool{label}{said}."
            remedy = "Choose a model that has one, or `--provider chat` for one that points by itself."
        case "too large":
            message = f"{vendor} takes no request so large{label}{said}."
            remedy = "Choose a smaller --max-size."
        case "loading":
            message = f"{host} was still loading {model}{times}."
            remedy = "Wait until it is loaded, then try again."
        case "wait" if not fault.status:
            message = f"{host} gave no answer{times}{said}."
            remedy = "Check the address, the network and the proxy, then try again."
        case "wait":
            message = f"{vendor} could not answer now{label}{times}{said}."
            remedy = "Try again in a while."
        case _:
            message = f"{vendor} refuses the request{label}{said}."
            remedy = "Choose another --model; if it happens again, look for a newer version of coasty-desk."
    return ServiceError(message, remedy, code=refusal.code, status=fault.status or None)
