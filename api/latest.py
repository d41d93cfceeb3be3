"""The latest state of devices, for lists: newest values, when last heard of, open alarms.

Promises: one look at the ledger for a whole page. The values are what alerting remembers of each device, so the list
costs the history store nothing and works while that is away. Leaves to others: remembering (`alerting.memory`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from alerting.facts import Facts
from alerting.memory import NO_MEMORY, decode
from api.override_views import override_view
from api.schemas.basics import TextView
from api.schemas.devices import Connection, DeviceView, LatestValue
from devices.clock import DEVICE_CLOCK
from devices.registry import kinds
from devices.status import ONLINE
from domain.alarms import Alarm
from domain.assets import Device, Subject, SubjectType
from domain.instants import from_ms
from domain.overrides import Override, in_force
from domain.ports.ledger import Rows
from domain.rules import Silent
from domain.standing import Measure, Standing


def device_views(rows: Rows, devices: Sequence[Device], at: datetime) -> list[DeviceView]:
    """The devices with their latest state, in the order given."""
    open_on: dict[tuple[str, str], list[Alarm]] = defaultdict(list)
    for site in {device.site for device in devices}:
        for alarm in rows.alarms.open_on(site):
            if alarm.device is not None:
                open_on[site, alarm.device].append(alarm)
    sites = frozenset(device.site for device in devices)
    measures, overrides = rows.measures.running(sites), rows.overrides.every(sites)
    return [
        device_view(
            device,
            _facts(rows, device),
            open_on.get((device.site, device.id), ()),
            frozenset(one.type for one in measures if one.in_force(at) and _concerns(one, device)),
            overrides,
        )
        for device in devices
    ]


def device_view(
    device: Device,
    facts: Facts,
    alarms: Sequence[Alarm],
    under: frozenset[Standing] = frozenset(),
    overrides: Sequence[Override] = (),
) -> DeviceView:
    """One device, from what is known of it, its open alarms, the types of measures that it is under, and overrides of
    any devices.
    """
    kind = kinds().get(device.kind)
    defaults = {limit.name: limit.default for limit in kind.limits} if kind is not None else {}
    counts = in_force(device, defaults, overrides)
    announced = [alarm for alarm in alarms if not alarm.standing.hidden]
    return DeviceView(
        site=device.site,
        id=device.id,
        kind=device.kind,
        name=TextView.model_validate(device.name) if device.name is not None else None,
        building=device.building,
        zone=device.zone,
        model=device.model,
        gateway=device.gateway,
        power_feed=device.power_feed,
        interval_s=device.interval.total_seconds() if device.interval is not None else None,
        limits=device.limits,
        limits_in_force=counts.limits,
        overrides=[override_view(one) for one in counts.overrides],
        tags=sorted(device.tags),
        adoption=device.adoption,
        first_seen=device.first_seen,
        last_seen=from_ms(facts.heard_ms) if facts.heard_ms is not None else None,
        connection=connection_of(facts, alarms),
        values={
            metric: LatestValue(value=fact.value, at=from_ms(fact.at_ms))
            for metric, fact in facts.values.items()
            if metric not in (ONLINE.name, DEVICE_CLOCK.name)
        },
        open_alarms=len(announced),
        worst_severity=min((alarm.severity for alarm in announced), key=lambda severity: severity.rank, default=None),
        out_of_service=Standing.OUT_OF_SERVICE in under,
        under_test=Standing.TEST in under,
    )


def _concerns(measure: Measure, device: Device) -> bool:
    """Whether it is about the device as a whole."""
    return measure.type is not Standing.SHELVED and measure.covers(
        Subject(SubjectType.DEVICE, device.id), rule="", device=device
    )


def connection_of(facts: Facts, alarms: Sequence[Alarm]) -> Connection:
    """What the device's own word, its last will and the rules about silence say; silence outranks the others."""
    if any(_says_silent(alarm) for alarm in alarms):
        return Connection.SILENT
    said = facts.values.get(ONLINE.name)
    if said is not None and said.value is False:
        return Connection.OFFLINE
    return Connection.UNKNOWN if facts.heard_ms is None else Connection.ONLINE


def _says_silent(alarm: Alarm) -> bool:
    rule = alarm.rule_as_it_was
    return alarm.signal_active and rule is not None and isinstance(rule.when, Silent)


def _facts(rows: Rows, device: Device) -> Facts:
    stored = rows.memories.get(device.site, device.id)
    return (decode(device.site, device.id, stored) if stored is not None else NO_MEMORY).facts
