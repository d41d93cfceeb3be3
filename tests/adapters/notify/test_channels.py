"""Channels against real receivers: what is sent, how it is protected, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.clock import ManualClock
from adapters.notify.apprise_ import Apprise
from adapters.notify.email import Email, MailServer, MailTls
from adapters.notify.webhook import Webhook, WebhookForm
from alerting.letters import letter
from domain.callout import Callee
from domain.errors import ConfigError, NotifierUnavailable, Undeliverable
from domain.notices import Notice, Status
from domain.ports.notifier import Letter
from domain.rules import Severity
from domain.texts import Language, text
from tests.receivers import HttpReceiver, certificate, http_receiver, mail_sink
from tests.services import free_port

AT = datetime(2026, 3, 14, 1, 59, 26, tzinfo=UTC)
KEY = b"a key that both know"
LIN = Callee(name="lin", language=Language.ZH_HANS, contacts={"mail": "lin@example.com", "app": "8/6 Büro"})


def a_letter(person: Callee | None = None, **changes: Any) -> Letter:
    """An urgent life-safety notice."""
    notice = Notice(
        key="main-A1.1.0.1.hook",
        number=1,
        site="main",
        lane="main/hook",
        channel="hook",
        receivers=("lin",),
        what=text(
            "Elevator E-03, Tower 1: alarm button", "1 号楼 E-03 号电梯：报警按钮", "1 號樓 E-03 號電梯：警報按鈕"
        ),
        because=text("not acknowledged", "未确认", "未確認"),
        severity=Severity.URGENT,
        life_safety=True,
        status=Status.FIRING,
        made_at=AT,
        began_at=AT - timedelta(minutes=2),
        alarm="main-A1",
        rule="elevator.entrapment_call",
        device="E-03",
    )
    language = person.language if person is not None else Language.EN
    return letter(replace(notice, **changes), language=language, time_zone="Asia/Shanghai", person=person)


def webhook(receiver: HttpReceiver, **more: Any) -> Webhook:
    """A channel to the receiver."""
    return Webhook("hook", receiver.url, clock=ManualClock(AT), **more)


async def test_a_webhook_gets_a_signed_cloud_event_with_the_notices_key() -> None:
    with http_receiver() as receiver:
        await webhook(receiver, key=KEY).send(a_letter())
    (got,) = receiver.got
    assert got.path == "/hook?from=tests"
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    signed = f"{got.headers['webhook-id']}.{int(AT.timestamp())}.".encode() + got.raw
    expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert (got.body["specversion"], got.body["id"], got.body["type"]) == ("1.0", "main-A1.1.0.1.hook", "notice.firing")
    assert got.body["data"]["text"]["zh-Hans"] == "1 号楼 E-03 号电梯：报警按钮"


@pytest.mark.parametrize(("status", "ends"), [(Status.FIRING, "0001-01-01T00:00:00+00:00"), (Status.RESOLVED, AT)])
async def test_the_form_of_alertmanager_opens_and_resolves_one_alert(status: Status, ends: object) -> None:
    with http_receiver() as receiver:
        await webhook(receiver, form=WebhookForm.ALERTMANAGER).send(a_letter(status=status))
    body = receiver.got[0].body
    (alert,) = body["alerts"]
    assert (body["version"], body["status"], alert["status"]) == ("4", status, status)
    assert alert["labels"]["alertname"] == "elevator.entrapment_call"
    assert alert["labels"] == body["commonLabels"]
    assert alert["endsAt"] == (ends.isoformat() if isinstance(ends, datetime) else ends)
    assert "webhook-signature" not in receiver.got[0].headers


@pytest.mark.parametrize("status", [301, 401, 404, 408, 429, 500, 503])
async def test_an_answer_that_may_change_is_worth_another_try(status: int) -> None:
    with http_receiver() as receiver:
        receiver.status = status
        with pytest.raises(NotifierUnavailable, match=str(status)):
            await webhook(receiver).send(a_letter())
    assert len(receiver.got) == 1, "a redirect is not followed"


@pytest.mark.parametrize(("status", "gone"), [(400, False), (413, False), (422, False), (410, True)])
async def test_an_answer_that_is_final_says_whether_the_receiver_is_gone(status: int, gone: bool) -> None:
    with http_receiver() as receiver:
        receiver.status = status
        with pytest.raises(Undeliverable) as refusal:
            await webhook(receiver).send(a_letter())
    assert refusal.value.gone is gone


async def test_a_receiver_that_hangs_or_is_not_there_is_bounded_in_time() -> None:
    with http_receiver() as receiver:
        receiver.hang = threading.Event()
        with pytest.raises(NotifierUnavailable):
            await webhook(receiver, limit=timedelta(milliseconds=50)).send(a_letter())
    with pytest.raises(NotifierUnavailable):
        await Webhook("hook", f"http://127.0.0.1:{free_port()}/", clock=ManualClock(AT)).send(a_letter())


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    with http_receiver(tls=context) as receiver:
        url = f"https://localhost:{receiver.port}/"
        with pytest.raises(NotifierUnavailable, match="SSLCertVerificationError"):
            await Webhook("hook", url, clock=ManualClock(AT)).send(a_letter())
        assert receiver.got == []
        await Webhook("hook", url, ca=ca, clock=ManualClock(AT)).send(a_letter())
        assert len(receiver.got) == 1


async def test_mail_goes_by_starttls_in_the_readers_language_and_time(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    with mail_sink(tls=context) as sink:
        server = MailServer(
            host="localhost", port=sink.port, sender="wk@example.com", username="wk", password="secret", ca=ca
        )
        await Email("mail", server).send(a_letter(LIN))
        untrusted = MailServer(host="localhost", port=sink.port, sender="wk@example.com")
        with pytest.raises(NotifierUnavailable, match="SSLCertVerificationError"):
            await Email("mail", untrusted).send(a_letter(LIN))
    (message,) = sink.got
    assert sink.secured
    assert len(sink.logins) == 1
    assert message["To"] == "lin@example.com"
    assert message["Subject"] == "[人身安全 · 紧急] 1 号楼 E-03 号电梯：报警按钮"
    assert message["Message-ID"] == "<main-A1.1.0.1.hook@watchkeeper.invalid>"
    assert "开始时间：2026-03-14 09:57:26（Asia/Shanghai）" in message.get_content()


async def test_nothing_that_a_device_or_person_wrote_becomes_a_header() -> None:
    evil = text("fault\r\nBcc: all@example.com", "故障\r\nBcc: all@example.com", "故障\r\nBcc: all@example.com")
    with mail_sink() as sink:
        server = MailServer(host="127.0.0.1", port=sink.port, sender="wk@example.com", tls=MailTls.NONE)
        await Email("mail", server).send(a_letter(LIN, what=evil))
        with pytest.raises(Undeliverable, match="not an address"):
            await Email("mail", server).send(a_letter(replace(LIN, contacts={"mail": "lin@example.com\nBcc: x"})))
    assert [message["Bcc"] for message in sink.got] == [None]


@pytest.mark.parametrize(
    ("verb", "answer", "final"),
    [
        ("RCPT", "550 no such user", True),
        ("DATA", "554 no", True),
        ("RCPT", "452 full", False),
        ("MAIL", "421 busy", False),
        ("AUTH", "535 wrong password", False),
    ],
)
async def test_a_mail_server_that_refuses_for_good_is_told_from_one_that_may_take_it(
    verb: str, answer: str, final: bool
) -> None:
    with mail_sink() as sink:
        sink.refuse[verb] = answer
        server = MailServer(
            host="127.0.0.1", port=sink.port, sender="wk@example.com", tls=MailTls.NONE, username="wk", password="p"
        )
        with pytest.raises(Undeliverable if final else NotifierUnavailable):
            await Email("mail", server).send(a_letter(LIN))


async def test_apprise_reaches_a_service_with_the_persons_contact_in_the_address() -> None:
    with http_receiver() as receiver:
        receiver.status = 200
        address = f"json://127.0.0.1:{receiver.port}/{{contact}}?"
        await Apprise("app", address.removesuffix("?")).send(a_letter(LIN))
        receiver.status = 500
        with pytest.raises(NotifierUnavailable):
            await Apprise("app", address.removesuffix("?")).send(a_letter(LIN))
    assert "8%2F6" in receiver.got[0].path
    assert receiver.got[0].body["title"].startswith("[人身安全")


def test_an_address_that_apprise_cannot_read_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError) as refusal:
        Apprise("app", "nosuchservice://token-that-is-secret")
    assert "secret" not in str(refusal.value)
