"""Proofs of life in the ledger, the newest of each site and of each process.

Both are rows of one table: a process has a key with a slash, which no site's name has. Leaves to others: how old is too
old (`api.watch`, `api.ingesting`).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.tables import heartbeats, upsert
from domain.ports.ledger import Heartbeat, ProcessBeat


class _Process(msgspec.Struct, frozen=True):
    """What a process's row keeps beside role, ordinal and instant."""

    process: str
    ready: bool
    detail: str = ""


_READ_DETAIL = msgspec.json.Decoder(dict[str, Any]).decode
_READ_PROCESS = msgspec.json.Decoder(_Process).decode
_PUT = upsert(heartbeats)
_OF_SITES = select(heartbeats).where(~heartbeats.c.site.contains("/")).order_by(heartbeats.c.site)
_OF_ROLE = select(heartbeats).where(heartbeats.c.site.startswith(bindparam("role")))
_FORGET = delete(heartbeats).where(heartbeats.c.site == bindparam("key"))


class HeartbeatTable:
    """Implements `domain.ports.ledger.HeartbeatRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def beat(self, *heartbeats: Heartbeat) -> None:
        """Replace the proof of each site."""
        rows = [{"site": one.site, "at": one.at, "detail": write_body(one.detail)} for one in heartbeats]
        if rows:
            self._look.act().fetch(_PUT, rows)

    def all(self) -> list[Heartbeat]:
        """By site."""
        return [Heartbeat(row.site, row.at, _READ_DETAIL(row.detail)) for row in self._look.fetch(_OF_SITES)]

    def beat_process(self, beat: ProcessBeat) -> None:
        """Replace the process's proof."""
        detail = write_body(_Process(beat.process, beat.ready, beat.detail))
        self._look.act().fetch(_PUT, {"site": f"{beat.role}/{beat.ordinal}", "at": beat.at, "detail": detail})

    def processes(self, role: str) -> list[ProcessBeat]:
        """By ordinal."""
        beats = []
        for row in self._look.fetch(_OF_ROLE, {"role": f"{role}/"}):
            kept = _READ_PROCESS(row.detail)
            beats.append(
                ProcessBeat(
                    role=role,
                    ordinal=int(row.site.rpartition("/")[2]),
                    at=row.at,
                    process=kept.process,
                    ready=kept.ready,
                    detail=kept.detail,
                )
            )
        return sorted(beats, key=lambda beat: beat.ordinal)

    def forget_process(self, role: str, ordinal: int) -> None:
        """Take its row away, if there is one."""
        self._look.act().fetch(_FORGET, {"key": f"{role}/{ordinal}"})
