"""Sends what is in the outbox: each try to an address that was looked up once, in ten seconds, and nowhere else than that leads."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from coasty_desk.automation.public_address import (
    Address,
    Lookup,
    Receiver,
    ReceiverError,
    looked_up,
    reachable,
    receiver,
)
from coasty_desk.automation.webhook_outbox import Delivery, WebhookOutbox
from coasty_desk.automation.webhook_signature import HEADER, signature

TRY = 10.0
"""Seconds that a try may take, from the first packet to the answer's status."""

AT_ONCE = 8
"""Tries at the same time: a receiver that hangs does not hold up the others."""

LOOKED = 5.0
"""Seconds after which the outbox is looked into by itself."""

_LONGEST_LOOKUP = 5.0
"""Seconds that are left to the system for a name's addresses, of those of a try."""

_log = logging.getLogger("coasty_desk.webhooks")

Send = Callable[[Delivery], str]
"""Send a delivery once: gives what the receiver said, raises NotArrivedError."""


class NotArrivedError(Exception):
    """A try was in vain; the words say why, for people, and hold nothing that the receiver said."""


class WebhookSender:
    """Sends between `begin` and `close`, in threads of its own; `wake` when something was put into the outbox."""

    def __init__(self, outbox: WebhookOutbox, send: Send) -> None:
        self._outbox = outbox
        self._send = send
        self._ending = threading.Event()
        self._look = threading.Event()
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def begin(self) -> None:
        """Go on with what was being sent, and send what is due from now on."""
        self._outbox.cut_off()
        threading.Thread(target=self._run, name="webhooks", daemon=True).start()

    def wake(self) -> None:
        """Look into the outbox now."""
        self._look.set()

    def close(self) -> None:
        """Begin no try any more. Those under way are not waited for: they are made again at the next `begin`."""
        self._ending.set()
        self._look.set()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._look.clear()
            wait = LOOKED
            try:
                while self._free.acquire(timeout=LOOKED):
                    delivery = None if self._ending.is_set() else self._outbox.take()
                    if delivery is None:
                        self._free.release()
                        break
                    name = f"webhook {delivery.id}"
                    threading.Thread(target=self._try, args=(delivery,), name=name, daemon=True).start()
                wait = min(LOOKED, LOOKED if (left := self._outbox.until_next()) is None else left)
            except Exception as error:  # noqa: BLE001 - the database's own faults pass
                _log.error("the outbox cannot be read: %s", type(error).__name__)
            self._look.wait(wait)

    def _try(self, delivery: Delivery) -> None:
        try:
            said, arrived = self._send(delivery), True
        except NotArrivedError as error:
            said, arrived = str(error), False
        except Exception as error:  # noqa: BLE001 - a fault of ours is a try in vain as well
            said, arrived = f"it failed here ({type(error).__name__})", False
        try:
            if not self._ending.is_set():
                self._outbox.settle(delivery, arrived=arrived, said=said)
        except Exception as error:  # noqa: BLE001 - it is sent again, as after a kill
            _log.error("what came of %s cannot be written: %s", delivery.id, type(error).__name__)
        finally:
            self._free.release()
            self._look.set()


class HttpSend:
    """A `Send` by HTTP: one POST to one address, no redirects, no proxies. `private`: this machine and its network may be sent to."""

    def __init__(
        self,
        *,
        private: bool = False,
        lookup: Lookup = looked_up,
        seconds: float = TRY,
        clock: Callable[[], float] = time.time,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._private = private
        self._lookup = lookup
        self._seconds = seconds
        self._clock = clock
        self._environment = environment

    def __call__(self, delivery: Delivery) -> str:
        """As `Send` says."""
        until = time.monotonic() + self._seconds
        connection: list[socket.socket] = []
        # a time-out is for one packet, and a receiver may send one after another for ever
        end = threading.Timer(self._seconds, _shut, (connection,))
        end.daemon = True
        end.start()
        try:
            there = receiver(delivery.url, private=self._private)
            self._connect(there, self._addresses(there, until), until, connection)
            status = self._sent(there, delivery, connection[-1])
            if time.monotonic() >= until:  # what was cut off in the middle looks like an answer of fewer headers
                raise TimeoutError
        except ReceiverError as error:
            raise NotArrivedError(str(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= until or isinstance(error, TimeoutError)
            raise NotArrivedError("it did not answer in time" if late else "it did not answer") from error
        finally:
            end.cancel()
            for each in connection:
                each.close()
        if not 200 <= status < 300:
            why = f"it answered {status}"
            raise NotArrivedError(why)
        return f"it answered {status}"

    def _addresses(self, there: Receiver, until: float) -> list[Address]:
        """Asked for in a thread, since the system may take as long as it likes. Raises ReceiverError, NotArrivedError."""
        found: list[list[Address] | Exception] = []

        def ask() -> None:
            try:
                found.append(reachable(there, private=self._private, lookup=self._lookup))
            except (OSError, ValueError) as error:
                found.append(error)

        thread = threading.Thread(target=ask, name="webhook name", daemon=True)
        thread.start()
        thread.join(min(_LONGEST_LOOKUP, until - time.monotonic()))
        match found:
            case [ReceiverError() as error]:
                raise error
            case [list() as addresses]:
                return addresses
            case _:
                why = "its name leads nowhere"
                raise NotArrivedError(why)

    def _connect(self, there: Receiver, addresses: list[Address], until: float, made: list[socket.socket]) -> None:
        """To one of those addresses and to no other, encrypted for the name's own certificate: the last one `made`."""
        why = "it cannot be reached"
        for number, address in enumerate(addresses[:2]):
            left = until - time.monotonic()
            try:
                plain = socket.create_connection((str(address), there.port), timeout=max(0.1, left / (2 - number)))
            except OSError:
                continue
            plain.settimeout(self._seconds)
            if not there.encrypted:
                made.append(plain)
                return
            try:
                made.append(
                    self._trusted().wrap_socket(plain, server_hostname=there.host, do_handshake_on_connect=False)
                )
                made[-1].do_handshake()  # type: ignore[attr-defined]  # it is one of ssl's
            except ssl.SSLCertVerificationError:
                why = "its certificate is not to be trusted"
            except (OSError, ValueError):
                why = "no encrypted connection could be agreed on"
            else:
                return
        raise NotArrivedError(why)

    def _sent(self, there: Receiver, delivery: Delivery, connection: socket.socket) -> int:
        """The status that is answered. Raises OSError, HTTPException."""
        exchange = http.client.HTTPConnection(there.host, there.port)
        exchange.sock = connection
        exchange.putrequest("POST", there.target, skip_host=True, skip_accept_encoding=True)
        for name, value in (
            ("Host", there.authority),
            ("User-Agent", "coasty-desk"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(delivery.body))),
            ("Coasty-Event", delivery.event),
            ("Coasty-Delivery", delivery.id),
            (HEADER, signature(delivery.secret, delivery.body, int(self._clock()))),
            ("Connection", "close"),
        ):
            exchange.putheader(name, value)
        exchange.endheaders(delivery.body)
        return exchange.getresponse().status

    def _trusted(self) -> ssl.SSLContext:
        import certifi  # noqa: PLC0415 - where something is sent

        return ssl.create_default_context(cafile=self._environment.get("REQUESTS_CA_BUNDLE") or certifi.where())


def _shut(made: list[socket.socket]) -> None:
    for connection in made:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # without a word of goodbye, for which ssl would wait
