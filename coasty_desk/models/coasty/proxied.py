"""Requests through a proxy: the one file that knows the `requests` library, which knows proxies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coasty_desk.models.coasty.api_key import is_loopback
from coasty_desk.models.coasty.direct import Incoming
from coasty_desk.models.coasty.transport_errors import BAD_SETUP, UnansweredError, unanswered

if TYPE_CHECKING:
    import requests
    import urllib3

_PIECE = 65_536


def has_proxy(url: str) -> bool:
    """Whether the environment or the system names a proxy that may be for this address; requests decides whether it is.

    To this machine itself no proxy is asked.
    """
    parts = urlsplit(url)
    if sys.platform == "linux" and not any(name.lower().endswith("_proxy") for name in os.environ):
        return False
    if is_loopback(parts.hostname or ""):
        return False
    from urllib.request import getproxies  # noqa: PLC0415 - seldom

    proxies = getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all"))


class Proxied:
    """The way to one address through whatever proxy is set for it."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def asking(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], connect: float, patience: float
    ) -> Iterator[Incoming]:
        """As `direct.Direct` does. Raises UnansweredError."""
        import requests  # noqa: PLC0415 - 60 ms, and only for those with a proxy
        import urllib3  # noqa: PLC0415 - as it comes with requests

        begun = False
        try:
            with self._session.request(
                method,
                f"{self._url}/{path}",
                data=body,
                headers=dict(headers),
                timeout=(connect, patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                begun = True
                yield Incoming(response.status_code, response.headers, _pieces(response.raw))
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise UnansweredError(BAD_SETUP, str(error)) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            theirs = requests.RequestException | ConnectionError
            local = not begun and isinstance(error, ValueError | OSError) and not isinstance(error, theirs)
            raise (UnansweredError(BAD_SETUP, str(error)) if local else unanswered(error)) from None

    def close(self) -> None:
        """Close what is open and idle."""
        if "_session" in self.__dict__:
            self._session.close()

    @cached_property
    def _session(self) -> requests.Session:
        return _session()


def _pieces(raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    while piece := raw.read1(_PIECE, decode_content=True):
        yield piece


def _session() -> requests.Session:
    import requests  # noqa: PLC0415 - see above
    from requests.auth import AuthBase  # noqa: PLC0415 - see above

    class Nothing(AuthBase):
        """With an `auth` of our own, requests looks into no .netrc."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            return request

    class Straight(requests.Session):
        """Looks at no redirect at all: even one that is not followed would have its body read without end."""

        def get_redirect_target(self, resp: requests.Response) -> str | None:
            del resp
            return None

    session = Straight()
    session.auth = Nothing()
    return session
