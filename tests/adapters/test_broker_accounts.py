"""Accounts of the broker: grants from the registry, kept passwords, and that Mosquitto enforces them."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from adapters.broker.credentials import (
    SERVICE_GRANTS,
    Credential,
    Grant,
    client_id_of,
    commissioning_grant,
    device_grants,
    keep_credentials,
)
from adapters.broker.embedded import write_embedded_config
from adapters.broker.mosquitto import write_mosquitto_files
from domain.assets import Device
from domain.errors import BrokerUnavailable, ConfigError
from tests.broker_fixtures import GRANTS, Broker, publisher, session, until
from tests.services import require

DEVICES = (
    Device(site="main", id="E-01", kind="elevator", gateway="G-1"),
    Device(site="main", id="G-1", kind="gateway"),
    Device(site="annex", id="E-01", kind="elevator", gateway="G-1"),
)


def test_a_device_may_publish_its_own_names_and_a_gateway_those_behind_it_on_its_site() -> None:
    assert {grant.username: grant.publish for grant in device_grants(DEVICES)} == {
        "main.E-01": ("wk/v1/main/elevator/E-01/#",),
        "main.G-1": ("wk/v1/main/gateway/G-1/#", "wk/v1/main/elevator/E-01/#"),
        "annex.E-01": ("wk/v1/annex/elevator/E-01/#",),
    }
    assert all(grant.subscribe == () for grant in device_grants(DEVICES))


@pytest.mark.parametrize(
    "bad",
    [
        Credential(username="main.E-01\nuser wk-ingest", password="p"),
        Credential(username="a:b", password="p"),
        Credential(username="", password="p"),
        Credential(username="main.E-01", password='p"\nuser = "q'),
        Credential(username="main.E-01", password="p", publish=("wk/v1/main\ntopic #",)),
    ],
)
def test_an_account_that_could_mean_something_else_in_a_brokers_file_is_not_written(
    bad: Credential, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"password|can hold"):
        write_mosquitto_files(tmp_path, port=1, credentials=(bad,))
    with pytest.raises(ValueError, match=r"password|can hold"):
        write_embedded_config(tmp_path, port=1, inner_port=2, credentials=(bad,))
    assert list(tmp_path.iterdir()) == []


def test_passwords_stay_the_same_over_starts_and_new_accounts_get_their_own(tmp_path: Path) -> None:
    file = tmp_path / "broker.json"
    first = keep_credentials(file, GRANTS)
    second = keep_credentials(file, (commissioning_grant("main"), *GRANTS))
    assert second[1:] == first
    assert len({credential.password for credential in second}) == len(second)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(credential.password in repr(credential) for credential in second)


def test_a_password_file_that_cannot_be_read_stops_the_start_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "broker.json"
    file.write_text("{")
    with pytest.raises(ConfigError, match=r"broker\.json.*Put back a copy"):
        keep_credentials(file, GRANTS)


def test_a_client_id_is_the_same_again_and_not_to_be_guessed_from_the_name() -> None:
    credential = Credential(username="wk-alerting", password="one")
    assert client_id_of(credential, "main") == client_id_of(credential, "main")
    assert client_id_of(credential, "main").startswith("wk-alerting-main-")
    assert client_id_of(credential) != client_id_of(Credential(username="wk-alerting", password="two"))


def test_the_files_of_mosquitto_are_for_their_owner_alone(mosquitto: Broker) -> None:
    for name in ("mosquitto.conf", "passwords", "access"):
        assert stat.S_IMODE((mosquitto.folder / name).stat().st_mode) == 0o600


def _publish(broker: Broker, username: str, password: str, topic: str) -> int:
    account = ["-u", username, "-P", password]
    command = [require("mosquitto_pub"), "-p", str(broker.port), "-q", "1", *account, "-t", topic, "-m", "{}"]
    return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode


def test_a_device_signs_in_with_its_own_password_alone(mosquitto: Broker) -> None:
    topic = "wk/v1/main/elevator/E-01/event"
    assert _publish(mosquitto, "main.E-01", mosquitto.password("main.E-01"), topic) == 0
    assert _publish(mosquitto, "main.E-01", mosquitto.password("wk-ingest"), topic) != 0


async def test_a_message_that_its_account_may_not_publish_reaches_nobody(mosquitto: Broker) -> None:
    async with session(mosquitto) as inbox, publisher(mosquitto) as other:
        async with session(mosquitto, "main.E-01", filters=()) as device:
            await device.publish("wk/v1/main/elevator/E-01/event", b"own")
            with pytest.raises(BrokerUnavailable, match="refused the publication"):
                await device.publish("wk/v1/main/elevator/E-02/event", b"forged")
        await other.publish("wk/v1/main/elevator/E-02/event", b"real")
        await until(lambda: inbox.backlog == 2)
        assert [message.payload for message in (await inbox.take(10)).messages] == [b"own", b"real"]


async def test_accounts_are_read_again_without_losing_a_connection(mosquitto: Broker) -> None:
    newcomer = Grant(username="main.E-02", publish=("wk/v1/main/elevator/E-02/#",))
    narrowed = Grant(username="wk-simulator", publish=("wk/v1/main/lighting/#",))
    async with publisher(mosquitto) as out:
        await out.publish("wk/v1/main/elevator/E-01/event", b"still allowed")
        mosquitto.set_accounts((newcomer, narrowed))
        async with session(mosquitto, "main.E-02", filters=()) as device:  # retries until the broker has read
            await device.publish("wk/v1/main/elevator/E-02/event", b"new")
        await out.publish("wk/v1/main/lighting/L-01/event", b"allowed")
        assert out.counters.reconnects == 0
        with pytest.raises(BrokerUnavailable, match="refused the publication"):
            await out.publish("wk/v1/main/elevator/E-01/event", b"not any more")


async def test_a_session_outlives_the_broker_and_says_once_that_it_is_away(mosquitto: Broker) -> None:
    topic = "wk/v1/main/elevator/E-01/event"
    async with session(mosquitto) as inbox:
        async with publisher(mosquitto) as out:
            await out.publish(topic, b"before")
            taken = await inbox.take(1)
            mosquitto.stop()
            await until(lambda: not inbox.connected)
            assert inbox.connected_since_ms is None
            mosquitto.start()
            await until(lambda: inbox.connected and out.connected)
            taken.settle()
            await out.publish(topic, b"after")
        received = []
        while len(received) < 2:
            batch = await inbox.take(10)
            received += [message.payload for message in batch.messages]
            batch.settle()
        assert received == [b"before", b"after"]


def test_our_simulators_cannot_pretend_to_be_a_real_sites_device() -> None:
    simulator = next(grant for grant in SERVICE_GRANTS if grant.username == "wk-simulator")
    assert simulator.publish == ("wk/v1/demo/#", "wk-simulators/v1/#")
    readers = [grant for grant in SERVICE_GRANTS if grant is not simulator]
    assert not any(topic.startswith("wk/v1/") for grant in readers for topic in grant.publish)
