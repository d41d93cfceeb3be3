"""Devices with their latest state, adoption, sites, kinds and rules."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.basics import Listing, Name, Request, Schema, TextRequest, TextView
from api.schemas.overrides import OverrideView
from domain.assets import Adoption
from domain.kinds import MetricType
from domain.rules import Over, Severity

Scalar = bool | float | str
"""A metric's value in an answer."""


class Connection(StrEnum):
    """What we know of a device's line.

    `online`: it reported as it promised; `silent`: a rule says it has been quiet too long; `offline`: it (or its last
    will) said so; `unknown`: nothing was ever judged from it.
    """

    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class LatestValue(Schema):
    """The newest value of one metric; null when it came bad, so that nothing is known of it since `at`."""

    value: Scalar | None
    at: datetime


class DeviceView(Schema):
    """A device with its latest state. `values` is by metric name; `limits` in the units that its kind declares."""

    site: str
    id: str
    kind: str
    name: TextView | None
    building: str | None
    zone: str | None
    model: str | None
    gateway: str | None
    power_feed: str | None
    interval_s: float | None
    limits: dict[str, float]
    limits_in_force: dict[str, float] = Field(description="What counts now, by the kind, the registry and overrides.")
    overrides: list[OverrideView] = Field(description="Those that count for this device.")
    tags: list[str]
    adoption: Adoption
    first_seen: datetime | None
    last_seen: datetime | None
    connection: Connection
    values: dict[str, LatestValue]
    open_alarms: int = Field(description="Those that are announced.")
    worst_severity: Severity | None
    out_of_service: bool
    under_test: bool


class DeviceList(Listing[DeviceView]):
    """A page of devices, by site and name."""


Limits = Annotated[dict[Name, Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]], Field(max_length=32)]
Tags = Annotated[list[Name], Field(max_length=32)]


class AdoptRequest(Request):
    """What a person adds to a discovered device. What is left out stays as it is."""

    name: TextRequest | None = None
    building: Name | None = None
    zone: Name | None = None
    model: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = None
    gateway: Name | None = None
    power_feed: Name | None = None
    interval_s: Annotated[int, Field(ge=1, le=31 * 86400)] | None = None
    limits: Limits | None = None
    tags: Tags | None = None


class ZoneView(Schema):
    """A place in a building."""

    id: str
    name: TextView


class BuildingView(Schema):
    """A building of a site."""

    id: str
    name: TextView
    zones: list[ZoneView]


class SiteView(Schema):
    """A property. `watching` says whether alerting judged it within the last ten seconds."""

    id: str
    name: TextView
    time_zone: str
    buildings: list[BuildingView]
    watching: bool
    judged_at: datetime | None


class SiteList(Listing[SiteView]):
    """The sites in reach."""


class MetricView(Schema):
    """One metric of a kind. `low` and `high` are physical limits, inclusive, in `unit`."""

    name: str
    type: MetricType
    label: TextView
    unit: str
    low: float | None
    high: float | None
    choices: dict[str, TextView] | None
    max_length: int


class LimitView(Schema):
    """A level that a device's type may change."""

    name: str
    default: float
    unit: str
    label: TextView


class KindView(Schema):
    """A type of device."""

    name: str
    label: TextView
    interval_s: float
    metrics: list[MetricView]
    limits: list[LimitView]
    faults: dict[str, TextView]
    rules: list[str]
    samples: list[dict[str, Scalar]]


class KindList(Listing[KindView]):
    """All kinds."""


class RuleView(Schema):
    """A rule as it is judged now. `when` and `unless` are conditions, tagged by `is`."""

    id: str
    kind: str
    name: str
    severity: Severity
    life_safety: bool
    latched: bool
    title: TextView
    consequence: TextView
    response: TextView
    time_to_respond_s: float
    on_delay_s: float
    off_delay_s: float
    template: str | None
    when: dict[str, Any]
    unless: dict[str, Any] | None
    only: list[str]
    never: list[str]
    over: Over


class RuleList(Listing[RuleView]):
    """All rules, by kind. `revision` is null before the first one is in the ledger."""

    revision: int | None
    revised_at: datetime | None
    revised_by: str | None


class RulesReloaded(Schema):
    """The revision in force now, and the ids of the rules that it changed; none where the files say the same.

    `arrangements` names what else changed, such as `template fire`, `person lin` or `channel message`.
    """

    revision: int
    added: list[str]
    changed: list[str]
    removed: list[str]
    arrangements: list[str] = Field(default_factory=list)


class StampView(Schema):
    """An instant of the scene that people note on an order."""

    name: str
    title: TextView


class TemplateView(Schema):
    """What kind of job can be opened."""

    name: str
    title: TextView
    severities: list[Severity]
    verdict: bool
    team: str | None
    stamps: list[StampView]
    dispatch_responds: bool


class TemplateList(Listing[TemplateView]):
    """All work order templates."""
