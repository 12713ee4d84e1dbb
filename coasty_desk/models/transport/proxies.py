"""Which proxy is set for an address, and the way through it: the one file that knows `urllib3`, which knows proxies."""

from __future__ import annotations

import ipaddress
import ssl
from contextlib import suppress
from http.client import HTTPException
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from coasty_desk.models.transport.transport import BAD_SETUP, UNREACHABLE, UnansweredError

if TYPE_CHECKING:
    import socket

    import urllib3


def proxy_for(host: str, port: int) -> str | None:
    """The proxy that the environment or the system names for what goes there by https; None where nothing is between."""
    named = getproxies()
    url = named.get(f"https://{host}") or named.get("https") or named.get("all")
    if not url or proxy_bypass(f"{host}:{port}") or _in_a_range(host, named.get("no", "")):
        return None
    return url if "://" in url else f"http://{url}"


def through(proxy: str, host: str, port: int, context: ssl.SSLContext, seconds: float) -> socket.socket:
    """A connection to `host` by TLS, within `seconds` for each part of the way.

    Raises UnansweredError, and ssl.SSLCertVerificationError for the host's certificate and the proxy's own.
    """
    import urllib3  # noqa: PLC0415 - 35 ms, and only for those with a proxy

    try:
        pool = _manager(proxy, context).connection_from_host(host, port, "https")
        connection = pool._new_conn()  # noqa: SLF001 - its own requests cannot be timed and cut off as ours are
    except ValueError as error:  # its words may have the proxy's password in them
        raise UnansweredError(BAD_SETUP, "the address of the proxy cannot be used") from error
    connection.timeout = seconds
    try:
        if pool.proxy is None:
            connection.connect()
        else:
            pool._prepare_proxy(connection)  # noqa: SLF001 - as above
    except BaseException as error:
        connection.close()
        if isinstance(error, urllib3.exceptions.HTTPError | OSError | HTTPException) and not isinstance(
            error, ssl.SSLCertVerificationError
        ):
            raise UnansweredError(UNREACHABLE, "the proxy could not be reached or would not connect") from error
        raise
    return connection.sock  # type: ignore[attr-defined, no-any-return]  # it has one now


def _manager(proxy: str, context: ssl.SSLContext) -> urllib3.PoolManager:
    """Who connects through it. Raises ValueError, UnansweredError."""
    import urllib3  # noqa: PLC0415 - as above

    parts = urlsplit(proxy)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not parts.scheme.startswith("socks"):
        headers = urllib3.make_headers(proxy_basic_auth=f"{name}:{password}") if name else None
        return urllib3.ProxyManager(proxy, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context)
    if find_spec("socks") is None:
        raise UnansweredError(BAD_SETUP, "the proxy speaks SOCKS, for which the package PySocks is missing here")
    from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - as above

    return SOCKSProxyManager(proxy, name or None, password or None, ssl_context=context)


def _in_a_range(host: str, ranges: str) -> bool:
    """Whether an address that is written out lies in one of those that `no_proxy` names as 10.0.0.0/8."""
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        for named in ranges.replace(" ", "").split(","):
            with suppress(ValueError):
                if "/" in named and address in ipaddress.ip_network(named, strict=False):
                    return True
    return False
