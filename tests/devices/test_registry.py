"""The registry: what is found, and what is refused."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from devices.registry import check_kind, discover, kinds
from domain.errors import ConfigError
from domain.kinds import Kind, Limit
from domain.rules import Above, Equals, LimitOf, Rule
from domain.texts import text
from tests.services import REPOSITORY

README = REPOSITORY / "devices" / "README.md"


def test_the_kinds_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        kinds()["elevator"] = kinds()["lighting"]  # type: ignore[index]
    assert kinds() is kinds()


def package_of(folder: Path, name: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> object:
    package = folder / name
    package.mkdir()
    for file, source in {"__init__.py": "", **files}.items():
        (package / file).write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    module = import_module(name)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_a_new_kind_is_one_new_file_as_the_readme_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    package = package_of(tmp_path, "extra_kinds", {"water_tank.py": source, "notes.py": "# no kinds here"}, monkeypatch)
    found = discover(package)  # type: ignore[arg-type]
    assert list(found) == ["water_tank"]


def test_the_same_kind_in_two_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from devices.lighting import KINDS\n"
    package = package_of(tmp_path, "twice_kinds", {"one.py": source, "two.py": source}, monkeypatch)
    with pytest.raises(ConfigError, match=r"twice_kinds/two.py: lighting: is declared twice"):
        discover(package)  # type: ignore[arg-type]


def elevator_with(**changes: object) -> Kind:
    return msgspec.structs.replace(kinds()["elevator"], **changes)


def rule_of(when: object, unless: object = None, kind: str = "elevator") -> Rule:
    template = next(rule for rule in kinds()["elevator"].rules if rule.name == "fault")
    return msgspec.structs.replace(template, kind=kind, when=when, unless=unless)


ELEVATOR = kinds()["elevator"]
SPEED = Above(metric="speed_mps", level=1.0)
CONTRADICTIONS = {
    "metric twice": (elevator_with(metrics=(*ELEVATOR.metrics, ELEVATOR.metrics[0])), "this metric is declared twice"),
    "rule twice": (elevator_with(rules=(*ELEVATOR.rules, ELEVATOR.rules[0])), "this rule is declared twice"),
    "limit twice": (
        elevator_with(
            limits=(*ELEVATOR.limits, Limit(name="rated_speed_mps", default=1.0, unit="m/s", label=text("a", "b", "c")))
        ),
        "this limit is declared twice",
    ),
    "name of the status channel": (
        elevator_with(metrics=(*ELEVATOR.metrics, msgspec.structs.replace(ELEVATOR.metrics[0], name="online"))),
        "the status channel owns this name",
    ),
    "name that no topic holds": (elevator_with(name="lift/1"), "cannot stand in a topic"),
    "unknown metric": (elevator_with(rules=(rule_of(Equals("colour", "red")),)), "there is no metric 'colour'"),
    "unknown metric in a filter": (
        elevator_with(rules=(rule_of(SPEED, unless=Equals("colour", "red")),)),
        "there is no metric 'colour'",
    ),
    "unknown limit": (
        elevator_with(rules=(rule_of(Above("speed_mps", LimitOf("fastest"))),)),
        "there is no limit 'fastest'",
    ),
    "unknown limit to clear": (
        elevator_with(rules=(rule_of(Above("speed_mps", 1.0, LimitOf("slowest"))),)),
        "there is no limit 'slowest'",
    ),
    "rule for another kind": (elevator_with(rules=(rule_of(SPEED, kind="hydrant"),)), "is for another kind"),
}


@pytest.mark.parametrize(("kind", "problem"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_kind_that_contradicts_itself_is_refused(kind: Kind, problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)) as refused:
        check_kind(kind, "devices/elevator.py")
    assert refused.value.file == "devices/elevator.py"
    assert refused.value.remedy


def test_rules_may_speak_of_the_status_channel() -> None:
    check_kind(elevator_with(rules=(rule_of(Equals("online", value=False)),)), "devices/elevator.py")
