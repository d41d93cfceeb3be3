"""Measures: shelves, devices out of service, tests; and what people may say about one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.schemas.alarms import SubjectView
from api.schemas.basics import AccountName, Instant, Listing, Name, Note, Request, Schema
from domain.standing import Standing


class MeasureType(StrEnum):
    """What people may decide about how alarms stand."""

    SHELVED = Standing.SHELVED.value
    OUT_OF_SERVICE = Standing.OUT_OF_SERVICE.value
    TEST = Standing.TEST.value


class MeasureView(Schema):
    """A shelf, a device out of service or a test. `until` is its end, or the expected return of a device.

    A shelf is for one `rule` on one `subject`; the others name `devices`, or a place, or a `kind` there. `overdue`: the
    device should be back, and nobody has returned it.
    """

    id: str
    site: str
    type: MeasureType
    reason: str
    by: str
    second: str | None
    began_at: datetime
    until: datetime
    overdue: bool
    subject: SubjectView | None
    rule: str | None
    devices: list[str]
    building: str | None
    zone: str | None
    kind: str | None
    window: str | None = Field(description="The maintenance window that it belongs to: it ends by itself.")
    ended_at: datetime | None
    ended_by: str | None


class MeasureList(Listing[MeasureView]):
    """All that run, in the order in which they began."""


class ShelveRequest(Request):
    """Why an alarm is put aside, and until when: 8 hours at most."""

    reason: Note = Field(examples=["Door contact on order, the car runs."])
    until: Instant


class OutOfServiceRequest(Request):
    """Why a device is taken out of service, and when it is expected back."""

    reason: Note = Field(examples=["Rope replacement by the lift company."])
    expected_return: Instant


class ReturnRequest(Request):
    """A return to service, or the end of a test, may carry a note."""

    note: Note | None = Field(default=None, examples=["Inspected, released."])


class TestRequest(Request):
    """What is tested, until when (4 hours at most) and with whom: named devices, or a zone of a building."""

    site: Name = Field(examples=["demo"])
    reason: Note = Field(examples=["Monthly fire test, tower 1."])
    until: Instant
    second: AccountName = Field(description="The account of the second person who stands for it.")
    devices: Annotated[list[Name], Field(max_length=500)] = Field(default_factory=list)
    building: Name | None = None
    zone: Name | None = None
