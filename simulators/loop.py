"""The loop of a fleet: the only place of the simulators that reads a clock.

Promises: everything due is sent at its instant, commands are carried out at once and answered. Leaves to others: what
happens (`simulators.fleet`, `simulators.faults`, `simulators.patrols`), how it travels (`simulators.wire`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
import structlog

from domain.errors import NotFound
from domain.ports.clock import Clock
from simulators.control import Answer, Command, answer_topic, command_topic
from simulators.faults import Act, RandomFaults
from simulators.fleet import Fleet, Sent
from simulators.patrols import Patrols
from simulators.wire import Link, Wire

log = structlog.get_logger()

_LONGEST_SLEEP = timedelta(seconds=1)


class FleetLoop:
    """Runs a fleet over a wire until cancelled. `faults` and `patrols` are optional."""

    def __init__(
        self,
        fleet: Fleet,
        wire: Wire,
        clock: Clock,
        *,
        faults: RandomFaults | None = None,
        patrols: Patrols | None = None,
    ) -> None:
        self._fleet, self._wire, self._clock = fleet, wire, clock
        self._faults, self._patrols = faults, patrols

    async def run(self, first_acts: Sequence[Act] = ()) -> None:
        """Carry out `first_acts`, then everything as it falls due."""
        for act in first_acts:
            await self._act(act)
        while True:
            now = self._clock.now()
            if self._faults is not None:
                for act in self._faults.due(now):
                    await self._act(act)
            await self._send(self._fleet.step(now))
            if self._patrols is not None:
                await self._send(self._patrols.due(now))
            await self._clock.sleep(self._until_next())

    async def obey(self, control: Link, site: str, payload: bytes) -> None:
        """Carry out one command and answer it."""
        try:
            command = msgspec.json.decode(payload, type=Command)
        except msgspec.DecodeError as error:
            log.warning("command not understood", error=str(error))
            return
        problem = ""
        try:
            await self._act(Act(command.device, command.fault))
        except NotFound as error:
            problem = str(error)
        await control.publish(answer_topic(site), msgspec.json.encode(Answer(command.id, problem)))

    async def _act(self, act: Act) -> None:
        now = self._clock.now()
        if act.fault is None:
            log.info("mended", device=act.device)
            await self._send(self._fleet.repair(act.device, now))
        else:
            log.info("broken", device=act.device, fault=act.fault)
            await self._send(self._fleet.inject(act.fault, act.device, now))

    async def _send(self, reports: Iterable[Sent]) -> None:
        # one after the other: a device's reports must not overtake each other
        for sent in reports:
            await self._wire.send(sent)

    def _until_next(self) -> timedelta:
        instants = [self._fleet.next_at]
        if self._faults is not None:
            instants.append(self._faults.next_at)
        if self._patrols is not None:
            instants.append(self._patrols.next_at)
        due = min((instant for instant in instants if instant is not None), default=None)
        if due is None:
            return _LONGEST_SLEEP
        return max(timedelta(0), min(due - self._clock.now(), _LONGEST_SLEEP))


async def serve_commands(loop: FleetLoop, control: Link, site: str, commands: asyncio.Queue[bytes]) -> None:
    """Carry out commands one after the other, as they come."""
    while True:
        await loop.obey(control, site, await commands.get())


def command_filters(site: str) -> tuple[str, ...]:
    """What the control connection of a fleet subscribes to."""
    return (command_topic(site),)
