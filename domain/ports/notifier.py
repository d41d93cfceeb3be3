"""The notifier port: one channel by which people are told.

Promises made by an adapter: `send` returns after the receiver has taken the letter, and within a time limit of its own
whatever the receiver does; the letter's key goes with it, so that a receiver can tell a second sending. It never blocks
the event loop.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from domain.callout import Callee
from domain.notices import Notice


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in words, ready to leave. `person` is set on personal channels: who it is for, with the contact."""

    notice: Notice
    subject: str
    body: str
    person: Callee | None = None


class Notifier(Protocol):
    """One channel."""

    async def send(self, letter: Letter) -> None:
        """Deliver it. Raises NotifierUnavailable when trying again may work, Undeliverable when it will not."""
        ...

    def close(self) -> None:
        """Let go of threads and connections; letters under way may be lost and are sent again."""
        ...
