"""Clients that mean no good: refused or contained by the broker that `run` makes and by the shipped configuration."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from adapters.broker.address import BrokerAddress
from adapters.broker.credentials import SERVICE_GRANTS, Credential, device_grants, keep_credentials
from adapters.broker.mosquitto import mosquitto_command, write_accounts, write_mosquitto_files
from adapters.broker.session import MqttSession
from domain.assets import Device
from domain.errors import BrokerUnavailable
from domain.instants import to_ms
from tests.acceptance.hostile import (
    CONNECT_HEADER,
    PUBLISH_HEADER,
    answer_to,
    client,
    payloads,
    send_giant,
    sign_in_packet,
)
from tests.acceptance.machine import cli, eventually, running
from tests.acceptance.property import DEMO_PROPERTY, exported
from tests.certificates import Authority, Certificate
from tests.services import REPOSITORY, free_port, require

LIFT = "wk/v1/main/elevator/E-01/telemetry"
OTHER = "wk/v1/main/elevator/E-02/telemetry"


class Certified:
    """Authorities and the certificates of one run."""

    def __init__(self, folder: Path) -> None:
        self.ours, self.theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        self.broker = self.ours.issue("localhost")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    require("openssl")
    return Certified(tmp_path_factory.mktemp("certificates"))


class Guarded:
    """A Mosquitto with two doors: an inner one for passwords, an outer one for certificates."""

    def __init__(self, folder: Path, certified: Certified, process: psutil.Popen, ports: tuple[int, int]) -> None:
        self.folder, self.certified, self.process = folder, certified, process
        self.inner_port, self.outer_port = ports
        self.credentials: tuple[Credential, ...] = ()

    def password(self, username: str) -> str:
        return next(each.password for each in self.credentials if each.username == username)

    def inner(self, username: str | None, password: str | None = None) -> BrokerAddress:
        """Through the door for passwords, with the right one unless another is given."""
        if username is not None and password is None:
            password = self.password(username)
        return BrokerAddress(host="localhost", port=self.inner_port, username=username, password=password)

    def outer(self, proof: Certificate | None, username: str | None = None) -> BrokerAddress:
        """Through the door for certificates, perhaps with an account's password too."""
        return BrokerAddress(
            host="localhost",
            port=self.outer_port,
            username=username,
            password=username and self.password(username),
            ca=self.certified.ours.file,
            certificate=proof and proof.chain,
            key=proof and proof.key,
        )


def generated(folder: Path, certified: Certified, ports: tuple[int, int], accounts: tuple[Credential, ...]) -> Path:
    """What `run` writes."""
    return write_mosquitto_files(
        folder,
        port=ports[1],
        credentials=accounts,
        certificate=certified.broker,
        device_ca=certified.ours.file,
        inner_port=ports[0],
    )


def shipped(folder: Path, certified: Certified, ports: tuple[int, int], accounts: tuple[Credential, ...]) -> Path:
    """config/mosquitto.conf with its hashes taken away, and this machine's places for the container's."""
    text = (REPOSITORY / "config" / "mosquitto.conf").read_text()
    for line in (
        "listener 8883",
        "certfile",
        "keyfile",
        "tls_version",
        "cafile",
        "require_certificate",
        "use_identity",
    ):
        assert text.count(f"\n#{line}") == 1
        text = text.replace(f"\n#{line}", f"\n{line}")
    places = {
        "listener 1883": f"listener {ports[0]} 127.0.0.1",
        "listener 8883": f"listener {ports[1]} 127.0.0.1",
        "/mosquitto/accounts": str(folder),
        "/mosquitto/data": str(folder),
        "/mosquitto/tls/chain.pem": str(certified.broker.chain),
        "/mosquitto/tls/key.pem": str(certified.broker.key),
        "/mosquitto/tls/devices-ca.pem": str(certified.ours.file),
    }
    for container, here in places.items():
        text = text.replace(container, here)
    write_accounts(folder, accounts)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"{text}user root\n")
    return configuration


@pytest.fixture(params=[generated, shipped], ids=["generated", "shipped"], scope="module")
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certified: Certified
) -> Iterator[Guarded]:
    """Each configuration in turn, with the accounts of two elevators and of our services."""
    folder = tmp_path_factory.mktemp("broker")
    devices = [Device(site="main", id=name, kind="elevator") for name in ("E-01", "E-02")]
    accounts = keep_credentials(folder / "secrets.json", (*SERVICE_GRANTS, *device_grants(devices)))
    ports = (free_port(), free_port())
    configuration = request.param(folder, certified, ports, accounts)
    with (folder / "broker.log").open("wb") as log:
        process = psutil.Popen(mosquitto_command(Path(require("mosquitto")), configuration), stderr=log)
    made = Guarded(folder, certified, process, ports)
    made.credentials = accounts
    try:
        eventually(lambda: all(port in {c.laddr.port for c in process.net_connections()} for port in ports))
        yield made
    finally:
        process.terminate()
        process.wait(timeout=60)


async def test_another_s_name_opens_nothing_without_its_password(guarded: Guarded) -> None:
    stolen = guarded.password("main.E-02")
    for username, password in (("main.E-01", stolen), ("main.E-01", ""), ("wk-alerting", stolen), (None, None)):
        with pytest.raises(BrokerUnavailable, match="refused the login"):
            async with client(guarded.inner(username, password)):
                pass
    async with client(guarded.inner("main.E-01")) as honest:
        assert await answer_to(honest, LIFT) == ""


async def test_a_certificate_opens_only_what_its_own_name_may_and_a_bad_one_nothing(guarded: Guarded) -> None:
    certified = guarded.certified
    async with client(guarded.outer(certified.ours.issue("main.E-01"))) as honest:
        assert await answer_to(honest, LIFT) == ""
        assert "not authorized" in await answer_to(honest, OTHER)
    async with client(guarded.outer(certified.ours.issue("main.E-01"), "main.E-02")) as impostor:
        assert "not authorized" in await answer_to(impostor, OTHER)
    bad = (
        guarded.outer(None),
        guarded.outer(None, "main.E-02"),
        guarded.outer(certified.theirs.issue("main.E-01")),
        guarded.outer(certified.ours.issue("main.E-01", days=-1)),
    )
    for address in bad:
        with pytest.raises(BrokerUnavailable):
            async with client(address):
                pass
    log = guarded.folder / "broker.log"  # told there, a moment later; not of those that were gone before it looked
    await asyncio.to_thread(eventually, lambda: "SSL routines" in log.read_text())


async def test_whoever_listens_hears_nothing_and_takes_nothing_away(guarded: Guarded) -> None:
    everything = ("#", "wk/v1/#", "$SYS/#", "wk-events/v1/#", "$share/wk-ingest/wk/v1/#")
    async with (
        client(guarded.inner("wk-ingest"), "$share/a-group-that-nobody-guesses/wk/v1/#") as ingest,
        client(guarded.inner("wk-alerting")) as alerting,
        client(guarded.inner("main.E-02"), *everything) as nosy,
        client(guarded.inner("main.E-01")) as honest,
    ):
        for number in range(10):
            await honest.publish(LIFT, b"%d" % number)
        await alerting.publish("wk-events/v1/main/alarm.raised", b"{}")
        assert await payloads(ingest, 10) == [b"%d" % number for number in range(10)]
        assert await nosy.answers()
        assert nosy.counters.received == 0


NOT_OURS = (
    OTHER,
    "wk/v1/main/smoke_detector/SD-01/event",
    "wk/v2/main/elevator/E-01/telemetry",
    "wk-events/v1/main/alarm.raised",
    "wk-notices/v1/main",
    "wk-simulators/v1/demo",
    f"$share/wk-ingest/{LIFT}",
    "$SYS/broker/uptime",
    "$CONTROL/dynamic-security/v1",
)


async def test_what_is_published_under_another_name_reaches_nobody(guarded: Guarded) -> None:
    async with (
        client(guarded.inner("wk-ingest"), "wk/v1/#") as ingest,
        client(guarded.inner("wk-api"), "wk-events/v1/#") as api,
        client(guarded.inner("main.E-01")) as device,
    ):
        answers = {topic: await answer_to(device, topic) for topic in NOT_OURS}
        assert {topic for topic, answer in answers.items() if "not authorized" in answer} == set(NOT_OURS)
        assert device.counters.reconnects == 0  # a gateway goes on speaking for its other devices
        await device.publish(LIFT, b"honest")
        assert await payloads(ingest, 1) == [b"honest"]
        assert await api.answers()
        assert (ingest.counters.received, api.counters.received) == (1, 0)


async def test_a_packet_of_256_mib_is_cut_off_before_it_costs_memory(guarded: Guarded) -> None:
    before = guarded.process.memory_info().rss
    signed_in = sign_in_packet("main.E-01", guarded.password("main.E-01"))
    for beginning, header in ((signed_in, PUBLISH_HEADER), (b"", CONNECT_HEADER)):
        for _ in range(5):
            sent = send_giant(guarded.inner_port, beginning, header)
            assert sent < 16 * 1024 * 1024  # what the sockets between us hold
    async with client(guarded.inner("main.E-01")) as honest:
        assert await answer_to(honest, LIFT, bytes(2 * 1024 * 1024)) == ""
    assert guarded.process.memory_info().rss < before + 16 * 1024 * 1024


async def answered(device: MqttSession, how: str) -> None:
    """Wait until the broker, which says nothing of a reload, answers a message so."""
    async with asyncio.timeout(15):
        while True:
            answer = await answer_to(device, LIFT)
            if how in answer if how else not answer:
                return
            await asyncio.sleep(0.05)


async def test_an_account_that_is_taken_away_stops_at_once_also_by_certificate(guarded: Guarded) -> None:
    def tell(credentials: Sequence[Credential]) -> None:
        write_accounts(guarded.folder, credentials)
        guarded.process.send_signal(signal.SIGHUP)

    async with client(guarded.outer(guarded.certified.ours.issue("main.E-01"))) as device:
        assert await answer_to(device, LIFT) == ""
        try:
            tell([each for each in guarded.credentials if each.username != "main.E-01"])
            await answered(device, "not authorized")
        finally:
            tell(guarded.credentials)
        await answered(device, "")


def test_the_shipped_configuration_has_the_limits_of_the_generated_one(tmp_path: Path) -> None:
    written = write_mosquitto_files(tmp_path / "broker", port=1, credentials=())
    limits = (
        "max_queued",
        "max_inflight",
        "max_packet",
        "persistent_client",
        "allow_anonymous",
        "persistence ",
        "autosave_i",
    )

    def of(file: Path) -> set[str]:
        return {line for line in file.read_text().splitlines() if line.startswith(limits)}

    assert of(REPOSITORY / "config" / "mosquitto.conf") == of(written)
    assert len(of(written)) == 8


READINGS, NONSENSE = 6_000, 600
PRESSED = b'{"values": {"alarm_button": true, "door": "closed"}}'


async def flood(device: MqttSession, topic: str, messages: Sequence[bytes]) -> None:
    """As fast as the broker takes them, and again what it took no word of when it cut the flood off."""
    await asyncio.gather(*(insist(device, topic, payload) for payload in messages))


async def insist(device: MqttSession, topic: str, payload: bytes) -> None:
    while True:
        try:
            return await device.publish(topic, payload)
        except BrokerUnavailable:
            await asyncio.sleep(0.1)


@pytest.mark.timeout(600)
async def test_a_mob_holds_up_nobody_and_costs_little(data: Path, certified: Certified) -> None:
    """A flood, forgeries, an eavesdropper, giants and a thief together; one elevator presses its button meanwhile."""
    require("mosquitto")
    cli("import", str(DEMO_PROPERTY), "--data", str(data))
    tls = ("--mqtt-certificate", str(certified.broker.chain), "--mqtt-key", str(certified.broker.key))
    with running(data, *tls, "--mqtt-device-ca", str(certified.ours.file)) as machine:

        def address(name: str) -> BrokerAddress:
            proof = certified.ours.issue(f"demo.{name}")
            ca = certified.ours.file
            return BrokerAddress(
                host="localhost", port=machine.mqtt_port, ca=ca, certificate=proof.chain, key=proof.key
            )

        parts = [machine.process_of(*words) for words in (["ingest"], ["alerting"], [require("mosquitto")])]
        before = [part.memory_info().rss for part in parts]
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        start_ms = to_ms(start)
        true = [b'{"ts": %d, "values": {"load_pct": 5}}' % (start_ms + number) for number in range(READINGS)]
        bad = [b"nonsense %d" % number + bytes(8192) for number in range(NONSENSE)]
        async with (
            client(address("E-01")) as flooding,
            client(address("E-02"), "#", "$share/wk-ingest/wk/v1/#") as nosy,
            client(address("E-03")) as honest,
        ):
            mob = [
                asyncio.create_task(flood(flooding, "wk/v1/demo/elevator/E-01/telemetry", true)),
                asyncio.create_task(flood(flooding, "wk/v1/demo/elevator/E-01/event", bad)),
                asyncio.create_task(refused(nosy, "wk/v1/demo/elevator/E-03/event", b'{"values": {"fault_code": 7}}')),
                asyncio.create_task(asyncio.to_thread(giants, machine.mqtt_port)),
            ]
            await honest.publish(
                "wk/v1/demo/elevator/E-03/event", b'{"values": {"alarm_button": true, "door": "closed"}}'
            )
            [alarm] = await asyncio.to_thread(
                eventually, lambda: machine.items("/api/v1/alarms?state=open&device=E-03"), within=120
            )
            assert alarm["rule"] == "elevator.entrapment_call"
            await asyncio.gather(*mob)
            assert nosy.counters.received == 0
        total = eventually(lambda: (t := machine.api("GET", "/api/v1/quarantine").json()["total"]) >= NONSENSE and t)
        assert total == NONSENSE
        end = start + timedelta(milliseconds=READINGS)
        assert (
            eventually(lambda: len(rows := exported(machine, "E-01", start, end)) >= READINGS and len(rows)) == READINGS
        )
        assert len(exported(machine, "E-03", start, datetime.now(UTC))) == 1, "a forged reading was stored"
        grown = [part.memory_info().rss - then for part, then in zip(parts, before, strict=True)]
        assert all(bytes_ < 192 * 1024 * 1024 for bytes_ in grown), grown
        eventually(lambda: machine.ready()["ready"])


async def refused(nosy: MqttSession, topic: str, payload: bytes) -> None:
    for _ in range(200):
        assert "not authorized" in await answer_to(nosy, topic, payload)


def giants(port: int) -> None:
    """Through the door for certificates nobody gets as far as a packet."""
    for _ in range(10):
        assert send_giant(port, b"", CONNECT_HEADER) < 16 * 1024 * 1024
