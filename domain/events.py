"""Events: what happened, in the past tense, one chain per site.

Promises: every act leaves exactly one or more of these in the transaction that changed the rows. Types are stable
names: they are the `{type}` of `wk-events/v1/{site}/{type}`, of the event stream and of webhooks.
Leaves to others: numbering, sealing and keeping them (`adapters.ledger`), telling them (`alerting.notices`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from domain.people import Actor


class EventType(StrEnum):
    """What can happen. `noun.verbed`."""

    ALARM_RAISED = "alarm.raised"
    ALARM_REACTIVATED = "alarm.reactivated"
    ALARM_RETURNED = "alarm.returned"
    ALARM_ACKNOWLEDGED = "alarm.acknowledged"
    ALARM_COMMENTED = "alarm.commented"
    ALARM_ENDED = "alarm.ended"
    ALARM_SUPPRESSED = "alarm.suppressed"  # raised, or asserted anew, and not announced: `standing` says why
    ALARM_TESTED = "alarm.tested"  # raised, or asserted anew, by a device under test
    ALARM_SHELVED = "alarm.shelved"
    ALARM_UNSHELVED = "alarm.unshelved"
    ALARM_SHOWN = "alarm.shown"  # what hid it ended, and its signal is gone
    ALARM_CHATTER_BEGAN = "alarm.chatter_began"  # it comes and goes too often: its off-delay is stretched
    ALARM_CHATTER_ENDED = "alarm.chatter_ended"  # it kept calm: its own off-delay counts again
    ALARM_ESCALATED = "alarm.escalated"
    ALARM_ESCALATION_STOPPED = "alarm.escalation_stopped"
    WORKORDER_OPENED = "workorder.opened"
    WORKORDER_JOINED = "workorder.joined"
    WORKORDER_DISPATCHED = "workorder.dispatched"
    WORKORDER_ACCEPTED = "workorder.accepted"
    WORKORDER_REFUSED = "workorder.refused"
    WORKORDER_TRANSFERRED = "workorder.transferred"
    WORKORDER_ARRIVED = "workorder.arrived"
    WORKORDER_FIXED = "workorder.fixed"
    WORKORDER_CHECKED = "workorder.checked"
    WORKORDER_FOLLOWED_UP = "workorder.followed_up"
    WORKORDER_REWORK_ORDERED = "workorder.rework_ordered"
    WORKORDER_CLOSED = "workorder.closed"
    WORKORDER_HELD = "workorder.held"
    WORKORDER_RESUMED = "workorder.resumed"
    WORKORDER_PROMISED = "workorder.promised"
    WORKORDER_NOTED = "workorder.noted"
    WORKORDER_STAMPED = "workorder.stamped"
    WORKORDER_CANCELLED = "workorder.cancelled"
    WORKORDER_REOPENED = "workorder.reopened"
    WORKORDER_AFFECTED = "workorder.affected"  # somebody said whether people are affected
    WORKORDER_FOLLOW_ON_OPENED = "workorder.follow_on_opened"
    WORKORDER_NOTICE_DRAFTED = "workorder.notice_drafted"
    WORKORDER_NOTICE_EDITED = "workorder.notice_edited"
    WORKORDER_NOTICE_PUBLISHED = "workorder.notice_published"
    WORKORDER_ATTACHED = "workorder.attached"
    WORKORDER_COST_ENTERED = "workorder.cost_entered"
    WORKORDER_SIGNED = "workorder.signed"
    WORKORDER_WARNED = "workorder.warned"
    WORKORDER_BREACHED = "workorder.breached"
    NOTICE_SENT = "notice.sent"
    NOTICE_FAILED = "notice.failed"
    ROUND_STARTED = "round.started"
    ROUND_VISITED = "round.visited"
    ROUND_COMPLETED = "round.completed"
    ROUND_MISSED = "round.missed"
    ROUND_AMENDED = "round.amended"
    ROUTE_REGISTERED = "route.registered"
    ROUTE_RETIRED = "route.retired"
    DUTY_BEGUN = "duty.begun"  # a unit came under watch, or is back
    DUTY_MOVED = "duty.moved"  # its order opened, its work was done or found not done, it rests: `because` says it
    DUTY_OVERDUE = "duty.overdue"
    DUTY_DONE = "duty.done"
    DUTY_REVISED = "duty.revised"  # the duty in the config, or this unit's own cycle, changed
    DUTY_RETIRED = "duty.retired"
    DUTY_REVIEW_PROPOSED = "duty.review_proposed"
    DUTY_REVIEW_DECLINED = "duty.review_declined"
    SITE_REGISTERED = "site.registered"
    DEVICE_DISCOVERED = "device.discovered"
    DEVICE_ADOPTED = "device.adopted"
    DEVICE_REGISTERED = "device.registered"
    DEVICE_TAKEN_OUT = "device.taken_out_of_service"
    DEVICE_RETURNED = "device.returned_to_service"
    TEST_BEGUN = "test.begun"
    TEST_ENDED = "test.ended"
    MAINTENANCE_BEGUN = "maintenance.begun"
    MAINTENANCE_ENDED = "maintenance.ended"
    FLOOD_BEGAN = "flood.began"
    FLOOD_ENDED = "flood.ended"
    RULES_REVISED = "rules.revised"
    OVERRIDE_SET = "override.set"
    OVERRIDE_REMOVED = "override.removed"
    ACCOUNT_ADDED = "account.added"
    ACCOUNT_CHANGED = "account.changed"  # `changed` names the fields; a password is never in it
    ACCOUNT_SIGNED_OUT = "account.signed_out"
    TOKEN_ISSUED = "token.issued"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    CHAIN_PRUNED = "chain.pruned"  # what was before it went to a file: `data` names that and the seal it is sealed upon
    PROCESS_STARTED = "process.started"
    MESSAGE_SET_ASIDE = "message.set_aside"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one site's chain.

    `number` counts from 1 without gaps within the site. `data` holds what a reader needs to understand it (before
    and after, the reading, the reason, a note); `digests` the SHA-256 of every row that the act wrote, by
    `alarm:ID` or `workorder:ID`, so that verification can replay the chain against the rows. `seal` is the HMAC over
    the previous seal and this event.
    """

    site: str
    number: int
    type: EventType
    at: datetime
    actor: Actor
    alarm: str | None = None
    work_order: str | None = None
    device: str | None = None
    data: dict[str, Any] = {}
    digests: dict[str, str] = {}
    seal: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """How far somebody has read: the last number seen, by site. Written `main:120,annex:7` (Last-Event-ID)."""

    seen: dict[str, int]

    def __str__(self) -> str:
        return ",".join(f"{site}:{number}" for site, number in sorted(self.seen.items()))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The opposite of `str`. Raises ValueError for anything else."""
        seen: dict[str, int] = {}
        for part in filter(None, text.split(",")):
            site, _, number = part.rpartition(":")
            if not site or not number.isdecimal():
                raise ValueError(f"{text!r} is not a cursor")
            seen[site] = int(number)
        return cls(seen)
