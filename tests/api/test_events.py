"""The event stream over a real server: what happens is told, once, to whom it concerns, also after an interruption."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from api.app import create_app
from api.credentials import Caller
from api.feed import QUEUE, End, Overflow, Subscription, Told
from api.schemas.stream import EndReason, ResetReason
from api.stream import MOST_BEHIND, judge_cursor
from domain.events import Cursor
from domain.people import Actor, ActorType, Role
from tests.api.property import Property
from tests.api.serving import listening, served


@pytest.fixture
def address(property_: Property) -> Iterator[str]:
    """Where the property's app is served."""
    with served(create_app(property_.parts)) as address:
        yield address


def test_a_stream_begins_with_whether_somebody_watches(property_: Property, address: str) -> None:
    with listening(address, property_.token()) as listener:
        first = listener.next()
    assert first.name == "watch"
    assert first.data["watching"] is True
    assert [site["site"] for site in first.data["sites"]] == ["annex", "main"]
    assert first.id is not None


def test_an_alarm_is_told_with_how_it_stands(property_: Property, address: str) -> None:
    with listening(address, property_.token()) as listener:
        listener.next()
        alarm = property_.raise_alarm()
        told = listener.until("alarm.raised")
    assert told.data["event"]["alarm"] == alarm.id
    assert told.data["alarm"]["state"] == "unacknowledged"
    assert told.data["alarm"]["work_order"] == alarm.work_order
    assert told.id is not None
    assert Cursor.parse(told.id).seen["main"] == told.data["event"]["number"]


def test_an_acknowledgement_is_told_to_everybody(property_: Property, address: str) -> None:
    alarm = property_.raise_alarm()
    token, viewer = property_.token(), property_.token(Role.VIEWER)
    with listening(address, token) as one, listening(address, viewer) as other:
        one.next(), other.next()
        httpx.post(
            f"{address}/api/v1/alarms/{alarm.id}/acknowledge", headers={"Authorization": f"Bearer {token}"}
        ).raise_for_status()
        for listener in (one, other):
            told = listener.until("alarm.acknowledged")
            assert told.data["alarm"]["acknowledged_by"] == "operator-all"


def test_nothing_is_missed_and_nothing_comes_twice_after_an_interruption(property_: Property, address: str) -> None:
    with listening(address, property_.token()) as listener:
        listener.next()
        property_.raise_alarm("E-01")
        last = listener.until("alarm.raised").id
    property_.raise_alarm("E-02")
    property_.raise_alarm("E-01", site="annex")
    with listening(address, property_.token(), last=last) as listener:
        property_.raise_alarm("E-03")
        told = []
        while (each := listener.next()).data.get("alarm") is None or each.data["alarm"]["device"] != "E-03":
            told.append(each)
    assert last is not None
    for site in ("main", "annex"):
        numbers = [t.data["event"]["number"] for t in told if t.name != "watch" and t.data["event"]["site"] == site]
        seen = Cursor.parse(last).seen[site]
        assert numbers == list(range(seen + 1, seen + 1 + len(numbers))), site
    raised = {(t.data["event"]["site"], t.data["alarm"]["device"]) for t in told if t.name == "alarm.raised"}
    assert raised == {("main", "E-02"), ("annex", "E-01")}


@pytest.mark.parametrize(
    ("last", "reason"), [("nonsense", "invalid"), ("main:99999", "ahead"), ("gone-site:3", "ahead")]
)
def test_a_cursor_that_cannot_be_gone_on_from_is_reset(
    property_: Property, address: str, last: str, reason: str
) -> None:
    with listening(address, property_.token(), query=f"?cursor={last}") as listener:
        reset = listener.next()
        assert (reset.name, reset.data) == ("reset", {"reason": reason})
        assert listener.next().name == "watch"
        property_.raise_alarm()
        assert listener.until("alarm.raised").data["alarm"]["device"] == "E-01"


def test_a_cursor_too_far_behind_is_reset() -> None:
    head = Cursor({"main": MOST_BEHIND + 10, "annex": 5})
    assert judge_cursor("main:5,annex:5", head, None) is ResetReason.STALE
    assert judge_cursor("main:10,annex:5", head, None) == Cursor({"main": 10, "annex": 5})
    assert judge_cursor("annex:2,elsewhere:7", Cursor({"annex": 5}), frozenset({"annex"})) == Cursor({"annex": 2})


def test_events_of_other_sites_are_not_told(property_: Property, address: str) -> None:
    with listening(address, property_.token(Role.VIEWER, sites=("annex",))) as listener:
        first = listener.next()
        assert [site["site"] for site in first.data["sites"]] == ["annex"]
        property_.raise_alarm("E-01", site="main")
        property_.raise_alarm("E-01", site="annex")
        told = listener.next()
    assert told.data["event"]["site"] == "annex"
    assert told.id is not None
    assert set(Cursor.parse(told.id).seen) == {"annex"}


async def test_when_nobody_watches_the_stream_says_so(property_: Property, address: str) -> None:
    def watch_ends() -> None:
        with listening(address, property_.token()) as listener:
            assert listener.next().data["watching"] is True
            asyncio.run(property_.clock.advance(timedelta(seconds=11)))
            property_.beat("main")
            told = listener.until("watch").data
            assert told["watching"] is False
            assert {site["site"]: site["watching"] for site in told["sites"]} == {"annex": False, "main": True}
            property_.beat()
            assert listener.until("watch").data["watching"] is True

    await asyncio.to_thread(watch_ends)


def test_a_revoked_token_ends_its_stream(property_: Property, address: str) -> None:
    token, admin = property_.token(), {"Authorization": f"Bearer {property_.token(Role.ADMIN)}"}
    with listening(address, token) as listener:
        listener.next()
        tokens = httpx.get(f"{address}/api/v1/tokens", headers=admin).json()["items"]
        [theirs] = [each["id"] for each in tokens if each["role"] == "operator"]
        httpx.delete(f"{address}/api/v1/tokens/{theirs}", headers=admin).raise_for_status()
        assert listener.until("end").data == {"reason": "signed_out"}
        with pytest.raises(StopIteration):
            listener.next()


def test_one_caller_cannot_open_streams_without_end(property_: Property, address: str) -> None:
    headers = {"Authorization": f"Bearer {property_.token()}"}
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(headers=headers, limits=limits, timeout=20) as client:
        streams = [client.send(client.build_request("GET", f"{address}/api/v1/events"), stream=True) for _ in range(21)]
        assert [stream.status_code for stream in streams] == [200] * 20 + [429]
        assert "retry-after" in streams[-1].headers
        for stream in streams:
            stream.close()
        assert client.get(f"{address}/api/v1/alarms").status_code == 200


async def test_a_slow_reader_costs_bounded_memory_and_is_told() -> None:
    subscription = Subscription(Caller(actor=Actor(ActorType.PROGRAM, "slow", Role.VIEWER)))
    for number in range(QUEUE + 3):
        subscription.offer(Told("main", number, b""))
    items = await subscription.take()
    assert isinstance(items[0], Overflow)
    assert [item.number for item in items[1:] if isinstance(item, Told)] == [QUEUE, QUEUE + 1, QUEUE + 2]
    for number in range(QUEUE):
        subscription.offer(Told("main", number, b""))
    subscription.offer(End(EndReason.SIGNED_OUT))
    assert isinstance((await subscription.take())[-1], End)
