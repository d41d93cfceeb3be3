"""Leases in the ledger: who holds one, and a lock that every write of its holder carries.

Promises: `hold` keeps the lease from being taken until the transaction ends, so that an epoch that was good when a
transaction began is good when it commits. In PostgreSQL that is a key-share lock of the row, which renewals pass and a
taking waits for; a holder that stops in the middle of a transaction loses it, and its locks, after a while
(`dialects.MOST_SILENT`). In SQLite every writing transaction is alone from its beginning.
Leaves to others: when to take a lease (`domain.lease`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, case, select, update

from adapters.ledger.act import Look
from adapters.ledger.tables import insert_or, leases
from domain.errors import Conflict, Fenced
from domain.lease import Lease

_BY_NAME = select(leases).where(leases.c.name == bindparam("called"))
_TO_TAKE = _BY_NAME.with_for_update()
_TO_HOLD = _BY_NAME.with_for_update(read=True, key_share=True)
_TO_WAIT = select(leases.c.name).where(leases.c.name == bindparam("called"))
_TO_WAIT = _TO_WAIT.with_for_update(key_share=True, skip_locked=True)
_FIRST = insert_or(leases, "(name) DO NOTHING")
_CHANGE = update(leases).where(leases.c.name == bindparam("called"))
_HELD = _CHANGE.where(leases.c.holder == bindparam("by"), leases.c.epoch == bindparam("under"))
_RENEW = _HELD.values(renewals=leases.c.renewals + 1)
_RENEW_ALONE = _RENEW.values(standby=case((leases.c.standby_looks != bindparam("alone_at"), leases.c.standby)))
_RELEASE = _HELD.values(holder=None, place=None)
_WAIT = _CHANGE.values(standby=bindparam("standby"), standby_looks=leases.c.standby_looks + 1)


class LeaseTable:
    """Implements `domain.ports.ledger.LeaseRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, name: str) -> Lease | None:
        """As it was committed last."""
        row = self._look.fetch(_BY_NAME, {"called": name}).one_or_none()
        return None if row is None else _lease(row)

    def take(self, name: str, holder: str, *, place: str | None, seen: Lease | None) -> Lease:
        """Hold it under a new epoch. Raises Conflict when somebody was faster, or its holder renewed it meanwhile."""
        act = self._look.act()
        taken = Lease(name=name, holder=holder, epoch=1 if seen is None else seen.epoch + 1, place=place)
        if seen is None:
            if not act.fetch(_FIRST, _row(taken)).rowcount:
                raise Conflict(f"the lease {name} was taken by another process")
            return taken
        row = act.fetch(_TO_TAKE, {"called": name}).one()
        if (row.holder, row.epoch, row.renewals) != (seen.holder, seen.epoch, seen.renewals):
            raise Conflict(f"the lease {name} is held by another process", winner=row.holder)
        act.fetch(_CHANGE.values(_row(taken)), {"called": name})
        return taken

    def renew(self, lease: Lease, *, alone_at: int | None) -> Lease:
        """Say that its holder lives, and forget who waited unless they looked again. Raises Fenced."""
        act = self._look.act()
        changed = (
            act.fetch(_RENEW, _mine(lease))
            if alone_at is None
            else act.fetch(_RENEW_ALONE, {**_mine(lease), "alone_at": alone_at})
        )
        if not changed.rowcount:
            raise self._fenced(lease)
        return _lease(act.fetch(_BY_NAME, {"called": lease.name}).one())

    def wait(self, name: str, standby: str) -> None:
        """Say that somebody waits for it; not now if its holder is just changing it, and may be paused doing so."""
        act = self._look.act()
        if act.fetch(_TO_WAIT, {"called": name}).one_or_none() is not None:
            act.fetch(_WAIT, {"called": name, "standby": standby})

    def hold(self, lease: Lease) -> None:
        """Keep it until the transaction ends. Raises Fenced."""
        act = self._look.act()
        row = act.fetch(_TO_HOLD, {"called": lease.name}).one_or_none()
        if row is None or (row.holder, row.epoch) != (lease.holder, lease.epoch):
            raise self._fenced(lease)

    def release(self, lease: Lease) -> None:
        """Hand it over, if it is still ours."""
        self._look.act().fetch(_RELEASE, _mine(lease))

    def _fenced(self, lease: Lease) -> Fenced:
        now = self.get(lease.name)
        whom = "nobody" if now is None or now.holder is None else f"{now.holder} under epoch {now.epoch}"
        return Fenced(f"{lease.holder} held the lease {lease.name} under epoch {lease.epoch}; now {whom} does")


def _mine(lease: Lease) -> dict[str, Any]:
    return {"called": lease.name, "by": lease.holder, "under": lease.epoch}


def _row(lease: Lease) -> dict[str, Any]:
    return {column.name: getattr(lease, column.name) for column in leases.columns}


def _lease(row: Any) -> Lease:
    return Lease(**{column.name: getattr(row, column.name) for column in leases.columns})
