"""Reload: everything that config says is followed without a restart, and a mistake leaves what was there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.ledger import SqlLedger
from alerting.desk import Desk
from alerting.notices import Courier
from alerting.revisions import Revised, current_number, revision_of
from devices.registry import kinds
from domain.errors import ConfigError
from domain.notices import NoticeState
from domain.people import Actor, ActorType, Role
from domain.workorders import ClockName
from tests.alerting.desk.calling_scene import CallingScene
from tests.alerting.desk.scene import STOPPED, Scene, open_in
from tests.receivers import http_receiver
from tests.services import REPOSITORY
from watchkeeper.cli import app
from watchkeeper.composition import put_in_force
from watchkeeper.config_files import load_config
from watchkeeper.notifiers import Notifiers

EDITOR = Actor(ActorType.PROGRAM, "reload", Role.ADMIN)

PEOPLE = """
fallback = "shift_leader"

[[person]]
name = "{name}"
full_name = "{name}"

[[position]]
name = "shift_leader"
title = {{ en = "shift leader", zh-Hans = "当班班长", zh-Hant = "當班班長" }}
people = ["{name}"]
"""
POSITIONS = "".join(
    f'\n[[position]]\nname = "{name}"\ntitle = {{ en = "{name}", zh-Hans = "岗位", zh-Hant = "崗位" }}\n'
    for name in ("duty_manager", "manager", "elevator_firm")
)
HOOK = """
[[channel]]
name = "message"
type = "webhook"
title = { en = "hook", zh-Hans = "接口", zh-Hant = "介面" }
"""

WINDOW = """
[[window]]
name = "monthly"
site = "main"
reason = "maintenance"
authority = "manager"
from = "09:00"
to = "11:30"
kind = "elevator"
"""


class Folder:
    """A config folder that somebody edits, and the ledger that it is put in force in."""

    def __init__(self, path: Path, ledger: SqlLedger) -> None:
        self.path, self.ledger = path, ledger
        shutil.copytree(REPOSITORY / "config", path)

    def write(self, *, person: str = "lin", port: int) -> None:
        """Who is called, and where."""
        (self.path / "people.toml").write_text(PEOPLE.format(name=person) + POSITIONS, encoding="utf-8")
        hook = f'{HOOK}url = "http://127.0.0.1:{port}/hook"\n'
        (self.path / "channels.toml").write_text(hook, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """One change in one file."""
        file = self.path / name
        words = file.read_text(encoding="utf-8")
        assert old in words
        file.write_text(words.replace(old, new, 1), encoding="utf-8")

    def reload(self) -> Revised:
        """As the command does."""
        return put_in_force(self.ledger, load_config(self.path, kinds()), EDITOR)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The desk's small property."""
    ledger = open_in(tmp_path)
    scene = Scene(ledger)
    scene.furnish()
    yield scene
    ledger.close()


@pytest.fixture
def folder(tmp_path: Path, scene: Scene) -> Folder:
    return Folder(tmp_path / "config", scene.ledger)


def test_the_shipped_config_again_is_no_new_revision(folder: Folder) -> None:
    first = folder.reload()
    assert {"template fire", "policy entrapment", "position manager", "channel message"} <= set(
        first.changes.arrangements
    )
    again = folder.reload()
    assert (again.revision.number, bool(again.changes)) == (1, False)


def test_what_changed_is_named_and_nothing_else(folder: Folder) -> None:
    folder.reload()
    folder.edit("fault_codes.toml", 'code = "60", group = "runs"', 'code = "60", group = "stops"')
    folder.edit("escalation.toml", 'after = "2m", whom = "shift_leader"', 'after = "3m", whom = "shift_leader"')
    folder.edit("people.toml", 'name = "manager"', 'name = "manager"\npeople = []')
    changed = folder.reload().changes
    assert changed.changed == ("elevator.fault", "elevator.no_service", "elevator.stopped")
    assert changed.arrangements == ("policy urgent",)
    folder.edit("duties.toml", "every = { days = 15 }", "every = { days = 10 }")
    with (folder.path / "maintenance.toml").open("a", encoding="utf-8") as file:
        file.write(WINDOW)
    changed = folder.reload().changes
    assert changed.arrangements == ("duty elevator_maintenance", "maintenance window main/monthly")
    assert changed.changed == ()


async def test_people_channels_and_policies_are_followed_without_a_restart(folder: Folder, scene: Scene) -> None:
    with http_receiver() as first, http_receiver() as second:
        folder.write(port=first.port)
        folder.reload()
        calls = CallingScene(scene)
        scene.desk = Desk({template.name: template for template in scene.desk.templates})
        follow(scene)
        configuration = load_config(folder.path, kinds())
        notifiers = Notifiers(configuration.channels, publisher=None, clock=calls)  # type: ignore[arg-type]
        courier = Courier(scene.ledger, scene.desk, notifiers, calls)
        scene.activate(STOPPED)
        calls.pass_and_climb(minutes=2)
        await courier.deliver()
        assert [one.body["data"]["receivers"] for one in first.got] == [["lin"]]
        folder.write(person="wu", port=second.port)
        assert folder.reload().changes.arrangements == (
            "channel message", "person lin", "person wu", "position shift_leader",
        )  # fmt: skip
        follow(scene)
        scene.activate(STOPPED, "E-11")
        calls.pass_and_climb(minutes=8)
        await courier.deliver()
        assert {tuple(one.body["data"]["receivers"]) for one in second.got} == {("wu",)}
        assert len(first.got) == 1
        assert {notice.state for notice in calls.notices()} == {NoticeState.SENT}
        await courier.close()


def test_the_next_order_has_the_new_promises_and_an_open_one_keeps_its_own(folder: Folder, scene: Scene) -> None:
    folder.reload()
    follow(scene)
    before = scene.activate(STOPPED)
    folder.edit("orders.toml", 'clock = "respond", within = "15m"', 'clock = "respond", within = "7m"')
    assert folder.reload().changes.arrangements == ("template urgent",)
    follow(scene)
    after = scene.activate(STOPPED, "E-11")
    promised = [scene.clock(alarm.work_order, ClockName.RESPOND) for alarm in (before, after)]
    assert [clock.due_at - clock.started_at for clock in promised] == [timedelta(minutes=15), timedelta(minutes=7)]


@pytest.mark.parametrize(
    ("file", "words", "told"),
    [
        ("channels.toml", '[[channel]]\nname = "message"\ntype = "pigeon"\n', "channels.toml: channel[0].type"),
        ("people.toml", "[[position]]\nname = 7\n", "people.toml"),
        ("orders.toml", "[[template]\n", "orders.toml: line 1"),
        ("rules.toml", '[[override]]\nrule = "elevator.fire"\nreason = "x"\n', "rules.toml: override[0].rule"),
    ],
)
def test_a_mistake_leaves_the_old_revision_running_and_says_where(
    folder: Folder, scene: Scene, file: str, words: str, told: str
) -> None:
    folder.reload()
    (folder.path / file).write_text(words, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        folder.reload()
    assert str(refused.value).startswith(told)
    with folder.ledger.read() as rows:
        assert current_number(rows) == 1
    follow(scene)
    assert scene.activate(STOPPED).climb is not None


def test_a_revision_that_cannot_be_used_leaves_the_desk_as_it_was(folder: Folder, scene: Scene) -> None:
    folder.reload()
    follow(scene)
    with folder.ledger.write(at=scene.at, actor=EDITOR) as tx:
        revision = revision_of(tx, 1)
        assert revision is not None
        kept = str(tx.marks.get("rules:1"))
        tx.marks.put("rules:2", kept.replace('"severities":["urgent"]', '"severities":[]'))
        tx.marks.put("rules:current", "2")
    follow(scene)
    assert scene.activate(STOPPED).climb is not None
    assert scene.desk.templates == tuple(load_config(folder.path, kinds()).templates.values())


def test_the_command_names_everything_that_it_put_in_force(folder: Folder, tmp_path: Path) -> None:
    words = ["reload", "--config", str(folder.path), "--data", str(tmp_path / "data")]
    assert "revision 1 is in force" in CliRunner().invoke(app, words).output
    assert "nothing changed" in CliRunner().invoke(app, words).output
    folder.edit("people.toml", 'en = "duty manager"', 'en = "manager on duty"')
    told = CliRunner().invoke(app, words).output
    assert told == "revision 2 is in force\n  revised  position duty_manager\n"


def follow(scene: Scene) -> None:
    """What each process does within a second."""
    scene.do(scene.desk.follow)
