"""Whole readings for a command, wherever the history is.

Promises: an InfluxDB and an embedded history that nobody has open are read through the port; an embedded one that a
running service owns is read through that service's API, with a token that ends with the block.
Leaves to others: what the readings are for (`watchkeeper.rule_trial`).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

import msgspec

from domain.errors import HistoryUnavailable
from domain.people import Actor, ActorType, Role
from domain.ports.history import Stored
from watchkeeper.composition import open_history
from watchkeeper.history_owner import listens, passing_token, pinned, said
from watchkeeper.settings import HistoryChoice, Settings

_READER = Actor(ActorType.PROGRAM, "rules-try", Role.ENGINEER)
_LONGEST = timedelta(hours=12)
_PATIENCE_SECONDS = 60.0
_DECODE = msgspec.json.Decoder(Stored).decode


class Readings(Protocol):
    """Whoever can give whole readings back: the history's port is one."""

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        """Whole readings of `start <= at < end`, oldest first."""
        ...


@contextmanager
def reading_history(settings: Settings) -> Iterator[Readings]:
    """The history, for the length of a block. Raises HistoryUnavailable."""
    if settings.history is HistoryChoice.DUCKDB and listens(settings):
        with passing_token(settings, _READER, datetime.now(UTC), _LONGEST) as token:
            yield _OwnersReadings(settings, token)
        return
    history = open_history(settings)
    try:
        yield history
    finally:
        history.close()


class _OwnersReadings:
    """The history of a running service, through its API."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._address, self._token, self._context = settings.http_address, token, pinned(settings)

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        """As the port has it. Raises HistoryUnavailable."""
        asked = urlencode({"start": start.isoformat(), "end": end.isoformat()})
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self._address}/api/v1/history/{quote(site)}/{quote(device)}/readings?{asked}",
            headers={"Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS, context=self._context) as lines:  # noqa: S310
                for line in lines:
                    yield _DECODE(line)
        except urllib.error.HTTPError as error:
            raise HistoryUnavailable(f"{self._address} gave no readings of {site}/{device}: {said(error)}") from error
        except (OSError, msgspec.MsgspecError) as error:  # a stream that breaks off breaks in the middle of a line
            raise HistoryUnavailable(f"{self._address}: reading {site}/{device} broke off: {error}") from error
