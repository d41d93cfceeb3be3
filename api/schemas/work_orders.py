"""Work orders: as lists show them, one with its timeline, and what each step may say."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.alarms import AlarmView
from api.schemas.basics import Instant, Line, Listing, Name, Note, PartyName, Request, Schema, TextView
from api.schemas.events import EventView
from api.schemas.papers import AttachmentView, CostView, ResidentsNoticeView, SignatureView
from domain.rules import Severity
from domain.workorders import ClockName, OrderState, Step, Verdict


class ClockView(Schema):
    """One promise on a work order. It stands still while `held_since` is set; a breach stays for good."""

    name: ClockName
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    warned_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    held_since: datetime | None
    missed: int = Field(description="progress: how often nobody told how it stands")
    in_service_hours: bool
    contract_due_at: datetime | None = Field(description="what the contract says, where a promised time took its place")


class StampForm(Schema):
    """An instant of the scene that people note on such an order."""

    name: str
    title: TextView


class WorkOrderView(Schema):
    """A job as it stands. `alarms` are ids; `possible_steps` what its state allows, whoever asks."""

    id: str
    number: str
    site: str
    state: OrderState
    ended: bool
    template: str
    title: TextView
    severity: Severity
    opened_at: datetime
    device: str | None
    building: str | None
    zone: str | None
    alarms: list[str]
    clocks: list[ClockView]
    owner: str | None
    assignee: str | None
    fixer: str | None
    cause: str | None
    verdict: Verdict | None
    rework: int
    wait_reason: str | None
    wait_approver: str | None
    wait_until: datetime | None
    expected_at: datetime | None = Field(description="the promised time, else what *fix* has left")
    promised_at: datetime | None
    promised_to: str | None
    promised_by: str | None
    promise_made_at: datetime | None
    people_affected: bool | None = Field(description="null: nobody has said, which counts as yes")
    asks_affected: bool = Field(description="whether a word is owed only while people are affected")
    follows: str | None = Field(description="the order that led to it")
    led_to: list[str] = Field(description="the orders that it led to")
    cost: CostView | None
    signature: SignatureView | None
    residents_notice: ResidentsNoticeView | None
    follow_up_skipped: bool
    stamps: dict[str, datetime]
    arrived_at: datetime | None
    fixed_at: datetime | None
    closed_at: datetime | None
    cancel_reason: str | None
    possible_steps: list[Step]


class WorkOrderDetail(WorkOrderView):
    """A job with its alarms as they stand and its story."""

    alarm_details: list[AlarmView]
    timeline: list[EventView]
    attachments: list[AttachmentView]
    stamp_forms: list[StampForm]


class WorkOrderList(Listing[WorkOrderView]):
    """A page of work orders, newest first."""


class StepRequest(Request):
    """What a step may say. Which of it a step needs is in its refusal: nothing is guessed."""

    note: Note | None = None
    assignee: PartyName | None = Field(
        default=None, description="dispatch, accept, transfer, arrive: a person or a firm"
    )
    reason: Note | None = Field(
        default=None, description="refuse, transfer, hold, cancel, fail_check, complain, reopen ...: why"
    )
    cause: Note | None = Field(default=None, description="fix, close: what it was")
    verdict: Verdict | None = Field(default=None, description="fix, close: what a fire order turned out to be")
    approver: PartyName | None = Field(default=None, description="hold: who approved the wait")
    until: Instant | None = Field(default=None, description="hold: when the wait ends by itself")


class ProgressRequest(Request):
    """A progress note. `plan` says that it is the plan which the contract asks for."""

    note: Note = Field(examples=["Motor cooled down; waiting for the firm to release the car."])
    plan: bool = False


class PromiseRequest(Request):
    """A later time for the fix, and who was told of it."""

    until: Instant
    told_whom: Line = Field(examples=["Ms Chen, 12-03"])


class StampRequest(Request):
    """A named instant of the scene. Without `at` it is now."""

    name: Name = Field(examples=["released"])
    at: Instant | None = None


class OpenOrderRequest(Request):
    """A job without an alarm. `title` in one language stands for all."""

    site: Name
    template: Name = Field(examples=["general"])
    severity: Severity
    title: Line = Field(examples=["Lamp in the lobby is out"])
    note: Note
    device: Name | None = None
    building: Name | None = None
    zone: Name | None = None
