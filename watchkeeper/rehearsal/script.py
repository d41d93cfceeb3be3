"""Script: a scenario, played on a stage.

Promises: steps come one after the other at their instants, and devices report meanwhile as sound ones do; each step
comes back with what was wrong with it, so that whoever watches sees the whole play. At the end the ledger must be
sound. Leaves to others: what may be written (`simulators.scenario`), what is compared (`expect`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from alerting.desk import STEP_FIELDS, Desk, StepDetails
from domain.alarms import Alarm
from domain.assets import Subject, SubjectType
from domain.errors import LedgerUnavailable, NotFound, Refused
from domain.kinds import Kind
from domain.people import Actor, ActorType
from domain.ports.ledger import Transaction
from domain.workorders import Step as OrderStep
from domain.workorders import WorkOrder
from simulators import scenario
from simulators.cast import Cast
from simulators.scenario import NOTHING, Scenario, Step
from simulators.staff import called_in_a_play
from watchkeeper.config_files import Configuration
from watchkeeper.config_scenarios import wall_clock
from watchkeeper.rehearsal.acts import duty_act, measure_act
from watchkeeper.rehearsal.expect import alarms_of, find_alarm, find_order, missed, orders_of
from watchkeeper.rehearsal.ledgers import PLACES, LedgerType
from watchkeeper.rehearsal.stage import Setting, Stage


class Played(msgspec.Struct, frozen=True):
    """One step as it went. `shown` is the site's wall clock; `problems` is empty when all was as it should be."""

    shown: str
    what: str
    problems: tuple[str, ...] = ()


class Play:
    """One scenario on one stage. `run` once. `restarts`: alerting is killed after every line."""

    def __init__(
        self,
        script: Scenario,
        kinds: dict[str, Kind],
        configuration: Configuration,
        *,
        restarts: bool = False,
        ledger: LedgerType = LedgerType.SQLITE,
    ) -> None:
        self._script, self._zone = script, ZoneInfo(script.site.time_zone)
        self._stage = Stage(
            Setting(
                kinds=kinds,
                configuration=replace(
                    configuration,
                    plan=called_in_a_play(configuration.plan, script.people, script.positions),
                    windows=script.windows,
                ),
                sites=(script.site,),
                devices=script.devices,
                begins=script.begins,
                people=script.people,
                tick_every=script.tick_every,
                routes=script.routes,
                duties=script.duties,
            ),
            PLACES[ledger](),
        )
        self._cast = Cast(script, kinds)
        self._restarts = restarts

    def run(self) -> Iterator[Played]:
        """Play it, step by step."""
        with self._stage:
            for step in self._script.steps:
                self._pass_until(self._instant(step))
                problems = self._take(step)
                if (step.restart or self._restarts) and self._stage.running:
                    self._stage.kill()
                    self._stage.start()
                yield Played(self._shown(), described(step), tuple(problems))
            damages = self._stage.ledger.verify()
            yield Played(self._shown(), "the ledger is verified", tuple(damages))

    def _shown(self) -> str:
        return f"{self._stage.at.astimezone(self._zone):%a %H:%M:%S}"

    def _instant(self, step: Step) -> datetime:
        if step.at is not None:
            return wall_clock(self._script.site, step.at, self._stage.at)
        return self._stage.at + (step.after or NOTHING)

    def _pass_until(self, instant: datetime) -> None:
        """Let time pass, while devices report."""
        while (due := self._cast.next_at) is not None and due <= instant:
            self._stage.pass_until(due)
            self._stage.receive(self._cast.reports(due))
        self._stage.pass_until(instant)

    def _take(self, step: Step) -> list[str]:
        """Do it; what was wrong with it."""
        match step:
            case scenario.Expects():
                self._stage.send()
                return missed(self._stage.ledger, self._script.site, step)
            case scenario.Reports() | scenario.Sends() | scenario.Redelivers():
                self._stage.receive(self._cast.sends(step, self._stage.at))
            case scenario.FallsSilent() | scenario.SpeaksAgain() | scenario.SetsClock():
                self._cast.behave(step)
            case scenario.Walks():
                for at, message in self._cast.passes(step, self._stage.at):
                    self._pass_until(at)
                    self._stage.receive([message])
            case scenario.Registers():
                self._register(step)
            case scenario.Restarts():
                self._stage.kill()
                self._pass_until(self._stage.at + step.down)
                self._stage.start()
            case scenario.LosesReceiver() | scenario.FindsReceiver():
                self._receive(step)
            case scenario.LosesBroker() | scenario.FindsBroker() | scenario.LosesLedger() | scenario.FindsLedger():
                self._plug(step)
            case _:
                return self._act(step)
        return []

    def _receive(self, step: scenario.ReceiverStep) -> None:
        """The far end of a channel goes, or is back."""
        assert self._stage.post is not None, "in a play every channel leaves"
        receiver = self._stage.post.receivers[step.channel]
        receiver.away = isinstance(step, scenario.LosesReceiver)
        receiver.gone = isinstance(step, scenario.LosesReceiver) and step.gone

    def _plug(self, step: scenario.PlugStep) -> None:
        match step:
            case scenario.LosesBroker():
                self._stage.disconnect()
            case scenario.FindsBroker():
                self._stage.reconnect()
            case scenario.LosesLedger():
                self._stage.lose_ledger()
            case scenario.FindsLedger():
                self._stage.find_ledger()

    def _register(self, step: scenario.Registers) -> None:
        given = {"limits": step.limits, "tags": step.tags, "interval": step.interval}
        known = {device.id: device for device in self._script.devices}[step.device]
        self._stage.register([replace(known, **{name: one for name, one in given.items() if one is not None})])

    def _act(self, step: scenario.PersonStep) -> list[str]:
        """What a person does, and whether it was allowed as expected."""
        actor = Actor(ActorType.PERSON, step.by, self._script.people[step.by])
        try:
            for act in self._acts(step, actor):
                self._stage.act(act, actor)
        except (Refused, LedgerUnavailable) as error:
            if not step.refused:
                return [f"{step.by} was refused: {error}"]
            winner = getattr(error, "winner", None)
            if step.winner not in (None, winner):
                return [f"{step.by} was told that {winner} was faster, expected {step.winner}"]
            return []
        return [f"{step.by} was not refused"] if step.refused else []

    def _acts(self, step: scenario.PersonStep, actor: Actor) -> Iterator[Callable[[Desk, Transaction], object]]:
        match step:
            case (
                scenario.Shelves()
                | scenario.Unshelves()
                | scenario.TakesOut()
                | scenario.BringsBack()
                | scenario.BeginsTest()
                | scenario.EndsTest()
            ):
                yield measure_act(step, self._script.site.id, self._stage.at, self._find_alarm, actor)
            case scenario.RecordsDuty() | scenario.DecidesCycle():
                yield duty_act(step, self._script.site, self._stage.at, actor)
            case scenario.Acknowledges():
                yield lambda desk, tx: desk.acknowledge(
                    tx, self._find_alarm(step.rule, step.device), actor=actor, note=step.note
                )
            case scenario.AcknowledgesGroup():
                yield lambda desk, tx: desk.acknowledge_group(
                    tx, [self._find_alarm(step.rule, device) for device in step.devices], actor=actor, note=step.note
                )
            case scenario.Comments():
                yield lambda desk, tx: desk.comment(
                    tx, self._find_alarm(step.rule, step.device), actor=actor, note=step.note
                )
            case scenario.Ends():
                yield lambda desk, tx: desk.end(
                    tx, self._find_alarm(step.rule, step.device), actor=actor, note=step.note
                )
            case scenario.RaisesByHand():
                yield lambda desk, tx: self._raise(desk, tx, step, actor)
            case scenario.TakesSteps():
                for one in step.take:
                    yield lambda desk, tx, one=one: desk.take_step(  # type: ignore[misc]
                        tx, self._order(step), one, self._details(step, one), actor=actor
                    )
            case scenario.Notes(note=note, plan=plan):
                yield lambda desk, tx: desk.note_order(tx, self._order(step), note=note, plan=plan, actor=actor)
            case scenario.Promises(within=within, told=told):
                until = self._stage.at + within
                yield lambda desk, tx: desk.promise(tx, self._order(step), until=until, told_whom=told, actor=actor)
            case scenario.Stamps(stamp=stamp):
                yield lambda desk, tx: desk.stamp(tx, self._order(step), name=stamp, actor=actor)

    def _raise(self, desk: Desk, tx: Transaction, step: scenario.RaisesByHand, actor: Actor) -> Alarm:
        return desk.raise_by_hand(
            tx,
            site=self._script.site.id,
            subject=Subject(SubjectType.DEVICE, step.device),
            severity=step.severity,
            title=step.title,
            note=step.note,
            actor=actor,
            life_safety=step.life_safety,
            template=step.template,
        )

    def _details(self, step: scenario.TakesSteps, taken: OrderStep) -> StepDetails:
        """Of what the script says, what this step takes."""
        said = {name: getattr(step, name, None) for name in StepDetails.__struct_fields__}
        said["until"] = None if step.wait is None else self._stage.at + step.wait
        row = STEP_FIELDS[taken]
        return StepDetails(**{name: said[name] for name in row.must | row.may | {"note"}})

    def _find_alarm(self, rule: str, device: str | None) -> str:
        with self._stage.ledger.read() as rows:
            found = find_alarm(alarms_of(rows), rule, device)
        if found is None:
            raise NotFound(f"there is no alarm {rule} on {device or 'any device'}")
        return found.id

    def _order(self, step: scenario.OrderStepTaken) -> str:
        with self._stage.ledger.read() as rows:
            found: WorkOrder | None = find_order(orders_of(rows), step.template, step.device)
        if found is None:
            raise NotFound(f"there is no order {step.template} on {step.device or 'any device'}")
        return found.id


def described(step: Step) -> str:
    """The step on one line: its verb, and what it names."""
    said = msgspec.to_builtins(step)
    rest = {name: one for name, one in said.items() if name not in ("do", "at", "after")}
    return f"{said['do']} {_written(rest)}".strip()


def _written(said: object) -> str:
    if isinstance(said, dict):
        return " ".join(f"{name}={_written(one)}" for name, one in said.items())
    if isinstance(said, list | tuple):
        return "[" + "; ".join(_written(one) for one in said) + "]"
    return str(said)
