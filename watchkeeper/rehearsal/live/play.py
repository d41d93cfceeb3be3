"""Play: a scenario on a server that runs, in the server's own time.

Promises: devices report by MQTT as in simulated time, people act through the API, and what is expected is waited for: a
server needs some real milliseconds for what takes none on a stage. A script that pulls plugs is refused before anything
is sent. Leaves to others: the clock that server and play share (`watchkeeper.clocks`), what a script may say
(`simulators.scenario`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.duties import NO_DUTIES
from domain.errors import Invalid
from domain.kinds import Kind
from domain.ports.clock import Clock
from domain.readings import Message
from simulators import scenario
from simulators.cast import Cast
from simulators.scenario import NOTHING, Scenario, Step
from simulators.wire import Link
from watchkeeper.config_scenarios import wall_clock
from watchkeeper.rehearsal.live.hands import LiveHands
from watchkeeper.rehearsal.live.looks import Looks
from watchkeeper.rehearsal.live.server import Answer, Server
from watchkeeper.rehearsal.script import Played, described

T = TypeVar("T")

PATIENCE_S = 8.0
"""Real seconds that the server has for what a stage does at once; it is looked at again until then."""

_LOOK_EVERY_S = 0.1
_PLAYED_LIVE = (
    *(scenario.Reports, scenario.Sends, scenario.Redelivers, scenario.FallsSilent, scenario.SpeaksAgain),
    *(scenario.SetsClock, scenario.Walks, scenario.Expects),
    *(scenario.Acknowledges, scenario.Comments, scenario.Ends, scenario.RaisesByHand),
    *(scenario.TakesSteps, scenario.Notes, scenario.Promises, scenario.Stamps),
    *(scenario.Shelves, scenario.Unshelves, scenario.TakesOut, scenario.BringsBack),
    *(scenario.BeginsTest, scenario.EndsTest),
)


def why_not_live(script: Scenario) -> str | None:
    """Why the script can only be played in simulated time; None when it can be played live."""
    for step in script.steps:
        if not isinstance(step, _PLAYED_LIVE):
            return f"it does what nobody may do to a server that runs: {described(step)}"
    if script.routes or script.windows or script.duties != NO_DUTIES:
        return "it needs routes, duties or windows of its own in the registry"
    return None


class LivePlay:
    """One scenario on one server. `run` once. Raises Invalid for what cannot be played so."""

    def __init__(self, script: Scenario, kinds: Mapping[str, Kind], server: Server, link: Link, clock: Clock) -> None:
        if (why := why_not_live(script)) is not None:
            raise Invalid(f"{script.name} cannot be played live: {why}")
        acting = {step.by for step in script.steps if isinstance(step, scenario.PersonStep)}
        if missing := acting - server.people:
            raise Invalid(f"tokens: {', '.join(sorted(missing))} act in {script.name} and have none")
        self._script, self._server, self._link, self._clock = script, server, link, clock
        self._zone = ZoneInfo(script.site.time_zone)
        self._begins = clock.now()
        self._cast = Cast(replace(script, begins=self._begins), kinds)
        devices = frozenset(device.id for device in script.devices)
        self._looks = Looks(server, script.site.id, devices, self._begins)
        self._hands = LiveHands(server, script.site.id, self._alarm_id, self._order_id)

    async def run(self) -> AsyncIterator[Played]:
        """Play it, step by step. Raises Invalid when something of its devices is open already."""
        if before := await asyncio.to_thread(self._looks.open_before):
            raise Invalid(f"{self._script.name}: the stage is not clear: {', '.join(before)}")
        at = self._script.begins
        for step in self._script.steps:
            at = wall_clock(self._script.site, step.at, at) if step.at is not None else at + (step.after or NOTHING)
            await self._pass_until(self._begins + (at - self._script.begins))
            problems = await self._take(step)
            yield Played(f"{at.astimezone(self._zone):%a %H:%M:%S}", described(step), tuple(problems))

    async def _pass_until(self, instant: datetime) -> None:
        """Wait in the server's time, while devices report."""
        while (due := self._cast.next_at) is not None and due <= instant:
            await self._sleep_until(due)
            for message in self._cast.reports(due):
                await self._publish(message)
        await self._sleep_until(instant)

    async def _sleep_until(self, instant: datetime) -> None:
        await self._clock.sleep(max(timedelta(0), instant - self._clock.now()))

    async def _publish(self, message: Message) -> None:
        if not await self._link.publish(message.topic, message.payload, retain=message.retained):
            raise Invalid(f"{message.topic}: the broker did not take it; may this account publish there?")

    async def _take(self, step: Step) -> list[str]:
        """Do it; what was wrong with it."""
        now = self._clock.now()
        match step:
            case scenario.Expects():
                return await self._expect(step)
            case scenario.Reports() | scenario.Sends() | scenario.Redelivers():
                for message in self._cast.sends(step, now):
                    await self._publish(message)
            case scenario.FallsSilent() | scenario.SpeaksAgain() | scenario.SetsClock():
                self._cast.behave(step)
            case scenario.Walks():
                for at, message in self._cast.passes(step, now):
                    await self._pass_until(at)
                    await self._publish(message)
            case _ if isinstance(step, scenario.PersonStep):
                return await asyncio.to_thread(self._act, step, now)
        return []

    async def _expect(self, step: scenario.Expects) -> list[str]:
        """Look until all is as expected, or patience is at its end."""
        give_up = monotonic() + PATIENCE_S
        while True:
            problems = await asyncio.to_thread(self._looks.missed, step)
            if not problems or monotonic() > give_up:
                return problems
            await asyncio.sleep(_LOOK_EVERY_S)

    def _act(self, step: scenario.PersonStep, at: datetime) -> list[str]:
        """What a person does, and whether it was allowed as expected."""
        answer = Answer(None)
        for path, body in self._hands.calls(step, at):
            answer = self._server.act(step.by, path, body)
            if answer.refused is not None:
                break
        if answer.refused is None:
            return [f"{step.by} was not refused"] if step.refused else []
        if not step.refused:
            return [f"{step.by} was refused: {answer.refused}"]
        if step.winner not in (None, answer.winner):
            return [f"{step.by} was told that {answer.winner} was faster, expected {step.winner}"]
        return []

    def _alarm_id(self, rule: str, device: str | None) -> str:
        return str(_waited_for(lambda: self._looks.alarm(rule, device), f"alarm {rule}")["id"])

    def _order_id(self, template: str, device: str | None) -> str:
        return str(_waited_for(lambda: self._looks.order(template, device), f"order {template}")["id"])


def _waited_for(look: Callable[[], T | None], name: str) -> T:
    """What is there sooner or later. Raises Invalid when patience is at its end."""
    give_up = monotonic() + PATIENCE_S
    while (found := look()) is None:
        if monotonic() > give_up:
            raise Invalid(f"there is no {name}, and somebody was to act on it")
        sleep(_LOOK_EVERY_S)
    return found
