"""Whether what devices send is stored, seen from a process that does not do it.

Promises: a pure judgement of the beats of ingest at an instant. Every ordinal that should be there is asked for, and
every one that ever was: a replica that is missing still has messages dealt to it. Leaves to others: beating
(`ingest.presence`), taking one out for good (`serve ingest --drain`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from api.parts import PartStatus
from domain.ports.ledger import ProcessBeat

STALE_AFTER = timedelta(seconds=10)
"""As with alerting's heartbeat (`api.watch`): five beats."""


def judge_ingest(beats: Iterable[ProcessBeat], *, replicas: int, at: datetime) -> list[PartStatus]:
    """One part for each ordinal; a lone one is `ingest`, of several each is `ingest-0`, `ingest-1` ..."""
    known = {beat.ordinal: beat for beat in beats}
    ordinals = sorted({*range(replicas), *known})
    names = {ordinal: "ingest" if len(ordinals) == 1 else f"ingest-{ordinal}" for ordinal in ordinals}
    return [_status(names[ordinal], ordinal, known.get(ordinal), replicas, at) for ordinal in ordinals]


def _status(name: str, ordinal: int, beat: ProcessBeat | None, replicas: int, at: datetime) -> PartStatus:
    if beat is None:
        return PartStatus(name, False, f"ordinal {ordinal} was never started")
    remedy = "start it again" if ordinal == 0 or ordinal < replicas else f"take it out: --drain {ordinal}"
    if not beat.process:
        return PartStatus(name, False, f"it was stopped at {beat.at.isoformat(timespec='seconds')}; {remedy}")
    if at - beat.at > STALE_AFTER:
        return PartStatus(
            name, False, f"{beat.process} is silent since {beat.at.isoformat(timespec='seconds')}; {remedy}"
        )
    return PartStatus(name, beat.ready, beat.detail or beat.process)
