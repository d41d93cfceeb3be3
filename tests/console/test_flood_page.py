"""A flood of alarms on screen: told at once, read in groups, acknowledged by the group, life safety apart."""

from __future__ import annotations

import re

from msgspec.structs import replace
from playwright.sync_api import expect

from domain.alarms import AlarmState
from domain.standing import Standing
from tests.console.conftest import SignIn
from tests.console.staging import Stage
from tests.contracts.ledger_values import put_alarm

PATIENCE_MS = 15_000
DETECTORS = [f"SD-{number:02}" for number in range(1, 11)]  # of the first tower


def test_a_flood_is_told_read_in_groups_and_acknowledged_by_the_group(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    page = sign_in(address)
    expect(page.get_by_text("Nothing is abnormal.")).to_be_visible()
    faults = [stage.raise_alarm(device, "fault") for device in DETECTORS]
    other = stage.raise_alarm("SD-11", "fault")
    fire = stage.raise_alarm("SD-12", "fire")

    expect(page.get_by_text("More alarms than one can read.")).to_be_visible(timeout=PATIENCE_MS)
    groups = page.get_by_role("list", name="In groups").locator("> li")
    expect(groups).to_have_count(2)
    tower = groups.filter(has_text="10 alarms")
    expect(tower).to_contain_text("10 unseen")
    pinned = page.get_by_role("grid", name="Alarms").get_by_role("row")
    expect(pinned).to_have_count(2)  # its head, and the fire
    expect(pinned.last).to_contain_text("SD-12")

    tower.get_by_role("button", name="Acknowledge 10").click()
    expect(tower.get_by_text("0 unseen", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    with stage.ledger.read() as ledger:
        assert {ledger.alarms.get(alarm.id).state for alarm in faults} == {AlarmState.ACKNOWLEDGED}
        assert ledger.alarms.get(other.id).state is AlarmState.UNACKNOWLEDGED
        assert ledger.alarms.get(fire.id).state is AlarmState.UNACKNOWLEDGED

    page.get_by_role("checkbox", name="In groups").uncheck()
    expect(page.get_by_role("grid", name="Alarms").get_by_role("row", name=re.compile("SD-"))).to_have_count(12)


def test_a_cause_is_read_with_what_it_hides_and_acknowledged_alone(stage: Stage, address: str, sign_in: SignIn) -> None:
    cause = stage.raise_alarm("GW-01", "silent")
    effects = [stage.raise_alarm(device, "silent") for device in DETECTORS[:3]]
    with stage.act() as tx:
        for effect in effects:
            put_alarm(tx, replace(effect, standing=Standing.SUPPRESSED, standing_by=cause.id))
    page = sign_in(address)
    page.get_by_role("checkbox", name="In groups").check()
    group = page.get_by_role("list", name="In groups").locator("> li").filter(has_text="GW-01")
    expect(group).to_contain_text("hides 3")
    group.locator("summary").click()
    expect(group).to_contain_text("Hidden because of this")
    expect(group.get_by_role("link", name=re.compile("SD-0[123]"))).to_have_count(3)

    group.get_by_role("button", name="Acknowledge 1").click()
    expect(group.get_by_role("button")).to_have_count(0, timeout=PATIENCE_MS)
    with stage.ledger.read() as ledger:
        assert ledger.alarms.get(cause.id).state is AlarmState.ACKNOWLEDGED
        assert ledger.alarms.get(effects[0].id).state is AlarmState.UNACKNOWLEDGED
    group.get_by_role("link", name="SD-01").click()
    expect(page.get_by_role("dialog")).to_contain_text("SD-01")
