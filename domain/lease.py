"""The lease: which of several processes alerts.

Promises: the decision to take, to go on waiting or to give way, as pure steps from look to look, each with its reason.
It compares no clocks: a holder that lives changes its lease every look, and whoever waits counts its own looks that
found no change. So two machines may disagree about the time, and one that slept has seen nothing meanwhile.
Leaves to others: the rows (`domain.ports.ledger.LeaseRows`), looking (`alerting.leading`). That nobody writes after
another took over does not rest on this counting, but on the epoch that every write checks.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

import msgspec

ALERTING = "alerting"
"""The name of the one lease: alerting of all sites of a ledger."""

LOOK_EVERY = timedelta(seconds=1)
"""How often a holder renews, and whoever waits looks."""

STALE_LOOKS = 5
"""So many looks in a row without a change: the holder is dead, paused or cut off. With resuming and the broker's
session it leaves half of the 10 s within which a standby watches."""

GIVE_WAY_LOOKS = 4
"""A holder that could not renew for so many looks leaves, if somebody waits: it may be the one that is cut off, and two
sessions of one name at the broker throw each other out. Less than `STALE_LOOKS`, so that it is gone by then."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as the ledger has it.

    `holder` None: it is free. `epoch` grows by one with every taking, never otherwise: a write under an older one is
    refused. `place` is proof of life kept by the holder's operating system (`adapters.place`), None where there is
    none. `renewals` only counts; `standby` is who waited last, `standby_looks` how often anybody looked.
    """

    name: str
    holder: str | None
    epoch: int
    place: str | None = None
    renewals: int = 0
    standby: str | None = None
    standby_looks: int = 0


class Finding(Enum):
    """What a look at the lease found; all but `HELD` let the looker take it. Values are words for logs and metrics."""

    HELD = "held"
    FREE = "free"  # nobody ever held it, or its holder handed it over
    ENDED = "ended"  # its holder's process is gone: the operating system of this machine says so
    STALE = "stale"  # its holder has not renewed it


class Outlook(msgspec.Struct, frozen=True):
    """What somebody who waits has seen: the lease at its last change, and the looks since that found it the same."""

    seen: tuple[int, int] | None = None
    unchanged: int = 0


def look(outlook: Outlook, lease: Lease | None, *, place: str | None) -> tuple[Outlook, Finding]:
    """One look by somebody who waits. `place` is the proof that the looker holds itself, None without one.

    A look that failed is no look: do not call this for it.
    """
    if lease is None or lease.holder is None:
        return Outlook(), Finding.FREE
    if place is not None and place == lease.place:
        return Outlook(), Finding.ENDED
    state = (lease.epoch, lease.renewals)
    unchanged = outlook.unchanged + 1 if state == outlook.seen else 0
    return Outlook(state, unchanged), Finding.STALE if unchanged >= STALE_LOOKS else Finding.HELD


class Company(msgspec.Struct, frozen=True):
    """What a holder knows of a standby. `name` is None when nobody waits, or nobody looked for `STALE_LOOKS`."""

    name: str | None = None
    looks: int = 0
    unchanged: int = 0


def company_of(before: Company, lease: Lease) -> Company:
    """Who waits behind us, at a renewal that found `lease`. A taking begins with nobody."""
    if lease.standby_looks != before.looks:
        return Company(lease.standby, lease.standby_looks)
    unchanged = before.unchanged + 1
    return Company(before.name if unchanged < STALE_LOOKS else None, before.looks, unchanged)


def gives_way(missed: int, company: Company) -> bool:
    """Whether a holder leaves that could not renew for `missed` looks in a row. Alone it stays: who else would?"""
    return company.name is not None and missed >= GIVE_WAY_LOOKS
