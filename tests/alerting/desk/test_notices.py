"""Notices against real receivers that fail, hang, come back and go away, over simulated days."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.broker.credentials import NOTICES, SERVICE_GRANTS, Grant
from adapters.notify.email import Email, MailServer, MailTls
from adapters.notify.mqtt import Mqtt
from adapters.notify.webhook import Webhook
from alerting.notices import UNDELIVERABLE
from domain.alarms import Alarm, AlarmState
from domain.notices import LEASE, NoticeState
from domain.ports.notifier import Letter
from tests.alerting.desk.calling_scene import CallingScene
from tests.alerting.desk.scene import CALL, STOPPED, Scene
from tests.broker_fixtures import Broker, mosquitto, session, until
from tests.receivers import MailSink, http_receiver, mail_sink
from tests.services import free_port

__all__ = ["mosquitto"]


@pytest.fixture
def calls(scene: Scene) -> CallingScene:
    """The scene with people to call."""
    return CallingScene(scene)


@pytest.fixture
def sink() -> Iterator[MailSink]:
    """A mail server that takes everything."""
    with mail_sink() as running:
        yield running


def hook(calls: CallingScene, port: int, limit: timedelta = timedelta(seconds=10)) -> Webhook:
    """The shared channel."""
    return Webhook("hook", f"http://127.0.0.1:{port}/hook", key=b"k", clock=calls, limit=limit)


def mail(sink: MailSink) -> Email:
    """The personal channel."""
    return Email("mail", MailServer(host="127.0.0.1", port=sink.port, sender="wk@example.com", tls=MailTls.NONE))


def raise_and_call(calls: CallingScene, count: int) -> None:
    """So many notices on the shared channel, each of an alarm of its own."""
    for _ in range(count):
        calls.scene.activate(STOPPED, f"E-{len(shared(calls)) + 10}")
        calls.pass_and_climb(minutes=10)


def system_alarm(calls: CallingScene) -> Alarm | None:
    """The newest alarm about the channel, open or over."""
    with calls.scene.ledger.read() as rows:
        found = [alarm for alarm in rows.alarms.open_on("main") if alarm.rule == UNDELIVERABLE.id]
    return found[0] if found else None


def shared(calls: CallingScene) -> list[str]:
    """The keys of the shared channel's notices about devices, in the order in which they were made."""
    return [notice.key for notice in calls.notices() if notice.channel == "hook" and notice.rule != UNDELIVERABLE.id]


async def test_people_are_told_by_mail_and_by_a_hook_and_both_are_on_the_timeline(
    calls: CallingScene, sink: MailSink
) -> None:
    alarm = calls.scene.activate(CALL)
    calls.pass_and_climb(minutes=5)
    with http_receiver() as receiver:
        courier = calls.courier({"hook": hook(calls, receiver.port), "mail": mail(sink)})
        await courier.deliver()
        assert await courier.deliver() == 0, "what was sent is not due again"
        await courier.close()
    assert sorted(message["To"] for message in sink.got) == ["desk@firm.example", "wu@example.com"]
    (told,) = [one.body["data"] for one in receiver.got]
    assert (told["receivers"], told["whom"]["zh-Hans"]) == (["zhao"], "经理")
    assert calls.scene.types(alarm=alarm.id).count("notice.sent") == 3
    assert {notice.state for notice in calls.notices()} == {NoticeState.SENT}


async def test_a_hook_that_is_down_for_a_day_gets_everything_in_order_and_meanwhile_it_is_an_alarm(
    calls: CallingScene, sink: MailSink
) -> None:
    port = free_port()
    courier = calls.courier({"hook": hook(calls, port), "mail": mail(sink)})
    for _ in range(8):
        raise_and_call(calls, 1)
        calls.scene.pass_(hours=2, minutes=50)
        await courier.deliver()
    alarm = system_alarm(calls)
    assert alarm is not None
    assert (alarm.subject.id, alarm.state) == ("channel-hook", AlarmState.UNACKNOWLEDGED)
    calls.scene.acknowledge(alarm)
    expected = shared(calls)
    assert len(expected) == 8
    with http_receiver(port) as receiver:
        calls.scene.pass_(minutes=10)
        while await courier.deliver():
            calls.climb()
        assert [key for key in receiver.keys if key in expected] == expected
        assert len(set(receiver.keys)) == len(receiver.keys)
    after = calls.scene.alarm(alarm.id)
    assert after.state is AlarmState.NORMAL, "it delivers again, and somebody had seen it"
    await courier.close()


async def test_one_that_answers_gone_is_given_up_with_all_that_waits_and_that_is_an_alarm(
    calls: CallingScene, sink: MailSink
) -> None:
    raise_and_call(calls, 4)
    with http_receiver() as receiver:
        receiver.status = 410
        courier = calls.courier({"hook": hook(calls, receiver.port), "mail": mail(sink)})
        await courier.deliver()
        assert len(receiver.got) == 1
        assert {notice.state for notice in calls.notices() if notice.channel == "hook"} == {NoticeState.FAILED}
        alarm = system_alarm(calls)
        assert alarm is not None
        assert calls.scene.timeline(alarm=alarm.id)[0].data["why"]["given_up"] is True
        assert len(sink.got) == len([one for one in calls.notices() if one.channel == "mail"]), "others go on"
        await courier.close()


async def test_a_notice_that_is_refused_for_good_does_not_hold_up_the_next(calls: CallingScene) -> None:
    raise_and_call(calls, 3)
    with http_receiver() as receiver:
        receiver.status = 422
        courier = calls.courier({"hook": hook(calls, receiver.port)})
        await courier.deliver()
        assert receiver.keys == shared(calls)
        await courier.close()


async def test_a_notice_that_cannot_be_sent_within_its_time_is_given_up(calls: CallingScene) -> None:
    raise_and_call(calls, 1)
    courier = calls.courier({"hook": hook(calls, free_port())})
    tries = 0
    while calls.notices()[0].state is NoticeState.WAITING:
        await courier.deliver()
        calls.scene.pass_(hours=1)
        tries += 1
    notice = calls.notices()[0]
    assert (notice.state, tries, notice.tries) == (NoticeState.FAILED, 27, 27)
    assert calls.scene.types(alarm=notice.alarm)[-1] == "notice.failed"
    assert system_alarm(calls) is not None
    await courier.close()


async def test_a_receiver_that_hangs_holds_up_no_other_channel_and_no_judging(
    calls: CallingScene, sink: MailSink
) -> None:
    calls.scene.activate(CALL)
    calls.pass_and_climb(minutes=5)
    with http_receiver() as receiver:
        receiver.hang = threading.Event()
        courier = calls.courier({"hook": hook(calls, receiver.port), "mail": mail(sink)})
        delivering = asyncio.create_task(courier.deliver())
        await asyncio.to_thread(receiver.arrived.wait)
        await until(lambda: len(sink.got) == 2)
        calls.scene.activate(STOPPED, "E-11")  # the ledger is free, and so is whoever judges
        assert not delivering.done()
        receiver.hang.set()
        await delivering
        assert calls.notices()[-1].state is NoticeState.SENT
        await courier.close()


async def test_killed_while_sending_the_same_key_comes_again_from_another_process_and_nothing_is_lost(
    calls: CallingScene,
) -> None:
    raise_and_call(calls, 3)
    with http_receiver() as receiver:
        receiver.hang = threading.Event()
        killed = calls.courier({"hook": hook(calls, receiver.port)})
        delivering = asyncio.create_task(killed.deliver())
        await asyncio.to_thread(receiver.arrived.wait)
        delivering.cancel()
        await killed.close()
        receiver.hang.set()
        other = calls.courier({"hook": hook(calls, receiver.port)})
        assert await other.deliver() == 0, "they are leased to the one that died"
        calls.scene.at += LEASE
        while await other.deliver():
            pass
        keys = shared(calls)
        assert receiver.keys == [keys[0], *keys]
        await other.close()


async def test_two_couriers_at_once_send_each_notice_once(calls: CallingScene) -> None:
    raise_and_call(calls, 5)
    with http_receiver() as receiver:
        both = [calls.courier({"hook": hook(calls, receiver.port)}) for _ in range(2)]
        await asyncio.gather(*(courier.deliver() for courier in both))
        while any([await courier.deliver() for courier in both]):
            pass
        assert receiver.keys == shared(calls)
        for courier in both:
            await courier.close()


async def test_a_channel_with_a_mistake_in_it_or_that_is_gone_from_config_loses_nothing_silently(
    calls: CallingScene,
) -> None:
    class Mistaken:
        async def send(self, letter: Letter) -> None:
            raise ZeroDivisionError

        def close(self) -> None:
            """Nothing to close."""

    raise_and_call(calls, 1)
    courier = calls.courier({"hook": Mistaken()})
    await courier.deliver()
    assert calls.notices()[0].last_error == "unexpected: ZeroDivisionError"
    await courier.close()
    calls.scene.pass_(minutes=1)
    without = calls.courier({})
    await without.deliver()
    assert calls.notices()[0].state is NoticeState.FAILED
    assert system_alarm(calls) is not None
    await without.close()


async def test_an_alarm_about_a_channel_calls_by_it_without_calling_itself_for_ever(calls: CallingScene) -> None:
    raise_and_call(calls, 1)
    with http_receiver() as receiver:
        receiver.status = 410
        courier = calls.courier({"hook": hook(calls, receiver.port)})
        for _ in range(50):
            await courier.deliver()
            calls.pass_and_climb(minutes=5)
        alarm = system_alarm(calls)
        assert alarm is not None
        assert alarm.occurrences == 1
        assert len(receiver.got) <= 4
        await courier.close()


async def test_a_panel_hears_of_it_by_mqtt_with_our_own_account(calls: CallingScene, mosquitto: Broker) -> None:
    mosquitto.set_accounts([*SERVICE_GRANTS, Grant(username="panel", subscribe=(NOTICES,))])
    raise_and_call(calls, 1)
    async with (
        session(mosquitto, "panel", filters=(NOTICES,)) as listener,
        session(mosquitto, "wk-alerting", filters=()) as sender,
    ):
        courier = calls.courier({"hook": Mqtt("panel", sender)})
        await courier.deliver()
        batch = await listener.take(1)
        assert batch.messages[0].topic == "wk-notices/v1/main/panel"
        assert json.loads(batch.messages[0].payload)["id"] == shared(calls)[0]
        await courier.close()
