"""Cast: the devices of a script, and what each says.

Promises: a sound device reports its state at its interval until told otherwise, by its own clock, right or wrong; what
a script has it say goes out as the contract writes it. Leaves to others: when (`watchkeeper.rehearsal.script`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device
from domain.instants import to_ms
from domain.kinds import Kind
from domain.readings import Channel, Message, Value
from simulators.scenario import (
    NOTHING,
    FallsSilent,
    Redelivers,
    Reports,
    Scenario,
    Sends,
    SetsClock,
    SpeaksAgain,
    Walks,
)
from simulators.wire import topic_of

FIRST_REPORT_AFTER = timedelta(milliseconds=137)
"""Sound devices report beside the whole seconds at which scripts speak: two things said at one instant are one."""


class Cast:
    """The devices of a script: what each says at its interval, and how its clock goes."""

    def __init__(self, script: Scenario, kinds: Mapping[str, Kind]) -> None:
        self._devices = {device.id: device for device in script.devices}
        self._state = {device.id: sound_values(device, kinds, script.begins) for device in script.devices}
        self._intervals = {
            device.id: script.reports_every or device.interval or kinds[device.kind].interval
            for device in script.devices
        }
        self._routes = {route.id: route for route in script.routes}
        self._silent: set[str] = set()
        self._clocks: dict[str, timedelta] = {}
        self._messages: dict[str, Message] = {}
        first = script.begins + FIRST_REPORT_AFTER
        self._schedule = [(first, device.id) for device in script.devices if self._state[device.id]]
        heapq.heapify(self._schedule)

    @property
    def next_at(self) -> datetime | None:
        """When the next device reports."""
        return self._schedule[0][0] if self._schedule else None

    def reports(self, at: datetime) -> list[Message]:
        """The regular reports of `at`."""
        sent = []
        while self._schedule and self._schedule[0][0] <= at:
            due, name = heapq.heappop(self._schedule)
            heapq.heappush(self._schedule, (due + self._intervals[name], name))
            if name not in self._silent:
                sent.append(self._message(name, Channel.TELEMETRY, self._state[name], self._clock(name, due), at))
        return sent

    def behave(self, step: FallsSilent | SpeaksAgain | SetsClock) -> None:
        """From now on devices report, or not, or by another clock."""
        match step:
            case FallsSilent():
                self._silent.update(step.devices)
            case SpeaksAgain():
                self._silent.difference_update(step.devices)
            case SetsClock():
                self._clocks[step.device] = step.ahead - step.behind

    def sends(self, step: Reports | Sends | Redelivers, at: datetime) -> list[Message]:
        """What a step sends."""
        if isinstance(step, Redelivers):
            return [self._messages[step.message]] * step.times
        if isinstance(step, Sends):
            message = Message(step.topic, step.payload.encode(), to_ms(at))
        else:
            message = self._said(step, at)
        if step.name is not None:
            self._messages[step.name] = message
        return [message]

    def passes(self, step: Walks, at: datetime) -> Iterator[tuple[datetime, Message]]:
        """The check-ins of a walk, each with the instant at which it arrives."""
        route = self._routes[step.route]
        for number, point in enumerate(step.points or route.checkpoints):
            passed_at = at - step.late + step.pace * number
            arrives_at = max(at, passed_at)
            topic = topic_of(route.site, "checkpoint", point, Channel.EVENT)
            body = {"ts": to_ms(passed_at), "values": {"guard": step.guard}}
            yield arrives_at, Message(topic, msgspec.json.encode(body), to_ms(arrives_at))

    def _said(self, step: Reports, at: datetime) -> Message:
        if step.channel is Channel.STATUS:
            device = self._devices[step.device]
            topic = topic_of(device.site, device.kind, device.id, step.channel)
            return Message(topic, b"online" if step.values["online"] else b"offline", to_ms(at), retained=True)
        if step.channel is Channel.TELEMETRY and not step.late:
            self._state[step.device] = {**self._state[step.device], **step.values}
        stamped = self._clock(step.device, at) - step.late + step.ahead if step.timed else None
        return self._message(step.device, step.channel, step.values, stamped, at)

    def _clock(self, name: str, at: datetime) -> datetime:
        return at + self._clocks.get(name, NOTHING)

    def _message(
        self, name: str, channel: Channel, values: dict[str, Value], stamped: datetime | None, at: datetime
    ) -> Message:
        device = self._devices[name]
        body: dict[str, object] = {"values": values} if stamped is None else {"ts": to_ms(stamped), "values": values}
        return Message(topic_of(device.site, device.kind, name, channel), msgspec.json.encode(body), to_ms(at))


def sound_values(device: Device, kinds: Mapping[str, Kind], at: datetime) -> dict[str, Value]:
    """What a sound device of its kind reports periodically; nothing for one that speaks only when it must."""
    first = kinds[device.kind].behave(device, Random(0)).step(at)
    return {name: value for report in first for name, value in report.values.items()}
