"""Mails for the triggers of a service: where they come to, what takes them, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.core.errors import UsageError
from coasty_desk.core.mail_places import DEFAULT, MailAddress, MailboxPlace

if TYPE_CHECKING:
    import socket

    from coasty_desk.automation.mailbox_poller import MailboxPoller
    from coasty_desk.automation.schedule_store import ScheduleStore
    from coasty_desk.automation.trigger_service import TriggerService
    from coasty_desk.server.service import Service
    from coasty_desk.settings import Settings

INSTALL_MAIL = "pip install 'coasty-desk[mail]'"


class ServedMails(Struct, frozen=True):
    """`address` is where they come to; `poller` looks into a mailbox for them."""

    address: MailAddress | None = None
    poller: MailboxPoller | None = None


def address_of(chosen: Settings) -> MailAddress | None:
    """Where mails to triggers come to; None where none do. Raises UsageError where that is not said."""
    if not chosen.takes_mails:
        return None
    user = DEFAULT if chosen.mailbox is None else MailboxPlace.read(chosen.mailbox).user
    try:
        return MailAddress.read(chosen.mail_address or user)
    except ValueError as error:
        message = "The mailbox's user is no address, and nothing else says which address mails to it have."
        raise UsageError(message, "Say it: --mail-address me@example.org.") from error


def demand(chosen: Settings, environment: Mapping[str, str]) -> None:
    """Raise UsageError where mails could not be taken as it is."""
    address_of(chosen)
    if chosen.mailbox is not None:
        from coasty_desk.automation.mailbox_poller import password

        password(chosen.mail_password, environment)
    if chosen.mail_listen is not None:
        try:
            import aiosmtpd  # noqa: F401 - whether it is there
        except ModuleNotFoundError as error:
            message = "The package that takes mails is not installed."
            raise UsageError(message, f"Install it: {INSTALL_MAIL}.") from error


def begin(
    service: Service, store: ScheduleStore, triggers: TriggerService, listener: socket.socket | None
) -> ServedMails:
    """Take mails until the service ends."""
    chosen, address = service.settings, address_of(service.settings)
    poller = None
    if chosen.mailbox is not None:
        from coasty_desk.automation.mailbox_poller import MailboxPoller, password

        place, environment = MailboxPlace.read(chosen.mailbox), dict(service.environment)
        poller = MailboxPoller(place, lambda: password(chosen.mail_password, environment), triggers, store)
        service.at_end(poller.close)
        poller.begin()
    if listener is not None and address is not None:
        from coasty_desk.automation.mail_listener import MailListener

        taking = MailListener(listener, triggers, address.domain)
        service.at_end(taking.close)
        taking.begin()
    return ServedMails(address, poller)
