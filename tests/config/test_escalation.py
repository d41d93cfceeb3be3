"""People, channels and policies: what ships, who is on shift, and every mistake with its remedy."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.notify.webhook import Webhook
from devices.registry import kinds
from domain.callout import Callee, Directory
from domain.errors import ConfigError, NotifierUnavailable
from domain.instants import on_the_wall
from domain.notices import ChannelType
from domain.ports.broker import Publisher
from domain.rules import Severity
from tests.adapters.notify.test_channels import a_letter
from tests.config.files import SHIPPED, folder_with, mistakes
from watchkeeper.config_channels import WebhookSpec, load_channels
from watchkeeper.config_errors import Problems
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.config_people import load_people
from watchkeeper.notifiers import open_notifiers, read_secret

T3 = 'en = "a", zh-Hans = "b", zh-Hant = "c"'


def read(file: str) -> str:
    """A shipped file."""
    return (SHIPPED / file).read_text(encoding="utf-8")


def configured(tmp_path: Path, **files: str) -> Configuration:
    """The shipped config with some files changed."""
    folder = tmp_path / "config"
    shutil.copytree(SHIPPED, folder)
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return load_config(folder, kinds())


MAIL = f"""
[[channel]]
name = "message"
type = "email"
title = {{ {T3} }}
host = "mail.example.com"
sender = "wk@example.com"
password = "env:WK_TEST_MAIL"
"""

HOOK = f"""
[[channel]]
name = "message"
type = "webhook"
title = {{ {T3} }}
"""

STAFF = f"""
fallback = "duty_manager"
[[person]]
name = "lin"
contacts = {{ message = "lin@example.com" }}
[[person]]
name = "wu"
contacts = {{ message = "wu@example.com" }}
[[position]]
name = "duty_manager"
title = {{ {T3} }}
people = ["lin"]
[[position]]
name = "shift_leader"
title = {{ {T3} }}
shifts = [
  {{ begin = 08:00:00, until = 20:00:00, days = ["mon", "tue", "wed", "thu", "fri"], people = ["lin"] }},
  {{ begin = 20:00:00, until = 08:00:00, people = ["wu"] }},
]
[[position]]
name = "manager"
title = {{ {T3} }}
people = ["lin"]
[[position]]
name = "elevator_firm"
title = {{ {T3} }}
people = ["wu"]
"""


@pytest.fixture(scope="module")
def shipped() -> Configuration:
    """What ships."""
    return load_config(SHIPPED, kinds())


def test_as_shipped_nothing_leaves_the_console(shipped: Configuration) -> None:
    assert {channel.type for channel in shipped.plan.channels.values()} == {ChannelType.CONSOLE}


def test_as_shipped_every_rule_has_a_policy_and_danger_to_life_never_runs_out_of_steps(shipped: Configuration) -> None:
    for rule in shipped.rules:
        policy = shipped.plan.choose(rule.id, rule.severity, life_safety=rule.life_safety)
        assert policy is not None, rule.id
        assert not rule.life_safety or any(step.repeat for step in policy.steps), rule.id
    by_hand = shipped.plan.choose("manual", Severity.GENERAL, life_safety=True)
    assert by_hand is not None
    assert by_hand.life_safety


def test_the_examples_in_the_comments_work(tmp_path: Path) -> None:
    def examples(file: str) -> str:
        lines = [line.removeprefix("#   ") for line in read(file).splitlines() if line.startswith("#   ")]
        start = next(number for number, line in enumerate(lines) if line.startswith(("[[channel]]", "fallback =")))
        return "\n".join(lines[start:])

    channels = examples("channels.toml")
    people = examples("people.toml") + read("people.toml").replace(
        'name = "duty_manager"', 'name = "duty_manager"\npeople = ["lin"]'
    )
    configuration = configured(tmp_path, channels=channels, people=people)
    assert {spec.name for spec in configuration.channels.values()} == {"message", "hook", "panel", "wecom"}
    assert configuration.plan.directory.positions["night_guard"].everybody() == {"lin"}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """The people of these tests."""
    folder = tmp_path_factory.mktemp("staff")
    (folder / "people.toml").write_text(STAFF, encoding="utf-8")
    problems = Problems("people.toml")
    directory = load_people(folder, problems)
    assert problems.errors == ()
    return directory


@pytest.mark.parametrize(
    ("at", "zone", "on"),
    [
        ("2026-03-06T23:59:59", "Asia/Shanghai", ["wu"]),  # Saturday 07:59:59 on the wall: still Friday's night
        ("2026-03-02T00:00:00", "Asia/Shanghai", ["lin"]),  # Monday 08:00
        ("2026-03-07T02:00:00", "Asia/Shanghai", []),  # Saturday 10:00: nobody has that shift
        ("2026-03-29T05:59:00", "Europe/Berlin", ["wu"]),  # 07:59 after the clocks went forward
        ("2026-03-29T06:00:00", "Europe/Berlin", []),  # Sunday 08:00
        ("2026-10-25T00:30:00", "Europe/Berlin", ["wu"]),  # 02:30 the first time
        ("2026-10-25T01:30:00", "Europe/Berlin", ["wu"]),  # 02:30 the second time
    ],
)
def test_shifts_follow_the_clock_on_the_wall_of_the_site(staff: Directory, at: str, zone: str, on: list[str]) -> None:
    local = on_the_wall(datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert list(staff.positions["shift_leader"].holders(local)) == on
    called = staff.called("shift_leader", site="main", local=local)
    assert [person.name for person in called.people] == (on or ["lin"])
    assert called.fell_back is not bool(on)


def test_somebody_of_another_site_is_not_called_but_a_fallback_of_another_is_better_than_nobody() -> None:
    people = {"lin": Callee(name="lin", sites=frozenset({"annex"}))}
    directory = Directory(people=people, positions=load_shipped_positions(), fallback="manager")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert directory.called("lin", site="annex", local=at).people == (people["lin"],)
    assert directory.called("lin", site="main", local=at).people == ()


def load_shipped_positions() -> dict[str, object]:
    """Positions without people."""
    return dict(load_config(SHIPPED, kinds()).plan.directory.positions)


POLICIES = read("escalation.toml")

MISTAKES = [
    ("escalation", POLICIES.replace('whom = "manager"', 'whom = "manger"'), "whom", "'manger'", "'manager'"),
    ("escalation", POLICIES.replace('channel = "message"', 'channel = "mesage"'), "channel", "'mesage'", "'message'"),
    ("escalation", POLICIES.replace("always = true", "alway = true"), "alway", "unknown key", "'always'"),
    ("escalation", POLICIES.replace('repeat = "10m"', 'repeat = "1s"'), "repeat", "so quickly", "30s"),
    ("escalation", POLICIES.replace("elevator.entrapment_call", "elevator.trapped"), "rules", "trapped", "Did you"),
    ("escalation", POLICIES.replace(', repeat = "2m"', "").replace(', repeat = "5m"', ""), "steps", "run out", "peat"),
    ("escalation", POLICIES.replace("life_safety = true", ""), "policy", "exactly one", "life_safety = true"),
    ("escalation", POLICIES.replace('severities = ["general"]', ""), "policy", "in 0 policies", "severities"),
    ("people", STAFF.replace('people = ["wu"]', 'people = ["wo"]'), "people", "unknown person 'wo'", "Use one of"),
    ("people", STAFF.replace('name = "wu"', 'name = "lin"'), "name", "used already", "differently"),
    ("people", STAFF.replace('name = "wu"', 'name = "a b"'), "name", "not a name", "letters"),
    ("people", STAFF.replace('fallback = "duty_manager"', 'fallback = "nobody"'), "fallback", "nobody", "Use one of"),
    ("people", STAFF.replace('"mon"', '"monday"'), "days", "monday", "'mon'"),
    ("people", STAFF.replace("until = 20:00:00", "until = 08:00:00"), "until", "no length", "all hours"),
    ("channels", MAIL.replace('"email"', '"e-mail"'), "type", "e-mail", "'email'"),
    ("channels", MAIL.replace('"env:WK_TEST_MAIL"', '"hunter2"'), "password", "does not belong", "env:"),
    ("channels", MAIL + 'tls = "none"', "tls", "unprotected", "starttls"),
    ("channels", MAIL + 'give_up_after = "1m"', "give_up_after", "too short", "10m"),
    ("channels", HOOK + 'url = "http://example.com"', "url", "in clear", "https"),
    ("channels", HOOK + 'url = "ftp://example.com"', "url", "not an http", "https"),
    ("channels", MAIL + MAIL, "name", "already", "differently"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "place", "problem", "remedy"), MISTAKES)
def test_a_mistake_is_refused_with_its_file_place_and_remedy(
    tmp_path: Path, file: str, content: str, place: str, problem: str, remedy: str
) -> None:
    folder = folder_with(tmp_path, f"{file}.toml", content)
    with pytest.raises(ConfigError) as refusal:
        load_config(folder, kinds())
    found = mistakes(refusal.value)
    assert {one.file for one in found} == {f"{file}.toml"}
    assert any(place in one.place and problem in one.problem and remedy in one.remedy for one in found), found
    assert "hunter2" not in str(refusal.value)


def test_a_channel_that_leaves_the_console_needs_somebody_at_all_hours_and_contacts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nobody is called when a position is empty"):
        configured(tmp_path / "1", channels=MAIL)
    (tmp_path / "2").mkdir()
    without = STAFF.replace('contacts = { message = "wu@example.com" }', "")
    with pytest.raises(ConfigError, match="wu can be called by message"):
        configured(tmp_path / "2", channels=MAIL, people=without)
    whole = configured(tmp_path / "3", channels=MAIL, people=STAFF)
    assert whole.plan.channels["message"].personal


def test_a_secret_is_read_from_a_private_file_or_the_environment_and_never_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2\n")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="others than its owner") as refusal:
        read_secret(f"file:{file}", "hook.key")
    assert "hunter2" not in str(refusal.value)
    file.chmod(0o600)
    assert read_secret(f"file:{file}", "hook.key") == "hunter2"
    monkeypatch.setenv("WK_TEST_SECRET", " s3 ")
    assert read_secret("env:WK_TEST_SECRET", "hook.key") == "s3"
    with pytest.raises(ConfigError, match="WK_TEST_NONE"):
        read_secret("env:WK_TEST_NONE", "hook.key")
    with pytest.raises(ConfigError, match="No such file"):
        read_secret(f"file:{tmp_path / 'none'}", "hook.key")


class NoBroker:
    """A publisher that is not asked."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Nothing here publishes."""
        raise AssertionError(topic)


async def test_a_channel_whose_secret_is_missing_waits_and_the_others_open(tmp_path: Path) -> None:
    assert "WK_TEST_NONE" not in os.environ
    hooks = "\n".join(
        f'[[channel]]\nname = "{name}"\ntype = "webhook"\ntitle = {{ {T3} }}\nurl = "{url}"'
        for name, url in (("good", "https://example.com/x"), ("bad", "env:WK_TEST_NONE"))
    )
    (tmp_path / "channels.toml").write_text(hooks)
    specs = load_channels(tmp_path, Problems("channels.toml"))
    assert all(isinstance(spec, WebhookSpec) for spec in specs.values())
    publisher: Publisher = NoBroker()
    opened = open_notifiers(specs, publisher, SystemClock())
    assert isinstance(opened["good"], Webhook)
    with pytest.raises(NotifierUnavailable, match="WK_TEST_NONE"):
        await opened["bad"].send(a_letter())
    for notifier in opened.values():
        notifier.close()
