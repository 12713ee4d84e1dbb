"""Takes mails for triggers from a mail server of this machine: LMTP and SMTP on loopback, one recipient a mail, and no mail to anybody else."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from coasty_desk.automation import mail_message
from coasty_desk.automation.mail_message import LARGEST, UnreadableMailError
from coasty_desk.automation.trigger_service import TooOftenError, TriggerService

if TYPE_CHECKING:
    import socket

IDLE = 60.0
"""Seconds in which a sender must say something."""

logging.getLogger("mail.log").disabled = True  # it tells of senders, and of what they say


class _Door(SMTP):
    """Speaks both: a server hands over by LHLO, everybody else says EHLO."""

    smtp_LHLO = LMTP.smtp_LHLO  # noqa: N815 - as the library names commands


class MailListener:
    """Made with the socket that it listens at, which it closes; in a thread of its own."""

    def __init__(self, listener: socket.socket, triggers: TriggerService, domain: str) -> None:
        self._listener, self._triggers, self._domain = listener, triggers, domain
        self._loop = asyncio.new_event_loop()

    def begin(self) -> None:
        """Take mails from now on."""
        threading.Thread(target=self._serve, name="coasty-desk mails", daemon=True).start()

    def close(self) -> None:
        """Take no more, at once."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._loop.create_server(self._door, sock=self._listener))
            self._loop.run_forever()
        finally:
            self._listener.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _door(self) -> SMTP:
        return _Door(
            self,
            hostname="coasty-desk",
            ident="coasty-desk",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            timeout=IDLE,
            loop=self._loop,
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
        )

    # Called by the library, by these names

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """One that we know, one for each mail: who sends to several sends again."""
        local, _, domain = address.strip("<>").rpartition("@")
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        known = domain.lower() == self._domain and await asyncio.to_thread(self._triggers.is_address, local[:64])
        if not known:
            return "550 5.1.1 No trigger has this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Said to be taken only once it is written down; a mail that fires nothing is taken too: nobody is written to about it."""
        if not (envelope.mail_from or "").strip("<> "):  # a report on a mail, by a server
            return "250 2.0.0 OK"
        local = envelope.rcpt_tos[0].strip("<>").rpartition("@")[0]
        try:
            await asyncio.to_thread(self._take, local, envelope.content or b"")  # other senders are heard meanwhile
        except UnreadableMailError:
            return "554 5.6.0 This is no mail that can be read"
        except TooOftenError:
            return "452 4.2.1 Too many mails to this address within a minute"
        return "250 2.0.0 OK"

    def _take(self, local: str, content: bytes) -> None:
        self._triggers.mailed(local, mail_message.read(content))

    async def handle_exception(self, _error: Exception) -> str:
        """Whatever it is: it is brought again. Nothing of it is told."""
        return "451 4.3.0 The service cannot take it now"
