"""Chance: what devices of every kind say in a day, from a seed: plausible, broken, hostile, late and twice.

Promises: the same seed gives the same messages at the same instants, whatever the watch does with them; a message that
says that somebody is in danger is marked, so that the watch can be held to it. Leaves to others: the watch, people and
time (`watchkeeper.rehearsal`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Adoption, Building, Device, Site
from domain.instants import to_ms
from domain.kinds import Behaviour, Kind
from domain.readings import AHEAD_LIMIT_MS, BEHIND_LIMIT_MS, Channel, Message, Value
from domain.texts import text
from simulators.wire import topic_of

SITE = Site(
    id="chance",
    name=text("Chance Court", "随机苑", "隨機苑"),
    buildings=(
        Building(id="T1", name=text("Tower 1", "1 号楼", "1 號樓")),
        Building(id="T2", name=text("Tower 2", "2 号楼", "2 號樓")),
    ),
)

FAULT_EVERY = timedelta(hours=10)
"""Mean time of one device between two faults."""
SHORTEST_FAULT, LONGEST_FAULT = timedelta(minutes=1), timedelta(hours=4)
HOSTILE_EVERY = timedelta(minutes=12)
"""Mean time of the site between two messages that no sound device sends."""
CLOCK_TROUBLE_EVERY = timedelta(hours=6)
"""Mean time of the site between two device clocks that go wrong."""

_TAGS = (frozenset[str](), frozenset({"emergency"}), frozenset({"outdoor"}), frozenset({"co2"}))
_DANGERS = {
    ("smoke_detector", "alarm"): "fire",
    ("call_point", "alarm"): "fire",
    ("elevator", "alarm_button"): "entrapment_call",
    ("patrol_reader", "sos"): "sos",
}
"""Which value of which kind says by itself that somebody is in danger, and the rule that tells it."""

_SKEWS = tuple(timedelta(minutes=minutes) for minutes in (2, -3, -40, 600_000, -13_000_000))


class Parcel(msgspec.Struct, frozen=True):
    """One message on its way. `since` is when what it tells began.

    `danger` names the life-safety rule that must have been raised once it is judged. `repeatable`: its `ts` is one that
    is believed, and the device's clock was never set back, so that the same message again changes nothing.
    """

    arrives: datetime
    device: str
    topic: str
    payload: bytes
    since: datetime
    danger: str | None = None
    repeatable: bool = False

    def message(self, at: datetime) -> Message:
        """As it is received."""
        return Message(self.topic, self.payload, to_ms(at))


def chance_devices(kinds: Mapping[str, Kind], count: int, every: timedelta, rng: Random) -> tuple[Device, ...]:
    """So many devices of every kind in turn, behind gateways and feeds; every tenth is not registered anywhere."""
    devices: list[Device] = []
    names = sorted(kinds)
    parents: dict[str, list[str]] = {"gateway": [], "power_feed": []}
    for number in sorted(range(count), key=lambda number: names[number % len(names)] not in parents):
        kind = names[number % len(names)]
        behind = kind not in parents
        stranger = number % 10 == 9 and kind not in parents
        devices.append(
            Device(
                site=SITE.id,
                id=f"{kind[:2].upper()}-{number:03}",
                kind=kind,
                building=rng.choice(("T1", "T2")),
                interval=every,
                tags=rng.choice(_TAGS),
                adoption=Adoption.DISCOVERED if stranger else Adoption.REGISTERED,
                gateway=rng.choice(parents["gateway"]) if behind else None,
                power_feed=rng.choice(parents["power_feed"]) if behind else None,
            )
        )
        if kind in parents:
            parents[kind].append(devices[-1].id)
    return tuple(devices)


class ChanceFleet:
    """Devices at the mercy of a seed. `until` moves it on; nothing else does."""

    def __init__(
        self, devices: Sequence[Device], kinds: Mapping[str, Kind], *, seed: str, start: datetime, every: timedelta
    ) -> None:
        self._rng = Random(f"{seed}/fleet")
        self._devices = {device.id: device for device in devices}
        self._kinds, self._every = kinds, every
        self._behaviours: dict[str, Behaviour] = {
            device.id: kinds[device.kind].behave(device, Random(f"{seed}/{device.id}")) for device in devices
        }
        self._topics = {
            (device.id, channel): topic_of(device.site, device.kind, device.id, channel)
            for device in devices
            for channel in Channel
        }
        self._clocks: dict[str, timedelta] = {}
        self._set_back: set[str] = set()
        self._began: dict[str, datetime] = {}
        self._last_ms: dict[str, int] = {}
        self._count = 0
        self._acts: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._parcels: list[tuple[datetime, int, Parcel]] = []
        for device in devices:
            self._plan(start + every * self._rng.random(), self._reporting(device.id))
            self._plan(start + FAULT_EVERY * self._rng.expovariate(1.0), self._breaking(device.id))
        self._plan(start + HOSTILE_EVERY * self._rng.random(), self._hostile)
        self._plan(start + CLOCK_TROUBLE_EVERY * self._rng.random(), self._clock_trouble)
        self._peace = False

    def until(self, at: datetime) -> list[Parcel]:
        """What arrives up to `at`, in the order of arrival."""
        while self._acts and self._acts[0][0] <= at:
            instant, _, act = heapq.heappop(self._acts)
            act(instant)
        arrived = []
        while self._parcels and self._parcels[0][0] <= at:
            arrived.append(heapq.heappop(self._parcels)[2])
        return arrived

    def make_peace(self, at: datetime) -> None:
        """From here on everything is sound, on time and in order."""
        self._peace = True
        self._clocks.clear()
        for name, device in self._devices.items():
            self._mend(name, at)
            if not self._sound(name).step(at):  # it speaks only when somebody comes by, and now somebody does
                self._send(name, Channel.EVENT, self._kinds[device.kind].samples[0], at)

    # --- what happens ---

    def _plan(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self._count += 1
        heapq.heappush(self._acts, (at, self._count, act))

    def _reporting(self, name: str) -> Callable[[datetime], None]:
        def report(at: datetime) -> None:
            for one in (self._sound(name) if self._peace else self._behaviours[name]).step(at):
                self._send(name, one.channel, one.values, at)
            self._plan(at + self._every, report)

        return report

    def _sound(self, name: str) -> Behaviour:
        """A device that has just begun: an idle car, a closed door."""
        device = self._devices[name]
        return self._kinds[device.kind].behave(device, Random(0))

    def _breaking(self, name: str) -> Callable[[datetime], None]:
        def break_(at: datetime) -> None:
            self._plan(at + FAULT_EVERY * self._rng.expovariate(1.0), break_)
            if self._peace or name in self._began:
                return
            self._began[name] = at
            fault = self._rng.choice(sorted(self._kinds[self._devices[name].kind].faults))
            for one in self._behaviours[name].inject(fault, at):
                self._send(name, one.channel, one.values, at)
                if self._rng.random() < 0.3:  # pressed again, seen again
                    self._send(name, one.channel, one.values, at + timedelta(seconds=self._rng.randint(5, 200)))
            lasts = SHORTEST_FAULT + (LONGEST_FAULT - SHORTEST_FAULT) * self._rng.random() ** 3
            self._plan(at + lasts, lambda at: self._mend(name, at))

        return break_

    def _mend(self, name: str, at: datetime) -> None:
        if self._began.pop(name, None) is not None:
            for one in self._behaviours[name].repair(at):
                self._send(name, one.channel, one.values, at)

    def _clock_trouble(self, at: datetime) -> None:
        self._plan(at + CLOCK_TROUBLE_EVERY * self._rng.expovariate(1.0), self._clock_trouble)
        if self._peace:
            return
        name = self._rng.choice(sorted(self._devices))
        self._clocks[name] = skew = self._rng.choice(_SKEWS)
        if skew < timedelta(0) and _believed(skew):
            self._set_back.add(name)
        self._plan(at + timedelta(hours=3) * self._rng.random(), lambda _: self._clocks.update({name: timedelta(0)}))

    def _hostile(self, at: datetime) -> None:
        self._plan(at + HOSTILE_EVERY * self._rng.expovariate(1.0), self._hostile)
        if self._peace:
            return
        device = self._devices[self._rng.choice(sorted(self._devices))]
        topic, payload = hostile_message(device, self._kinds, self._rng, self._stamp(device.id, at))
        self._post(Parcel(at, device.id, topic, payload, at))

    # --- how it travels ---

    def _stamp(self, name: str, at: datetime) -> int:
        """The device's own clock, in epoch milliseconds. A device says two things at two instants."""
        skew = self._clocks.get(name)
        stamp_ms = to_ms(at if skew is None else at + skew)
        if stamp_ms == self._last_ms.get(name):
            stamp_ms += 1
        self._last_ms[name] = stamp_ms
        return stamp_ms

    def _send(self, name: str, channel: Channel, values: dict[str, Value], at: datetime) -> None:
        device = self._devices[name]
        stamp_ms = self._stamp(name, at)
        delay = timedelta(0) if self._peace else self._delay()
        payload = msgspec.json.encode({"ts": stamp_ms, "values": values})
        danger = _danger(device.kind, channel, values)
        self._post(
            Parcel(
                at + delay,
                name,
                self._topics[name, channel],
                payload,
                self._began.get(name, at),
                danger=danger,
                repeatable=self._repeatable(name) and channel is not Channel.STATUS,
            )
        )

    def _repeatable(self, name: str) -> bool:
        return name not in self._set_back and _believed(self._clocks.get(name, timedelta(0)))

    def _delay(self) -> timedelta:
        """Mostly at once, sometimes a minute, rarely hours: whatever is behind it overtakes it."""
        die = self._rng.random()
        if die < 0.9:
            return timedelta(seconds=2 * self._rng.random())
        return timedelta(seconds=60 * self._rng.random()) if die < 0.98 else timedelta(hours=2 * self._rng.random())

    def _post(self, parcel: Parcel) -> None:
        self._count += 1
        heapq.heappush(self._parcels, (parcel.arrives, self._count, parcel))


def _believed(skew: timedelta) -> bool:
    return -BEHIND_LIMIT_MS <= skew / timedelta(milliseconds=1) <= AHEAD_LIMIT_MS


def _danger(kind: str, channel: Channel, values: Mapping[str, Value]) -> str | None:
    """The rule that a report of this alone must raise. Late telemetry may be told already, an event is not."""
    if channel is not Channel.EVENT:
        return None
    rules = (rule for (of, metric), rule in _DANGERS.items() if of == kind and values.get(metric) is True)
    return next((f"{kind}.{rule}" for rule in rules), None)


def hostile_message(device: Device, kinds: Mapping[str, Kind], rng: Random, stamp_ms: int) -> tuple[str, bytes]:
    """Topic and payload of something that no sound device sends."""
    kind = kinds[device.kind]
    topic = topic_of(device.site, device.kind, device.id, rng.choice((Channel.TELEMETRY, Channel.EVENT)))
    metric = rng.choice(kind.metrics)
    odd = rng.choice(_ODD_VALUES)
    whole = (
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"hello"',
        b'{"values": []}',
        b'{"ts": true, "values": {}}',
        b'{"ts": 9e99, "values": {"x": 1}}',
        b'{"values": {"a": 1, "a": 2}}',
        b"[" * 2000,
        b"x" * 70_000,
    )
    # whoever is registered nowhere is of the kind that it names first
    match rng.randrange(6 if device.adoption is Adoption.REGISTERED else 5):
        case 0:
            return topic, rng.choice(whole)
        case 1:
            body = {"ts": stamp_ms, "values": {metric.name: odd}}
            return topic, msgspec.json.encode(body)
        case 2:
            body = {"values": {"not_a_metric": odd, metric.name: odd}}
            return topic, msgspec.json.encode([body, {"ts": stamp_ms, "values": {"also_none": 1}}])
        case 3:
            status = topic_of(device.site, device.kind, device.id, Channel.STATUS)
            return status, rng.choice((b"online", b"offline", b"asleep"))
        case 4:
            wrong = (
                "wk/v1/chance",
                "wk/v1//elevator/E-1/event",
                f"wk/v1/chance/toaster/{device.id}/event",
                f"{topic}/x",
            )
            return rng.choice(wrong), b'{"values": {"alarm": true}}'
        case _:
            other = rng.choice([name for name in sorted(kinds) if name != device.kind])
            return topic_of(device.site, other, device.id, Channel.EVENT), b'{"values": {"alarm": false}}'


_ODD_VALUES: tuple[object, ...] = (None, "", "NaN", -1e308, 1 << 80, [], {}, "x" * 5000, -0.0, "真", 1e-320)
