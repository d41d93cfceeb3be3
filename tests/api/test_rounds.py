"""Routes and rounds: the rota of a day, what became of it, and the figures."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerting.rounds import Rounds, SiteVisit
from domain.assets import Device
from domain.people import Role
from domain.rounds import Visit
from domain.routes import CheckItem, Route
from domain.texts import text
from tests.api.property import SYSTEM, Property, TestClient

NAME = text("Night round", "夜间巡更", "夜間巡更")


@pytest.fixture(autouse=True)
def routes(property_: Property) -> None:
    """A route every two hours on each site, registered yesterday."""
    yesterday = property_.clock.now() - timedelta(days=1)
    with property_.ledger.write(at=yesterday, actor=SYSTEM) as tx:
        for site in ("main", "annex"):
            route = Route(
                site=site,
                id="R-01",
                name=NAME,
                checkpoints=("CP-1", "CP-2"),
                every=timedelta(hours=2),
                grace=timedelta(minutes=10),
                guards=("G-1",),
                items=(CheckItem(checkpoint="CP-1", id="door", label=NAME),),
            )
            point = Device(site=site, id="CP-1", kind="checkpoint", name=NAME)
            property_.desk.register(tx, devices=[point], routes=[route], actor=SYSTEM)


def judge(property_: Property, *passed: tuple[str, str], site: str = "main") -> None:
    """Guards pass points now, ten seconds after each other; then alerting looks at what fell due."""
    rounds = Rounds(property_.desk)
    now: datetime = property_.clock.now()
    with property_.act() as tx:
        rounds.load(tx)
        for number, (point, guard) in enumerate(passed):
            at = now + timedelta(seconds=10 * number)
            visit = Visit(checkpoint=point, at=at, received_at=at, device=point, guard=guard)
            rounds.enter(tx, SiteVisit(site, visit), watching=True)
        rounds.look(tx, now)


def test_a_route_shows_its_points_by_name_and_its_next_round(operator: TestClient) -> None:
    listed = operator.get("/api/v1/routes?site=main").json()["items"]
    assert [(one["site"], one["id"], one["every_s"], one["grace_s"]) for one in listed] == [("main", "R-01", 7200, 600)]
    assert listed[0]["points"] == [
        {"id": "CP-1", "name": {"en": "Night round", "zh-Hans": "夜间巡更", "zh-Hant": "夜間巡更"}},
        {"id": "CP-2", "name": None},
    ]
    assert listed[0]["next_starts_at"] == "2026-03-14T08:00:00Z"


def test_a_day_has_every_round_of_the_rota_also_those_of_which_nothing_is_written(operator: TestClient) -> None:
    rounds = operator.get("/api/v1/rounds?site=main&route=R-01").json()["items"]  # it is 16:00 in Shanghai
    assert [one["starts_at"][11:16] for one in rounds] == [f"{(hour + 16) % 24:02}:00" for hour in range(0, 24, 2)]
    assert {one["day"] for one in rounds} == {"2026-03-14"}
    assert [one["state"] for one in rounds] == ["unwatched"] * 8 + ["planned"] * 4
    assert {point["state"] for one in rounds for point in one["points"]} == {"waiting"}
    planned = operator.get("/api/v1/rounds?site=main&state=planned").json()["items"]
    assert planned == rounds[8:]
    assert operator.get("/api/v1/rounds?site=main&day=2026-03-10").json()["items"] == []


def test_rounds_show_who_passed_which_point_when(property_: Property, operator: TestClient) -> None:
    judge(property_, ("CP-1", "G-1"), ("CP-2", "X"))
    [done] = operator.get("/api/v1/rounds?site=main&state=completed").json()["items"]
    assert [(point["id"], point["state"], point["guard"]) for point in done["points"]] == [
        ("CP-1", "passed", "G-1"),
        ("CP-2", "passed", "X"),
    ]
    assert done["findings"] == [{"type": "unknown_guard", "points": ["CP-2"], "told": ["X"]}]
    shown = operator.get(f"/api/v1/rounds/{done['id']}").json()
    assert [visit["checkpoint"] for visit in shown["visits"]] == ["CP-1", "CP-2"]
    missed = operator.get("/api/v1/rounds?site=main&state=not_started").json()["items"]
    assert len(missed) == 8
    assert {point["state"] for point in missed[0]["points"]} == {"missed"}


def test_the_list_is_paged_in_the_order_of_the_rounds(operator: TestClient) -> None:
    whole = operator.get("/api/v1/rounds").json()["items"]
    first = operator.get("/api/v1/rounds?limit=9").json()
    rest = operator.get("/api/v1/rounds", params={"cursor": first["next"]}).json()
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == [one["id"] for one in whole]
    assert rest["next"] is None


def test_completion_is_told_by_route_guard_and_day(property_: Property, operator: TestClient) -> None:
    judge(property_, ("CP-1", "G-1"), ("CP-2", "G-2"))
    days = operator.get("/api/v1/rounds/completion?site=main").json()["items"]
    assert [(one["day"], one["due"], one["completed"]) for one in days] == [
        ("2026-03-14", 9, 1),
        ("2026-03-13", 4, 0),
    ]
    assert days[0]["guards"] == [
        {"guard": "G-1", "rounds": 1, "completed": 1, "points": 1},
        {"guard": "G-2", "rounds": 1, "completed": 1, "points": 1},
    ]
    assert (days[0]["points_due"], days[0]["points_passed"]) == (18, 2)
    bad = operator.get("/api/v1/rounds/completion?first=2026-01-01&last=2026-03-01")
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")


def test_a_planned_round_can_be_asked_for_and_one_that_the_rota_does_not_have_cannot(operator: TestClient) -> None:
    planned = operator.get("/api/v1/rounds/main.R-01.20260314T100000Z").json()
    assert (planned["state"], planned["visits"]) == ("planned", [])
    for wrong in ("main.R-01.20260314T093000Z", "main.R-01.20269914T093000Z", "main.R-9.20260314T100000Z"):
        assert operator.get(f"/api/v1/rounds/{wrong}").status_code == 404


def test_rounds_of_a_site_out_of_reach_do_not_exist(property_: Property) -> None:
    with property_.client(Role.VIEWER, sites=("annex",)) as guest:
        assert {one["site"] for one in guest.get("/api/v1/rounds").json()["items"]} == {"annex"}
        assert {one["site"] for one in guest.get("/api/v1/routes").json()["items"]} == {"annex"}
        assert guest.get("/api/v1/rounds?site=main").status_code == 403
        assert guest.get("/api/v1/rounds/main.R-01.20260314T100000Z").status_code == 404


def test_a_retired_route_is_listed_no_more_and_its_rota_ends(property_: Property, operator: TestClient) -> None:
    before = operator.get("/api/v1/rounds?site=main").json()["items"]
    other = Route(site="main", id="R-02", name=NAME, checkpoints=("CP-1",))
    with property_.act() as tx:
        property_.desk.register(tx, routes=[other], whole_rota=True, actor=SYSTEM)
    assert [one["id"] for one in operator.get("/api/v1/routes?site=main").json()["items"]] == ["R-02"]
    after = operator.get("/api/v1/rounds?site=main").json()["items"]
    now = property_.clock.now().isoformat().replace("+00:00", "Z")
    assert after == [one for one in before if one["begin_by"] <= now]
    assert 0 < len(after) < len(before)
