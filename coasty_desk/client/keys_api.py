"""The keys of a service, its models and what was used of it (API.md §2.5, §2.6, §2.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coasty_desk.client.resource_ids import id_in_path, senseless
from coasty_desk.client.service_client import Inquiry, ServiceClient


def key_made(
    client: ServiceClient, name: str, scopes: Sequence[str], *, this_desktop: bool = False
) -> Mapping[str, object]:
    """A new key, which is told once; `this_desktop`: its terminal, files and browser scopes hold there too. Raises ServiceError."""
    body: dict[str, object] = {"name": name, **({"scopes": list(scopes)} if scopes else {})}
    if this_desktop:
        body["this_desktop"] = True
    return _object(client.ask(Inquiry("POST", "keys", body)).document, "new key")


def keys_listed(client: ServiceClient) -> list[Mapping[str, object]]:
    """All of them, without their texts. Raises ServiceError."""
    document = client.get("keys").document
    found = document.get("keys", document.get("data")) if isinstance(document, dict) else document
    if not isinstance(found, list):
        senseless("list of keys")
    return [entry for entry in found if isinstance(entry, dict)]


def key_deleted(client: ServiceClient, key_id: str) -> None:
    """Let it be of no use any more. Raises ServiceError, UsageError for what is no id."""
    path = f"keys/{id_in_path(key_id, 'key', ': it is no key itself')}"
    client.ask(Inquiry("DELETE", path))


def models(client: ServiceClient) -> Mapping[str, object]:
    """Which models, versions and actions there are. Raises ServiceError."""
    return _object(client.get("models").document, "list of models")


def usage(client: ServiceClient, period: str) -> Mapping[str, object]:
    """What was used in a month, as `2026-11`. Raises ServiceError."""
    return _object(client.get(f"usage?period={period}").document, "account of what was used")


def _object(document: object, what: str) -> Mapping[str, object]:
    if not isinstance(document, dict):
        senseless(what)
    return document
