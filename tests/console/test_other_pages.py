"""Work orders on a mechanic's phone, a device's history, and the three languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import ViewportSize, expect

from alerting.desk import OverrideDetails
from domain.people import Actor, ActorType, Role
from domain.workorders import OrderState
from tests.console.conftest import SignIn
from tests.console.staging import MANAGER, MECHANIC, SITE, Stage, warm_day
from tests.contracts.ledger_notices import notice

PHONE = ViewportSize(width=390, height=844)


def test_a_mechanic_takes_an_order_on_a_phone(stage: Stage, address: str, sign_in: SignIn) -> None:
    alarm = stage.raise_alarm("E-07", "stopped", ago=timedelta(hours=3))
    assert alarm.work_order is not None
    page = sign_in(address, name=MECHANIC, viewport=PHONE)
    page.get_by_role("link", name="Work orders").click()
    expect(page.get_by_text("breached").first).to_be_visible()
    page.get_by_role("link", name="WO-").click()

    page.get_by_role("button", name="Accept").click()
    page.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Accepted", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Put on hold")).to_be_disabled()  # that is for who may approve
    page.get_by_role("button", name="Arrived").click()
    page.get_by_role("dialog").get_by_label("Note").fill("In the machine room.")
    page.get_by_role("dialog").get_by_role("button", name="Arrived").click()

    expect(page.get_by_role("region", name="Timeline")).to_contain_text("In the machine room.")
    with stage.ledger.read() as rows:
        order = rows.orders.get(alarm.work_order)
    assert (order.state, order.assignee) == (OrderState.ON_SITE, MECHANIC)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_devices_history_is_drawn_and_exported(stage: Stage, address: str, sign_in: SignIn, tmp_path: Path) -> None:
    stage.remember("E-02", {"motor_temp_c": 41.5, "door": "closed"})
    stage.store("E-02", warm_day(stage.now())[-600:])
    decided = Actor(ActorType.PERSON, MANAGER, Role.MANAGER)
    hotter = OverrideDetails(site=SITE, kind="elevator", limit="motor_limit_c", level=92.0, reason="It runs hotter.")
    with stage.act(by=decided) as tx:
        stage.parts.desk.set_override(tx, hotter, actor=decided)
    page = sign_in(address)
    page.goto(f"{address}/devices/demo/E-02")
    with page.expect_response(lambda answer: "metric=motor_temp_c" in answer.url) as answered:
        page.get_by_text("24 h", exact=True).click()
    drawn = answered.value.json()["items"]
    assert len(drawn) > 100
    assert all(item["low"] <= item["mean"] <= item["high"] for item in drawn)
    expect(page.get_by_role("row", name="Motor temperature 41.5 °C")).to_be_visible()
    expect(page.locator(".chart canvas")).to_be_visible()
    other = page.get_by_role("table", name="Other limits and severities").get_by_role("row").last
    for words in ("Motor temperature limit", "92 °C instead of 80 °C", "It runs hotter.", MANAGER):
        expect(other).to_contain_text(words)

    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Export CSV").click()
    lines = downloaded.value.path().read_text().splitlines()
    assert "motor_temp_c" in lines[0]
    assert len(lines) == 601


def test_what_is_raised_most_often_leads_to_its_device_and_its_alarms(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    for hours in (9, 7, 5):
        door = stage.raise_alarm("E-05", "door_held", ago=timedelta(hours=hours))
        stage.end_condition(door, ago=timedelta(hours=hours - 1))
    stage.raise_alarm("E-06", "door_held", ago=timedelta(days=3))
    page = sign_in(address)
    page.get_by_role("link", name="Reports").click()
    page.get_by_text("Raised most often", exact=True).first.click()
    rows = page.get_by_role("table", name="Raised most often").get_by_role("row")
    expect(rows).to_have_count(2)  # its head, and what was raised within a day
    page.get_by_text("30 d", exact=True).click()
    expect(rows).to_have_count(3)
    worst = rows.nth(1)
    expect(worst.get_by_role("cell").first).to_have_text("3")
    expect(worst.get_by_role("link", name="E-05")).to_have_attribute("href", "/devices/demo/E-05")

    worst.get_by_role("button", name="Alarms: 1").click()
    page.get_by_role("list", name="Alarms").get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text("E-05")
    expect(page.get_by_role("dialog")).to_contain_text("What to do")


def test_notices_are_filtered_before_they_are_paged(stage: Stage, address: str, sign_in: SignIn) -> None:
    with stage.act() as tx:
        tx.take(SITE)
        for number in range(240):
            channel = ("mail", "sms")[number % 2]
            tx.notices.add(notice(number, f"{SITE}/{channel}", channel=channel, alarm=None))
    page = sign_in(address)
    page.goto(f"{address}/notices")
    channels = page.get_by_role("list", name="Notices by channel")
    expect(channels).to_contain_text("sms 0 sent, 120 waiting")
    page.get_by_label("Channel", exact=True).click()
    page.locator(".ant-select-item-option").filter(has_text="sms").click()
    shown = page.get_by_role("table", name="Notices").get_by_role("row").filter(has_text="sms")
    expect(shown).to_have_count(100)  # a page of nothing else
    page.get_by_role("button", name="Show more").click()
    expect(shown).to_have_count(120)
    expect(page.get_by_role("table", name="Notices").get_by_role("row")).to_have_count(121)


def test_every_page_is_reached_on_a_phone_and_fits_it(stage: Stage, address: str, sign_in: SignIn) -> None:
    with stage.act() as tx:
        tx.take(SITE)
        tx.notices.add(notice(1, f"{SITE}/mail", channel="mail", alarm=None))
    page = sign_in(address, name=MANAGER, viewport=PHONE)
    page.get_by_role("button", name="More").click()
    further = page.get_by_role("navigation", name="Further pages").get_by_role("link")
    names = further.all_inner_texts()
    assert {"Rounds", "Duties", "Reports", "Notices", "System"} <= set(names)
    for name in names:
        further.filter(has_text=name).click()
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        expect(page.get_by_text("Loading")).to_have_count(0)
        sheet = page.locator(".page")
        assert sheet.evaluate("one => one.scrollWidth") <= PHONE["width"], name


def test_everything_changes_language_at_once_and_stays_so(stage: Stage, address: str, sign_in: SignIn) -> None:
    stage.raise_alarm("E-02", "overheat")
    page = sign_in(address)
    page.get_by_role("button", name="Chen Jie").click()
    page.get_by_text("简体中文").click()

    row = page.get_by_role("row").filter(has_text="E-02")
    expect(row).to_contain_text("未确认")
    expect(row).to_contain_text("1 号楼")
    page.reload()
    expect(page.get_by_role("link", name="工单", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
