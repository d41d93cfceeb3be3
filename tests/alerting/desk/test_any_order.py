"""Whatever rules and people do, in whatever order: what must hold at the desk holds after every act."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerting.desk import STEP_FIELDS
from domain.alarms import Alarm
from domain.errors import Refused
from domain.workorders import ClockName, Step, Verdict
from tests.alerting.desk.scene import ALL_RULES, COLLEAGUE, MANAGER, OPERATOR, Scene, open_in

_RULES, _PEOPLE = st.sampled_from(ALL_RULES), st.sampled_from([OPERATOR, COLLEAGUE, MANAGER])


class AtTheDesk(RuleBasedStateMachine):
    """One elevator, five rules, three people, and time."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.scene = Scene(open_in(Path(self.folder.name)))
        self.scene.furnish()
        self.breaches: set[tuple[str, ClockName]] = set()

    @rule(which=_RULES, again=st.booleans())
    def condition_begins(self, which: object, again: bool) -> None:
        before = self._open()
        alarm = self.scene.activate(which, again=again)  # type: ignore[arg-type]
        assert alarm.signal_active
        assert not alarm.state.acknowledged, "an activation must be seen"
        assert not self.scene.order(alarm.work_order).state.ended, "an activation calls somebody"
        assert len(self._open()) == len(before | {alarm.id: alarm})

    @rule(which=_RULES)
    def condition_ends(self, which: object) -> None:
        self.scene.deactivate(which)  # type: ignore[arg-type]

    @rule(data=st.data(), actor=_PEOPLE)
    def somebody_acknowledges(self, data: st.DataObject, actor: object) -> None:
        if alarms := sorted(self._open()):
            self._try(lambda: self.scene.acknowledge(self.scene.alarm(data.draw(st.sampled_from(alarms))), actor))  # type: ignore[arg-type]

    @rule(data=st.data())
    def somebody_ends(self, data: st.DataObject) -> None:
        if alarms := sorted(self._open()):
            alarm = self.scene.alarm(data.draw(st.sampled_from(alarms)))
            desk = self.scene.desk
            ended = self._try(lambda: self.scene.do(lambda tx: desk.end(tx, alarm.id, actor=OPERATOR, note="looked")))
            assert ended == (alarm.latched and not alarm.signal_active)

    @rule(data=st.data(), step=st.sampled_from(Step), actor=_PEOPLE)
    def somebody_takes_a_step(self, data: st.DataObject, step: Step, actor: object) -> None:
        if orders := [order.id for order in self.scene.orders()]:
            values = {"until": self.scene.at + timedelta(hours=5), "verdict": Verdict.TEST}
            said = {name: values.get(name, "words") for name in STEP_FIELDS[step].must}
            order = data.draw(st.sampled_from(orders))
            self._try(lambda: self.scene.step(order, step, actor=actor, **said))  # type: ignore[arg-type]

    @rule(minutes=st.sampled_from([1, 20, 300, 5000]))
    def time_passes(self, minutes: int) -> None:
        self.scene.pass_(minutes=minutes)
        self.scene.run_clocks()
        assert self.scene.run_clocks() == 0, "each deadline is acted on once"

    @invariant()
    def one_open_alarm_for_each_subject_and_rule_and_each_has_an_order(self) -> None:
        alarms = self._open().values()
        assert len({(alarm.subject, alarm.rule) for alarm in alarms}) == len(alarms)
        for alarm in alarms:
            assert alarm.id in self.scene.order(alarm.work_order).alarms

    @invariant()
    def a_breach_is_for_good(self) -> None:
        clocks = [(order.id, clock) for order in self.scene.orders() for clock in order.clocks]
        now = {(order, clock.name) for order, clock in clocks if clock.breached_at is not None}
        assert self.breaches <= now
        self.breaches = now

    def teardown(self) -> None:
        if hasattr(self, "scene"):
            assert self.scene.ledger.verify() == []
            self.scene.ledger.close()
            self.folder.cleanup()

    def _open(self) -> dict[str, Alarm]:
        with self.scene.ledger.read() as rows:
            return {alarm.id: alarm for alarm in rows.alarms.open_on("main")}

    @staticmethod
    def _try(act: object) -> bool:
        try:
            act()  # type: ignore[operator]
        except Refused:
            return False
        return True


TestAtTheDesk = AtTheDesk.TestCase
TestAtTheDesk.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAtTheDesk = pytest.mark.timeout(110)(TestAtTheDesk)
