"""The machines that the service has, found again when they are first asked for."""

from __future__ import annotations

from coasty_desk.machines.registry import MachineRegistry
from coasty_desk.server.service import Service


def machines(service: Service) -> MachineRegistry:
    """Those of this computer, kept beside the service's database. Raises OSError where they cannot be kept."""
    return service.kept(_begun)


def _begun(service: Service) -> MachineRegistry:
    found = MachineRegistry(service.database.path.parent / "machines", service.environment)
    found.begin()
    service.at_end(found.close)
    return found
