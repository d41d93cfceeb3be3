"""What an operator sees and does, in a real browser over a real API."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from api.app import create_app
from domain.alarms import AlarmState
from tests.api.serving import served
from tests.console.conftest import SignIn
from tests.console.staging import MANAGER, OPERATOR, Stage

PATIENCE_MS = 15_000


def test_a_life_safety_alarm_appears_by_itself_and_stays_in_sight_on_every_page(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    page = sign_in(address)
    expect(page.get_by_text("Nothing is abnormal.")).to_be_visible()

    stage.raise_alarm("E-03", "entrapment_call")

    band = page.get_by_role("region", name="Life safety")
    expect(band).to_contain_text("E-03")
    title, line = band.get_by_role("heading").bounding_box(), band.get_by_role("listitem").bounding_box()
    assert title is not None
    assert line is not None
    assert abs(title["height"] - line["height"]) < 1  # one line alone fills the band
    expect(page.get_by_role("row", name=re.compile("E-03"))).to_contain_text("Unacknowledged")
    expect(page.get_by_text(re.compile("^Life safety alarm: "))).to_have_count(1)  # told to screen readers

    page.get_by_role("link", name="Devices").click()
    page.get_by_role("link", name="E-08").wait_for()
    page.locator("main").evaluate("page => page.scrollTo(0, page.scrollHeight)")
    expect(band).to_be_in_viewport(ratio=1)


def test_keys_select_and_acknowledge_and_everybody_sees_who_did(stage: Stage, address: str, sign_in: SignIn) -> None:
    hydrant = stage.raise_alarm("HY-01", "low")
    elevator = stage.raise_alarm("E-02", "overheat")
    page = sign_in(address)
    rows = page.get_by_role("grid", name="Alarms").get_by_role("row")
    expect(rows).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr[aria-selected=true]")).to_contain_text("HY-01")
    page.keyboard.press("a")
    expect(page.locator("tr[aria-selected=true]")).to_contain_text("Acknowledged", timeout=PATIENCE_MS)

    with stage.ledger.read() as ledger:
        assert ledger.alarms.get(hydrant.id).acknowledged_by == OPERATOR
        assert ledger.alarms.get(elevator.id).state is AlarmState.UNACKNOWLEDGED
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"Acknowledged {OPERATOR}")


def test_the_slower_of_two_is_told_who_was_faster(stage: Stage, address: str, sign_in: SignIn) -> None:
    alarm = stage.raise_alarm("E-02", "overheat")
    page = sign_in(address, deaf=True)
    button = page.get_by_role("button", name="Acknowledge")
    button.wait_for()

    stage.acknowledge(alarm, by=MANAGER)
    button.click()

    expect(page.get_by_role("alert").filter(has_text="Not acknowledged")).to_contain_text(MANAGER)
    expect(page.get_by_role("row", name=re.compile("E-02"))).to_contain_text("Acknowledged")


def test_a_lost_link_is_never_passed_off_as_live(stage: Stage, sign_in: SignIn) -> None:
    with served(create_app(stage.parts)) as address:
        page = sign_in(address)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        expect(page.get_by_text("Link lost")).to_have_count(0)

    expect(page.get_by_text("Live", exact=True)).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_text("Link lost")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text(re.compile(r"as of \d\d:\d\d:\d\d"))).to_be_visible()


def test_it_says_that_nobody_is_watching_until_somebody_does(stage: Stage, address: str, sign_in: SignIn) -> None:
    page = sign_in(address)
    expect(page.get_by_text("Nobody is watching.")).to_be_visible()
    stage.beat()
    expect(page.get_by_text("Nobody is watching.")).to_have_count(0, timeout=PATIENCE_MS)


def test_sound_is_off_until_asked_for_and_silence_lasts_only_until_the_next_alarm(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    stage.raise_alarm("E-02", "overheat")
    page = sign_in(address)
    page.get_by_role("button", name="Enable sound").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.get_by_role("button", name="Silence").click()
    expect(page.get_by_role("button", name="Silence")).to_have_count(0)

    stage.raise_alarm("E-07", "stopped")
    expect(page.get_by_role("button", name="Silence")).to_be_visible()
