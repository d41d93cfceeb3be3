"""Measures: shelve an alarm, take a device out of service, test; and the list of all that runs.

Promises: reading straight from the ledger, changing only through the desk. Leaves to others: what each may do
(`domain.standing`), what it hides (`alerting.suppress`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from alerting.desk import PlannedTest
from api.access import AlarmHandler, PartsHere, Reader, ServiceKeeper, acting, in_reach, reach
from api.routes.queries import AlarmId, DeviceName, SiteName, SiteQuery
from api.schemas.alarms import AlarmView
from api.schemas.basics import Id
from api.schemas.measures import (
    MeasureList,
    MeasureType,
    MeasureView,
    OutOfServiceRequest,
    ReturnRequest,
    ShelveRequest,
    TestRequest,
)
from api.views import alarm_view, measure_view

router = APIRouter(tags=["standing"])

TestId = Annotated[Id, Path(description="The test's id.")]


@router.get("/measures", summary="What is shelved, out of service and under test")
def list_measures(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    type: Annotated[MeasureType | None, Query(description="Only these: the return list, say.")] = None,
) -> MeasureList:
    """All measures in reach that nobody has ended, in the order in which they began."""
    at = parts.clock.now()
    with parts.ledger.read() as rows:
        running = rows.measures.running(reach(caller, site))
    return MeasureList(items=[measure_view(one, at) for one in running if type is None or one.type.value == type.value])


@router.post("/alarms/{alarm_id}/shelve", summary="Put an alarm aside for a while")
def shelve_alarm(caller: AlarmHandler, parts: PartsHere, alarm_id: AlarmId, body: ShelveRequest) -> AlarmView:
    """It leaves the list until then, with whatever its rule says of its subject; a life-safety alarm never does."""
    with acting(parts, caller) as tx:
        in_reach(caller, tx.alarms.get(alarm_id).site, f"alarm {alarm_id}")
        return alarm_view(parts.desk.shelve(tx, alarm_id, until=body.until, reason=body.reason, actor=caller.actor))


@router.post("/alarms/{alarm_id}/unshelve", summary="Take an alarm off its shelf")
def unshelve_alarm(caller: AlarmHandler, parts: PartsHere, alarm_id: AlarmId) -> AlarmView:
    """If its condition still holds it is announced anew."""
    with acting(parts, caller) as tx:
        in_reach(caller, tx.alarms.get(alarm_id).site, f"alarm {alarm_id}")
        return alarm_view(parts.desk.unshelve(tx, alarm_id, actor=caller.actor))


@router.post("/devices/{site}/{device}/out-of-service", summary="Take a device out of service", status_code=201)
def take_device_out(
    caller: ServiceKeeper, parts: PartsHere, site: SiteName, device: DeviceName, body: OutOfServiceRequest
) -> MeasureView:
    """Its alarms are recorded and hidden, life-safety never. It stays on the return list until a person returns it."""
    in_reach(caller, site, f"device {site}/{device}")
    with acting(parts, caller) as tx:
        measure = parts.desk.take_out(
            tx, site, device, reason=body.reason, expected_return=body.expected_return, actor=caller.actor
        )
        return measure_view(measure, tx.at)


@router.post("/devices/{site}/{device}/return", summary="Return a device to service")
def return_device(
    caller: ServiceKeeper, parts: PartsHere, site: SiteName, device: DeviceName, body: ReturnRequest | None = None
) -> MeasureView:
    """What still holds on it is announced anew."""
    in_reach(caller, site, f"device {site}/{device}")
    with acting(parts, caller) as tx:
        note = body.note if body is not None else None
        return measure_view(parts.desk.bring_back(tx, site, device, note=note, actor=caller.actor), tx.at)


@router.post("/tests", summary="Put devices or a zone under test", status_code=201)
def begin_test(caller: AlarmHandler, parts: PartsHere, body: TestRequest) -> MeasureView:
    """Their alarms are raised and recorded, marked as a test, and call nobody; all other devices are as always."""
    in_reach(caller, body.site, f"site {body.site}")
    wanted = PlannedTest(
        site=body.site,
        until=body.until,
        reason=body.reason,
        second=body.second,
        devices=frozenset(body.devices),
        building=body.building,
        zone=body.zone,
    )
    with acting(parts, caller) as tx:
        return measure_view(parts.desk.begin_test(tx, wanted, actor=caller.actor), tx.at)


@router.post("/tests/{test_id}/end", summary="End a test")
def end_test(caller: AlarmHandler, parts: PartsHere, test_id: TestId, body: ReturnRequest | None = None) -> MeasureView:
    """What still holds is announced, for real; what is gone is over."""
    with acting(parts, caller) as tx:
        in_reach(caller, tx.measures.get(test_id).site, f"test {test_id}")
        note = body.note if body is not None else None
        return measure_view(parts.desk.end_test(tx, test_id, note=note, actor=caller.actor), tx.at)
