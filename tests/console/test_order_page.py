"""The page of one work order: moments of a rescue, its files, the notice to residents, in every language."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

from alerting.signals import Activation
from domain.assets import Subject, SubjectType
from tests.console.conftest import SignIn
from tests.console.staging import SITE, Stage

PHONE = ViewportSize(width=390, height=844)


def picture(side: int = 64) -> bytes:
    """A green PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\x00" + b"\x30\x80\x50" * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def outage(stage: Stage) -> str:
    """The order of a building without a working elevator."""
    building = next(iter(stage.site.buildings)).id
    rule = next(one for one in stage.parts.rules if one.id == "elevator.no_service")
    with stage.act() as tx:
        subject = Subject(SubjectType.BUILDING, building)
        alarm = stage.parts.desk.activate(tx, Activation(site=SITE, subject=subject, rule=rule, at=tx.at, why={}))
    return str(alarm.work_order)


def choose_language(page: Page, name: str) -> None:
    page.get_by_role("button", name="Chen Jie").click()
    page.get_by_text(name, exact=True).last.click()  # the notice can be read in each as well
    page.keyboard.press("Escape")


def test_the_moments_of_a_rescue_are_noted_with_one_press_each(stage: Stage, address: str, sign_in: SignIn) -> None:
    order = str(stage.raise_alarm("E-02", "entrapment_call").work_order)
    page = sign_in(address, viewport=PHONE)
    page.goto(f"{address}/orders/{order}")
    page.get_by_role("button", name="Note: Spoken to whoever is inside").click()
    page.get_by_role("button", name="Note: Everybody is out").click()
    led_to = page.get_by_role("link", name="WO-").last
    expect(page.get_by_text("Led to", exact=True).first).to_be_visible()
    with stage.ledger.read() as rows:
        rescue = rows.orders.get(order)
        inspection = rows.orders.get(rescue.led_to[0])
        assert rows.measures.running()[0].order == inspection.id
    assert set(rescue.stamps) == {"call", "released"}
    expect(led_to).to_have_text(inspection.number)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_file_is_added_seen_and_saved(stage: Stage, address: str, sign_in: SignIn, tmp_path: Path) -> None:
    order = str(stage.raise_alarm("E-02", "overheat").work_order)
    photo = tmp_path / "motor.png"
    photo.write_bytes(picture())
    page = sign_in(address)
    page.goto(f"{address}/orders/{order}")
    page.get_by_label("Add a file").set_input_files(photo)
    shown = page.get_by_role("link", name="motor.png")
    expect(shown).to_be_visible()
    expect(shown.locator("img")).to_have_js_property("naturalWidth", 64)
    with page.expect_download() as downloaded:
        shown.click()
    assert downloaded.value.suggested_filename == "motor.png"
    assert downloaded.value.path().read_bytes() == picture()

    (tmp_path / "page.png").write_text("<html><script>alert(1)</script>" + " " * 40)
    page.get_by_label("Add a file").set_input_files(tmp_path / "page.png")
    expect(page.get_by_role("alert").filter(has_text="nothing that an order takes")).to_be_visible()


def test_a_notice_to_residents_is_read_edited_and_published_in_each_language(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    order = outage(stage)
    page = sign_in(address)
    page.goto(f"{address}/orders/{order}")
    expect(page.get_by_text("Draft, not published")).to_be_visible()
    expect(page.get_by_text("Dear residents")).to_be_visible()
    page.get_by_role("button", name="Nobody", exact=True).click()
    expect(page.get_by_role("button", name="Nobody", exact=True)).to_have_attribute("aria-pressed", "true")
    with stage.ledger.read() as rows:
        assert rows.orders.get(order).people_affected is False
    page.get_by_role("button", name="Edit the notice").click()
    page.get_by_role("dialog").get_by_label("English").fill("No elevator until noon.")
    page.get_by_role("dialog").get_by_role("button", name="Edit the notice").click()
    expect(page.get_by_text("No elevator until noon.")).to_be_visible()
    page.get_by_role("button", name="Mark as published").click()
    page.get_by_role("dialog").get_by_label("Where?").fill("lobby board")
    page.get_by_role("dialog").get_by_role("button", name="Mark as published").click()
    expect(page.get_by_text("Published by chen")).to_contain_text("lobby board")
    for language, words in (("简体中文", "住户通知"), ("繁體中文", "住戶通知")):
        choose_language(page, language)
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        expect(page.get_by_text("Published by")).not_to_be_visible()


def test_a_job_that_no_alarm_asks_for_is_opened(stage: Stage, address: str, sign_in: SignIn) -> None:
    page = sign_in(address)
    page.get_by_role("link", name="Work orders", exact=True).click()
    page.get_by_role("button", name="Open a work order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Job").fill("Lamp in the lobby is out")
    dialog.get_by_label("Note").fill("told by a resident")
    dialog.get_by_role("button", name="Open a work order").click()
    expect(page.get_by_role("heading", name="Lamp in the lobby is out")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("told by a resident")
    expect(page.get_by_text("Tell how it stands").first).to_be_visible()
