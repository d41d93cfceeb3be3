"""Accounts made and used, and what a manager reads: the journal, reports, the system."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import expect

from tests.console.conftest import SignIn
from tests.console.staging import ADMIN, MANAGER, OPERATOR, PASSWORD, Stage

PATIENCE_MS = 15_000


def test_an_account_is_made_used_and_its_password_changed(stage: Stage, address: str, sign_in: SignIn) -> None:
    page = sign_in(address, name=ADMIN)
    page.goto(f"{address}/accounts")
    page.get_by_role("button", name="New account").click()
    form = page.get_by_role("dialog", name="New account")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill("sun")
    form.get_by_label("Full name").fill("Sun Yi")
    form.get_by_label("Password").fill("short")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name="sun Sun Yi")).to_contain_text("Operator")

    theirs = sign_in(address, name="sun")
    expect(theirs.get_by_role("heading", level=1)).to_be_visible()
    theirs.get_by_role("button", name="Sun Yi").click()
    theirs.get_by_role("button", name="Change password").click()
    own = theirs.get_by_role("dialog", name="Change your password")
    own.get_by_label("Present password").fill(PASSWORD)
    own.get_by_label("New password", exact=True).fill("a better horse battery")
    own.get_by_label("New password again").fill("another horse battery")
    own.get_by_role("button", name="Change").click()
    expect(own.get_by_text("The two are not the same.")).to_be_visible()
    own.get_by_label("New password again").fill("a better horse battery")
    own.get_by_role("button", name="Change").click()
    expect(theirs.get_by_text("Your password is changed.")).to_be_visible()

    page.get_by_role("row", name="sun Sun Yi").get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("tooltip").get_by_role("button", name="Sign out everywhere").click()
    expect(theirs.get_by_role("button", name="Sign in")).to_be_visible(timeout=PATIENCE_MS)
    answers = [
        httpx.post(f"{address}/api/v1/session", json={"name": "sun", "password": password}).status_code
        for password in (PASSWORD, "a better horse battery")
    ]
    assert answers == [401, 200]


def test_a_token_is_shown_once_works_and_is_revoked(stage: Stage, address: str, sign_in: SignIn) -> None:
    page = sign_in(address, name=ADMIN)
    page.goto(f"{address}/accounts")
    page.get_by_text("Programs", exact=True).click()
    page.get_by_role("button", name="New token").click()
    form = page.get_by_role("dialog", name="New token")
    form.get_by_label("What it is for").fill("energy report")
    form.get_by_role("button", name="Create").click()
    token = form.get_by_label("Token").input_value()
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{address}/api/v1/alarms", headers=bearer).status_code == 200
    form.get_by_role("button", name="I have kept it").click()

    row = page.get_by_role("row", name="energy report")
    expect(row).to_contain_text("Good")
    assert token not in page.content()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("tooltip").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")
    assert httpx.get(f"{address}/api/v1/alarms", headers=bearer).status_code == 401


def test_a_manager_reads_the_journal_and_takes_a_report_along(
    stage: Stage, address: str, sign_in: SignIn, tmp_path: Path
) -> None:
    alarm = stage.raise_alarm("E-02", "overheat")
    stage.acknowledge(alarm, by=OPERATOR)
    page = sign_in(address, name=MANAGER)
    page.goto(f"{address}/journal")
    journal = page.get_by_role("table", name="Journal")
    expect(journal.get_by_role("row").nth(1)).to_contain_text("Acknowledged")
    expect(journal.get_by_role("row").nth(1)).to_contain_text(OPERATOR)
    page.get_by_label("Account name").fill(OPERATOR)
    page.keyboard.press("Enter")
    expect(journal.get_by_role("row")).to_have_count(2)  # the head, and what that person did

    page.get_by_role("link", name="Reports").click()
    report = page.get_by_role("region", name="Alarms", exact=True)
    expect(report.get_by_role("table", name="Alarms by severity")).to_contain_text("Important")
    with page.expect_download() as downloaded:
        report.get_by_role("button", name="Export CSV").click()
    lines = downloaded.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "rule,title,severity,raised,occurrences,subjects"
    assert lines[1].startswith("elevator.overheat,")


def test_the_system_page_names_the_part_that_is_not_ready(stage: Stage, address: str, sign_in: SignIn) -> None:
    page = sign_in(address)
    page.goto(f"{address}/system")
    parts = page.get_by_role("table", name="Parts")
    expect(parts.get_by_role("row", name="Alerting")).to_contain_text("Not ready")  # nobody watches yet
    expect(parts.get_by_role("row", name="Ledger")).to_contain_text("Ready")
    expect(page.get_by_role("button", name="Read the files again")).to_have_count(0)  # an operator may not
    with stage.watched():
        expect(parts.get_by_role("row", name="Alerting")).not_to_contain_text("Not ready", timeout=PATIENCE_MS)
