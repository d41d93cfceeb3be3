"""E-mail: one message to one person, by the installation's own mail server.

Promises: TLS with a verified certificate (STARTTLS or from the start) unless the server is on this machine; the
notice's key is in `Message-ID`, so that a second sending is seen as the same message; nothing of an alarm's text can
become a header. A refusal of the recipient or the message for good (5xx) is final; a refused login or anything else may
work later. Leaves to others: trying again.
"""

from __future__ import annotations

import smtplib
import ssl
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from adapters.notify.threads import ChannelThreads
from domain.errors import NotifierUnavailable, Undeliverable
from domain.ports.notifier import Letter

LIMIT = timedelta(seconds=10)
"""For each answer of the server."""
_WHOLE = timedelta(seconds=25)
"""For the whole exchange."""


class MailTls(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"  # only to a server on this machine


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in, and as whom. `ca` is trusted instead of the system's."""

    host: str
    port: int
    sender: str
    tls: MailTls = MailTls.STARTTLS
    username: str | None = None
    password: str | None = None
    ca: Path | None = None


class Email:
    """The channel. `name` is its own in config: a person's contact by that name is the address."""

    def __init__(self, name: str, server: MailServer, *, limit: timedelta = LIMIT) -> None:
        self._name, self._server, self._limit_s = name, server, limit.total_seconds()
        self._threads = ChannelThreads(name, _WHOLE)

    async def send(self, letter: Letter) -> None:
        """Hand it in. Raises NotifierUnavailable or Undeliverable."""
        address = letter.person.contacts.get(self._name) if letter.person is not None else None
        if address is None:
            raise Undeliverable(f"{', '.join(letter.notice.receivers)} has no address for {self._name}")
        message = compose(letter, sender=self._server.sender, address=address)
        await self._threads.run(lambda: self._hand_in(message))

    def close(self) -> None:
        """Send nothing more."""
        self._threads.close()

    def _hand_in(self, message: EmailMessage) -> None:
        try:
            with self._connect() as server:
                if self._server.username is not None:
                    server.login(self._server.username, self._server.password or "")
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=0)
            raise _refusal("the recipient", code) from error
        except smtplib.SMTPDataError as error:
            raise _refusal("the message", error.smtp_code) from error
        except smtplib.SMTPResponseException as error:  # the login or the sender: somebody can repair that
            raise NotifierUnavailable(f"the mail server answered {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotifierUnavailable(f"the mail server did not take it: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        server, limit_s = self._server, self._limit_s
        if server.tls is MailTls.IMPLICIT:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=limit_s, context=self._context())
        connection = smtplib.SMTP(server.host, server.port, timeout=limit_s)
        if server.tls is MailTls.STARTTLS:
            try:
                connection.starttls(context=self._context())
            except BaseException:
                connection.close()
                raise
        return connection

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca)


def compose(letter: Letter, *, sender: str, address: str) -> EmailMessage:
    """The message. Raises Undeliverable for an address that no header can hold."""
    notice = letter.notice
    message = EmailMessage()
    try:
        message["From"], message["To"] = sender, address
    except ValueError as error:
        raise Undeliverable("that is not an address") from error
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(notice.made_at)
    message["Message-ID"] = f"<{notice.key}@watchkeeper.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    if notice.life_safety:
        message["Importance"] = "high"
    message.set_content(letter.body + "\n")
    return message


def _refusal(what: str, code: int) -> Exception:
    said = f"the mail server refused {what}: {code}"
    return Undeliverable(said) if code >= 500 else NotifierUnavailable(said)
