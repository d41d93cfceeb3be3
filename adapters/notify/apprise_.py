"""Apprise: the services that people read: WeCom, DingTalk, Feishu, Telegram, SMS and a hundred others.

Promises: an address is checked when the channel is made, so that a typing error is found at the start; a service that
does not take a notice is tried again. Leaves to others: the services' own ways (Apprise), which say only *yes* or *no*:
there is no telling a receiver that is gone from one that is away.

An address holds secrets and never appears in a log or an error. `{contact}` in it is replaced by the person's contact.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import quote

from apprise import Apprise as Services
from apprise import NotifyType

from adapters.notify.threads import ChannelThreads
from domain.errors import ConfigError, NotifierUnavailable, Undeliverable
from domain.notices import Status
from domain.ports.notifier import Letter

CONTACT = "{contact}"
LIMIT = timedelta(seconds=25)
_SOCKET_LIMITS = "cto=5&rto=10"
"""Apprise's own words for: connect within 5 s, answer within 10 s."""

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses


class Apprise:
    """The channel. `address` is one of Apprise's, such as `wecombot://KEY` or `mailtos://user:password@host?to={contact}`.

    Raises ConfigError, without repeating it, for an address that Apprise cannot read.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name, self._address = name, address
        if not Services().add(self._with_limits(address.replace(CONTACT, "somebody"))):
            raise ConfigError(
                file="channels.toml",
                place=name,
                problem="its address is none that Apprise can read",
                remedy="Compare it with the service's page in Apprise's documentation.",
            )
        self._threads = ChannelThreads(name, LIMIT)

    async def send(self, letter: Letter) -> None:
        """Hand it to the service. Raises NotifierUnavailable when the service did not take it."""
        address = self._address
        if CONTACT in address:
            contact = letter.person.contacts.get(self._name) if letter.person is not None else None
            if contact is None:
                raise Undeliverable(f"{', '.join(letter.notice.receivers)} has no contact for {self._name}")
            address = address.replace(CONTACT, quote(contact, safe=""))
        await self._threads.run(lambda: self._notify(address, letter))

    def close(self) -> None:
        """Send nothing more."""
        self._threads.close()

    def _notify(self, address: str, letter: Letter) -> None:
        services = Services()
        if not services.add(self._with_limits(address)):
            raise Undeliverable("the contact makes an address that Apprise cannot read")
        over = letter.notice.status is Status.RESOLVED
        kind = NotifyType.SUCCESS if over else NotifyType.FAILURE if letter.notice.life_safety else NotifyType.WARNING
        if not services.notify(body=letter.body, title=letter.subject, notify_type=kind):
            raise NotifierUnavailable("the service did not take it")

    def _with_limits(self, address: str) -> str:
        return f"{address}{'&' if '?' in address else '?'}{_SOCKET_LIMITS}"
