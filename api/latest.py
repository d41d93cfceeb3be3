"""The latest state of devices, for lists: newest values, when last heard of, open alarms.

Promises: one look at the ledger for a whole page. The values are what alerting remembers of each device, so the list
costs the history store nothing and works while that is away. Leaves to others: remembering (`alerting.memory`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.schemas.devices import Connection, DeviceView
from domain.assets import Device
from domain.ports.ledger import Rows


def device_views(rows: Rows, devices: Sequence[Device]) -> list[DeviceView]:
    """The devices with their latest state, in the order given."""
    raise NotImplementedError
