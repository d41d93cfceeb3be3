"""Subjects: the registry's entry of what an alarm is about.

Promises: an alarm never fails for want of an entry. Leaves to others: keeping the registry (`domain.ports.ledger`).
"""

from __future__ import annotations

from domain.assets import Device, Subject, SubjectType
from domain.errors import NotFound
from domain.ports.ledger import Rows

DEVICE_TYPES = (SubjectType.DEVICE, SubjectType.GATEWAY)


def device_of(rows: Rows, site: str, subject: Subject) -> Device | None:
    """The device that an alarm is about; None for another subject, or one that is not in the registry."""
    if subject.type not in DEVICE_TYPES:
        return None
    try:
        return rows.devices.get(site, subject.id)
    except NotFound:
        return None
