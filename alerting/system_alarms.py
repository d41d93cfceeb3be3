"""Alarms about ourselves, one a site: whoever watches a site must know that its eyes are shut.

Promises: a site's alarm is active exactly while there is a reason for it, and telling the same twice changes nothing.
Leaves to others: finding the reason (`alerting.outage`, `alerting.own_machine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerting.desk import Desk
from alerting.signals import Activation, Return
from domain.assets import Subject
from domain.ports.ledger import Transaction
from domain.rules import Rule


def tell_site(
    tx: Transaction, desk: Desk, *, site: str, subject: Subject, rule: Rule, why: Mapping[str, Any] | None, at: datetime
) -> bool:
    """Have the site's alarm be active when there is a `why`, and ended when there is none; whether that changed it."""
    tx.take(site)
    known = tx.alarms.open_for(site, subject, rule.id)
    active = why is not None
    if (known is not None and known.signal_active) is active:
        return False
    told = {"holds": active, **(why or {})}
    if active:
        desk.activate(tx, Activation(site=site, subject=subject, rule=rule, at=at, why=told))
    else:
        desk.deactivate(tx, Return(site=site, subject=subject, rule=rule.id, at=at, why=told))
    return True
