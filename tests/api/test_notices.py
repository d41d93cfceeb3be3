"""What comes next on an alarm, who was called, and what was told outside the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.clock import ManualClock
from domain.people import Role
from tests.alerting.desk.calling_scene import PLAN
from tests.api.property import START, Property, TestClient, new_ledger


@pytest.fixture
def calling(tmp_path: Path) -> Iterator[Property]:
    """A property whose alarms climb."""
    ledger = new_ledger(tmp_path)
    furnished = Property(ledger, ManualClock(START), plan=PLAN)
    furnished.furnish()
    yield furnished
    ledger.close()


async def pass_and_climb(property_: Property, **span: float) -> None:
    """Let time pass, then do what the timer does."""
    await property_.clock.advance(timedelta(**span))
    with property_.act() as tx:
        property_.desk.run_escalation(tx, property_.clock.now())


def listed(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    """One page of notices."""
    answer = client.get(f"/api/v1/notices{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_open_alarm_says_who_is_called_next_by_what_and_why(calling: Property) -> None:
    alarm = calling.raise_alarm()
    await pass_and_climb(calling, minutes=1)
    with calling.client() as client:
        (shown,) = client.get("/api/v1/alarms").json()["items"]
        assert shown["next"] == {
            "at": (START + timedelta(minutes=5)).isoformat().replace("+00:00", "Z"),
            "whom": "manager",
            "title": {"en": "manager", "zh-Hans": "经理", "zh-Hant": "經理"},
            "channel": "hook",
            "channel_title": {"en": "hook", "zh-Hans": "hook", "zh-Hant": "hook"},
            "because": "not_acknowledged",
            "because_text": {"en": "not acknowledged", "zh-Hans": "未确认", "zh-Hant": "未確認"},
        }
        changed = client.post(f"/api/v1/alarms/{alarm.id}/acknowledge", json={}).json()
        assert changed["next"]["because"] == "nobody_arrived"
        client.post(f"/api/v1/work-orders/{alarm.work_order}/arrive", json={})
        detail = client.get(f"/api/v1/alarms/{alarm.id}").json()
    assert detail["next"] is None
    escalated = [event for event in detail["timeline"] if event["type"] == "alarm.escalated"]
    assert [event["data"]["whom"] for event in escalated] == ["elevator_firm", "shift_leader"]


async def test_notices_are_listed_without_contacts_and_only_in_reach(calling: Property) -> None:
    alarm = calling.raise_alarm()
    calling.raise_alarm(site="annex")
    await pass_and_climb(calling, minutes=1)
    with calling.client(Role.VIEWER, sites=("main",)) as client:
        notices = listed(client)
        assert {notice["site"] for notice in notices} == {"main"}
        assert [notice["receivers"] for notice in notices] == [["lin"], ["firm"]]
        assert "@" not in str(notices)
        assert listed(client, f"?alarm={alarm.id}&state=waiting") == notices
        assert listed(client, "?state=failed") == []
        assert [len(listed(client, f"?channel={name}")) for name in ("mail", "hook")] == [2, 0]
        assert client.get("/api/v1/notices?channel=hook").json()["channels"] == [
            {"channel": "mail", "waiting": 2, "sent": 0, "failed": 0}
        ]
        first = client.get("/api/v1/notices?channel=mail&limit=1").json()
        assert listed(client, f"?channel=mail&limit=1&cursor={quote(first['next'])}") == notices[1:]
        assert client.get("/api/v1/notices?state=lost").status_code == 422
    with calling.client(None) as nobody:
        assert nobody.get("/api/v1/notices").status_code == 401
