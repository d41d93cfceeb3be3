"""From domain values to what the API says: pure functions, one place for each shape.

Promises: nothing secret passes (no password hash, no digest of a token, no seal). Leaves to others: reading rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from alerting.climbing import coming
from alerting.desk import AdoptionDetails, StepDetails
from api.credentials import Caller, token_id
from api.schemas.accounts import PersonView, SessionView, TokenView
from api.schemas.alarms import AlarmDetail, AlarmView, OperatorCard
from api.schemas.basics import TextRequest, TextView
from api.schemas.devices import (
    AdoptRequest,
    BuildingView,
    KindView,
    LimitView,
    MetricView,
    RuleView,
    SiteView,
    TemplateView,
)
from api.schemas.events import EventView
from api.schemas.history import QuarantineView
from api.schemas.measures import MeasureView
from api.schemas.notices import NextStepView
from api.schemas.papers import AttachmentView
from api.schemas.work_orders import StampForm, StepRequest, WorkOrderDetail, WorkOrderView
from api.watch import Watch
from api.why import why_of
from domain.alarms import Alarm
from domain.assets import Site
from domain.escalation import NextStep
from domain.events import Event
from domain.kinds import Kind
from domain.papers import Attachment
from domain.people import PERMISSIONS, Permission, Person, Token
from domain.ports.ledger import QuarantineEntry
from domain.rules import Condition, Rule
from domain.standing import Measure
from domain.texts import Text
from domain.workorders import ORDER_TRANSITIONS, ClockName, Step, Template, WorkOrder

POSSIBLE_STEPS: dict[str, list[Step]] = {}
for _row in ORDER_TRANSITIONS:
    POSSIBLE_STEPS.setdefault(_row.before, []).append(_row.step)


def alarm_view(alarm: Alarm) -> AlarmView:
    """An alarm for a list."""
    view = AlarmView.model_validate(alarm)
    step = coming(alarm)
    return view if step is None else view.model_copy(update={"next": _next_view(step)})


def _next_view(step: NextStep) -> NextStepView:
    return NextStepView(
        at=step.at,
        whom=step.whom,
        title=text_view(step.title),
        channel=step.channel,
        channel_title=text_view(step.channel_title),
        because=step.because,
        because_text=text_view(step.because.words),
    )


def alarm_detail(alarm: Alarm, events: Sequence[Event]) -> AlarmDetail:
    """An alarm with its story. `events` are its own, oldest first."""
    rule = alarm.rule_as_it_was
    return AlarmDetail(
        **dict(alarm_view(alarm)),
        card=_card(rule) if rule is not None else None,
        rule_as_it_was=rule_view(rule) if rule is not None else None,
        why=why_of(events),
        timeline=[event_view(event) for event in events],
    )


def _card(rule: Rule) -> OperatorCard:
    return OperatorCard(
        consequence=text_view(rule.consequence),
        response=text_view(rule.response),
        time_to_respond_s=rule.time_to_respond.total_seconds(),
    )


def event_view(event: Event) -> EventView:
    """An event without its seal and digests."""
    return EventView.model_validate(event)


def order_view(order: WorkOrder) -> WorkOrderView:
    """A work order for a list."""
    shown = {field: getattr(order, field) for field in order.__struct_fields__}
    duty = order.terms.progress
    fix = next((clock for clock in order.clocks if clock.name is ClockName.FIX and clock.held_since is None), None)
    more = {
        "expected_at": order.promised_at or (fix.due_at if fix is not None else None),
        "ended": order.state.ended,
        "possible_steps": POSSIBLE_STEPS.get(order.state, []),
        "asks_affected": duty is not None and duty.while_affected,
    }
    return WorkOrderView.model_validate({**shown, **more})


def order_detail(
    order: WorkOrder,
    alarms: Sequence[Alarm],
    events: Sequence[Event],
    files: Sequence[Attachment],
    template: Template | None,
) -> WorkOrderDetail:
    """A work order with its alarms, its files and its story. `template` None: config has it no longer."""
    return WorkOrderDetail(
        **dict(order_view(order)),
        attachments=[AttachmentView.model_validate(file) for file in files],
        stamp_forms=[StampForm.model_validate(form) for form in template.stamps] if template is not None else [],
        alarm_details=[alarm_view(alarm) for alarm in alarms],
        timeline=[event_view(event) for event in events],
    )


def text_view(text: Text) -> TextView:
    """A text in every language."""
    return TextView.model_validate(text)


def kind_view(kind: Kind, rules: Sequence[Rule]) -> KindView:
    """A kind as screens need it."""
    return KindView(
        name=kind.name,
        label=text_view(kind.label),
        interval_s=kind.interval.total_seconds(),
        metrics=[MetricView.model_validate(metric) for metric in kind.metrics],
        limits=[LimitView.model_validate(limit) for limit in kind.limits],
        faults={name: text_view(label) for name, label in kind.faults.items()},
        rules=[rule.id for rule in rules if rule.kind == kind.name],
        samples=[dict(sample) for sample in kind.samples],
    )


def rule_view(rule: Rule) -> RuleView:
    """A rule with its conditions as JSON."""
    return RuleView(
        id=rule.id,
        kind=rule.kind,
        name=rule.name,
        severity=rule.severity,
        life_safety=rule.life_safety,
        latched=rule.latched,
        title=text_view(rule.title),
        consequence=text_view(rule.consequence),
        response=text_view(rule.response),
        time_to_respond_s=rule.time_to_respond.total_seconds(),
        on_delay_s=rule.on_delay.total_seconds(),
        off_delay_s=rule.off_delay.total_seconds(),
        template=rule.template,
        when=_condition(rule.when),
        unless=_condition(rule.unless) if rule.unless is not None else None,
        only=sorted(rule.only),
        never=sorted(rule.never),
        over=rule.over,
    )


def _condition(condition: Condition) -> dict[str, Any]:
    return cast(dict[str, Any], msgspec.to_builtins(condition))


def template_view(template: Template) -> TemplateView:
    """A work order template."""
    return TemplateView.model_validate(template)


def quarantine_view(entry: QuarantineEntry) -> QuarantineView:
    """An entry whose head can be read by people."""
    return QuarantineView(
        id=entry.id,
        topic=entry.topic,
        reason=entry.reason,
        detail=entry.detail,
        metric=entry.metric,
        head=entry.head.decode("utf-8", "backslashreplace"),
        digest=entry.digest,
        size=entry.size,
        count=entry.count,
        first_at=entry.first_at,
        last_at=entry.last_at,
    )


def measure_view(measure: Measure, at: datetime) -> MeasureView:
    """A measure as it stands at `at`."""
    fields = {field: getattr(measure, field) for field in measure.__struct_fields__}
    return MeasureView.model_validate(
        fields | {"type": measure.type.value, "devices": sorted(measure.devices), "overdue": measure.overdue(at)}
    )


def session_view(caller: Caller) -> SessionView:
    """Who asks, for a console that wants to know what to show."""
    actor, person = caller.actor, caller.person
    expires_at = caller.session.expires_at if caller.session else caller.token.expires_at if caller.token else None
    assert actor.role is not None
    return SessionView.model_validate(
        {
            "type": actor.type,
            "name": actor.name,
            "full_name": person.full_name if person else "",
            "role": actor.role,
            "permissions": [permission for permission in Permission if permission in PERMISSIONS[actor.role]],
            "language": person.language if person else "en",
            "sites": _sites(actor.sites),
            "csrf": caller.session.csrf if caller.session else None,
            "expires_at": expires_at,
        }
    )


def person_view(person: Person) -> PersonView:
    """An account without its password."""
    return PersonView(
        name=person.name,
        role=person.role,
        full_name=person.full_name,
        language=person.language,
        sites=_sites(person.sites),
        disabled=person.disabled,
        created_at=person.created_at,
    )


def token_view(token: Token) -> TokenView:
    """A token without its digest."""
    return TokenView(
        id=token_id(token),
        name=token.name,
        role=token.role,
        sites=_sites(token.sites),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )


def _sites(sites: frozenset[str] | None) -> list[str] | None:
    return None if sites is None else sorted(sites)


def site_view(site: Site, watch: Watch) -> SiteView:
    """A site with its places, and whether it is watched."""
    watched = watch.of(site.id)
    return SiteView(
        id=site.id,
        name=text_view(site.name),
        time_zone=site.time_zone,
        buildings=[BuildingView.model_validate(building) for building in site.buildings],
        watching=watched.watching,
        judged_at=watched.judged_at,
    )


def text_of(request: TextRequest) -> Text:
    """A text that somebody sent."""
    return Text(request.en, request.zh_hans, request.zh_hant)


def step_details(body: StepRequest | None) -> StepDetails:
    """What a step may say, as the desk takes it."""
    return StepDetails(**dict(body)) if body is not None else StepDetails()


def adoption_details(body: AdoptRequest) -> AdoptionDetails:
    """What a person adds to a device, as the desk takes it."""
    return AdoptionDetails(
        name=text_of(body.name) if body.name is not None else None,
        building=body.building,
        zone=body.zone,
        model=body.model,
        gateway=body.gateway,
        power_feed=body.power_feed,
        interval=timedelta(seconds=body.interval_s) if body.interval_s is not None else None,
        limits=body.limits,
        tags=frozenset(body.tags) if body.tags is not None else None,
    )
