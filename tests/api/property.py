"""A small property for tests of the API: a real ledger and history, real kinds and rules, a clock moved by hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from adapters.clock import ManualClock
from adapters.ledger import SqlLedger
from alerting.desk import Desk
from alerting.facts import Fact, Facts
from alerting.memory import DeviceMemory, encode
from alerting.signals import Activation, Return
from alerting.suppress import consider
from api.accounts import create_person, issue_token
from api.app import create_app
from api.parts import ApiSettings, Parts
from devices.registry import kinds
from domain.alarms import Alarm
from domain.assets import Building, Device, Site, Subject, SubjectType, Zone
from domain.escalation import NO_PLAN, Plan
from domain.instants import to_ms
from domain.people import Actor, ActorType, Role
from domain.ports.files import Files
from domain.ports.history import History
from domain.ports.ledger import WHOLE_INSTALLATION, Heartbeat, Transaction
from domain.readings import Channel, Value
from domain.rules import Rule, Severity
from domain.texts import text
from domain.workorders import ClockName, ClockPromise, StampForm, Template
from watchkeeper.rehearsal.ledgers import sqlite_ledger_in

with warnings.catch_warnings():  # Starlette prefers a successor of httpx that is not needed otherwise
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["PASSWORD", "SITES", "START", "SYSTEM", "TEMPLATES", "Property", "TestClient", "new_ledger"]

START = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
SYSTEM = Actor(ActorType.PROGRAM, "tests", Role.ADMIN)
PASSWORD = "correct horse battery"

SITES = [
    Site(
        id="main",
        name=text("Main", "主区", "主區"),
        buildings=(
            Building(
                id="B1",
                name=text("Tower 1", "一号楼", "一號樓"),
                zones=(Zone(id="lobby", name=text("Lobby", "大堂", "大堂")),),
            ),
        ),
    ),
    Site(id="annex", name=text("Annex", "附楼", "附樓")),
]

TEMPLATES = [
    Template(
        name=severity.value,
        title=text(f"{severity.value} repair", "维修", "維修"),
        clocks=(
            ClockPromise(clock=ClockName.RESPOND, within=timedelta(minutes=15)),
            ClockPromise(clock=ClockName.ARRIVE, within=timedelta(hours=2)),
            ClockPromise(clock=ClockName.FIX, within=timedelta(hours=38)),
        ),
        severities=(severity,),
        stamps=(StampForm(name="released", title=text("Everybody is out", "人员已救出", "人員已救出")),),
    )
    for severity in Severity
] + [
    Template(
        name="entrapment",
        title=text("Entrapment", "困人救援", "困人救援"),
        clocks=(ClockPromise(clock=ClockName.ARRIVE, within=timedelta(minutes=30)),),
        stamps=(StampForm(name="released", title=text("Everybody is out", "人员已救出", "人員已救出")),),
    )
]


@dataclass
class Property:
    """Parts of a property, and hands to change it as rules and devices would."""

    ledger: SqlLedger
    clock: ManualClock
    history: History | None = None
    console_folder: Path | None = None
    files: Files | None = None
    settings: ApiSettings = field(default_factory=ApiSettings)
    plan: Plan = NO_PLAN

    def __post_init__(self) -> None:
        self.desk = Desk({template.name: template for template in TEMPLATES}, self.plan)
        self.rules: list[Rule] = [rule for kind in kinds().values() for rule in kind.rules]
        self.parts = Parts(
            ledger=self.ledger,
            desk=self.desk,
            history=self.history,
            kinds=kinds(),
            rules=self.rules,
            clock=self.clock,
            files=self.files,
            console_folder=self.console_folder,
            settings=self.settings,
        )
        self._tokens: dict[tuple[Role, tuple[str, ...] | None], str] = {}

    def app(self) -> FastAPI:
        """A new app over these parts."""
        return create_app(self.parts)

    @contextmanager
    def act(self, actor: Actor = SYSTEM) -> Iterator[Transaction]:
        """A transaction at the present instant."""
        with self.ledger.write(at=self.clock.now(), actor=actor) as tx:
            yield tx

    def furnish(self) -> None:
        """Sites with a few devices, and a heartbeat for each site."""
        devices = [
            Device(site=site, id=name, kind="elevator", building="B1" if site == "main" else None)
            for site in ("main", "annex")
            for name in ("E-01", "E-02", "E-03")
        ]
        with self.act() as tx:
            self.desk.register(tx, sites=SITES, devices=devices, actor=SYSTEM)
        self.beat()

    def beat(self, *sites: str) -> None:
        """Alerting judged a turn for these sites, by default for all."""
        with self.act() as tx:
            for site in (WHOLE_INSTALLATION, *(sites or ("main", "annex"))):
                tx.heartbeats.beat(Heartbeat(site, self.clock.now()))

    def raise_alarm(self, device: str = "E-01", *, site: str = "main", rule: str = "entrapment_call") -> Alarm:
        """The rule's condition begins on the device."""
        with self.act() as tx:
            activation = Activation(
                site=site,
                subject=Subject(SubjectType.DEVICE, device),
                rule=self.rule(rule),
                at=self.clock.now(),
                why={"reading": {"alarm_button": True}},
                device=tx.devices.get(site, device),
            )
            return self.desk.activate(tx, activation, consider(tx, activation, tx.at))

    def end_condition(self, alarm: Alarm) -> None:
        """The alarm's condition ends."""
        with self.act() as tx:
            gone = Return(site=alarm.site, subject=alarm.subject, rule=alarm.rule, at=self.clock.now(), why={})
            self.desk.deactivate(tx, gone)

    def rule(self, name: str, kind: str = "elevator") -> Rule:
        """One of a kind's rules."""
        return next(rule for rule in self.rules if rule.id == f"{kind}.{name}")

    def remember(self, device: str, values: dict[str, Value | None], *, site: str = "main") -> None:
        """Alerting knows these values of the device, as of now."""
        now_ms = to_ms(self.clock.now())
        facts = {name: Fact(value, now_ms, now_ms, Channel.TELEMETRY) for name, value in values.items()}
        with self.act() as tx:
            memory = DeviceMemory(Facts(values=facts, heard_ms=now_ms, newest_at_ms=now_ms))
            tx.memories.put_many([(site, device, encode(memory))])

    def token(self, role: Role = Role.OPERATOR, *, sites: tuple[str, ...] | None = None) -> str:
        """A bearer token of that role."""
        if (role, sites) not in self._tokens:
            self._tokens[role, sites] = issue_token(
                self.ledger,
                name=f"{role}-{'-'.join(sites or ('all',))}",
                role=role,
                at=self.clock.now(),
                actor=SYSTEM,
                sites=frozenset(sites) if sites is not None else None,
            )
        return self._tokens[role, sites]

    def person(self, name: str = "chen", role: Role = Role.OPERATOR, **more: Any) -> None:
        """A person who can sign in with `PASSWORD`."""
        create_person(self.ledger, name=name, role=role, password=PASSWORD, at=self.clock.now(), actor=SYSTEM, **more)

    @contextmanager
    def client(
        self, role: Role | None = Role.OPERATOR, *, sites: tuple[str, ...] | None = None
    ) -> Iterator[TestClient]:
        """A client of a running app, with a token of that role."""
        headers = {"Authorization": f"Bearer {self.token(role, sites=sites)}"} if role is not None else {}
        with TestClient(self.app(), base_url="http://watchkeeper.test", headers=headers) as client:
            yield client


def new_ledger(folder: Path) -> SqlLedger:
    """A SQLite ledger in a folder."""
    return sqlite_ledger_in(folder)
