"""Papers of work orders over HTTP: files by their content, cost, signature, notices, and jobs opened by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import ManualClock
from adapters.files import FolderOfFiles
from api.parts import ApiSettings
from domain.papers import MAX_FILE_BYTES, MOST_FILES, FileType, sniff
from domain.people import Role
from tests.api.property import START, Property, TestClient, new_ledger

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
PDF = b"%PDF-1.7\n" + b"x" * 200
QUOTA_BYTES = 16 * 1024 * 1024


@pytest.fixture
def property_(tmp_path: Path) -> Iterator[Property]:
    """The property, with a folder for files."""
    ledger = new_ledger(tmp_path)
    furnished = Property(
        ledger,
        ManualClock(START),
        files=FolderOfFiles(tmp_path / "files"),
        settings=ApiSettings(files_limit_bytes=QUOTA_BYTES),
    )
    furnished.furnish()
    yield furnished
    assert ledger.verify() == []
    ledger.close()


@pytest.fixture
def order(property_: Property) -> str:
    """The id of an urgent order."""
    return str(property_.raise_alarm("E-01").work_order)


def send(client: TestClient, order: str, content: bytes, name: str = "door lock.png") -> Any:
    return client.post(f"/api/v1/work-orders/{order}/attachments", params={"name": name}, content=content)


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def test_a_file_is_kept_and_comes_back_for_saving(operator: TestClient, order: str, tmp_path: Path) -> None:
    sent = send(operator, order, PNG, name="门锁")
    assert sent.status_code == 201, sent.text
    [shown] = operator.get(f"/api/v1/work-orders/{order}").json()["attachments"]
    assert shown == sent.json()
    assert (shown["name"], shown["type"], shown["size_bytes"]) == ("门锁", "image/png", len(PNG))
    assert [path.name for path in kept(tmp_path)] == [shown["digest"]]
    back = operator.get(f"/api/v1/work-orders/{order}/attachments/{shown['id']}")
    assert (back.status_code, back.content) == (200, PNG)
    assert back.headers["content-type"] == "image/png"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert back.headers["content-security-policy"] == "default-src 'none'; sandbox"
    disposition = back.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    assert disposition.endswith("%E9%97%A8%E9%94%81.png"), "its name ends as its content does"
    told = operator.get(f"/api/v1/work-orders/{order}").json()["timeline"][-1]
    assert (told["type"], told["data"]["digest"]) == ("workorder.attached", shown["digest"])


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>" + b" " * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00" + b"\x00" * 60,
        b"PK\x03\x04" + b"\x00" * 60,
        b"RIFF\x00\x00\x00\x00WAVE" + b"\x00" * 40,
        b"GIF89a" + b"\x00" * 40,
        b"\x89PN",
        b"",
    ],
    ids=["html", "svg", "exe", "zip", "wav", "gif", "cut off", "empty"],
)
def test_what_it_is_counts_and_not_what_it_is_called(
    operator: TestClient, order: str, content: bytes, tmp_path: Path
) -> None:
    answer = operator.post(
        f"/api/v1/work-orders/{order}/attachments",
        params={"name": "photo.png"},
        content=content,
        headers={"Content-Type": "image/png"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("head", "type_"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", FileType.JPEG),
        (PNG, FileType.PNG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", FileType.WEBP),
        (b"\x00\x00\x00\x18ftypheic", FileType.HEIC),
        (PDF, FileType.PDF),
        (b"\x00\x00\x00\x18ftypmp42", FileType.MP4),
        (b"\x00\x00\x00\x14ftypqt  ", FileType.QUICKTIME),
        (b"\x00\x00\x00\x18ftypM4A ", FileType.M4A),
        (b"ID3\x04\x00", FileType.MP3),
        (b"\xff\xfb\x90\x64", FileType.MP3),
        (b"\x00\x00\x00\x18ftypXXXX", None),
    ],
)
def test_every_type_is_known_by_its_first_bytes(head: bytes, type_: FileType | None) -> None:
    assert sniff(head) is type_


def test_a_file_is_too_large_as_soon_as_it_is(operator: TestClient, order: str, tmp_path: Path) -> None:
    at_most = PNG + b"\x00" * (MAX_FILE_BYTES - len(PNG))
    assert send(operator, order, at_most + b"x").status_code == 413

    def endless() -> Iterator[bytes]:
        yield PNG
        for _ in range(2 * MAX_FILE_BYTES // 65_536):
            yield b"\x00" * 65_536

    answer = operator.post(f"/api/v1/work-orders/{order}/attachments", params={"name": "film"}, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert kept(tmp_path) == []
    assert send(operator, order, at_most).status_code == 201
    assert send(operator, order, at_most[:-1]).json()["detail"].startswith("there is no room")


def test_the_same_file_twice_and_too_many_are_refused(property_: Property, operator: TestClient, order: str) -> None:
    assert send(operator, order, PNG).status_code == 201
    with property_.client(Role.MANAGER) as manager:
        again = send(manager, order, PNG)
    assert (again.status_code, again.json()["winner"]) == (409, "operator-all")
    for number in range(MOST_FILES - 1):
        assert send(operator, order, PNG + bytes([number])).status_code == 201
    assert send(operator, order, PNG + b"one more").status_code == 409


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b", "a\nb", "x" * 101, ""])
def test_a_name_is_never_a_path(operator: TestClient, order: str, name: str) -> None:
    assert send(operator, order, PNG, name=name).status_code == 422


def test_a_file_is_seen_by_whoever_may_see_its_order(property_: Property, operator: TestClient, order: str) -> None:
    hidden = str(property_.raise_alarm("E-01", site="annex").work_order)
    there = send(operator, hidden, PNG).json()["id"]
    here = send(operator, order, PDF).json()["id"]
    with property_.client(Role.OPERATOR, sites=("main",)) as caller:
        assert caller.get(f"/api/v1/work-orders/{order}/attachments/{here}").status_code == 200
        assert caller.get(f"/api/v1/work-orders/{hidden}/attachments/{there}").status_code == 404
        assert caller.get(f"/api/v1/work-orders/{order}/attachments/{there}").status_code == 404
        assert send(caller, hidden, PNG + b"2").status_code == 404
    with property_.client(Role.VIEWER) as viewer:
        assert viewer.get(f"/api/v1/work-orders/{order}/attachments/{here}").status_code == 200
        assert send(viewer, order, PNG).status_code == 403


def test_an_edited_row_of_a_file_is_found(property_: Property, operator: TestClient, order: str) -> None:
    digest = send(operator, order, PNG).json()["digest"]
    assert property_.files is not None
    assert property_.files.damages({digest}) == []
    property_.files.path(digest).write_bytes(b"another picture")
    assert len(property_.files.damages({digest})) == 1


def test_without_a_place_for_files_the_part_is_away(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    bare = Property(ledger, ManualClock(START))
    bare.furnish()
    order = str(bare.raise_alarm("E-01").work_order)
    with bare.client() as client:
        answer = send(client, order, PNG)
    assert (answer.status_code, answer.json()["part"]) == (503, "files")
    ledger.close()


def test_cost_signature_and_who_is_affected_stand_on_the_order(operator: TestClient, order: str) -> None:
    at = f"/api/v1/work-orders/{order}"
    assert operator.post(f"{at}/affected", json={"affected": False}).json()["people_affected"] is False
    early = operator.post(f"{at}/signature", json={"name": "Ms Chen"})
    assert early.status_code == 409
    for step in ("accept", "arrive", "fix"):
        operator.post(f"{at}/{step}").raise_for_status()
    cost = operator.post(f"{at}/cost", json={"amount": "1280.50", "note": "door motor"}).json()["cost"]
    assert cost == {"cents": 128050, "currency": "CNY", "note": "door motor"}
    picture = send(operator, order, PNG).json()["id"]
    assert operator.post(f"{at}/signature", json={"name": "Ms Chen", "attachment": "main-F99"}).status_code == 422
    signed = operator.post(f"{at}/signature", json={"name": "Ms Chen", "attachment": picture}).json()["signature"]
    assert (signed["name"], signed["attachment"], signed["taken_by"]) == ("Ms Chen", picture, "operator-all")
    story = [event["type"] for event in operator.get(at).json()["timeline"]]
    assert story[-3:] == ["workorder.cost_entered", "workorder.attached", "workorder.signed"]


@pytest.mark.parametrize("wrong", [{"amount": "-1"}, {"amount": "1.005"}, {"amount": "1", "currency": "yuan"}, {}])
def test_a_cost_that_cannot_be_is_refused(operator: TestClient, order: str, wrong: dict[str, str]) -> None:
    assert operator.post(f"/api/v1/work-orders/{order}/cost", json=wrong).status_code == 422


def test_a_notice_to_residents_is_written_and_marked_as_published(operator: TestClient, order: str) -> None:
    at = f"/api/v1/work-orders/{order}/residents-notice"
    text = {"en": "No lift\nuntil noon", "zh-Hans": "停运", "zh-Hant": "停運"}
    written = operator.put(at, json={"text": text, "version": 0}).json()["residents_notice"]
    assert (written["text"], written["version"], written["published_at"]) == (text, 1, None)
    late = operator.put(at, json={"text": text, "version": 0})
    assert (late.status_code, late.json()["winner"]) == (409, "operator-all")
    published = operator.post(f"{at}/published", json={"version": 1, "where": "lobby"}).json()["residents_notice"]
    assert (published["published_by"], published["published_where"]) == ("operator-all", "lobby")


def test_a_job_is_opened_without_an_alarm(operator: TestClient) -> None:
    body = {
        "site": "main",
        "template": "general",
        "severity": "general",
        "title": "Lamp out",
        "note": "told by a resident",
        "building": "B1",
        "zone": "lobby",
    }
    opened = operator.post("/api/v1/work-orders", json=body)
    assert opened.status_code == 201, opened.text
    assert (opened.json()["owner"], opened.json()["zone"]) == ("operator-all", "lobby")
    assert operator.post("/api/v1/work-orders", json=body | {"template": "x"}).status_code == 422
    assert operator.post("/api/v1/work-orders", json=body | {"zone": "roof"}).status_code == 422


def test_an_order_says_when_it_is_expected(property_: Property, manager: TestClient) -> None:
    at = f"/api/v1/work-orders/{property_.raise_alarm('E-02', rule='door_held').work_order}"
    assert manager.get(at).json()["expected_at"] == "2026-03-15T22:00:00Z", "38 hours after it was opened"
    promised = {"until": "2026-03-17T08:00:00Z", "told_whom": "Ms Chen"}
    told = manager.post(f"{at}/promise", json=promised).json()
    assert (told["expected_at"], told["promised_to"]) == ("2026-03-17T08:00:00Z", "Ms Chen")
    fix = next(clock for clock in told["clocks"] if clock["name"] == "fix")
    assert (fix["due_at"], fix["contract_due_at"]) == ("2026-03-17T08:00:00Z", "2026-03-15T22:00:00Z")


def test_an_order_names_the_stamps_that_it_takes(operator: TestClient, order: str) -> None:
    [form] = operator.get(f"/api/v1/work-orders/{order}").json()["stamp_forms"]
    assert (form["name"], form["title"]["en"]) == ("released", "Everybody is out")
