"""The desk: the one door through which alarms, work orders and the registry change.

Promises: the whole door on one page. Every act runs inside a ledger transaction that its caller opened, takes the site,
and writes rows and an event, or raises and leaves the caller to roll back. Acts of people check their permission.
Leaves to others: opening and committing the transaction, deciding that a condition began or ended (`alerting.settle`),
telling people (`alerting.notices`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import structlog

from alerting import escalate
from alerting.desk import (
    alarm_acts,
    device_acts,
    duty_acts,
    duty_decisions,
    fault_reviews,
    flood_acts,
    group_acts,
    maintenance_acts,
    measure_acts,
    order_acts,
    order_steps,
    override_acts,
    paper_acts,
    residents_notices,
    standing_acts,
)
from alerting.desk.alarms import Report
from alerting.desk.details import StepDetails
from alerting.desk.device_acts import Registration
from alerting.desk.devices import AdoptionDetails
from alerting.desk.group_acts import GroupAcknowledged
from alerting.desk.measure_acts import PlannedTest
from alerting.desk.orders import OrderDraft
from alerting.desk.override_acts import OverrideDetails
from alerting.desk.paper_acts import KeptFile
from alerting.desk.templates import Templates
from alerting.revisions import current_number, revision_of
from alerting.signals import Activation, Return
from alerting.suppress import Hiding
from domain.alarms import Alarm
from domain.assets import Device, Site, Subject
from domain.duties import NO_DUTIES, Duty, DutyBook, Unit
from domain.duty_cycles import DutyCycle
from domain.escalation import NO_PLAN, Plan
from domain.maintenance import MaintenanceWindow, Occurrence
from domain.overrides import Override
from domain.papers import Attachment, Cost
from domain.people import Actor
from domain.ports.ledger import Rows, Transaction
from domain.routes import Route
from domain.rules import Severity
from domain.standing import Measure
from domain.texts import Text
from domain.workorders import Step, Template, WorkOrder

log = structlog.get_logger(__name__)


class Desk:
    """The acts. It holds nothing but templates and whom to call, so that any number of them act on one ledger."""

    def __init__(
        self,
        templates: Mapping[str, Template],
        plan: Plan = NO_PLAN,
        duties: DutyBook = NO_DUTIES,
        *,
        windows: Iterable[MaintenanceWindow] = (),
    ) -> None:
        """Raises ValueError unless every severity has a template to fall back on."""
        self._templates, self._plan, self.duties = Templates(templates), plan, duties
        self.windows = tuple(windows)
        """The maintenance windows that it begins."""
        self._followed: int | None = None
        self.channels: Mapping[str, Mapping[str, Any]] | None = None
        """The channels of the revision that it acts by, as declared; None while it acts by what it was made with."""

    @property
    def plan(self) -> Plan:
        """Whom it calls, when and how."""
        return self._plan

    @property
    def templates(self) -> tuple[Template, ...]:
        """The forms that it opens work orders by."""
        return self._templates.every

    def follow(self, rows: Rows) -> bool:
        """Act by the ledger's current revision from now on; whether that is another than before.

        One that cannot be used leaves the desk as it was, and is told once. An act under way in another thread may see
        the old plan beside new templates: both are whole.
        """
        number = current_number(rows)
        if number is None or number == self._followed:
            return False
        self._followed = number
        revision = revision_of(rows, number)
        arranged = revision.arrangements if revision is not None else None
        if arranged is None:
            return False
        try:
            self._templates = Templates(arranged.templates)
        except ValueError as error:
            log.error("arrangements_refused", revision=number, error=str(error))  # noqa: TRY400  a sentence
            return False
        self._plan, self.channels = arranged.plan, arranged.channels
        self.duties, self.windows = arranged.duties, arranged.windows
        return True

    # --- by rules and timers ---

    def activate(self, tx: Transaction, activation: Activation, hiding: Hiding | None = None) -> Alarm:
        """Raise an alarm with its order, or count an occurrence of the open one and call somebody again.

        `hiding` is what `alerting.suppress` decided: then it is recorded, and calls nobody.
        """
        return alarm_acts.activate(tx, self._templates, self._plan, activation, hiding)

    def deactivate(self, tx: Transaction, signal: Return) -> Alarm | None:
        """Note that a condition ended. None when no alarm of it is open; a latched one stays open."""
        return alarm_acts.deactivate(tx, signal)

    def run_clocks(self, tx: Transaction, at: datetime, *, most: int = 500) -> int:
        """Write what is due at `at` on at most `most` orders; returns how much it wrote. Again until it returns 0."""
        return order_steps.run_clocks(tx, at, most=most)

    def run_escalation(self, tx: Transaction, at: datetime, *, most: int = 500) -> int:
        """Take escalation steps that are due at `at`; returns how many. Again until 0."""
        return escalate.run_steps(tx, self._plan, at, most=most)

    def call_for_clocks(self, tx: Transaction, *, most: int = 500) -> int:
        """Call people for clocks that warned or were breached since the last time; returns how many. Again until 0."""
        return escalate.call_for_clocks(tx, self._plan, most=most)

    def run_floods(self, tx: Transaction, at: datetime, *, most: int = 100) -> int:
        """End floods of alarms that have ebbed by `at`; returns how many were looked at."""
        return flood_acts.run_floods(tx, at, most=most)

    def begin_window(
        self, tx: Transaction, window: MaintenanceWindow, comes: Occurrence, *, actor: Actor
    ) -> Measure | None:
        """Take a maintenance window's devices out of service. None when this time of it has begun already."""
        return maintenance_acts.begin_window(tx, window, comes, actor)

    def expire(self, tx: Transaction, site: str, *, actor: Actor) -> list[str]:
        """End the site's measures whose time is up; returns the alarms that they hid."""
        tx.take(site)
        return measure_acts.expire(tx, site, actor)

    def review(self, tx: Transaction, site: str, alarm_id: str, *, actor: Actor) -> Alarm:
        """Look once more at an alarm that does not stand announced."""
        tx.take(site)
        return standing_acts.restand(tx, self._templates, self._plan, alarm_id, actor)

    def discover(self, tx: Transaction, device: Device) -> Device:
        """Enter a device that reported before anybody registered it; one that is known stays as it is."""
        return device_acts.discover(tx, device)

    def watch_duty(self, tx: Transaction, unit: Unit, duty: Duty) -> DutyCycle:
        """Have a unit owe a duty in its present form."""
        return duty_acts.watch(tx, unit, duty)

    def retire_duty(self, tx: Transaction, site: str, cycle_id: str) -> None:
        """A unit owes a duty no more."""
        duty_acts.retire(tx, self._templates, site, cycle_id)

    def run_duty(self, tx: Transaction, site: str, cycle_id: str) -> int:
        """Do what time alone asks of one cycle by now; returns how many steps it took."""
        return duty_acts.fall_due(tx, self._templates, self._plan, site, cycle_id)

    def review_faults(self, tx: Transaction, alarm: Alarm) -> WorkOrder | None:
        """Open a frequent fault review where this alarm is one failure too many of its device."""
        return fault_reviews.consider(tx, self._templates, self.duties, alarm)

    # --- duties, by people: each needs APPROVE_ORDERS, because a cycle is what the law or the contract says ---

    def record_duty(self, tx: Transaction, cycle_id: str, *, day: date, by: str, note: str, actor: Actor) -> DutyCycle:
        """It was done on a day without an order of ours. Conflict while its order is open."""
        return duty_decisions.record(tx, cycle_id, day=day, by=by, note=note, actor=actor)

    def accept_cycle(self, tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
        """The cycle that a review proposes counts for this unit from now on."""
        return duty_decisions.accept(tx, cycle_id, reason=reason, actor=actor)

    def decline_cycle(self, tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
        """The cycle stays as it is."""
        return duty_decisions.decline(tx, cycle_id, reason=reason, actor=actor)

    def restore_cycle(self, tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
        """The duty's own cycle counts for this unit again."""
        return duty_decisions.restore(tx, cycle_id, reason=reason, actor=actor)

    # --- alarms, by people: each needs HANDLE_ALARMS and raises NotFound, NotAllowed, Invalid or Conflict ---

    def acknowledge(self, tx: Transaction, alarm_id: str, *, actor: Actor, note: str | None = None) -> Alarm:
        """Seen and owned. Conflict names whoever was faster, and when."""
        escalate.settle(tx, self._plan, alarm_id)
        return alarm_acts.acknowledge(tx, alarm_id, actor=actor, note=note)

    def acknowledge_group(
        self, tx: Transaction, alarm_ids: Collection[str], *, actor: Actor, note: str | None = None
    ) -> GroupAcknowledged:
        """Acknowledge several alarms of one building and one rule; Conflict when one of them is about life safety."""
        return group_acts.acknowledge_group(tx, self._plan, alarm_ids, actor=actor, note=note)

    def comment(self, tx: Transaction, alarm_id: str, *, actor: Actor, note: str) -> Alarm:
        """Write a note on the timeline; the alarm itself does not change."""
        return alarm_acts.comment(tx, alarm_id, actor=actor, note=note)

    def end(self, tx: Transaction, alarm_id: str, *, actor: Actor, note: str) -> Alarm:
        """End a latched alarm. Conflict while its signal is active. Its order goes its own way."""
        escalate.settle(tx, self._plan, alarm_id)
        return alarm_acts.end(tx, alarm_id, actor=actor, note=note)

    def raise_by_hand(
        self,
        tx: Transaction,
        *,
        site: str,
        subject: Subject,
        severity: Severity,
        title: Text,
        note: str,
        actor: Actor,
        life_safety: bool = False,
        template: str | None = None,
        building: str | None = None,
        zone: str | None = None,
    ) -> Alarm:
        """Raise what a person saw or was told. A second report on the subject is an occurrence of the first."""
        report = Report(
            site=site,
            subject=subject,
            severity=severity,
            title=title,
            life_safety=life_safety,
            template=template,
            building=building,
            zone=zone,
            device=None,
            note=note,
            by=actor.name,
        )
        return alarm_acts.raise_by_hand(tx, self._templates, self._plan, report, actor=actor)

    # --- how alarms stand, by people: HANDLE_ALARMS to shelve and test, TAKE_OUT_OF_SERVICE for devices ---

    def shelve(self, tx: Transaction, alarm_id: str, *, until: datetime, reason: str, actor: Actor) -> Alarm:
        """Put an open alarm aside for 8 hours at most; never a life-safety one."""
        escalate.settle(tx, self._plan, alarm_id)
        return measure_acts.shelve(tx, alarm_id, until=until, reason=reason, actor=actor)

    def unshelve(self, tx: Transaction, alarm_id: str, *, actor: Actor) -> Alarm:
        """End its shelf now; it is announced anew if its condition holds."""
        return measure_acts.unshelve(tx, self._templates, self._plan, alarm_id, actor=actor)

    def take_out(
        self, tx: Transaction, site: str, device: str, *, reason: str, expected_return: datetime, actor: Actor
    ) -> Measure:
        """Take a device out of service. Conflict names whoever did already."""
        return measure_acts.take_out(tx, site, device, reason=reason, expected_return=expected_return, actor=actor)

    def bring_back(self, tx: Transaction, site: str, device: str, *, actor: Actor, note: str | None = None) -> Measure:
        """Return a device to service; what still holds is announced anew."""
        return measure_acts.bring_back(tx, self._templates, self._plan, site, device, note=note, actor=actor)

    def end_window(self, tx: Transaction, measure_id: str, *, actor: Actor, note: str | None = None) -> Measure:
        """End a maintenance window before its time; what still holds is announced anew."""
        return maintenance_acts.end_window(tx, self._templates, self._plan, measure_id, note=note, actor=actor)

    def begin_test(self, tx: Transaction, wanted: PlannedTest, *, actor: Actor) -> Measure:
        """Put devices or a zone under test, for 4 hours at most, with a second person."""
        return measure_acts.begin_test(tx, wanted, actor=actor)

    def end_test(self, tx: Transaction, test_id: str, *, actor: Actor, note: str | None = None) -> Measure:
        """End a test; what still holds is announced for real."""
        return measure_acts.end_test(tx, self._templates, self._plan, test_id, note=note, actor=actor)

    # --- work orders, by people: HANDLE_ORDERS; to hold and to cancel, APPROVE_ORDERS ---

    def take_step(
        self, tx: Transaction, order_id: str, step: Step, details: StepDetails | None = None, *, actor: Actor
    ) -> WorkOrder:
        """Take a step of `domain.workorders`. What each must and may say is in `details.STEP_FIELDS`."""
        return order_acts.take_step(
            tx, self._templates, self._plan, order_id, step, details or StepDetails(), actor=actor
        )

    def note_order(self, tx: Transaction, order_id: str, *, note: str, actor: Actor, plan: bool = False) -> WorkOrder:
        """Write a progress note; `plan` makes it the plan that the *plan* clock waits for."""
        return order_acts.note_order(tx, order_id, note=note, plan=plan, actor=actor)

    def promise(self, tx: Transaction, order_id: str, *, until: datetime, told_whom: str, actor: Actor) -> WorkOrder:
        """Promise a time for the fix. The *fix* clock follows when the actor may approve; both instants are kept."""
        return order_acts.promise(tx, order_id, until=until, told_whom=told_whom, actor=actor)

    def stamp(
        self, tx: Transaction, order_id: str, *, name: str, actor: Actor, at: datetime | None = None
    ) -> WorkOrder:
        """Note an instant of the scene that the template names; again corrects it."""
        return order_acts.stamp(tx, self._templates, order_id, name=name, at=at, actor=actor)

    def note_affected(
        self, tx: Transaction, order_id: str, *, affected: bool, actor: Actor, note: str | None = None
    ) -> WorkOrder:
        """Say whether people are affected: an urgent order owes a word every hour while they are."""
        return order_acts.note_affected(tx, order_id, affected=affected, note=note, actor=actor)

    def attach_file(
        self, tx: Transaction, order_id: str, file: KeptFile, *, most_bytes: int, actor: Actor
    ) -> Attachment:
        """Enter a file whose content is kept already. Conflict when there is no room, or it is there."""
        return paper_acts.attach_file(tx, order_id, file, most_bytes=most_bytes, actor=actor)

    def enter_cost(self, tx: Transaction, order_id: str, cost: Cost, *, actor: Actor) -> WorkOrder:
        """What the job cost; again corrects it."""
        return paper_acts.enter_cost(tx, order_id, cost, actor=actor)

    def sign(
        self, tx: Transaction, order_id: str, *, name: str, actor: Actor, attachment: str | None = None
    ) -> WorkOrder:
        """Somebody signed that the job is done."""
        return paper_acts.sign(tx, order_id, name=name, attachment=attachment, actor=actor)

    def edit_notice(self, tx: Transaction, order_id: str, *, text: Text, version: int, actor: Actor) -> WorkOrder:
        """Write the notice to residents. Conflict when somebody else wrote another since `version`."""
        return residents_notices.edit_notice(tx, order_id, text=text, version=version, actor=actor)

    def publish_notice(self, tx: Transaction, order_id: str, *, version: int, where: str, actor: Actor) -> WorkOrder:
        """Mark the notice to residents as published by people, and where."""
        return residents_notices.publish_notice(tx, order_id, version=version, where=where, actor=actor)

    def open_order_by_hand(
        self, tx: Transaction, draft: OrderDraft, *, template: str, note: str, actor: Actor
    ) -> WorkOrder:
        """Open a job without an alarm: the repair after a fire order, a return to service."""
        return order_acts.open_by_hand(tx, self._templates, draft, template=template, note=note, actor=actor)

    # --- other limits and severities for some devices, by people: CHANGE_RULES on the site ---

    def set_override(self, tx: Transaction, wanted: OverrideDetails, *, actor: Actor) -> Override:
        """Have another limit, or another severity of a rule, count for some devices, with a reason."""
        return override_acts.set_override(tx, wanted, actor=actor)

    def remove_override(self, tx: Transaction, override_id: str, *, reason: str, actor: Actor) -> Override:
        """Have what counted before count again."""
        return override_acts.remove_override(tx, override_id, reason=reason, actor=actor)

    def register_overrides(self, tx: Transaction, wanted: Iterable[OverrideDetails], *, actor: Actor) -> int:
        """Those of a file; how many are new or changed. Nothing is removed."""
        return override_acts.register_overrides(tx, wanted, actor)

    # --- the registry, by people: ADOPT_DEVICES ---

    def adopt(self, tx: Transaction, site: str, device: str, *, details: AdoptionDetails, actor: Actor) -> Device:
        """Adopt a discovered device. Conflict when it is in the registry already."""
        return device_acts.adopt(tx, site, device, details=details, actor=actor)

    def register(
        self,
        tx: Transaction,
        *,
        sites: Iterable[Site] = (),
        devices: Iterable[Device] = (),
        routes: Sequence[Route] = (),
        whole_rota: bool = False,
        actor: Actor,
    ) -> Registration:
        """Enter these as a file has them: adds and updates, removes nothing, writes only what differs.

        `whole_rota`: `routes` are all that their sites have, and others of these sites are retired.
        """
        return device_acts.register(tx, sites=sites, devices=devices, routes=routes, whole_rota=whole_rota, actor=actor)
