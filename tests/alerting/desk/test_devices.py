"""The registry at the desk: discovered, adopted, registered."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from alerting.desk import AdoptionDetails, Registration
from domain.assets import Adoption, Device
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.people import Actor, ActorType, Role
from domain.texts import text
from tests.alerting.desk.scene import IMPORT, LIFT, OPERATOR, SITE, Scene

ENGINEER = Actor(ActorType.PERSON, "he", Role.ENGINEER)
FOUND = Device(site="main", id="E-09", kind="elevator")
GATEWAY = Device(site="main", id="GW-1", kind="gateway", building="T1")


def adopt(scene: Scene, device: str = "E-09", actor: Actor = ENGINEER, **said: Any) -> Device:
    details = AdoptionDetails(**said)
    return scene.do(lambda tx: scene.desk.adopt(tx, "main", device, details=details, actor=actor), actor)


def register(scene: Scene, *devices: Device, **said: Any) -> Registration:
    return scene.do(lambda tx: scene.desk.register(tx, devices=devices, **{"actor": IMPORT, **said}), IMPORT)


def test_a_discovered_device_is_entered_once_and_adopted_with_its_place(scene: Scene) -> None:
    found = scene.do(lambda tx: scene.desk.discover(tx, FOUND))
    assert (found.adoption, found.first_seen) == (Adoption.DISCOVERED, scene.at)
    scene.pass_(hours=1)
    assert scene.do(lambda tx: scene.desk.discover(tx, FOUND)) == found
    register(scene, GATEWAY)
    name = text("Elevator E-09", "E-09 号电梯", "E-09 號電梯")
    adopted = adopt(scene, name=name, building="T1", zone="lobby", gateway="GW-1", limits={"rated_speed_mps": 1.0})
    assert (adopted.adoption, adopted.first_seen, adopted.zone) == (Adoption.REGISTERED, found.first_seen, "lobby")
    with pytest.raises(Conflict):
        adopt(scene)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"building": "T9"}, "building"),
        ({"building": "T1", "zone": "roof"}, "zone"),
        ({"zone": "lobby"}, "zone"),
        ({"gateway": "GW-9"}, "gateway"),
        ({"gateway": "E-03"}, "gateway"),
        ({"power_feed": "E-03"}, "power_feed"),
        ({"limits": {"rated_speed_mps": float("nan")}}, "limits"),
    ],
)
def test_a_device_is_not_adopted_into_a_place_that_does_not_exist(scene: Scene, said: Any, field: str) -> None:
    scene.do(lambda tx: scene.desk.discover(tx, FOUND))
    with pytest.raises(Invalid, match=f"^{field}:"):
        adopt(scene, **said)


def test_only_those_who_may_adopt_do(scene: Scene) -> None:
    scene.do(lambda tx: scene.desk.discover(tx, FOUND))
    with pytest.raises(NotAllowed):
        adopt(scene, actor=OPERATOR)
    with pytest.raises(NotFound):
        adopt(scene, device="E-77")


def test_registering_the_same_again_writes_nothing(scene: Scene) -> None:
    with scene.ledger.read() as rows:
        before = rows.events.head()
    unchanged = scene.do(lambda tx: scene.desk.register(tx, sites=[SITE], devices=[LIFT], actor=IMPORT))
    assert unchanged == Registration(sites=0, devices=0, unchanged=1)
    with scene.ledger.read() as rows:
        assert rows.events.head() == before


def test_registering_updates_adopts_and_keeps_when_a_device_was_first_heard(scene: Scene) -> None:
    found = scene.do(lambda tx: scene.desk.discover(tx, FOUND))
    done = register(scene, replace(FOUND, building="T1"), replace(LIFT, model="PT-2500"))
    assert done == Registration(sites=0, devices=2, unchanged=0)
    with scene.ledger.read() as rows:
        device = rows.devices.get("main", "E-09")
        assert rows.devices.get("main", "E-03").model == "PT-2500"
    assert (device.adoption, device.first_seen) == (Adoption.REGISTERED, found.first_seen)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(FOUND, building="T9"),
        replace(FOUND, site="elsewhere"),
        replace(FOUND, gateway="GW-9"),
    ],
)
def test_an_import_with_one_wrong_device_changes_nothing(scene: Scene, wrong: Device) -> None:
    with pytest.raises(Invalid):
        register(scene, GATEWAY, wrong)
    with scene.ledger.read() as rows:
        assert [device.id for device in rows.devices.every()] == ["E-03"]


def test_a_device_never_becomes_another_kind(scene: Scene) -> None:
    with pytest.raises(Conflict, match="elevator"):
        register(scene, replace(LIFT, kind="lighting"))


def test_devices_of_one_import_may_stand_behind_each_other(scene: Scene) -> None:
    assert register(scene, replace(FOUND, gateway="GW-1"), GATEWAY).devices == 2
