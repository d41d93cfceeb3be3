"""Saying that an ingest lives, and whether it is well: in the ledger, for whoever is not in its process.

Promises: a beat every `BEAT_EVERY` while the ledger takes it, and a goodbye at the end; a ledger that is away holds up
nothing. Leaves to others: what it says of itself (`ingest.loop`), how old is too old (`api.ingesting`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import structlog

from domain.errors import Unavailable
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger, ProcessBeat

log = structlog.get_logger()

INGEST = "ingest"
BEAT_EVERY = timedelta(seconds=2)

_ACTOR = Actor(ActorType.PROGRAM, INGEST)


class Health(NamedTuple):
    """What an ingest says of itself: whether it can do its work, and what is wrong with it."""

    ready: bool
    detail: str


class Presence:
    """The beats of one ordinal."""

    def __init__(self, ledger: Ledger, clock: Clock, *, ordinal: int, process: str) -> None:
        """`process` names this one, such as `host:pid`."""
        self._ledger, self._clock = ledger, clock
        self._ordinal, self._process = ordinal, process
        self._away = False

    async def keep(self, health: Callable[[], Health]) -> None:
        """Beat until cancelled; then say goodbye."""
        try:
            while True:
                await self._beat(self._process, health())
                await self._clock.sleep(BEAT_EVERY)
        finally:
            await asyncio.shield(self._beat("", Health(False, "")))

    async def _beat(self, process: str, health: Health) -> None:
        try:
            await asyncio.to_thread(self._write, process, health)
        except Unavailable as error:
            if not self._away:
                log.warning("the ledger does not hear that this ingest lives", error=str(error))
            self._away = True
        else:
            self._away = False

    def _write(self, process: str, health: Health) -> None:
        beat = ProcessBeat(
            role=INGEST,
            ordinal=self._ordinal,
            at=self._clock.now(),
            process=process,
            ready=health.ready,
            detail=health.detail,
        )
        with self._ledger.write(at=beat.at, actor=_ACTOR) as transaction:
            transaction.heartbeats.beat_process(beat)
