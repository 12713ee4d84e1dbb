"""Whether an address is this machine itself."""

from __future__ import annotations


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine: its name for itself, or an address that is written out."""
    if host.lower() == "localhost":
        return True
    import ipaddress  # noqa: PLC0415 - a service that is elsewhere has a name, and every start would wait for it

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
