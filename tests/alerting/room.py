"""A watchroom over a real ledger in simulated time: what devices send, what people do, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.ledger import SqlLedger
from alerting.desk import Desk
from alerting.turn import Watchroom
from devices.registry import kinds
from domain.alarms import Alarm
from domain.assets import Device, Site
from domain.duties import NO_DUTIES, DutyBook
from domain.events import Cursor, Event
from domain.instants import to_ms
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import AlarmFilter, Heartbeat
from domain.readings import Message, Value
from domain.rules import Condition, Equals, Pressed, Rule, Severity
from domain.texts import text
from tests.alerting.desk.scene import TEMPLATES

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SITE = Site(id="main", name=text("Main", "主园", "主園"))
LIFT = Device(site="main", id="E-03", kind="elevator")
OPERATOR = Actor(ActorType.PERSON, "lin", Role.OPERATOR)
IMPORT = Actor(ActorType.PROGRAM, "import", Role.ADMIN)

WORDS = text("t", "t", "t")


def rule(name: str, when: Condition, *, kind: str = "elevator", **changes: Any) -> Rule:
    """A rule with as few words as possible."""
    return Rule(
        kind=kind,
        name=name,
        severity=changes.pop("severity", Severity.IMPORTANT),
        title=WORDS,
        consequence=WORDS,
        response=WORDS,
        time_to_respond=timedelta(minutes=1),
        when=when,
        **changes,
    )


CALL = rule("call", Pressed(metric="alarm_button"), severity=Severity.URGENT, life_safety=True, latched=True)
HELD = rule("held", Equals(metric="door", value="open"), on_delay=timedelta(seconds=180))


def message(
    values: Mapping[str, Value],
    received: datetime,
    *,
    ts: datetime | int | None,
    device: str = "E-03",
    channel: str = "telemetry",
    site: str = "main",
    kind: str = "elevator",
) -> Message:
    """One message of a device. `ts` None leaves it out."""
    body: dict[str, Any] = {"values": dict(values)}
    if ts is not None:
        body["ts"] = to_ms(ts) if isinstance(ts, datetime) else ts
    topic = f"wk/v1/{site}/{kind}/{device}/{channel}"
    return Message(topic, msgspec.json.encode(body), to_ms(received))


class Room:
    """A watchroom at work. Time moves only by `pass_`, which ticks every few seconds and when something is due."""

    def __init__(
        self,
        ledger: SqlLedger,
        rules: Sequence[Rule],
        devices: Sequence[Device] = (LIFT,),
        site: Site = SITE,
        duties: DutyBook = NO_DUTIES,
    ) -> None:
        self.ledger, self.rules, self.at = ledger, rules, START
        self.desk = Desk(TEMPLATES, duties=duties)
        with ledger.write(at=self.at, actor=IMPORT) as tx:
            self.desk.register(tx, sites=[site], devices=devices, actor=IMPORT)
        self.connected = True
        self.start()

    def start(self) -> None:
        """Start the process; what it had only in mind is gone."""
        self.room = Watchroom(self.ledger, self.desk, kinds(), self.rules)
        self.room.resume(self.at)
        self.session_ms: int | None = to_ms(self.at) if self.connected else None
        self.tick()

    def catch_up(self) -> None:
        """Let the first seconds pass, after which silence counts."""
        self.pass_(2)

    def tick(self) -> None:
        """What the loop does every second."""
        self.room.look(self.at, session_ms=self.session_ms, backlog=0)
        self.room.tick(self.at)

    def pass_(self, seconds: float) -> None:
        """Let time pass nearly as the loop would: it would look five times as often."""
        end = self.at + timedelta(seconds=seconds)
        while self.at < end:
            due = self.room.next_due
            step = self.at + timedelta(seconds=5)
            if due is not None and self.at < due < step:
                step = due
            self.at = min(step, end)
            self.tick()

    def sleep(self, seconds: float) -> None:
        """Let time pass without anybody looking: the process is down."""
        self.at += timedelta(seconds=seconds)

    def hear(
        self,
        *,
        late: float | None = 0,
        device: str = "E-03",
        channel: str = "telemetry",
        kind: str = "elevator",
        **values: Value,
    ) -> Message:
        """A device sends values now, dated `late` seconds ago; None sends no `ts`."""
        ts = None if late is None else self.at - timedelta(seconds=late)
        one = message(values, self.at, ts=ts, device=device, channel=channel, kind=kind)
        self.turn(one)
        return one

    def press(self, *, late: float | None = 0, device: str = "E-03") -> Message:
        """Somebody presses the alarm button."""
        return self.hear(late=late, device=device, channel="event", alarm_button=True)

    def turn(self, *messages: Message) -> None:
        """A batch arrives."""
        self.room.look(self.at, session_ms=self.session_ms, backlog=0)
        while messages:
            messages = messages[self.room.turn(messages, self.at).judged :]

    def again(self, one: Message) -> None:
        """The broker sends a message once more."""
        self.turn(msgspec.structs.replace(one, received_ms=to_ms(self.at)))

    def alarms(self, *, open_: bool | None = None) -> list[Alarm]:
        """All alarms, oldest first."""
        with self.ledger.read() as rows:
            page = rows.alarms.page(AlarmFilter(open=open_), after=None, most=500)
        return list(reversed(page.items))

    def told(self) -> list[tuple[str, str | None, float]]:
        """What the rules did: (`alarm.raised`, rule, seconds since the start)."""
        rows = []
        for event in self.events():
            if event.type.value.startswith("alarm.") and event.actor.type is ActorType.RULE:
                rows.append((event.type.value, event.actor.name, (event.at - START).total_seconds()))
        return rows

    def events(self) -> list[Event]:
        """The chain of every site."""
        with self.ledger.read() as rows:
            return rows.events.after(Cursor({}), sites=None, most=10_000)

    def heartbeats(self) -> list[Heartbeat]:
        """Proofs of life."""
        with self.ledger.read() as rows:
            return rows.heartbeats.all()

    def acknowledge(self, alarm: Alarm) -> None:
        """A person has seen it."""
        with self.ledger.write(at=self.at, actor=OPERATOR) as tx:
            self.desk.acknowledge(tx, alarm.id, actor=OPERATOR)
