"""Shelving, tests and devices out of service, as people do them in a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from alerting.desk import PlannedTest
from alerting.maintenance import Maintenance
from domain.maintenance import MaintenanceWindow
from domain.people import Actor, ActorType, Role
from domain.standing import Standing
from tests.console.conftest import SignIn
from tests.console.staging import MANAGER, OPERATOR, SITE, Stage

PATIENCE_MS = 15_000


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a field by typing it."""
    field = page.get_by_label(label, exact=True)
    field.click()
    field.fill(option)
    page.locator(".ant-select-item-option").filter(has_text=option).first.click()


def test_an_alarm_is_put_aside_and_taken_back_and_never_lost_from_sight(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    alarm = stage.raise_alarm("E-02", "door_held")
    stage.raise_alarm("E-03", "entrapment_call")
    page = sign_in(address)
    page.get_by_role("region", name="Life safety").get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text("What to do")
    expect(page.get_by_role("button", name="Shelve")).to_have_count(0)  # life-safety never leaves the list

    page.goto(f"{address}/alarms/{alarm.id}")
    page.get_by_role("button", name="Shelve", exact=True).click()
    form = page.get_by_role("dialog", name="Shelve this alarm")
    expect(form.get_by_label("Reason")).to_be_focused()

    form.get_by_role("button", name="Shelve").click()
    expect(form).to_contain_text("This is needed.")  # a reason must be given
    form.get_by_label("Reason").fill("Door contact on order.")
    form.get_by_text("8 h", exact=True).click()
    form.get_by_role("button", name="Shelve").click()

    strip = page.get_by_role("region", name="Tests and hidden alarms")
    strip.get_by_role("link", name="1 shelved").click()
    shelves = page.get_by_role("table", name="Shelves")
    expect(shelves.get_by_role("row", name=re.compile("E-02"))).to_contain_text("Door contact on order.")
    with stage.ledger.read() as rows:
        hidden = rows.alarms.get(alarm.id)
    assert hidden.standing is Standing.SHELVED
    assert hidden.standing_until is not None
    assert hidden.standing_until - stage.now() < timedelta(hours=8)

    shelves.get_by_role("button", name="Unshelve").click()
    expect(page.get_by_text("Nothing is shelved.")).to_be_visible(timeout=PATIENCE_MS)
    expect(strip).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("link", name="Alarms").first.click()
    expect(page.get_by_role("row", name=re.compile("E-02"))).to_contain_text("Unacknowledged")


def test_two_people_test_devices_under_a_banner_that_everybody_sees_until_it_ends(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    page, other = sign_in(address), sign_in(address, name=MANAGER)
    page.goto(f"{address}/hidden/test")
    page.get_by_role("button", name="Begin a test").click()
    form = page.get_by_role("dialog", name="Begin a test")
    choose(page, "Which devices", "SD-01")
    form.get_by_text("Two people stand for it.").click()  # closes the list of devices
    choose(page, "Second person", "Lin Mei")
    form.get_by_label("Reason").fill("Monthly fire test")
    form.get_by_text("4 h", exact=True).click()
    form.get_by_role("button", name="Begin", exact=True).click()

    strip = other.get_by_role("region", name="Tests and hidden alarms")
    expect(strip).to_contain_text("Monthly fire test", timeout=PATIENCE_MS)
    expect(strip).to_contain_text(f"{OPERATOR} + {MANAGER}")
    stage.raise_alarm("SD-02", "fire")  # the next one is not under test
    expect(other.get_by_role("region", name="Life safety")).to_contain_text("SD-02")
    with stage.ledger.read() as rows:
        (test,) = rows.measures.running()
    assert (test.devices, test.second) == ({"SD-01"}, MANAGER)

    strip.get_by_role("button", name="End test").click()
    over = other.get_by_role("dialog", name="End this test")
    over.get_by_label("What came of the test?").fill("All sounded.")
    over.get_by_role("button", name="End test").click()
    expect(page.get_by_text("Monthly fire test")).to_have_count(0, timeout=PATIENCE_MS)
    with stage.ledger.read() as rows:
        assert rows.measures.running() == []


def test_a_device_goes_out_of_service_by_authority_and_stands_on_the_return_list(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    page = sign_in(address)
    page.goto(f"{address}/devices/{SITE}/E-08")
    page.get_by_role("heading", name="E-08").wait_for()
    expect(page.get_by_role("button", name="Take out of service")).to_have_count(0)  # an operator may not

    page = sign_in(address, name=MANAGER)
    page.goto(f"{address}/devices/{SITE}/E-08")
    page.get_by_role("button", name="Take out of service").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Reason").fill("Rope replacement")
    form.get_by_label("Expected back").fill(f"{stage.now() + timedelta(days=3):%Y-%m-%dT%H:%M}")
    form.get_by_role("button", name="Take out of service").click()
    page.get_by_role("link", name="devices out of service: 1").click()

    listed = page.get_by_role("table", name="Return list")
    expect(listed).to_contain_text("Rope replacement")
    listed.get_by_role("button", name="Return to service").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Who looked at it, and what was done?").fill("Inspected, released.")
    form.get_by_role("button", name="Return to service").click()
    expect(page.get_by_text("Every device is in service.")).to_be_visible(timeout=PATIENCE_MS)


def test_a_maintenance_window_is_seen_while_it_is_on_and_ended_early(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    here = stage.now().astimezone(ZoneInfo(stage.site.time_zone))
    begins, ends = here - timedelta(hours=1), here + timedelta(hours=2)
    hours = f"{begins:%H:%M}", f"{ends:%H:%M}"
    window = MaintenanceWindow(
        name="ropes", site=SITE, reason="Ropes", authority=MANAGER, begins=hours[0], ends=hours[1], devices=("E-08",)
    )
    stage.parts.desk.windows = (window,)
    stage.raise_alarm("E-08", "door_held")
    with stage.act() as tx:
        assert Maintenance(stage.parts.desk).look(tx, tx.at) == 1
    page = sign_in(address, name=MANAGER)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Maintenance", exact=True).click()

    coming = page.get_by_role("table", name="Windows").get_by_role("row", name="ropes")
    expect(coming).to_contain_text(f"{begins + timedelta(days=1):%Y-%m-%d} {hours[0]}")  # on the clock of the site
    expect(coming).to_contain_text("devices: 1")
    on = page.get_by_role("table", name="On now")
    expect(on).to_contain_text(f"{ends:%Y-%m-%d %H:%M}")
    expect(on).to_contain_text("alarms: 1")
    on.get_by_role("button", name="End window").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Who looked at it, and what was done?").fill("Done early.")
    form.get_by_role("button", name="End window").click()
    expect(page.get_by_text("No maintenance window is on.")).to_be_visible(timeout=PATIENCE_MS)
    with stage.ledger.read() as rows:
        assert rows.measures.running() == []


def test_the_further_pages_open_by_keyboard_in_the_flow_of_the_page(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    chen, lin = Actor(ActorType.PERSON, OPERATOR, Role.OPERATOR), MANAGER
    with stage.act(by=chen) as tx:
        wanted = PlannedTest(
            site=SITE,
            until=tx.at + timedelta(hours=1),
            reason="Panel",
            second=lin,
            devices=frozenset({"SD-01"}),
        )
        stage.parts.desk.begin_test(tx, wanted, actor=chen)
    stage.raise_alarm("E-03", "entrapment_call")
    page = sign_in(address)
    band = page.get_by_role("region", name="Life safety")
    expect(band).to_contain_text("E-03")
    more = page.get_by_role("button", name="More")
    more.focus()
    page.keyboard.press("Enter")
    further = page.get_by_role("navigation", name="Further pages")
    expect(further.get_by_role("link", name="Accounts")).to_have_count(0)  # that is for administrators
    box, row = band.bounding_box(), further.bounding_box()
    assert box is not None
    assert row is not None
    assert row["y"] + row["height"] <= box["y"] + 1  # it pushes the band down and covers nothing of it
    further.get_by_role("link", name="Notices").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    expect(more).to_have_attribute("aria-expanded", "true")
